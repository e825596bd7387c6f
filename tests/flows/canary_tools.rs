//! Secrets that the agent's own tools need are in its config.toml or in its environment, and nowhere else.

use crate::canaries::{Canary, assert_each_in_its_place, assert_found_nowhere, with_canaries};
use crate::scene::{Scene, git};
use crate::script::{CHANGE, done, result_with, run};

/// A variable under its own name.
const KEPT: &str = "canary-of-the-tool-21";
/// A variable under another name, and none that says that it is a secret.
const RENAMED: &str = "canary-of-the-tool-22";
/// A bearer.
const BEARER: &str = "canary-of-the-tool-23";
/// A header from a variable.
const HEADER: &str = "canary-of-the-tool-24";
/// A header from `--vars`.
const VAR: &str = "canary-of-the-tool-25";
/// In a manifest of the kind Secret.
const MANIFEST: &str = "canary-of-the-manifest-26";

/// Where the agent's home has its configuration.
const CONFIG: &str = "state/codexctl/codex-k8s/shop/work/ai-1/codex-home/config.toml";

const SERVERS: &str = "    servers:
      - name: notes
        type: stdio
        command: 'true'
        env:
          NOTES_ACCOUNT:
            envRef: NOTES_ACCOUNT
          NOTES_BOOK:
            envRef: SHOP_NOTES_BOOK
      - name: docs
        type: http
        endpoint: http://127.0.0.1:9/mcp
        bearer_token_env_var: SHOP_DOCS_ACCESS
        headers:
          X-Shop-Desk:
            envRef: SHOP_DESK
          X-Shop-Room:
            varRef: SHOP_ROOM
";

fn canaries() -> Vec<Canary> {
    let of = |value, file, program| Canary { value, file, program };
    vec![
        of(KEPT, "", "codex"),
        of(RENAMED, CONFIG, ""),
        of(BEARER, "", "codex"),
        of(HEADER, "", "codex"),
        of(VAR, CONFIG, ""),
    ]
}

fn scene(turns: Vec<crate::model::Turn>) -> (Scene, crate::shims::Calls) {
    let scene = Scene::new(turns).on_github();
    let stack = std::fs::read_to_string(scene.path("shop/services.yaml")).unwrap();
    let from = stack.find("    servers:\n").unwrap();
    let to = from + stack[from..].find("  # {{ end }}").unwrap();
    scene.change_stack(&stack[from..to], SERVERS);
    let (scene, calls) = with_canaries(scene);
    let scene = [
        ("SHOP_MCP", "on"),
        ("NOTES_ACCOUNT", KEPT),
        ("SHOP_NOTES_BOOK", RENAMED),
        ("SHOP_DOCS_ACCESS", BEARER),
        ("SHOP_DESK", HEADER),
    ]
    .into_iter()
    .fold(scene, |scene, (name, value)| scene.env(name, value));
    let known = scene.variables().into_iter().find(|(name, _)| name == "CODEXCTL_VARS").unwrap().1;
    (scene.env("CODEXCTL_VARS", &format!("{known},SHOP_ROOM={VAR}")), calls)
}

#[test]
fn what_tools_need_is_with_the_agent_and_nowhere_else() {
    let (scene, calls) = scene(vec![run("env; set"), run(CHANGE), done()]);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let config = std::fs::read_to_string(scene.path(CONFIG)).unwrap();
    assert!(config.contains(RENAMED) && config.contains(VAR) && !config.contains(BEARER), "{config}");
    assert!(
        calls.all().iter().any(|call| call.environment.iter().any(|variable| variable.contains(BEARER))),
        "the agent has no bearer"
    );
    assert_found_nowhere("run with tools", &scene, &calls, &ran);
    assert_each_in_its_place("run with tools", &scene, &calls, &ran, &canaries());
}

#[test]
fn what_the_agent_tells_of_its_tools_secrets_is_hidden() {
    let all = [KEPT, RENAMED, BEARER, HEADER, VAR].join(" and ");
    let fields = [("title", "Discount".into()), ("body", format!("The tools have {all}.").into())];
    let (scene, calls) = scene(vec![run(CHANGE), result_with("done", &format!("Done with {all}."), &fields)]);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.github().contains("The tools have <hidden> and <hidden> and"), "{}", scene.github());
    // What the model said is known to the model, and the agent's own session has it.
    let said = scene.model.seen().iter().any(|seen| seen.body.to_string().contains(VAR));
    assert!(!said, "the result is the last that the model says");
    for value in [KEPT, RENAMED, BEARER, HEADER, VAR] {
        let found = crate::canary::places(&scene, &ran, value, &["calls", "codex-home"]);
        let found: Vec<_> = found.into_iter().filter(|place| !place.ends_with("agent.jsonl")).collect();
        assert_eq!(found, Vec::<String>::new(), "{value}");
        assert!(!scene.github().contains(value), "GitHub has {value}");
    }
    drop(calls);
}

#[test]
fn the_values_of_secret_manifests_are_secrets_of_a_run_too() {
    let fields = [("title", "Discount".into()), ("body", format!("The mail server takes {MANIFEST}.").into())];
    let scene = Scene::new(vec![run(CHANGE), result_with("done", "Done.", &fields)]).on_github();
    let secret =
        format!("---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: mail\nstringData:\n  SMTP_LOGIN: {MANIFEST}\n");
    scene.somebody_pushes("main", "deploy/config.yaml", &secret);
    git(&scene.path("shop"), &["pull", "--quiet", "origin", "main"]);
    let (scene, _) = with_canaries(scene);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(!scene.github().contains(MANIFEST), "{}", scene.github());
}
