//! An independent relying party: the openidconnect crate, which knows nothing of this server.
