//! What is wrong with a configuration, each mistake with the piece of services.yaml that made it.

use std::fmt;

/// Where a mistake comes from. Indexes count from 0, as in `codex.configBlocks[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// `codex.configTemplate`, at this byte of its rendered text.
    Template(usize),
    /// An entry of `codex.configBlocks`, at this byte of its rendered text.
    Block(usize, usize),
    /// An entry of `codex.mcp.servers`.
    Server(usize),
    /// A reference of such an entry: `headers` or `env`, and the name of the value.
    Reference(usize, &'static str, String),
    /// All pieces together.
    Whole,
}

/// What can be wrong. The text says what, [`Error::hint`] what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A piece is no TOML.
    #[error("{place} is not valid TOML: {reason}")]
    Toml {
        /// Which piece.
        place: String,
        /// The parser's words.
        reason: String,
    },
    /// Two pieces disagree on what a key is.
    #[error("{place} has {key} as {found}, an earlier part of the configuration as {before}")]
    Shape {
        /// Which piece.
        place: String,
        /// The dotted key.
        key: String,
        /// Type in this piece.
        found: &'static str,
        /// Type before.
        before: &'static str,
    },
    /// An MCP server is there twice.
    #[error("MCP server `{name}` is declared twice, in {first} and in {second}")]
    DuplicateServer {
        /// Its name.
        name: String,
        /// Where first.
        first: String,
        /// Where again.
        second: String,
    },
    /// A reference leads nowhere.
    #[error("MCP server `{server}` needs {source_name} for {what}, which is not set")]
    MissingReference {
        /// The server.
        server: String,
        /// The variable, as `the variable X` or `the var X`.
        source_name: String,
        /// What it is for, as `header Authorization`.
        what: String,
    },
    /// An MCP server's declaration makes no sense.
    #[error("MCP server `{server}`: {reason}")]
    Server {
        /// The server.
        server: String,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// The result can't be written as TOML.
    #[error("the agent's configuration can't be written: {0}")]
    Write(String),
}

impl Error {
    /// The way out, where the text doesn't say it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Shape { .. } => Some("make them the same"),
            Self::DuplicateServer { .. } => Some("remove one of them or give it another name"),
            Self::MissingReference { .. } => Some("set it, or mark the reference `optional: true`"),
            Self::Toml { .. } | Self::Server { .. } | Self::Write(_) => None,
        }
    }
}

/// One mistake with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: At,
    /// What.
    pub error: Error,
}

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Mistake { error, .. }) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{error}")?;
            if let Some(hint) = error.hint() {
                write!(out, ": {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
