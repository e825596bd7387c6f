//! A look at the agent without a run: does it start, and what would keep it apart. What it needs on disk goes when it is over.

use std::path::{Path, PathBuf};

use super::probe::{Found, Isolation, Probe, Refused, uid_for};
use super::setup::{self, AgentCommand};
use super::{Error, local};

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

/// What would keep the agent apart, tried out as before a run, and whether it would reach a Docker socket.
///
/// # Errors
/// [`Error::Unsafe`] where nothing would.
pub async fn isolation(asked: Option<&str>, path: &str, state: &Path) -> Result<(Isolation, bool), Error> {
    let nothing = |why: String| Error::from(Refused { sandbox: why.clone(), other_user: why });
    let command = AgentCommand::find(asked, path).map_err(nothing)?;
    let folder = state.join("doctor");
    let scratch = Scratch::new(&folder)?;
    let (home, tree) = (scratch.home(), scratch.tree());
    let probe = Probe { command: &command, home: &home, tree: &tree, path, uid: uid_for(&scratch.0) };
    let sandbox = match probe.sandbox().await {
        Ok(Found { isolation, docker }) => return Ok((isolation, docker)),
        Err(why) => why,
    };
    if !rustix::process::geteuid().is_root() {
        return Err(Refused { sandbox, other_user: "only root can start the agent as another user".to_owned() }.into());
    }
    local::open_passage(&[state.to_owned(), folder, scratch.0.clone()])?;
    setup::give_to(&scratch.0, probe.uid, probe.uid)?;
    let Found { isolation, docker } = probe.other_user().await.map_err(|other_user| Refused { sandbox, other_user })?;
    Ok((isolation, docker))
}
