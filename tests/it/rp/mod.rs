//! An independent relying party: the `openidconnect` crate, which shares no code with the server,
//! goes through everything that it knows how to do.

mod assertion;
mod flow;
mod party;
