//! A mail as it goes over the wire (RFC 5322, MIME).

use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use time::OffsetDateTime;
use uuid::Uuid;

use super::address;
use super::sealed::Content;

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// No mail goes to such an address.
    #[error("the recipient's address is none that mail can be sent to")]
    Address,
    /// A part is missing: a fault of ours.
    #[error("the mail cannot be put together: {0}")]
    Parts(#[from] lettre::error::Error),
}

/// RFC 3834, section 5: no automatic reply to this, please.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// RFC 5322 leaves the language to RFC 3282.
#[derive(Clone)]
struct ContentLanguage(&'static str);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("is only written".into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}

/// The message. Its `Message-ID` is the row's id: should the same mail be sent twice, whoever
/// receives it can tell. No header is put together from text: each is a type that lettre encodes.
pub(super) fn message(
    from: &Mailbox,
    reply_to: Option<&Mailbox>,
    id: Uuid,
    date: OffsetDateTime,
    content: &Content,
) -> Result<Message, MessageError> {
    let to = address::mailbox(&content.to, content.name.as_deref()).ok_or(MessageError::Address)?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(content.subject.clone())
        .date(SystemTime::from(date))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .header(AutoSubmitted)
        .header(ContentLanguage(content.locale.tag()));
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    // Quoted-printable, whatever the text holds: lines stay under 998 bytes (RFC 5322, section
    // 2.1.1), and no server on the way has to know 8BITMIME.
    let part = |kind: ContentType, body: &str| {
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(body.to_owned())
    };
    let both = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &content.text))
        .singlepart(part(ContentType::TEXT_HTML, &content.html));
    Ok(builder.multipart(both)?)
}
