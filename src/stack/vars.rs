//! The merged variables of a run: every source and spelling, and where each value came from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dotenv::{self, Assignment};
use super::error::Diagnostic;
use super::yaml::Place;
use crate::secrets::is_secret_name;
use crate::settings::OLDER_NAMES;

/// Names that decide who may start a run, as whom it writes and what it executes. A pull request could change a file
/// of the repository, so these count from outside it only.
const PROTECTED: [&str; 7] = [
    "CODEXCTL_ALLOWED_USERS",
    "AI_ALLOWED_USERS",
    "CODEXCTL_AGENT_COMMAND",
    "CODEXCTL_GH_APP_ID",
    "CODEXCTL_GH_APP_PRIVATE_KEY",
    "GH_TOKEN",
    "GITHUB_TOKEN",
];

/// Variables that carry other variables, secrets among them.
const CARRIERS: [&str; 3] = ["CODEXCTL_VARS", "CODEXCTL_VAR_FILE", "CODEXCTL_ENV_FILE"];

/// Whether a variable is never taken from a file of the repository.
pub fn is_protected(name: &str) -> bool {
    PROTECTED.contains(&name) || name.ends_with("_PAT")
}

/// What the variables of a run are merged from. Nothing here reads the process environment: it is handed in.
#[derive(Clone, Default)]
pub struct VarsInput {
    /// The environment of the process.
    pub process: BTreeMap<String, String>,
    /// `--var-file` or `CODEXCTL_VAR_FILE`, relative to the working directory.
    pub var_file: Option<PathBuf>,
    /// `--vars` or `CODEXCTL_VARS`: `A=1,B=2`.
    pub vars: Option<String>,
}

/// What a run decided by flags, event and records; it stands above every other source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// The slot's number.
    pub slot: Option<u32>,
    /// The issue that the run is about.
    pub issue: Option<u64>,
    /// The pull request that the run is about.
    pub pr: Option<u64>,
    /// The issue that a comment was written on.
    pub focus_issue: Option<u64>,
    /// `owner/name`.
    pub repo: Option<String>,
    /// The branch that the run works on.
    pub branch: Option<String>,
    /// `en` or `ru`.
    pub lang: Option<String>,
    /// Whether the environment isn't ready.
    pub infra_unhealthy: bool,
    /// `short` or `full`.
    pub prompt_mode: Option<String>,
}

/// Where a variable's value came from; later ones win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The process environment.
    Process,
    /// A line of a file of `envFiles`.
    EnvFile(PathBuf, usize),
    /// A line of the var file.
    VarFile(PathBuf, usize),
    /// `--vars` or `CODEXCTL_VARS`.
    Inline,
    /// The run itself.
    Decided,
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => out.write_str("the environment"),
            Self::EnvFile(file, line) | Self::VarFile(file, line) => write!(out, "{}:{line}", file.display()),
            Self::Inline => out.write_str("--vars"),
            Self::Decided => out.write_str("this run"),
        }
    }
}

/// The merged variables. `Debug` shows names and sources, never values.
#[derive(Clone, Default)]
pub struct Vars {
    values: BTreeMap<String, (String, Source)>,
    /// Names given by `--vars`, and by it or the var file.
    inline: BTreeSet<String>,
    given: BTreeSet<String>,
}

impl fmt::Debug for Vars {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.values.iter().map(|(name, (_, source))| (name, source))).finish()
    }
}

/// The lines of a file that `envFiles` names, or why there are none.
pub(super) fn env_file(
    root: &Path,
    name: &str,
    place: Place,
    stack_file: &Path,
) -> Result<Vec<Assignment>, Box<Diagnostic>> {
    let text = std::fs::read_to_string(root.join(name)).map_err(|error| {
        let text = format!("envFiles: {name}: {}", reason(&error));
        Diagnostic::error(text).at(stack_file, place).hint("paths start at the folder of this file")
    })?;
    let told =
        |bad: dotenv::BadLine| Diagnostic::error(bad.text).at(&stack_file.with_file_name(name), at_line(bad.line));
    Ok(dotenv::dotenv(&text).map_err(told)?)
}

impl Vars {
    /// Merges all sources in their order. What is wrong or old-fashioned is told in `found`.
    pub(super) fn merge(
        root: &Path,
        env_files: &[(String, Place)],
        stack_file: &Path,
        input: &VarsInput,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut vars = Self::default();
        let mut older = BTreeSet::new();
        let process =
            input.process.iter().map(|(name, value)| (name.clone(), value.clone(), Source::Process)).collect();
        vars.layer(process, &mut older);
        for (name, place) in env_files.iter().filter(|(name, _)| !name.trim().is_empty()) {
            let shown = stack_file.with_file_name(name);
            match env_file(root, name, *place, stack_file) {
                Ok(lines) => {
                    vars.file(&shown, lines, true, |line| Source::EnvFile(shown.clone(), line), &mut older, found);
                }
                Err(told) => found.push(*told),
            }
        }
        if let Some(path) = &input.var_file {
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    let (lines, bad) = dotenv::var_file(&text);
                    found.extend(bad.iter().map(|bad| {
                        Diagnostic::warning(format!("this line has no effect: {}", bad.text))
                            .at(path, at_line(bad.line))
                    }));
                    vars.given.extend(lines.iter().map(|line| line.name.clone()));
                    vars.file(
                        path,
                        lines,
                        is_within(path, root),
                        |line| Source::VarFile(path.clone(), line),
                        &mut older,
                        found,
                    );
                }
                Err(error) => found.push(
                    Diagnostic::error(format!("the var file can't be read: {}", reason(&error)))
                        .file(path)
                        .hint("it is named by --var-file or CODEXCTL_VAR_FILE"),
                ),
            }
        }
        match dotenv::inline(input.vars.as_deref().unwrap_or_default()) {
            Ok(items) => {
                vars.inline.extend(items.iter().map(|item| item.name.clone()));
                vars.given.extend(items.iter().map(|item| item.name.clone()));
                let items = items.into_iter().map(|item| (item.name, item.value, Source::Inline)).collect();
                vars.layer(items, &mut older);
            }
            Err(bad) => {
                found.push(Diagnostic::error(format!("--vars or CODEXCTL_VARS, item {}: {}", bad.line, bad.text)));
            }
        }
        for (old, new) in OLDER_NAMES.iter().filter(|(old, _)| older.contains(old)) {
            found.push(Diagnostic::warning(format!("{old} is the older name of {new}")).hint(format!("set {new}")));
        }
        vars
    }

    /// Takes the lines of a file; of a file of the repository without the protected names.
    fn file(
        &mut self,
        path: &Path,
        lines: Vec<Assignment>,
        of_repository: bool,
        source: impl Fn(usize) -> Source,
        older: &mut BTreeSet<&'static str>,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut taken = Vec::with_capacity(lines.len());
        for line in lines {
            if of_repository && is_protected(&line.name) {
                self.given.remove(&line.name);
                let text = format!("{} is not taken from a file of the repository", line.name);
                let warning = Diagnostic::warning(text).at(path, at_line(line.line));
                found.push(warning.hint("set it in the environment of the process"));
                continue;
            }
            taken.push((line.name, line.value, source(line.line)));
        }
        self.layer(taken, older);
    }

    /// Puts one source on top. Within it, old and new names of a setting fill each other.
    fn layer(&mut self, items: Vec<(String, String, Source)>, older: &mut BTreeSet<&'static str>) {
        let mut layer: BTreeMap<String, (String, Source)> = BTreeMap::new();
        for (name, value, source) in items {
            layer.insert(name, (value, source));
        }
        let set = |layer: &BTreeMap<String, (String, Source)>, name: &str| {
            layer.get(name).filter(|(value, _)| !value.is_empty()).cloned()
        };
        for (old, new) in OLDER_NAMES {
            if let Some(value) = set(&layer, old)
                && set(&layer, new).is_none()
            {
                older.insert(old);
                layer.insert(new.to_owned(), value);
            }
        }
        for (old, new) in OLDER_NAMES {
            if let Some(value) = set(&layer, new)
                && set(&layer, old).is_none()
            {
                layer.insert(old.to_owned(), value);
            }
        }
        self.values.extend(layer);
    }

    /// Puts in what the run decided, under new and older names.
    pub(super) fn decide(&mut self, env: &str, decided: &Decided) {
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let unhealthy = |text: &str| decided.infra_unhealthy.then(|| text.to_owned());
        let slot = decided.slot.map(|slot| slot.to_string());
        let values = [
            ("CODEXCTL_ENV", Some(env.to_owned())),
            ("CODEXCTL_SLOT", slot.clone()),
            ("SLOT", slot),
            ("CODEXCTL_ISSUE_NUMBER", number(decided.issue)),
            ("ISSUE_NUMBER", number(decided.issue)),
            ("CODEXCTL_PR_NUMBER", number(decided.pr)),
            ("PR_NUMBER", number(decided.pr)),
            ("CODEXCTL_FOCUS_ISSUE_NUMBER", number(decided.focus_issue)),
            ("FOCUS_ISSUE_NUMBER", number(decided.focus_issue)),
            ("CODEXCTL_REPO", decided.repo.clone()),
            ("CODEXCTL_BRANCH", decided.branch.clone()),
            ("CODEXCTL_LANG", decided.lang.clone()),
            ("CODEX_PROMPT_LANG", decided.lang.clone()),
            ("PROMPT_LANG", decided.lang.clone()),
            ("CODEXCTL_INFRA_UNHEALTHY", unhealthy("true")),
            ("INFRA_UNHEALTHY", unhealthy("1")),
            ("CODEXCTL_PROMPT_MODE", decided.prompt_mode.clone()),
            ("PROMPT_MODE", decided.prompt_mode.clone()),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                self.set(name, value);
            }
        }
        // A healthy environment is told by absence, whatever an earlier run left behind.
        if !decided.infra_unhealthy {
            self.values.remove("CODEXCTL_INFRA_UNHEALTHY");
            self.values.remove("INFRA_UNHEALTHY");
        }
    }

    /// Puts in the namespace once it is known.
    pub(super) fn set_namespace(&mut self, namespace: &str) {
        self.set("CODEXCTL_NAMESPACE", namespace.to_owned());
    }

    /// Puts in whether a prompt is `short` or `full`, once that is known.
    pub(super) fn set_prompt_mode(&mut self, mode: &str) {
        self.set("CODEXCTL_PROMPT_MODE", mode.to_owned());
        self.set("PROMPT_MODE", mode.to_owned());
    }

    fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), (value, Source::Decided));
    }

    /// A variable's value; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Where a variable's value came from.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.values.get(name).map(|(_, source)| source)
    }

    /// All names and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }

    /// All names and values, as templates and hooks see them.
    pub fn to_map(&self) -> Arc<BTreeMap<String, String>> {
        Arc::new(self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The same without secrets, and without the variables that carry others.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut open = self.clone();
        open.values.retain(|name, _| !is_secret_name(name) && !CARRIERS.contains(&name.as_str()));
        open
    }

    /// What `--vars` gave (`.UserVars` of templates).
    pub fn inline(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| self.inline.contains(*name))
    }

    /// What `--vars` and the var file gave (`.Vars` of templates).
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| self.given.contains(*name))
    }
}

/// Why a file can't be read, in words that don't need an error number.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of its path is a file, not a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

fn at_line(line: usize) -> Place {
    Place { line, column: 1, offset: 0 }
}

/// Whether a file lies under a folder, symbolic links resolved. A path that can't be resolved counts as inside: that is
/// the careful answer.
fn is_within(file: &Path, folder: &Path) -> bool {
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => true,
    }
}
