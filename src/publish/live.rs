//! The hand that really does it: a mirror per repository, trees beside it, pushes to the remote.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::lock::Lock;
use super::{
    AgentTree, Branched, Collect, Collected, Commit, Error, Heads, Kind, PlacedTree, Push, Pushed, Save, SavedWork,
    Sources, collect, commit, names, push, save, sources, tree, whole,
};
use crate::answer::Answer;
use crate::git::{Git, RemoteUrl};

/// Works with real repositories. Of two at once on one folder, in one process or two, each waits for the other where it must.
#[derive(Debug, Clone)]
pub struct LiveSources {
    git: Git,
    folder: PathBuf,
    remote: RemoteUrl,
}

impl LiveSources {
    /// Keeps everything under `folder`, the state folder of this repository (`…/codexctl/<owner>/<repo>`).
    pub fn new(git: &Git, folder: &Path, remote: &RemoteUrl) -> Self {
        Self { git: git.clone(), folder: folder.to_owned(), remote: remote.clone() }
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    pub(super) fn remote(&self) -> &RemoteUrl {
        &self.remote
    }

    pub(super) fn mirror(&self) -> PathBuf {
        self.folder.join("mirror.git")
    }

    pub(super) fn trusted(&self) -> PathBuf {
        self.folder.join("trusted")
    }

    /// The lock on something directly under the state folder.
    pub(super) async fn lock(&self, name: &str) -> Result<Lock, Error> {
        Lock::take(&self.folder.join(format!("{name}.lock"))).await
    }

    /// Our clone for a slot's work.
    pub(super) fn publisher(&self, slot: &str) -> Result<PathBuf, Error> {
        names::check_slot(slot)?;
        Ok(self.folder.join("publish").join(slot))
    }
}

#[async_trait]
impl Sources for LiveSources {
    async fn remote_heads(&self) -> Result<Answer<Heads>, Error> {
        sources::remote_heads(self).await.map(Answer::Known)
    }

    async fn fetch(&self) -> Result<Answer<Heads>, Error> {
        sources::fetch(self).await.map(Answer::Known)
    }

    async fn is_before(&self, commit: &str, of: &str) -> Result<Answer<bool>, Error> {
        sources::is_before(self, commit, of).await.map(Answer::Known)
    }

    async fn trusted_tree(&self, commit: &str) -> Result<Answer<PathBuf>, Error> {
        sources::trusted_tree(self, commit).await.map(Answer::Known)
    }

    async fn agent_tree(&self, wanted: &AgentTree) -> Result<Answer<PlacedTree>, Error> {
        tree::agent_tree(self, wanted).await.map(Answer::Known)
    }

    async fn collect(&self, wanted: &Collect) -> Result<Answer<Collected>, Error> {
        collect::collect(self, wanted).await.map(Answer::Known)
    }

    async fn commit(&self, wanted: &Commit) -> Result<Answer<Option<String>>, Error> {
        commit::commit(self, wanted).await.map(Answer::Known)
    }

    async fn push(&self, wanted: &Push) -> Result<Answer<Pushed>, Error> {
        push::push(self, wanted).await.map(Answer::Known)
    }

    async fn whole_change(&self, of: &Branched) -> Result<Answer<Vec<(String, Kind)>>, Error> {
        whole::whole_change(self, of).await.map(Answer::Known)
    }

    async fn save(&self, wanted: &Save) -> Result<Answer<Option<SavedWork>>, Error> {
        save::save(self, wanted).await.map(Answer::Known)
    }

    async fn drop_saved(&self, work: &SavedWork) -> Result<Answer<()>, Error> {
        save::drop_saved(self, work).await.map(Answer::Known)
    }
}
