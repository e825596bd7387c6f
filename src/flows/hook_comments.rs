//! Where comments of hooks go when no flow runs: who speaks to GitHub, and for which repository, is found out with the first comment.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::access::{Access, Voice};
use super::origin;
use crate::clock::SystemClock;
use crate::deploy::hooks::{Comments, HookComment, Placed, Written};
use crate::event::Repository;
use crate::git::Git;
use crate::github::GitHub;
use crate::github::installation::Need;
use crate::github::live::Wait;
use crate::github::outbox::Outbox;
use crate::secrets::Redactor;
use crate::settings::Settings;
use crate::stack::Loaded;
use crate::ui::Ui;

/// Comments of a command that applies or destroys a stack.
pub struct HookComments<'a> {
    settings: &'a Settings,
    /// The folder of services.yaml.
    root: &'a Path,
    project: &'a str,
    voice: Voice,
    opened: OnceCell<(Written, Access)>,
}

impl<'a> HookComments<'a> {
    /// Nobody is asked yet.
    pub fn new(
        settings: &'a Settings,
        loaded: &'a Loaded,
        ui: &Arc<dyn Ui>,
        redactor: &Redactor,
        wait: &Arc<dyn Wait>,
    ) -> Self {
        let (ui, clock, wait) = (Arc::clone(ui), Arc::new(SystemClock), Arc::clone(wait));
        let voice = Voice { ui, clock, wait, redactor: redactor.clone() };
        let (root, project) = (loaded.root.as_path(), loaded.stack.project.as_str());
        Self { settings, root, project, voice, opened: OnceCell::new() }
    }

    /// Gives back what was opened for the comments.
    pub async fn close(self) {
        if let Some((_, access)) = self.opened.into_inner() {
            access.close().await;
        }
    }

    async fn open(&self) -> Result<(Written, Access), String> {
        let project = self.project.to_owned();
        if self.settings.github_access().map_err(|error| error.to_string())?.is_none() {
            // The file tells which thread is meant; the repository's name is for those who have a token.
            let repo = self.settings.text("repo").unwrap_or_default();
            let github: Arc<dyn GitHub> = Arc::new(Outbox::new(self.outbox()));
            return Ok((Written { github, repo, project, has_token: false }, Access::None));
        }
        let repository = self.repository().await?;
        let access = Access::of(self.settings, &repository, Need::Write, &self.voice)?;
        let live = access.live(self.settings, &repository, &self.voice).map_err(|error| error.to_string())?;
        let has_token = live.is_some();
        let github = live.unwrap_or_else(|| Arc::new(Outbox::new(self.outbox())));
        Ok((Written { github, repo: repository.full_name(), project, has_token }, access))
    }

    /// The repository that `--repo` names, else that of the work tree around services.yaml.
    async fn repository(&self) -> Result<Repository, String> {
        if let Some(named) = self.settings.text("repo") {
            return Repository::named(&named).map_err(|why| format!("--repo: {why}"));
        }
        let redactor = &self.voice.redactor;
        let git = Git::new(self.settings.process(), Path::new("/nonexistent"), None, redactor);
        let found = origin::repository(&git, self.root, self.settings.server()).await;
        found.map_err(|why| format!("nothing names the repository, and {why}: give --repo owner/name"))
    }

    /// `.codexctl/outbox` of the work tree around services.yaml, as everywhere.
    fn outbox(&self) -> std::path::PathBuf {
        let root = std::path::absolute(self.root).unwrap_or_else(|_| self.root.to_owned());
        let top = root.ancestors().find(|at| at.join(".git").exists()).unwrap_or(&root);
        top.join(".codexctl/outbox")
    }
}

#[async_trait]
impl Comments for HookComments<'_> {
    async fn put(&self, comment: &HookComment) -> Result<Placed, String> {
        let (written, _) = self.opened.get_or_try_init(|| self.open()).await?;
        written.put(comment).await
    }
}
