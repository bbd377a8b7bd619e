//! The JSON API under `/api/auth`, called as an outside client calls it.

mod bodies;
mod factor;
mod life;
mod login;
mod logout;
mod policy;
mod refresh;
mod scope;
mod step_up;
mod verify_token;
