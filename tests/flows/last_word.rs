//! The last word on GitHub is written and true, whatever GitHub refuses beside it.

use crate::model::Turn;
use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, done, result, run};
use crate::stand::Fault;

const FORBIDDEN: Fault = Fault::Status(403, "Resource not accessible by integration");

/// The comment on the issue without its marker and costs.
fn comment(scene: &Scene) -> String {
    let github = scene.github();
    let comment = github.split("=== ").find(|part| part.starts_with("#7")).unwrap();
    comment.lines().skip(3).filter(|line| !line.starts_with("**Cost")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_published_run_is_done_though_labels_reviewers_and_reactions_are_refused() {
    let links = "ln -s /etc/passwd users; ln -s ../../.. up";
    let scene = Scene::new(vec![run(&format!("{CHANGE}; {links}")), done()]).on_github();
    let summary = scene.path("summary.md");
    let scene = scene.env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let stand = scene.stand.as_ref().unwrap();
    for refused in [
        "POST /repos/*/issues/7/reactions",
        "DELETE /repos/*/issues/7/labels/*",
        "POST /repos/*/issues/8/labels",
        "POST /repos/*/pulls/8/requested_reviewers",
    ] {
        stand.fail_always(refused, &FORBIDDEN);
    }
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @r#"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    warning: GitHub refuses to put a reaction on issue #7 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    – acknowledge     GitHub took no reaction
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; ln -s /etc/passwd users; ln -s ../../.. up
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    warning: up: left out: a symbolic link that leads out of the tree
    warning: users: left out: a symbolic link with an absolute target
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    warning: pull request #8 lacks its labels: GitHub refuses to put labels on pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    warning: nobody was asked to review pull request #8: GitHub refuses to ask for reviews of pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    warning: GitHub refuses to take the label "[ai-dev]" off issue #7 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository; take the label [ai-dev] off issue #7 by hand before you set it again
    ✓ comment         pull request #8, issue #7
    flow: dev
    verdict: done
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    pr_number: 8
    pr_url: https://github.com/codex-k8s/shop/pull/8
    commit: <commit>
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7 --pr 8
    "#);
    insta::assert_snapshot!(comment(&scene), @"
    ### ✅ Done: pull request #8 awaits your review

    Ten or more pieces of one product cost 10 % less.

    **Next:** review #8 and mark it as ready. To have something changed, submit a review with **Request changes**: Codex works through every open thread.

    **Left out of the change:** `up` (a symbolic link that leads out of the tree), `users` (a symbolic link with an absolute target).

    **Take the label `[ai-dev]` off by hand** before you set it again: GitHub did not let codexctl do it.


    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [ ] **Reaction on the issue** ❌
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Commit
    - [x] Push
    - [x] Pull request
    - [x] Comments

    </details>
    ");
    let body = scene.plain(&scene.stand.as_ref().unwrap().state().repos[REPO].issues[&8].body);
    insta::assert_snapshot!(body, @"
    `priceCart` left the discount out.

    ## Verification

    `node --test`: all pass.

    **Left out of the change:** `up` (a symbolic link that leads out of the tree), `users` (a symbolic link with an absolute target).

    ---
    <sub>Written by Codex for #7, published by codexctl · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`</sub>

    Closes #7
    ");
    let page = scene.plain(&std::fs::read_to_string(&summary).unwrap());
    let page: Vec<&str> = page.lines().filter(|line| line.starts_with("**")).collect();
    insta::assert_snapshot!(page.join("\n"), @"
    **Left out of the change:** `up` (a symbolic link that leads out of the tree), `users` (a symbolic link with an absolute target).
    **Take the label `[ai-dev]` off by hand** before you set it again: GitHub did not let codexctl do it.
    ");
}

#[test]
fn a_failed_run_says_so_though_its_label_stays() {
    let refused = Turn { status: Some(400), message: Some("The model does not exist.".into()), ..Turn::default() };
    let scene = Scene::new(vec![refused]).on_github();
    scene.stand.as_ref().unwrap().fail_always("DELETE /repos/*/issues/7/labels/*", &FORBIDDEN);
    let ran = scene.run();
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    insta::assert_snapshot!(comment(&scene), @"
    ### ❌ The run failed

    > ```text
    > The model does not exist.
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Take the label `[ai-dev]` off by hand** before you set it again: GitHub did not let codexctl do it.


    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌
    - [ ] Publish policy

    </details>
    ");
}

#[test]
fn a_run_that_changes_nothing_names_the_pull_request_that_stays() {
    let nothing = result("nothing-to-do", "The discount is there already.");
    let scene = Scene::new(vec![run(CHANGE), done(), run("true"), nothing]).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.somebody_labels_again();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let comment = comment(&scene);
    insta::assert_snapshot!(comment.lines().take(7).collect::<Vec<_>>().join("\n"), @"
    ### ➖ Codex changed nothing

    What it says:

    The discount is there already.

    **Next:** #8 stays as it is: if that settles it, review it. If not, say what should change in a comment, then set the label `[ai-dev]` again.
    ");
}
