//! Starts the admin API; configuration comes from the environment (README.md).

use std::process::ExitCode;

use admin_api::Config;
use booking_kit::{database, env, serve};

#[tokio::main]
async fn main() -> ExitCode {
    serve::start_logging();
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("admin-api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::listen("LISTEN", "127.0.0.1:3004")?;
    let pool = database::open(database::options_from_env()?).await?;
    let config = Config::from_env(pool)?;
    admin_api::prepare(&config).await?;
    serve::run("admin-api", listen, admin_api::router(config)?).await?;
    Ok(())
}
