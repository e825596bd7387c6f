//! Two machines at one issue, and people at our comments: one comment, which says how it stands.

use crate::model::Script;
use crate::scene::{KEY, REPO, Scene};
use crate::script::{CHANGE, discount, done, run, wait_for_go};
use crate::stand::Fault;

/// Texts of our own on the issue.
fn ours(scene: &Scene) -> Vec<String> {
    let state = scene.stand.as_ref().unwrap().state();
    let of_issue = state.repos[REPO].comments.values().filter(|comment| comment.issue == 7);
    of_issue.filter(|comment| comment.author == "codex-bot").map(|comment| comment.body.clone()).collect()
}

#[test]
fn two_machines_at_one_issue_write_one_comment_and_who_ends_last_has_the_last_word() {
    // The first machine's agent waits, the second one comes and goes, the first goes on.
    let other = "echo '// Half of it.' > services/checkout/half.js";
    let turns = vec![wait_for_go(CHANGE), run(other), done(), done()];
    let scene = Scene::with_script(Script { turns, key: Some(KEY.to_owned()), ..Script::default() }).on_github();
    let first = scene.start_until_the_agent_waits();
    assert!(ours(&scene).concat().contains("⏳"), "{:?}", ours(&scene));
    let elsewhere = scene.path("elsewhere").display().to_string();
    let second = scene.prompt_run(&["--issue", "7"]).env("XDG_STATE_HOME", elsewhere).run();
    assert_eq!(second.exit, 0, "{}", second.stderr);
    assert_eq!(ours(&scene).len(), 1, "{:?}", ours(&scene));
    scene.let_the_agent_go();
    let first = first.end();
    assert_eq!(first.exit, 0, "{}", first.stderr);
    let comments = ours(&scene);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].contains("✅ Done") && comments[0].contains("\"delivery\":\"event-"), "{}", comments[0]);
    // Both are on the branch: the second one's push was merged with.
    let origin = scene.origin();
    assert!(origin.contains("half.js") && origin.contains("cart.js"), "{origin}");
}

#[test]
fn a_comment_that_people_delete_or_edit_while_the_agent_works_says_the_end_all_the_same() {
    for delete in [true, false] {
        let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
        let running = scene.start_until_the_agent_waits();
        scene.stand.as_ref().unwrap().set(|state| {
            let comments = &mut state.repos.get_mut(REPO).unwrap().comments;
            if delete {
                comments.clear();
            } else {
                comments.values_mut().for_each(|comment| comment.body = "Hands off, I look at it.".to_owned());
            }
        });
        scene.let_the_agent_go();
        let ran = running.end();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let comments = ours(&scene);
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(comments[0].contains("✅ Done: pull request #8"), "{}", comments[0]);
    }
}

#[test]
fn the_comment_is_edited_at_most_every_ten_seconds() {
    let scene = Scene::new(discount()).on_github();
    let began = std::time::Instant::now();
    assert_eq!(scene.run().exit, 0);
    let written = scene.stand.as_ref().unwrap().writes();
    let written = written.iter().filter(|write| write.contains("/comments")).count() as u64;
    // Made, and brought to its end; the environment's comment; and one more for each ten seconds that this machine took.
    assert!(written <= 3 + began.elapsed().as_secs() / 10, "{written}");
}

#[test]
fn a_locked_issue_is_worked_on_and_who_reads_the_log_is_told() {
    let scene = Scene::new(discount()).on_github();
    // What GitHub says to an account without write access, at whatever step it is.
    for _ in 0..9 {
        let locked = Fault::Status(403, "Unable to create comment because issue is locked.");
        scene.stand.as_ref().unwrap().fail_next("POST /repos/*/issues/7/comments", locked);
    }
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    warning: nobody is told how the run goes: issue #7 is locked, and this token may not write there: unlock the conversation, or give a token with write access
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8
    ");
    assert_eq!(ours(&scene), Vec::<String>::new());
    assert!(scene.origin().contains("branch codex/issue-7"));
}
