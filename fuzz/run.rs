//! Drives the fuzz targets on the stable toolchain: mutates a fixed corpus at random for some seconds a target.
//! `make fuzz`, or `cargo run --example fuzz -- [SECONDS] [TARGET…]`; `FUZZ_SEED=n` repeats a run. What makes a target
//! panic, or run for longer than a minute, is kept in a file that is named, and the run ends with status 1.
#![allow(clippy::expect_used, clippy::print_stdout, missing_docs, reason = "a test tool says what it does by printing")]

mod corpus;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use corpus::Random;

/// A target: its name, what it does with bytes, and what its inputs are made of.
struct Target {
    name: &'static str,
    run: fn(&[u8]),
    corpus: fn() -> Vec<Vec<u8>>,
    words: &'static [&'static str],
}

const TARGETS: [Target; 5] = [
    Target { name: "gotmpl", run: targets::gotmpl, corpus: corpus::templates, words: corpus::TEMPLATE_WORDS },
    Target { name: "yaml", run: targets::yaml, corpus: corpus::yaml, words: corpus::YAML_WORDS },
    Target { name: "services", run: targets::services, corpus: corpus::services, words: corpus::SERVICES_WORDS },
    Target { name: "vars", run: targets::vars, corpus: corpus::vars, words: corpus::VARS_WORDS },
    Target { name: "event", run: targets::event, corpus: corpus::events, words: corpus::EVENT_WORDS },
];

/// What a target is working on, and since when.
type Running = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

/// No input of a few kilobytes needs a second, however slow the machine.
const HANG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let seconds =
        arguments.next_if(|first| first.parse::<u64>().is_ok()).and_then(|text| text.parse().ok()).unwrap_or(10);
    let wanted: Vec<String> = arguments.collect();
    if let Some(unknown) = wanted.iter().find(|name| TARGETS.iter().all(|target| target.name != **name)) {
        println!("there is no target {unknown}; there are {}", TARGETS.map(|target| target.name).join(", "));
        return ExitCode::FAILURE;
    }
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(clock);
    let mut failed = false;
    for target in TARGETS.iter().filter(|target| wanted.is_empty() || wanted.iter().any(|name| name == target.name)) {
        failed |= !fuzz(target, Duration::from_secs(seconds), seed);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs a target; false when an input made it panic.
fn fuzz(target: &Target, time: Duration, seed: u64) -> bool {
    let corpus = (target.corpus)();
    let mut random = Random::new(seed);
    let running = Running::default();
    watch(target.name, &running);
    let start = Instant::now();
    let mut count = 0_u64;
    while start.elapsed() < time {
        // Every seed goes first as it is.
        let input = match usize::try_from(count).ok().and_then(|at| corpus.get(at)) {
            Some(input) => input.clone(),
            None => corpus::mutated(&mut random, &corpus, target.words),
        };
        *running.lock().expect("the watch") = Some((Instant::now(), input.clone()));
        let panicked = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err();
        *running.lock().expect("the watch") = None;
        count += 1;
        if panicked {
            println!("fuzz {}: a panic, the input is in {}", target.name, keep(target.name, &input).display());
            return false;
        }
    }
    let seeds = corpus.len();
    println!("fuzz {}: {count} inputs made of {seeds} in {} s, no panic (seed {seed})", target.name, time.as_secs());
    true
}

/// Ends the process when an input runs for too long.
fn watch(name: &'static str, running: &Running) {
    let running = Arc::downgrade(running);
    std::thread::spawn(move || {
        while let Some(running) = running.upgrade() {
            if let Some((_, input)) =
                running.lock().expect("the target").as_ref().filter(|(start, _)| start.elapsed() > HANG)
            {
                println!("fuzz {name}: an input without end, it is in {}", keep(name, input).display());
                std::process::exit(1);
            }
            drop(running);
            std::thread::sleep(Duration::from_secs(1));
        }
    });
}

/// Writes an input into the build folder.
fn keep(name: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let path = folder.join(format!("fuzz-{name}.input"));
    std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input)).expect("the build folder");
    path
}
