//! Programs that take turns, so that whatever else the machine does falls on all of them. Criterion would bring nineteen crates for
//! what a minimum and a median tell.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// One program of a comparison.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// Whether only the time to the first line on standard error counts.
    first_line: bool,
    times: Vec<Duration>,
}

impl Candidate {
    pub(crate) fn new(name: &'static str, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name, program: program.into(), arguments, variables: Vec::new(), first_line: false, times: Vec::new() }
    }

    /// The same with a variable.
    #[allow(dead_code, reason = "each benchmark uses a part of it")]
    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The time to the first line that it says, instead of that to its end.
    #[allow(dead_code, reason = "each benchmark uses a part of it")]
    pub(crate) fn until_its_first_line(mut self) -> Self {
        self.first_line = true;
        self
    }

    pub(crate) fn command(&self, folder: &Path, home: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(folder).env_clear().env("HOME", home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&mut self, folder: &Path, home: &Path) {
        let mut command = self.command(folder, home);
        if self.first_line {
            command.stderr(Stdio::piped());
        }
        let started = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        if let Some(said) = child.stderr.take() {
            let mut said = BufReader::new(said);
            said.read_line(&mut String::new()).unwrap_or_else(|error| panic!("{}: {error}", self.name));
            self.times.push(started.elapsed());
            // Nobody is left waiting at a full pipe.
            std::io::copy(&mut said, &mut std::io::sink()).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        }
        let status = child.wait().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        if !self.first_line {
            self.times.push(started.elapsed());
        }
        assert!(status.success(), "{} ended with {status}", self.name);
    }
}

pub(crate) fn compare(title: &str, rounds: usize, folder: &Path, mut candidates: Vec<Candidate>) {
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

/// Rounds where nobody says how many: enough for a stable median, a few seconds in all.
const ROUNDS: usize = 100;

/// The rounds that the command line asks for. Cargo hands over flags of its own, such as `--bench`.
pub(crate) fn rounds() -> usize {
    std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS)
}
