//! Malformed input of every kind at every endpoint.
