//! What people want, as GitHub tells it; placeholders stand for what it can't be asked, and that is said.

use super::Preview;
use crate::agent::prompt::{Comment, Focus, OpenPull, Plan, ReviewThread};
use crate::answer::Answer;
use crate::event::Issue;
use crate::flows::comments::Telling;
use crate::flows::reviewed;
use crate::flows::stop::Stop;
use crate::flows::told::{self, Plans, linked};
use crate::github::{Error, GitHub};
use crate::policy::triggers::{Kind, issue_of_branch};
use crate::ui::{Level, Note};

/// The task of a prompt.
#[derive(Default)]
pub(super) struct Task {
    pub(super) issue: Option<Issue>,
    pub(super) plan: Option<Plan>,
    pub(super) pull: Option<OpenPull>,
    pub(super) pull_labels: Vec<String>,
    pub(super) reviews: Vec<Comment>,
    pub(super) threads: Vec<ReviewThread>,
    pub(super) comments: Vec<Comment>,
    /// The pull request's own branches.
    pub(super) head: Option<String>,
    pub(super) base: Option<String>,
}

impl Preview {
    /// The task of the kind that is asked for.
    ///
    /// # Errors
    /// GitHub has no such thing, or refuses to tell.
    pub(super) async fn task(&self) -> Result<Task, Stop> {
        match self.asked.kind {
            Kind::DevIssue | Kind::AiRepairIssue => self.of_issue().await,
            Kind::PlanIssue | Kind::PlanReview => self.of_plan().await,
            Kind::DevReview | Kind::AiRepairReview => self.of_review().await,
        }
    }

    async fn of_issue(&self) -> Result<Task, Stop> {
        let pull = self.known.pr.map(|number| OpenPull {
            number,
            url: self.known.page("pull", number),
            ..OpenPull::default()
        });
        let (issue, comments) = self.issue_and_comments().await?;
        let plan = match &self.known.github {
            Some(github) if self.asked.kind == Kind::DevIssue => {
                let repository = self.known.repository_name();
                let plans =
                    Plans { github: github.as_ref(), repository: &repository, project: &self.loaded.stack.project };
                self.answered("the plan", told::plan_of(plans, &issue).await)?.flatten()
            }
            _ => None,
        };
        Ok(Task { issue: Some(issue), plan, comments, pull, ..Task::default() })
    }

    async fn of_plan(&self) -> Result<Task, Stop> {
        let (issue, mut comments) = self.issue_and_comments().await?;
        let mut plan = Plan { issue: issue.number, ..Plan::default() };
        self.plan_as_it_stands(&mut plan).await?;
        if self.asked.kind == Kind::PlanReview
            && let Some(number) = self.asked.focus_issue
        {
            plan.focus = Some(Focus { issue: number, comment: None });
            if let Some(github) = self.known.github.as_ref().filter(|_| number != issue.number) {
                let what = format!("comments of issue #{number}");
                let found = Telling::new(github.as_ref(), self.asked.all_comments).thread(number).await;
                comments.extend(self.answered(&what, found)?.unwrap_or_default());
            }
        }
        Ok(Task { issue: Some(issue), plan: Some(plan), comments, ..Task::default() })
    }

    /// The plan as our own comment on its issue has it, and the issues that were made for it.
    async fn plan_as_it_stands(&self, plan: &mut Plan) -> Result<(), Stop> {
        let Some(github) = self.known.github.as_ref().filter(|_| self.known.issue.is_some()) else { return Ok(()) };
        let repository = self.known.repository_name();
        let plans = Plans { github: github.as_ref(), repository: &repository, project: &self.loaded.stack.project };
        plan.text = self.answered("the plan", plans.text(plan.issue).await)?.flatten();
        let issues = self.answered("issues of the plan", plans.issues(plan.issue).await)?.unwrap_or_default();
        plan.issues = issues.iter().map(|issue| linked(issue, true)).collect();
        Ok(())
    }

    async fn of_review(&self) -> Result<Task, Stop> {
        let Some(number) = self.known.pr else {
            self.unknown("pull request", "would ask GitHub for the one that --pr names");
            return Ok(self.placeholders(1));
        };
        let what = format!("pull request #{number}");
        let Some(github) = &self.known.github else {
            self.unknown(&what, "would ask GitHub, in the repository that --repo names");
            return Ok(self.placeholders(number));
        };
        let asked =
            reviewed::read(github.as_ref(), number, None, Telling::new(github.as_ref(), self.asked.all_comments)).await;
        let Some(mut review) = self.answered(&what, asked)? else { return Ok(self.placeholders(number)) };
        let issue = match self.known.issue.or_else(|| issue_of_branch(&review.head)) {
            Some(number) => self.answered(&format!("issue #{number}"), github.issue(number).await)?,
            None => None,
        };
        if let Some(issue) = &issue {
            let said = Telling::new(github.as_ref(), self.asked.all_comments).thread(issue.number).await;
            let what = format!("comments of issue #{}", issue.number);
            review.comments.extend(self.answered(&what, said)?.unwrap_or_default());
        }
        Ok(Task {
            issue,
            pull: Some(review.pull),
            pull_labels: review.labels,
            reviews: review.reviews,
            threads: review.threads,
            comments: review.comments,
            head: Some(review.head),
            base: Some(review.base),
            ..Task::default()
        })
    }

    fn placeholders(&self, number: u64) -> Task {
        let pull = OpenPull {
            number,
            url: self.known.page("pull", number),
            title: format!("(title of pull request {number})"),
            body: format!("(text of pull request {number})"),
            author: "(its author)".to_owned(),
            ..OpenPull::default()
        };
        Task { pull: Some(pull), issue: self.known.issue.map(Issue::placeholder), ..Task::default() }
    }

    async fn issue_and_comments(&self) -> Result<(Issue, Vec<Comment>), Stop> {
        if self.known.issue.is_none() {
            self.unknown("issue", "would ask GitHub for the one that --issue names");
        }
        let Some((issue, github)) = self.issue().await? else {
            // A prompt is about something: what stands for it is told by its texts.
            return Ok((Issue::placeholder(self.known.issue.unwrap_or(1)), Vec::new()));
        };
        let comments = Telling::new(github, self.asked.all_comments).thread(issue.number).await;
        let what = format!("comments of issue #{}", issue.number);
        Ok((issue, self.answered(&what, comments)?.unwrap_or_default()))
    }

    /// The issue as GitHub has it, and the hand that told it; none where it can't be asked, which is told.
    pub(super) async fn issue(&self) -> Result<Option<(Issue, &dyn GitHub)>, Stop> {
        let Some(number) = self.known.issue else { return Ok(None) };
        let what = format!("issue #{number}");
        let Some(github) = &self.known.github else {
            self.unknown(&what, "would ask GitHub, in the repository that --repo names");
            return Ok(None);
        };
        let issue = self.answered(&what, github.issue(number).await)?;
        Ok(issue.map(|issue| (issue, github.as_ref())))
    }

    /// What GitHub said; none where there is no token to ask it with, which is told.
    ///
    /// # Errors
    /// It was asked and did not answer: a prompt with placeholders would pass for the real one.
    fn answered<T>(&self, what: &str, said: Result<Answer<T>, Error>) -> Result<Option<T>, Stop> {
        match said {
            Ok(Answer::Known(value)) => Ok(Some(value)),
            Ok(Answer::Unknown(would)) => {
                self.unknown(what, &would);
                Ok(None)
            }
            Err(error) => Err(Stop::failed(error)),
        }
    }

    pub(super) fn unknown(&self, what: &str, would: &str) {
        self.ui.note(&Note::new(Level::Notice, format!("{what}: unknown ({would})")));
    }
}
