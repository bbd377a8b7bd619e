//! `[metrics]` and `[log]`: what operators see.

use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;

use super::Checks;
use super::section::section;
use super::value::choice;

section! {
    /// Metrics for Prometheus.
    pub struct Metrics in "metrics" {
        /// The address that serves `/metrics`; none if unset. Keep it off the public network.
        listen: Option<SocketAddr> = "",
    }
}

choice! {
    /// How log lines are written.
    pub enum LogFormat {
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

section! {
    /// The log, on standard error.
    pub struct Log in "log" {
        /// `json` for machines, `text` for people.
        format: LogFormat = "json",
        /// What is logged: a level, or levels by module, like `info,sqlx=warn`.
        filter: String = "info,sqlx=warn",
    }
}

impl Log {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Err(error) = EnvFilter::try_new(&self.filter) {
            checks.fail(
                "log.filter",
                format!("`{}` is not a filter: {error}", self.filter),
            );
        }
    }
}
