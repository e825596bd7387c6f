//! Inputs of the container action, as `action.yml` declares them: each flag of `run`, and what no flag has.

use super::table::{Kind, Scope, Setting, Subcommand, table};

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name in `with:`, in kebab case.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: String,
    /// What GitHub gives where the workflow gives nothing; an expression of GitHub's is possible.
    pub default: Option<&'static str>,
}

/// The command to run.
pub const COMMAND: &str = "command";
/// The token for GitHub.
pub const GITHUB_TOKEN: &str = "github-token";
/// The model's key.
pub const OPENAI_API_KEY: &str = "openai-api-key";
/// Variables of the project's own.
pub const ENV_FILE: &str = "env-file";
/// The cluster. The flag of this name takes a file; the input takes its text as well.
pub const KUBECONFIG: &str = "kubeconfig";

/// Inputs whose values have lines; a value of any other is one line.
pub const OF_SEVERAL_LINES: [&str; 2] = [ENV_FILE, KUBECONFIG];

const OWN: [(&str, &str, Option<&str>); 5] = [
    (COMMAND, "The command, such as `run` or `manage-env cleanup-pr`", Some("run")),
    (
        GITHUB_TOKEN,
        "Speaks to GitHub where neither CODEXCTL_GH_PAT, GH_TOKEN, GITHUB_TOKEN nor a GitHub App is given as a variable",
        Some("${{ github.token }}"),
    ),
    (OPENAI_API_KEY, "The model's key; only codexctl's own proxy holds it, never the agent", None),
    (ENV_FILE, "Variables of the project's own, from a secret: `KEY=value` lines; what `env:` sets wins", None),
    (
        KUBECONFIG,
        "Which cluster: a kubeconfig from a secret, as its text, as base64 of that, or as the path of a file; text is in a file \
         for this step alone and goes with it",
        None,
    ),
];

/// All inputs, in the order in which they are declared.
pub fn inputs() -> impl Iterator<Item = Input> {
    let own = OWN.into_iter().map(|(name, help, default)| Input { name, help: help.to_owned(), default });
    own.chain(table().filter(|row| is_of_run(row) && OWN.iter().all(|(name, ..)| *name != row.flag)).map(of_flag))
}

fn is_of_run(row: &Setting) -> bool {
    row.scope == Scope::Global || row.scope.holds(Subcommand::Run)
}

fn of_flag(row: &Setting) -> Input {
    let values = match row.kind {
        Kind::Choice(known) => format!(" ({})", known.join(", ")),
        Kind::Switch => " (true or false)".to_owned(),
        Kind::SwitchOr(other) => format!(" (true, false or {other})"),
        _ => String::new(),
    };
    let default = row.default.map_or(String::new(), |value| format!("; {value} if empty"));
    Input { name: row.flag, help: format!("{}{values}{default}", row.help), default: None }
}
