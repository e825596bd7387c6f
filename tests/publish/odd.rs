//! Repositories and files of unusual shape.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use codexctl_action::git::Git;
use codexctl_action::publish::{Error, Limits, Pushed, Sources as _};

use crate::house::{BRANCH, CANARY, House, git, told, write};

#[tokio::test]
async fn odd_names_travel_as_they_are() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    let names: [&[u8]; 7] = [
        b"we\"ird 'quo`ted'.txt",
        b"back\\slash.txt",
        b" -leading and trailing .txt ",
        b"--option",
        b"\xff\xfe.bin",
        "h\u{fc}te \u{1f3a9}.txt".as_bytes(),
        b"a => b.txt",
    ];
    for name in names {
        std::fs::write(root.join(OsStr::from_bytes(name)), "x\n").unwrap();
    }
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()), @r#"
    Added  -leading and trailing .txt  2
    Added --option 2
    Added a => b.txt 2
    Added back\slash.txt 2
    Added hüte 🎩.txt 2
    Added we"ird 'quo`ted'.txt 2
    Added ��.bin 2
    "#);
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();
    let mut list = Command::new("git");
    list.args(["diff-tree", "-r", "-z", "--name-only", &tree.start, &commit]).current_dir(house.origin());
    let listed = list.output().unwrap().stdout;
    let listed: Vec<_> = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    assert_eq!(listed.len(), names.len());
    assert!(names.iter().all(|name| listed.contains(name)));
}

#[tokio::test]
async fn a_path_as_long_as_a_system_allows_is_left_and_named() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    // Relative steps: the whole path is longer than one call takes.
    let mut inside = format!("cd '{}'", tree.folder.display());
    for _ in 0..20 {
        inside.push_str(&format!(" && mkdir -p {0} && cd {0}", "d".repeat(200)));
    }
    inside.push_str(" && echo x >file.txt");
    assert!(Command::new("sh").args(["-c", &inside]).status().unwrap().success());
    let collected = house.collect(&live, &tree).await.unwrap();
    assert!(collected.files.is_empty(), "{collected:?}");
    let [notice] = collected.notices.as_slice() else { panic!("{:?}", collected.notices) };
    assert!(notice.to_string().ends_with("left out: the path is too deep or too long"), "{notice}");
}

#[tokio::test]
async fn modes_links_binary_and_empty_files_are_changes_of_their_own_kind() {
    let house = House::new();
    let seed = house.path("seed");
    symlink("README.md", seed.join("link")).unwrap();
    git(&seed, &["add", "-A"]);
    git(&seed, &["commit", "-q", "-m", "a link"]);
    git(&seed, &["push", "-q", "origin", "main"]);
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    std::fs::set_permissions(root.join("old.txt"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::remove_file(root.join("link")).unwrap();
    symlink("old.txt", root.join("link")).unwrap();
    std::fs::write(root.join("logo.bin"), [0, 159, 146, 150, 0, 10, 13]).unwrap();
    write(root, "empty", "");
    write(root, "dos.txt", "one\r\ntwo\r\n");
    let collected = house.collect(&live, &tree).await.unwrap();
    insta::assert_snapshot!(collected.diffstat, @"
    dos.txt  |   2 ++
    empty    |   0
    link     |   2 +-
    logo.bin | Bin 0 -> 7 bytes
    old.txt  |   0
    5 files changed, 3 insertions(+), 1 deletion(-)
    ");
    let commit = house.commit(&live).await.unwrap();
    insta::assert_snapshot!(git(&house.path("state/publish/ai-1"), &["diff-tree", "-r", "--raw", "--abbrev=4", &tree.start, &commit]), @"
    :000000 100644 0000 4e34 A	dos.txt
    :000000 100644 0000 e69d A	empty
    :120000 120000 4206 09dc M	link
    :000000 100644 0000 a080 A	logo.bin
    :100644 100755 3367 3367 M	old.txt
    ");
    let size = git(&house.path("state/publish/ai-1"), &["cat-file", "-s", &format!("{commit}:dos.txt")]);
    assert_eq!(size, "10", "line ends stay as they are");
}

#[tokio::test]
async fn the_limits_themselves_are_still_fine() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "one.bin", &"x".repeat(4000));
    std::fs::remove_file(tree.folder.join("old.txt")).unwrap();
    let mut wanted = house.wanted_collect(&tree);
    for (files, bytes, fits) in [(2, 4000, true), (1, 4000, false), (2, 3999, false)] {
        wanted.limits = Limits { files, bytes };
        let result = live.collect(&wanted).await;
        assert_eq!(result.is_ok(), fits, "{files} files, {bytes} bytes: {result:?}");
        assert!(fits || matches!(result, Err(Error::Limit { .. })));
    }
}

#[tokio::test]
async fn a_remote_that_is_shallow_itself_is_worked_on_as_far_as_it_goes() {
    let house = House::new();
    let shallow = house.path("shallow.git");
    let from = format!("file://{}", house.origin().display());
    git(house.folder.path(), &["clone", "-q", "--bare", "--depth", "1", &from, "shallow.git"]);
    let live = house.live_at(&shallow.display().to_string(), None);
    let tree = house.tree(&live).await;
    assert_eq!(git(&tree.folder, &["log", "--format=%s"]), "second");
    write(&tree.folder, "hats.txt", "hats\n");
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    assert_eq!(house.push(&live, &commit).await.unwrap(), Pushed::Done { commit: commit.clone(), created: true });
    assert_eq!(git(&shallow, &["rev-parse", BRANCH]), commit);
}

#[tokio::test]
async fn a_checkout_of_depth_one_gives_its_address_and_the_history_comes_from_the_remote() {
    let house = House::new();
    let from = format!("file://{}", house.origin().display());
    git(house.folder.path(), &["clone", "-q", "--depth", "1", &from, "checkout"]);
    let plain = Git::new(&house.vars, &house.path("private"), None, &house.redactor);
    let url = plain.origin_url(&house.path("checkout")).await.unwrap().unwrap();
    let live = house.live_at(url.as_str(), None);
    let tree = house.tree(&live).await;
    assert_eq!(git(&tree.folder, &["log", "--format=%s"]), "second\nfirst");
}

#[tokio::test]
async fn a_default_branch_under_a_new_name_is_followed() {
    let house = House::new();
    let live = house.live();
    assert_eq!(house.fetch(&live).await.default, "main");
    git(&house.origin(), &["branch", "-m", "main", "trunk"]);
    git(&house.origin(), &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let heads = house.fetch(&live).await;
    assert_eq!((heads.default.as_str(), heads.branches.len()), ("trunk", 1));
    assert_eq!(heads.default_commit(), Some(house.remote_branch("trunk").as_str()));
}

#[tokio::test]
async fn a_commit_of_ours_never_asks_to_skip_its_checks() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "hats.txt", "hats\n");
    house.collect(&live, &tree).await.unwrap();
    let mut wanted = house.wanted_commit();
    wanted.message = "feat: hats [skip ci]\n\nsell them [no [ci skip]ci]\n\n\nskip-checks: true".into();
    let commit = live.commit(&wanted).await.unwrap().into_known().unwrap().unwrap();
    let message = git(&house.path("state/publish/ai-1"), &["show", "--no-patch", "--format=%B", &commit]);
    insta::assert_snapshot!(message, @"
    feat: hats  

    sell them

    Co-authored-by: Codex <noreply@openai.com>
    ");
}

#[tokio::test]
async fn secrets_are_found_wherever_they_leave() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    let wide: Vec<u8> = format!("key={CANARY}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(root.join("wide.txt"), wide).unwrap();
    symlink(CANARY, root.join("link")).unwrap();
    write(root, "web/auth.txt", "Basic dXNlcjpydW4tc2VjcmV0LWNhbmFyeS00NzExCg==\n");
    write(root, ".gitattributes", "*.txt -diff\n");
    write(root, &format!("{CANARY}/x"), "x\n");
    house.collect(&live, &tree).await.unwrap();
    let mut wanted = house.wanted_commit();
    wanted.branch = format!("codex/{CANARY}");
    wanted.author.name = CANARY.into();
    let error = live.commit(&wanted).await.unwrap_err().to_string();
    assert!(!error.contains(CANARY), "{error}");
    insta::assert_snapshot!(error, @"
    secrets would leave the run:
      link:1: a secret value of this run
      the name of a file: a secret value of this run
      web/auth.txt:1: a secret value of this run
      wide.txt: a secret value of this run
      the name of the branch:1: a secret value of this run
      the author of the commit:1: a secret value of this run
    Take them out of the change and rotate those that are real
    ");
    assert_eq!(house.remote_branch(BRANCH), "");
}
