//! What goes wrong in which step. Every step of every flow has a row at least.

use super::fault::Breaks::{
    self, Agent, Branch, Comment, Disk, File, Fork, GitHub, Gone, Later, Push, Record, RecordStays,
};
use super::fault::Breaks::{Remote, Script, Stack, State, Variable};
use super::story::{REVIEWED, Story};

/// What becomes of the same run once the fault is mended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Again {
    /// It ends as a run that nothing disturbed.
    Same,
    /// It ends with this exit code, and something is otherwise: these words say what.
    Otherwise(i32, &'static str),
}

/// One thing that goes wrong.
pub(super) struct Fails {
    pub(super) story: Story,
    pub(super) step: &'static str,
    /// In a user's words.
    pub(super) what: &'static str,
    pub(super) breaks: Breaks,
    pub(super) again: Again,
}

/// Steps in which nothing can go wrong.
pub(super) const NOTHING_FAILS: [(Story, &str, &str); 1] =
    [(Story::Gc, "gates", "nothing is asked of anybody: a schedule comes from the repository itself")];

const NO_RIGHT: &str = "Resource not accessible by integration";
const OLD_TOKEN: &str = "Bad credentials";
const PERMISSION: &str = "GET /repos/*/collaborators/*/permission";
const MAIN_IS_PROTECTED: &str = "pushes to codex/ are not allowed here";
const REPLY: &str = "POST /graphql addPullRequestReviewThreadReply";
const HALF: &str = "{{#if issue}}";

const fn fails(story: Story, step: &'static str, what: &'static str, breaks: Breaks) -> Fails {
    Fails { story, step, what, breaks, again: Again::Same }
}

const fn otherwise(mut row: Fails, exit: i32, words: &'static str) -> Fails {
    row.again = Again::Otherwise(exit, words);
    row
}

const HANDLED: &str = "gate duplicate: the event was handled";

/// All of them, in the order of the table.
pub(super) fn all() -> Vec<Fails> {
    [dev(), plan(), plan_review(), review(), cleanup(), gc()].into_iter().flatten().collect()
}

fn dev() -> Vec<Fails> {
    use Story::{Dev, DevLeaks};
    vec![
        fails(Dev, "gates", "the token has run out", GitHub(PERMISSION, 401, OLD_TOKEN)),
        otherwise(
            fails(Dev, "acknowledge", "the token may not react", GitHub("POST /repos/*/reactions", 403, NO_RIGHT)),
            3,
            "the eyes are missing; gate duplicate says that the event was handled",
        ),
        fails(Dev, "fetch", "the remote is not there", Remote),
        fails(Dev, "slot", "services.yaml has a mistake", Stack("maxSlots: 5", "maxSlots: five")),
        fails(Dev, "slot", "the folder of records can't be used", State("slots")),
        fails(Dev, "sources", "the folder of work can't be used", State("work")),
        fails(Dev, "prompt", "the project's template has a mistake", File(".codexctl/prompts/dev_issue_en.hbs", HALF)),
        fails(Dev, "agent", "the model's key is wrong", Variable("OPENAI_API_KEY", "sk-wrong")),
        fails(Dev, "agent", "Codex is not there", Variable("CODEXCTL_AGENT_COMMAND", "/opt/codex/none")),
        fails(Dev, "agent", "Codex ends with exit code 1", Agent("codex: out of memory")),
        fails(Dev, "check", "the actor lost the right to write", Later(2, PERMISSION, 403, NO_RIGHT)),
        otherwise(
            fails(DevLeaks, "commit", "a secret stands in the change", Script),
            1,
            "the same refusal; the label set again starts without that change",
        ),
        fails(Dev, "commit", "the disk is full", Disk("commit-tree")),
        fails(Dev, "push", "the remote refuses the push", Push(MAIN_IS_PROTECTED)),
        fails(Dev, "pull", "the token may open none", GitHub("POST /repos/*/pulls", 403, NO_RIGHT)),
        fails(
            Dev,
            "comment",
            "the pull request can't be commented",
            GitHub("POST /repos/*/issues/8/comments", 403, NO_RIGHT),
        ),
    ]
}

fn plan() -> Vec<Fails> {
    use Story::Plan;
    vec![
        fails(Plan, "gates", "the token has run out", GitHub(PERMISSION, 401, OLD_TOKEN)),
        otherwise(
            fails(Plan, "acknowledge", "the token may not react", GitHub("POST /repos/*/reactions", 403, NO_RIGHT)),
            3,
            HANDLED,
        ),
        fails(Plan, "fetch", "the remote is not there", Remote),
        fails(Plan, "slot", "services.yaml has a mistake", Stack("maxSlots: 5", "maxSlots: five")),
        fails(Plan, "sources", "the folder of work can't be used", State("work")),
        fails(
            Plan,
            "prompt",
            "the project's template has a mistake",
            File(".codexctl/prompts/plan_issue_en.hbs", HALF),
        ),
        fails(Plan, "agent", "the model's key is wrong", Variable("OPENAI_API_KEY", "sk-wrong")),
        fails(Plan, "check", "the actor lost the right to write", Later(2, PERMISSION, 403, NO_RIGHT)),
        fails(Plan, "plan", "the second of two issues is refused", Later(1, "POST /repos/*/issues", 403, NO_RIGHT)),
        fails(
            Plan,
            "comment",
            "our comment can't be changed",
            GitHub("PATCH /repos/*/issues/comments/*", 403, NO_RIGHT),
        ),
    ]
}

fn plan_review() -> Vec<Fails> {
    use Story::PlanReview;
    vec![
        fails(PlanReview, "gates", "the token has run out", GitHub(PERMISSION, 401, OLD_TOKEN)),
        otherwise(
            fails(
                PlanReview,
                "acknowledge",
                "the token may not react",
                GitHub("POST /repos/*/reactions", 403, NO_RIGHT),
            ),
            3,
            HANDLED,
        ),
        fails(PlanReview, "fetch", "the remote is not there", Remote),
        fails(PlanReview, "root", "services.yaml is gone", Gone("services.yaml")),
        fails(PlanReview, "slot", "the folder of records can't be used", State("slots")),
        fails(PlanReview, "sources", "the folder of work can't be used", State("work")),
        fails(
            PlanReview,
            "prompt",
            "the project's template has a mistake",
            File(".codexctl/prompts/plan_review_en.hbs", HALF),
        ),
        fails(PlanReview, "agent", "the model's key is wrong", Variable("OPENAI_API_KEY", "sk-wrong")),
        fails(PlanReview, "check", "the actor lost the right to write", Later(3, PERMISSION, 403, NO_RIGHT)),
        fails(PlanReview, "plan", "the token may open no issue", GitHub("POST /repos/*/issues", 403, NO_RIGHT)),
        fails(PlanReview, "answers", "the thread is locked", GitHub("POST /repos/*/issues/3/comments", 403, NO_RIGHT)),
        fails(PlanReview, "comment", "our comment can't be changed", Comment("plan-progress")),
    ]
}

fn review() -> Vec<Fails> {
    use Story::{Review, ReviewProtected};
    vec![
        fails(Review, "gates", "the token has run out", GitHub(PERMISSION, 401, OLD_TOKEN)),
        otherwise(
            fails(Review, "acknowledge", "the token may not react", GitHub("POST /graphql addReaction", 403, NO_RIGHT)),
            3,
            HANDLED,
        ),
        fails(Review, "issue", "the token may not read the issue", GitHub("GET /repos/*/issues/7", 403, NO_RIGHT)),
        fails(Review, "fetch", "the remote is not there", Remote),
        fails(Review, "slot", "services.yaml has a mistake", Stack("maxSlots: 5", "maxSlots: five")),
        fails(Review, "sources", "the branch is gone", Branch(REVIEWED)),
        fails(
            Review,
            "prompt",
            "the project's template has a mistake",
            File(".codexctl/prompts/dev_review_en.hbs", HALF),
        ),
        fails(Review, "agent", "the model's key is wrong", Variable("OPENAI_API_KEY", "sk-wrong")),
        fails(Review, "check", "the actor lost the right to write", Later(2, PERMISSION, 403, NO_RIGHT)),
        fails(Review, "commit", "the disk is full", Disk("commit-tree")),
        fails(Review, "push", "the remote refuses the push", Push(MAIN_IS_PROTECTED)),
        fails(ReviewProtected, "notice", "the text can't be changed", GitHub("PATCH /repos/*/pulls/8", 403, NO_RIGHT)),
        fails(Review, "threads", "the token may not answer", GitHub(REPLY, 403, NO_RIGHT)),
        otherwise(
            fails(Review, "threads", "the second answer is refused", Later(1, REPLY, 403, NO_RIGHT)),
            3,
            "gate duplicate; the comment says that one thread has no answer",
        ),
        fails(Review, "comment", "nobody may comment", GitHub("POST /repos/*/issues/8/comments", 403, NO_RIGHT)),
    ]
}

fn cleanup() -> Vec<Fails> {
    use Story::{Cleanup, CleanupUnfinished};
    vec![
        fails(Cleanup, "gates", "the pull request comes from a fork", Fork),
        fails(Cleanup, "fetch", "the remote is not there", Remote),
        fails(Cleanup, "slots", "a record can't be read", Record("{")),
        fails(CleanupUnfinished, "stop", "unfinished work can't be pushed", Push(MAIN_IS_PROTECTED)),
        fails(Cleanup, "destroy", "the folder of clones can't be used", State("publish")),
        fails(Cleanup, "branches", "the token may delete nothing", GitHub("DELETE /repos/*/git/refs/*", 403, NO_RIGHT)),
        fails(Cleanup, "close", "the token may close nothing", GitHub("PATCH /repos/*/issues/7", 403, NO_RIGHT)),
        fails(
            Cleanup,
            "comment",
            "our comment can't be changed",
            GitHub("PATCH /repos/*/issues/comments/*", 403, NO_RIGHT),
        ),
        fails(Cleanup, "records", "a record can't be removed", RecordStays),
    ]
}

fn gc() -> Vec<Fails> {
    use Story::{Gc, GcUnfinished};
    vec![
        fails(Gc, "fetch", "the remote is not there", Remote),
        fails(Gc, "slots", "a record can't be read", Record("{")),
        otherwise(
            fails(GcUnfinished, "stop", "unfinished work can't be pushed", Push(MAIN_IS_PROTECTED)),
            0,
            "the slot stays for another `--ttl`: to take it was to use it",
        ),
        fails(Gc, "destroy", "the folder of clones can't be used", State("publish")),
        fails(Gc, "comment", "our comment can't be changed", GitHub("PATCH /repos/*/issues/comments/*", 403, NO_RIGHT)),
        fails(Gc, "records", "a record can't be removed", RecordStays),
    ]
}
