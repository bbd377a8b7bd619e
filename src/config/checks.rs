//! Rules that several sections share, with their words.

use std::fmt::Display;
use std::time::Duration;

use super::duration::show;
use super::errors::ConfigErrors;

/// Collects what breaks a rule.
pub(super) struct Checks<'a> {
    label: &'a dyn Fn(&str) -> String,
    errors: ConfigErrors,
}

impl<'a> Checks<'a> {
    /// `label` turns a setting's name into the one that the operator wrote.
    pub(super) fn new(label: &'a dyn Fn(&str) -> String) -> Self {
        Self {
            label,
            errors: ConfigErrors::default(),
        }
    }

    pub(super) fn finish(self) -> ConfigErrors {
        self.errors
    }

    pub(super) fn fail(&mut self, setting: &str, message: impl Into<String>) {
        self.errors.push((self.label)(setting), message);
    }

    pub(super) fn positive(&mut self, setting: &str, value: Duration) {
        if value.is_zero() {
            self.fail(setting, "must be more than zero");
        }
    }

    pub(super) fn within<T: PartialOrd + Display + Copy>(
        &mut self,
        setting: &str,
        value: T,
        lowest: T,
        highest: T,
    ) {
        if value < lowest || value > highest {
            self.fail(
                setting,
                format!("{value} is not between {lowest} and {highest}"),
            );
        }
    }

    /// Beyond a century, adding to the time of day would one day leave the calendar (year 9999).
    pub(super) fn sane(&mut self, setting: &str, value: Duration) {
        self.no_longer(setting, value, Duration::from_hours(24 * 36_525));
    }

    pub(super) fn no_longer(&mut self, setting: &str, value: Duration, most: Duration) {
        if value > most {
            self.fail(
                setting,
                format!("{} is more than {}", show(value), show(most)),
            );
        }
    }

    /// `left` must be shorter than `right`.
    pub(super) fn below(&mut self, left: (&str, Duration), right: (&str, Duration)) {
        if left.1 >= right.1 {
            let (right, value) = (right.0, show(right.1));
            self.fail(
                left.0,
                format!("{} must be less than {right}, {value}", show(left.1)),
            );
        }
    }

    /// `left` must not be longer than `right`.
    pub(super) fn at_most(&mut self, left: (&str, Duration), right: (&str, Duration)) {
        if left.1 > right.1 {
            let (right, value) = (right.0, show(right.1));
            self.fail(
                left.0,
                format!("{} must be at most {right}, {value}", show(left.1)),
            );
        }
    }
}
