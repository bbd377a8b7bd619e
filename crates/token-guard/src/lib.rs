//! Token guard.
