//! Who brings events about.

/// Who brought an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person whom it is about.
    Person,
    Client,
    Administrator,
    /// Whoever runs the server, at its command line.
    Operator,
    /// The server, when something was due.
    Job,
    /// Somebody who did not prove who they are.
    Stranger,
}

impl Actor {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Person,
        Self::Client,
        Self::Administrator,
        Self::Operator,
        Self::Job,
        Self::Stranger,
    ];

    /// As the column holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "self",
            Self::Client => "client",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Job => "job",
            Self::Stranger => "stranger",
        }
    }

    /// Reads what the column holds.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == text)
    }
}
