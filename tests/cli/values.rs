//! Values of flags and variables: which counts, and what is said about one that does not parse.

use insta::assert_snapshot;

use crate::scene::{Scene, event};

#[test]
fn a_wrong_value_is_told_with_the_flag_or_variable_that_gave_it() {
    let scene = Scene::empty();
    let flag = |arguments: &[&str]| scene.run(&[&["run"], arguments].concat()).refused();
    let variable = |name: &str, value: &str| scene.call(&["run"]).env(name, value).run().refused();
    assert_snapshot!(flag(&["--dry-run=maybe"]), @"error: --dry-run: `maybe` is neither true nor false");
    assert_snapshot!(variable("CODEXCTL_DRY_RUN", "maybe"), @"error: CODEXCTL_DRY_RUN: `maybe` is neither true nor false");
    assert_snapshot!(flag(&["--slot", "0"]), @"error: --slot: `0` is not a whole number from 1");
    assert_snapshot!(variable("CODEXCTL_SLOT", "one"), @"error: CODEXCTL_SLOT: `one` is not a whole number from 1");
    assert_snapshot!(flag(&["--slot", "4294967296"]), @"error: --slot: a slot's number is at most 4294967295");
    assert_snapshot!(flag(&["--issue=-7"]), @"error: --issue: `-7` is not a whole number from 1");
    assert_snapshot!(variable("CODEXCTL_ISSUE_NUMBER", "#7"), @"error: CODEXCTL_ISSUE_NUMBER: `#7` is not a whole number from 1");
    assert_snapshot!(variable("CODEXCTL_PR_NUMBER", "7.5"), @"error: CODEXCTL_PR_NUMBER: `7.5` is not a whole number from 1");
    assert_snapshot!(flag(&["--context-budget", "much"]), @"error: --context-budget: `much` is not a size such as 200KB or 4Mi");
    assert_snapshot!(variable("CODEXCTL_CONTEXT_BUDGET", "-1"), @"error: CODEXCTL_CONTEXT_BUDGET: `-1` is not a size such as 200KB or 4Mi");
    assert_snapshot!(flag(&["--lang", "de"]), @"error: --lang: `de` is not one of en, ru");
    assert_snapshot!(variable("CODEXCTL_LANG", "de"), @"error: CODEXCTL_LANG: `de` is not one of en, ru");
    assert_snapshot!(variable("PROMPT_LANG", "de"), @"
    warning: variable PROMPT_LANG is an older name: use CODEXCTL_LANG
    error: PROMPT_LANG: `de` is not one of en, ru
    ");
    assert_snapshot!(flag(&["--runtime", "kubernetes"]), @"error: --runtime: `kubernetes` is not available yet in this version: agents work on this machine (local)");
    assert_snapshot!(flag(&["--flow", "everything"]), @"error: --flow: there is no flow `everything`: known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
    assert_snapshot!(variable("CODEXCTL_FLOW", "dve"), @"error: CODEXCTL_FLOW: there is no flow `dve` (did you mean dev?): known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
    assert_snapshot!(flag(&["--allowed-users", "*"]), @"error: --allowed-users: with `*` anybody on GitHub could start runs at your cost: name the logins, or leave it empty to allow those with write permission");
    assert_snapshot!(variable("CODEXCTL_ALLOWED_USERS", "ann, *"), @"error: CODEXCTL_ALLOWED_USERS: with `*` anybody on GitHub could start runs at your cost: name the logins, or leave it empty to allow those with write permission");
    assert_snapshot!(variable("AI_ALLOWED_USERS", "ann bob"), @"
    warning: variable AI_ALLOWED_USERS is an older name: use CODEXCTL_ALLOWED_USERS
    error: AI_ALLOWED_USERS: `ann bob` is no GitHub login: write logins with commas between them, such as `ann,renovate[bot]`
    ");
    assert_snapshot!(variable("CODEXCTL_OUTPUT", "xml"), @"error: CODEXCTL_OUTPUT: `xml` is not one of plain, json, kv");
    assert_snapshot!(flag(&["--log-level", "loud"]), @"error: --log-level: `loud` is not one of debug, info, warn, error");
    assert_snapshot!(variable("CODEXCTL_LOG_LEVEL", "trace"), @"error: CODEXCTL_LOG_LEVEL: `trace` is not one of debug, info, warn, error");
    assert_snapshot!(flag(&["--log-format", "yaml"]), @"error: --log-format: `yaml` is not one of text, json");
    assert_snapshot!(variable("CODEXCTL_COLOR", "yes"), @"error: CODEXCTL_COLOR: `yes` is not one of auto, always, never");
}

#[test]
fn a_wrong_model_effort_or_repository_is_told_with_who_asked_for_it() {
    let scene = Scene::shop();
    let notes = |arguments: &[&str]| {
        let ran = scene.run(&[&["run", "--dry-run", "--event", &event("dev.json")], arguments].concat());
        assert_eq!(ran.exit, 2, "{}", ran.stderr);
        ran.stderr
    };
    assert_snapshot!(notes(&["--reasoning-effort", "enormous"]), @"error: --reasoning-effort: `enormous` is no reasoning effort; known are low, medium, high and extra-high");
    assert_snapshot!(notes(&["--model", "a model; rm -rf /"]), @"error: --model: `a model; rm -rf /` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex");
    assert_snapshot!(notes(&["--repo", "shop"]), @"error: --repo: `shop` is not owner/name");
    assert_snapshot!(notes(&["--repo", "codex-k8s/shop/extra"]), @"error: --repo: `codex-k8s/shop/extra` is not owner/name");
    assert_snapshot!(notes(&["--repo", "codex-k8s/other"]), @"error: the event is about codex-k8s/shop, --repo (CODEXCTL_REPO, GITHUB_REPOSITORY) says codex-k8s/other");
}

#[test]
fn a_repository_is_the_same_in_any_case() {
    let ran = Scene::shop().dry("dev.json").env("GITHUB_REPOSITORY", "Codex-K8s/Shop").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
}

#[test]
fn switches_take_every_spelling_of_true_and_false() {
    let scene = Scene::empty();
    let event = event("deploy.json");
    let is_dry = |ran: crate::command::Ran| ran.stdout.starts_with("dry run:");
    for (flag, dry) in [
        ("--dry-run", true),
        ("--dry-run=true", true),
        ("--dry-run=1", true),
        ("--dry-run=T", true),
        ("--dry-run=false", false),
        ("--dry-run=0", false),
        ("--dry-run=F", false),
    ] {
        assert_eq!(is_dry(scene.run(&["run", "--event", &event, flag])), dry, "{flag}");
    }
    for (value, dry) in [("TRUE", true), ("1", true), ("False", false), ("", false)] {
        let call = scene.call(&["run", "--event", &event]).env("CODEXCTL_DRY_RUN", value);
        assert_eq!(is_dry(call.run()), dry, "CODEXCTL_DRY_RUN={value}");
    }
    let both = scene.call(&["run", "--event", &event, "--dry-run=false"]).env("CODEXCTL_DRY_RUN", "true").run();
    assert!(!is_dry(both), "the flag wins over its variable");
}

#[test]
fn global_flags_stand_before_and_after_the_command() {
    let scene = Scene::empty();
    let after = scene.run(&["version", "-o", "json", "--log-level=debug"]);
    let before = scene.run(&["--output=json", "--log-level", "debug", "version"]);
    let variable = scene.call(&["version"]).env("CODEXCTL_OUTPUT", "JSON").run();
    assert_eq!(after.exit, 0, "{}", after.stderr);
    assert!(after.stdout.starts_with('{'), "{}", after.stdout);
    assert_eq!((before.stdout, variable.stdout), (after.stdout.clone(), after.stdout));
}

#[test]
fn older_names_of_variables_count_with_one_warning_each() {
    let ran = Scene::shop().dry("dev.json").env("CODEX_PROMPT_LANG", "ru").env("PROMPT_MODE", "short").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("dev_issue_ru"), "{}", ran.stdout);
    assert_snapshot!(ran.stderr, @"
    warning: variable CODEX_PROMPT_LANG is an older name: use CODEXCTL_LANG
    warning: variable PROMPT_MODE is an older name: use CODEXCTL_PROMPT_MODE
    note: no cluster here: the agent goes without the MCP servers slot_catalog
    ");
}

#[test]
fn variables_for_templates_come_from_flags_and_files_and_are_checked() {
    let stack = "project: shop\nnamespace: {patterns: {ai: '{{ envOr \"TEAM\" \"none\" }}-{{ .Slot }}'}}\n";
    let scene = Scene::with_stack(stack);
    std::fs::write(scene.work().join("vars.yaml"), "TEAM: from-file\n").expect("a var file");
    let namespace = |arguments: &[&str]| {
        let ran = scene.run(&[&["run", "--dry-run", "--event", &event("dev.json")], arguments].concat());
        if ran.exit == 0 {
            ran.stdout.lines().find(|line| line.contains("─ namespace")).unwrap_or_default().to_owned()
        } else {
            ran.stderr
        }
    };
    assert_snapshot!(namespace(&[]), @"│  ├─ namespace none-1");
    assert_snapshot!(namespace(&["--var-file", "vars.yaml"]), @"│  ├─ namespace from-file-1");
    assert_snapshot!(namespace(&["--var-file", "vars.yaml", "--vars", "TEAM=inline"]), @"│  ├─ namespace inline-1");
    assert_snapshot!(namespace(&["--namespace", "mine"]), @"│  ├─ namespace mine");
    assert_snapshot!(namespace(&["--vars", "TEAM"]), @"
    × --vars or CODEXCTL_VARS, item 1: expected `NAME=value`; a value with a comma goes into a var
    │ file
    ");
    assert_snapshot!(namespace(&["--var-file", "none.yaml"]), @"
    × none.yaml: the var file can't be read: there is no such file
    help: it is named by --var-file or CODEXCTL_VAR_FILE
    ");
}
