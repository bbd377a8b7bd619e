//! Starts the public API; configuration comes from the environment (README.md).

use std::process::ExitCode;

use booking_kit::{database, env, serve};
use public_api::Config;

#[tokio::main]
async fn main() -> ExitCode {
    serve::start_logging();
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("public-api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::listen("LISTEN", "127.0.0.1:3003")?;
    let pool = database::pool(database::options_from_env()?);
    let config = Config::from_env(pool)?;
    serve::run("public-api", listen, public_api::router(config)?).await?;
    Ok(())
}
