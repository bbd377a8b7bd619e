//! The pages that people see: plain data in, an HTML answer out. Nothing here reads a database, a
//! cookie or a clock. Two pages have a script, and both work without: `form_post` sends itself, and the
//! sign-in page offers to show the password.

pub mod account_area;
mod api_docs;
mod api_reference;
mod app;
mod assets;
mod brand;
mod caught_mail;
mod check_mail;
mod colour;
mod consent;
mod create_account;
mod device;
mod error;
pub mod factors;
mod forgot_password;
mod form_post;
mod form_problems;
mod frame;
mod language;
mod mailed_link;
mod notice;
mod problems;
mod reset_password;
mod second_factor;
mod sign_in;
mod sign_out;
#[cfg(test)]
mod tests;
mod text;
mod welcome;

pub use api_docs::ApiDocs;
pub use api_reference::Reference;
pub use app::AppView;
pub use assets::Assets;
pub use brand::{Brand, BrandError, BrandSettings};
pub use caught_mail::{CaughtLetter, CaughtLine, CaughtList};
pub use check_mail::{CheckMail, MailTopic};
pub use consent::{Consent, ConsentItem, scope_text};
pub use create_account::CreateAccount;
pub use device::device;
pub use error::{ErrorMessage, ErrorPage, WayOn, WayOnLabel};
pub use forgot_password::ForgotPassword;
pub use form_post::FormPost;
pub use form_problems::{FormProblem, FormProblems};
pub use language::{LANGUAGE_COOKIE, SwitchLanguage};
pub use mailed_link::{LinkKind, LinkState, MailedLink};
pub use notice::Notice;
pub use problems::Problems;
pub use reset_password::ResetPassword;
pub use second_factor::{FactorMethod, PasskeyQuestion, SecondFactor};
pub use sign_in::{PasskeyWay, SelectAccount, SignIn, SignInDone, SignInError};
pub use sign_out::{SignOut, SignedOut};
pub use text::{display_name, form_action_source, local_path, web_link};
pub use welcome::Welcome;

use crate::i18n::Locale;

/// What every page needs to know of the request that it answers.
#[derive(Clone, Copy, Debug)]
pub struct PageContext<'a> {
    /// The language of the page.
    pub locale: Locale,
    /// The looks.
    pub brand: &'a Brand,
    /// Shown on error pages, to be quoted to whoever runs the server.
    pub request_id: &'a str,
    /// The value of the hidden field `csrf` in every form that posts to this server.
    pub csrf: Option<&'a str>,
    /// Where the language switch leads back to: the path and query that show this page by `GET`,
    /// as the browser sees them (after a failed post: those of the form, not of its action).
    pub path_and_query: &'a str,
    /// Path of the issuer without its last slash: empty where the server has a host of its own.
    /// Addresses in the page structs are used as they are.
    pub base_path: &'a str,
    /// Redirect URIs that a form's post may lead on to; see [`form_action_source`].
    pub form_action_origins: &'a [String],
}
