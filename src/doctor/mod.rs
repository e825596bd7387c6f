//! `doctor`: what a run on this machine needs, looked at one by one, each with the way out. Nothing is written that stays, nobody is
//! paid: the model is never called.

mod agent; // its command, and what would keep it apart
mod git; // the program, and what in this checkout would surprise
mod github; // whose the token is, what it may, whether the repository is in reach
mod machine; // folders, disk, proxies, certificates
mod model; // the model's key
mod remote; // the repository, as git reaches it
mod stack; // services.yaml

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::clock::Clock;
use crate::event::Repository;
use crate::secrets::Redactor;
use crate::settings::Settings;
use crate::ui::Ui;

pub use self::stack::Stack;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// A run works, but something about it should be known.
    Warning,
    /// A run would fail.
    Failed,
    /// Not looked at; the text says why.
    Skipped,
}

impl State {
    /// In front of a line for people.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Warning => "!",
            Self::Failed => "✗",
            Self::Skipped => "–",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it ended.
    pub state: State,
    /// What is there.
    pub found: String,
    /// What to do; none where all is well.
    pub way_out: Option<String>,
}

impl Finding {
    fn new(check: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { check, state, found: found.into(), way_out: None }
    }

    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Ok, found)
    }

    fn skipped(check: &'static str, why: impl Into<String>) -> Self {
        Self::new(check, State::Skipped, why)
    }

    fn warning(check: &'static str, found: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { way_out: Some(way_out.into()), ..Self::new(check, State::Warning, found) }
    }

    fn failed(check: &'static str, found: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { way_out: Some(way_out.into()), ..Self::new(check, State::Failed, found) }
    }
}

/// What is looked at.
pub struct Patient<'a> {
    /// Variables and flags.
    pub settings: &'a Settings,
    /// What services.yaml gave.
    pub stack: Stack,
    /// Where the command runs.
    pub folder: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Is asked to mask what is found on the way; it says nothing else.
    pub ui: Arc<dyn Ui>,
    /// Hides secrets.
    pub redactor: Redactor,
}

impl Patient<'_> {
    /// The work tree around the folder.
    fn top(&self) -> Option<PathBuf> {
        self.folder.ancestors().find(|at| at.join(".git").exists()).map(std::path::Path::to_path_buf)
    }
}

/// Looks at everything, in the order in which a run meets it.
pub async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = vec![patient.stack.finding()];
    let git = git::look(patient, &mut findings).await;
    findings.extend(machine::look(patient));
    let repository = repository(patient, git.as_ref()).await;
    match &repository {
        Ok(repository) => github::look(patient, repository, git.as_ref(), &mut findings).await,
        Err(why) => {
            findings.push(github::without_repository(patient));
            findings.push(Finding::failed("repository", why, "Name it with --repo owner/name"));
        }
    }
    agent::look(patient, &mut findings).await;
    findings.push(model::look(patient));
    findings.extend(patient.stack.access());
    findings.push(Finding::skipped("cluster", "not looked at: it belongs to the runtime kubernetes"));
    findings
}

/// The repository that a run would be about: as named, else the remote `origin`.
async fn repository(patient: &Patient<'_>, git: Option<&crate::git::Git>) -> Result<Repository, String> {
    if let Some(named) = patient.settings.text("repo") {
        return Repository::named(&named).map_err(|why| format!("--repo: {why}"));
    }
    let origin = match (git, patient.top()) {
        (Some(git), Some(top)) => git.origin_url(&top).await.map_err(|error| error.to_string())?,
        _ => None,
    };
    match origin.as_ref().and_then(crate::git::RemoteUrl::repo) {
        Some((owner, name)) => Ok(Repository { owner, name, default_branch: None, url: None }),
        None => Err(match origin {
            Some(origin) => format!("the remote `origin` is {origin}, which is not on GitHub"),
            None => "there is no remote `origin` here".to_owned(),
        }),
    }
}
