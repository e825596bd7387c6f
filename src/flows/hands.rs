//! Puts a run's hands together: live with a token, live with an outbox, or dry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access::{Access, Voice};
use super::options::Options;
use super::run::Hands;
use super::workplace::Workplace;
use crate::agent::place::{Place, dry::DryPlace, local::LocalPlace};
use crate::clock::{Clock, SystemClock};
use crate::event::Repository;
use crate::git::{Credentials, Git, RemoteUrl};
use crate::github::GitHub;
use crate::github::dry::{Dry, Plan};
use crate::github::live::Wait;
use crate::github::outbox::Outbox;
use crate::publish::Sources;
use crate::publish::dry::DrySources;
use crate::publish::live::LiveSources;
use crate::secrets::{Redactor, Secret};
use crate::settings::Settings;
use crate::slots::dry::DryStore;
use crate::slots::{FileStore, Store};
use crate::ui::Ui;

/// What hands are made of.
pub struct Making<'a> {
    /// Variables and flags.
    pub settings: &'a Settings,
    /// The same, typed.
    pub options: &'a Options,
    /// The folders.
    pub workplace: &'a Workplace,
    /// The repository.
    pub repository: &'a Repository,
    /// How to speak.
    pub ui: &'a Arc<dyn Ui>,
    /// Hides secrets.
    pub redactor: &'a Redactor,
    /// As whom it speaks to GitHub.
    pub access: &'a Access,
    /// How it waits for GitHub.
    pub wait: &'a Arc<dyn Wait>,
}

/// Makes the hands of a run. A dry one starts no program and asks GitHub only where there is a token.
///
/// # Errors
/// A sentence: the remote is none, belongs to another repository, or GitHub's address can't be used.
pub async fn make(of: &Making<'_>) -> Result<Hands, String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let plan = Plan::default();
    let voice = Voice {
        ui: Arc::clone(of.ui),
        clock: Arc::clone(&clock),
        wait: Arc::clone(of.wait),
        redactor: of.redactor.clone(),
    };
    let token = of.access.token().await.map_err(|error| error.to_string())?;
    let live = of.access.live(of.settings, of.repository, &voice).map_err(|error| error.to_string())?;
    let has_token = live.is_some();
    let command = of.settings.variable("CODEXCTL_AGENT_COMMAND").map(str::to_owned);
    let (github, sources, place): (Arc<dyn GitHub>, Arc<dyn Sources>, Arc<dyn Place>) = if of.options.dry_run {
        let remote = of.workplace.top.as_deref().and_then(|top| RemoteUrl::parse(&address(of), top).ok());
        (Arc::new(Dry::new(live, plan.clone())), Arc::new(DrySources::new(remote)), Arc::new(DryPlace::new(command)))
    } else {
        let sources = sources(of, token).await?;
        let github: Arc<dyn GitHub> = match live {
            // Asks, and writes nothing.
            live if !of.options.publishes() => Arc::new(Dry::new(live, plan.clone())),
            Some(live) => live,
            None => Arc::new(Outbox::new(of.workplace.outbox.clone())),
        };
        (github, Arc::new(sources), Arc::new(LocalPlace::new(command, of.options.allow_unsandboxed)))
    };
    Ok(Hands {
        ui: Arc::clone(of.ui),
        github,
        sources,
        place,
        store: store(of.options.dry_run, &clock),
        clock,
        redactor: of.redactor.clone(),
        plan,
        app: of.access.app().cloned(),
        has_token,
    })
}

type MakeStore = Arc<dyn Fn(PathBuf) -> Arc<dyn Store> + Send + Sync>;

fn store(dry: bool, clock: &Arc<dyn Clock>) -> MakeStore {
    let clock = Arc::clone(clock);
    Arc::new(move |folder: PathBuf| {
        let files: Arc<dyn Store> = Arc::new(FileStore::new(&folder, Arc::clone(&clock)));
        if dry { Arc::new(DryStore::new(files)) } else { files }
    })
}

/// A hand that reads as whoever was given, and never writes.
///
/// # Errors
/// GitHub's address, the token or a proxy can't be used.
pub fn reader(
    settings: &Settings,
    repository: &Repository,
    access: &Access,
    voice: &Voice,
) -> Result<Arc<dyn GitHub>, crate::github::Error> {
    Ok(Arc::new(Dry::new(access.live(settings, repository, voice)?, Plan::default())))
}

/// The repository's address on its GitHub.
fn address(of: &Making<'_>) -> String {
    format!("{}/{}.git", of.settings.server(), of.repository.full_name())
}

async fn sources(of: &Making<'_>, token: Option<Secret>) -> Result<LiveSources, String> {
    let credentials = token.map(|token| Credentials { token, server: of.settings.server().to_owned() });
    let git = Git::new(of.settings.process(), &of.workplace.state.join("git"), credentials, of.redactor);
    let git = match of.access.app() {
        Some(app) => git.with_tokens(Arc::new(app.clone())),
        None => git,
    };
    let origin = match &of.workplace.top {
        Some(top) => git.origin_url(top).await.map_err(|error| error.to_string())?,
        None => None,
    };
    let remote = match origin {
        Some(origin) => origin,
        None => RemoteUrl::parse(&address(of), Path::new("/")).map_err(|error| error.to_string())?,
    };
    let here = of.repository.full_name();
    if let Some((owner, name)) = remote.repo()
        && !format!("{owner}/{name}").eq_ignore_ascii_case(&here)
    {
        return Err(format!(
            "the event is about {here}, the remote `origin` here is {owner}/{name}: run this in a clone of {here}"
        ));
    }
    Ok(LiveSources::new(&git, &of.workplace.state, &remote))
}
