//! Starts the booking application; configuration comes from the environment (README.md).

use std::process::ExitCode;

use booking_app::Config;

#[tokio::main]
async fn main() -> ExitCode {
    booking_kit::serve::start_logging();
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("booking-app: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn std::error::Error>> {
    let listen = booking_kit::env::listen("LISTEN", "127.0.0.1:3002")?;
    let router = booking_app::router(Config::from_env()?)?;
    booking_kit::serve::run("booking-app", listen, router).await?;
    Ok(())
}
