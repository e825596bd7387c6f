//! Trees of an agent that means harm: each trick is named, and none does anything.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use codexctl_action::git::Git;
use codexctl_action::publish::{Error, Limits, Reason, Sources as _};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::house::{BRANCH, House, git, told, write};

const ROOMY: Limits = Limits { files: 50_000, bytes: 1 << 30 };

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn what_the_agents_git_directory_says_is_never_done() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    let trap = house.path("sprung");
    let script = house.path("trap.sh");
    std::fs::write(&script, format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\ncat\n", trap.display())).unwrap();
    mode(&script, 0o755);
    let trap_script = script.display().to_string();
    for setting in
        ["core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "credential.helper"]
    {
        git(root, &["config", setting, &trap_script]);
    }
    for setting in
        ["filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command", "diff.evil.textconv"]
    {
        git(root, &["config", setting, &trap_script]);
    }
    git(root, &["config", "merge.evil.driver", &trap_script]);
    git(root, &["config", "diff.external", &trap_script]);
    for hook in ["pre-commit", "post-checkout", "pre-push", "reference-transaction", "post-index-change"] {
        std::fs::create_dir_all(root.join(".git/hooks")).unwrap();
        std::fs::copy(&script, root.join(".git/hooks").join(hook)).unwrap();
    }
    write(root, ".git/objects/info/alternates", "/nowhere/objects\n");
    write(root, ".git/info/attributes", "* filter=evil diff=evil merge=evil\n");
    write(root, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
    write(root, "hats.txt", "hats\n");
    git(root, &["status"]);
    assert!(trap.exists(), "the trap works for a git that trusts this folder");
    std::fs::remove_file(&trap).unwrap();
    git(root, &["config", "core.worktree", "/"]);
    git(root, &["config", "include.path", "/etc/passwd"]);

    let collected = house.collect(&live, &tree).await.unwrap();
    insta::assert_snapshot!(told(&collected), @r"
    Added .gitattributes 35
    Added hats.txt 5
    ");
    let commit = house.commit(&live).await.unwrap();
    house.somebody_pushes(BRANCH, "shoes.txt", "shoes\n");
    house.push(&live, &commit).await.unwrap();
    assert_eq!(git(&house.origin(), &["show", &format!("{BRANCH}:hats.txt")]), "hats");
    assert!(!trap.exists(), "{}", std::fs::read_to_string(&trap).unwrap_or_default());
}

#[tokio::test]
async fn a_git_directory_that_would_kill_any_git_is_not_even_read() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    std::fs::remove_dir_all(tree.folder.join(".git")).unwrap();
    let made = Command::new("mkfifo").arg(tree.folder.join(".git")).status().unwrap();
    assert!(made.success());
    write(&tree.folder, "hats.txt", "hats\n");
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "Added hats.txt 5");
}

#[tokio::test]
async fn links_pipes_sockets_bits_and_odd_names_are_left_and_named() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let root = &tree.folder;
    let outside = house.path("outside.txt");
    std::fs::write(&outside, "a secret of the machine\n").unwrap();

    symlink("/etc/passwd", root.join("l-absolute")).unwrap();
    symlink("../../outside.txt", root.join("web/l-out")).unwrap();
    symlink(".git/config", root.join("l-git")).unwrap();
    symlink("../README.md", root.join("web/l-fine")).unwrap();
    symlink("web/../../x", root.join("l-tricky")).unwrap();
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    write(root, "setuid.sh", "#!/bin/sh\n");
    mode(&root.join("setuid.sh"), 0o4755);
    std::fs::hard_link(&outside, root.join("hardlink.txt")).unwrap();
    std::fs::write(root.join("two\nlines.txt"), "x").unwrap();
    std::fs::write(root.join(OsStr::from_bytes(b"latin-\xe4.txt")), "x").unwrap();
    write(root, "readme.MD", "another case\n");
    write(root, "WEB/new.js", "another case of a folder\n");
    let deep = "d/".repeat(200);
    write(root, &format!("{deep}x.txt"), "deep\n");

    let collected = house.collect(&live, &tree).await.unwrap();
    let text = told(&collected).replace(&"d/".repeat(128), "D128/");
    insta::assert_snapshot!(text, @r"
    Added WEB/new.js 25
    Added latin-�.txt 1
    Added readme.MD 13
    Added web/l-fine 12
    WEB/new.js: differs only in case from another path: macOS and Windows keep one of the two
    D128/d: left out: the path is too deep or too long
    hardlink.txt: left out: a file with more than one hard link, it may come from outside the tree
    l-absolute: left out: a symbolic link with an absolute target
    l-git: left out: a symbolic link into a `.git`
    l-tricky: left out: a symbolic link that leads out of the tree
    pipe: left out: a named pipe, a socket or a device
    readme.MD: differs only in case from another path: macOS and Windows keep one of the two
    setuid.sh: left out: a file with a setuid or setgid bit
    socket: left out: a named pipe, a socket or a device
    two\nlines.txt: left out: the name has control characters
    web/l-out: left out: a symbolic link that leads out of the tree
    ");
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();
    let mut list = Command::new("git");
    list.args(["ls-tree", "-r", "-z", "--name-only", BRANCH]).current_dir(house.origin());
    let files = list.output().unwrap().stdout;
    assert!(files.split(|b| *b == 0).any(|name| name == b"latin-\xe4.txt"), "the name's bytes travel as they are");
}

#[tokio::test]
async fn a_repository_inside_the_tree_gives_its_files_and_keeps_its_git() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let app = tree.folder.join("app");
    std::fs::create_dir(&app).unwrap();
    git(&app, &["init", "-q"]);
    write(&app, "main.rs", "fn main() {}\n");
    git(&app, &["add", "-A"]);
    git(&app, &["commit", "-q", "-m", "inner"]);
    for name in ["x/.GIT/config", "y/git~1/config", "y/.git./config", "y/.g\u{200c}it/config"] {
        write(&tree.folder, name, "[core]\n\tfsmonitor = touch x\n");
    }
    write(&tree.folder, "z/.git", "gitdir: /somewhere\n");
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()).replace('\u{200c}', "<zwnj>"), @r"
    Added app/main.rs 13
    app/.git: left out: a name that git or a file system takes for `.git`
    x/.GIT: left out: a name that git or a file system takes for `.git`
    y/.git.: left out: a name that git or a file system takes for `.git`
    y/.g<zwnj>it: left out: a name that git or a file system takes for `.git`
    y/git~1: left out: a name that git or a file system takes for `.git`
    z/.git: left out: a name that git or a file system takes for `.git`
    ");
}

#[tokio::test]
async fn a_tracked_file_behind_something_odd_stays_as_it_was() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    std::fs::remove_file(tree.folder.join("README.md")).unwrap();
    assert!(Command::new("mkfifo").arg(tree.folder.join("README.md")).status().unwrap().success());
    std::fs::remove_dir_all(tree.folder.join("web")).unwrap();
    symlink("/etc", tree.folder.join("web")).unwrap();
    insta::assert_snapshot!(told(&house.collect(&live, &tree).await.unwrap()), @r"
    README.md: left out: a named pipe, a socket or a device
    web: left out: a symbolic link with an absolute target
    ");
    assert_eq!(house.commit(&live).await, None);
}

#[tokio::test]
async fn the_pointer_of_a_submodule_does_not_move() {
    let house = House::new();
    let seed = house.path("seed");
    write(&seed, ".gitmodules", "[submodule \"lib\"]\n\tpath = lib\n\turl = https://example.com/lib.git\n");
    let commit = git(&seed, &["rev-parse", "HEAD"]);
    git(&seed, &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},lib")]);
    git(&seed, &["add", ".gitmodules"]);
    git(&seed, &["commit", "-q", "-m", "a submodule"]);
    git(&seed, &["push", "-q", "origin", "main"]);
    let live = house.live();
    let tree = house.tree(&live).await;
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "");
    write(&tree.folder, "lib/x.c", "int x;\n");
    write(&tree.folder, "lib/.git/HEAD", "ref: refs/heads/evil\n");
    let text = told(&house.collect(&live, &tree).await.unwrap());
    assert_eq!(text, "lib: left out: files at the place of a submodule");
    std::fs::remove_dir_all(tree.folder.join("lib")).unwrap();
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "");
    write(&tree.folder, "lib", "a file\n");
    let text = told(&house.collect(&live, &tree).await.unwrap());
    assert_eq!(text, "lib: left out: files at the place of a submodule");
}

#[tokio::test]
async fn a_file_that_belongs_into_lfs_needs_git_lfs() {
    let mut house = House::new();
    // A PATH with git and without git-lfs, whatever this machine has.
    let bin = house.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let real = std::env::split_paths(&std::env::var("PATH").unwrap())
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file());
    symlink(real.unwrap(), bin.join("git")).unwrap();
    house.vars.insert("PATH".into(), bin.display().to_string());
    assert!(!Git::new(&house.vars, &house.path("private"), None, &house.redactor).has_lfs());
    let seed = house.path("seed");
    write(&seed, ".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n");
    write(&seed, "logo.psd", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    git(&seed, &["add", "-A"]);
    git(&seed, &["commit", "-q", "-m", "lfs"]);
    git(&seed, &["push", "-q", "origin", "main"]);
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "hats.txt", "hats\n");
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "Added hats.txt 5");
    write(&tree.folder, "logo.psd", "the whole picture\n");
    insta::assert_snapshot!(house.collect(&live, &tree).await.unwrap_err(), @"logo.psd is kept in Git LFS and git-lfs is not installed: install it where codexctl runs, or keep such files out of the change");
}

#[tokio::test]
async fn a_huge_file_and_a_growing_one_end_the_collection_and_not_the_machine() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let file = std::fs::File::create(tree.folder.join("huge.bin")).unwrap();
    file.set_len(1 << 40).unwrap();
    assert!(matches!(house.collect(&live, &tree).await, Err(Error::Limit { limit: 4_194_304, .. })));
    std::fs::remove_file(tree.folder.join("huge.bin")).unwrap();
    write(&tree.folder, ".gitignore", "*.bin\n");
    std::fs::File::create(tree.folder.join("huge.bin")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(told(&house.collect(&live, &tree).await.unwrap()), "Modified .gitignore 6");
}

#[tokio::test]
async fn ten_thousand_files_are_taken_and_counted() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    for number in 0..10_000 {
        write(&tree.folder, &format!("gen/{}/{number}.txt", number % 100), "x\n");
    }
    for number in 0..1000 {
        write(&tree.folder, &format!("node_modules/{number}/index.js"), "ignored\n");
    }
    let mut wanted = house.wanted_collect(&tree);
    assert!(matches!(live.collect(&wanted).await, Err(Error::Limit { limit: 100, .. })));
    wanted.limits = ROOMY;
    let collected = live.collect(&wanted).await.unwrap().into_known().unwrap();
    assert_eq!((collected.files.len(), collected.insertions), (10_000, 10_000));
    assert!(house.commit(&live).await.is_some());
}

#[tokio::test]
async fn a_path_that_is_swapped_meanwhile_never_brings_in_what_lies_outside() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let outside = house.path("outside");
    write(&outside, "a/b/file.txt", "FROM OUTSIDE\n");
    let root = tree.folder.clone();
    write(&root, "swap/a/b/file.txt", "from inside\n");
    write(&root, "swapped.txt", "from inside\n");
    write(&root, "real/a/b/file.txt", "from inside\n");
    let stop = Arc::new(AtomicBool::new(false));
    // At every moment the name is there, as a folder or file, or as a link.
    let swaps = [("swap", outside.clone()), ("swapped.txt", outside.join("a/b/file.txt"))];
    let swappers = swaps.map(|(name, to)| {
        let (stop, link, place) = (stop.clone(), root.join(format!("link-{name}")), root.join(name));
        symlink(to, &link).unwrap();
        std::thread::spawn(move || {
            let mut turns = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, &link, CWD, &place, RenameFlags::EXCHANGE).unwrap();
                turns += 1;
            }
            turns
        })
    });
    for _ in 0..40 {
        house.collect(&live, &tree).await.unwrap();
        let ours = house.path("state/publish/ai-1");
        let grep = Command::new("grep").args(["-r", "FROM OUTSIDE"]).arg(&ours).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&grep.stdout), "");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(swappers.into_iter().all(|swapper| swapper.join().unwrap() > 100));
}

#[tokio::test]
async fn a_root_that_became_a_link_is_refused() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    let outside = house.path("outside");
    write(&outside, "file.txt", "from outside\n");
    std::fs::rename(&tree.folder, house.path("moved")).unwrap();
    symlink(&outside, &tree.folder).unwrap();
    assert!(matches!(house.collect(&live, &tree).await, Err(Error::Io { action: "open", .. })));
}

#[tokio::test]
async fn rules_for_ignoring_that_are_a_link_are_not_followed() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&house.path("outside"), "rules", "*\n");
    write(&tree.folder, "sub/a.txt", "a\n");
    symlink(house.path("outside/rules"), tree.folder.join("sub/.gitignore")).unwrap();
    let collected = house.collect(&live, &tree).await.unwrap();
    assert_eq!(collected.files[0].path, "sub/a.txt");
    assert_eq!(collected.notices[0].reason, Reason::AbsoluteLink);
}

#[tokio::test]
async fn a_folder_that_forbids_its_removal_is_removed_all_the_same() {
    let house = House::new();
    let live = house.live();
    let tree = house.tree(&live).await;
    write(&tree.folder, "shut/in/file.txt", "x\n");
    mode(&tree.folder.join("shut/in"), 0o000);
    mode(&tree.folder.join("shut"), 0o555);
    let mut wanted = house.wanted_tree(&tree.start);
    wanted.keep = false;
    let tree = live.agent_tree(&wanted).await.unwrap().into_known().unwrap();
    assert!(!tree.folder.join("shut").exists());
}
