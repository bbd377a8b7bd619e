//! The wish to stop, seen by every part of the process.

use std::io;

use tokio::sync::watch;

/// Tells that the process should stop. Clones see the same; jobs wait for it too.
#[derive(Clone, Debug)]
pub struct Shutdown {
    begun: watch::Sender<bool>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            begun: watch::Sender::new(false),
        }
    }
}

impl Shutdown {
    /// Begins at SIGTERM or Ctrl-C. A second signal ends the process at once.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::default();
        let mut signals = Signals::new()?;
        let begun = shutdown.clone();
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!("stopping; a second signal stops at once");
            begun.begin();
            signals.next().await;
            tracing::warn!("stopped at once");
            // 128 + SIGINT, as shells count.
            std::process::exit(130);
        });
        Ok(shutdown)
    }

    /// Begins.
    pub fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether it has begun: a readiness probe should fail then.
    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits until it begins.
    pub async fn wait(&self) {
        // It can only fail if the sender is gone, and `self` holds it.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        ))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps)]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
