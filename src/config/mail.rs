//! `[mail]`: how mail is sent.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;

use super::section::section;
use super::server::is_loopback_name;
use super::value::{Setting, choice};
use super::{Checks, Config};
use crate::foundation::secret::Secret;

choice! {
    /// Where mail goes.
    pub enum MailTransport {
        /// To an SMTP server, which delivers it.
        Smtp = "smtp",
        /// Nowhere: it is kept and shown at `/dev/mail`.
        Catch = "catch",
    }
}

choice! {
    /// How the connection to the SMTP server is encrypted.
    pub enum SmtpTls {
        /// By `STARTTLS` (RFC 3207); a server that does not offer it gets no mail.
        Starttls = "starttls",
        /// From the first byte on (RFC 8314).
        Implicit = "implicit",
        /// Not at all.
        None = "none",
    }
}

impl Setting for Mailbox {
    fn kind() -> String {
        "mail address, with or without a name".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| {
            format!("`{text}` is no mail address, like `Booking <no-reply@example.com>`")
        })
    }
}

section! {
    /// How mail is sent: links to verify an address, codes, notices of what was changed.
    pub struct Mail in "mail" {
        /// `smtp` hands mail to an SMTP server; `catch` keeps it and shows it at `/dev/mail` to
        /// anyone, for development only.
        transport: MailTransport = "smtp",
        /// Who the mail is from, like `Booking <no-reply@example.com>`; without a name, that of
        /// `branding.name`.
        from: Option<Mailbox> = "",
        /// Where answers go, if not to `from`.
        reply_to: Option<Mailbox> = "",
        /// The host name of the SMTP server. `serve` does not start without one.
        smtp_host: Option<String> = "",
        /// Its port; 0 for the usual one: 587, or 465 where `smtp_tls` is `implicit`, or 25 where
        /// it is `none`.
        smtp_port: u32 = "0",
        /// How the connection is encrypted: by STARTTLS, `implicit` from the first byte on, or not
        /// at all.
        smtp_tls: SmtpTls = "starttls",
        /// The user that signs in to the SMTP server; nobody does if unset.
        smtp_user: Option<String> = "",
        /// That user's password.
        smtp_password: Option<Secret> = "",
        /// The certificates, in PEM, of a private authority that signed the SMTP server's
        /// certificate.
        root_certificate: Option<PathBuf> = "",
        /// How long the SMTP server may take over one mail, from the connection to its last answer.
        smtp_timeout: Duration = "30s",
        /// How many mails one replica sends at once.
        concurrency: usize = "4",
        /// How long sending is tried again; a mail with a link or a code no longer than that is
        /// good for.
        give_up_after: Duration = "2d",
    }
}

impl Mail {
    /// The port of the SMTP server.
    pub fn port(&self) -> u16 {
        match (u16::try_from(self.smtp_port), self.smtp_tls) {
            (Ok(port), _) if port != 0 => port,
            (_, SmtpTls::Starttls) => 587,
            (_, SmtpTls::Implicit) => 465,
            (_, SmtpTls::None) => 25,
        }
    }

    /// Nobody between this machine and the SMTP server can read along.
    fn is_private(&self) -> bool {
        self.smtp_tls != SmtpTls::None || self.smtp_host.as_deref().is_some_and(is_loopback_name)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.within("mail.smtp_port", self.smtp_port, 0, 65535);
        checks.positive("mail.smtp_timeout", self.smtp_timeout);
        checks.no_longer(
            "mail.smtp_timeout",
            self.smtp_timeout,
            Duration::from_mins(1),
        );
        checks.within("mail.concurrency", self.concurrency, 1, 64);
        checks.positive("mail.give_up_after", self.give_up_after);
        let most = Duration::from_hours(24 * 14);
        checks.no_longer("mail.give_up_after", self.give_up_after, most);
        if self.smtp_user.is_some() != self.smtp_password.is_some() {
            checks.fail("mail.smtp_user", "and mail.smtp_password are set together");
        }
        if self.smtp_password.is_some() && !self.is_private() {
            let message = "is none: the password would cross the network in plain";
            checks.fail("mail.smtp_tls", message);
        }
    }

    /// What `serve` asks for beyond that.
    pub(super) fn check_production(&self, checks: &mut Checks<'_>) {
        if self.transport == MailTransport::Catch {
            let message = "is catch: mail with links to sign in would be shown to anyone; set \
                           it to smtp";
            checks.fail("mail.transport", message);
            return;
        }
        if self.smtp_host.is_none() {
            let message = "is required: people verify their address and reset their password by \
                           mail. Name the SMTP server that sends it";
            checks.fail("mail.smtp_host", message);
        }
        if self.from.is_none() {
            let message = "is required: the address that mail comes from, like `Booking \
                           <no-reply@example.com>`";
            checks.fail("mail.from", message);
        }
    }
}

impl Config {
    pub(super) fn warn_of_mail(&self, warnings: &mut Vec<String>) {
        if !self.mail.is_private() {
            warnings.push(
                "mail.smtp_tls is none: whoever is on the way to the SMTP server reads links and \
                 codes"
                    .to_owned(),
            );
        }
    }
}
