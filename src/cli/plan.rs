//! `codexctl plan`: plans of issues.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::Project;
use super::{Call, CommandError, Exit, Outcome};
use crate::answer::Answer;
use crate::clock::SystemClock;
use crate::event::Repository;
use crate::flows::access::{Access, Voice};
use crate::flows::root::{self, Found};
use crate::flows::stop::Stop;
use crate::flows::{hands, origin, results};
use crate::git::Git;
use crate::github::GitHub;
use crate::github::installation::Need;
use crate::github::live::RealWait;
use crate::report::outputs::Outputs;
use crate::secrets::{Redactor, random_word};

/// Without a token nobody tells what an issue belongs to.
const TOKEN: &str = "without a token GitHub can't be asked: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN";

/// `plan resolve-root`: the planning issue above an issue.
pub(super) fn resolve_root(call: &mut Call) -> Result<Outcome, CommandError> {
    // Outside of a project the variables of the process are all there are.
    let there = call.settings.text("config").is_some_and(|config| Path::new(&config).exists());
    if there && let Err(refusal) = Project::read(call).map(drop) {
        return refusal.outcome();
    }
    let focus = call.settings.number("issue")?;
    let focus = focus.ok_or_else(|| CommandError::new("plan resolve-root has to know the issue: give --issue"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    let found = runtime.block_on(async {
        let repository = repository(call).await?;
        let voice = Voice {
            ui: Arc::clone(&call.ui),
            clock: Arc::new(SystemClock),
            wait: Arc::new(RealWait),
            redactor: call.redactor.clone(),
        };
        let access = Access::of(&call.settings, &repository, Need::Read, &voice).map_err(CommandError::new)?;
        let github = hands::reader(&call.settings, &repository, &access, &voice)?;
        let found = find(github.as_ref(), &repository.full_name(), focus).await;
        access.close().await;
        Ok::<_, CommandError>(found)
    })?;
    let stop = match found {
        Ok(Found::Root(root)) => return done(call, root.number, focus),
        Ok(Found::None(why)) => Stop::failed(why),
        Ok(Found::Unknown(..)) => return Err(CommandError::new(TOKEN)),
        Err(stop) => stop,
    };
    super::live::tell(call, &stop);
    Ok(Outcome { text: String::new(), exit: stop.exit() })
}

async fn find(github: &dyn GitHub, repository: &str, focus: u64) -> Result<Found, Stop> {
    match github.issue(focus).await.map_err(Stop::failed)? {
        Answer::Known(issue) => root::find(github, repository, &issue).await.map_err(Stop::failed),
        Answer::Unknown(would) => Ok(Found::Unknown(focus, would)),
    }
}

/// The repository: named, or that of the work tree.
async fn repository(call: &Call) -> Result<Repository, CommandError> {
    if let Some(named) = call.settings.text("repo") {
        return Repository::named(&named).map_err(|why| CommandError::new(format!("--repo: {why}")));
    }
    let server = call.settings.variable("GITHUB_SERVER_URL").unwrap_or("https://github.com").trim_end_matches('/');
    let git = Git::new(call.settings.process(), Path::new("/nonexistent"), None, &Redactor::default());
    let here = std::env::current_dir()
        .map_err(|error| CommandError::new(format!("the working directory can't be used: {error}")))?;
    let found = origin::repository(&git, &here, server).await;
    found.map_err(|why| CommandError::new(format!("no repository: {why}; --repo owner/name names it")))
}

/// Prints the outputs, and hands them over to later steps of a workflow.
fn done(call: &Call, root: u64, focus: u64) -> Result<Outcome, CommandError> {
    let mut outputs = Outputs::default();
    outputs.set("root", root);
    outputs.set("focus", focus);
    if let Some(path) = call.settings.variable("GITHUB_OUTPUT") {
        let text = outputs.github(&random_word()).map_err(CommandError::new)?;
        results::append(&PathBuf::from(path), &text).map_err(CommandError::new)?;
    }
    Ok(Outcome { text: call.render(&outputs)?, exit: Exit::Done })
}
