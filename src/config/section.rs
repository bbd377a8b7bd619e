//! How a section is declared: once, with its documentation, type and default in one place, from
//! which the struct, its reader and the reference page come.

use std::collections::BTreeMap;
use std::fs;

use super::errors::ConfigErrors;
use super::value::{Raw, Setting};

/// What is known of one setting.
#[derive(Clone, Copy)]
pub(super) struct Spec {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
    pub(super) kind: fn() -> String,
    pub(super) secret: bool,
}

impl Spec {
    /// `section.key`
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// The setting that names a file with this secret in it.
    pub(super) fn file_name(&self) -> String {
        format!("{}_file", self.name())
    }
}

/// The name of a setting's environment variable.
pub(super) fn variable(name: &str) -> String {
    format!("AUTH_{}", name.replace('.', "__").to_uppercase())
}

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) raw: Raw,
    /// The environment variable, if it was one.
    pub(super) variable: Option<String>,
}

/// A setting's name for messages, with the variable that the operator wrote.
pub(super) fn label(name: &str, entry: &Entry) -> String {
    match &entry.variable {
        Some(variable) => format!("{name} ({variable})"),
        None => name.to_owned(),
    }
}

/// The values of all layers by `section.key`, and what was found wrong on the way.
pub(super) struct Reader {
    pub(super) values: BTreeMap<String, Entry>,
    pub(super) errors: ConfigErrors,
}

impl Reader {
    /// A setting's name for messages.
    pub(super) fn label(&self, name: &str) -> String {
        self.values
            .get(name)
            .map_or_else(|| name.to_owned(), |entry| label(name, entry))
    }

    /// The setting's value; `None` if it is wrong, which is then noted.
    pub(super) fn read<T: Setting>(&mut self, spec: &Spec, siblings: &[Spec]) -> Option<T> {
        let name = spec.name();
        let written = if spec.secret {
            self.secret(spec, siblings)
        } else {
            Ok(self.values.get(&name).map(|entry| entry.raw.clone()))
        };
        let value = written.and_then(|written| {
            let raw = written.unwrap_or_else(|| Raw::One(spec.default.to_owned()));
            T::from_raw(&raw).map_err(|message| (name, message))
        });
        match value {
            Ok(value) => Some(value),
            Err((name, message)) => {
                let label = self.label(&name);
                self.errors.push(label, message);
                None
            }
        }
    }

    /// A secret stands in the setting itself or in the file that `<key>_file` names, never both:
    /// nobody should have to guess which of two secrets is in force.
    fn secret(&self, spec: &Spec, siblings: &[Spec]) -> Result<Option<Raw>, (String, String)> {
        let (name, file_name) = (spec.name(), spec.file_name());
        let written = |name: &str| self.values.get(name).map(|entry| entry.raw.clone());
        // A file setting of the section's own is read by whoever owns that file.
        let read_elsewhere = siblings.iter().any(|sibling| sibling.name() == file_name);
        match (written(&name), written(&file_name)) {
            (Some(_), Some(_)) => {
                let other = self.label(&file_name);
                Err((name, format!("is given twice, also by {other}: keep one")))
            }
            (value, None) => Ok(value),
            (None, Some(_)) if read_elsewhere => Ok(None),
            (None, Some(Raw::One(path))) => match fs::read_to_string(&path) {
                Ok(text) => Ok(Some(Raw::One(
                    text.trim_end_matches(['\r', '\n']).to_owned(),
                ))),
                Err(error) => Err((file_name, format!("cannot read {path}: {error}"))),
            },
            (None, Some(Raw::Many(_))) => Err((file_name, "wants one path, not a list".to_owned())),
        }
    }
}

/// Declares a section: its struct, `SPECS` and `read`. A default is written as in the environment.
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])*
        pub struct $name:ident in $path:literal {
            $($(#[doc = $doc:literal])* $field:ident: $type:ty = $default:literal,)*
        }
    ) => {
        $(#[doc = $section_doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        impl $name {
            pub(super) const DOC: (&str, &str) = ($path, concat!($($section_doc, "\n"),*));
            pub(super) const SPECS: &[$crate::config::section::Spec] = &[
                $($crate::config::section::Spec {
                    section: $path,
                    key: stringify!($field),
                    default: $default,
                    doc: concat!($($doc, "\n"),*),
                    kind: <$type as $crate::config::value::Setting>::kind,
                    secret: <$type as $crate::config::value::Setting>::SECRET,
                },)*
            ];

            pub(super) fn read(reader: &mut $crate::config::section::Reader) -> Option<Self> {
                let mut specs = Self::SPECS.iter();
                $(let $field = specs.next().and_then(|spec| reader.read::<$type>(spec, Self::SPECS));)*
                Some(Self { $($field: $field?,)* })
            }
        }
    };
}
pub(super) use section;
