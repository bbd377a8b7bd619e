//! The log: structured lines on standard error, so that commands keep standard output.

use std::panic;

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is not a filter.
    #[error("log.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else logs in this process already.
    #[error("the log is set up twice: {0}")]
    Twice(#[from] TryInitError),
}

/// Sets up the log of this process; panics are logged too.
pub fn init(log: &Log) -> Result<(), TelemetryError> {
    subscriber(log, std::io::stderr)?.try_init()?;
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("a value that is not text");
        tracing::error!(place, message, "panic");
    }));
    Ok(())
}

/// The subscriber that [`init`] installs, over any writer.
fn subscriber<W>(log: &Log, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.filter)?;
    let base = fmt().with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        // Fields of the event at the top level, those of the request under `span`.
        LogFormat::Json => Box::new(
            base.json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .finish(),
        ),
        LogFormat::Text => Box::new(base.with_ansi(false).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let log = Log {
            format,
            filter: filter.to_owned(),
        };
        let subscriber = subscriber(&log, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("request", request_id = "r1").entered();
            tracing::info!(client_id = "booking-app", "issued");
            tracing::debug!("detail");
        });
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_carry_fields_and_the_request() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "issued");
        assert_eq!(line["client_id"], "booking-app");
        assert_eq!(line["span"]["request_id"], "r1");
    }

    #[test]
    fn the_filter_decides_and_is_checked() {
        let text = logged(LogFormat::Text, "debug");
        assert!(text.contains("issued") && text.contains("detail"), "{text}");
        assert_eq!(logged(LogFormat::Text, "off"), "");
        let log = Log {
            format: LogFormat::Text,
            filter: "info=info=info".into(),
        };
        assert!(matches!(
            subscriber(&log, io::sink),
            Err(TelemetryError::Filter(_))
        ));
    }
}
