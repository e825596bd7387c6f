//! The whole way: mirror, trusted tree, agent's tree, collection, commit, push; cut anywhere and done again.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use codexctl_action::answer::Answer;
use codexctl_action::publish::dry::DrySources;
use codexctl_action::publish::{Error, Limits, Pushed, Save, SaveTo, Sources as _, TakenUp};

use crate::house::{BRANCH, CANARY, House, SLOT, bot, git, told, write};

fn edit(tree: &Path) {
    write(tree, "web/app.js", "one\nTWO\nthree\nfour\n");
    write(tree, "web/hats.js", "hats\n");
    std::fs::remove_file(tree.join("old.txt")).unwrap();
    std::fs::set_permissions(tree.join("web/hats.js"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn the_agents_work_becomes_one_commit_on_the_remote() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    assert_eq!((tree.branch.as_str(), tree.kept, &tree.taken_up), (BRANCH, false, &TakenUp::Nothing));

    edit(&tree.folder);
    git(&tree.folder, &["commit", "-q", "-a", "-m", "the agent's own commit counts for nothing"]);
    let collected = house.collect(&live, &tree).await.unwrap();
    insta::assert_snapshot!(told(&collected), @r"
    Deleted old.txt 0
    Modified web/app.js 19
    Added web/hats.js 5
    ");
    assert_eq!((collected.insertions, collected.deletions), (3, 2));
    insta::assert_snapshot!(collected.diffstat, @r"
     old.txt     | 1 -
     web/app.js  | 3 ++-
     web/hats.js | 1 +
     3 files changed, 3 insertions(+), 2 deletions(-)
    ");

    let commit = house.commit(&live).await.unwrap();
    let pushed = house.push(&live, &commit).await.unwrap();
    assert_eq!(pushed, Pushed::Done { commit: commit.clone(), created: true });
    assert_eq!(house.remote_branch(BRANCH), commit);
    let shown = git(&house.origin(), &["show", "--no-patch", "--format=%an <%ae>|%cn|%aI|%P|%B", BRANCH]);
    assert_eq!(
        shown,
        format!(
            "codex-bot <codex-bot@codex-k8s.local>|codex-bot|2026-03-01T12:00:00+00:00|{}|feat: sell hats (#12)\n\nCo-authored-by: Codex <noreply@openai.com>",
            tree.start
        )
    );
    assert!(git(&house.origin(), &["ls-tree", "-r", BRANCH]).contains("100755 blob"), "the executable bit travels");
}

#[tokio::test]
async fn a_second_try_gives_the_same_commit_and_pushes_nothing_new() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    edit(&tree.folder);
    house.collect(&live, &tree).await.unwrap();
    let first = house.commit(&live).await.unwrap();
    house.push(&live, &first).await.unwrap();

    let again = house.live();
    house.fetch(&again).await;
    let tree = again.agent_tree(&house.wanted_tree(&tree.start)).await.unwrap().into_known().unwrap();
    assert!(tree.kept);
    house.collect(&again, &tree).await.unwrap();
    let second = house.commit(&again).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(house.push(&again, &second).await.unwrap(), Pushed::AlreadyThere { commit: first });
}

#[tokio::test]
async fn a_tree_is_kept_for_its_own_branch_only_and_tells_where_it_started() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "hats.txt", "hats\n");
    let newer = house.somebody_pushes("main", "new.txt", "new\n");
    house.fetch(&live).await;
    let mut wanted = house.wanted_tree(&newer);
    let kept = live.agent_tree(&wanted).await.unwrap().into_known().unwrap();
    assert_eq!((kept.kept, &kept.start), (true, &tree.start), "work is what differs from where the tree started");
    wanted.branch = format!("{BRANCH}-2");
    let fresh = live.agent_tree(&wanted).await.unwrap().into_known().unwrap();
    assert_eq!((fresh.kept, &fresh.start), (false, &newer));
    assert!(!fresh.folder.join("hats.txt").exists());
}

#[tokio::test]
async fn a_commit_that_was_never_fetched_is_named() {
    let house = House::new();
    let live = house.live();
    house.fetch(&live).await;
    let wrong = "1111111111111111111111111111111111111111";
    let error = live.trusted_tree(wrong).await.unwrap_err().to_string();
    let error = error.replace(&house.folder.path().display().to_string(), "HOUSE");
    insta::assert_snapshot!(error, @"commit 1111111111111111111111111111111111111111 is not in HOUSE/state/mirror.git: it is on no branch of the remote, or was not fetched yet");
    assert_eq!(
        live.trusted_tree("main; touch x").await.unwrap_err().to_string(),
        "\"main; touch x\" is no name for a commit"
    );
}

#[tokio::test]
async fn nothing_changed_is_no_commit() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "node_modules/x/index.js", "ignored\n");
    write(&tree.folder, ".codexctl/outbox/x.md", "skipped\n");
    let collected = house.collect(&live, &tree).await.unwrap();
    assert_eq!((told(&collected).as_str(), collected.diffstat.as_str()), ("", ""));
    assert_eq!(house.commit(&live).await, None);
}

#[tokio::test]
async fn ignored_and_skipped_files_stay_behind_and_tracked_ones_count_all_the_same() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "x.log", "ignored\n");
    write(&tree.folder, "keep.log", "taken back by the rules\n");
    write(&tree.folder, "built.log", "tracked\n");
    write(&tree.folder, "web/.gitignore", "/dist\n*.tmp\n!x.tmp\n");
    write(&tree.folder, "web/dist/a.js", "ignored below\n");
    write(&tree.folder, "web/a.tmp", "ignored\n");
    write(&tree.folder, "web/x.tmp", "not ignored\n");
    write(&tree.folder, "dist/a.js", "another dist\n");
    write(&tree.folder, ".bin/tool", "skipped\n");
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()), @r"
    Modified built.log 8
    Added dist/a.js 13
    Added keep.log 24
    Added web/.gitignore 19
    Added web/x.tmp 12
    ");
}

#[tokio::test]
async fn a_skipped_folder_stays_as_it_was_changed_or_gone() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let mut wanted = house.wanted_collect(&tree);
    wanted.skip = vec!["web".into()];
    write(&tree.folder, "web/app.js", "changed\n");
    write(&tree.folder, "web/new.js", "new\n");
    assert_eq!(told(&live.collect(&wanted).await.unwrap().into_known().unwrap()), "");
    std::fs::remove_dir_all(tree.folder.join("web")).unwrap();
    assert_eq!(told(&live.collect(&wanted).await.unwrap().into_known().unwrap()), "");
    wanted.skip = vec!["[".into()];
    let error = live.collect(&wanted).await.unwrap_err().to_string();
    assert_eq!(error, "publish.skip: \"[\" is no glob: unclosed character class; missing ']'");
}

#[tokio::test]
async fn files_folders_and_links_may_take_each_others_place() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    std::fs::remove_file(root.join("old.txt")).unwrap();
    write(root, "old.txt/inner.txt", "a folder now\n");
    std::fs::remove_dir_all(root.join("web")).unwrap();
    write(root, "web", "a file now\n");
    std::fs::remove_file(root.join("README.md")).unwrap();
    std::os::unix::fs::symlink("services.yaml", root.join("README.md")).unwrap();
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()), @r"
    Modified README.md 13
    Deleted old.txt 0
    Added old.txt/inner.txt 13
    Added web 11
    Deleted web/app.js 0
    ");
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();
    assert!(git(&house.origin(), &["ls-tree", BRANCH, "README.md"]).starts_with("120000"));
}

#[tokio::test]
async fn the_trusted_tree_has_the_files_of_the_default_branch_and_no_git() {
    let house = House::new();
    let live = house.live();
    let heads = house.fetch(&live).await;
    assert_eq!(heads.default, "main");
    let commit = heads.default_commit().unwrap();
    let tree = live.trusted_tree(commit).await.unwrap().into_known().unwrap();
    assert_eq!(std::fs::read_to_string(tree.join("services.yaml")).unwrap(), "project: shop\n");
    assert!(!tree.join(".git").exists());
    assert_eq!(live.trusted_tree(commit).await.unwrap().into_known().unwrap(), tree);
}

#[tokio::test]
async fn the_agents_clone_has_history_and_no_way_back_to_ours() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    assert_eq!(git(root, &["log", "--format=%s"]), "second\nfirst");
    assert_eq!(git(root, &["status", "--porcelain"]), "");
    assert_eq!(git(root, &["branch", "--format=%(refname:short)"]), format!("{BRANCH}\nmain"));
    assert_eq!(git(root, &["remote"]), "");
    assert!(!root.join(".git/objects/info/alternates").exists());
    assert!(!root.join(".git/hooks").exists());
    let config = std::fs::read_to_string(root.join(".git/config")).unwrap();
    insta::assert_snapshot!(config.replace('\t', "  "), @r"
    [core]
      repositoryformatversion = 0
      filemode = true
      bare = false
      logallrefupdates = true
    [user]
      name = codex-bot
      email = codex-bot@codex-k8s.local
    ");
    for entry in ignore::WalkBuilder::new(root).standard_filters(false).build() {
        let path = entry.unwrap().into_path();
        let found = std::fs::symlink_metadata(&path).unwrap();
        assert!(found.is_dir() || found.nlink() == 1, "{} has a second link", path.display());
    }
    let state = house.path("state").display().to_string();
    let grep = std::process::Command::new("grep").args(["-rl", &state]).arg(root).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&grep.stdout), "", "no file names the state folder");
}

#[tokio::test]
async fn a_run_that_was_cut_anywhere_ends_in_the_same_state() {
    let house = House::new();
    let live = house.live();
    let reference = House::new();
    // What kill -9 leaves: half-made folders, git's locks, names beside.
    for half in [
        "state/mirror.git/refs",
        "state/mirror.git.new/objects",
        "work/src.new/.git",
        "work/src/.git",
        "state/publish/ai-1/.git",
    ] {
        std::fs::create_dir_all(house.path(half)).unwrap();
    }
    write(&house.path("work/src"), "half.txt", "half a tree\n");
    let tree = house.tree(&live).await;
    assert!(!tree.kept && !tree.folder.join("half.txt").exists());

    for lock in ["packed-refs.lock", "shallow.lock", "config.lock", "refs/heads/main.lock"] {
        write(&house.path("state/mirror.git"), lock, "");
    }
    house.somebody_pushes("main", "new.txt", "new\n");
    let heads = house.fetch(&live).await;
    assert_eq!(heads.default_commit().unwrap(), house.remote_branch("main"));

    let commit = heads.default_commit().unwrap();
    let trusted = house.path("state/trusted");
    write(&trusted.join(format!("{commit}.new")), "junk.txt", "half a tree\n");
    write(&trusted, &format!("{commit}.index.lock"), "");
    std::fs::create_dir_all(trusted.join("0000000000000000000000000000000000000000")).unwrap();
    std::fs::create_dir_all(trusted.join("0000000000000000000000000000000000000001.new")).unwrap();
    let folder = live.trusted_tree(commit).await.unwrap().into_known().unwrap();
    assert!(folder.join("new.txt").exists() && !folder.join("junk.txt").exists());
    let mut names: Vec<_> =
        std::fs::read_dir(&trusted).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [commit.to_owned(), format!("{commit}.used")], "what nobody uses is swept");

    edit(&tree.folder);
    house.collect(&live, &tree).await.unwrap();
    write(&house.path("state/publish/ai-1/.git"), "index.lock", "");
    write(&house.path("state/publish/ai-1/.git"), "refs/heads/codex/issue-12.lock", "");
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();

    let live = reference.live();
    let tree = reference.tree(&live).await;
    edit(&tree.folder);
    reference.collect(&live, &tree).await.unwrap();
    reference.commit(&live).await.unwrap();
    let of = |house: &House, what: &str| git(&house.path("state/publish/ai-1"), &["rev-parse", what]);
    assert_eq!(of(&house, "HEAD^{tree}"), of(&reference, "HEAD^{tree}"));
}

#[tokio::test]
async fn work_that_is_stopped_at_any_moment_and_started_again_ends_in_one_commit() {
    let house = House::new();
    let whole = async || {
        let live = house.live();
        let tree = house.tree(&live).await;
        // As an agent would: what it did in an earlier try is still there.
        if !tree.kept {
            edit(&tree.folder);
        }
        live.trusted_tree(&tree.start).await.unwrap();
        house.collect(&live, &tree).await.unwrap();
        let commit = house.commit(&live).await.unwrap();
        house.push(&live, &commit).await.unwrap();
    };
    // Nobody knows what each of these moments hits; dropped futures kill their gits wherever they are.
    for moment in 1..25 {
        let _ = tokio::time::timeout(Duration::from_millis(moment * 7), whole()).await;
    }
    let live = house.live();
    let mut wanted = house.wanted_tree(&house.remote_branch("main"));
    wanted.keep = false;
    house.tree(&live).await;
    let tree = live.agent_tree(&wanted).await.unwrap().into_known().unwrap();
    edit(&tree.folder);
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();
    assert_eq!(house.remote_branch(BRANCH), commit);
    assert_eq!(git(&house.origin(), &["log", "--format=%s", BRANCH]), "feat: sell hats (#12)\nsecond\nfirst");
    let files = git(&house.origin(), &["ls-tree", "-r", "--name-only", BRANCH]);
    assert_eq!(files, ".gitignore\nREADME.md\nbuilt.log\nservices.yaml\nweb/app.js\nweb/hats.js");
}

#[tokio::test]
async fn a_damaged_mirror_is_made_anew() {
    let house = House::new();
    let live = house.live();
    house.fetch(&live).await;
    let mirror = house.path("state/mirror.git");
    std::fs::remove_dir_all(mirror.join("objects")).unwrap();
    house.somebody_pushes("main", "new.txt", "new\n");
    let heads = house.fetch(&live).await;
    assert_eq!(heads.default_commit().unwrap(), house.remote_branch("main"));
    assert_eq!(git(&mirror, &["log", "--format=%s", "main"]), "somebody else\nsecond\nfirst");
}

#[tokio::test]
async fn branches_that_left_the_remote_leave_the_mirror_and_names_may_become_folders() {
    let house = House::new();
    let live = house.live();
    house.somebody_pushes("topic", "a.txt", "a\n");
    assert!(house.fetch(&live).await.branches.contains_key("topic"));
    git(&house.origin(), &["branch", "-q", "-D", "topic"]);
    house.somebody_pushes("topic/deeper", "a.txt", "a\n");
    let names: Vec<_> = house.fetch(&live).await.branches.into_keys().collect();
    assert_eq!(names, ["main", "topic/deeper"]);
}

#[tokio::test]
async fn an_empty_remote_says_what_to_do() {
    let house = House::new();
    git(house.folder.path(), &["init", "-q", "--bare", "empty.git"]);
    let error = house.live_at("empty.git", None).fetch().await.unwrap_err().to_string();
    assert!(
        error.ends_with("empty.git has no commits: push a first commit to its default branch, then run again"),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_remote_says_where_it_was_looked_for() {
    let house = House::new();
    let error = house.live_at("gone.git", None).fetch().await.unwrap_err().to_string();
    let error = error.replace(&house.folder.path().display().to_string(), "HOUSE");
    insta::assert_snapshot!(error, @"
    git ls-remote failed: 'HOUSE/gone.git' does not appear to be a git repository
      Could not read from remote repository.
    HOUSE/gone.git is missing: look at the remote `origin` and at --repo
    ");
}

#[tokio::test]
async fn collecting_stops_at_the_limits() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    for number in 0..5 {
        write(&tree.folder, &format!("many/{number}.txt"), "0123456789");
    }
    let mut wanted = house.wanted_collect(&tree);
    wanted.limits = Limits { files: 4, bytes: 1000 };
    let error = live.collect(&wanted).await.unwrap_err();
    insta::assert_snapshot!(error, @"more than 4 files changed: raise publish.maxFiles, add what is generated to .gitignore or publish.skip");
    wanted.limits = Limits { files: 5, bytes: 49 };
    let error = live.collect(&wanted).await.unwrap_err();
    insta::assert_snapshot!(error, @"the changed files have more than 49 bytes: raise publish.maxBytes, add what is generated to .gitignore or publish.skip");
    assert!(
        matches!(live.commit(&house.wanted_commit()).await.unwrap_err(), Error::NotCollected { slot } if slot == SLOT)
    );
    wanted.limits = Limits { files: 5, bytes: 50 };
    assert_eq!(live.collect(&wanted).await.unwrap().into_known().unwrap().files.len(), 5);
}

#[tokio::test]
async fn a_secret_in_the_work_or_in_the_message_stops_the_commit_and_is_not_told() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "web/app.js", &format!("one\ntwo\nthree\nkey = '{CANARY}'\n"));
    write(&tree.folder, "web/blob.bin", &format!("\0\u{1}{CANARY}\0"));
    write(&tree.folder, "npmrc", &format!("\n//registry/:_authToken=npm_{}\n", "aB3dE6gH9".repeat(4)));
    house.collect(&live, &tree).await.unwrap();
    let mut wanted = house.wanted_commit();
    wanted.message = format!("feat: x\n\n{CANARY}");
    let error = live.commit(&wanted).await.unwrap_err();
    insta::assert_snapshot!(error, @"
    secrets would leave the run:
      npmrc:2: npm token
      web/app.js:4: a secret value of this run
      web/blob.bin: a secret value of this run
      the commit message:3: a secret value of this run
    Take them out of the change and rotate those that are real
    ");
    let again = live.commit(&wanted).await.unwrap_err();
    assert!(matches!(again, Error::NotCollected { .. }), "what was refused stays in no clone of ours: {again}");
    house.collect(&live, &tree).await.unwrap();
    let save = Save { commit: house.wanted_commit(), to: SaveTo::Branch(format!("{BRANCH}-wip")) };
    assert!(matches!(live.save(&save).await.unwrap_err(), Error::Secrets(_)), "unfinished work is scanned too");
    assert_eq!(house.remote_branch(&format!("{BRANCH}-wip")), "");
}

#[tokio::test]
async fn the_dry_hand_says_what_it_would_do_and_touches_nothing() {
    let house = House::new();
    let dry = DrySources::default();
    let tree = house.wanted_tree("1111111111111111111111111111111111111111");
    let placed = codexctl_action::publish::PlacedTree {
        folder: tree.folder.clone(),
        branch: tree.branch.clone(),
        start: tree.start.clone(),
        kept: false,
        taken_up: TakenUp::Nothing,
    };
    fn why<T: std::fmt::Debug>(answer: Result<Answer<T>, Error>) -> String {
        match answer.unwrap() {
            Answer::Unknown(why) => why,
            Answer::Known(value) => panic!("knows {value:?}"),
        }
    }
    let push = codexctl_action::publish::Push {
        slot: SLOT.into(),
        branch: BRANCH.into(),
        commit: tree.start.clone(),
        author: bot(),
        date: crate::house::date(),
    };
    let save = Save { commit: house.wanted_commit(), to: SaveTo::Branch(format!("{BRANCH}-wip")) };
    let lines = [
        why(dry.remote_heads().await),
        why(dry.fetch().await),
        why(dry.trusted_tree("main").await),
        why(dry.agent_tree(&tree).await),
        why(dry.collect(&house.wanted_collect(&placed)).await),
        why(dry.commit(&house.wanted_commit()).await),
        why(dry.push(&push).await),
        why(dry.save(&save).await),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    would ask the remote `origin` for its branches
    would fetch the remote `origin`
    would check out the trusted commit main
    would clone codex/issue-12 at 1111111111111111111111111111111111111111 for the agent, without remotes and credentials
    would take at most 100 changed files of 4194304 bytes over from the agent's tree
    would commit `feat: sell hats (#12)` as codex-bot <codex-bot@codex-k8s.local>
    would push codex/issue-12 to the remote `origin`
    would keep unfinished work on branch codex/issue-12-wip of the remote `origin`
    ");
    assert!(!house.path("state").exists() && !house.path("work").exists());
}
