//! Changing the password and the address.

use super::Journey;

impl Journey<'_> {
    pub async fn change_password(&mut self) {}

    pub async fn change_email(&mut self) {}
}
