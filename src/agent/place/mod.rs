//! Where the agent runs. The flow hands in a whole run and gets a whole end; live and dry are two hands for the same.

pub mod dry; // says what would run
mod lent; // folders that are the agent's while it runs
pub mod look; // does it start, and what would keep it apart: without a run
pub mod local; // this machine
pub mod probe; // what keeps the agent from codexctl's secrets here
mod hidden; // what the agent's commands can't even read
mod log; // the raw log, bounded
mod limits; // bounds on what the agent takes of this machine
mod process; // process groups, leftovers, the pid file
mod session; // one start of Codex: prompt in, lines out
mod setup; // CODEX_HOME, config, schema, instructions; the command itself

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::config::Wanted;
use super::events::{Totals, Usage};
use super::proxy::Upstream;
use super::result::{AgentResult, Shape};
use super::verdict::Ended;
use crate::answer::Answer;
use crate::blocked::explained;
use crate::secrets::{Redactor, Secret};
use crate::ui::Ui;

pub use self::probe::Isolation;
pub use self::process::{end_orphan, kill_now};

/// Turns true when the run shall end now. A sender that is gone never cancels.
pub type Cancel = watch::Receiver<bool>;

/// Called with the thread's id as soon as it is known, so that it can be recorded before anything else happens.
pub type OnThread = Arc<dyn Fn(&str) + Send + Sync>;

/// An earlier thread to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Its id.
    pub thread: String,
    /// The short prompt: only what is new.
    pub prompt: String,
}

/// Everything about one run of the agent.
#[derive(Clone)]
pub struct AgentRun {
    /// What is asked for.
    pub shape: Shape,
    /// The agent's own clone; its working directory.
    pub tree: PathBuf,
    /// A folder that only codexctl writes to: schema, raw log, pid file.
    pub folder: PathBuf,
    /// `CODEX_HOME`: one per slot, not the user's, best not under the temporary folder.
    pub home: PathBuf,
    /// The full prompt; where [`Resume`] doesn't lead to its thread, it is what the new thread gets.
    pub prompt: String,
    /// The thread to go on with.
    pub resume: Option<Resume>,
    /// Model, effort, template, blocks and MCP servers.
    pub config: Wanted,
    /// Instructions of the trusted branch, for `$CODEX_HOME/AGENTS.md`.
    pub instructions: Option<String>,
    /// The agent's whole environment, but for what the place itself adds. `PATH`, `HOME` and `LANG` belong in it.
    pub env: Vec<(String, Secret)>,
    /// Folders beside the tree that the agent's commands may write to.
    pub writable: Vec<PathBuf>,
    /// codexctl's own folders on the way to the tree, the outermost first: where the agent is another user, it has to pass them.
    pub passage: Vec<PathBuf>,
    /// Files and folders beside the tree that are none of the agent's business: commands in Codex's own sandbox can't read them, and
    /// those that are codexctl's are closed to an agent that is another user.
    pub hidden: Vec<PathBuf>,
    /// Whether every event of the agent is shown, not only what it does and says.
    pub verbose: bool,
    /// The model.
    pub upstream: Upstream,
    /// `codex.budget.tokens`; `None` and 0 are no limit.
    pub budget: Option<u64>,
    /// `codex.timeouts.exec`.
    pub timeout: Duration,
    /// Hides known secrets in what the agent says and in its raw log.
    pub redactor: Redactor,
    /// Told the thread's id.
    pub on_thread: OnThread,
}

impl fmt::Debug for AgentRun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AgentRun").field("tree", &self.tree).field("resume", &self.resume).finish_non_exhaustive()
    }
}

/// How a run ended and what it left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgentEnd {
    /// How the process ended.
    pub ended: Ended,
    /// What the events come to; the thread's id, the last message and the last error are in it.
    pub totals: Totals,
    /// What the agent handed in, where it can be read.
    pub result: Option<AgentResult>,
    /// Whether the thread that was asked for answered.
    pub resumed: bool,
    /// Tokens of this run alone.
    pub usage: Usage,
    /// The raw log, where there is one. It ends at 64 MiB.
    pub log: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// Why a run could not even be tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration can't be built.
    #[error(transparent)]
    Config(#[from] super::config::Mistakes),
    /// The proxy could not start.
    #[error(transparent)]
    Proxy(#[from] super::proxy::Error),
    /// Nothing here keeps the agent from codexctl's secrets.
    #[error(transparent)]
    Unsafe(#[from] probe::Refused),
    /// A file or folder of the run can't be used.
    #[error("can't {action} {path}: {source}")]
    Io {
        /// `write`, `make`, …
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
}

impl Error {
    /// An I/O error with its place.
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path: path.display().to_string(), source: explained(&path, source) }
    }
}

/// What a place is like, known before the agent starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// What keeps the agent apart; none where nobody looked (dry run).
    pub isolation: Option<Isolation>,
    /// The agent's command, word by word; in a live run its first words.
    pub command: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Where the agent runs.
#[async_trait]
pub trait Place: Send + Sync {
    /// Ends an agent that an earlier codexctl left behind when it was killed; `folder` is [`AgentRun::folder`].
    ///
    /// # Errors
    /// The note about it can't be read.
    async fn end_orphan(&self, folder: &Path) -> Result<(), Error>;

    /// Looks whether the agent can run here, and what keeps it from codexctl's secrets. Writes nothing that stays but CODEX_HOME.
    ///
    /// # Errors
    /// [`Error::Unsafe`] where nothing does; wrong configuration before anything starts.
    async fn prepare(&self, run: &AgentRun) -> Result<Readiness, Error>;

    /// Runs the agent to its end. That it can't start is an end too ([`Ended::Unavailable`]), no error. A dry hand runs nothing.
    ///
    /// # Errors
    /// Where files of the run can't be written or the proxy has no port.
    async fn run(&self, run: &AgentRun, ui: &dyn Ui, cancel: Cancel) -> Result<Answer<AgentEnd>, Error>;
}
