//! What codexctl writes in reviews: eyes, and one answer a thread, whatever becomes of GitHub's own answers.

use codexctl_action::github::markers::{State, marker};
use codexctl_action::github::{Answered, GitHub as _, Reacted, ThreadReply};

use crate::scene::{REPO, Scene};
use crate::stand::{Fault, Pull, ReviewThread};

const PULL: u64 = 12;

fn scene(threads: usize) -> Scene {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.add_issue(REPO, PULL, "Keep the cart", "ada", &[]);
        let thread = ReviewThread {
            path: "src/cart.js".to_owned(),
            line: Some(1),
            comments: vec![("grace".to_owned(), "Why?".to_owned())],
            ..ReviewThread::default()
        };
        let pull = Pull {
            head: "codex/issue-7".to_owned(),
            head_repo: REPO.to_owned(),
            base: "main".to_owned(),
            review_texts: vec![("grace".to_owned(), "Nearly.".to_owned())],
            threads: vec![thread; threads],
            ..Pull::default()
        };
        state.issue_mut(REPO, PULL).pull = Some(pull);
    });
    scene
}

fn answer(thread: usize, review: &str, resolve: bool) -> ThreadReply {
    let state = State { delivery: Some(review.to_owned()), ..State::default() };
    let marker = marker("reply", REPO, "shop", PULL, &state);
    let body = Some(format!("{marker}\nBecause."));
    ThreadReply { pull: PULL, thread: format!("PRRT_{PULL}_{thread}"), marker, body, resolve }
}

impl Scene {
    fn thread(&self, at: usize) -> ReviewThread {
        self.stand.state().repos[REPO].issues[&PULL].pull.as_ref().unwrap().threads[at].clone()
    }

    /// How often we spoke in a thread.
    fn answers(&self, at: usize) -> usize {
        self.thread(at).comments.iter().filter(|(author, _)| author == "github-actions[bot]").count()
    }
}

#[tokio::test]
async fn eyes_are_put_on_the_review_that_asked_and_twice_is_once() {
    let scene = scene(1);
    let review = Reacted::Review { pull: PULL, review: PULL * 10_000 };
    scene.github().react(&review).await.unwrap();
    scene.github().react(&review).await.unwrap();
    let reactions = scene.stand.state().repos[REPO].issues[&PULL].pull.as_ref().unwrap().reactions.clone();
    let all: Vec<String> = reactions.iter().map(|(id, who)| format!("{id}: {who:?}")).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"PRR_120000: [("github-actions[bot]", "eyes")]"#);
    let missing = scene.github().react(&Reacted::Review { pull: PULL, review: 5 }).await.unwrap_err();
    insta::assert_snapshot!(missing, @"GitHub has no review 5 on pull request #12 in codex-k8s/shop: it is missing, or the token has no access to it");
}

#[tokio::test]
async fn a_thread_is_answered_once_and_resolved_and_a_second_review_gets_another_answer() {
    let scene = scene(2);
    for _ in 0..2 {
        let did = scene.github().answer_thread(&answer(0, "review-1", true)).await.unwrap().into_known();
        assert_eq!(did, Some(Answered::Done));
    }
    assert_eq!((scene.answers(0), scene.thread(0).resolved), (1, true));
    scene.stand.set(|state| state.issue_mut(REPO, PULL).pull.as_mut().unwrap().threads[0].resolved = false);
    scene.github().answer_thread(&answer(0, "review-2", false)).await.unwrap();
    assert_eq!((scene.answers(0), scene.thread(0).resolved), (2, false));
    assert_eq!(scene.answers(1), 0);
}

#[tokio::test]
async fn a_forged_answer_of_somebody_else_does_not_silence_ours() {
    let scene = scene(1);
    let ours = answer(0, "review-1", false);
    scene.stand.set(|state| {
        let said = ("mallory".to_owned(), ours.body.clone().unwrap());
        state.issue_mut(REPO, PULL).pull.as_mut().unwrap().threads[0].comments.push(said);
    });
    scene.github().answer_thread(&ours).await.unwrap();
    assert_eq!(scene.answers(0), 1);
}

#[tokio::test]
async fn a_thread_that_somebody_resolved_stays_as_it_is() {
    let scene = scene(1);
    scene.stand.set(|state| state.issue_mut(REPO, PULL).pull.as_mut().unwrap().threads[0].resolved = true);
    let did = scene.github().answer_thread(&answer(0, "review-1", true)).await.unwrap().into_known();
    assert_eq!((did, scene.answers(0)), (Some(Answered::ResolvedByOthers), 0));
}

#[tokio::test]
async fn a_thread_may_be_resolved_without_a_word() {
    let scene = scene(1);
    let silent = ThreadReply { body: None, ..answer(0, "review-1", true) };
    scene.github().answer_thread(&silent).await.unwrap();
    assert_eq!((scene.answers(0), scene.thread(0).resolved), (0, true));
}

#[tokio::test]
async fn no_answer_is_lost_or_doubled_when_githubs_own_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::StatusAfter(502), Fault::SlowDown(Some(3))] {
        for write in ["addPullRequestReviewThreadReply", "resolveReviewThread"] {
            let scene = scene(1);
            scene.stand.fail_next(&format!("POST /graphql {write}"), fault.clone());
            scene.github().answer_thread(&answer(0, "review-1", true)).await.unwrap();
            assert_eq!((scene.answers(0), scene.thread(0).resolved), (1, true), "{write}: {fault:?}");
        }
    }
}

#[tokio::test]
async fn many_threads_are_looked_at_by_the_page_and_not_one_by_one() {
    let scene = scene(120);
    let github = scene.github();
    for thread in 0..120 {
        github.answer_thread(&answer(thread, "review-1", true)).await.unwrap();
    }
    assert_eq!((scene.answers(119), scene.thread(119).resolved), (1, true));
    assert_eq!(github.requests(), 3 + 2 * 120);
}

#[tokio::test]
async fn a_token_that_may_not_resolve_is_told_what_it_lacks() {
    let scene = scene(1);
    scene.stand.set(|state| state.add_workflow_token("ghs_less", &[("pull_requests", "write")]));
    let refused = scene.github_as("ghs_less").answer_thread(&answer(0, "review-1", true)).await.unwrap_err();
    insta::assert_snapshot!(refused, @"GitHub refuses to resolve a review thread of pull request #12 in codex-k8s/shop: Resource not accessible by integration. The token lacks a permission: this takes pull_requests: write and contents: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`");
    assert_eq!(scene.answers(0), 1);
}

#[tokio::test]
async fn a_thread_that_is_gone_is_missing() {
    let scene = scene(1);
    let missing = scene.github().answer_thread(&answer(5, "review-1", true)).await.unwrap_err();
    insta::assert_snapshot!(missing, @"GitHub has no review thread PRRT_12_5 on pull request #12: it is missing, or the token has no access to it");
}

#[tokio::test]
async fn a_notice_is_put_on_top_of_a_pull_request_once_and_its_own_text_stays() {
    let scene = scene(1);
    scene.stand.set(|state| state.issue_mut(REPO, PULL).body = "Ada wrote this.\r\nAnd this.".to_owned());
    scene.stand.fail_next("PATCH */pulls/12", Fault::CutAfter);
    for notice in ["> One file.\n", "> One file.\n", "> Another file.\n"] {
        scene.github().put_notice(PULL, notice).await.unwrap();
    }
    let state = scene.stand.state();
    insta::assert_snapshot!(state.repos[REPO].issues[&PULL].body, @"
    > Another file.

    > One file.

    Ada wrote this.
    And this.
    ");
    assert_eq!(state.repos[REPO].issues[&PULL].title, "Keep the cart");
}

#[tokio::test]
async fn of_a_long_thread_the_question_and_the_newest_words_are_read() {
    let scene = scene(1);
    scene.stand.set(|state| {
        let comments = &mut state.issue_mut(REPO, PULL).pull.as_mut().unwrap().threads[0].comments;
        comments.extend((1..=110).map(|at| ("grace".to_owned(), format!("word {at}"))));
    });
    let review = scene.github().review(PULL).await.unwrap().into_known().unwrap();
    let said: Vec<&str> = review.threads[0].comments.iter().map(|said| said.comment.body.as_str()).collect();
    assert_eq!((said.len(), said[0], said[1], said[100]), (101, "Why?", "word 11", "word 110"));
}
