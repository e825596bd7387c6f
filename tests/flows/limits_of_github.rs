//! GitHub's hourly limit is used up for longer than a run waits.

use crate::scene::{Scene, TOKEN};
use crate::script::{CHANGE, discount, done, wait_for_go};

/// The token may ask no more for 20 minutes, by the real clock.
fn use_up(scene: &Scene) {
    scene.stand.as_ref().unwrap().set(|state| {
        let now = chrono::Utc::now().timestamp();
        state.clock_at(now);
        let token = state.tokens.get_mut(TOKEN).unwrap();
        (token.remaining, token.reset) = (0, now + 20 * 60);
    });
}

/// The hour is over.
fn refill(scene: &Scene) {
    scene.stand.as_ref().unwrap().set(|state| state.tokens.get_mut(TOKEN).unwrap().remaining = 5000);
}

/// The log without the moment until which the limit lasts.
fn log(scene: &Scene, ran: &crate::command::Ran) -> String {
    let text = scene.log(ran);
    let text = regex::Regex::new(r"20\d\d-\S+Z").unwrap().replace_all(&text, "<moment>").into_owned();
    regex::Regex::new(r"in (20|21) min").unwrap().replace_all(&text, "in <n> min").into_owned()
}

#[test]
fn a_limit_that_lasts_too_long_ends_a_run_before_it_begins_with_the_moment_of_its_end() {
    let scene = Scene::new(discount()).on_github();
    use_up(&scene);
    let ran = scene.run();
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 1
    ✗ gates           can't read issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token
    error: can't read issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token
    ");
    assert_eq!((scene.records().as_str(), scene.asked()), ("", 0));
    refill(&scene);
    assert_eq!(scene.run().exit, 0);
    assert!(scene.comments_on(7).contains("✅ Done: pull request #8"), "{}", scene.comments_on(7));
}

#[test]
fn a_limit_that_is_used_up_while_the_agent_works_loses_none_of_its_work() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    use_up(&scene);
    scene.let_the_agent_go();
    let ran = running.end();
    insta::assert_snapshot!(log(&scene, &ran), @r#"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✗ check           can't read issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token
    warning: can't take the label "[ai-dev]" off issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token; take the label [ai-dev] off issue #7 by hand before you set it again
    warning: the issue was not told: can't write a comment on issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token
    error: can't read issue #7 in codex-k8s/shop: the token's hourly limit is used up until <moment>, in <n> min; start the run again after that, or use another token
    "#);
    refill(&scene);
    let again = scene.start_until_the_agent_waits();
    scene.let_the_agent_go();
    let again = again.end();
    assert_eq!(again.exit, 0, "{}", again.stderr);
    assert!(again.stderr.contains("with the saved work of the run before"), "{}", again.stderr);
    assert!(scene.origin().contains("services/checkout/cart.js | 1 +"), "{}", scene.origin());
    assert!(scene.comments_on(7).contains("✅ Done: pull request #8"), "{}", scene.comments_on(7));
}
