//! The input `kubeconfig`: a kubeconfig's text, base64 of it, or the path of one.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::secrets::{Secret, is_secret_name};

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// The text, and what of it is secret.
    Text(Secret, Vec<Secret>),
    /// The path of a file.
    Path(String),
}

/// No path of a file is so long, and a kubeconfig in base64 always is longer.
const LONGEST_PATH: usize = 255;

/// Base64 as people and tools write it: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Tells which of them it is. `value` is not empty.
///
/// # Errors
/// It is none of them; the sentence never shows it.
pub(super) fn read(value: &str) -> Result<Given, &'static str> {
    if let Some(secrets) = secrets_of(value) {
        return Ok(Given::Text(Secret::new(value.to_owned()), secrets));
    }
    let joined: String = value.split_whitespace().collect();
    if let Some(text) = LENIENT.decode(&joined).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        && let Some(mut secrets) = secrets_of(&text)
    {
        // Whoever prints the value as it was given prints a key.
        secrets.extend([Secret::new(value.to_owned()), Secret::new(joined)]);
        return Ok(Given::Text(Secret::new(text), secrets));
    }
    // What may be a key is not taken for a path, which messages show.
    if value.chars().any(char::is_control) || value.starts_with('{') || value.len() > LONGEST_PATH {
        return Err("it is neither a kubeconfig, nor base64 of one, nor the path of a file");
    }
    Ok(Given::Path(value.to_owned()))
}

/// The secrets in a kubeconfig; none where the text is no kubeconfig.
fn secrets_of(text: &str) -> Option<Vec<Secret>> {
    let config = kube::config::Kubeconfig::from_yaml(text).ok().filter(|config| !config.clusters.is_empty())?;
    let mut found = Vec::new();
    gather(&serde_json::to_value(config).ok()?, &mut found);
    Some(found)
}

fn gather(value: &Value, found: &mut Vec<Secret>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => {
            // `exec.env` has pairs of `name` and `value`.
            let named = fields.get("name").and_then(Value::as_str).is_some_and(is_secret_name);
            for (key, value) in fields {
                let secret = is_secret_name(&key.replace('-', "_")) || key == "client-key-data";
                match value {
                    Value::String(text) if secret || (named && key == "value") => {
                        found.push(Secret::new(text.clone()));
                        let decoded = LENIENT.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                        found.extend(decoded.map(Secret::new));
                    }
                    other => gather(other, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Config\nclusters:\n- name: here\n  cluster: {server: 'https://127.0.0.1:6443'}\n\
        users:\n- name: me\n  user:\n    token: a-token-of-mine\n    client-key-data: YS1rZXktb2YtbWluZQ==\n    exec:\n      \
        apiVersion: client.authentication.k8s.io/v1\n      command: aws\n      env:\n      - {name: AWS_SECRET, value: of-the-cloud}\n      \
        - {name: AWS_REGION, value: eu-central-1}\n\
        contexts:\n- name: it\n  context: {cluster: here, user: me}\ncurrent-context: it\n";

    fn secrets(given: &Given) -> Vec<&str> {
        match given {
            Given::Text(_, secrets) => secrets.iter().map(|secret| secret.expose().as_str()).collect(),
            Given::Path(_) => Vec::new(),
        }
    }

    #[test]
    fn text_is_taken_as_it_is_with_what_is_secret_in_it() {
        let given = read(TEXT).unwrap();
        assert!(matches!(&given, Given::Text(text, _) if text.expose() == TEXT));
        let mut found = secrets(&given);
        found.sort_unstable();
        assert_eq!(found, ["YS1rZXktb2YtbWluZQ==", "a-key-of-mine", "a-token-of-mine", "of-the-cloud"]);
    }

    #[test]
    fn base64_is_taken_apart_and_is_a_secret_itself() {
        let plain = LENIENT.encode(TEXT);
        // As `base64` prints it: in lines of 76 characters.
        let lines: Vec<&str> = plain.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for written in [plain.clone(), lines.join("\n"), plain.trim_end_matches('=').to_owned()] {
            let given = read(&written).unwrap();
            assert!(matches!(&given, Given::Text(text, _) if text.expose() == TEXT));
            assert!(secrets(&given).contains(&"a-token-of-mine") && secrets(&given).contains(&written.as_str()));
        }
    }

    #[test]
    fn a_short_line_is_a_path_and_nothing_else_is() {
        for path in ["/home/ann/.kube/config", "kubeconfig", "deploy/cluster one.yaml"] {
            assert_eq!(read(path), Ok(Given::Path(path.to_owned())));
        }
        let other = LENIENT.encode("-----BEGIN PRIVATE KEY-----\n".repeat(20));
        for wrong in [other.as_str(), "kind: Config\nclusters: []\n", "two\nlines", "{\"a\": [", "a\0b"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
