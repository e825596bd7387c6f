//! Tokens, servers that fail, and gits that are stopped: all over a real HTTP server with a real git.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codexctl_action::git::{Credentials, Git};
use codexctl_action::publish::Sources as _;
use codexctl_action::publish::live::LiveSources;
use codexctl_action::secrets::Secret;

use crate::git_http::GitHttp;
use crate::house::{BRANCH, House, write};

const TOKEN: &str = "tok-canary-0123456789";

fn with_token(house: &House, server: &GitHttp, token: &str) -> LiveSources {
    let credentials = Credentials { token: Secret::new(token.into()), server: server.address.clone() };
    house.live_at(&format!("{}/origin.git", server.address), Some(credentials))
}

/// An error without what differs from run to run.
fn plain(error: &impl ToString, server: &GitHttp) -> String {
    error.to_string().replace(&server.address, "http://SERVER")
}

/// A program `git` in a folder of its own that comes first on PATH.
fn shim(house: &mut House, script: &str) -> PathBuf {
    let folder = house.path("shim");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("git");
    std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let old = house.vars["PATH"].clone();
    house.vars.insert("PATH".into(), format!("{}:{old}", folder.display()));
    folder
}

#[tokio::test]
async fn the_token_reaches_the_server_and_no_argv_no_file_and_no_local_git() {
    let mut house = House::new();
    let real = house.vars["PATH"].clone();
    let log = house.path("log");
    std::fs::create_dir(&log).unwrap();
    let script = format!(
        "L='{0}'; printf '%s\\n' \"$*\" >>\"$L/argv\"\n\
         if env | grep -q '{TOKEN}'; then printf '%s\\n' \"$*\" >>\"$L/with-token\"; fi\n\
         PATH='{real}' exec git \"$@\"\n",
        log.display()
    );
    shim(&mut house, &script);
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let live = with_token(&house, &server, TOKEN);
    let tree = house.tree(&live).await;
    write(&tree.folder, "hats.txt", "hats\n");
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    house.push(&live, &commit).await.unwrap();
    assert_eq!(house.remote_branch(BRANCH), commit);

    assert!(server.authorizations().iter().flatten().count() > 3, "the server asked and was answered");
    let argv = std::fs::read_to_string(log.join("argv")).unwrap();
    assert!(argv.lines().count() > 10 && !argv.contains(TOKEN) && !argv.contains("x-access-token"), "{argv}");
    let with_token = std::fs::read_to_string(log.join("with-token")).unwrap();
    for line in with_token.lines() {
        assert!(line.contains(&server.address), "a git that talks to nobody had the token: {line}");
    }
    let mut grep = std::process::Command::new("grep");
    let found = grep.args(["-rl", TOKEN]).arg(house.folder.path()).arg("--exclude-dir=shim").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "", "a file holds the token");
    let mode = |path: &str| std::fs::metadata(house.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("private/askpass"), mode("private/askpass/answer.sh")), (0o700, 0o700));
}

#[tokio::test]
async fn a_wrong_a_missing_and_a_weak_token_each_say_what_to_set() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let wrong = with_token(&house, &server, "tok-wrong-0123456789").fetch().await.unwrap_err();
    insta::assert_snapshot!(plain(&wrong, &server), @"
    git ls-remote failed: Authentication failed for 'http://SERVER/origin.git/'
    The token was refused: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN to one that may write contents of this repository and has not expired
    ");
    let none = house.live_at(&format!("{}/origin.git", server.address), None).fetch().await.unwrap_err();
    insta::assert_snapshot!(plain(&none, &server), @"
    git ls-remote failed: could not read Username for 'http://SERVER': terminal prompts disabled
    The server wants a token and none is set for http://SERVER: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN (and GITHUB_SERVER_URL where it isn't github.com)
    ");
    let live = with_token(&house, &server, TOKEN);
    let tree = house.tree(&live).await;
    write(&tree.folder, "hats.txt", "hats\n");
    house.collect(&live, &tree).await.unwrap();
    let commit = house.commit(&live).await.unwrap();
    server.make_read_only();
    let weak = house.push(&live, &commit).await.unwrap_err();
    let weak = plain(&weak, &server).replace(&commit, "COMMIT");
    insta::assert_snapshot!(weak, @r"
    GitHub refused the push to codex/issue-12: unable to access 'http://SERVER/origin.git/': The requested URL returned error: 403
    The token may not do this: it needs write access to contents, and `workflows` for files under .github/workflows; a protected branch must allow it
    ");
}

#[tokio::test]
async fn credentials_in_the_address_are_neither_used_nor_shown() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let address = server.address.replace("http://", &format!("http://x-access-token:{TOKEN}@"));
    let error = house.live_at(&format!("{address}/origin.git"), None).fetch().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error}");
    assert!(server.authorizations().iter().all(Option::is_none));
}

#[tokio::test]
async fn a_missing_repository_is_told_from_a_missing_right() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let credentials = Credentials { token: Secret::new(TOKEN.into()), server: server.address.clone() };
    let live = house.live_at(&format!("{}/gone.git", server.address), Some(credentials));
    insta::assert_snapshot!(plain(&live.fetch().await.unwrap_err(), &server), @"
    git ls-remote failed: repository 'http://SERVER/gone.git/' not found
    http://SERVER/gone.git is missing, or the token has no access to it: look at the remote `origin` and at --repo
    ");
}

#[tokio::test]
async fn a_server_that_stumbles_is_asked_again_and_one_that_is_down_is_named() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    server.fail_with(&[503, 502]);
    let live = with_token(&house, &server, TOKEN);
    assert_eq!(house.fetch(&live).await.default, "main");

    server.fail_with(&[500, 500, 500]);
    let error = live.fetch().await.unwrap_err();
    insta::assert_snapshot!(plain(&error, &server), @"
    git ls-remote failed: unable to access 'http://SERVER/origin.git/': The requested URL returned error: 500
    http://SERVER/origin.git can't be reached: look at the network, HTTPS_PROXY and SSL_CERT_FILE, then run again
    ");
}

#[tokio::test]
async fn a_redirect_to_a_stranger_does_not_take_the_token_along() {
    let house = House::new();
    let home = GitHttp::start(house.folder.path(), TOKEN).await;
    let stranger = GitHttp::start(house.folder.path(), TOKEN).await;
    home.send_to(&stranger.address);
    let error = with_token(&house, &home, TOKEN).fetch().await.unwrap_err().to_string();
    assert!(error.contains("could not read Username"), "{error}");
    assert!(!stranger.authorizations().is_empty() && stranger.authorizations().iter().all(Option::is_none));
}

#[tokio::test]
async fn the_helper_answers_git_and_git_lfs_for_its_server_and_nobody_else() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    house.fetch(&with_token(&house, &server, TOKEN)).await;
    let ask = |question: &str| {
        let mut helper = std::process::Command::new(house.path("private/askpass/answer.sh"));
        helper.arg(question).env("CODEXCTL_ASKPASS_USER", "x-access-token").env("CODEXCTL_ASKPASS_TOKEN", TOKEN);
        helper.env("CODEXCTL_ASKPASS_SITE", "https://github.com");
        helper.env("CODEXCTL_ASKPASS_USER_SITE", "https://x-access-token@github.com");
        String::from_utf8(helper.output().unwrap().stdout).unwrap().trim_end().to_owned()
    };
    for site in ["'https://github.com': ", "\"https://github.com\"", "\"https://github.com/o/n.git/info/lfs\""] {
        assert_eq!(ask(&format!("Username for {site}")), "x-access-token");
        assert_eq!(ask(&format!("Password for {}", site.replace("//", "//x-access-token@"))), TOKEN);
    }
    for site in
        ["'https://github.com.evil.org': ", "\"https://github.com.evil.org\"", "'http://github.com': ", "'https://*': "]
    {
        assert_eq!(ask(&format!("Username for {site}")), "");
        assert_eq!(ask(&format!("Password for {}", site.replace("//", "//x-access-token@"))), "");
    }
}

#[tokio::test]
async fn a_token_for_one_server_is_not_offered_to_another() {
    let house = House::new();
    let server = GitHttp::start(house.folder.path(), TOKEN).await;
    let credentials = Credentials { token: Secret::new(TOKEN.into()), server: "https://github.com".into() };
    let live = house.live_at(&format!("{}/origin.git", server.address), Some(credentials));
    let error = live.fetch().await.unwrap_err().to_string();
    assert!(error.contains("none is set for http://127.0.0.1:"), "{error}");
    assert!(server.authorizations().iter().all(Option::is_none));
}

#[tokio::test]
async fn a_git_whose_future_is_dropped_dies_with_all_its_children() {
    let mut house = House::new();
    let folder = shim(&mut house, "cd \"${0%/*}\"; sleep 300 & echo $$ $! >pids.new; mv pids.new pids; wait\n");
    let git = Git::new(&house.vars, &house.path("private"), None, &house.redactor);
    let pids = folder.join("pids");
    {
        let call = git.call(["status"]).run();
        let started = async {
            while !pids.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            result = call => panic!("{result:?}"),
            () = started => {}
        }
    }
    let pids = std::fs::read_to_string(&pids).unwrap();
    for pid in pids.split_whitespace() {
        let stat = format!("/proc/{pid}/stat");
        let alive = || std::fs::read_to_string(&stat).is_ok_and(|text| !text.contains(") Z "));
        for _ in 0..1000 {
            if !alive() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!alive(), "process {pid} lives on");
    }
}

#[tokio::test]
async fn a_git_that_outlived_its_run_is_waited_for() {
    let house = House::new();
    let live = house.live();
    house.fetch(&live).await;
    let lock = std::fs::File::options().write(true).open(house.path("state/mirror.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    // As after kill -9: only the child still has the file.
    let mut orphan = std::process::Command::new("sleep").arg("600").stdin(lock).spawn().unwrap();
    let soon = tokio::time::timeout(Duration::from_millis(200), live.fetch()).await;
    assert!(soon.is_err(), "the mirror was used while a git was at work in it");
    orphan.kill().unwrap();
    orphan.wait().unwrap();
    live.fetch().await.unwrap();
}

#[tokio::test]
async fn the_origin_of_a_work_tree_is_read_without_its_credentials() {
    let house = House::new();
    let git = Git::new(&house.vars, &house.path("private"), None, &house.redactor);
    let seed = house.path("seed");
    let origin = |dir: &Path| {
        let (git, dir) = (git.clone(), dir.to_owned());
        async move { git.origin_url(&dir).await.unwrap().map(|url| url.to_string()) }
    };
    assert_eq!(origin(&seed).await, Some(seed.join("../origin.git").display().to_string()));
    crate::house::git(&seed, &["remote", "set-url", "origin", "https://me:tok@github.com/codex-k8s/shop.git"]);
    assert_eq!(origin(&seed).await.as_deref(), Some("https://github.com/codex-k8s/shop.git"));
    let inner = seed.join("web");
    assert_eq!(
        origin(&inner).await.as_deref(),
        Some("https://github.com/codex-k8s/shop.git"),
        "a project may be a part"
    );
    crate::house::git(&seed, &["remote", "remove", "origin"]);
    assert_eq!(origin(&seed).await, None);
    assert_eq!(origin(Path::new("/")).await, None);
}

#[tokio::test]
async fn a_folder_of_ours_that_lost_its_git_does_not_make_git_work_on_the_project_around_it() {
    let house = House::new();
    let git = Git::new(&house.vars, &house.path("private"), None, &house.redactor);
    let inner = house.path("seed/web");
    let error = git.call(["reset", "--hard"]).dir(&inner).run().await.unwrap_err().to_string();
    assert!(error.contains("not a git repository"), "{error}");
}
