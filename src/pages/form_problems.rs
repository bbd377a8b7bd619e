//! What was wrong with a form: a summary over it that links to the fields, and the words at each.

use axum::http::StatusCode;

use crate::i18n::{Locale, duration, t, t_args};

/// What was wrong with a form, in the language of the page. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormProblems {
    lines: Vec<FormProblem>,
    wait: Option<u64>,
    busy: bool,
}

/// When to try again if too many people use the service at this moment.
const BUSY_SECONDS: u64 = 5;

/// One line of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormProblem {
    /// The id of the field that it links to; `None` where no field is to blame.
    pub field: Option<String>,
    /// What happened and what to do.
    pub text: String,
}

impl FormProblems {
    /// The form is too old, or another browser's: it is shown again with what was entered.
    pub fn expired(locale: Locale) -> Self {
        let mut problems = Self::default();
        problems.push(None, t(locale, "form-expired"));
        problems
    }

    /// Too many attempts: answered with 429 and `Retry-After`.
    pub fn wait(locale: Locale, seconds: u64) -> Self {
        let wait = duration(locale, seconds);
        let mut problems = Self::default();
        problems.push(
            None,
            t_args(locale, "sign-in-try-later", &[("wait", wait.into())]),
        );
        problems.wait = Some(seconds.max(1));
        problems
    }

    /// Too many people use the service at this moment: answered with 503 and `Retry-After`.
    pub fn busy(locale: Locale) -> Self {
        let mut problems = Self::default();
        problems.push(None, t(locale, "registration-busy"));
        problems.wait = Some(BUSY_SECONDS);
        problems.busy = true;
        problems
    }

    /// One field is wrong.
    pub fn at(field: &str, text: String) -> Self {
        let mut problems = Self::default();
        problems.push(Some(field), text);
        problems
    }

    /// Adds a line.
    pub fn push(&mut self, field: Option<&str>, text: String) {
        let field = field.map(str::to_owned);
        self.lines.push(FormProblem { field, text });
    }

    /// The same, where the field has another id on its page.
    #[must_use]
    pub fn leading_to(mut self, field: &str, id: &str) -> Self {
        for line in &mut self.lines {
            if line.field.as_deref() == Some(field) {
                line.field = Some(id.to_owned());
            }
        }
        self
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines of the summary.
    pub fn lines(&self) -> &[FormProblem] {
        &self.lines
    }

    /// What is wrong with a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        let mut lines = self.lines.iter();
        lines
            .find(|line| line.field.as_deref() == Some(field))
            .map(|line| line.text.as_str())
    }

    /// Seconds until the next attempt counts.
    pub fn retry_after(&self) -> Option<u64> {
        self.wait
    }

    /// 200, with problems 422, after too many attempts 429, where too many come at once 503.
    pub fn status(&self) -> StatusCode {
        match (self.is_empty(), self.wait) {
            _ if self.busy => StatusCode::SERVICE_UNAVAILABLE,
            (true, _) => StatusCode::OK,
            (false, None) => StatusCode::UNPROCESSABLE_ENTITY,
            (false, Some(_)) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}
