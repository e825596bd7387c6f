//! The scene of a review: pull request #8 of `codex/issue-7` is open, and `octocat` asks for changes in two threads.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::model::Turn;
use crate::scene::{REPO, Scene, git};
use crate::script::run;
use crate::stand::{Issue, Pull, ReviewThread};

/// The pull request's number.
pub(super) const PULL: u64 = 8;
/// The branch that most stories are about.
pub(crate) const BRANCH: &str = "codex/issue-7";
/// The change that the review asks for. Like an agent that looks first, it is made once.
pub(super) const NAMES: &str =
    "grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js";

/// The ids of the two threads.
pub(super) const FIRST: &str = "PRRT_8_0";
pub(super) const SECOND: &str = "PRRT_8_1";

/// The agent does what it is asked, answers both threads, and calls the first one done.
pub(crate) fn worked_in() -> Vec<Turn> {
    vec![run(NAMES), answered()]
}

/// What it hands in.
pub(crate) fn answered() -> Turn {
    answers(
        "done",
        &json!([
            {"id": FIRST, "reply": "The 10 has a name now: `MANY`.", "resolved": true},
            {"id": SECOND, "reply": "Why not: the price list is in cents. Shall I change that too, @octocat?", "resolved": false},
        ]),
    )
}

/// A result with these answers.
pub(super) fn answers(status: &str, threads: &Value) -> Turn {
    let result = json!({
        "status": status, "summary": "The numbers of the offer have names now.", "verification": null, "questions": [],
        "threads": threads,
    });
    Turn { result: Some(result), ..Turn::default() }
}

impl Scene {
    /// A scene on GitHub in which a review of a pull request from `branch` starts the story.
    pub(super) fn with_review_of(turns: Vec<Turn>, branch: &str) -> Self {
        let scene = Self::new(turns).on_github();
        let title = scene.event()["issue"]["title"].as_str().unwrap().to_owned();
        scene.somebody_pushes(branch, "services/checkout/cart.js", "// Ten or more cost 10 % less.\n");
        scene.stand.as_ref().unwrap().set(|state| {
            state.issue_mut(REPO, 7).labels.retain(|label| label != "[ai-dev]");
            state.issue_mut(REPO, 7).title = title;
            let pull = Pull {
                head: branch.to_owned(),
                head_repo: REPO.to_owned(),
                base: "main".to_owned(),
                draft: true,
                review_texts: vec![("octocat".to_owned(), "Please give the numbers names.".to_owned())],
                threads: vec![
                    thread(3, "Can the 10 have a name?"),
                    ReviewThread { resolved: true, ..thread(5, "This one is settled.") },
                ],
                ..Pull::default()
            };
            let issue = Issue {
                title: "Give the promised discount".to_owned(),
                body: "`priceCart` left the discount out.\n\nCloses #7".to_owned(),
                author: "codex-bot".to_owned(),
                pull: Some(pull),
                ..Issue::default()
            };
            let repo = state.repos.get_mut(REPO).unwrap();
            repo.issues.insert(PULL, issue);
        });
        scene.set_pull(|pull| pull.threads[1] = thread(9, "Is a float the right type for money?"));
        scene.write_review(branch);
        scene
    }

    /// The same from the branch of issue #7.
    pub(crate) fn with_review(turns: Vec<Turn>) -> Self {
        Self::with_review_of(turns, BRANCH)
    }

    /// Puts the event of the review in its place.
    pub(super) fn write_review(&self, branch: &str) {
        let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/events/review.json");
        let mut event: Value = serde_json::from_slice(&std::fs::read(shop).unwrap()).unwrap();
        event["review"]["id"] = (PULL * 10_000).into();
        event["review"]["body"] = "Please give the numbers names.".into();
        event["pull_request"]["head"]["ref"] = branch.into();
        event["pull_request"]["head"]["sha"] = self.head(branch).into();
        std::fs::write(self.path("shop/events/dev.json"), serde_json::to_vec_pretty(&event).unwrap()).unwrap();
    }

    /// The commit of a branch of `origin`.
    pub(super) fn head(&self, branch: &str) -> String {
        git(&self.path("origin.git"), &["rev-parse", &format!("refs/heads/{branch}")])
    }

    /// Changes the pull request on GitHub.
    pub(super) fn set_pull(&self, change: impl FnOnce(&mut Pull)) {
        let stand = self.stand.as_ref().unwrap();
        stand.set(|state| change(state.issue_mut(REPO, PULL).pull.as_mut().unwrap()));
    }

    /// Somebody commits another text of a file.
    pub(super) fn somebody_writes(&self, branch: &str, path: &str, text: &str) {
        let clone = tempfile::tempdir_in(self.path("")).unwrap();
        git(
            clone.path(),
            &["clone", "--quiet", "--branch", branch, &self.path("origin.git").display().to_string(), "work"],
        );
        let work = clone.path().join("work");
        std::fs::write(work.join(path), text).unwrap();
        git(&work, &["add", "--all"]);
        git(&work, &["commit", "--quiet", "--message=Another text"]);
        git(&work, &["push", "--quiet", "origin", branch]);
    }

    /// Puts the event of the label in its place, with which the flow `dev` begins.
    pub(super) fn write_label(&self) {
        let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/events/dev.json");
        std::fs::copy(shop, self.path("shop/events/dev.json")).unwrap();
    }

    /// Returns once GitHub was asked for something so often.
    pub(super) fn until_asked(&self, what: &str, times: usize) {
        let until = Instant::now() + Duration::from_secs(180);
        while self.stand.as_ref().unwrap().log().iter().filter(|line| line.contains(what)).count() < times {
            assert!(Instant::now() < until, "{what} was not asked for {times} times");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The threads as people see them.
    pub(super) fn threads(&self) -> String {
        let state = self.stand.as_ref().unwrap().state();
        let pull = state.repos[REPO].issues[&PULL].pull.clone().unwrap();
        drop(state);
        let text: Vec<String> = pull
            .threads
            .iter()
            .map(|thread| {
                let said: Vec<String> =
                    thread.comments.iter().map(|(author, text)| format!("  {author}: {text}")).collect();
                let state = if thread.resolved { "resolved" } else { "open" };
                format!("{}:{} {state}\n{}", thread.path, thread.line.unwrap_or_default(), said.join("\n"))
            })
            .collect();
        self.plain(&text.join("\n"))
    }

    /// The prompt that the agent got last.
    pub(super) fn prompt(&self) -> String {
        let seen = self.model.seen();
        let body = &seen.iter().rfind(|seen| seen.path == "/v1/responses").unwrap().body;
        body["input"].to_string()
    }
}

/// A thread of one comment.
pub(super) fn thread(line: u64, text: &str) -> ReviewThread {
    ReviewThread {
        path: "services/checkout/cart.js".to_owned(),
        line: Some(line),
        hunk: "@@ -1,3 +1,4 @@\n+// Ten or more cost 10 % less.".to_owned(),
        comments: vec![("octocat".to_owned(), text.to_owned())],
        ..ReviewThread::default()
    }
}
