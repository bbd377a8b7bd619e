//! What attempts are counted by.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Policy;
use crate::foundation::secret::{Secret, sha256};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What an attempt is counted by. The table knows its hash only.
#[derive(Debug, Clone, Copy)]
pub enum Bucket<'a> {
    /// Guesses at an account's password from browsers in which its owner never signed in; whether
    /// there is such an account or not.
    SignIn {
        email_key: &'a str,
    },
    /// The same, from a browser in which its owner has signed in.
    SignInDevice {
        device: &'a Secret,
        email_key: &'a str,
    },
    /// Guesses from an address, at whatever account.
    SignInAddress(IpAddr),
    SecondFactor {
        id_user: i32,
    },
    SecondFactorDevice {
        device: &'a Secret,
        id_user: i32,
    },
    /// Codes mailed as second factor, asked for by whoever knows the password.
    FactorMail {
        id_user: i32,
    },
    /// Accounts made from an address.
    Registration(IpAddr),
    /// Mail that somebody who is not signed in makes us send, to a mailbox.
    MailTo {
        email_key: &'a str,
    },
    /// The same, by who asks for it.
    MailFrom(IpAddr),
    /// Changes to an address that a person asks for. They are told how long to wait, which they must not
    /// be by [`Self::MailTo`]: what empties that is the doing of the new address's owner.
    EmailChange {
        id_user: i32,
        email_key: &'a str,
    },
    /// The password of the person who is signed in, asked for again.
    ConfirmPassword {
        id_user: i32,
    },
    /// Secrets of mailed links.
    MailedToken(IpAddr),
    /// Challenges to sign in by a passkey alone, from browsers in which nobody has signed in. Each is a
    /// row for a few minutes.
    Passkey(IpAddr),
    /// The same, from a browser in which somebody has.
    PasskeyDevice {
        device: &'a Secret,
    },
}

impl<'a> Bucket<'a> {
    /// What an attempt to sign in is counted by. `device` is the browser's device cookie if its
    /// owner has signed in there ([`super::super::device::is_known`]): then neither guesses from
    /// elsewhere nor neighbours behind the same address hold them up.
    pub fn sign_in(
        device: Option<&'a Secret>,
        email_key: &'a str,
        address: Option<IpAddr>,
    ) -> Vec<Self> {
        match device {
            Some(device) => vec![Self::SignInDevice { device, email_key }],
            None => [Self::SignIn { email_key }]
                .into_iter()
                .chain(address.map(Self::SignInAddress))
                .collect(),
        }
    }

    /// What an attempt at a second factor is counted by.
    pub fn second_factor(device: Option<&'a Secret>, id_user: i32) -> Self {
        match device {
            Some(device) => Self::SecondFactorDevice { device, id_user },
            None => Self::SecondFactor { id_user },
        }
    }

    /// How attempts are delayed.
    pub fn policy(&self) -> Policy {
        let policy = |free, first, longest| Policy {
            free,
            first,
            longest,
            forgotten: 24 * HOUR,
        };
        match self {
            Self::SignIn { .. }
            | Self::ConfirmPassword { .. }
            | Self::SecondFactorDevice { .. } => policy(5, SECOND, 15 * MINUTE),
            Self::SignInDevice { .. } => policy(10, SECOND, 5 * MINUTE),
            Self::SignInAddress(_) => policy(30, SECOND, MINUTE),
            Self::SecondFactor { .. } => policy(5, SECOND, HOUR),
            Self::Registration(_) | Self::MailFrom(_) => policy(20, 30 * SECOND, HOUR),
            Self::MailTo { .. } | Self::EmailChange { .. } => policy(3, MINUTE, 30 * MINUTE),
            Self::FactorMail { .. } => policy(5, 30 * SECOND, 15 * MINUTE),
            Self::MailedToken(_) => policy(60, SECOND, MINUTE),
            // Nothing is guessed: a bound on rows, for as many people as an address may have.
            Self::Passkey(_) => Policy {
                forgotten: HOUR,
                ..policy(300, SECOND, SECOND)
            },
            Self::PasskeyDevice { .. } => Policy {
                forgotten: HOUR,
                ..policy(30, SECOND, SECOND)
            },
        }
    }

    /// Whether a success empties it, instead of taking back one attempt.
    pub(super) fn ends_with_success(&self) -> bool {
        match self {
            Self::SignIn { .. }
            | Self::SignInDevice { .. }
            | Self::SecondFactor { .. }
            | Self::SecondFactorDevice { .. }
            | Self::FactorMail { .. }
            | Self::MailTo { .. }
            | Self::ConfirmPassword { .. } => true,
            Self::SignInAddress(_)
            | Self::Registration(_)
            | Self::MailFrom(_)
            | Self::EmailChange { .. }
            | Self::MailedToken(_)
            | Self::Passkey(_)
            | Self::PasskeyDevice { .. } => false,
        }
    }

    /// The row's key.
    pub(super) fn name(&self) -> Vec<u8> {
        let account = |id: i32| id.to_string();
        let device = |device: &Secret, of: &str| {
            let hash = URL_SAFE_NO_PAD.encode(device.hash().as_bytes());
            format!("{hash} {of}")
        };
        let (kind, of) = match *self {
            Self::SignIn { email_key } => ("sign-in", email_key.to_owned()),
            Self::SignInDevice {
                device: cookie,
                email_key,
            } => ("sign-in from device", device(cookie, email_key)),
            Self::SignInAddress(ip) => ("sign-in from address", network(ip).to_string()),
            Self::SecondFactor { id_user } => ("second factor", account(id_user)),
            Self::SecondFactorDevice {
                device: cookie,
                id_user,
            } => (
                "second factor from device",
                device(cookie, &account(id_user)),
            ),
            Self::FactorMail { id_user } => ("factor mail", account(id_user)),
            Self::Registration(ip) => ("registration", network(ip).to_string()),
            Self::MailTo { email_key } => ("mail to", email_key.to_owned()),
            Self::MailFrom(ip) => ("mail from", network(ip).to_string()),
            Self::EmailChange { id_user, email_key } => {
                ("email change", format!("{id_user} {email_key}"))
            }
            Self::ConfirmPassword { id_user } => ("confirm password", account(id_user)),
            Self::MailedToken(ip) => ("mailed token", network(ip).to_string()),
            Self::Passkey(ip) => ("passkey", network(ip).to_string()),
            Self::PasskeyDevice { device: cookie } => ("passkey from device", device(cookie, "")),
        };
        sha256(format!("{kind}\n{of}").as_bytes()).to_vec()
    }
}

/// What one caller is sure to have: an IPv4 address, or an IPv6 network of 64 bits (RFC 6177).
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_is_its_own() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let (one, other) = (Secret::new("one"), Secret::new("other"));
        let email_key = "a@b.test";
        let buckets = [
            Bucket::SignIn { email_key },
            Bucket::SignIn {
                email_key: "b@b.test",
            },
            Bucket::SignInDevice {
                device: &one,
                email_key,
            },
            Bucket::SignInDevice {
                device: &other,
                email_key,
            },
            Bucket::SignInAddress(ip("192.0.2.1")),
            Bucket::SignInAddress(ip("192.0.2.2")),
            Bucket::SignInAddress(ip("2001:db8::1")),
            Bucket::SignInAddress(ip("2001:db8:0:1::1")),
            Bucket::SecondFactor { id_user: 1 },
            Bucket::SecondFactor { id_user: 2 },
            Bucket::SecondFactorDevice {
                device: &one,
                id_user: 1,
            },
            Bucket::Registration(ip("192.0.2.1")),
            Bucket::MailTo { email_key },
            Bucket::MailFrom(ip("192.0.2.1")),
            Bucket::EmailChange {
                id_user: 1,
                email_key,
            },
            Bucket::EmailChange {
                id_user: 2,
                email_key,
            },
            Bucket::ConfirmPassword { id_user: 1 },
            Bucket::MailedToken(ip("192.0.2.1")),
            Bucket::Passkey(ip("192.0.2.1")),
            Bucket::PasskeyDevice { device: &one },
            Bucket::PasskeyDevice { device: &other },
        ];
        let names: std::collections::BTreeSet<_> = buckets.iter().map(Bucket::name).collect();
        assert_eq!(names.len(), buckets.len());
        for (a, b) in [
            ("2001:db8::1", "2001:db8::ffff:1:2:3"),
            ("192.0.2.1", "::ffff:192.0.2.1"),
        ] {
            assert_eq!(
                Bucket::SignInAddress(ip(a)).name(),
                Bucket::SignInAddress(ip(b)).name()
            );
        }
        for bucket in buckets {
            let Policy {
                free,
                first,
                longest,
                forgotten,
            } = bucket.policy();
            // What the statement and the designed numbers rely on.
            assert!(
                free >= 2 && first <= longest && longest < forgotten,
                "{bucket:?}"
            );
        }
    }
}
