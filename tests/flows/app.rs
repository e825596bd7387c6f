//! A whole run as a GitHub App: it writes as its own account, and nothing of its tokens stays, however the run ends.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::command::Ran;
use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, discount, done, wait_for_go};
use crate::stand::Fault;

const RIGHTS: [(&str, &str); 3] = [("contents", "write"), ("issues", "write"), ("pull_requests", "write")];

/// A scene in which no token is given, but App 5, installed in the shop; and a line of its key.
fn as_app() -> (Scene, String) {
    let scene = Scene::new(discount()).on_github().env("GH_TOKEN", "");
    let stand = scene.stand.as_ref().unwrap();
    let key = stand.set(|state| {
        state.clock_at(chrono::Utc::now().timestamp());
        state.add_app(5, "codexctl-bot", &[REPO], &RIGHTS)
    });
    let line = key.lines().nth(4).unwrap().to_owned();
    (scene.env("CODEXCTL_GH_APP_ID", "5").env("CODEXCTL_GH_APP_PRIVATE_KEY", &key), line)
}

/// No token of the App lives, and neither one nor a line of the key was said.
fn assert_nothing_stays(scene: &Scene, ran: &Ran, line: &str) {
    let state = scene.stand.as_ref().unwrap().state();
    assert!(!state.tokens.values().any(|token| token.login == "codexctl-bot[bot]"), "a token was not given back");
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains("ghs_") && !text.contains(line), "{text}");
    }
    for file in ["state", "shop/.codexctl"] {
        let grep =
            std::process::Command::new("grep").args(["-rlF", "-e", "ghs_", "-e", line]).arg(scene.path(file)).output();
        assert_eq!(String::from_utf8_lossy(&grep.unwrap().stdout), "", "a file holds a token or the key");
    }
}

#[test]
fn a_run_writes_as_the_app_s_own_account_and_gives_its_token_back() {
    let (scene, line) = as_app();
    let summary = scene.path("summary.md");
    let scene = scene.env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_nothing_stays(&scene, &ran, &line);
    let stand = scene.stand.as_ref().unwrap();
    let log = stand.log();
    insta::assert_snapshot!([&log[..3], &["…".to_owned()], &log[log.len() - 2..]].concat().join("\n"), @"
    GET /repos/codex-k8s/shop/installation → 200
    POST /app/installations/50/access_tokens → 201
    GET /repos/codex-k8s/shop/issues/7 → 200
    …
    PATCH /repos/codex-k8s/shop/issues/comments/101 → 200
    DELETE /installation/token → 204
    ");
    let state = stand.state();
    assert!(state.comments_of(REPO).iter().all(|(author, _)| author == "codexctl-bot[bot]"));
    assert_eq!(state.repos[REPO].issues[&8].author, "codexctl-bot[bot]");
    let summary = std::fs::read_to_string(summary).unwrap();
    // All but the last one, which gives the token back.
    let row = summary.lines().find(|line| line.starts_with("| GitHub requests")).unwrap().to_owned();
    assert!(row.starts_with(&format!("| GitHub requests | {} ", log.len() - 1)), "{row}");
}

#[test]
fn a_run_that_fails_gives_its_token_back() {
    let (scene, line) = as_app();
    scene
        .stand
        .as_ref()
        .unwrap()
        .fail_next("POST */pulls", Fault::Status(403, "Resource not accessible by integration"));
    let ran = scene.run();
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    assert_nothing_stays(&scene, &ran, &line);
}

#[test]
fn a_run_that_is_stopped_while_it_waits_for_a_limit_ends_at_once_and_gives_its_token_back() {
    let (scene, line) = as_app();
    let stand = scene.stand.as_ref().unwrap();
    stand.fail_next("POST */pulls", Fault::SlowDown(Some(800)));
    let running = scene.start();
    let until = Instant::now() + Duration::from_secs(180);
    while !stand.log().iter().any(|line| line.starts_with("POST") && line.ends_with("/pulls → 403")) {
        assert!(Instant::now() < until, "{}", stand.log().join("\n"));
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal(Signal::INT);
    let ran = running.end();
    assert_eq!(ran.exit, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("interrupted"), "{}", ran.stderr);
    assert_nothing_stays(&scene, &ran, &line);
}

#[test]
fn an_app_that_can_not_be_used_ends_the_run_before_anything_starts() {
    let (scene, _) = as_app();
    let ran = scene.env("CODEXCTL_GH_APP_ID", "6").run();
    assert_eq!(ran.exit, 2);
    insta::assert_snapshot!(ran.stderr, @"error: the GitHub App can't be used: GitHub does not know App 6 by this key (Integration not found). CODEXCTL_GH_APP_ID and CODEXCTL_GH_APP_PRIVATE_KEY must be of one App, on the GitHub of GITHUB_API_URL: compare the id with the App's page, and make a new private key there if in doubt");
}

#[test]
fn by_hand_the_app_s_account_has_to_be_named_and_the_message_says_how() {
    let (scene, line) = as_app();
    let ran = scene.prompt_run(&["--issue", "7"]).run();
    assert_eq!(ran.exit, 3);
    insta::assert_snapshot!(ran.stderr.lines().last().unwrap(), @"note: stopped by the gate actor: without an event the account of the token starts the run, here the bot codexctl-bot[bot], and a bot has to be named: set CODEXCTL_ALLOWED_USERS to codexctl-bot[bot], or give a token of your own as CODEXCTL_GH_PAT");
    assert_nothing_stays(&scene, &ran, &line);
    let listed = scene.prompt_run(&["--issue", "7"]).env("CODEXCTL_ALLOWED_USERS", "ann").run();
    assert!(listed.stderr.contains("set CODEXCTL_ALLOWED_USERS to ann,codexctl-bot[bot]"), "{}", listed.stderr);
    let named = scene.prompt_run(&["--issue", "7"]).env("CODEXCTL_ALLOWED_USERS", "codexctl-bot[bot]").run();
    assert_eq!(named.exit, 0, "{}", named.stderr);
}

/// What an agent that was promised a token that reads came to on GitHub: reading, then writing.
fn reads_and_writes(scene: Scene) -> (Scene, Ran, String) {
    scene.change_stack("githubAccess: none", "githubAccess: read");
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let seen = std::fs::read_to_string(scene.tree().join("seen.log")).unwrap();
    (scene, ran, seen)
}

/// An agent that tries out what its token can do.
fn tries_out(url: &str) -> Vec<crate::model::Turn> {
    let ask = "curl -s --noproxy '*' -o /dev/null -w '%{http_code} ' -H \"Authorization: Bearer $GH_TOKEN\"";
    let issue = format!("{url}/repos/{REPO}/issues/7");
    let tries = format!(
        "{{ [ -n \"$GH_TOKEN\" ] && {ask} {issue} && {ask} {issue}/comments -H 'Content-Type: application/json' -d '{{\"body\":\"x\"}}' || echo none; }} > seen.log"
    );
    vec![crate::script::run(&tries), crate::script::result("nothing-to-do", "Looked.")]
}

#[test]
fn an_agent_that_may_read_gets_a_token_of_the_app_that_can_do_nothing_else() {
    let (scene, line) = as_app();
    let url = scene.stand.as_ref().unwrap().url();
    let (scene, ran, seen) = reads_and_writes(scene.playing(tries_out(&url)));
    assert_eq!(seen, "200 403 ");
    let prompt = scene.model.seen()[0].body.to_string();
    assert!(prompt.contains("`GH_TOKEN` holds a GitHub token that may read and nothing else."), "{prompt}");
    assert_nothing_stays(&scene, &ran, &line);
}

#[test]
fn a_token_that_may_write_is_not_handed_on_to_an_agent_that_may_read() {
    let scene = Scene::new(discount()).on_github();
    let url = scene.stand.as_ref().unwrap().url();
    let (_, ran, seen) = reads_and_writes(scene.playing(tries_out(&url)));
    assert_eq!(seen, "none\n");
    insta::assert_snapshot!(ran.stderr.lines().find(|line| line.contains("githubAccess")).unwrap(), @"warning: codex.githubAccess is read, and the agent gets no token all the same: only a GitHub App can make one that does nothing but read (CODEXCTL_GH_APP_ID, CODEXCTL_GH_APP_PRIVATE_KEY), and a token that may write is not handed on. Where no App is wanted, write `codex.githubAccess: none`: issue, comments and threads are in the prompt");
}

#[test]
fn a_run_that_is_told_twice_to_end_gives_its_token_back_all_the_same() {
    let (scene, line) = as_app();
    let scene = scene.playing(vec![wait_for_go(CHANGE), done()]);
    // Its work is being saved, and the remote takes its time.
    let (asked, go) = (scene.path("asked"), scene.path("go"));
    let hooks = scene.path("origin.git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let hook = format!(
        "#!/bin/sh\ntouch '{0}'\nuntil [ -e '{1}' ] || [ ! -e '{0}' ]; do sleep 0.1; done\n",
        asked.display(),
        go.display()
    );
    std::fs::write(hooks.join("pre-receive"), hook).unwrap();
    std::fs::set_permissions(hooks.join("pre-receive"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let running = scene.start_until_the_agent_waits();
    running.signal(Signal::INT);
    let until = Instant::now() + Duration::from_secs(180);
    while !asked.exists() {
        assert!(Instant::now() < until, "nothing was saved");
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal(Signal::INT);
    let ran = running.end();
    std::fs::write(go, "").unwrap();
    assert_eq!(ran.exit, 130, "{}", ran.stderr);
    assert_nothing_stays(&scene, &ran, &line);
}
