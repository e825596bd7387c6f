//! Settings: which value counts and where it came from. This is the only room that reads the process's environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::secrets::{Secret, is_secret_name};
use crate::stack::GoDuration;

mod github;
pub mod inputs;
mod older;
mod table;

pub use github::GitHubAccess;
pub use older::OLDER_NAMES;
pub use table::{Kind, Reach, Scope, Setting, Subcommand, setting, table};

/// Where a value came from, in words for messages: `--runtime`, `CODEXCTL_RUNTIME`, `the default`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag(String),
    /// An input of the action.
    Input(String),
    /// A variable by its name.
    Variable(String),
    /// Nobody gave it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(out, "--{flag}"),
            Self::Input(input) => write!(out, "input {input}"),
            Self::Variable(name) => out.write_str(name),
            Self::Default => out.write_str("the default"),
        }
    }
}

/// A value that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: {problem}")]
pub struct Invalid {
    /// The flag or variable that gave it.
    pub source_name: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// All that was said on the command line and in variables.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    flags: BTreeMap<&'static str, String>,
    inputs: BTreeMap<&'static str, String>,
    process: BTreeMap<String, String>,
    merged: BTreeMap<String, String>,
    /// Which of the process's names were filled from an older one.
    older: BTreeMap<&'static str, &'static str>,
}

impl Settings {
    /// Flags by their names, and the environment as [`environment`] gives it. Empty variables count as unset,
    /// and an older name sets today's one where that is not set.
    pub fn new(flags: BTreeMap<&'static str, String>, process: BTreeMap<String, String>) -> Self {
        let mut process: BTreeMap<_, _> = process.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let older = older::fill(&mut process);
        Self { flags, inputs: BTreeMap::new(), merged: process.clone(), process, older }
    }

    /// The same with inputs of the action by the names of their flags; they stand above variables.
    #[must_use]
    pub fn with_inputs(self, inputs: BTreeMap<&'static str, String>) -> Self {
        Self { inputs, ..self }
    }

    /// Gives an input a value that is made here.
    pub fn give(&mut self, input: &'static str, value: String) {
        self.inputs.insert(input, value);
    }

    /// What was given by flags and inputs, without what may hold secrets.
    pub fn given(&self) -> BTreeMap<String, String> {
        let all =
            self.inputs.iter().chain(&self.flags).filter(|(name, _)| !["vars", inputs::KUBECONFIG].contains(*name));
        all.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// Whether each input has a value of its kind, also where nothing will ask for it.
    ///
    /// # Errors
    /// One for each that has not.
    pub fn check_inputs(&self) -> Result<(), Vec<Invalid>> {
        let wrong = |flag: &'static str| match setting(flag)?.kind {
            Kind::Switch => self.switch(flag).err(),
            Kind::SwitchOr(_) => self.switch_or(flag).err(),
            Kind::Number => self.number(flag).err(),
            Kind::Size => self.size(flag).err(),
            Kind::Duration => self.duration(flag).err(),
            Kind::Choice(_) => self.choice(flag).err(),
            Kind::Text => None,
        };
        let wrong: Vec<_> = self.inputs.keys().filter_map(|flag| wrong(flag)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Adds the variables that services.yaml and its files brought; they count for settings of [`Reach::Merged`].
    pub fn merge(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.merged.extend(variables.into_iter().filter(|(_, value)| !value.is_empty()));
    }

    /// The process's own variables.
    pub fn process(&self) -> &BTreeMap<String, String> {
        &self.process
    }

    /// A variable of the process that has no flag.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.process.get(name).map(String::as_str)
    }

    /// The value of a flag of [`table`], as it was written, with its source; none where nobody gave it and it has no default.
    /// An empty flag counts as not given, as an empty variable does: workflows write `--resume "$THREAD"`.
    pub fn raw(&self, flag: &'static str) -> Option<(String, Source)> {
        if let Some(value) = self.flags.get(flag).filter(|value| !value.is_empty()) {
            return Some((value.clone(), Source::Flag(flag.to_owned())));
        }
        if let Some(value) = self.inputs.get(flag).filter(|value| !value.is_empty()) {
            return Some((value.clone(), Source::Input(flag.to_owned())));
        }
        let row = setting(flag)?;
        let variables = match row.reach {
            Reach::Process => &self.process,
            Reach::Merged => &self.merged,
        };
        let named = row.variables.iter().find_map(|name| Some((*name, variables.get(*name)?)));
        if let Some((name, value)) = named {
            // The name that the user wrote; a value of the stack's files that came on top stands under today's name.
            let older = self.older.get(name).filter(|_| self.process.get(name) == Some(value));
            return Some((value.clone(), Source::Variable((*older.unwrap_or(&name)).to_owned())));
        }
        row.default.map(|value| (value.to_owned(), Source::Default))
    }

    /// A text.
    pub fn text(&self, flag: &'static str) -> Option<String> {
        self.raw(flag).map(|(value, _)| value)
    }

    /// A switch; off where nobody set it.
    ///
    /// # Errors
    /// The value is none of `1 t true 0 f false`.
    pub fn switch(&self, flag: &'static str) -> Result<bool, Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok(false) };
        parse_switch(&value)
            .ok_or_else(|| invalid(&source, format!("`{}` is neither true nor false", shortened(&value))))
    }

    /// A switch that knows one more word: whether it is on, and whether by that word.
    ///
    /// # Errors
    /// The value is neither the word nor one of `1 t true 0 f false`.
    pub fn switch_or(&self, flag: &'static str) -> Result<(bool, bool), Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok((false, false)) };
        let Some(Setting { kind: Kind::SwitchOr(other), .. }) = setting(flag) else { return Ok((false, false)) };
        if value.trim().eq_ignore_ascii_case(other) {
            return Ok((true, true));
        }
        let wrong = || invalid(&source, format!("`{}` is neither true nor false nor {other}", shortened(&value)));
        Ok((parse_switch(&value).ok_or_else(wrong)?, false))
    }

    /// A whole number from 1.
    ///
    /// # Errors
    /// The value is no such number.
    pub fn number(&self, flag: &'static str) -> Result<Option<u64>, Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok(None) };
        match value.trim().parse::<u64>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(invalid(&source, format!("`{}` is not a whole number from 1", shortened(&value)))),
        }
    }

    /// A whole number from 1 in a merged variable that has no flag.
    ///
    /// # Errors
    /// The value is no such number.
    pub fn number_of(&self, name: &'static str) -> Result<Option<u64>, Invalid> {
        let Some(value) = self.merged(name) else { return Ok(None) };
        match value.trim().parse::<u64>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(invalid(
                &Source::Variable(name.to_owned()),
                format!("`{}` is not a whole number from 1", shortened(value)),
            )),
        }
    }

    /// A merged variable that has no flag: of the process, or of the stack's files.
    pub fn merged(&self, name: &str) -> Option<&str> {
        self.merged.get(name).map(String::as_str)
    }

    /// A time.
    ///
    /// # Errors
    /// It is none in Go's form.
    pub fn duration(&self, flag: &'static str) -> Result<Option<Duration>, Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok(None) };
        match GoDuration::parse(&value) {
            Some(time) => Ok(Some(time.value())),
            None => Err(invalid(&source, format!("`{}` is no time: write one like 30m or 1h30m", shortened(&value)))),
        }
    }

    /// A size in bytes.
    ///
    /// # Errors
    /// The value is no size.
    pub fn size(&self, flag: &'static str) -> Result<Option<u64>, Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok(None) };
        crate::policy::limits::parse_size(&value)
            .map(Some)
            .map_err(|_| invalid(&source, format!("`{}` is not a size such as 200KB or 4Mi", shortened(&value))))
    }

    /// One of the values that the table names, in any case.
    ///
    /// # Errors
    /// The value is none of them; the message lists them.
    pub fn choice(&self, flag: &'static str) -> Result<Option<&'static str>, Invalid> {
        let Some((value, source)) = self.raw(flag) else { return Ok(None) };
        let Some(Setting { kind: Kind::Choice(known), .. }) = setting(flag) else { return Ok(None) };
        match known.iter().find(|name| name.eq_ignore_ascii_case(value.trim())) {
            Some(name) => Ok(Some(name)),
            None => Err(invalid(&source, format!("`{}` is not one of {}", shortened(&value), known.join(", ")))),
        }
    }

    /// Every secret that the process was given, by name, to be masked before anything is printed.
    pub fn secrets(&self) -> Vec<(String, Secret)> {
        self.process
            .iter()
            .filter(|(name, _)| is_secret_name(name))
            .map(|(name, value)| (name.clone(), Secret::new(value.clone())))
            .collect()
    }

    /// One warning for each older variable name that counted, naming the new one.
    pub fn older_names_in_use(&self) -> Vec<String> {
        self.older.iter().map(|(new, older)| format!("variable {older} is an older name: use {new}")).collect()
    }

    /// The model's key, which only the key proxy sees.
    pub fn model_key(&self) -> Option<Secret> {
        self.process.get("OPENAI_API_KEY").map(|value| Secret::new(value.trim().to_owned()))
    }

    /// Whether this process runs as a step of GitHub Actions.
    pub fn in_github_actions(&self) -> bool {
        self.variable("GITHUB_ACTIONS") == Some("true")
    }

    /// The web address of the GitHub in question, without a slash at the end: `GITHUB_SERVER_URL`, else github.com's.
    pub fn server(&self) -> &str {
        self.variable("GITHUB_SERVER_URL").unwrap_or("https://github.com").trim_end_matches('/')
    }

    /// Where state that this machine may lose is kept: `$XDG_STATE_HOME/codexctl`, else `~/.local/state/codexctl`.
    pub fn state_home(&self) -> Option<PathBuf> {
        let base = match self.variable("XDG_STATE_HOME") {
            // The XDG base directory specification: a relative path is to be ignored.
            Some(path) if path.starts_with('/') => PathBuf::from(path),
            _ => PathBuf::from(self.variable("HOME")?).join(".local/state"),
        };
        Some(base.join("codexctl"))
    }
}

/// The process's environment. Names and values that are not UTF-8 can't be settings and are left out; an input of the action must not
/// get lost without a word, so its value comes with U+FFFD for what can't be read.
pub fn environment() -> BTreeMap<String, String> {
    let readable = |name: &str, value: OsString| match value.into_string() {
        Ok(value) => Some(value),
        Err(value) => name.starts_with("INPUT_").then(|| value.to_string_lossy().into_owned()),
    };
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let value = readable(&name, value)?;
            Some((name, value))
        })
        .collect()
}

/// The longest value that a message shows.
const SHOWN: usize = 80;

/// A value as a message shows it: one that is long by its beginning.
pub fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

/// Go's spellings of true and false, as the Go tool took them (strconv.ParseBool), in any case.
pub fn parse_switch(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" => Some(true),
        "0" | "f" | "false" => Some(false),
        _ => None,
    }
}

fn invalid(source: &Source, problem: String) -> Invalid {
    Invalid { source_name: source.to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Settings {
        Settings::new(
            flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn the_flag_wins_over_its_variable_and_an_empty_variable_is_unset() {
        let both = settings(&[("lang", "ru")], &[("CODEXCTL_LANG", "en")]);
        assert_eq!(both.choice("lang"), Ok(Some("ru")));
        let empty = settings(&[], &[("CODEXCTL_LANG", ""), ("PROMPT_LANG", "ru")]);
        assert_eq!(empty.choice("lang"), Ok(Some("ru")));
        assert_eq!(settings(&[("lang", "")], &[("CODEXCTL_LANG", "en")]).choice("lang"), Ok(Some("en")));
        assert_eq!(settings(&[("config", "")], &[]).text("config").as_deref(), Some("services.yaml"));
        assert_eq!(empty.older_names_in_use(), ["variable PROMPT_LANG is an older name: use CODEXCTL_LANG"]);
    }

    #[test]
    fn a_value_that_does_not_parse_is_an_error_that_names_its_source() {
        let wrong = settings(&[("slot", "0")], &[("CODEXCTL_DRY_RUN", "maybe"), ("CODEXCTL_LANG", "de")]);
        assert_eq!(
            wrong.number("slot").map_err(|e| e.to_string()),
            Err("--slot: `0` is not a whole number from 1".into())
        );
        assert_eq!(
            wrong.switch("dry-run").map_err(|e| e.to_string()),
            Err("CODEXCTL_DRY_RUN: `maybe` is neither true nor false".into())
        );
        assert_eq!(
            wrong.choice("lang").map_err(|e| e.to_string()),
            Err("CODEXCTL_LANG: `de` is not one of en, ru".into())
        );
    }

    #[test]
    fn who_is_allowed_is_never_taken_from_files_of_the_repository() {
        let mut settings = settings(&[], &[]);
        settings.merge([
            ("CODEXCTL_ALLOWED_USERS".to_owned(), "mallory".to_owned()),
            ("CODEXCTL_MODEL".to_owned(), "m".to_owned()),
        ]);
        assert_eq!(settings.text("allowed-users"), None);
        assert_eq!(settings.text("model").as_deref(), Some("m"));
    }

    #[test]
    fn the_token_is_the_first_of_three_variables() {
        let settings = settings(&[], &[("GITHUB_TOKEN", "third"), ("GH_TOKEN", "second")]);
        assert_eq!(settings.github_token().map(|token| token.expose().clone()).as_deref(), Some("second"));
    }

    #[test]
    fn an_older_name_counts_where_the_new_one_is_not_set_and_is_named_in_messages() {
        let older = settings(
            &[],
            &[
                ("CODEX_GH_PAT", "pat"),
                ("CODEX_PROMPT_LANG", "de"),
                ("CODEX_LOG_LEVEL", "warn"),
                ("CODEXCTL_LOG_LEVEL", "debug"),
            ],
        );
        assert_eq!(older.github_token().map(|token| token.expose().clone()).as_deref(), Some("pat"));
        assert_eq!(
            older.choice("lang").map_err(|e| e.to_string()),
            Err("CODEX_PROMPT_LANG: `de` is not one of en, ru".into())
        );
        assert_eq!(older.choice("log-level"), Ok(Some("debug")));
        insta::assert_snapshot!(older.older_names_in_use().join("\n"), @"
        variable CODEX_GH_PAT is an older name: use CODEXCTL_GH_PAT
        variable CODEX_PROMPT_LANG is an older name: use CODEXCTL_LANG
        ");
    }

    #[test]
    fn a_value_of_the_stack_s_files_wins_over_an_older_name_of_the_process() {
        let mut settings = settings(&[], &[("PROMPT_LANG", "ru")]);
        settings.merge([("CODEXCTL_LANG".to_owned(), "fr".to_owned())]);
        assert_eq!(
            settings.choice("lang").map_err(|e| e.to_string()),
            Err("CODEXCTL_LANG: `fr` is not one of en, ru".into())
        );
    }

    #[test]
    fn every_older_name_leads_to_one_of_today_and_stands_once() {
        for (old, new) in OLDER_NAMES {
            assert!(new.starts_with("CODEXCTL_"), "{new}");
            assert_eq!(OLDER_NAMES.iter().filter(|(other, _)| *other == old).count(), 1, "{old}");
        }
    }

    #[test]
    fn every_flag_has_a_variable_and_stands_once() {
        for row in table() {
            assert!(!row.variables.is_empty(), "{}", row.flag);
            assert_eq!(table().filter(|other| other.flag == row.flag).count(), 1, "{}", row.flag);
        }
    }
}
