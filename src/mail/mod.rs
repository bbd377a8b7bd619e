//! Mail to people: what is written ([`Letter`]), that it waits in Postgres until an SMTP server took
//! it ([`Outbox`]), and how it gets there. A request only writes a row; `jobs::send_mail` sends.

mod address;
mod caught;
mod compose;
mod draft;
mod letter;
mod message;
mod outbox;
mod sealed;
mod smtp;
mod store;

pub use caught::CaughtMail;
pub use letter::{Circumstances, Letter};
pub use message::MessageError;
pub use outbox::{MailError, Outbox, OutboxError, Recipient};
pub use sealed::Content;
pub use smtp::{SendError, SmtpSetupError};
pub use store::{Due, claim, drop_expired, postpone, remove};
