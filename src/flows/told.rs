//! What an agent is told of a plan: one that plans, beside its issue, the plan as it stands, its issues, what people say; one that
//! works on an issue, the plan that it is a part of. For a run, and for a look at what one would be told.

use chrono::{DateTime, Utc};

use super::comments::{Telling, shown};
use super::root;
use super::run::Run;
use super::stop::Stop;
use crate::agent::prompt::{Comment, Focus, LinkedIssue, Plan};
use crate::answer::Answer;
use crate::event::{self, Subject};
use crate::github::issues::marker_of;
use crate::github::{Error, GitHub, Thread, markers};
use crate::policy::plans;
use crate::policy::roots::{self, Parent};
use crate::policy::triggers::Kind;
use crate::report::comments::plan_in;
use crate::ui::Level;

/// The plan, and what people say of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The plan.
    pub plan: Plan,
    /// Comments of the root, and of the issue that people asked on.
    pub comments: Vec<Comment>,
}

/// Where plans of a project are looked for.
#[derive(Clone, Copy)]
pub(super) struct Plans<'a> {
    /// Who is asked.
    pub github: &'a dyn GitHub,
    /// `owner/name`.
    pub repository: &'a str,
    /// `project` of services.yaml.
    pub project: &'a str,
}

impl Plans<'_> {
    /// The hidden first line of the comment in which the plan of this root stands.
    pub(super) fn marker(&self, root: u64, state: &markers::State) -> String {
        markers::marker("plan", self.repository, self.project, root, state)
    }

    /// The plan as our own comment on its issue has it, with what people changed in it.
    ///
    /// # Errors
    /// GitHub does not answer, or a newer version wrote the comment.
    pub(super) async fn text(&self, root: u64) -> Result<Answer<Option<String>>, Error> {
        let marker = self.marker(root, &markers::State::default());
        Ok(match self.github.own_comment(&Thread::Issue(root), "plan", &marker).await? {
            Answer::Known(comment) => Answer::Known(comment.as_deref().and_then(plan_in).map(str::to_owned)),
            Answer::Unknown(would) => Answer::Unknown(would),
        })
    }

    /// The issues that codexctl made for the plan of this root.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn issues(&self, root: u64) -> Result<Answer<Vec<event::Issue>>, Error> {
        Ok(match self.github.plan_issues(root).await? {
            Answer::Known(all) => {
                let ours = |issue: &event::Issue| marker_of(issue).is_some_and(|marker| marker.project == self.project);
                Answer::Known(all.into_iter().filter(ours).collect())
            }
            Answer::Unknown(would) => Answer::Unknown(would),
        })
    }
}

/// An issue below the plan, as the prompt lists it.
pub(super) fn linked(issue: &event::Issue, ours: bool) -> LinkedIssue {
    LinkedIssue {
        number: issue.number,
        title: issue.title.clone(),
        body: issue.body.clone(),
        open: issue.open,
        ours,
        changed: false,
    }
}

/// The same as the policy looks at it.
pub(super) fn known(issue: &LinkedIssue) -> plans::Known {
    let key = match markers::parse(&issue.body) {
        markers::Found::Marker(marker) => {
            marker.kind.strip_prefix(crate::github::issues::KIND).map(str::to_owned).filter(|_| issue.ours)
        }
        _ => None,
    };
    plans::Known { number: issue.number, title: issue.title.clone(), key, open: issue.open }
}

/// Gathers what the agent of a run is told. Only what was written before people asked counts.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn of_run(run: &Run) -> Result<Told, Stop> {
    let Some(root) = &run.about.issue else { return Ok(Told::default()) };
    let github = run.hands.github.as_ref();
    let repository = run.repo();
    let plans = Plans { github, repository: &repository, project: &run.found.project };
    let moment = asked_at(run);
    let mut telling = Telling::new(github, run.options.all_comments).of_delivery(&run.identity.delivery);
    let mut comments =
        telling.before(root.number, moment).await.map_err(Stop::failed)?.into_known().unwrap_or_default();
    let focus = run.found.focus.as_ref().filter(|focus| focus.number != root.number);
    if let Some(focus) = focus {
        let more = telling.before(focus.number, moment).await.map_err(Stop::failed)?;
        comments.extend(more.into_known().unwrap_or_default());
    }
    let asked = asked_in(run);
    if let Some((on, comment)) = asked {
        // The event's own words count: whoever wrote them has passed the gate, and what was changed in them since nobody has seen.
        let answered = comments.iter().any(|known| known.id == comment.id && known.answered);
        comments.retain(|known| known.id != comment.id);
        comments.push(Comment { answered, ..shown(comment.clone(), on, true) });
    }
    let issues = plans.issues(root.number).await.map_err(Stop::failed)?.into_known().unwrap_or_default();
    let mut issues: Vec<LinkedIssue> = issues.iter().map(|issue| linked(issue, true)).collect();
    if let Some(focus) = focus.filter(|focus| issues.iter().all(|issue| issue.number != focus.number)) {
        issues.push(linked(focus, false));
    }
    let plan = Plan {
        issue: root.number,
        text: plans.text(root.number).await.map_err(Stop::failed)?.into_known().flatten(),
        changed: false,
        issues,
        focus: (run.prompt_kind() == Kind::PlanReview)
            .then(|| Focus { issue: run.about.number(), comment: asked.map(|(_, comment)| comment.id) }),
    };
    Ok(Told { plan, comments })
}

/// The plan that an issue is to be worked on by: its own, or that of the root above it. None where there is none with a text.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn plan_of(plans: Plans<'_>, issue: &event::Issue) -> Result<Answer<Option<Plan>>, Error> {
    if !roots::is_root(&issue.labels) && roots::parent(&issue.body, plans.repository) == Parent::None {
        return Ok(Answer::Known(None));
    }
    let root = match root::find(plans.github, plans.repository, issue).await? {
        root::Found::Root(root) => root.number,
        root::Found::None(_) => return Ok(Answer::Known(None)),
        root::Found::Unknown(_, would) => return Ok(Answer::Unknown(would)),
    };
    let text = match plans.text(root).await? {
        Answer::Known(Some(text)) => text,
        Answer::Known(None) => return Ok(Answer::Known(None)),
        Answer::Unknown(would) => return Ok(Answer::Unknown(would)),
    };
    let issues = plans.issues(root).await?.into_known().unwrap_or_default();
    let issues = issues.iter().filter(|other| other.number != issue.number).map(|issue| linked(issue, true)).collect();
    Ok(Answer::Known(Some(Plan { issue: root, text: Some(text), changed: false, issues, focus: None })))
}

/// The same for a run that works on an issue; without a token nobody can be asked, and what the issue says has to do.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn plan_of_issue(run: &Run) -> Result<Option<Plan>, Stop> {
    let Some(issue) = run.about.issue.as_ref().filter(|_| run.prompt_kind() == Kind::DevIssue) else { return Ok(None) };
    let repository = run.repo();
    let plans = Plans { github: run.hands.github.as_ref(), repository: &repository, project: &run.found.project };
    match plan_of(plans, issue).await.map_err(Stop::failed)? {
        Answer::Known(plan) => Ok(plan),
        Answer::Unknown(would) => {
            run.say(Level::Notice, format!("the plan of issue #{}: unknown ({would})", issue.number));
            Ok(None)
        }
    }
}

/// The comment that asked, and the issue that it stands on.
pub(super) fn asked_in(run: &Run) -> Option<(u64, &event::Comment)> {
    match &run.event.subject {
        Subject::IssueComment { issue, on_pull_request: false, comment } if run.about.comment == Some(comment.id) => {
            Some((issue.number, comment))
        }
        _ => None,
    }
}

/// When people asked, by GitHub's clock.
pub(super) fn asked_at(run: &Run) -> Option<DateTime<Utc>> {
    let comment = asked_in(run).and_then(|(_, comment)| comment.updated_at.max(comment.created_at));
    let issue = run.found.focus.as_ref().or(run.about.issue.as_ref()).and_then(|issue| issue.updated_at);
    comment.max(issue)
}
