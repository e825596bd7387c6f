//! `codexctl schema`, judged by a validator of other people (check-jsonschema): right files pass, wrong ones fail for the reason
//! meant, and codexctl itself says the same of each.

use std::path::{Path, PathBuf};
use std::process::Command;

use codexctl_action::stack::{Decided, LoadRequest, RawStack, VarsInput};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::Codexctl;
use crate::parts;

/// Wrong files: what is added to a good one, and the place that the schema points at.
const WRONG: &[(&str, &str)] = &[
    ("servcies: []", "$"),
    ("maxSlots: -1", "$.maxSlots"),
    ("maxSlots: five", "$.maxSlots"),
    ("maxSlots: [5]", "$.maxSlots"),
    ("envFiles: deploy.env", "$.envFiles"),
    ("envFiles: ['{{ .Env }}.env']", "$.envFiles[0]"),
    ("versions: {node: [22]}", "$.versions.node"),
    ("namespace: shop-dev", "$.namespace"),
    ("namespace: {pattern: {ai: shop-dev}}", "$.namespace"),
    ("environments: {ai: {imagePullPolicy: always}}", "$.environments.ai.imagePullPolicy"),
    ("environments: {ai: {localRegistry: {enabled: yes}}}", "$.environments.ai.localRegistry.enabled"),
    ("environments: {ai: {localRegistry: {port: 99999}}}", "$.environments.ai.localRegistry.port"),
    ("state: {backend: postgres}", "$.state.backend"),
    ("storage: {cache: {size: 1Gi}}", "$.storage"),
    ("dataPaths: {dirs: [postgres]}", "$.dataPaths"),
    ("images: {redis: {from: 'redis:8'}}", "$.images.redis"),
    ("images: {redis: {type: extrenal}}", "$.images.redis.type"),
    ("images: {redis: {type: external, from: 'redis:8'}}", "$.images.redis"),
    ("images: {shop: {type: build, repository: shop, from: 'redis:8'}}", "$.images.shop"),
    ("infrastructure: [{manifests: []}]", "$.infrastructure[0]"),
    ("services: [{name: shop, manifests: [deploy/shop.yaml]}]", "$.services[0].manifests[0]"),
    ("services: [{name: shop, image: {tagTemplate: '1'}}]", "$.services[0].image"),
    (
        "services: [{name: shop, overlays: {ai: {pvcMounts: [{name: a, mountPath: /a}]}}}]",
        "$.services[0].overlays.ai.pvcMounts[0]",
    ),
    (
        "services: [{name: shop, overlays: {ai: {hostMounts: [{name: a, hostPath: /a, mountPath: /a, hostPathType: Folder}]}}}]",
        "$.services[0].overlays.ai.hostMounts[0].hostPathType",
    ),
    ("hooks: {beforeAll: [{name: nothing}]}", "$.hooks.beforeAll[0]"),
    ("hooks: {beforeAll: [{run: 'true', use: preflight}]}", "$.hooks.beforeAll[0].use"),
    ("hooks: {beforeAll: [{run: 'true', timeout: 90}]}", "$.hooks.beforeAll[0].timeout"),
    ("hooks: {beforeAll: [{run: 'true', timeout: 1d}]}", "$.hooks.beforeAll[0].timeout"),
    ("hooks: {beforeAll: [{use: kubectl.wiat}]}", "$.hooks.beforeAll[0].use"),
    ("hooks: {beforeAll: [{use: kubectl.wait, with: {kind: pod}}]}", "$.hooks.beforeAll[0].with"),
    ("hooks: {beforeAll: [{use: sleep, with: {}}]}", "$.hooks.beforeAll[0].with"),
    ("hooks: {beforeAll: [{use: github.comment, with: {body: Done}}]}", "$.hooks.beforeAll[0].with"),
    ("hooks: {beforeAll: [{use: preflight, with: {strict: true}}]}", "$.hooks.beforeAll[0].with"),
    ("codex: {githubAccess: wirte}", "$.codex.githubAccess"),
    ("codex: {promptLang: de}", "$.codex.promptLang"),
    ("codex: {model: GPT 5}", "$.codex.model"),
    ("codex: {modelReasoningEffort: hihg}", "$.codex.modelReasoningEffort"),
    ("codex: {timeouts: {exec: soon}}", "$.codex.timeouts.exec"),
    ("codex: {configBlocks: [{toml: 'a = 1', file: a.toml}]}", "$.codex.configBlocks[0]"),
    ("codex: {budget: 2000000}", "$.codex.budget"),
    ("codex: {mcp: {servers: [{name: a, type: stdio}]}}", "$.codex.mcp.servers[0]"),
    ("codex: {mcp: {servers: [{name: a, type: sse}]}}", "$.codex.mcp.servers[0].type"),
    ("codex: {mcp: {servers: [{name: a, type: cluster}]}}", "$.codex.mcp.servers[0]"),
    (
        "codex: {mcp: {servers: [{name: a, type: stdio, command: npx, env: {KEY: secret}}]}}",
        "$.codex.mcp.servers[0].env.KEY",
    ),
    (
        "codex: {mcp: {servers: [{name: a, type: stdio, command: npx, env: {KEY: {value: a, envRef: B}}}]}}",
        "$.codex.mcp.servers[0].env.KEY",
    ),
    ("publish: {draft: off}", "$.publish.draft"),
    ("publish: {maxBytes: 4 MB}", "$.publish.maxBytes"),
    ("publish: {onProtected: warn}", "$.publish.onProtected"),
    ("publish: {lables: [codex]}", "$.publish"),
];

/// Files that are right although a hasty schema would refuse them.
const RIGHT: &[&str] = &[
    "maxSlots: '{{ envOr \"SLOTS\" \"5\" }}'",
    "maxSlots: '5'",
    "publish: {draft: '{{ eq .Env \"ai\" }}', maxBytes: 1048576, onProtected: '{{ envOr \"ON\" \"draft\" }}'}",
    "versions: {node: 22, debug: true, next: }",
    "services:",
    "services: [{name: shop, when: false, image: , hooks: , overlays: {ai: }}]",
    "hooks: {afterAll: [{use: run, run: 'true', timeout: '{{ envOr \"TIMEOUT\" \"1h30m\" }}'}]}",
    "hooks: {afterAll: [{use: sleep, with: {duration: 1.5s}}, {use: github.comment, with: {pr: 7, body: Done}}]}",
    "x-notes: [anything]\npublish: {x-why: we say so}",
    "images: {shop: {type: '{{ envOr \"KIND\" \"build\" }}', repository: shop}}",
    "environments: {ai: , ai-repair: {from: ai}}",
];

#[test]
fn other_peoples_validator_says_of_each_file_what_codexctl_says() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, extra: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, whole(extra)).unwrap();
        path
    };
    let mut files = vec![
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/services.yaml")),
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/older/services.yaml")),
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/stack/schema/every-field.yaml")),
        written_by_init(&folder.path().join("bare"), &[]),
        written_by_init(
            &folder.path().join("with-a-stack"),
            &[
                ("deploy/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"),
                ("web/Dockerfile", "FROM scratch\n"),
                ("package.json", "{\"scripts\": {\"test\": \"node --test\"}}"),
            ],
        ),
    ];
    let plain = files.len();
    files.extend(RIGHT.iter().enumerate().map(|(index, extra)| file(&format!("right-{index}.yaml"), extra)));
    let right = files.len();
    files.extend(WRONG.iter().enumerate().map(|(index, (extra, _))| file(&format!("wrong-{index}.yaml"), extra)));

    let answer = validate(folder.path(), &files);
    let complaints = |path: &Path| -> Vec<(String, String)> {
        let errors = answer["errors"].as_array().unwrap().iter();
        let of = errors.filter(|error| Path::new(error["filename"].as_str().unwrap()) == path);
        of.map(|error| (text(&error["path"]), text(&error["message"]))).collect()
    };
    assert_eq!(answer["parse_errors"], serde_json::json!([]));
    for (path, extra) in files[..right].iter().zip(std::iter::repeat_n(&"", plain).chain(RIGHT)) {
        assert_eq!(complaints(path), [], "{}", path.display());
        if !extra.is_empty() {
            assert_eq!(codexctl(extra), "", "{extra}");
        }
    }
    let mut said = String::new();
    for (path, (extra, place)) in files[right..].iter().zip(WRONG) {
        let complaints = complaints(path);
        assert!(complaints.iter().any(|(path, _)| path == place), "{extra}: {place} is not among {complaints:?}");
        let own = codexctl(extra);
        assert!(!own.is_empty(), "{extra}: the schema refuses what codexctl takes: {complaints:?}");
        said.push_str(&format!("{extra}\n"));
        said.extend(complaints.iter().map(|(path, text)| format!("  schema   {path}: {text}\n")));
        said.extend(own.lines().map(|line| format!("  codexctl {line}\n")));
    }
    insta::assert_snapshot!(said);
}

/// The services.yaml that `codexctl init` writes into a repository with these files.
fn written_by_init(folder: &Path, files: &[(&str, &str)]) -> PathBuf {
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let ran = Codexctl::new(&["init"]).folder(folder).run();
    assert_eq!(ran.exit, 0, "{}", ran.shown());
    folder.join("services.yaml")
}

#[test]
fn the_schema_is_one_by_its_own_rules() {
    let folder = TempDir::new().unwrap();
    let schema = schema(folder.path());
    let ran = check(&["--check-metaschema".as_ref(), schema.as_os_str()]);
    assert_eq!(ran["status"], "ok", "{ran:#}");
}

/// A good file with something added.
fn whole(extra: &str) -> String {
    format!("project: shop\n{extra}\n")
}

/// The first line of everything that codexctl has to say about a file.
fn codexctl(extra: &str) -> String {
    let request = LoadRequest {
        path: PathBuf::from("services.yaml"),
        env: "ai".to_owned(),
        namespace: None,
        vars: VarsInput::default(),
        decided: Decided { slot: Some(1), ..Decided::default() },
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let raw = RawStack::from_text(whole(extra), PathBuf::from("/srv/shop"), Path::new("services.yaml")).unwrap();
    let told = match raw.load(&request) {
        Ok(loaded) => loaded.warnings,
        Err(error) => error.diagnostics,
    };
    let lines: Vec<String> = told.iter().map(|one| one.to_string().lines().next().unwrap().to_owned()).collect();
    lines.join("\n")
}

/// What `codexctl schema` prints, as a file.
fn schema(folder: &Path) -> PathBuf {
    let ran = Codexctl::new(&["schema"]).run();
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    let path = folder.join("services.schema.json");
    std::fs::write(&path, ran.stdout).unwrap();
    path
}

/// Validates many files at once: starting the validator costs more than its work.
fn validate(folder: &Path, files: &[PathBuf]) -> Value {
    let schema = schema(folder);
    let mut arguments = vec!["--schemafile".as_ref(), schema.as_os_str()];
    arguments.extend(files.iter().map(|file| file.as_os_str()));
    check(&arguments)
}

fn check(arguments: &[&std::ffi::OsStr]) -> Value {
    let mut command = Command::new(parts::cached("python/bin/python", "linters"));
    let ran = command.args(["-m", "check_jsonschema", "-o", "json", "-v"]).args(arguments).output().unwrap();
    serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("check-jsonschema failed ({error}): {}", String::from_utf8_lossy(&ran.stderr)))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
