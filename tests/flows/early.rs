//! Runs that can't end well stop before they cost anything: what was asked for is withdrawn, the token may not write, no model can be
//! asked, outputs can't be written.

use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, discount, done, wait_for_go};

/// Nothing was begun: no sign to anybody, no slot, no question to the model.
fn assert_nothing_begun(scene: &Scene) {
    assert_eq!(scene.asked(), 0);
    assert_eq!(scene.stand.as_ref().map(|stand| stand.writes()).unwrap_or_default(), Vec::<String>::new());
    assert_eq!(scene.records(), "");
}

fn close(scene: &Scene) {
    let stand = scene.stand.as_ref().unwrap();
    stand.set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap().closed = true);
}

#[test]
fn an_issue_that_was_closed_after_its_event_stops_at_the_gate_state() {
    let scene = Scene::new(discount()).on_github();
    close(&scene);
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate state: issue #7 is closed
    note: stopped by the gate state: issue #7 is closed
    ");
    assert_nothing_begun(&scene);
}

#[test]
fn an_issue_that_is_closed_while_the_agent_works_gets_no_pull_request_and_the_work_is_kept() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    close(&scene);
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 3, "{}", ran.stderr);
    insta::assert_snapshot!(scene.log(&ran).lines().last().unwrap(), @"note: stopped by the gate state: issue #7 is closed, which was open when the run began");
    insta::assert_snapshot!(scene.origin().lines().filter(|line| line.starts_with("branch")).collect::<Vec<_>>().join("\n"), @"
    branch codex/issue-7-wip
    branch main
    ");
    assert!(!scene.github().contains("=== #8"), "{}", scene.github());
}

#[test]
fn a_repository_that_nobody_or_not_this_token_can_write_to_is_told_before_anything_begins() {
    let mut told = String::new();
    for archived in [true, false] {
        let scene = Scene::new(discount()).on_github();
        scene.stand.as_ref().unwrap().set(|state| match archived {
            true => state.repos.get_mut(REPO).unwrap().archived = true,
            false => state.add_user("codex-bot", "User", "read"),
        });
        let ran = scene.run();
        told += &scene.log(&ran);
        assert_nothing_begun(&scene);
    }
    insta::assert_snapshot!(told, @"
    exit 2
    ✗ gates           codex-k8s/shop is archived, nothing can be written there: unarchive it in its Settings
    error: codex-k8s/shop is archived, nothing can be written there: unarchive it in its Settings
    exit 2
    ✗ gates           codex-bot may not push to codex-k8s/shop, so the work could not be published: give the account write access, or use another token
    error: codex-bot may not push to codex-k8s/shop, so the work could not be published: give the account write access, or use another token
    ");
}

#[test]
fn without_a_key_or_with_an_address_or_a_model_that_is_none_the_issue_is_told_at_once() {
    let mut told = String::new();
    let spoilt: [fn(Scene) -> Scene; 3] = [
        |scene| scene.env("OPENAI_API_KEY", "").env("OPENAI_BASE_URL", ""),
        |scene| scene.env("OPENAI_BASE_URL", "htp//model"),
        |scene| scene.env("CODEXCTL_MODEL", "GPT 5"),
    ];
    for spoil in spoilt {
        let scene = spoil(Scene::new(discount()).on_github());
        let ran = scene.run();
        told += &format!("{}\n{}\n", scene.log(&ran), scene.comments_on(7));
        assert_eq!((scene.asked(), scene.records()), (0, String::new()));
        assert!(!scene.path("state/codexctl").join(REPO).join("mirror.git").exists(), "nothing was fetched");
        let dry = scene.start_with(&["--dry-run"]).end();
        assert!(dry.exit == 2 || dry.stderr.starts_with("warning: a run would stop here: "), "{}", dry.stderr);
    }
    insta::assert_snapshot!(told, @r#"
    exit 2
    ✗ gates           OPENAI_API_KEY is not set, so no model can be asked: set it (in a workflow from a secret of the repository), or set OPENAI_BASE_URL to a model that asks for no key
    error: OPENAI_API_KEY is not set, so no model can be asked: set it (in a workflow from a secret of the repository), or set OPENAI_BASE_URL to a model that asks for no key

    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > OPENAI_API_KEY is not set, so no model can be asked: set it (in a workflow from a secret of the repository), or set OPENAI_BASE_URL to a model that asks for no key
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens

    <details><summary>Steps</summary>

    - [ ] **Checks before the start** ❌

    </details>
    exit 2
    ✗ gates           the model's address `htp//model` can't be used: relative URL without a base. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    error: the model's address `htp//model` can't be used: relative URL without a base. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)

    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > the model's address `htp//model` can't be used: relative URL without a base. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens

    <details><summary>Steps</summary>

    - [ ] **Checks before the start** ❌

    </details>
    exit 2
    ✗ gates           CODEXCTL_MODEL: `GPT 5` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex
    error: CODEXCTL_MODEL: `GPT 5` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex

    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > CODEXCTL_MODEL: `GPT 5` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens

    <details><summary>Steps</summary>

    - [ ] **Checks before the start** ❌

    </details>
    "#);
}

#[test]
fn outputs_that_can_not_be_written_begin_nothing() {
    let scene = Scene::new(discount()).on_github().env("GITHUB_OUTPUT", "/dev/null/outputs");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 2
    error: GITHUB_OUTPUT: can't write /dev/null/outputs: /dev/null is no folder, and a folder has to be there: move it away. Nothing was begun: make the file writable, or unset the variable
    ");
    let scene = scene.env("GITHUB_OUTPUT", "").env("GITHUB_STEP_SUMMARY", "/dev/null/summary");
    assert_eq!(scene.run().exit, 2);
    assert_nothing_begun(&scene);
}
