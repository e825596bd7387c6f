//! How long rendering takes: `benches/fixture`, 60 manifests of 78 KB, and stacks of 100 and 1,000 services made like it.
//!
//! `cargo bench --bench render` builds the release binary and runs this; `… -- 500` takes 500 rounds. Beside it stand
//! `benches/gotool`, which does the same with Go's own `text/template` and `sigs.k8s.io/yaml` and checks nothing, and
//! `kubectl kustomize`, which gets the finished objects: it has no templates. A program that is not here is left out, by name.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a benchmark prints, and ends where it can't measure"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, copy, sink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Candidate, compare, rounds};
use tempfile::TempDir;

fn main() {
    let rounds = rounds();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let fixture = root.join("fixture");
    let temporary = TempDir::new().expect("a folder");

    let go = build_go(&root.join("gotool"), temporary.path());
    let mut candidates = vec![ours("codexctl render")];
    candidates.extend(go.as_ref().map(|program| Candidate::new("Go: text/template, sigs.k8s.io/yaml", program, &[])));
    candidates.extend(kustomize(&fixture, temporary.path()));
    measure("60 manifests, 78 KB", rounds, &fixture, &candidates);

    for (services, title) in [(100, "100 services, 200 manifests"), (1000, "1,000 services, 2,000 manifests")] {
        let folder = temporary.path().join(services.to_string());
        generate(&fixture, &folder, services);
        let mut candidates = vec![ours("codexctl render")];
        candidates
            .extend(go.as_ref().map(|program| Candidate::new("Go: text/template, sigs.k8s.io/yaml", program, &[])));
        measure(title, (rounds / 10).max(3), &folder, &candidates);
    }
}

fn ours(name: &'static str) -> Candidate {
    Candidate::new(name, env!("CARGO_BIN_EXE_codexctl"), &["render", "--env", "ai", "--slot", "1"])
}

fn measure(title: &str, rounds: usize, folder: &Path, candidates: &[Candidate]) {
    compare(title, rounds, folder, candidates.to_vec());
    for candidate in candidates {
        if let Some(peak) = peak(candidate, folder) {
            println!("  {:<44}  {peak:>7.1} MiB at most", candidate.name);
        }
    }
}

/// The most memory that a program had until it printed its result. Linux tells it while the process is there, and it stays: the
/// result is longer than a pipe holds.
fn peak(candidate: &Candidate, folder: &Path) -> Option<f64> {
    let home = TempDir::new().expect("a home");
    let mut child = candidate.command(folder, home.path()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut out = child.stdout.take().expect("its result");
    out.read_exact(&mut [0]).expect("a result");
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok();
    copy(&mut out, &mut sink()).expect("the rest");
    child.wait().expect("its end");
    let kibibytes =
        status?.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    Some(kibibytes? / 1024.0)
}

/// Builds the Go program; none where there is no Go, or it can't get its one module.
fn build_go(source: &Path, folder: &Path) -> Option<PathBuf> {
    let program = folder.join("gotool");
    let built = Command::new("go").args(["build", "-o"]).arg(&program).arg(".").current_dir(source).status();
    if built.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("Go is not here, or can't build benches/gotool: left out");
    None
}

/// What `kubectl kustomize` needs: the finished objects, a file each.
fn kustomize(fixture: &Path, folder: &Path) -> Option<Candidate> {
    if !Command::new("kubectl")
        .arg("version")
        .arg("--client")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("kubectl is not here: left out");
        return None;
    }
    let rendered = ours("").command(fixture, folder).stdout(Stdio::piped()).output().expect("codexctl render");
    let text = String::from_utf8(rendered.stdout).expect("text");
    let target = folder.join("kustomize");
    fs::create_dir(&target).expect("a folder");
    let mut list = "resources:\n".to_owned();
    for (index, document) in text.split("\n---\n").enumerate() {
        fs::write(target.join(format!("{index}.yaml")), document).expect("an object");
        writeln!(list, "  - {index}.yaml").expect("a line");
    }
    fs::write(target.join("kustomization.yaml"), list).expect("the list");
    let target = target.display().to_string();
    Some(Candidate::new("kubectl kustomize, no templates", "kubectl", &["kustomize", &target]))
}

/// A stack of many services like those of the fixture.
fn generate(fixture: &Path, folder: &Path, services: usize) {
    let read = |path: &str| fs::read_to_string(fixture.join(path)).expect("a file of the fixture");
    let (stack, deployment, service) =
        (read("services.yaml"), read("deploy/accounts/deployment.yaml"), read("deploy/accounts/service.yaml"));
    let (head, body) = stack.split_once("\nservices:\n").expect("its services");
    let block = body.split("\n\n").next().expect("the first service");
    let head = head.split_once("\ninfrastructure:").expect("its infrastructure").0;
    let mut stack = format!("{head}\nservices:\n");
    for index in 0..services {
        let name = format!("service-{index:04}");
        // Config maps are left out: two files a service, as most have.
        let block: String = block
            .lines()
            .filter(|line| !line.contains("config.yaml"))
            .fold(String::new(), |all, line| all + line + "\n");
        stack.push_str(&block.replace("\"accounts\"", "\"auth\"").replace("accounts", &name));
        let own = folder.join("deploy").join(&name);
        fs::create_dir_all(&own).expect("a folder");
        let named = |text: &str| text.replace("\"accounts\"", "\"auth\"").replace("accounts", &name);
        fs::write(own.join("deployment.yaml"), named(&deployment)).expect("a file");
        fs::write(own.join("service.yaml"), named(&service)).expect("a file");
    }
    fs::write(folder.join("services.yaml"), stack).expect("services.yaml");
    fs::copy(fixture.join("deploy/bench.env"), folder.join("deploy/bench.env")).expect("its variables");
}
