//! Handing a mail to an SMTP server (RFC 5321).
//!
//! lettre's own pool is not used: it takes a connection back whose answer was not waited for, and
//! the next mail would be given that answer. Here a connection belongs to one mail at a time, and is
//! kept only if all went well.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::config::{Mail, SmtpTls};

/// An idle connection is used again within this time: many servers close it after a minute.
const IDLE: Duration = Duration::from_secs(20);
/// RFC 4954 leaves the mechanism to the server; over TLS these two are what servers have.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Why mail cannot be sent at all: told at start.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetupError {
    #[error("mail.root_certificate ({}) cannot be used: {why}", .path.display())]
    Certificate { path: PathBuf, why: String },
    #[error("TLS to the SMTP server cannot be set up: {0}")]
    Tls(Error),
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The server cannot be reached or used now, whatever the mail.
    #[error("the SMTP server cannot be used: {0}")]
    Unreachable(String),
    /// The server does not take this mail now.
    #[error("the SMTP server refused the mail: {0}")]
    Refused(String),
    /// There is no such mailbox, and there will be none.
    #[error("there is no such recipient: {0}")]
    NoRecipient(String),
    /// A fault on our side.
    #[error("the mail cannot be put together: {0}")]
    Unreadable(String),
}

enum Security {
    Starttls(TlsParameters),
    Implicit(TlsParameters),
    None,
}

pub(super) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    hello: ClientId,
    credentials: Option<Credentials>,
    timeout: Duration,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
}

impl Smtp {
    pub(super) fn new(config: &Mail, server: &str, own_name: &str) -> Result<Self, SmtpSetupError> {
        let security = match config.smtp_tls {
            SmtpTls::Starttls => Security::Starttls(tls(config, server)?),
            SmtpTls::Implicit => Security::Implicit(tls(config, server)?),
            SmtpTls::None => Security::None,
        };
        let credentials = config.smtp_user.as_ref().zip(config.smtp_password.as_ref());
        Ok(Self {
            host: server.to_owned(),
            port: config.port(),
            security,
            hello: hello(own_name),
            credentials: credentials.map(|(user, password)| {
                Credentials::new(user.clone(), password.expose().to_owned())
            }),
            timeout: config.smtp_timeout,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// How long sending one mail may take in all.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        // Whatever is being waited for when the time is up, its connection goes with it.
        let sent = tokio::time::timeout(self.timeout, self.try_send(message)).await;
        sent.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            Err(SendError::Unreachable(format!("no end after {seconds} s")))
        })
    }

    async fn try_send(&self, message: &Message) -> Result<(), SendError> {
        let mut connection = match self.take_idle().await {
            Some(connection) => connection,
            None => self
                .connect()
                .await
                .map_err(|error| SendError::Unreachable(error.to_string()))?,
        };
        connection
            .send(message.envelope(), &message.formatted())
            .await
            .map_err(|error| refusal(&error))?;
        self.idle().push((Instant::now(), connection));
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = match &self.security {
            Security::Implicit(parameters) => Some(parameters.clone()),
            Security::Starttls(_) | Security::None => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (self.host.as_str(), self.port),
            Some(self.timeout),
            &self.hello,
            implicit,
            None,
        )
        .await?;
        if let Security::Starttls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// A connection that still answers.
    async fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let taken = self.idle().pop();
            let (since, mut connection) = taken?;
            if since.elapsed() < IDLE && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, AsyncSmtpConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tls(config: &Mail, server: &str) -> Result<TlsParameters, SmtpSetupError> {
    let mut builder = TlsParameters::builder(server.to_owned());
    if let Some(path) = &config.root_certificate {
        let refused = |why: String| SmtpSetupError::Certificate {
            path: path.clone(),
            why,
        };
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| refused(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(SmtpSetupError::Tls)
}

/// The name that EHLO gives: that of the issuer, not the machine's, which is nobody's business.
fn hello(own_name: &str) -> ClientId {
    let address = own_name.trim_start_matches('[').trim_end_matches(']');
    match address.parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(own_name.to_owned()),
    }
}

/// What the server's answer to a mail means. A 5yz alone is not the end: it may be a setting of the
/// server that somebody mends (550 5.7.1, relaying denied). The end is what RFC 3463, section 3.2
/// and 3.3, says of the mailbox itself.
fn refusal(error: &Error) -> SendError {
    let text = error.to_string();
    let Some(code) = error.status() else {
        return if error.is_client() {
            SendError::Refused(text)
        } else {
            SendError::Unreachable(text)
        };
    };
    let gone = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
    let mut words = text.split_whitespace();
    match u16::from(code) {
        // RFC 5321, section 3.8: the server ends the conversation.
        421 => SendError::Unreachable(text),
        500..=599 if words.any(|word| gone.contains(&word)) => SendError::NoRecipient(text),
        _ => SendError::Refused(text),
    }
}
