//! A look at the agent without a run: does it start, and what would keep it apart. What it needs on disk goes when it is over.

use std::path::{Path, PathBuf};

use super::probe::{Isolation, NOT_ROOT, Probe, Refused, free_uid};
use super::setup::AgentCommand;
use super::{Error, lent, local};
use crate::rights::can_be_root;

/// Whether the agent starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// It does.
    Runs {
        /// The command.
        command: String,
        /// What it says of itself.
        version: String,
    },
    /// Only by way of `npx`, which was not tried: it fetches 300 MB.
    Fetched {
        /// The command.
        command: String,
    },
    /// It is there and does not start.
    Fails {
        /// The command.
        command: String,
        /// What it said.
        why: String,
    },
    /// There is none.
    Missing {
        /// A sentence.
        why: String,
    },
}

/// Folders of a look; gone when it is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> Result<Self, Error> {
        let scratch = Self(folder.join(format!("look-{}", std::process::id())));
        for part in [scratch.home(), scratch.tree()] {
            std::fs::create_dir_all(&part).map_err(Error::io("make", &part))?;
        }
        Ok(scratch)
    }

    fn home(&self) -> PathBuf {
        self.0.join("codex-home")
    }

    fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is an empty folder of ours.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether the agent starts. `asked` is `CODEXCTL_AGENT_COMMAND`, `folder` one that may be written to.
pub async fn start(asked: Option<&str>, path: &str, folder: &Path) -> Start {
    let command = match AgentCommand::find(asked, path) {
        Ok(command) => command,
        Err(why) => return Start::Missing { why },
    };
    let shown = command.shown();
    if command.program.file_name().is_some_and(|name| name == "npx") {
        return Start::Fetched { command: shown };
    }
    let scratch = match Scratch::new(folder) {
        Ok(scratch) => scratch,
        Err(error) => return Start::Fails { command: shown, why: error.to_string() },
    };
    let (home, tree) = (scratch.home(), scratch.tree());
    let probe = Probe { command: &command, home: &home, tree: &tree, path, uid: 0 };
    match probe.version().await {
        Ok(version) => Start::Runs { command: shown, version },
        Err(why) => Start::Fails { command: shown, why },
    }
}

/// What would keep the agent apart, tried out as before a run.
///
/// # Errors
/// [`Error::Unsafe`] where nothing would.
pub async fn isolation(asked: Option<&str>, path: &str, state: &Path) -> Result<Isolation, Error> {
    let nothing = |why: String| Error::from(Refused { sandbox: why.clone(), other_user: why });
    let command = AgentCommand::find(asked, path).map_err(nothing)?;
    let folder = state.join("doctor");
    let scratch = Scratch::new(&folder)?;
    let (home, tree) = (scratch.home(), scratch.tree());
    let probe = Probe { command: &command, home: &home, tree: &tree, path, uid: free_uid(&scratch.0) };
    let sandbox = match probe.sandbox().await {
        Ok(isolation) => return Ok(isolation),
        Err(why) => why,
    };
    if !can_be_root() {
        return Err(Refused { sandbox, other_user: NOT_ROOT.to_owned() }.into());
    }
    local::open_passage(&[state.to_owned(), folder, scratch.0.clone()])?;
    lent::lend(&scratch.0, probe.uid, &[&home, &tree])?;
    let found = probe.other_user().await;
    lent::take_back(&scratch.0)?;
    Ok(found.map_err(|other_user| Refused { sandbox, other_user })?)
}
