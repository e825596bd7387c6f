//! Names of projects, services and images made from names of folders, files and repositories.

use std::collections::BTreeSet;

/// The most characters of a project's name: with `-ai-staging`, the longest ending that a namespace gets by rule, it makes the
/// 63 that Kubernetes allows.
pub(super) const LONGEST_PROJECT: usize = 52;
/// The most characters of any other name: it names objects, whose labels end at 63.
pub(super) const LONGEST: usize = 63;

/// A text as a label of RFC 1123, which is what namespaces, services and repositories of images take: lower-case letters, digits
/// and single hyphens between them. None where nothing is left.
pub(super) fn label(text: &str, longest: usize) -> Option<String> {
    let mut out = String::new();
    for found in text.chars().map(|found| found.to_ascii_lowercase()) {
        if found.is_ascii_lowercase() || found.is_ascii_digit() {
            out.push(found);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() == longest {
            break;
        }
    }
    let out = out.trim_end_matches('-');
    (!out.is_empty()).then(|| out.to_owned())
}

/// The name, or with the first number behind it that nothing else has.
pub(super) fn unused(name: String, taken: &mut BTreeSet<String>) -> String {
    let free = |name: &String| !taken.contains(name);
    let name = match Some(&name).filter(|name| free(name)) {
        Some(_) => name,
        None => (2..).map(|number| format!("{name}-{number}")).find(free).unwrap_or(name),
    };
    taken.insert(name.clone());
    name
}

/// A text as a YAML value in one line: as it is where every reader takes it for a text, else in double quotes. JSON's quoting is
/// YAML's too.
pub(super) fn yaml(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|found| found.is_ascii_alphanumeric() || "-_./".contains(found))
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Whether a path can stand in services.yaml, which is a template and in whose comments a line must not end.
pub(super) fn can_stand(path: &str) -> bool {
    !path.contains("{{") && !path.chars().any(|found| found.is_control() || matches!(found, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_label_or_nothing() {
        let made = |text| label(text, 20).unwrap_or_else(|| "(none)".to_owned());
        for (text, wanted) in [
            ("shop", "shop"),
            ("My Shop!", "my-shop"),
            ("--a__b..c--", "a-b-c"),
            ("café.io", "caf-io"),
            ("2048", "2048"),
            ("магазин", "(none)"),
            ("", "(none)"),
            ("a-name-of-just-twenty-characters", "a-name-of-just-twent"),
            ("nineteen-letters-ab-", "nineteen-letters-ab"),
        ] {
            assert_eq!(made(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut taken = BTreeSet::new();
        let names: Vec<_> = ["web", "web", "web-2", "web"].map(|name| unused(name.to_owned(), &mut taken)).into();
        assert_eq!(names, ["web", "web-2", "web-2-2", "web-3"]);
    }

    #[test]
    fn values_that_yaml_would_take_for_something_else_are_quoted() {
        for text in ["web", "deploy/web.yaml", "a_b-c"] {
            assert_eq!(yaml(text), text);
        }
        for text in ["2048", "true", "No", "null", "1e3", "a b.yaml", "a: b", "#x", "-", "", "deploy/ä.yaml", "a\"b"] {
            assert!(yaml(text).starts_with('"'), "{text}");
        }
    }

    #[test]
    fn a_path_that_is_a_template_or_breaks_a_line_can_not_stand_in_the_file() {
        assert!(can_stand("deploy/ä b.yaml"));
        for path in ["deploy/{{ x }}.yaml", "a\nb.yaml", "a\u{2028}b.yaml"] {
            assert!(!can_stand(path), "{path}");
        }
    }
}
