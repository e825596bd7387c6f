//! GitHub itself fails: for a moment, which costs a wait, or for good, which ends the run. No write is lost, none is done twice.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::fault::Breaks::GitHub;
use super::rows::{Again, Fails};
use super::story::Story;
use super::{Ends, every, fail, undisturbed};
use crate::stand::Fault;

/// Each kind of write, and what the next one of it meets.
const WRITES: [(&str, &[Fault]); 14] = [
    ("POST /repos/*/reactions", &[DONE]),
    ("POST /graphql addReaction", &[LOST]),
    ("POST /repos/*/issues/*/comments", &[DONE, LOST]),
    ("PATCH /repos/*/issues/comments/*", &[DONE]),
    ("POST /repos/*/pulls", &[DONE]),
    ("PATCH /repos/*/pulls/8", &[LOST, DONE]),
    ("POST /repos/*/issues", &[LOST, DONE]),
    ("POST /repos/*/issues/*/labels", &[LOST]),
    ("POST /repos/*/requested_reviewers", &[DONE]),
    ("DELETE /repos/*/labels/*", &[LOST]),
    ("POST /graphql addPullRequestReviewThreadReply", &[DONE, LOST]),
    ("POST /graphql resolveReviewThread", &[LOST]),
    ("DELETE /repos/*/git/refs/*", &[DONE]),
    ("PATCH /repos/*/issues/7", &[LOST]),
];
const LOST: Fault = Fault::Status(502, "Bad Gateway");
const DONE: Fault = Fault::StatusAfter(502);

#[test]
fn a_moment_s_outage_at_every_kind_of_write_changes_nothing() {
    let stories = [Story::Dev, Story::Plan, Story::PlanReview, Story::Review, Story::ReviewProtected, Story::Cleanup];
    let ends: Ends = Story::ALL.map(|story| (story, std::sync::OnceLock::new())).into();
    let met: BTreeSet<&str> = std::thread::scope(|scope| {
        let all = stories.map(|story| {
            let ends = &ends;
            scope.spawn(move || {
                let wanted = undisturbed(story, ends);
                let scene = story.scene();
                let stand = scene.stand.as_ref().unwrap();
                for (pattern, faults) in WRITES {
                    faults.iter().for_each(|fault| stand.fail_next(pattern, fault.clone()));
                }
                let ran = story.run(&scene);
                assert_eq!(ran.exit, 0, "{story:?}: {}", ran.stderr);
                let left = stand.not_met();
                assert_eq!(
                    scene.end_state(),
                    wanted,
                    "{story:?}: {}",
                    crate::killed::changes(wanted, &scene.end_state())
                );
                WRITES
                    .into_iter()
                    .map(|(pattern, _)| pattern)
                    .filter(|pattern| !left.contains(&(*pattern).to_owned()))
                    .collect::<Vec<_>>()
            })
        });
        all.into_iter().flat_map(|story| story.join().unwrap()).collect()
    });
    let never: Vec<&str> =
        WRITES.into_iter().map(|(pattern, _)| pattern).filter(|pattern| !met.contains(pattern)).collect();
    assert_eq!(never, Vec::<&str>::new(), "no story did such a write");
}

#[test]
fn an_outage_that_lasts_is_told_by_each_step_that_writes_and_the_same_run_ends_well_afterwards() {
    use Story::{Cleanup, Dev, Plan, PlanReview, Review};
    let row = |story, step, pattern| Fails {
        story,
        step,
        what: "GitHub fails",
        breaks: GitHub(pattern, 502, "Bad Gateway"),
        again: Again::Same,
    };
    let rows = [
        row(Dev, "pull", "POST /repos/*/pulls"),
        row(Dev, "comment", "POST /repos/*/issues/8/comments"),
        row(Plan, "plan", "POST /repos/*/issues"),
        row(PlanReview, "answers", "POST /repos/*/issues/3/comments"),
        row(Review, "threads", "POST /graphql addPullRequestReviewThreadReply"),
        row(Review, "comment", "POST /repos/*/issues/8/comments"),
        row(Cleanup, "branches", "DELETE /repos/*/git/refs/*"),
        row(Cleanup, "close", "PATCH /repos/*/issues/7"),
    ];
    let ends: Ends = Story::ALL.map(|story| (story, std::sync::OnceLock::new())).into();
    let outcomes = every(rows.len(), &rows, |row| fail(row, &ends));
    let mut told = String::new();
    for (row, outcome) in rows.iter().zip(&outcomes) {
        writeln!(told, "{} {}: exit {}, {}", row.story.flow(), row.step, outcome.exit, outcome.left.join(", "))
            .unwrap();
        writeln!(told, "  {}", outcome.said).unwrap();
    }
    let problems: Vec<&str> = outcomes.iter().flat_map(|outcome| &outcome.problems).map(String::as_str).collect();
    insta::assert_snapshot!(told, @r#"
    dev pull: exit 1 failed, label off, branch `codex/issue-7`, slot: agent
      can't open the pull request main ← codex/issue-7 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    dev comment: exit 1 failed, label off, pull request #8, branch `codex/issue-7`, slot: agent
      can't write a comment on pull request #8 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    plan plan: exit 1 failed, label stays, slot: agent
      can't open the issue "Keep balances in a table" in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    plan-review answers: exit 1 failed, issue #6, slot: agent
      can't write a comment on issue #3 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    review threads: exit 1 failed, `codex/issue-7` moved, slot: agent
      can't answer a review thread of pull request #8 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    review comment: exit 1 failed, 2 answers in threads, `codex/issue-7` moved, slot: agent
      can't write a comment on pull request #8 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    cleanup branches: exit 1 failed, issue #7 closed, slot gone
      can't delete branch codex/issue-7 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    cleanup close: exit 1 failed, `codex/issue-7` deleted, slot gone
      can't close issue #7 in codex-k8s/shop: GitHub answered 502, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again
    "#);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
