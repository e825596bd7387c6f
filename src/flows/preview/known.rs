//! What a look is about, as far as this machine knows: repository, slot, issue, branch.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Asked;
use crate::agent::prompt::{LastRun, Past, TreeState};
use crate::clock::Clock;
use crate::event::Repository;
use crate::flows::access::{Access, Voice};
use crate::flows::stop::Stop;
use crate::flows::workplace::Workplace;
use crate::flows::{hands, origin};
use crate::git::Git;
use crate::github::GitHub;
use crate::github::installation::Need;
use crate::github::live::RealWait;
use crate::policy::triggers::Kind;
use crate::publish::branch::{issue_branch, repair_branch};
use crate::secrets::Redactor;
use crate::settings::Settings;
use crate::slots::allocate::{self, Wanted};
use crate::slots::{FileStore, Phase, Record};
use crate::stack::RawStack;
use crate::ui::{Level, Note, Ui};

/// What stands for a repository that nobody named.
const SOME_REPOSITORY: (&str, &str) = ("OWNER", "NAME");

/// What is known before GitHub is asked.
pub(super) struct Known {
    /// The repository, where it was given or the remote `origin` names it.
    pub(super) repository: Option<Repository>,
    /// The slot.
    pub(super) slot: u32,
    /// Its record, where there is one.
    record: Option<Record>,
    /// The issue.
    pub(super) issue: Option<u64>,
    /// The pull request.
    pub(super) pr: Option<u64>,
    /// The folder of the slot's work.
    pub(super) folder: PathBuf,
    /// As whom GitHub is asked.
    pub(super) access: Access,
    /// Reads, never writes; none without a repository.
    pub(super) github: Option<Arc<dyn GitHub>>,
    server: String,
    git: Git,
    /// The folder of services.yaml.
    root: PathBuf,
}

impl Known {
    /// Looks at flags, slot records and the work tree around services.yaml.
    ///
    /// # Errors
    /// A repository that is none, slot records that can't be read, or an address of GitHub that can't be used.
    pub(super) async fn find(
        asked: &Asked,
        settings: &Settings,
        raw: &RawStack,
        ui: &Arc<dyn Ui>,
        clock: &Arc<dyn Clock>,
        redactor: &Redactor,
    ) -> Result<Self, Stop> {
        let server = settings.server().to_owned();
        let git = Git::new(settings.process(), Path::new("/nonexistent"), None, &Redactor::default());
        let repository = match &asked.repo {
            Some(named) => Some(Repository::named(named).map_err(|why| Stop::Usage(format!("--repo: {why}")))?),
            None => match origin::repository(&git, raw.root(), &server).await {
                Ok(repository) => Some(repository),
                Err(why) => {
                    ui.note(&Note::new(Level::Notice, format!("repository: unknown ({why}): --repo names it")));
                    None
                }
            },
        };
        let (owner, name) =
            repository.as_ref().map_or(SOME_REPOSITORY, |found| (found.owner.as_str(), found.name.as_str()));
        let state = settings.state_home().unwrap_or_else(|| PathBuf::from("/var/lib/codexctl"));
        let config = std::path::absolute(raw.path()).unwrap_or_else(|_| raw.path().to_owned());
        let workplace = Workplace::find(raw.root(), &config.display().to_string(), &state, owner, name)
            .map_err(|why| Stop::Usage(format!("--repo: {why}")))?;
        let record = match &repository {
            Some(repository) => record(asked, raw, &workplace, repository, clock).await?,
            None => None,
        };
        let slot = asked.slot.or_else(|| record.as_ref().map(|record| record.slot)).unwrap_or_else(|| {
            let text = "slot: unknown (would take the lowest free one): 1 stands for it, --slot names another";
            ui.note(&Note::new(Level::Notice, text));
            1
        });
        let mut access = Access::None;
        let github = match &repository {
            Some(repository) => {
                let wait = Arc::new(RealWait);
                let voice = Voice { ui: Arc::clone(ui), clock: Arc::clone(clock), wait, redactor: redactor.clone() };
                access = Access::of(settings, repository, Need::Read, &voice).map_err(Stop::Usage)?;
                Some(hands::reader(settings, repository, &access, &voice).map_err(Stop::failed)?)
            }
            None => None,
        };
        let of_record = |number: fn(&Record) -> Option<u64>| record.as_ref().and_then(number);
        let issue = asked.issue.or_else(|| of_record(|record| record.issue));
        let pr = asked.pr.or_else(|| of_record(|record| record.pr));
        let folder = workplace.slot(&asked.env, slot);
        let root = raw.root().to_owned();
        Ok(Self { issue, pr, folder, repository, slot, record, access, github, server, git, root })
    }

    /// What is known of the run before. Only a published one has a time after which everything is new.
    pub(super) fn past(&self) -> Past {
        let published = self.record.as_ref().filter(|record| record.phase == Phase::Published);
        Past {
            since: published.map(|record| record.updated_at),
            last: if published.is_some() { LastRun::Done } else { LastRun::Interrupted },
            tree: if published.is_some() { TreeState::Fresh } else { TreeState::Kept },
            told: true,
        }
    }

    /// `owner/name`.
    pub(super) fn repository_name(&self) -> String {
        let (owner, name) = SOME_REPOSITORY;
        self.repository.as_ref().map_or_else(|| format!("{owner}/{name}"), Repository::full_name)
    }

    /// A page of the repository.
    pub(super) fn page(&self, kind: &str, number: u64) -> String {
        format!("{}/{}/{kind}/{number}", self.server, self.repository_name())
    }

    /// The default branch, as the last fetch of the work tree saw it.
    pub(super) async fn default_branch(&self) -> Option<String> {
        let asked = self.git.call(["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"]).dir(&self.root).discover();
        let output = asked.allow(&[1, 128]).run().await.ok().filter(|output| output.code == 0)?;
        output.text().strip_prefix("refs/remotes/origin/").map(str::to_owned)
    }

    /// The branch that the work goes to: the slot's, else the one that a first run takes.
    pub(super) fn branch(&self, asked: &Asked) -> Option<String> {
        let of_record = self.record.as_ref().and_then(|record| record.branch.clone());
        let first = || {
            let issue = self.issue?;
            Some(match asked.kind {
                Kind::AiRepairIssue | Kind::AiRepairReview => repair_branch(issue),
                Kind::PlanIssue | Kind::PlanReview | Kind::DevIssue | Kind::DevReview => issue_branch(issue),
            })
        };
        of_record.or_else(first)
    }
}

/// The record of the slot that is asked for; none where nothing was named to look for.
async fn record(
    asked: &Asked,
    raw: &RawStack,
    workplace: &Workplace,
    repository: &Repository,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Record>, Stop> {
    if asked.slot.is_none() && asked.issue.is_none() && asked.pr.is_none() {
        return Ok(None);
    }
    let folder = raw.state().dir.map_or_else(|| workplace.state.clone(), |dir| workplace.base.join(dir));
    let store = FileStore::new(&folder, Arc::clone(clock));
    let wanted = Wanted {
        repo: repository.full_name(),
        project: raw.project().unwrap_or_default().to_owned(),
        env: asked.env.clone(),
        issue: asked.issue,
        pr: asked.pr,
        slot: asked.slot,
        max: 0,
        owner: String::new(),
    };
    allocate::find(&store, &wanted).await.map_err(Stop::failed)
}
