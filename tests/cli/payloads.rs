//! Every payload of GitHub's own samples through the real binary: dry, without a network, and nothing is left behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::Ran;
use crate::parts;
use crate::scene::Scene;

/// One payload and the event that it belongs to.
struct Sample {
    event: String,
    /// Its place among the samples of that event, to find it again.
    index: usize,
    payload: Value,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let path = parts::npm().join("@octokit/webhooks-examples/api.github.com/index.json");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `make test`", path.display()));
    let events: Vec<Value> = serde_json::from_slice(&text).expect("the package's index is JSON");
    let samples = events.iter().flat_map(|event| {
        let name = event["name"].as_str().expect("an event has a name").to_owned();
        let examples = event["examples"].as_array().expect("an event has examples");
        let sample =
            move |(index, payload): (usize, &Value)| Sample { event: name.clone(), index, payload: payload.clone() };
        examples.iter().enumerate().map(sample).collect::<Vec<_>>()
    });
    samples.collect()
});

/// Whether this machine lets a test make a network that leads nowhere.
static UNSHARE: LazyLock<bool> = LazyLock::new(|| {
    Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
});

/// A port of this machine that nobody listens on.
static CLOSED: LazyLock<String> = LazyLock::new(|| {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("its address"))
});

/// A dry run of a file, with a network that leads nowhere.
fn dry(scene: &Scene, file: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let binary = env!("CARGO_BIN_EXE_codexctl");
    let mut command = if *UNSHARE {
        let mut command = Command::new("unshare");
        command.args(["-rn", binary]);
        command
    } else {
        Command::new(binary)
    };
    command.args(["run", "--dry-run", "--event"]).arg(file).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(scene.work());
    command.env("HOME", scene.home()).env("XDG_STATE_HOME", scene.home().join("state"));
    command.env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(proxy, CLOSED.as_str());
    }
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().expect("codexctl starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { exit: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Does the work for each number below `count`, several at a time, and gives what came of it in order.
fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let result = work(at);
                    done.lock().expect("no other thread failed").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread failed");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What holds for every run, whatever the payload.
pub(crate) fn well_behaved(name: &str, ran: &Ran) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert!(matches!(ran.exit, 0 | 2 | 3), "{name}: exit {}\n{all}", ran.exit);
    assert!(!all.contains("panicked") && !all.contains("RUST_BACKTRACE"), "{name}: {all}");
    let control = all.chars().find(|char| char.is_control() && *char != '\n');
    assert_eq!(control, None, "{name}: {all}");
    assert_eq!(ran.stdout.is_empty(), !ran.stdout.starts_with("dry run:"), "{name}: {all}");
    assert!(ran.exit != 2 || !ran.stderr.is_empty(), "{name}: wrong use is explained");
}

fn table(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().fold(String::new(), |mut table, (line, count)| {
        writeln!(table, "{count:3} {line}").expect("a String takes all");
        table
    })
}

/// What a run came to, in one line.
fn outcome(ran: &Ran) -> String {
    let decision = ran.stdout.lines().nth(2).unwrap_or_default().trim_start_matches(['├', '└', '─', ' ']);
    let decision = if decision.starts_with("nothing to do") { "nothing to do" } else { decision };
    let problem = match ran.stderr.split_once(" (it has ") {
        Some((start, _)) => start,
        None => ran.stderr.lines().next().unwrap_or_default(),
    };
    format!("exit {}: {decision}{problem}", ran.exit)
}

#[test]
fn every_sample_gets_a_plan_or_a_clear_no_and_leaves_nothing_behind() {
    // 7.6.1 has 329; a newer package may have more, an older one lacks events that this test is meant to see.
    assert!(SAMPLES.len() >= 329, "only {} samples", SAMPLES.len());
    let (scene, events) = (Scene::empty(), tempfile::tempdir().expect("a folder"));
    let before = scene.files();
    let ended = each(SAMPLES.len(), |at| {
        let sample = &SAMPLES[at];
        let file = events.path().join(format!("{at}.json"));
        fs::write(&file, sample.payload.to_string()).expect("an event");
        let named = dry(&scene, &file, &["--event-name", &sample.event], &[]);
        let guessed = dry(&scene, &file, &[], &[]);
        let name = format!("{} {}", sample.event, sample.index);
        well_behaved(&name, &named);
        well_behaved(&name, &guessed);
        (outcome(&named), outcome(&guessed), sample.event.clone())
    });
    assert_eq!(scene.files(), before, "a dry run leaves nothing");
    let (mut named, mut guessed) = (BTreeMap::new(), BTreeMap::new());
    let mut nameless: Vec<String> = Vec::new();
    for (by_name, by_guess, event) in ended {
        if by_guess.contains("can't tell which event") && !nameless.contains(&event) {
            nameless.push(event);
        }
        *named.entry(by_name).or_default() += 1;
        *guessed.entry(by_guess).or_default() += 1;
    }
    assert_snapshot!(table(&named), @"
      2 exit 0: flow cleanupnote: services.yaml is not there: slot records are looked for in their usual folder
      2 exit 0: flow deploy: not available yet
    325 exit 0: nothing to do
    ");
    assert_snapshot!(table(&guessed), @"
      2 exit 0: flow cleanupnote: services.yaml is not there: slot records are looked for in their usual folder
      2 exit 0: flow deploy: not available yet
    193 exit 0: nothing to do
    132 exit 2: error: can't tell which event this payload is
    ");
    // Payloads that several events share the shape of; none of these events starts a flow.
    assert_snapshot!(nameless.join(" "), @"branch_protection_rule code_scanning_alert dependabot_alert deploy_key github_app_authorization gollum installation installation_repositories label marketplace_purchase member membership meta organization org_block package page_build project project_card project_column projects_v2_item public repository repository_import repository_vulnerability_alert security_advisory sponsorship team team_add watch");
}

#[test]
fn every_issue_of_the_samples_can_be_worked_on() {
    let scene = Scene::with_stack("project: hello\n");
    let events = tempfile::tempdir().expect("a folder");
    let before = scene.files();
    let issues: Vec<&Sample> = SAMPLES.iter().filter(|sample| sample.event == "issues").collect();
    let ended = each(issues.len(), |at| {
        let mut payload = issues[at].payload.clone();
        payload["action"] = json!("labeled");
        // A pull request is an issue to GitHub, not to us.
        payload["issue"].as_object_mut().expect("an issue").remove("pull_request");
        payload["label"] = json!({"name": "[ai-dev]"});
        let file = events.path().join(format!("{at}.json"));
        fs::write(&file, payload.to_string()).expect("an event");
        let ran = dry(&scene, &file, &[], &[]);
        well_behaved(&format!("issues {at}"), &ran);
        if ran.exit == 0 {
            for part in ["├─ gates: pass", "├─ slot 1 (new)", "prompt on standard input", "open the draft pull request"]
            {
                assert!(ran.stdout.contains(part), "issues {at} lacks {part}: {}", ran.stdout);
            }
        }
        outcome(&ran)
    });
    assert_eq!(scene.files(), before);
    let mut counts = BTreeMap::new();
    for line in ended {
        *counts.entry(line).or_default() += 1;
    }
    assert_snapshot!(table(&counts), @"
    26 exit 0: flow dev
     2 exit 2: error: event `issues`: `issue.state` is missing, expected a string that isn't empty
     1 exit 3: flow devnote: stopped by the gate state: issue #1 is closed
    ");
}

#[test]
fn a_cut_payload_is_told_as_one() {
    let (scene, events) = (Scene::empty(), tempfile::tempdir().expect("a folder"));
    let before = scene.files();
    let some: Vec<&Sample> = SAMPLES.iter().step_by(8).collect();
    assert!(some.len() >= 40);
    each(some.len(), |at| {
        let text = some[at].payload.to_string();
        for (cut, place) in
            [1, text.len() / 4, text.len() / 2, text.len() * 3 / 4, text.len() - 1].into_iter().enumerate()
        {
            let file = events.path().join(format!("{at}-{cut}.json"));
            fs::write(&file, &text.as_bytes()[..place]).expect("a cut event");
            let ran = dry(&scene, &file, &[], &[]);
            let name = format!("{} {} cut at {place}", some[at].event, some[at].index);
            well_behaved(&name, &ran);
            assert_eq!(ran.exit, 2, "{name}");
            let told = ran.stderr.starts_with("error: the event payload is not JSON: ")
                && ran.stderr.contains("(line 1, column ");
            assert!(told && ran.stderr.lines().count() == 1, "{name}: {}", ran.stderr);
        }
    });
    assert_eq!(scene.files(), before);
}
