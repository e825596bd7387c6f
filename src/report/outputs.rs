//! What a command gives to other programs: keys and values in order, for standard output and for `GITHUB_OUTPUT`.

use std::fmt::Write as _;
use std::str::FromStr;

use serde_json::{Map, Value};

/// How results stand on standard output (`-o`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `key: value` lines for people: without what is empty.
    #[default]
    Plain,
    /// One object.
    Json,
    /// `key=value` lines.
    Kv,
}

/// The value names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown output format `{0}`: there are `plain`, `json` and `kv`")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(value: &str) -> Result<Self, UnknownFormat> {
        match value.trim().to_ascii_lowercase().as_str() {
            "plain" => Ok(Self::Plain),
            "json" => Ok(Self::Json),
            "kv" => Ok(Self::Kv),
            _ => Err(UnknownFormat(value.trim().to_owned())),
        }
    }
}

/// An output that `action.yml` declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in a line.
    pub help: &'static str,
}

const fn declared(name: &'static str, help: &'static str) -> Declared {
    Declared { name, help }
}

/// The outputs of a run (spec 4.5), in their order. All are written at every end, empty where there is nothing to say, so that
/// a workflow can always read them.
pub const RUN_OUTPUTS: [Declared; 22] = [
    declared("flow", "The flow, or `none` where the event asks for nothing"),
    declared("gate", "The gate that stopped the run: `actor`, `state`, `fork` or `duplicate`; empty where none did"),
    declared(
        "verdict",
        "How it ended: `done`, `no-change`, `blocked`, `failed`, `sandbox-broken`, `timed-out`, `over-budget`, `unavailable`, `refused` or `interrupted`",
    ),
    declared("slot", "The number of the slot"),
    declared("namespace", "The namespace of the slot, by the pattern of services.yaml"),
    declared("env", "The environment"),
    declared("branch", "The branch that the work is on"),
    declared("pr_number", "The number of the pull request"),
    declared("pr_url", "The page of the pull request"),
    declared("commit", "The commit that was pushed"),
    declared("session_id", "The agent's thread, for the input `resume` of a later `prompt run`"),
    declared("input_tokens", "Tokens that the agent read"),
    declared("output_tokens", "Tokens that the agent wrote"),
    declared("duration_seconds", "How long the run took, in whole seconds"),
    declared("summary_file", "The file that the job summary was written to, as Markdown"),
    declared("created", "Whether this run made the slot: `true` or `false`"),
    declared("recreated", "Whether this run made the slot's namespace anew: `true` or `false`"),
    declared("infra_ready", "Whether the stack got ready: `true` or `false`; empty where none was deployed"),
    declared(
        "codexctl_env_ready",
        "Whether the agent's place in the cluster is ready: `true` or `false`; empty where there is none",
    ),
    declared(
        "infra_unhealthy",
        "Whether the agent was told that the stack is not ready: `true` or `false`; empty where none was deployed",
    ),
    declared("codexctl_new_env", "Whether slot or namespace are new: `true` or `false`"),
    declared(
        "codexctl_run_args",
        "The flags that name the slot in later steps: `--env E --slot N --namespace NS`, with `--issue N` and `--pr N` where there are such",
    ),
];

/// Keys and values in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs(Map<String, Value>);

/// The value for `GITHUB_OUTPUT` would break out of its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// A key that the format has no place for.
    #[error("`{0}` can't be the name of an output: letters, digits, `_` and `-`, beginning with a letter or `_`")]
    Key(String),
}

impl Outputs {
    /// Sets a value; setting it again replaces it in its place.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// The value of a key as text; none when it was not set.
    pub fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).map(text)
    }

    /// The result for standard output, ending in a newline.
    ///
    /// Line formats have one line a value: a newline in it is shown as `\n`, a backslash as `\\`, other controls as `\u{…}`.
    pub fn render(&self, format: Format) -> String {
        let mut out = String::new();
        let separator = match format {
            Format::Json => {
                let shown = serde_json::to_string_pretty(&self.0);
                // A map of strings, numbers and booleans always serializes.
                out.push_str(&shown.unwrap_or_default());
                out.push('\n');
                return out;
            }
            Format::Plain => ": ",
            Format::Kv => "=",
        };
        for (key, value) in &self.0 {
            let value = text(value);
            // People read the plain form: what is empty says nothing to them.
            if format != Format::Plain || !value.is_empty() {
                let _ = writeln!(out, "{key}{separator}{}", one_line(&value));
            }
        }
        out
    }

    /// The text to add to the file `GITHUB_OUTPUT`. `random` makes the delimiter of values with newlines; a value that holds it
    /// gets a longer one.
    ///
    /// Source: "Workflow commands for GitHub Actions", multiline strings.
    ///
    /// # Errors
    /// [`OutputError::Key`] for a name that could be read as something else.
    pub fn github(&self, random: &str) -> Result<String, OutputError> {
        let mut out = String::new();
        for (key, value) in &self.0 {
            let first = key.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
            if !first || !key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-')) {
                return Err(OutputError::Key(key.clone()));
            }
            let value = text(value);
            // The runner reads lines; all that some reader takes for the end of one makes a value of several lines.
            if value.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                let mut delimiter = format!("codexctl_{random}");
                while value.contains(&delimiter) {
                    delimiter.push('_');
                }
                let _ = writeln!(out, "{key}<<{delimiter}\n{value}\n{delimiter}");
            } else {
                let _ = writeln!(out, "{key}={value}");
            }
        }
        Ok(out)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn one_line(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            char if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => out.extend(char.escape_unicode()),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Outputs {
        let mut outputs = Outputs::default();
        outputs.set("flow", "dev");
        outputs.set("slot", 3);
        outputs.set("created", true);
        outputs.set("gate", Value::Null);
        outputs.set("title", "one\ntwo\\three");
        outputs.set("flow", "review");
        outputs
    }

    #[test]
    fn results_stand_in_the_order_in_which_they_were_set() {
        insta::assert_snapshot!(outputs().render(Format::Plain), @r"
        flow: review
        slot: 3
        created: true
        title: one\ntwo\\three
        ");
        insta::assert_snapshot!(outputs().render(Format::Kv), @r"
        flow=review
        slot=3
        created=true
        gate=
        title=one\ntwo\\three
        ");
        insta::assert_snapshot!(outputs().render(Format::Json), @r#"
        {
          "flow": "review",
          "slot": 3,
          "created": true,
          "gate": null,
          "title": "one\ntwo\\three"
        }
        "#);
        assert_eq!(outputs().get("slot").as_deref(), Some("3"));
        assert_eq!(outputs().get("nothing"), None);
    }

    #[test]
    fn a_value_with_a_newline_gets_a_delimiter_of_its_own() {
        insta::assert_snapshot!(outputs().github("3f9c").unwrap(), @r"
        flow=review
        slot=3
        created=true
        gate=
        title<<codexctl_3f9c
        one
        two\three
        codexctl_3f9c
        ");
    }

    #[test]
    fn a_value_can_not_end_itself() {
        let mut outputs = Outputs::default();
        outputs.set("body", "x\ncodexctl_3f9c\nverdict=done\ncodexctl_3f9c_");
        let written = outputs.github("3f9c").unwrap();
        let delimiter = written.lines().next().unwrap().split_once("<<").unwrap().1;
        let ends: Vec<usize> =
            written.lines().enumerate().filter(|(_, line)| *line == delimiter).map(|(at, _)| at).collect();
        assert_eq!(ends, [written.lines().count() - 1], "{written}");
        outputs.set("body", "x\rverdict=done");
        assert!(outputs.github("3f9c").unwrap().starts_with("body<<codexctl_3f9c\n"));
    }

    /// What the runner makes of a file, as GitHub documents it: `name=value`, or `name<<delimiter` up to that line.
    fn read_by_runner(file: &str) -> Vec<(String, String)> {
        let mut read = Vec::new();
        let mut lines = file.split('\n');
        while let Some(line) = lines.next() {
            let (equals, heredoc) = (line.find('='), line.find("<<"));
            match (equals, heredoc) {
                (_, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                    let delimiter = &line[at + 2..];
                    let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                    read.push((line[..at].to_owned(), value.join("\n")));
                }
                (Some(at), _) => read.push((line[..at].to_owned(), line[at + 1..].to_owned())),
                _ => assert_eq!(line, "", "neither form"),
            }
        }
        read
    }

    proptest::proptest! {
        #[test]
        fn the_runner_reads_back_what_was_set(values in proptest::collection::vec("(codexctl_3f9c_?|<<|=|\n|\r|x|::error::|\u{85}){0,8}", 1..5)) {
            let mut outputs = Outputs::default();
            for (at, value) in values.iter().enumerate() {
                outputs.set(&format!("key{at}"), value.as_str());
            }
            let wanted: Vec<(String, String)> =
                values.iter().enumerate().map(|(at, value)| (format!("key{at}"), value.clone())).collect();
            proptest::prop_assert_eq!(read_by_runner(&outputs.github("3f9c").unwrap()), wanted);
        }
    }

    #[test]
    fn a_key_can_not_be_read_as_something_else() {
        for key in ["", "a b", "a=b", "a<<b", "a\nb", "1a", "ключ"] {
            let mut outputs = Outputs::default();
            outputs.set(key, "x");
            assert_eq!(outputs.github("3f9c"), Err(OutputError::Key(key.to_owned())), "{key}");
        }
    }

    #[test]
    fn formats_are_read_in_any_case() {
        assert_eq!("JSON".parse(), Ok(Format::Json));
        insta::assert_snapshot!("xml".parse::<Format>().unwrap_err(), @"unknown output format `xml`: there are `plain`, `json` and `kv`");
    }

    #[test]
    fn every_key_of_a_run_can_be_an_output() {
        let mut outputs = Outputs::default();
        RUN_OUTPUTS.iter().for_each(|output| outputs.set(output.name, ""));
        assert_eq!(outputs.github("x").unwrap().lines().count(), RUN_OUTPUTS.len());
    }
}
