//! A change that may not be published: it is set aside on the machine, and neither the next run nor a cleanup is held up by it.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::command::Ran;
use crate::scene::{REPO, Scene, git};
use crate::script::{CHANGE, discount, done, run, wait_for_go};

const MANY: &str = "for n in $(seq 40); do echo $n > services/checkout/part-$n.js; done";
/// A key by its form; it is written in two parts, so that no scan of this file finds it.
const KEY: &str = concat!("AKIA", "Q3EGRT7XKD5ZVW2M");

/// A command that writes the key.
fn leak() -> String {
    format!("echo \"const id = '{KEY}';\" >> services/checkout/store.js")
}

/// What was set aside, each with its rights and text.
fn set_aside(scene: &Scene) -> Vec<(u32, String)> {
    let entries = std::fs::read_dir(scene.state().join("set-aside")).into_iter().flatten();
    let one = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let rights = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        (rights, std::fs::read_to_string(path).unwrap())
    };
    entries.map(one).collect()
}

/// The log's lines that begin like this.
fn lines(scene: &Scene, ran: &Ran, beginnings: &[&str]) -> String {
    let log = scene.log(ran);
    let wanted = |line: &&str| beginnings.iter().any(|beginning| line.starts_with(beginning));
    log.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

#[test]
fn after_a_refusal_the_label_set_again_starts_without_the_refused_work() {
    for bad in [MANY.to_owned(), leak()] {
        let scene = Scene::new(vec![run(&bad), done(), run(CHANGE), done()]).on_github();
        let ran = scene.run();
        assert_eq!(ran.exit, 1, "{}", ran.stderr);
        let aside = set_aside(&scene);
        assert_eq!((aside.len(), aside[0].0), (1, 0o600));
        assert!(aside[0].1.contains(if bad == MANY { "part-40.js" } else { KEY }), "{}", aside[0].1);
        assert!(!scene.everything().contains(KEY));
        assert!(scene.comments_on(7).contains("the next run starts without it"), "{}", scene.comments_on(7));
        scene.somebody_labels_again();
        let ran = scene.run();
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines(&scene, &ran, &["exit", "note: this", "✓", "✗"]), @"
            exit 0
            ✓ gates           octocat may write to codex-k8s/shop (write)
            ✓ acknowledge     eyes on issue #7
            ✓ fetch           main at <commit>
            note: this run begins afresh: what the run before changed may not be published and lies in <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch
            ✓ slot            1 of ai, as it was
            ✓ sources         branch codex/issue-7, new
            ✓ prompt          dev_issue_en (built in), <n> characters
            ✓ agent           1 command, 2,040 tokens
            ✓ check           done, 1 file, +1 −0
            ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
            ✓ push            new branch codex/issue-7
            ✓ pull            https://github.com/codex-k8s/shop/pull/8
            ✓ comment         pull request #8, issue #7
            ");
            insta::assert_snapshot!(scene.origin(), @"
            branch codex/issue-7
                codex-bot <codex-bot@codex-k8s.local>
                  feat: Cart total ignores the quantity discount (#7)
              Co-authored-by: Codex <codex@openai.com>
               services/checkout/cart.js | 1 +
               1 file changed, 1 insertion(+)
            branch main
            ");
        }
        assert!(!scene.records().contains("aside"), "{}", scene.records());
    }
}

#[test]
fn the_same_event_again_judges_the_refused_work_anew_without_the_agent() {
    let scene = Scene::new(vec![run(MANY), done()]).on_github();
    assert_eq!(scene.run().exit, 1);
    let asked = scene.asked();
    scene.change_stack("maxFiles: 30", "maxFiles: 60");
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (0, asked), "{}", ran.stderr);
    assert!(scene.origin().contains("40 files changed"), "{}", scene.origin());
}

#[test]
fn work_that_a_branch_kept_and_that_is_refused_then_is_not_taken_up_again() {
    let scene = Scene::new(vec![wait_for_go(MANY), run("true"), done(), run(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    running.signal(Signal::TERM);
    assert_eq!(running.end().exit, 130);
    assert!(scene.origin().contains("codex/issue-7-wip"), "{}", scene.origin());
    scene.somebody_labels_again();
    let ran = scene.run();
    assert!(ran.exit == 1 && ran.stderr.contains("40 files changed"), "{}", ran.stderr);
    scene.somebody_labels_again();
    scene.change_event(|event| event["issue"]["updated_at"] = "2026-03-03T10:00:00Z".into());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let changed = git(&scene.path("origin.git"), &["diff", "--name-only", "main", "codex/issue-7"]);
    assert_eq!(changed, "services/checkout/cart.js", "{}", ran.stderr);
}

#[test]
fn a_cleanup_frees_the_slot_of_a_refused_run() {
    let scene = Scene::new(vec![run(&leak()), done()]).on_github();
    assert_eq!(scene.run().exit, 1);
    scene.issue_is_closed();
    let ran = scene.run_event("cleanup-issue.json");
    assert_eq!((ran.exit, scene.slot_folders(), scene.records()), (0, Vec::new(), String::new()), "{}", ran.stderr);
    assert!(set_aside(&scene)[0].1.contains(KEY));
}

#[test]
fn a_cleanup_sets_aside_what_may_not_be_pushed_and_pushes_however_many_files() {
    for bad in [format!("{MANY}; mkdir .bin; echo no > .bin/tool"), leak()] {
        let scene = Scene::new(vec![wait_for_go(&bad), done()]).on_github();
        let working = scene.start_until_the_agent_waits();
        working.signal(Signal::KILL);
        working.end();
        let ran = scene.command(&["manage-env", "cleanup", "--slot", "1", "--repo", REPO]).run();
        assert_eq!((ran.exit, scene.slot_folders()), (0, Vec::new()), "{}", ran.stderr);
        if bad.contains("part") {
            assert!(scene.origin().contains("40 files changed"), "{}", scene.origin());
            assert!(!scene.origin().contains(".bin"), "{}", scene.origin());
        } else {
            insta::assert_snapshot!(lines(&scene, &ran, &["exit", "note"]), @"
            exit 0
            note: unfinished work of slot 1 (ai, issue #7) may not leave this machine (a secret in services/checkout/store.js:93: AWS access key): it is set aside in <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch
            ");
            assert!(!scene.origin().contains("codex/"), "{}", scene.origin());
            assert!(set_aside(&scene)[0].1.contains(KEY));
        }
    }
}

#[test]
fn without_a_token_refused_work_is_set_aside_too() {
    let scene = Scene::new(vec![run(&leak()), done(), run(CHANGE), done()]);
    let ran = scene.run();
    assert_eq!((ran.exit, set_aside(&scene).len()), (1, 1), "{}", ran.stderr);
    assert!(!scene.outbox().contains(KEY));
    scene.somebody_labels_again();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
}

#[test]
fn an_undisturbed_run_sets_nothing_aside() {
    let scene = Scene::new(discount());
    assert_eq!(scene.run().exit, 0);
    assert_eq!(set_aside(&scene), Vec::new());
}
