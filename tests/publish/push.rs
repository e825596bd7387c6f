//! A push to a branch that moved, that is protected, that is contested.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use codexctl_action::publish::{Push, Pushed, Sources as _};

use crate::house::{BRANCH, House, SLOT, bot, date, git, write};

async fn ready(house: &House, path: &str, text: &str) -> (codexctl_action::publish::live::LiveSources, String) {
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, path, text);
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    (live, commit)
}

fn hook(origin: &Path, name: &str, script: &str) {
    let path = origin.join("hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn a_branch_that_moved_is_merged() {
    let house = House::new();
    let (live, commit) = ready(&house, "hats.txt", "hats\n").await;
    let theirs = house.somebody_pushes(BRANCH, "shoes.txt", "shoes\n");
    let Pushed::Merged { commit: merge, with } = house.push(&live, &commit).await.unwrap() else { panic!() };
    assert_eq!(with, theirs);
    assert_eq!(house.remote_branch(BRANCH), merge);
    let shown = git(&house.origin(), &["show", "--no-patch", "--format=%P|%an|%s", &merge]);
    assert_eq!(shown, format!("{commit} {theirs}|codex-bot|Merge branch 'codex/issue-12' as it is on the remote"));
    let names = git(&house.origin(), &["ls-tree", "--name-only", &merge]);
    assert!(names.contains("hats.txt") && names.contains("shoes.txt"));
    // A run that was killed after this push finds its work there.
    assert_eq!(house.push(&live, &commit).await.unwrap(), Pushed::AlreadyThere { commit: merge });
}

#[tokio::test]
async fn work_that_conflicts_is_kept_beside_the_branch_and_nothing_is_forced() {
    let house = House::new();
    let (live, commit) = ready(&house, "web/app.js", "one\nours\nthree\n").await;
    let theirs = house.somebody_pushes(BRANCH, "web/app.js", "one\ntheirs\nthree\n");
    let kept = Pushed::Conflict {
        branch: "codex/issue-12-conflict".into(),
        commit: commit.clone(),
        files: vec!["web/app.js".into()],
    };
    assert_eq!(house.push(&live, &commit).await.unwrap(), kept);
    assert_eq!(house.remote_branch(BRANCH), theirs);
    assert_eq!(house.remote_branch("codex/issue-12-conflict"), commit);
    assert_eq!(house.push(&live, &commit).await.unwrap(), kept, "a second try changes nothing");

    let tree = live.agent_tree(&house.wanted_tree(&house.remote_branch("main"))).await.unwrap().into_known().unwrap();
    write(&tree.folder, "web/app.js", "one\nother work\nthree\n");
    house.collect(&live, &tree).await.unwrap();
    let other = house.commit(&live).await.unwrap();
    let Pushed::Conflict { branch, .. } = house.push(&live, &other).await.unwrap() else { panic!() };
    assert_eq!(branch, "codex/issue-12-conflict-2");
    assert_eq!(house.remote_branch("codex/issue-12-conflict"), commit, "the first work is still there");
}

#[tokio::test]
async fn a_branch_that_moves_in_the_very_moment_is_looked_at_again() {
    let house = House::new();
    let (live, commit) = ready(&house, "hats.txt", "hats\n").await;
    let theirs = house.somebody_pushes("other", "shoes.txt", "shoes\n");
    let once = house.path("once").display().to_string();
    hook(
        &house.origin(),
        "pre-receive",
        &format!(
            "[ -e '{once}' ] && exit 0\n: >'{once}'\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/{BRANCH} {theirs}\n"
        ),
    );
    let Pushed::Merged { with, commit: merge } = house.push(&live, &commit).await.unwrap() else { panic!() };
    assert_eq!((with, house.remote_branch(BRANCH)), (theirs, merge));
}

#[tokio::test]
async fn a_branch_that_is_ahead_of_nothing_is_fast_forwarded() {
    let house = House::new();
    let theirs = house.somebody_pushes(BRANCH, "shoes.txt", "shoes\n");
    let live = house.live();
    std::fs::create_dir_all(house.path("work")).unwrap();
    house.fetch(&live).await;
    let tree = live.agent_tree(&house.wanted_tree(&theirs)).await.unwrap().into_known().unwrap();
    write(&tree.folder, "hats.txt", "hats\n");
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    assert_eq!(house.push(&live, &commit).await.unwrap(), Pushed::Done { commit, created: false });
}

#[tokio::test]
async fn a_server_that_refuses_a_branch_is_quoted() {
    let house = House::new();
    let (live, commit) = ready(&house, "hats.txt", "hats\n").await;
    hook(&house.origin(), "pre-receive", "echo 'GH006: Protected branch update failed' >&2\nexit 1\n");
    let error = house.push(&live, &commit).await.unwrap_err().to_string();
    let error = error.replace(&house.folder.path().display().to_string(), "HOUSE").replace(&commit, "COMMIT");
    insta::assert_snapshot!(error, @"
    GitHub refused the push to codex/issue-12: GH006: Protected branch update failed
      pre-receive hook declined
    The token may not do this: it needs write access to contents, and `workflows` for files under .github/workflows; a protected branch must allow it
    ");
}

#[tokio::test]
async fn a_branch_name_that_is_none_goes_nowhere() {
    let house = House::new();
    let (live, commit) = ready(&house, "hats.txt", "hats\n").await;
    let push = Push { slot: SLOT.into(), branch: "--receive-pack=touch x".into(), commit, author: bot(), date: date() };
    let error = live.push(&push).await.unwrap_err().to_string();
    assert_eq!(error, "\"--receive-pack=touch x\" is no name for a branch");
}
