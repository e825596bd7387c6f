//! `pr detect` and `pr review-apply`: what older workflows do step by step.

use std::path::PathBuf;

use super::scene::{BRANCH, PULL, worked_in};
use crate::command::{Codexctl, Ran};
use crate::scene::{REPO, Scene, git};
use crate::stand::{Issue, Pull};

impl Scene {
    fn pr(&self, arguments: &[&str]) -> Ran {
        let call = Codexctl::new(&[&["pr"], arguments].concat()).folder(&self.path("shop"));
        let call = self.variables().iter().fold(call, |call, (name, value)| call.env(name, value));
        call.env("CODEXCTL_CODE_ROOT_BASE", self.path("envs")).env("CODEXCTL_REPO", REPO).run()
    }

    fn apply(&self) -> Ran {
        self.pr(&["review-apply", "--slot", "3", "--pr", "8"])
    }

    /// The slot's sources as `ci sync-sources` leaves them: the branch, with its git directory.
    fn synced(&self) -> PathBuf {
        let folder = self.path("envs/3/src");
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let (origin, folder) = (self.path("origin.git").display().to_string(), folder.display().to_string());
        git(&self.path(""), &["clone", "--quiet", "--branch", BRANCH, &origin, &folder]);
        folder.into()
    }
}

fn scene() -> (Scene, PathBuf) {
    let scene = Scene::with_review(worked_in());
    let folder = scene.synced();
    (scene, folder)
}

/// Somebody, perhaps an agent, worked there.
fn work(folder: &std::path::Path, text: &str) {
    let file = folder.join("services/checkout/cart.js");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, before + text).unwrap();
}

#[test]
fn the_open_pull_request_of_a_branch_is_found_and_of_several_the_newest() {
    let scene = Scene::with_review(worked_in());
    let ran = scene.pr(&["detect", "--branch", BRANCH]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    codexctl_pr_number: 8
    ");
    scene.stand.as_ref().unwrap().set(|state| {
        let of = |base: &str| {
            let pull = Pull { head: BRANCH.into(), head_repo: REPO.into(), base: base.into(), ..Pull::default() };
            Issue { title: "More".into(), author: "octocat".into(), pull: Some(pull), ..Issue::default() }
        };
        let issues = &mut state.repos.get_mut(REPO).unwrap().issues;
        issues.insert(9, of("release"));
        issues.insert(10, Issue { closed: true, ..of("other") });
    });
    let ran = scene.pr(&["detect", "--branch", BRANCH, "-o", "kv"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    note: 2 pull requests of codex/issue-7 are open: #9 is the newest
    codexctl_pr_number=9
    ");
}

#[test]
fn where_no_pull_request_is_open_nothing_is_printed_and_nothing_is_wrong() {
    let scene = Scene::with_review(worked_in());
    let ran = scene.pr(&["detect", "--branch", "codex/issue-99"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    no pull request of codex/issue-99 is open
    ");
    assert_eq!(ran.stdout, "");
    let ran = scene.pr(&["detect"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 2
    error: pr detect has to know the branch: give --branch
    ");
}

#[test]
fn the_work_of_a_slot_becomes_a_commit_on_the_pull_request_and_a_second_call_changes_nothing() {
    let (scene, folder) = scene();
    work(&folder, "const MANY = 10;\n");
    let ran = scene.apply();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            3 of ai, without a record here
    ✓ check           1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✓ push            branch codex/issue-7
    – notice          no protected file was changed
    ✓ comment         https://github.com/codex-k8s/shop/pull/8#issuecomment-101
    verdict: done
    branch: codex/issue-7
    commit: <commit>
    pr_number: 8
    pr_url: https://github.com/codex-k8s/shop/pull/8
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: apply Codex review changes for PR #8
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions []
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers [], labels [], reactions []
    `priceCart` left the discount out.

    Closes #7
    --- open thread at services/checkout/cart.js:3
        octocat: Can the 10 have a name?
    --- open thread at services/checkout/cart.js:9
        octocat: Is a float the right type for money?
    --- codex-bot:
    <!-- codexctl:{"kind":"applied","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ✅ The review's changes are on `codex/issue-7`

    1 file, +1 −0, in commit <commit>, from slot 3.

    **Next:** look at the new commit. To have something changed, submit a review with **Request changes**.
    "#);
    let (head, told) = (scene.head(BRANCH), scene.github());
    let ran = scene.apply();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            3 of ai, without a record here
    ✓ check           1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✓ push            branch codex/issue-7 has it already
    – notice          no protected file was changed
    ✓ comment         https://github.com/codex-k8s/shop/pull/8#issuecomment-101
    verdict: done
    branch: codex/issue-7
    commit: <commit>
    pr_number: 8
    pr_url: https://github.com/codex-k8s/shop/pull/8
    ");
    assert_eq!((scene.head(BRANCH), scene.github()), (head, told));
}

#[test]
fn without_changes_the_comment_says_so() {
    let (scene, _) = scene();
    let head = scene.head(BRANCH);
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(scene.head(BRANCH), head);
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions []
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers [], labels [], reactions []
    `priceCart` left the discount out.

    Closes #7
    --- open thread at services/checkout/cart.js:3
        octocat: Can the 10 have a name?
    --- open thread at services/checkout/cart.js:9
        octocat: Is a float the right type for money?
    --- codex-bot:
    <!-- codexctl:{"kind":"applied","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ➖ Nothing to apply

    What lies in slot 3 is on `codex/issue-7` already, or nothing was changed there.

    **Next:** if that settles it, resolve the threads and approve. If not, submit a review with **Request changes**.
    "#);
}

#[test]
fn work_that_somebody_pushed_already_is_not_committed_again() {
    let (scene, folder) = scene();
    work(&folder, "const MANY = 10;\n");
    scene.somebody_pushes(BRANCH, "services/checkout/cart.js", "const MANY = 10;\n");
    let head = scene.head(BRANCH);
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("verdict: no-change"), "{}", ran.stdout);
    assert_eq!(scene.head(BRANCH), head);
}

#[test]
fn commits_of_the_agent_itself_are_squashed_and_a_branch_that_moved_is_merged() {
    let (scene, folder) = scene();
    work(&folder, "const MANY = 10;\n");
    git(&folder, &["commit", "--quiet", "--all", "--message=Mine alone"]);
    work(&folder, "const RATE = 10;\n");
    scene.somebody_pushes(BRANCH, "README.md", "Discounts are granted.\n");
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          Merge branch 'codex/issue-7' as it is on the remote
        Ada <ada@example.com>
          Somebody else's work
       README.md | 1 +
       1 file changed, 1 insertion(+)
        codex-bot <codex-bot@codex-k8s.local>
          feat: apply Codex review changes for PR #8
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 2 ++
       1 file changed, 2 insertions(+)
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    // The same call again: the work is there, and no commit is made of what somebody else did.
    let head = scene.head(BRANCH);
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(scene.head(BRANCH), head);
}

#[test]
fn a_git_directory_full_of_traps_is_not_run_and_not_believed() {
    let (scene, folder) = scene();
    work(&folder, "const MANY = 10;\n");
    let trap = scene.path("trapped");
    let script = format!("#!/bin/sh\ntouch {}\n", trap.display());
    for hook in ["pre-commit", "pre-push", "post-checkout", "fsmonitor"] {
        let path = folder.join(".git/hooks").join(hook);
        std::fs::write(&path, &script).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let hooks = folder.join(".git/hooks");
    let config = format!(
        "[core]\n\tfsmonitor = {0}/fsmonitor\n\thooksPath = {0}\n\tsshCommand = {0}/fsmonitor\n[filter \"x\"]\n\tclean = {0}/fsmonitor\n",
        hooks.display()
    );
    std::fs::write(folder.join(".git/config"), config).unwrap();
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(!trap.exists(), "something of the tree's own git directory ran");

    std::fs::write(folder.join(".git/HEAD"), "0123456789012345678901234567890123456789\n").unwrap();
    for gone in ["logs", "packed-refs", "ORIG_HEAD", "FETCH_HEAD"] {
        let path = folder.join(".git").join(gone);
        drop(std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)));
    }
    work(&folder, "const MORE = 1;\n");
    let ran = scene.apply();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 1
    ✓ gates           pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            3 of ai, without a record here
    ✗ check           nobody can say which commit the work in <scene>/envs/3/src started from: its git directory names none of branch codex/issue-7. Sources that were checked out from that branch (`codexctl ci sync-sources`) name it
    error: nobody can say which commit the work in <scene>/envs/3/src started from: its git directory names none of branch codex/issue-7. Sources that were checked out from that branch (`codexctl ci sync-sources`) name it
    ");
}

#[test]
fn the_policy_of_the_base_branch_and_the_scan_judge_the_work_of_a_slot_too() {
    let (scene, folder) = scene();
    work(&folder, concat!("// ghp", "_x7Kd93mQp0ZtVb81RwLnYc5HsE2uGa4JfT6o\n"));
    let ran = scene.apply();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 1
    ✓ gates           pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            3 of ai, without a record here
    ✓ check           1 file, +1 −0
    ✗ commit          secrets would leave the run:
    error: secrets would leave the run:
        services/checkout/cart.js:24: GitHub token
      Take them out of the change and rotate those that are real
    ");

    let (scene, folder) = self::scene();
    let file = folder.join(".github/ci.yml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "on: push\n").unwrap();
    let ran = scene.apply();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let body = scene.stand.as_ref().unwrap().state().repos[REPO].issues[&PULL].body.clone();
    insta::assert_snapshot!(body, @"
    > [!WARNING]
    > **A run for a review changed protected files here:** `.github/ci.yml`. Read them line by line before you merge or mark this as ready.

    `priceCart` left the discount out.

    Closes #7
    ");
}

#[test]
fn a_closed_pull_request_a_fork_and_a_slot_without_sources_are_refused_with_the_way_out() {
    let (scene, folder) = scene();
    work(&folder, "const MANY = 10;\n");
    scene.set_pull(|pull| pull.head_repo = "mallory/shop".to_owned());
    let fork = scene.apply();
    scene.set_pull(|pull| pull.head_repo = REPO.to_owned());
    scene.stand.as_ref().unwrap().set(|state| state.issue_mut(REPO, PULL).closed = true);
    let closed = scene.apply();
    scene.stand.as_ref().unwrap().set(|state| state.issue_mut(REPO, PULL).closed = false);
    let missing = scene.pr(&["review-apply", "--slot", "4", "--pr", "8"]);
    let nothing = scene.pr(&["review-apply", "--pr", "8"]);
    let all = [fork, closed, missing, nothing].map(|ran| scene.told(&ran));
    insta::assert_snapshot!(all.join("-----\n"), @"
    exit 3
    ✗ gates           gate fork: pull request #8 comes from a fork that is gone
    note: stopped by the gate fork: pull request #8 comes from a fork that is gone
    -----
    exit 3
    ✗ gates           gate state: pull request #8 is closed
    note: stopped by the gate state: pull request #8 is closed
    -----
    exit 2
    ✓ gates           pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            4 of ai, without a record here
    ✗ check           there are no sources in <scene>/envs/4/src: check --code-root-base (CODEXCTL_CODE_ROOT_BASE) and --slot
    error: there are no sources in <scene>/envs/4/src: check --code-root-base (CODEXCTL_CODE_ROOT_BASE) and --slot
    -----
    exit 2
    error: pr review-apply has to know whose work is meant: give --slot
    ");
}
