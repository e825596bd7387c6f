//! Unfinished work: kept where it may be kept, and taken up again.

use codexctl_action::publish::live::LiveSources;
use codexctl_action::publish::{AgentTree, PlacedTree, Save, SaveTo, SavedWork, Sources as _, TakenUp};

use crate::house::{BRANCH, House, git, write};

const WIP: &str = "codex/issue-12-wip";

async fn save(house: &House, live: &LiveSources, tree: &PlacedTree, to: SaveTo) -> Option<SavedWork> {
    house.collect(live, tree).await.unwrap();
    let mut commit = house.wanted_commit();
    commit.message = "wip: unfinished work of #12".into();
    live.save(&Save { commit, to }).await.unwrap().into_known().unwrap()
}

fn work(tree: &PlacedTree) {
    write(&tree.folder, "web/app.js", "one\nhalf done\nthree\n");
    std::fs::write(tree.folder.join("hat.png"), b"\x89PNG\r\n\0\xff\xfe").unwrap();
    std::fs::remove_file(tree.folder.join("old.txt")).unwrap();
}

fn anew(house: &House, saved: &SavedWork) -> AgentTree {
    AgentTree { saved: Some(saved.clone()), keep: false, ..house.wanted_tree(&house.remote_branch("main")) }
}

async fn placed(live: &LiveSources, wanted: &AgentTree) -> PlacedTree {
    live.agent_tree(wanted).await.unwrap().into_known().unwrap()
}

fn check(tree: &PlacedTree) {
    assert_eq!(tree.taken_up, TakenUp::Whole);
    assert_eq!(std::fs::read_to_string(tree.folder.join("web/app.js")).unwrap(), "one\nhalf done\nthree\n");
    assert_eq!(std::fs::read(tree.folder.join("hat.png")).unwrap(), b"\x89PNG\r\n\0\xff\xfe");
    assert_eq!(git(&tree.folder, &["status", "--porcelain"]), "D old.txt\n M web/app.js\n?? hat.png");
}

#[tokio::test]
async fn a_branch_keeps_unfinished_work_and_a_later_run_goes_on_from_there() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    work(&tree);
    let saved = save(&house, &live, &tree, SaveTo::Branch(WIP.into())).await.unwrap();
    let SavedWork::Branch { commit: first, .. } = saved.clone() else { panic!() };
    assert_eq!(house.remote_branch(WIP), first);
    assert_eq!(house.remote_branch(BRANCH), "", "the branch of the issue is untouched");
    assert_eq!(save(&house, &live, &tree, SaveTo::Branch(WIP.into())).await, Some(saved.clone()), "twice is once");

    house.somebody_pushes("main", "elsewhere.txt", "elsewhere\n");
    house.fetch(&live).await;
    let tree = placed(&live, &anew(&house, &saved)).await;
    check(&tree);

    write(&tree.folder, "more.txt", "more\n");
    let second = save(&house, &live, &tree, SaveTo::Branch(WIP.into())).await.unwrap();
    let SavedWork::Branch { commit, .. } = &second else { panic!() };
    assert_eq!(&house.remote_branch(WIP), commit);
    let parents = git(&house.origin(), &["show", "--no-patch", "--format=%P", commit]);
    assert!(parents.starts_with(&first), "what was saved before is still in its history: {parents}");

    live.drop_saved(&saved).await.unwrap();
    assert_eq!(&house.remote_branch(WIP), commit, "a branch that moved on is left alone");
    live.drop_saved(&second).await.unwrap();
    assert_eq!(house.remote_branch(WIP), "");
    live.drop_saved(&second).await.unwrap();
}

#[tokio::test]
async fn a_patch_keeps_unfinished_work_where_nothing_may_be_pushed() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    work(&tree);
    let outbox = house.path("shop/.codexctl/outbox");
    let saved = save(&house, &live, &tree, SaveTo::Patch(outbox.clone())).await.unwrap();
    let path = outbox.join("codex-issue-12-wip.patch");
    assert_eq!(saved, SavedWork::Patch(path.clone()));
    let text = std::fs::read_to_string(&path).unwrap().replace(&tree.start, "START");
    let head: Vec<_> = text.lines().take(5).collect();
    insta::assert_snapshot!(head.join("\n"), @r"
    wip: unfinished work of #12

    Unfinished work of branch codex/issue-12, on top of commit START.
    Take it up with: git apply --3way codex-issue-12-wip.patch
    ");
    assert_eq!(house.remote_branch(WIP), "");
    check(&placed(&live, &anew(&house, &saved)).await);
    live.drop_saved(&saved).await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn work_that_may_not_leave_is_set_aside_for_its_user_alone_and_twice_is_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    work(&tree);
    let key = concat!("AKIA", "Q3EGRT7XKD5ZVW2M");
    write(&tree.folder, "web/key.js", &format!("const id = '{key}';\n"));
    let folder = house.path("state/set-aside");
    let saved = save(&house, &live, &tree, SaveTo::Aside(folder.clone())).await.unwrap();
    assert_eq!(save(&house, &live, &tree, SaveTo::Aside(folder.clone())).await, Some(saved.clone()));
    let SavedWork::Patch(path) = &saved else { panic!() };
    let rights = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((rights(&folder), rights(path)), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert!(std::fs::read_to_string(path).unwrap().contains(key));
    assert_eq!(house.remote_branch(WIP), "");
    std::fs::remove_file(tree.folder.join("web/key.js")).unwrap();
    // By hand it can be taken up.
    let fresh = placed(&live, &anew(&house, &saved)).await;
    assert!(fresh.folder.join("web/key.js").exists());
}

#[tokio::test]
async fn saved_work_that_does_not_fit_any_more_is_left_out_and_named() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    work(&tree);
    let branch = save(&house, &live, &tree, SaveTo::Branch(WIP.into())).await.unwrap();
    let patch = save(&house, &live, &tree, SaveTo::Patch(house.path("outbox"))).await.unwrap();
    house.somebody_pushes("main", "web/app.js", "one\nsomebody's\nthree\n");
    house.fetch(&live).await;
    for saved in [branch, patch] {
        let tree = placed(&live, &anew(&house, &saved)).await;
        let TakenUp::LeftOut(why) = &tree.taken_up else { panic!("{:?}", tree.taken_up) };
        assert!(why.ends_with(&format!("it is still in {saved}")), "{why}");
        assert_eq!(git(&tree.folder, &["status", "--porcelain"]), "", "no half of it lies about");
    }
}

#[tokio::test]
async fn without_work_nothing_is_saved() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    assert_eq!(save(&house, &live, &tree, SaveTo::Branch(WIP.into())).await, None);
    assert_eq!(house.remote_branch(WIP), "");
}
