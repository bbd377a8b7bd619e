//! The protocol endpoints, over HTTP.

mod code_flow;
