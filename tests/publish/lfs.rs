//! Files in Git LFS with the real git-lfs: what leaves is the file, where it goes is the repository's own server.

use std::os::unix::fs::symlink;
use std::path::Path;

use codexctl_action::git::{Credentials, Git};
use codexctl_action::publish::live::LiveSources;
use codexctl_action::publish::{Error, PlacedTree, Sources as _};
use codexctl_action::secrets::Secret;
use sha2::{Digest as _, Sha256};

use crate::git_http::GitHttp;
use crate::house::{BRANCH, CANARY, House, git, told, write};
use crate::parts;

const TOKEN: &str = "tok-canary-0123456789";
/// A pointer to an object that only the server has.
const OLD: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c\nsize 4\n";

/// A repository with two files in LFS, and a git that has git-lfs.
async fn house_with_lfs() -> (House, GitHttp, LiveSources) {
    let mut house = House::new();
    let bin = house.path("bin");
    std::fs::create_dir(&bin).unwrap();
    symlink(parts::cached("git-lfs-v3.8.1/git-lfs", "lfs"), bin.join("git-lfs")).unwrap();
    let path = format!("{}:{}", bin.display(), house.vars["PATH"]);
    house.vars.insert("PATH".into(), path);
    assert!(Git::new(&house.vars, &house.path("private"), None, &house.redactor).has_lfs());
    let seed = house.path("seed");
    write(&seed, ".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n");
    write(&seed, "logo.psd", OLD);
    write(&seed, "old.psd", OLD);
    // This git has no filter: the pointers go in as they are.
    git(&seed, &["add", "-A"]);
    git(&seed, &["commit", "-q", "-m", "lfs"]);
    git(&seed, &["push", "-q", "origin", "main"]);
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let credentials = Credentials { token: Secret::new(TOKEN.into()), server: server.address.clone() };
    let live = house.live_at(&format!("{}/origin.git", server.address), Some(credentials));
    (house, server, live)
}

fn pointer(content: &[u8]) -> String {
    let oid: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}", content.len())
}

fn objects(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder.join("lfs")).into_iter().flatten();
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

async fn published(house: &House, live: &LiveSources, tree: &PlacedTree) -> String {
    house.collect(live, tree).await.unwrap();
    let commit = house.commit(live).await.unwrap();
    house.push(live, &commit).await.unwrap();
    commit
}

#[tokio::test]
async fn a_changed_file_goes_to_the_lfs_server_and_its_pointer_into_the_commit() {
    let (house, server, live) = house_with_lfs().await;
    let tree = house.tree(&live).await;
    assert_eq!(std::fs::read_to_string(tree.folder.join("logo.psd")).unwrap(), OLD, "nothing is loaded for the agent");
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "");
    write(&tree.folder, "logo.psd", "the whole picture\n");
    write(&tree.folder, "new.psd", "a new one\n");
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()), @"
    Modified logo.psd 18
    Added new.psd 10
    ");
    published(&house, &live, &tree).await;
    let shown = |path: &str| git(&house.origin(), &["show", &format!("{BRANCH}:{path}")]);
    assert_eq!(shown("logo.psd"), pointer(b"the whole picture\n"));
    assert_eq!(shown("new.psd"), pointer(b"a new one\n"));
    assert_eq!(shown("old.psd"), OLD.trim(), "what was not touched needs nothing");
    let mut sent = objects(house.folder.path());
    sent.sort();
    assert_eq!(sent, [b"a new one\n".to_vec(), b"the whole picture\n".to_vec()]);
    assert!(server.authorizations().iter().flatten().count() > 3);
}

#[tokio::test]
async fn a_secret_in_a_file_of_lfs_is_found_although_the_commit_has_a_pointer_only() {
    let (house, _server, live) = house_with_lfs().await;
    let tree = house.tree(&live).await;
    write(&tree.folder, "logo.psd", &format!("one\ntwo {CANARY}\n"));
    write(&tree.folder, ".gitattributes", "*.psd filter=lfs -text\n*.txt filter=lfs -text\n");
    write(&tree.folder, "notes.txt", &format!("npm_{}\n", "aB3dE6gH9".repeat(4)));
    house.collect(&live, &tree).await.unwrap();
    let error = live.commit(&house.wanted_commit()).await.unwrap_err();
    assert!(matches!(error, Error::Secrets(_)));
    insta::assert_snapshot!(error, @"
    secrets would leave the run:
      logo.psd:2: a secret value of this run
      notes.txt:1: npm token
    Take them out of the change and rotate those that are real
    ");
    assert!(objects(house.folder.path()).is_empty());
}

#[tokio::test]
async fn a_tree_can_not_say_where_its_files_go() {
    let (house, _server, live) = house_with_lfs().await;
    let stranger = GitHttp::start(house.folder.path(), TOKEN).await;
    let tree = house.tree(&live).await;
    let url = format!("{}/evil.git/info/lfs", stranger.address);
    write(&tree.folder, ".lfsconfig", &format!("[lfs]\n\turl = {url}\n\tpushurl = {url}\n"));
    write(&tree.folder, "logo.psd", "the whole picture\n");
    published(&house, &live, &tree).await;
    assert_eq!(objects(house.folder.path()), [b"the whole picture\n".to_vec()]);
    assert!(stranger.authorizations().is_empty(), "nobody asked the stranger");
}

#[tokio::test]
async fn a_remote_on_this_machine_keeps_its_objects_itself() {
    let (house, _server, _) = house_with_lfs().await;
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "logo.psd", "the whole picture\n");
    published(&house, &live, &tree).await;
    let kept =
        std::process::Command::new("grep").args(["-rl", "the whole picture"]).arg(house.origin()).output().unwrap();
    assert!(String::from_utf8_lossy(&kept.stdout).contains("origin.git/lfs/objects/"), "{kept:?}");
}
