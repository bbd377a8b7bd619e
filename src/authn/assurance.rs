//! What a sign-in proved: authentication methods (RFC 8176) and the context class they reach.

use serde::{Deserialize, Serialize};

/// Authentication context classes, the weakest first: the `acr` values of our tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Acr {
    /// One factor: a password.
    #[serde(rename = "pwd")]
    Password,
    /// Two factors of different kinds.
    #[serde(rename = "mfa")]
    MultiFactor,
    /// Two factors, one of which answers to nobody but us (OpenID Connect Extended Authentication
    /// Profile ACR Values 1.0, section 2).
    #[serde(rename = "phr")]
    PhishingResistant,
}

impl Acr {
    /// All, the weakest first.
    pub const ALL: [Self; 3] = [Self::Password, Self::MultiFactor, Self::PhishingResistant];

    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::MultiFactor => "mfa",
            Self::PhishingResistant => "phr",
        }
    }

    /// Reads a value; `None` for those that this server does not know.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.as_str() == text)
    }
}

/// One thing that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A code that was mailed.
    EmailCode,
    /// One of the codes that were kept for the day when everything else is lost.
    RecoveryCode,
    /// WebAuthn. `hardware`: the key cannot leave its device. `user_verified`: the authenticator
    /// checked who holds it.
    Passkey {
        hardware: bool,
        user_verified: bool,
    },
}

/// How somebody has just proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    pub acr: Acr,
    /// RFC 8176 values.
    pub amr: Vec<String>,
}

impl Authentication {
    /// What a first and a second proof amount to. A passkey that verified its user is two factors
    /// by itself: the device, and what unlocked it.
    pub fn of(proofs: &[Proof]) -> Self {
        let mut amr: Vec<&str> = Vec::new();
        for proof in proofs {
            amr.push(match proof {
                Proof::Password => "pwd",
                Proof::Totp | Proof::EmailCode | Proof::RecoveryCode => "otp",
                Proof::Passkey { hardware: true, .. } => "hwk",
                Proof::Passkey { .. } => "swk",
            });
        }
        let verified = proofs.iter().any(|proof| {
            matches!(
                proof,
                Proof::Passkey {
                    user_verified: true,
                    ..
                }
            )
        });
        if verified {
            amr.push("user");
        }
        let passkey = proofs
            .iter()
            .any(|proof| matches!(proof, Proof::Passkey { .. }));
        let several = proofs.len() > 1 || verified;
        let acr = match (passkey, several) {
            (true, true) => Acr::PhishingResistant,
            (false, true) => Acr::MultiFactor,
            (_, false) => Acr::Password,
        };
        if several {
            amr.push("mfa");
        }
        amr.dedup();
        Self {
            acr,
            amr: amr.into_iter().map(str::to_owned).collect(),
        }
    }

    /// What an earlier sign-in and one more proof amount to: never less than before.
    pub fn with(acr: Acr, amr: &[String], proof: Proof) -> Self {
        let said = |method: &str| amr.iter().any(|known| known == method);
        let user_verified = said("user");
        let mut proofs = Vec::new();
        for method in amr {
            proofs.push(match method.as_str() {
                "pwd" => Proof::Password,
                "otp" => Proof::Totp,
                "hwk" | "swk" => Proof::Passkey {
                    hardware: method == "hwk",
                    user_verified,
                },
                _ => continue,
            });
        }
        proofs.push(proof);
        let joined = Self::of(&proofs);
        let mut methods: Vec<String> = Vec::new();
        for method in joined.amr {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Self {
            acr: joined.acr.max(acr),
            amr: methods,
        }
    }

    /// A password alone.
    pub fn password() -> Self {
        Self::of(&[Proof::Password])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_proved_is_said() {
        let passkey = Proof::Passkey {
            hardware: true,
            user_verified: true,
        };
        let touched = Proof::Passkey {
            hardware: false,
            user_verified: false,
        };
        for (proofs, acr, amr) in [
            (&[Proof::Password][..], "pwd", &["pwd"][..]),
            (
                &[Proof::Password, Proof::Totp],
                "mfa",
                &["pwd", "otp", "mfa"],
            ),
            (&[passkey], "phr", &["hwk", "user", "mfa"]),
            (&[Proof::Password, touched], "phr", &["pwd", "swk", "mfa"]),
            (&[touched], "pwd", &["swk"]),
        ] {
            let found = Authentication::of(proofs);
            assert_eq!(
                (found.acr.as_str(), found.amr),
                (acr, amr.iter().map(ToString::to_string).collect())
            );
        }
        let pwd = ["pwd".to_owned()];
        let more = Authentication::with(Acr::Password, &pwd, Proof::Totp);
        assert_eq!(
            (more.acr, more.amr.join(" ")),
            (Acr::MultiFactor, "pwd otp mfa".to_owned())
        );
        let most = Authentication::with(more.acr, &more.amr, passkey);
        let methods = "pwd otp hwk user mfa".to_owned();
        assert_eq!(
            (most.acr, most.amr.join(" ")),
            (Acr::PhishingResistant, methods.clone())
        );
        let same = Authentication::with(most.acr, &most.amr, Proof::EmailCode);
        assert_eq!(
            (same.acr, same.amr.join(" ")),
            (Acr::PhishingResistant, methods)
        );
        assert!(Acr::Password < Acr::MultiFactor && Acr::MultiFactor < Acr::PhishingResistant);
    }
}
