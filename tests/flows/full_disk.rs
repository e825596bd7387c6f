//! The disk is full: in each place that a run writes to, and in the middle of it. What is left is told, and the same run goes on
//! once there is room again.

use std::os::unix::fs::PermissionsExt as _;

use crate::command::{Codexctl, Ran};
use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, discount, done, wait_for_go};

/// The log with one word for both ways in which there is no room.
fn log(scene: &Scene, ran: &Ran) -> String {
    let log = scene.log(ran);
    log.replace("No space left on device (os error 28)", "<full>").replace("File too large (os error 27)", "<full>")
}

/// The same, and how often it says that the agent's own log ends, which happens sooner or later.
fn log_without_the_raw_one(scene: &Scene, ran: &Ran) -> (String, usize) {
    let log = log(scene, ran);
    let raw = |line: &&str| line.starts_with("warning: the agent's raw log ends here: can't write ");
    let rest: String = log.lines().filter(|line| !raw(line)).map(|line| format!("{line}\n")).collect();
    (rest, log.lines().filter(raw).count())
}

/// Where a program really is.
fn which(name: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A program of this text comes before the real one on the story's PATH.
fn shim(scene: &Scene, program: &str, text: &str) {
    let shims = scene.path("shims");
    std::fs::create_dir_all(&shims).unwrap();
    std::fs::write(shims.join(program), format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(shims.join(program), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A scene whose programs are looked for among its shims first.
fn with_shims(scene: Scene) -> Scene {
    let path = format!("{}:{}", scene.path("shims").display(), std::env::var("PATH").unwrap());
    scene.env("PATH", &path)
}

/// A call of the story's run.
fn call(scene: &Scene) -> Codexctl {
    let arguments = scene.arguments();
    scene.call_of(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_record_that_can_not_be_written_is_named_and_the_old_one_stays() {
    let scene = Scene::new(discount()).env("GITHUB_REPOSITORY", REPO);
    let ensure = || scene.command(&["ci", "ensure-slot", "--issue", "7"]);
    insta::assert_snapshot!(log(&scene, &ensure().on_a_small_disk(Some(0)).run()), @"
    exit 1
    error: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
    ");
    assert_eq!(scene.records(), "");
    assert_eq!(ensure().run().exit, 0);
    let before = scene.records();
    let set = || scene.command(&["manage-env", "set", "--issue", "7", "--pr", "8"]);
    insta::assert_snapshot!(log(&scene, &set().on_a_small_disk(Some(0)).run()), @"
    exit 1
    error: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
    ");
    assert_eq!(scene.records(), before);
    let ran = set().run();
    assert_eq!((ran.exit, scene.records()), (0, before.replace("pr: null", "pr: 8")), "{}", ran.stderr);
    let names: Vec<_> =
        std::fs::read_dir(scene.state().join("slots")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".tmp")), "{names:?}");
}

#[test]
fn without_room_for_the_outbox_or_a_record_nothing_is_begun() {
    for on_github in [false, true] {
        let scene = Scene::new(discount());
        let scene = if on_github { scene.on_github() } else { scene };
        // Git has a disk of its own here: only codexctl's own files find no room.
        let scene = with_shims(scene);
        shim(&scene, "git", &format!("ulimit -S -f unlimited\nexec '{}' \"$@\"", which("git")));
        let ran = call(&scene).on_a_small_disk(Some(0)).run();
        if on_github {
            insta::assert_snapshot!(log(&scene, &ran), @"
            exit 1
            ✓ gates           octocat may write to codex-k8s/shop (write)
            ✓ acknowledge     eyes on issue #7
            ✓ fetch           main at <commit>
            ✗ slot            can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            error: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            warning: no job summary: can't write <scene>/shop/.codexctl/outbox/.gitignore: <full>
            ");
            insta::assert_snapshot!(scene.comments_on(7), @r#"
            <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
            ### ❌ The run failed

            > ```text
            > can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: File too large (os error 27)
            > ```

            **Next:** put right what is named above, then set the label `[ai-dev]` again.

            **Cost:** <time> · no tokens

            <details><summary>Steps</summary>

            - [x] Checks before the start
            - [x] Reaction on the issue
            - [x] Repository fetched
            - [ ] **Slot** ❌

            </details>
            "#);
        } else {
            insta::assert_snapshot!(log(&scene, &ran), @"
            exit 1
            ✓ gates           no GitHub token, so whoever sits at this machine is the actor
            warning: can't write <scene>/shop/.codexctl/outbox/.gitignore: <full>
            – acknowledge     GitHub took no reaction
            ✓ fetch           main at <commit>
            ✗ slot            can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            warning: the issue was not told: can't write <scene>/shop/.codexctl/outbox/.gitignore: <full>
            error: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            warning: no job summary: can't write <scene>/shop/.codexctl/outbox/.gitignore: <full>
            ");
        }
        assert_eq!((scene.records().as_str(), scene.asked()), ("", 0));
        let again = scene.run();
        assert_eq!(again.exit, 0, "{}", again.stderr);
    }
}

#[test]
fn without_room_for_the_mirror_or_a_tree_the_run_says_for_which() {
    let scene = with_shims(Scene::new(discount()).on_github());
    let mut told = String::new();
    for (place, when) in
        [("mirror", "*+refs/heads/*"), ("trusted tree", "*checkout-index*"), ("agent's tree", "*' reset '*")]
    {
        let full = format!("case \" $* \" in {when}) trap '' XFSZ; ulimit -f 1;; esac");
        shim(&scene, "git", &format!("{full}\nexec '{}' \"$@\"", which("git")));
        told += &format!("=== no room for the {place}\n{}\n", log(&scene, &scene.run()));
        std::fs::remove_file(scene.path("shims/git")).unwrap();
    }
    insta::assert_snapshot!(told, @"
    === no room for the mirror
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✗ fetch           the disk is full, git fetch can't go on: unable to write loose object file: File too large
    error: the disk is full, git fetch can't go on: unable to write loose object file: File too large
      Make room on the disk, then run again

    === no room for the trusted tree
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✗ fetch           the disk is full, git checkout-index can't go on: unable to write file AGENTS.md
    error: the disk is full, git checkout-index can't go on: unable to write file AGENTS.md
      Make room on the disk, then run again

    === no room for the agent's tree
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✗ sources         the disk is full, git reset can't go on: unable to write file AGENTS.md
    error: the disk is full, git reset can't go on: unable to write file AGENTS.md
      Make room on the disk, then run again
    ");
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.comments_on(7).contains("✅ Done: pull request #8"), "{}", scene.comments_on(7));
}

#[test]
fn a_disk_that_fills_up_while_the_agent_works_loses_none_of_its_work() {
    for on_github in [true, false] {
        let scene = Scene::new(vec![wait_for_go(CHANGE), done()]);
        let scene = if on_github { scene.on_github() } else { scene };
        let running = call(&scene).on_a_small_disk(None).start();
        scene.until_the_agent_waits();
        running.fill_the_disk();
        scene.let_the_agent_go();
        let (said, warnings) = log_without_the_raw_one(&scene, &running.end());
        assert_eq!(warnings, 1, "{said}");
        if on_github {
            insta::assert_snapshot!(said, @"
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
            ✗ agent           can't write <scene>/state/codexctl/codex-k8s/shop/work/ai-1/agent-end.json: <full>
            warning: unfinished work could not be saved: the disk is full, git init can't go on: unable to write symref for HEAD: File too large
              Make room on the disk, then run again
            slot 1 is kept: <scene>/state/codexctl/codex-k8s/shop/work/ai-1
            warning: the lease of slot 1 was not given back, the next run takes it over: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            error: can't write <scene>/state/codexctl/codex-k8s/shop/work/ai-1/agent-end.json: <full>
            warning: no job summary: can't write <scene>/shop/.codexctl/outbox/.gitignore: <full>
            ");
            insta::assert_snapshot!(scene.comments_on(7), @r#"
            <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","phase":"unfinished","delivery":"<delivery>"} -->
            ### ❌ The run failed

            > ```text
            > can't write <scene>/state/codexctl/codex-k8s/shop/work/ai-1/agent-end.json: File too large (os error 27)
            > ```

            <details><summary>What Codex said last</summary>

            Ten or more pieces of one product cost 10 % less.

            </details>

            **Not saved elsewhere:** the work so far is in slot 1 on the machine of this run alone; the next run there goes on from it.

            **Next:** put right what is named above, then set the label `[ai-dev]` again.

            **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

            <details><summary>Steps</summary>

            - [x] Checks before the start
            - [x] Reaction on the issue
            - [x] Repository fetched
            - [x] Slot
            - [x] Sources
            - [x] Prompt
            - [ ] **Codex at work** ❌

            </details>
            "#);
        } else {
            insta::assert_snapshot!(said, @"
            exit 1
            ✓ gates           no GitHub token, so whoever sits at this machine is the actor
            ✓ acknowledge     eyes on issue #7
            ✓ fetch           main at <commit>
            ✓ slot            1 of ai, new
            ✓ sources         branch codex/issue-7, new
            ✓ prompt          dev_issue_en (built in), <n> characters
              │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
              │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
              │ done: Ten or more pieces of one product cost 10 % less.
            ✗ agent           can't write <scene>/state/codexctl/codex-k8s/shop/work/ai-1/agent-end.json: <full>
            warning: unfinished work could not be saved: the disk is full, git init can't go on: unable to write symref for HEAD: File too large
              Make room on the disk, then run again
            slot 1 is kept: <scene>/state/codexctl/codex-k8s/shop/work/ai-1
            warning: the issue was not told: can't write <scene>/shop/.codexctl/outbox/issue-7.labels.md: <full>
            warning: the lease of slot 1 was not given back, the next run takes it over: can't write <scene>/state/codexctl/codex-k8s/shop/slots/.1.tmp: <full>
            error: can't write <scene>/state/codexctl/codex-k8s/shop/work/ai-1/agent-end.json: <full>
            warning: no job summary: can't write <scene>/shop/.codexctl/outbox/summary.md: <full>
            ");
            insta::assert_snapshot!(scene.outbox_names(), @"
            .gitignore
            issue-7.comment-progress.md
            issue-7.reaction.md
            ");
        }
        let again = scene.start_until_the_agent_waits();
        scene.let_the_agent_go();
        let again = again.end();
        assert_eq!(again.exit, 0, "{}", again.stderr);
        assert!(scene.origin().contains("services/checkout/cart.js | 1 +"), "{}", scene.origin());
    }
}

#[test]
fn outputs_and_summary_that_can_not_be_written_take_nothing_of_the_work_back() {
    let scene = Scene::new(discount()).on_github();
    let scene = scene.env("GITHUB_OUTPUT", "/dev/full").env("GITHUB_STEP_SUMMARY", "/dev/full");
    let ran = scene.run();
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
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
    ✓ comment         pull request #8, issue #7
    warning: no job summary: can't write /dev/full: <full>
    error: can't write /dev/full: <full>
    ");
    assert!(scene.comments_on(7).contains("✅ Done: pull request #8"), "{}", scene.comments_on(7));
    let [outputs, summary] = ["outputs", "summary"].map(|name| scene.path(name).display().to_string());
    let scene = scene.env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", &summary);
    let again = scene.run();
    insta::assert_snapshot!(log(&scene, &again), @"
    exit 3
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✗ slot            gate duplicate: this delivery (<delivery>) has been handled: set the label again to start anew
    note: stopped by the gate duplicate: this delivery (<delivery>) has been handled: set the label again to start anew
    ");
}
