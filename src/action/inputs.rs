//! What a workflow wrote under `with:`. The runner gives each input as a variable `INPUT_<NAME>`, the name in capitals with blanks as
//! `_` (<https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs>), empty where nothing was written.

use std::collections::BTreeMap;

use crate::secrets::{Secret, is_searchable};
use crate::settings::inputs::{
    COMMAND, ENV_FILE, GITHUB_TOKEN, Input, KUBECONFIG, OF_SEVERAL_LINES, OPENAI_API_KEY, inputs,
};
use crate::settings::shortened;
use crate::stack::dotenv_text;

use super::kubeconfig::{self, Given};

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
    /// A kubeconfig that was given as text. Whoever runs the command puts it into a file and names that as the flag `kubeconfig`.
    pub kubeconfig: Option<Secret>,
    /// What of the inputs is not understood, a sentence each: nothing may be begun then.
    pub wrong: Vec<String>,
}

/// Takes the inputs out of the process's variables. Wrong is one that nobody declared, that is given twice, or that holds what its kind
/// can't, and an env-file or a kubeconfig that is none.
pub fn read(variables: BTreeMap<String, String>) -> Asked {
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
            Some(known) if value.is_empty() || given.get(known.name).is_some_and(|before| before == value) => {}
            Some(known) if given.contains_key(known.name) => {
                wrong.push(format!("input {}: it is given twice, with different values", known.name));
            }
            Some(known) => {
                wrong.extend(odd(known.name, value));
                given.insert(known.name, value.to_owned());
            }
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
    let mut text = None;
    match given.remove(KUBECONFIG).map(|value| kubeconfig::read(&value)) {
        None => {}
        Some(Ok(Given::Path(path))) => drop(given.insert(KUBECONFIG, path)),
        Some(Ok(Given::Text(config, of_it))) => {
            secrets.extend(of_it);
            text = Some(config);
        }
        Some(Err(why)) => wrong.push(format!("input {KUBECONFIG}: {why}")),
    }
    let command = command.split_whitespace().map(str::to_owned).collect();
    Asked { command, flags: given, variables: rest, secrets, kubeconfig: text, wrong }
}

/// What a value holds that no value of its input can.
fn odd(name: &str, value: &str) -> Option<String> {
    // The mark of what was no UTF-8.
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Some(format!("input {name}: it is no UTF-8 text"));
    }
    let several = OF_SEVERAL_LINES.contains(&name);
    let control = value.chars().find(|char| char.is_control() && !(several && matches!(char, '\n' | '\r' | '\t')))?;
    Some(match control {
        '\n' | '\r' => {
            format!("input {name}: it takes one line, and has a line break (in YAML `|` makes several, `>-` one)")
        }
        other => format!("input {name}: it holds a control character, {}", other.escape_unicode()),
    })
}

fn unknown(input: &str, declared: &[Input]) -> String {
    let input = shortened(&input.to_ascii_lowercase());
    let near = declared.iter().map(|known| (strsim::normalized_damerau_levenshtein(known.name, &input), known.name));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike >= 0.5);
    let hint = near.map_or(String::new(), |(_, name)| format!(": did you mean {name}?"));
    format!("input {input}: the action has no such input{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Asked, Vec<String>> {
        let asked =
            super::read(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        if asked.wrong.is_empty() { Ok(asked) } else { Err(asked.wrong) }
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
    fn a_kubeconfig_is_a_path_or_a_text_for_a_file() {
        let asked = read(&[("INPUT_KUBECONFIG", "deploy/kubeconfig")]).unwrap();
        assert_eq!(
            (asked.flags.get("kubeconfig").map(String::as_str), asked.kubeconfig),
            (Some("deploy/kubeconfig"), None)
        );
        let text =
            "clusters:\n- {name: a, cluster: {server: 'https://a'}}\nusers:\n- {name: u, user: {token: t0ken-of-a}}";
        let asked = read(&[("INPUT_KUBECONFIG", text)]).unwrap();
        assert_eq!((asked.flags.get("kubeconfig"), asked.kubeconfig), (None, Some(Secret::new(text.to_owned()))));
        assert_eq!(asked.secrets, [Secret::new("t0ken-of-a".to_owned())]);
    }

    #[test]
    fn what_no_value_can_hold_is_refused_without_being_shown() {
        let wrong = read(&[
            ("INPUT_ALLOWED-USERS", "ada\nmallory"),
            ("INPUT_CONFIG", "a\u{fffd}b"),
            ("INPUT_GITHUB-TOKEN", "ghs_1\r::add-mask::x"),
            ("INPUT_KUBECONFIG", "hunter2\nhunter2"),
            ("INPUT_VARS", "A=\u{1b}[2J"),
            ("INPUT_SLOT", "1"),
            ("INPUT_slot", "2"),
        ]);
        insta::assert_snapshot!(wrong.unwrap_err().join("\n"), @r"
        input allowed-users: it takes one line, and has a line break (in YAML `|` makes several, `>-` one)
        input config: it is no UTF-8 text
        input github-token: it takes one line, and has a line break (in YAML `|` makes several, `>-` one)
        input vars: it holds a control character, \u{1b}
        input slot: it is given twice, with different values
        input kubeconfig: it is neither a kubeconfig, nor base64 of one, nor the path of a file
        ");
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
