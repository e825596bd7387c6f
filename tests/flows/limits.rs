//! The publish policy: what it refuses, what it makes a draft.

use crate::scene::Scene;
use crate::script::{discount, done, run};

#[test]
fn too_many_files_are_refused_by_the_publish_policy() {
    let many = "for n in $(seq 40); do echo $n > services/checkout/part-$n.js; done";
    let scene = Scene::new(vec![run(many), done()]).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ for n in $(seq 40); do echo $n > services/checkout/part-$n.js; done
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✗ check           40 files changed (40 of them in services/), publish.maxFiles allows 30: raise it, or add what is generated to .gitignore or publish.skip
    note: the change that may not be published is set aside: <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch
    error: 40 files changed (40 of them in services/), publish.maxFiles allows 30: raise it, or add what is generated to .gitignore or publish.skip
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"refused","delivery":"<delivery>"} -->
    ### 🛑 Not published: the result breaks the publish policy

    > ```text
    > 40 files changed (40 of them in services/), publish.maxFiles allows 30: raise it, or add what is generated to .gitignore or publish.skip
    > ```

    <details><summary>What Codex said last</summary>

    Ten or more pieces of one product cost 10 % less.

    </details>

    **Set aside:** what Codex changed is not published. A copy lies in `set-aside/codex-issue-7-<tree>.patch` of codexctl's state folder on the machine of this run; the next run starts without it.

    **Next:** ask for less in the issue, or allow it under `publish` in `services.yaml` on the default branch; then set the label `[ai-dev]` again.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [ ] **Publish policy** ❌

    </details>

    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: 7
      pr: null
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "agent"
      delivery: "<delivery>"
      branch: "codex/issue-7"
      session: "<thread>"
      aside: "<scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch"
      lease: null
    "#);
}

#[test]
fn a_change_of_a_protected_path_stays_a_draft_that_says_so() {
    let scene = Scene::new(vec![run("echo Be brief. >> AGENTS.md"), done()]).on_github();
    scene.change_stack("  draft: true\n", "  draft: false\n");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ echo Be brief. >> AGENTS.md
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    warning: the pull request changes protected files: AGENTS.md
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","pr":8,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ Done: pull request #8 awaits your review

    Ten or more pieces of one product cost 10 % less.

    **Protected files are changed:** `AGENTS.md`. Read them line by line before you merge.

    **Next:** review #8 and mark it as ready. To have something changed, submit a review with **Request changes**: Codex works through every open thread.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
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
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers ["octocat"], labels ["codex"], reactions []
    > [!WARNING]
    > **This changes protected files:** `AGENTS.md`. Read them line by line before you merge; the pull request is a draft until you mark it as ready.

    `priceCart` left the discount out.

    ## Verification

    `node --test`: all pass.

    ---
    <sub>Written by Codex for #7, published by codexctl · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`</sub>

    Closes #7
    --- codex-bot:
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚪ No live environment was deployed

    The run for #7 had no cluster (runtime `local`, environment `ai`, slot 1). To try the change, take the branch:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    To have something changed, submit a review with **Request changes**: Codex works through every open thread.
    "#);
}

#[test]
fn a_project_that_wants_no_drafts_gets_a_pull_request_ready_for_review() {
    let scene = Scene::new(discount()).on_github();
    scene.change_stack("  draft: true\n", "  draft: false\n");
    assert_eq!(scene.run().exit, 0);
    let state = scene.stand.as_ref().unwrap().state();
    assert!(!state.repos[crate::scene::REPO].issues[&8].pull.as_ref().unwrap().draft);
}

#[test]
fn a_hook_script_behind_a_linked_folder_is_protected_where_it_lies_and_may_be_refused() {
    let scene = Scene::new(vec![run("echo true >> scripts/require-variables.sh"), done()]).on_github();
    let shop = scene.path("shop");
    std::fs::rename(shop.join("deploy/hooks"), shop.join("scripts")).unwrap();
    std::os::unix::fs::symlink("../scripts", shop.join("deploy/hooks")).unwrap();
    crate::scene::git(&shop, &["add", "--all"]);
    scene.change_stack("  onProtected: draft\n", "  onProtected: refuse\n");
    let ran = scene.run();
    assert_eq!(ran.exit, 1);
    let log = scene.log(&ran);
    let check = log.lines().find(|line| line.starts_with("✗ check")).unwrap();
    insta::assert_snapshot!(check, @"✗ check           protected paths changed, and publish.onProtected is refuse: scripts/require-variables.sh");
    assert_eq!(crate::scene::git(&scene.path("origin.git"), &["branch", "--list", "codex/issue-7"]), "");
}

#[test]
fn services_yaml_may_change_its_versions_and_nothing_else_unseen() {
    for (change, draft) in [
        (r#"sed -i 's/checkout: "1.0.0"/checkout: "1.1.0"/' services.yaml"#, false),
        (r#"sed -i 's/checkout: "1.0.0"/checkout: "1.1.0"/; s/maxFiles: 30/maxFiles: 3000/' services.yaml"#, true),
    ] {
        let scene = Scene::new(vec![run(change), done()]).on_github();
        scene.change_stack("    - services.yaml\n", "");
        scene.change_stack("  draft: true\n", "  draft: false\n");
        assert_eq!(scene.run().exit, 0);
        let state = scene.stand.as_ref().unwrap().state();
        assert_eq!(state.repos[crate::scene::REPO].issues[&8].pull.as_ref().unwrap().draft, draft, "{change}");
    }
}
