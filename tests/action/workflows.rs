//! What nothing but GitHub itself would look at in our workflows: who may run beside whom, for how long, with which rights.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use codexctl_action::manifests::json;
use codexctl_action::settings::setting;
use codexctl_action::stack::yaml::{Limits, parse};
use serde_json::Value;

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let parsed = parse(&text, &Limits::default());
    assert!(parsed.problems.is_empty(), "{path}: {:?}", parsed.problems);
    serde_json::from_str(&json(&parsed.documents[0]).to_string()).unwrap()
}

/// All workflows, those to copy included.
fn workflows() -> BTreeMap<String, Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [".github/workflows", "workflows-templates"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(move |entry| (folder, entry.unwrap()));
        entries.map(|(folder, entry)| format!("{folder}/{}", entry.file_name().to_string_lossy()))
    });
    files.filter(|path| path.ends_with(".yml")).map(|path| (path.clone(), read(&path))).collect()
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

fn called() -> Value {
    read(".github/workflows/ai.yml")
}

#[test]
fn rights_and_concurrency_stand_on_jobs_and_callers_have_no_concurrency() {
    let mut seen = 0;
    for (path, workflow) in workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}: no rights for all jobs");
        // There any comment would take the place of a run that waits, before its condition is looked at.
        assert!(workflow.get("concurrency").is_none(), "{path}");
        for (name, job) in jobs(&workflow) {
            seen += 1;
            let calls = job.get("uses").is_some();
            assert_eq!(
                job.get("concurrency").is_none(),
                calls,
                "{path}: {name}: a group that is taken twice waits for itself"
            );
            assert_eq!(job.get("timeout-minutes").is_none(), calls, "{path}: {name}");
        }
    }
    assert!(seen >= 4, "{seen} jobs");
}

#[test]
fn one_run_at_a_time_waits_in_turn_for_an_issue_and_is_never_cancelled_by_the_next() {
    let called = called();
    for (name, job) in jobs(&called) {
        let concurrency = &job["concurrency"];
        assert_eq!(concurrency["cancel-in-progress"], false, "{name}");
        assert_eq!(concurrency["queue"], "max", "{name}");
        let group = concurrency["group"].as_str().unwrap();
        for part in ["github.event.issue.number", "github.event.pull_request.number", "github.event.action == 'closed'"]
        {
            assert!(group.contains(part), "{name}: {group}");
        }
    }
}

#[test]
fn of_the_two_surfaces_one_runs_and_they_differ_in_nothing_but_how() {
    let called = called();
    let [container, binary] = ["container", "binary"].map(|name| called["jobs"][name].as_object().unwrap().clone());
    for key in ["runs-on", "timeout-minutes", "permissions", "concurrency", "outputs"] {
        assert_eq!(container[key], binary[key], "{key}");
    }
    let halves = [&container, &binary].map(|job| job["if"].as_str().unwrap().rsplit_once(") && (").unwrap());
    assert_eq!(halves[0].0, halves[1].0, "the same events");
    assert_eq!(
        halves.map(|half| half.1),
        [
            "inputs.surface == 'container' || (inputs.surface != 'binary' && !contains(inputs.runs-on, 'self-hosted')))",
            "inputs.surface == 'binary' || (inputs.surface != 'container' && contains(inputs.runs-on, 'self-hosted')))",
        ]
    );
    let outputs = called["on"]["workflow_call"]["outputs"].as_object().unwrap();
    for (name, output) in outputs {
        let value = format!("${{{{ jobs.container.outputs.{name} || jobs.binary.outputs.{name} }}}}");
        assert_eq!(output["value"], value);
        assert_eq!(container["outputs"][name], format!("${{{{ steps.run.outputs.{name} }}}}"));
    }
    assert_eq!(outputs.len(), container["outputs"].as_object().unwrap().len());
}

#[test]
fn a_job_has_time_for_all_waiting_and_the_agent() {
    let minutes = |text: &str| codexctl_action::stack::GoDuration::parse(text).unwrap().value().as_secs() / 60;
    let schema: Value = serde_json::from_slice(
        &std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/services.schema.json")).unwrap(),
    )
    .unwrap();
    let timeouts = find(&schema, "deployWait").unwrap();
    let of = |name: &str| minutes(timeouts[name]["default"].as_str().unwrap());
    let slot = minutes(setting("wait-for-slot").unwrap().default.unwrap());
    let needed = slot + of("rollout") + of("deployWait") + of("exec") + 15;
    let given = called()["on"]["workflow_call"]["inputs"]["timeout-minutes"]["default"].as_u64().unwrap();
    assert!(given > needed, "{given} minutes for {needed}");
    // Longer than GitHub lets a job of its own runners be would be a promise that it doesn't keep.
    assert!(Duration::from_secs(given * 60) < Duration::from_secs(6 * 3600));
}

/// The mapping that has this key, wherever it stands.
fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) if map.get(key).is_some_and(|there| there.get("default").is_some()) => Some(value),
        Value::Object(map) => map.values().find_map(|inner| find(inner, key)),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

#[test]
fn what_a_shell_runs_is_written_down_here_and_holds_no_expression() {
    let mut all: Vec<Value> = workflows().into_values().collect();
    all.extend(["action.yml", "setup/action.yml"].map(read));
    let mut scripts = Vec::new();
    all.iter().for_each(|one| runs(one, &mut scripts));
    assert!(scripts.len() >= 5, "{scripts:?}");
    assert_eq!(scripts.iter().find(|script| script.contains("${{")), None);
}

/// The texts of all `run` below a value.
fn runs(value: &Value, scripts: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            scripts.extend(map.get("run").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|inner| runs(inner, scripts));
        }
        Value::Array(items) => items.iter().for_each(|inner| runs(inner, scripts)),
        _ => {}
    }
}

#[test]
fn a_caller_grants_what_the_called_workflow_asks_for_and_not_more() {
    // A called workflow that asks for more than its caller grants doesn't start.
    let caller = read("workflows-templates/ai.yml");
    let granted = &caller["jobs"]["ai"]["permissions"];
    for (name, job) in jobs(&called()) {
        assert_eq!(&job["permissions"], granted, "{name}");
    }
}

#[test]
fn every_variable_and_secret_that_people_set_reaches_both_surfaces() {
    let called = called();
    let variables = called["env"].as_object().unwrap();
    for (name, value) in variables {
        let expected = if name == "CODEXCTL_WORKSPACE_MOUNT" {
            "/workspace".to_owned()
        } else {
            format!("${{{{ vars.{name} }}}}")
        };
        assert_eq!(value, &expected);
    }
    let documented = "CODEXCTL_REGISTRY_HOST CODEXCTL_WORKSPACE_UID CODEXCTL_WORKSPACE_GID CODEXCTL_ALLOWED_USERS \
        CODEXCTL_GH_USERNAME CODEXCTL_GH_EMAIL CODEXCTL_LANG CODEXCTL_DEV_SLOTS_MAX CODEXCTL_CODE_ROOT_BASE \
        CODEXCTL_BASE_DOMAIN_DEV CODEXCTL_BASE_DOMAIN_AI_STAGING CODEXCTL_BASE_DOMAIN_AI CODEXCTL_STORAGE_CLASS_WORKSPACE \
        CODEXCTL_STORAGE_CLASS_DATA CODEXCTL_STORAGE_CLASS_REGISTRY CODEXCTL_WORKSPACE_PVC CODEXCTL_DATA_PVC \
        CODEXCTL_REGISTRY_PVC CODEXCTL_SYNC_IMAGE CODEXCTL_WORKSPACE_MOUNT";
    assert_eq!(documented.split_whitespace().find(|name| !variables.contains_key(*name)), None);
    let secrets = called["on"]["workflow_call"]["secrets"].as_object().unwrap();
    for (name, job) in jobs(&called) {
        for step in job["steps"].as_array().unwrap().iter().filter(|step| step["env"]["CONTEXT7_API_KEY"].is_string()) {
            let text = step.to_string();
            let missing = secrets.keys().find(|secret| !text.contains(&format!("secrets.{secret} ")));
            assert_eq!(missing, None, "{name}: {}", step["name"]);
        }
    }
}
