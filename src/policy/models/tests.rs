//! Who has the say, and what happens when two disagree.

use insta::assert_snapshot;

use super::*;

fn list(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// The outcome as lines for people.
fn told<T: fmt::Display>(chosen: Result<Chosen<T>, ModelError>) -> String {
    match chosen {
        Ok(Chosen { choice, warnings }) => {
            let choice =
                choice.map_or_else(|| "no choice".to_owned(), |choice| format!("{} by {}", choice.value, choice.from));
            warnings.iter().fold(choice, |all, warning| format!("{all}\nwarning: {warning}"))
        }
        Err(error) => format!("error: {error}"),
    }
}

fn model(issue: &[&str]) -> String {
    told(choose_model(&Says { issue_labels: &list(issue), ..Says::default() }))
}

fn effort(issue: &[&str]) -> String {
    told(choose_effort(&Says { issue_labels: &list(issue), ..Says::default() }))
}

#[test]
fn the_first_who_says_something_decides() {
    let (issue, pull) = (list(&["bug", "[ai-model-issue]", "ai-high"]), list(&["ai-model-pull", "[ai-reasoning-low]"]));
    let mut says = Says {
        flag: Some("flag"),
        issue_labels: &issue,
        pull_labels: &pull,
        variable: Some("variable"),
        file: Some("file"),
    };
    assert_snapshot!(told(choose_model(&says)), @"flag by --model");
    says.flag = Some("  ");
    assert_snapshot!(told(choose_model(&says)), @"issue by label `[ai-model-issue]` of the issue");
    says.issue_labels = &[];
    assert_snapshot!(told(choose_model(&says)), @"pull by label `ai-model-pull` of the pull request");
    assert_snapshot!(told(choose_effort(&says)), @"low by label `[ai-reasoning-low]` of the pull request");
    says.pull_labels = &[];
    assert_snapshot!(told(choose_model(&says)), @"variable by CODEXCTL_MODEL");
    says.variable = None;
    assert_snapshot!(told(choose_model(&says)), @"file by codex.model in services.yaml");
    assert_snapshot!(told(choose_model(&Says::default())), @"no choice");
    says.file = Some("extra_high");
    assert_snapshot!(told(choose_effort(&says)), @"xhigh by codex.modelReasoningEffort in services.yaml");
}

#[test]
fn labels_are_read_in_all_their_spellings() {
    for (label, want) in [
        ("[ai-reasoning-low]", Effort::Low),
        ("ai-reasoning-medium", Effort::Medium),
        ("[AI-Reasoning-High]", Effort::High),
        ("ai-reasoning-extra-high", Effort::ExtraHigh),
        ("[ai-reasoning-extra_high]", Effort::ExtraHigh),
        ("ai-reasoning-xhigh", Effort::ExtraHigh),
        ("ai-low", Effort::Low),
        ("[ai-medium]", Effort::Medium),
        ("ai-high", Effort::High),
        ("[ai-xhigh]", Effort::ExtraHigh),
    ] {
        let labels = list(&[label]);
        let chosen = choose_effort(&Says { issue_labels: &labels, ..Says::default() }).unwrap();
        assert_eq!(chosen.choice.map(|choice| choice.value), Some(want), "{label}");
        assert!(is_choice(label), "{label}");
    }
    assert_snapshot!(model(&["[AI-Model-gpt-5.2]"]), @"gpt-5.2 by label `[AI-Model-gpt-5.2]` of the issue");
    for other in ["[ai-dev]", "ai-", "ai-higher", "high", "ai-model", "[ai-high", "ü"] {
        assert!(!is_choice(other) || other == "[ai-high", "{other}");
    }
}

#[test]
fn of_two_labels_the_first_of_the_help_wins_with_a_warning() {
    assert_snapshot!(model(&["ai-model-gpt-5.1-codex-mini", "[ai-model-gpt-5.2-codex]"]), @"
    gpt-5.2-codex by label `[ai-model-gpt-5.2-codex]` of the issue
    warning: labels name more than one model (gpt-5.2-codex, gpt-5.1-codex-mini): gpt-5.2-codex counts, by label `[ai-model-gpt-5.2-codex]` of the issue
    ");
    assert_snapshot!(model(&["ai-model-zeta", "ai-model-alpha"]), @"
    zeta by label `ai-model-zeta` of the issue
    warning: labels name more than one model (zeta, alpha): zeta counts, by label `ai-model-zeta` of the issue
    ");
    assert_snapshot!(effort(&["ai-low", "ai-xhigh", "ai-high"]), @"
    xhigh by label `ai-xhigh` of the issue
    warning: labels name more than one reasoning effort (xhigh, high, low): xhigh counts, by label `ai-xhigh` of the issue
    ");
    assert_snapshot!(effort(&["ai-high", "[ai-reasoning-high]"]), @"high by label `ai-high` of the issue");
}

#[test]
fn what_is_no_name_is_refused_and_says_who_said_it() {
    assert_snapshot!(model(&["[ai-model-GPT-5]"]), @"error: label `[ai-model-GPT-5]` of the issue: `GPT-5` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex");
    assert_snapshot!(effort(&["ai-reasoning-huge"]), @"error: label `ai-reasoning-huge` of the issue: `huge` is no reasoning effort; known are low, medium, high and extra-high");
    for wrong in ["", "-x", ".x", "a b", "a/b", "a\"b", "a\nb", "ü", "--help"] {
        let says = Says { variable: Some(wrong), ..Says::default() };
        assert_eq!(choose_model(&says).is_err(), !wrong.is_empty(), "{wrong}");
    }
    assert_snapshot!(told(choose_effort(&Says { flag: Some("max\u{1b}"), ..Says::default() })), @r"error: --reasoning-effort: `max\u{1b}` is no reasoning effort; known are low, medium, high and extra-high");
}

#[test]
fn a_wrong_label_does_not_stop_a_run_that_a_flag_decides() {
    let labels = list(&["ai-model-???"]);
    let says = Says { flag: Some("gpt-5.2"), issue_labels: &labels, ..Says::default() };
    assert_snapshot!(told(choose_model(&says)), @"gpt-5.2 by --model");
}
