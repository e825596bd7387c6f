//! The hand that does nothing and says what it would do.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{
    AgentTree, Branched, Collect, Collected, Commit, Error, Heads, Kind, PlacedTree, Push, Pushed, Save, SaveTo,
    SavedWork, Sources,
};
use crate::answer::Answer;
use crate::git::RemoteUrl;

/// Starts no git, reads and writes no file.
#[derive(Debug, Clone, Default)]
pub struct DrySources {
    remote: Option<RemoteUrl>,
}

impl DrySources {
    /// For this remote, where it is known.
    pub fn new(remote: Option<RemoteUrl>) -> Self {
        Self { remote }
    }

    fn remote(&self) -> String {
        self.remote.as_ref().map_or_else(|| "the remote `origin`".to_owned(), ToString::to_string)
    }
}

fn unknown<T>(text: String) -> Result<Answer<T>, Error> {
    Ok(Answer::Unknown(text))
}

#[async_trait]
impl Sources for DrySources {
    async fn remote_heads(&self) -> Result<Answer<Heads>, Error> {
        unknown(format!("would ask {} for its branches", self.remote()))
    }

    async fn fetch(&self) -> Result<Answer<Heads>, Error> {
        unknown(format!("would fetch {}", self.remote()))
    }

    async fn is_before(&self, commit: &str, of: &str) -> Result<Answer<bool>, Error> {
        unknown(format!("would ask git whether {of} holds {commit}"))
    }

    async fn trusted_tree(&self, commit: &str) -> Result<Answer<PathBuf>, Error> {
        unknown(format!("would check out the trusted commit {commit}"))
    }

    async fn agent_tree(&self, wanted: &AgentTree) -> Result<Answer<PlacedTree>, Error> {
        let saved = wanted.saved.as_ref().map(|saved| format!(", with the saved work of {saved}")).unwrap_or_default();
        unknown(format!(
            "would clone {} at {} for the agent, without remotes and credentials{saved}",
            wanted.branch, wanted.start
        ))
    }

    async fn collect(&self, wanted: &Collect) -> Result<Answer<Collected>, Error> {
        unknown(format!(
            "would take at most {} changed files of {} bytes over from the agent's tree",
            wanted.limits.files, wanted.limits.bytes
        ))
    }

    async fn commit(&self, wanted: &Commit) -> Result<Answer<Option<String>>, Error> {
        let subject = wanted.message.lines().next().unwrap_or_default();
        unknown(format!("would commit `{subject}` as {}", wanted.author))
    }

    async fn push(&self, wanted: &Push) -> Result<Answer<Pushed>, Error> {
        unknown(format!("would push {} to {}", wanted.branch, self.remote()))
    }

    async fn whole_change(&self, of: &Branched) -> Result<Answer<Vec<(String, Kind)>>, Error> {
        unknown(format!("would compare {} with {}", of.head, of.from))
    }

    async fn save(&self, wanted: &Save) -> Result<Answer<Option<SavedWork>>, Error> {
        unknown(match &wanted.to {
            SaveTo::Branch(name) => format!("would keep unfinished work on branch {name} of {}", self.remote()),
            SaveTo::Patch(folder) | SaveTo::Aside(folder) => {
                format!("would keep unfinished work as a patch in {}", folder.display())
            }
        })
    }

    async fn drop_saved(&self, work: &SavedWork) -> Result<Answer<()>, Error> {
        unknown(format!("would remove {work}"))
    }
}
