//! How long a user waits: process start and a dry run, beside what else would answer the same question on the same machine.
//!
//! `cargo bench` builds the release binary and runs this; `cargo bench -- 500` takes 500 rounds. The programs take turns, so that
//! whatever else the machine does falls on all of them. Criterion would bring nineteen crates for what a minimum and a median tell.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a benchmark prints, and ends where it can't measure"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Rounds where nobody says how many: enough for a stable median, a few seconds in all.
const ROUNDS: usize = 100;

/// What a workflow step does by hand in the tool's place: read the event, look at its label, say so.
const BY_HAND: &str = "const event = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8')); \
    const dev = event.action === 'labeled' && event.label.name.toLowerCase() === '[ai-dev]'; \
    console.log(dev ? `flow dev for issue #${event.issue.number}` : 'nothing to do');";

/// One program of a comparison.
struct Candidate {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    times: Vec<Duration>,
}

impl Candidate {
    fn new(name: &'static str, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name, program: program.into(), arguments, times: Vec::new() }
    }

    fn run(&mut self, folder: &Path, home: &Path) {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(folder).env_clear().env("HOME", home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.times.push(started.elapsed());
        assert!(status.success(), "{} ended with {status}", self.name);
    }
}

fn compare(title: &str, rounds: usize, folder: &Path, mut candidates: Vec<Candidate>) {
    let home = TempDir::new().expect("a home");
    for round in 0..=rounds {
        for candidate in &mut candidates {
            candidate.run(folder, home.path());
            if round == 0 {
                // The first one reads the program from the disk.
                candidate.times.clear();
            }
        }
    }
    println!("{title}, {rounds} rounds, milliseconds");
    println!("  {:<44}  {:>7}  {:>7}  {:>7}", "", "least", "median", "nine in ten");
    for candidate in &mut candidates {
        candidate.times.sort_unstable();
        let at = |part: usize| candidate.times[(candidate.times.len() - 1) * part / 10].as_secs_f64() * 1000.0;
        println!("  {:<44}  {:>7.2}  {:>7.2}  {:>7.2}", candidate.name, at(0), at(5), at(9));
    }
}

fn main() {
    // Cargo hands over flags of its own, such as `--bench`.
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let codexctl = env!("CARGO_BIN_EXE_codexctl");
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let event = shop.join("events/dev.json").display().to_string();
    compare(
        "Start",
        rounds,
        &shop,
        vec![
            Candidate::new("codexctl version", codexctl, &["version"]),
            Candidate::new("git --version", "git", &["--version"]),
            Candidate::new("node --version", "node", &["--version"]),
        ],
    );
    compare(
        "What does this event ask for?",
        rounds,
        &shop,
        vec![
            Candidate::new(
                "codexctl run --dry-run (the whole plan)",
                codexctl,
                &["run", "--dry-run", "--event", &event],
            ),
            Candidate::new(
                "codexctl run --dry-run (nothing to do)",
                codexctl,
                &["run", "--dry-run", "--event-name", "milestone", "--event", &event],
            ),
            Candidate::new("node, JSON.parse and a look at the label", "node", &["-e", BY_HAND, &event]),
        ],
    );
    let size = std::fs::metadata(codexctl).expect("the binary").len();
    println!("Binary: {:.1} MB", size as f64 / 1e6);
}
