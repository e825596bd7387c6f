//! The scan for secrets against gitleaks itself, the field's usual scanner: what it finds, we find.

use std::process::Command;

use codexctl_action::publish::scan;
use codexctl_action::secrets::Redactor;
use serde::Deserialize;

use crate::parts;

/// Rules that are none of ours, each with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("generic-api-key", "takes any name with key, token or password in it: 143 finds in 654 lock files of others"),
    ("pkcs12-file", "is about the name of a file, and tests of TLS are full of such files"),
    ("adobe-client-id", "the id of an application is public"),
    ("asana-client-id", "the id of an application is public"),
    ("bitbucket-client-id", "the id of an application is public"),
    ("discord-client-id", "the id of an application is public"),
    ("linkedin-client-id", "the id of an application is public"),
    ("looker-client-id", "the id of an application is public"),
    ("messagebird-client-id", "the id of an application is public"),
    ("plaid-client-id", "the id of an application is public"),
    ("sendbird-access-id", "the id of an application is public"),
    (
        "sourcegraph-access-token",
        "takes the id of any commit beside the word Sourcegraph; a test of ours has the real form",
    ),
];

#[derive(Deserialize)]
struct Samples {
    rule: String,
    #[serde(default)]
    path: String,
    texts: Vec<String>,
}

#[test]
fn what_gitleaks_finds_by_its_rules_is_found() {
    let made = Command::new(parts::cached("bin/gitleaks-samples", "secrets")).arg("20").output().expect("it starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let rules: Vec<Samples> = serde_json::from_slice(&made.stdout).expect("a list of rules");
    assert!(rules.len() > 200, "{} rules", rules.len());
    for (left_out, _) in LEFT_OUT {
        assert!(rules.iter().any(|of| of.rule == *left_out), "{left_out} is no rule any more");
    }
    let redactor = Redactor::default();
    let mut missed = String::new();
    let mut found = 0;
    for of in rules.iter().filter(|of| !LEFT_OUT.iter().any(|(rule, _)| *rule == of.rule)) {
        assert!(!of.texts.is_empty(), "gitleaks finds no sample of its own rule {}", of.rule);
        for text in &of.texts {
            let name = if of.path.is_empty() { "notes.txt" } else { &of.path };
            if scan::file(name, text.as_bytes(), &redactor).is_empty() {
                missed.push_str(&format!("{} in {name}: {text:?}\n", of.rule));
            } else {
                found += 1;
            }
        }
    }
    assert!(missed.is_empty(), "found {found}, missed {}:\n{missed}", missed.lines().count());
}
