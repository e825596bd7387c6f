//! Publishes a plan: issues that it asks for, new texts of its issues, and the comment in which it stands.
//!
//! The order is that of a reader: what the comment lists is there before it. Each of the three is found again by its marker, so a run
//! that was cut writes nothing twice.

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::prompt::LinkedIssue;
use crate::agent::verdict::Outcome;
use crate::answer::Answer;
use crate::flows::run::{Planned, Run};
use crate::flows::stop::Stop;
use crate::flows::told::{self, Plans, Told};
use crate::github::issues::KIND;
use crate::github::{OwnComment, Thread, WantedIssue, markers};
use crate::policy::plans::{self, Left, Wanted};
use crate::policy::triggers::Kind;
use crate::report::comments::{ListedIssue, PlanComment, left, plan, plan_issue};

/// The plan and its issues.
pub struct PublishPlan;

#[async_trait]
impl Step for PublishPlan {
    fn name(&self) -> &'static str {
        "plan"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        super::slot::still_ours(run).await?;
        let Some(root) = run.about.issue.clone() else { return Ok(Did::Skipped("no issue".to_owned())) };
        let told = run.found.prompts.as_ref().and_then(|prompts| prompts.told.clone()).unwrap_or_default();
        let wanted = match &run.found.agent {
            Some(_) => wanted(run, &told, &root.labels),
            // A dry run: nobody has worked.
            None => Publish { plan: Some("(the agent's plan)".to_owned()), ..Publish::default() },
        };
        let issues = new_issues(run, root.number, &wanted);
        let edits = new_texts(run, root.number, &told, &wanted);
        let texts: Vec<(&str, &str)> = issues
            .iter()
            .chain(&edits)
            .flat_map(|issue| [("title of an issue", issue.title.as_str()), ("text of an issue", issue.body.as_str())])
            .collect();
        super::check::scan_texts(run, &texts)?;
        for one in &wanted.left {
            let line = left(one, run.lang()).map_err(Stop::failed)?;
            run.found.left.push(line);
        }

        let mut listed: Vec<(ListedIssue, String)> =
            told.plan.issues.iter().filter(|issue| issue.ours).map(|issue| of_github(run, issue)).collect();
        for issue in &issues {
            match run.hands.github.put_issue(issue).await.map_err(Stop::failed)? {
                Answer::Known(placed) => {
                    let of = ListedIssue { number: placed.number, title: issue.title.clone(), open: true };
                    listed.push((of, placed.url));
                }
                Answer::Unknown(_) => {}
            }
        }
        for edit in &edits {
            run.hands.github.put_issue(edit).await.map_err(Stop::failed)?;
        }
        let said = describe(&wanted, issues.len(), edits.len());
        // A plan that stays as it is gets its list of issues brought up to date, and loses questions that are answered.
        let (written, stays) = (wanted.plan.is_some(), told.plan.text.clone().filter(|_| wanted.complete));
        let url = match wanted.plan.or(stays) {
            Some(text) => write(run, root.number, text, wanted.questions, &listed).await?,
            None => None,
        };
        run.found.planned = Some(Planned { url, written, issues: listed, replies: 0 });
        Ok(match run.found.agent {
            Some(_) => Did::Done(said),
            None => {
                Did::Skipped(format!("nothing is written; a run may also open up to {} issues", plans::MOST_ISSUES))
            }
        })
    }
}

/// What of a result is carried out.
#[derive(Default)]
struct Publish {
    plan: Option<String>,
    /// Whether the run came to a plan that can be carried out.
    complete: bool,
    questions: Vec<String>,
    make: Vec<plans::Make>,
    edits: Vec<(u64, String)>,
    left: Vec<Left>,
}

fn wanted(run: &Run, told: &Told, of_root: &[String]) -> Publish {
    let outcome = run.found.verdict.as_ref().map(|verdict| verdict.outcome);
    let agent = run.found.agent.as_ref();
    let Some(result) = agent.and_then(|agent| agent.result.as_ref()) else {
        // No result that can be read: of a run for a plan the last message is the plan, of a review it is an answer.
        let words = agent.and_then(|agent| agent.totals.last_message.clone());
        let plan = words.filter(|_| run.prompt_kind() == Kind::PlanIssue && outcome == Some(Outcome::Done));
        return Publish { plan, ..Publish::default() };
    };
    let text = result.plan.clone().filter(|plan| !plan.trim().is_empty());
    if outcome != Some(Outcome::Done) {
        let (issues, edits) = (result.issues.len(), result.edits.len());
        let left = (issues + edits > 0).then_some(Left::Unfinished { issues, edits });
        // What waits for answers is shown with its questions; where there was nothing to do, the plan stays.
        let plan = text.filter(|_| outcome == Some(Outcome::Blocked));
        return Publish {
            plan,
            questions: result.questions.clone(),
            left: left.into_iter().collect(),
            ..Publish::default()
        };
    }
    let known: Vec<plans::Known> = told.plan.issues.iter().map(told::known).collect();
    let asked: Vec<Wanted<'_>> = result
        .issues
        .iter()
        .map(|issue| Wanted { title: &issue.title, body: &issue.body, labels: &issue.labels })
        .collect();
    let (make, mut left) = plans::issues(&asked, &known, of_root);
    let asked: Vec<(u64, &str)> = result.edits.iter().map(|edit| (edit.issue, edit.body.as_str())).collect();
    let (edits, more) = if run.hands.has_token {
        plans::edits(&asked, &known)
    } else {
        // A file that a person carries out: whether codexctl made the issue, nobody can be asked.
        (asked.iter().map(|(issue, body)| (*issue, (*body).to_owned())).collect(), Vec::new())
    };
    left.extend(more);
    Publish { plan: text, complete: true, questions: result.questions.clone(), make, edits, left }
}

fn new_issues(run: &Run, root: u64, wanted: &Publish) -> Vec<WantedIssue> {
    let make = |make: &plans::Make| {
        let kind = format!("{KIND}{}", make.key);
        let marker = markers::marker(&kind, &run.repo(), &run.found.project, root, &markers::State::default());
        WantedIssue {
            number: None,
            body: plan_issue(&marker, root, &make.body, run.lang(), run.identity.run_url.as_deref()),
            marker,
            title: make.title.clone(),
            labels: make.labels.iter().map(|label| (*label).to_owned()).collect(),
        }
    };
    wanted.make.iter().map(make).collect()
}

fn new_texts(run: &Run, root: u64, told: &Told, wanted: &Publish) -> Vec<WantedIssue> {
    let edit = |(number, body): &(u64, String)| {
        let there = told.plan.issues.iter().find(|issue| issue.number == *number);
        // The marker stays as it is, whatever the agent wrote.
        let marker = there.and_then(|issue| issue.body.lines().next()).unwrap_or_default().to_owned();
        WantedIssue {
            number: Some(*number),
            body: plan_issue(&marker, root, body, run.lang(), run.identity.run_url.as_deref()),
            marker,
            title: there.map(|issue| issue.title.clone()).unwrap_or_default(),
            labels: Vec::new(),
        }
    };
    wanted.edits.iter().map(edit).collect()
}

fn of_github(run: &Run, issue: &LinkedIssue) -> (ListedIssue, String) {
    let url = format!("{}/{}/issues/{}", run.identity.server, run.repo(), issue.number);
    (ListedIssue { number: Some(issue.number), title: issue.title.clone(), open: issue.open }, url)
}

/// Writes the comment; gives its page.
async fn write(
    run: &Run,
    root: u64,
    text: String,
    questions: Vec<String>,
    issues: &[(ListedIssue, String)],
) -> Result<Option<String>, Stop> {
    let repository = run.repo();
    let plans = Plans { github: run.hands.github.as_ref(), repository: &repository, project: &run.found.project };
    let state = markers::State {
        session: run.session().map(str::to_owned),
        delivery: Some(run.identity.delivery.clone()),
        run: run.identity.run_url.clone(),
        ..markers::State::default()
    };
    let marker = plans.marker(root, &state);
    let of = PlanComment {
        marker: marker.clone(),
        issue: root,
        plan: text,
        questions,
        issues: issues.iter().map(|(issue, _)| issue.clone()).collect(),
        run_url: run.identity.run_url.clone(),
    };
    let body = plan(&of, run.lang()).map_err(Stop::failed)?;
    super::check::scan_texts(run, &[("plan", &body)])?;
    let comment = OwnComment { thread: Thread::Issue(root), kind: "plan".to_owned(), marker, body };
    Ok(run.hands.github.put_comment(&comment).await.map_err(Stop::failed)?.into_known())
}

fn describe(wanted: &Publish, issues: usize, edits: usize) -> String {
    let mut said = vec![if wanted.plan.is_some() { "written" } else { "as it is" }.to_owned()];
    let mut count = |count: usize, one: &str, many: &str| match count {
        0 => {}
        1 => said.push(format!("1 {one}")),
        _ => said.push(format!("{count} {many}")),
    };
    count(issues, "new issue", "new issues");
    count(edits, "issue edited", "issues edited");
    count(wanted.left.len(), "thing left", "things left");
    said.join(", ")
}
