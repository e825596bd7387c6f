//! What the agent must not see: codexctl's environment, the real key, the bearer in its commands.

use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use codexctl_action::agent::place::{Isolation, Place as _};

use crate::bench::{Bench, KEY, result, run};

/// A process of this user with a secret in its environment, as codexctl is one.
fn holder_of(secret: &str) -> Child {
    Command::new("/bin/cat").env("CANARY_FOR_THE_AGENT", secret).stdin(Stdio::piped()).spawn().unwrap()
}

const LOOK: &str = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep CANARY_FOR_THE_AGENT; echo looked";

async fn what_a_run_sees(bench: &Bench, secret: &str) -> String {
    let mut holder = holder_of(secret);
    bench.go().await;
    holder.kill().unwrap();
    holder.wait().unwrap();
    let log = bench.log();
    assert!(log.contains("looked"), "the command ran: {log}");
    log
}

#[tokio::test]
async fn the_sandbox_hides_the_environment_of_codexctl_and_its_absence_shows_it() {
    let secret = "seen-4711";
    let turns = || vec![run(LOOK), result("done", "Looked.")];
    let bench = Bench::new(turns()).await;
    let ready = bench.place.prepare(&bench.run).await.unwrap();
    assert_eq!(ready.isolation, Some(Isolation::Sandbox), "this test needs user namespaces");
    assert!(!what_a_run_sees(&bench, secret).await.contains(secret));

    let mut open = Bench::new(turns()).await;
    open.without_sandbox();
    let ready = open.place.prepare(&open.run).await.unwrap();
    assert_eq!(ready.isolation, Some(Isolation::Nothing));
    assert!(what_a_run_sees(&open, secret).await.contains(secret), "the look itself finds what is there");
}

#[tokio::test]
async fn a_machine_without_any_isolation_is_refused() {
    let mut bench = Bench::new(vec![]).await;
    bench.without_sandbox_or_leave();
    let error = bench.place.prepare(&bench.run).await.unwrap_err().to_string();
    assert!(error.starts_with("the agent could read codexctl's secrets on this machine."), "{error}");
    assert!(error.contains("--allow-unsandboxed"), "{error}");
    assert_eq!(bench.model.seen().len(), 0);
}

#[tokio::test]
async fn a_sandbox_that_starts_and_hides_nothing_is_none() {
    let mut bench = Bench::new(vec![]).await;
    bench.with_a_sandbox_that_hides_nothing();
    let error = bench.place.prepare(&bench.run).await.unwrap_err().to_string();
    let why = "Codex's own sandbox: it runs, but its commands read other processes' environments";
    assert!(error.contains(why), "{error}");
    assert_eq!(bench.model.seen().len(), 0);
}

#[tokio::test]
async fn neither_key_nor_bearer_reach_commands_arguments_or_the_log() {
    // What a command can see of itself, of Codex around it, and of its configuration.
    let look = "env; cat /proc/self/environ /proc/1/environ | tr '\\0' '\\n'; cat /proc/*/cmdline | tr '\\0' ' '; cat $CODEX_HOME/config.toml";
    let mut bench = Bench::new(vec![run(look), result("done", "Looked.")]).await;
    bench.without_sandbox();
    bench.run.redactor = codexctl_action::secrets::Redactor::default();
    let end = bench.go().await;
    assert!(end.totals.turn_completed);
    let bodies: String = bench.model.seen().iter().map(|seen| seen.body.to_string()).collect();
    assert!(bodies.contains("CODEX_HOME="), "the command saw its environment");
    assert!(!bodies.contains("CODEXCTL_RUN_BEARER="), "commands have no bearer");
    assert!(bodies.contains("env_key = \\\"CODEXCTL_RUN_BEARER\\\""), "the configuration names the variable only");
    for text in [&bodies, &bench.log(), &bench.heard.text()] {
        assert!(!text.contains(KEY));
    }
}

#[tokio::test]
async fn the_agent_can_write_only_in_its_tree_and_never_in_the_git_directory_or_codexctls_folder() {
    let look = "touch ../run/x ../codex-home/x .git/x; touch here \"$TMPDIR/there\" && echo both";
    let bench = Bench::new(vec![run(look), result("done", "Tried.")]).await;
    bench.go().await;
    assert!(bench.log().contains("both"), "{}", bench.log());
    for kept in [bench.run.folder.join("x"), bench.run.home.join("x"), bench.run.tree.join(".git/x")] {
        assert!(!kept.exists(), "{}", kept.display());
    }
}

#[tokio::test]
async fn where_the_sandbox_fails_root_makes_the_agent_another_user_without_groups() {
    let secret = "seen-4712";
    let look = format!("echo uid=$(id -u) groups=$(id -G); cat ../run/agent.jsonl; echo 12 > price.txt; {LOOK}");
    let mut bench = Bench::new(vec![run(&look), result("done", "Looked.")]).await;
    bench.with_another_user_only();
    let ready = bench.place.prepare(&bench.run).await;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        assert!(ready.unwrap_err().to_string().contains("another user: only root can start the agent as another user"));
        return;
    }
    let Some(Isolation::OtherUser { uid }) = ready.unwrap().isolation else { panic!("root can become anybody") };
    let log = what_a_run_sees(&bench, secret).await;
    assert!(log.contains(&format!("uid={uid} groups={uid}\\n")), "{log}");
    assert!(log.contains("../run/agent.jsonl: Permission denied"), "{log}");
    assert!(!log.contains(secret));
    assert_eq!(bench.file("price.txt"), "12\n");
}
