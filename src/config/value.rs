//! The types that a setting can have, and how each is read from text.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::duration;
use crate::foundation::fetcher::HostPort;
use crate::foundation::secret::Secret;

/// A value as it was written, before its type is known.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    One(String),
    Many(Vec<String>),
}

/// A type that a setting can have.
pub(super) trait Setting: Sized {
    /// Whether `<key>_file` may give the value instead, and no message may show it.
    const SECRET: bool = false;

    /// The type in words, for the reference page.
    fn kind() -> String;

    /// Reads one value; the error says what to write instead.
    fn parse(text: &str) -> Result<Self, String>;

    /// Reads a value or a list.
    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::One(text) => Self::parse(text),
            Raw::Many(_) => Err("wants one value, not a list".to_owned()),
        }
    }
}

impl Setting for String {
    fn kind() -> String {
        "text".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Setting for bool {
    fn kind() -> String {
        "true or false".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("`{text}` is neither true nor false"))
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => { $(
        impl Setting for $type {
            fn kind() -> String {
                "whole number".to_owned()
            }

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("`{text}` is not a whole number that fits here"))
            }
        }
    )* };
}
whole_numbers!(u32, usize);

impl Setting for Duration {
    fn kind() -> String {
        "duration".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        duration::parse(text)
    }
}

impl Setting for PathBuf {
    fn kind() -> String {
        "path".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
}

impl Setting for SocketAddr {
    fn kind() -> String {
        "address:port".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| {
            format!("`{text}` is not an IP address with a port, like 0.0.0.0:3001 or [::1]:3001")
        })
    }
}

impl Setting for IpNet {
    fn kind() -> String {
        "network".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        text.parse()
            .or_else(|_| text.parse::<IpAddr>().map(Self::from))
            .map_err(|_| format!("`{text}` is not a network, like 10.0.0.0/8 or 2001:db8::1"))
    }
}

impl Setting for HostPort {
    fn kind() -> String {
        "host:port".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("`{text}` is not of the form host:port"))
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn kind() -> String {
        "secret".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}

/// Absent, or written as the empty text.
impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn kind() -> String {
        T::kind()
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            T::parse(text).map(Some)
        }
    }
}

/// A TOML array, or in the environment values separated by commas.
impl<T: Setting> Setting for Vec<T> {
    fn kind() -> String {
        format!("list of {}", T::kind())
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(T::parse)
            .collect()
    }

    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::One(text) => Self::parse(text),
            Raw::Many(items) => items.iter().map(|item| T::parse(item)).collect(),
        }
    }
}

/// Declares a type with a few named values, written in lower case.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant,)* }

        impl $name {
            /// The value as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl $crate::config::value::Setting for $name {
            fn kind() -> String {
                [$(concat!("`", $text, "`")),*].join(" or ")
            }

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("`{text}` is not one of: {}", [$($text),*].join(", "))),
                }
            }
        }
    };
}
pub(super) use choice;
