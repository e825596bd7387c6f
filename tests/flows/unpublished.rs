//! Work that was done and did not come to its branch, or to a pull request: nothing is promised that is not so, nothing is done twice.

use std::os::unix::fs::PermissionsExt as _;

use crate::scene::{REPO, Scene};
use crate::script::{discount, done, run};
use crate::stand::Fault;

/// The remote refuses pushes to branches like this.
fn refuse_pushes(scene: &Scene, branches: &str) {
    let hook = scene.path("origin.git/hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, format!("#!/bin/sh\ncase $1 in refs/heads/{branches}) exit 1;; esac\n")).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The paragraph of the comment that says where the work is.
fn promise(scene: &Scene) -> String {
    let all = scene.comments_on(7);
    let of_work = |line: &&str| line.starts_with("**") && !line.starts_with("**Next") && !line.starts_with("**Cost");
    all.lines().filter(of_work).collect::<Vec<_>>().join("\n")
}

#[test]
fn work_whose_push_is_refused_is_saved_beside_its_branch() {
    for hosted in [false, true] {
        let scene = Scene::new(discount()).on_github();
        let scene = if hosted { scene.env("RUNNER_ENVIRONMENT", "github-hosted") } else { scene };
        refuse_pushes(&scene, "codex/issue-7");
        assert_eq!(scene.run().exit, 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(promise(&scene), @"**Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.");
            insta::assert_snapshot!(scene.origin(), @"
            branch codex/issue-7-wip
                codex-bot <codex-bot@codex-k8s.local>
                  feat: Cart total ignores the quantity discount (#7)
              Co-authored-by: Codex <codex@openai.com>
               services/checkout/cart.js | 1 +
               1 file changed, 1 insertion(+)
            branch main
            ");
        }
    }
}

#[test]
fn where_nothing_can_be_pushed_the_comment_says_how_long_the_work_lasts() {
    let on = |hosted: bool| {
        let scene = Scene::new(discount()).on_github();
        let scene = if hosted { scene.env("RUNNER_ENVIRONMENT", "github-hosted") } else { scene };
        refuse_pushes(&scene, "codex/*");
        let ran = scene.run();
        assert_eq!(ran.exit, 1, "{}", ran.stderr);
        scene
    };
    let hosted = on(true);
    insta::assert_snapshot!(promise(&hosted), @"**On the runner alone:** the work so far is in the patch `.codexctl/outbox/codex-issue-7-wip.patch` there, and goes with the runner unless a later step of the job keeps that file.");
    assert!(hosted.path("shop/.codexctl/outbox/codex-issue-7-wip.patch").exists());
    let own = on(false);
    insta::assert_snapshot!(promise(&own), @"**Not saved elsewhere:** the work so far is in slot 1 on the machine of this run alone; the next run there goes on from it.");
    // What it says is so.
    std::fs::remove_file(own.path("origin.git/hooks/update")).unwrap();
    own.somebody_labels_again();
    let ran = own.run();
    assert!(ran.exit == 0 && ran.stderr.contains("with the unfinished work of the run before"), "{}", ran.stderr);
}

#[test]
fn a_refused_change_on_a_runner_that_goes_is_gone_and_the_comment_says_so() {
    let many = "for n in $(seq 40); do echo $n > services/checkout/part-$n.js; done";
    let scene = Scene::new(vec![run(many), done()]).on_github().env("RUNNER_ENVIRONMENT", "github-hosted");
    assert_eq!(scene.run().exit, 1);
    insta::assert_snapshot!(promise(&scene), @"**Not kept:** what Codex changed was on the runner of this job alone, which is gone; the next run starts without it.");
}

#[test]
fn work_that_was_pushed_before_something_failed_is_not_pushed_twice() {
    let scene = Scene::new(discount()).on_github();
    let stand = scene.stand.as_ref().unwrap();
    stand.fail_always("POST /repos/*/pulls", &Fault::Status(403, "Resource not accessible by integration"));
    assert_eq!(scene.run().exit, 1);
    stand.heal();
    let before = scene.origin();
    scene.somebody_labels_again();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, as it was
    ✓ sources         branch codex/issue-7, as it is on origin
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           no-change
    – commit          nothing to commit
    – push            no commit
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         issue #7
    ");
    // The agent found the work done: the branch is as it was, and now it has its pull request.
    assert_eq!(scene.origin(), before);
    let state = scene.stand.as_ref().unwrap().state();
    assert_eq!(state.repos[REPO].issues[&8].pull.as_ref().unwrap().head, "codex/issue-7");
}
