//! The `auth-api` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth_api::cli::run().await
}
