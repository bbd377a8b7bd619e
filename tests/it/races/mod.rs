//! Real concurrency: replays, rotations, replicas, kills.
