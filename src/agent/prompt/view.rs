//! What templates see: the facts in lower camel case, with every text from GitHub cleaned, fitted and fenced.

mod names;
mod people;
mod task;

use std::collections::BTreeMap;

use serde::Serialize;

use super::budget::Purse;
use super::data::{Access, LastRun, Limits, Link, McpServer, Mode, PromptData, Runtime, TreeState};
use super::fence::Fence;
use super::github::Comment;
use crate::policy::triggers::Kind;
use crate::report::untrusted::clean;
use crate::report::{Lang, words};

use people::{Manner, Thread, oldest_first};
pub(super) use people::{ViewComment, ViewThread};
use task::{ViewIssue, ViewPlan, ViewPull};

/// The most lines about what isn't ready, and the most characters of one: more of a sick stack helps nobody.
const HEALTH: (usize, usize) = (40, 400);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'a> {
    kind: &'static str,
    lang: &'static str,
    is_plan: bool,
    is_review: bool,
    is_repair: bool,
    repository: &'a str,
    project: &'a str,
    env: &'a str,
    namespace: &'a str,
    slot: u32,
    runtime: Runtime,
    cluster: bool,
    branch: String,
    base: String,
    base_commit: Option<&'a str>,
    codex: Codex<'a>,
    issue: Option<ViewIssue>,
    plan: Option<ViewPlan>,
    pub(super) focus: Option<ViewComment>,
    pull: Option<ViewPull>,
    reviews: Vec<ViewComment>,
    reviews_left_out: usize,
    pub(super) threads: Vec<ViewThread>,
    threads_left_out: usize,
    pub(super) issue_comments: Vec<ViewComment>,
    comments_left_out: usize,
    short: bool,
    told: bool,
    session_lost: bool,
    since: Option<String>,
    last_run: Option<LastRun>,
    tree: Option<TreeState>,
    github_access: Access,
    limits: &'a Limits,
    time_ms: Option<u64>,
    tokens: Option<u64>,
    infra_unhealthy: bool,
    health: Option<String>,
    fence: ViewFence,
    vars: &'a BTreeMap<String, String>,
    versions: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Codex<'a> {
    model: Option<&'a str>,
    model_reasoning_effort: Option<&'a str>,
    project_context: &'a str,
    services_overview: &'a str,
    extra_tools: &'a [String],
    links: &'a [Link],
    mcp: Mcp<'a>,
}

#[derive(Serialize)]
struct Mcp<'a> {
    servers: &'a [McpServer],
}

#[derive(Serialize)]
struct ViewFence {
    open: String,
    close: String,
}

/// What the budget did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fitted {
    /// How many comments were left out.
    pub(super) comments: usize,
    /// How many threads were left out.
    pub(super) threads: usize,
    /// How many texts were cut.
    pub(super) cut: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(kind: Kind, data: &'a PromptData, fence: &Fence, lang: Lang, answers: Lang) -> (Self, Fitted) {
        let (is_plan, is_review) = (
            matches!(kind, Kind::PlanIssue | Kind::PlanReview),
            matches!(kind, Kind::PlanReview | Kind::DevReview | Kind::AiRepairReview),
        );
        let (since, last_run, tree, told) = match &data.mode {
            Mode::Whole => (None, None, None, false),
            Mode::SessionLost { tree } => (None, None, Some(*tree), false),
            Mode::New { since, last, tree, told } => (*since, Some(*last), Some(*tree), *told),
        };
        let short = matches!(data.mode, Mode::New { .. });
        let new = |comment: &&Comment| !comment.minimized && comment.is_newer(since);
        let sorted = |comments: &'a [Comment]| {
            let mut all: Vec<&Comment> = comments.iter().filter(new).collect();
            all.sort_by(|a, b| oldest_first(a, b));
            all
        };
        let bodies = |comments: &[&Comment]| comments.iter().map(|comment| clean(&comment.body)).collect::<Vec<_>>();
        let (reviews, mut comments) = (sorted(&data.reviews), sorted(&data.comments));
        let wanted = data.plan.as_ref().and_then(|plan| plan.focus).and_then(|focus| focus.comment);
        let focus = wanted.and_then(|id| data.comments.iter().find(|comment| comment.id == id && !comment.minimized));
        comments.retain(|comment| focus.is_none_or(|focus| focus.id != comment.id));
        let mut threads: Vec<Thread<'_>> =
            data.threads.iter().filter_map(Thread::open).filter(|thread| thread.is_newer(since)).collect();
        threads.sort_by(Thread::by_time);

        // The most important first: what started the run, then the task, then what was said about it.
        let issue_body = data.issue.as_ref().map(|issue| clean(&issue.body)).unwrap_or_default();
        let plan_text = task::plan_text(data, short).map(clean);
        let pull_body = data.pull.as_ref().filter(|_| is_review).map(|pull| clean(&pull.body)).unwrap_or_default();
        let linked = task::linked_bodies(data, is_plan, short);
        let claims = [
            focus.is_some(),
            !reviews.is_empty(),
            !threads.is_empty(),
            !issue_body.is_empty(),
            plan_text.as_ref().is_some_and(|text| !text.is_empty()),
            !pull_body.is_empty(),
            linked.iter().any(|text| !text.is_empty()),
            !comments.is_empty(),
        ];
        let note = |bytes: usize| cut_note(bytes as u64, lang);
        let mut purse = Purse::new(data.context_budget, claims.into_iter().filter(|claim| *claim).count(), &note);
        let manner = Manner {
            fence,
            lang,
            replies: kind == Kind::PlanReview,
            main: match &data.pull {
                Some(pull) if is_review => Some(pull.number),
                _ => data.issue.as_ref().map(|issue| issue.number),
            },
        };
        let focus = focus.map(|comment| manner.comment(comment, &purse.one(&clean(&comment.body))));
        let told_reviews = manner.comments(&reviews, &purse.newest(&bodies(&reviews)));
        let talks: Vec<_> = threads.iter().map(Thread::talk).collect();
        let fitted = purse.threads(&talks);
        let threads_left_out = threads.len() - fitted.len();
        let mut kept: Vec<_> = threads.iter().skip(threads_left_out).zip(&fitted).collect();
        kept.sort_by(|(a, _), (b, _)| a.by_place(b));
        let told_threads = kept.into_iter().map(|(thread, fitted)| manner.thread(thread, fitted)).collect();
        let issue = data.issue.as_ref().map(|issue| ViewIssue::new(issue, &purse.one(&issue_body), fence, lang));
        let plan_text = plan_text.map(|text| purse.one(&text));
        let pull = data.pull.as_ref().map(|pull| ViewPull::new(pull, &purse.one(&pull_body), fence, lang));
        let of = data.issue.as_ref().map(|issue| issue.number);
        let plan = data.plan.as_ref().map(|plan| {
            let texts = (plan_text, purse.equal(&linked));
            ViewPlan::new(plan, (texts.0, &texts.1), of, kind == Kind::PlanReview, fence, lang)
        });
        let told_comments = manner.comments(&comments, &purse.newest(&bodies(&comments)));
        let fitted = Fitted {
            comments: comments.len() - told_comments.len() + reviews.len() - told_reviews.len(),
            threads: threads_left_out,
            cut: purse.cut(),
        };
        let view = Self {
            kind: kind.name(),
            lang: answers.code(),
            is_plan,
            is_review,
            is_repair: matches!(kind, Kind::AiRepairIssue | Kind::AiRepairReview),
            repository: &data.repository,
            project: &data.project,
            env: &data.env,
            namespace: &data.namespace,
            slot: data.slot,
            runtime: data.runtime,
            cluster: data.runtime == Runtime::Kubernetes,
            branch: names::branch(&data.branch),
            base: names::branch(&data.base),
            base_commit: names::commit(data.base_commit.as_deref()),
            codex: Codex {
                model: data.stack.model.as_deref(),
                model_reasoning_effort: data.stack.model_reasoning_effort.as_deref(),
                project_context: data.stack.project_context.trim(),
                services_overview: data.stack.services_overview.trim(),
                extra_tools: &data.stack.extra_tools,
                links: &data.stack.links,
                mcp: Mcp { servers: &data.stack.mcp_servers },
            },
            issue,
            plan,
            focus,
            pull,
            reviews_left_out: reviews.len() - told_reviews.len(),
            reviews: told_reviews,
            threads: told_threads,
            threads_left_out,
            comments_left_out: comments.len() - told_comments.len(),
            issue_comments: told_comments,
            short,
            told,
            session_lost: matches!(data.mode, Mode::SessionLost { .. }),
            since: since.map(names::time),
            last_run,
            tree,
            github_access: data.access,
            limits: &data.limits,
            time_ms: data.time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            tokens: data.tokens,
            infra_unhealthy: data.infra_unhealthy,
            health: health(&data.health).map(|text| fence.block_of_clean(&text)),
            fence: ViewFence { open: fence.open(), close: fence.close() },
            vars: &data.vars,
            versions: &data.versions,
        };
        (view, fitted)
    }
}

/// What isn't ready, a line each. Messages of a cluster hold names and output that anybody may have written.
fn health(lines: &[String]) -> Option<String> {
    let (most, longest) = HEALTH;
    let lines: Vec<String> = lines.iter().take(most).map(|line| names::one_line(line, longest)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn cut_note(bytes: u64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("[… codexctl left out {} here …]", words::bytes(bytes, lang)),
        Lang::Ru => format!("[… здесь codexctl пропустил {} …]", words::bytes(bytes, lang)),
    }
}
