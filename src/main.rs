//! The `auth-api` command.

fn main() {}
