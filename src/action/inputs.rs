//! What a workflow wrote under `with:`. The runner gives each input as a variable `INPUT_<NAME>`, the name in capitals with blanks as
//! `_` (<https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs>), empty where nothing was written.

use std::collections::BTreeMap;

use crate::secrets::{Secret, is_searchable};
use crate::settings::inputs::{COMMAND, ENV_FILE, GITHUB_TOKEN, Input, OPENAI_API_KEY, inputs};
use crate::stack::dotenv_text;

const PREFIX: &str = "INPUT_";

/// Whoever gives one of these has chosen how to speak to GitHub.
const OTHER_WAYS: [&str; 5] =
    ["CODEXCTL_GH_PAT", "GH_TOKEN", "GITHUB_TOKEN", "CODEXCTL_GH_APP_ID", "CODEXCTL_GH_APP_PRIVATE_KEY"];

/// What a step of a workflow asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The words of the command.
    pub command: Vec<String>,
    /// Values of flags, by the names of these.
    pub flags: BTreeMap<&'static str, String>,
    /// The variables of the process, with those that inputs bring and without the inputs themselves.
    pub variables: BTreeMap<String, String>,
    /// What must be masked besides variables with a secret's name: all that came out of a secret text.
    pub secrets: Vec<Secret>,
}

/// Takes the inputs out of the process's variables.
///
/// # Errors
/// A sentence for each input that nobody declared, and for an env-file that is none.
pub fn read(variables: BTreeMap<String, String>) -> Result<Asked, Vec<String>> {
    let declared: Vec<Input> = inputs().collect();
    let mut wrong = Vec::new();
    let mut given: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut rest = BTreeMap::new();
    for (name, value) in variables {
        let Some(input) = name.strip_prefix(PREFIX) else {
            rest.insert(name, value);
            continue;
        };
        let value = value.trim();
        match declared.iter().find(|known| known.name.eq_ignore_ascii_case(input)) {
            Some(known) if !value.is_empty() => drop(given.insert(known.name, value.to_owned())),
            Some(_) => {}
            None => wrong.push(unknown(input, &declared)),
        }
    }
    let command = given.remove(COMMAND).unwrap_or_else(|| "run".to_owned());
    let mut secrets = Vec::new();
    if let Some(token) = given.remove(GITHUB_TOKEN) {
        secrets.push(Secret::new(token.clone()));
        let other = OTHER_WAYS.iter().any(|name| rest.get(*name).is_some_and(|value| !value.is_empty()));
        if !other {
            rest.insert("GITHUB_TOKEN".to_owned(), token);
        }
    }
    if let Some(key) = given.remove(OPENAI_API_KEY) {
        secrets.push(Secret::new(key.clone()));
        rest.insert("OPENAI_API_KEY".to_owned(), key);
    }
    if let Some(text) = given.remove(ENV_FILE) {
        match dotenv_text(&text) {
            Ok(pairs) => {
                let values = pairs.iter().map(|(_, value)| value).filter(|value| is_searchable(value));
                secrets.extend(values.cloned().map(Secret::new));
                for (name, value) in pairs {
                    rest.entry(name).or_insert(value);
                }
            }
            Err(why) => wrong.push(format!("input {ENV_FILE}: {why}")),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let command = command.split_whitespace().map(str::to_owned).collect();
    Ok(Asked { command, flags: given, variables: rest, secrets })
}

fn unknown(input: &str, declared: &[Input]) -> String {
    let input = input.to_ascii_lowercase();
    let near = declared.iter().map(|known| (strsim::normalized_damerau_levenshtein(known.name, &input), known.name));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike >= 0.5);
    let hint = near.map_or(String::new(), |(_, name)| format!(": did you mean {name}?"));
    format!("input {input}: the action has no such input{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Asked, Vec<String>> {
        super::read(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn is(asked: &Asked, name: &str, value: &str) -> bool {
        asked.variables.get(name).is_some_and(|there| there == value)
    }

    #[test]
    fn inputs_become_flags_and_leave_the_environment() {
        let asked =
            read(&[("INPUT_DRY-RUN", " true "), ("INPUT_SLOT", ""), ("INPUT_COMMAND", "run"), ("PATH", "/bin")]);
        let asked = asked.unwrap();
        assert_eq!(asked.command, ["run"]);
        assert_eq!(asked.flags, BTreeMap::from([("dry-run", "true".to_owned())]));
        assert_eq!(asked.variables, BTreeMap::from([("PATH".to_owned(), "/bin".to_owned())]));
    }

    #[test]
    fn the_workflow_s_own_token_counts_only_where_nobody_chose_another_way() {
        let alone = read(&[("INPUT_GITHUB-TOKEN", "ghs_default")]).unwrap();
        assert!(is(&alone, "GITHUB_TOKEN", "ghs_default"));
        for other in OTHER_WAYS {
            let asked = read(&[("INPUT_GITHUB-TOKEN", "ghs_default"), (other, "chosen")]).unwrap();
            assert!(asked.variables.values().all(|value| value != "ghs_default"), "{other}");
            assert_eq!(asked.secrets, [Secret::new("ghs_default".to_owned())]);
        }
    }

    #[test]
    fn an_env_file_gives_way_to_variables_and_all_of_it_is_masked() {
        let asked = read(&[("INPUT_ENV-FILE", "A=from-the-file\nB=also-from-it\nC=x\n"), ("A", "from-env")]).unwrap();
        assert!(is(&asked, "A", "from-env") && is(&asked, "B", "also-from-it") && is(&asked, "C", "x"));
        let masked = ["from-the-file", "also-from-it"].map(|value| Secret::new(value.to_owned()));
        assert_eq!(asked.secrets, masked);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_never_shows_a_value() {
        let wrong = read(&[("INPUT_DRYRUN", "true"), ("INPUT_ENV-FILE", "A=1\nhunter2hunter2\n"), ("INPUT_QQQ", "")]);
        insta::assert_snapshot!(wrong.unwrap_err().join("\n"), @"
        input dryrun: the action has no such input: did you mean dry-run?
        input qqq: the action has no such input
        input env-file: line 2: expected `KEY=value`
        ");
    }
}
