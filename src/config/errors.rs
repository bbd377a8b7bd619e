//! What is wrong with the configuration, all of it at once and in plain words.

use std::fmt;

/// One thing that is wrong, with the setting it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, as `section.key`; with its variable's name if it came from the environment.
    pub setting: String,
    /// What is wrong and what to write instead. Never contains the value of a secret.
    pub message: String,
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigProblem>);

impl ConfigErrors {
    /// The problems in the order in which they were found.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.0
    }

    pub(super) fn push(&mut self, setting: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigProblem {
            setting: setting.into(),
            message: message.into(),
        });
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// `Err` if there is any problem.
    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not usable:")?;
        for problem in &self.0 {
            write!(f, "\n  {}: {}", problem.setting, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
