//! The pages of second factors in the account area.

mod codes;
mod enrol;
mod list;
mod manage;
mod qr;

pub use codes::{NewCodes, RecoveryCodes};
pub use enrol::{EmailEnrolment, PasskeyEnrolment, TotpEnrolment};
pub use list::{FactorLine, FactorList};
pub use manage::{RemoveFactor, RenameFactor};

use super::app::AppView;

/// What the pages hand on of the authorization request in whose course a factor is enrolled.
#[derive(Clone, Debug, Default)]
pub struct Errand {
    /// The app that waits.
    pub app: Option<AppView>,
    /// The continuation's id: a hidden field of the forms.
    pub continuation: Option<String>,
    /// Where a post goes back to the app with an error.
    pub cancel: Option<String>,
    /// Only a passkey is what the app asks for.
    pub passkey_only: bool,
}

impl Errand {
    /// The address of a page of factors, with the continuation in it.
    fn href(&self, base_path: &str, path: &str) -> String {
        match &self.continuation {
            Some(id) => format!("{base_path}{path}?continuation={id}"),
            None => format!("{base_path}{path}"),
        }
    }
}
