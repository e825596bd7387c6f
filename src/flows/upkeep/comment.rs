//! The comment with a slot's links on its pull request, and its last word once the slot is gone.

use super::{Going, Upkeep};
use crate::flows::stop::Stop;
use crate::github::{Error, OwnComment, Thread, markers};
use crate::policy::labels;
use crate::report::Lang;
use crate::report::comments::{Again, Environment, EnvironmentLink, Gone, PullRef, environment, gone};
use crate::stack::Loaded;

/// What the comment with a slot's links is made of.
#[derive(Debug)]
pub struct Links<'a> {
    /// `owner/name`.
    pub repo: &'a str,
    /// services.yaml, for this slot.
    pub stack: &'a Loaded,
    /// The slot.
    pub slot: u32,
    /// The issue.
    pub issue: Option<u64>,
    /// The pull request.
    pub pull: u64,
    /// The branch of the work.
    pub branch: String,
    /// Whether the stack runs in the slot.
    pub deployed: bool,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
}

impl Links<'_> {
    /// Where the slot answers (spec 4.5).
    pub fn host(&self) -> Option<String> {
        let env = self.stack.env.name.as_str();
        let domain = self.stack.stack.base_domain.get(env).filter(|domain| !domain.trim().is_empty())?;
        Some(if env == "ai" { format!("dev-{}.{domain}", self.slot) } else { domain.clone() })
    }
}

/// The comment with a slot's links.
///
/// # Errors
/// The text can't be rendered.
pub fn body(of: &Links<'_>, lang: Lang) -> Result<OwnComment, Stop> {
    let stack = &of.stack.stack;
    let marker = marker(of.repo, &stack.project, of.pull, Some(&of.branch));
    let link = |link: &crate::stack::Link| EnvironmentLink { title: link.title.clone(), path: link.path.clone() };
    let text = Environment {
        marker: marker.clone(),
        deployed: of.deployed,
        slot: of.slot,
        env: of.stack.env.name.clone(),
        namespace: of.deployed.then(|| of.stack.namespace.clone()),
        host: of.host().filter(|_| of.deployed),
        links: stack.codex.links.iter().map(link).collect(),
        unready: None,
        // In GitHub's way of counting a pull request is an issue too.
        issue: of.issue.unwrap_or(of.pull),
        again: Again::Label(labels::DEV.to_owned()),
        pull: PullRef { number: Some(of.pull), draft: false, branch: of.branch.clone() },
        run_url: of.run_url.clone(),
        review_starts_run: true,
    };
    let body = environment(&text, lang).map_err(Stop::failed)?;
    Ok(of_environment(of.pull, marker, body))
}

const KIND: &str = "environment";

fn marker(repo: &str, project: &str, pull: u64, branch: Option<&str>) -> String {
    let state = markers::State { branch: branch.map(str::to_owned), pr: Some(pull), ..markers::State::default() };
    markers::marker(KIND, repo, project, pull, &state)
}

/// The last word of the comment about the slot's environment; none where it has no pull request.
///
/// # Errors
/// The text can't be rendered.
pub(super) fn gone_word(upkeep: &Upkeep, going: &Going) -> Result<Option<OwnComment>, Stop> {
    let record = &going.record;
    let Some(pull) = record.pr else { return Ok(None) };
    let project = if upkeep.project.is_empty() { &record.project } else { &upkeep.project };
    let marker = marker(&upkeep.repo, project, pull, record.branch.as_deref());
    let of = Gone {
        marker: marker.clone(),
        because: going.because,
        slot: record.slot,
        env: record.env.clone(),
        issue: record.issue,
        again: Again::Label(if record.env == "ai-repair" { labels::REPAIR } else { labels::DEV }.to_owned()),
        run_url: upkeep.run_url.clone(),
    };
    let body = gone(&of, upkeep.lang).map_err(Stop::failed)?;
    Ok(Some(of_environment(pull, marker, body)))
}

/// The comment about an environment with this text.
pub(super) fn of_environment(pull: u64, marker: String, body: String) -> OwnComment {
    OwnComment { thread: Thread::Pull(pull), kind: KIND.to_owned(), marker, body }
}

/// Brings the comment to its last word, where there is such a comment. Whether there was one.
///
/// # Errors
/// GitHub does not answer, or does not take it.
pub(super) async fn put(upkeep: &Upkeep, comment: &OwnComment) -> Result<bool, Error> {
    let github = upkeep.hands.github.as_ref();
    let there = github.own_comment(&comment.thread, KIND, &comment.marker).await?;
    if there.into_known().flatten().is_none() {
        return Ok(false);
    }
    github.put_comment(comment).await?;
    Ok(true)
}
