//! What was asked and answered, held against GitHub's own descriptions: its OpenAPI document and its GraphQL schema.
//!
//! One checker serves all tests of a process; it starts with the first stand-in that ends and goes when its standard input does.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// What was asked and what was answered to it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Exchange {
    /// Whether codexctl asked, not a test by hand, which may be wrong on purpose.
    pub(crate) ours: bool,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) content_type: Option<String>,
    pub(crate) accept: Option<String>,
    pub(crate) request: String,
    pub(crate) status: u16,
    /// None where a fault answered, not the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Value>,
}

struct Checker {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What was found good already.
    good: HashSet<String>,
}

static CHECKER: Mutex<Option<Checker>> = Mutex::new(None);

/// What is wrong with these exchanges, one sentence each.
pub(crate) fn check(exchanges: &[Exchange]) -> Vec<String> {
    let mut checker = CHECKER.lock().unwrap_or_else(PoisonError::into_inner);
    checker.get_or_insert_with(Checker::start).check(exchanges)
}

/// Where `tests/setup/install.sh github` puts GitHub's descriptions.
fn folder() -> PathBuf {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let caches = of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
    let cache = of("CODEXCTL_TEST_CACHE").or_else(|| Some(caches?.join("codexctl-tests")));
    let folder = cache.map(|cache| cache.join("github")).filter(|folder| folder.exists());
    folder.expect("GitHub's own descriptions are not installed: run `tests/setup/install.sh github`")
}

impl Checker {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/github/contract/check.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts: run `tests/setup/install.sh github`");
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { _child: child, input, output, good: HashSet::new() }
    }

    fn check(&mut self, exchanges: &[Exchange]) -> Vec<String> {
        let texts = exchanges.iter().map(|exchange| serde_json::to_string(exchange).unwrap());
        let fresh: Vec<String> = texts.filter(|text| self.good.insert(text.clone())).collect();
        if fresh.is_empty() {
            return Vec::new();
        }
        writeln!(self.input, "[{}]", fresh.join(",")).expect("the checker listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the checker answers");
        let problems: Vec<String> = serde_json::from_str(&line).expect("the checker's answer is a list");
        if !problems.is_empty() {
            // Another test that does the same must fail as well.
            self.good.retain(|text| !fresh.contains(text));
        }
        problems
    }
}
