//! `codexctl prompt render --agent-config`: the agent's config.toml, read by the real Codex, and its mistakes at their places.

use std::fs;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

use crate::command::Ran;
use crate::parts;
use crate::prompt::{OnGitHub, REPO};
use crate::scene::{Scene, shop};

pub(crate) const SHOW: [&str; 3] = ["prompt", "render", "--agent-config"];

pub(crate) fn show(scene: &Scene, arguments: &[&str]) -> Ran {
    scene.run(&[&SHOW, arguments].concat())
}

/// What the real Codex makes of a config.toml: its MCP servers, and what it says where keys must all be known to it.
struct Codex {
    home: tempfile::TempDir,
}

impl Codex {
    fn with(config: &str) -> Self {
        // Codex wants its home outside the temporary folder, so the build's own folder is used.
        let home = tempfile::Builder::new().prefix("config-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a home");
        fs::write(home.path().join("config.toml"), config).expect("config.toml");
        Self { home }
    }

    fn ask(&self, arguments: &[&str]) -> (String, String) {
        let output = Command::new(parts::codex())
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("CODEX_HOME", self.home.path())
            .env("CODEXCTL_RUN_BEARER", "x")
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .expect("Codex starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr))
    }

    fn servers(&self) -> Value {
        let (list, said) = self.ask(&["mcp", "list", "--json"]);
        let mut servers: Value = serde_json::from_str(&list).unwrap_or_else(|error| panic!("{error}: {list}{said}"));
        // Codex keeps no order in headers and variables.
        for server in servers.as_array_mut().into_iter().flatten() {
            let transport = server["transport"].as_object_mut().expect("a transport");
            transport.values_mut().filter_map(Value::as_object_mut).for_each(serde_json::Map::sort_keys);
        }
        servers
    }

    /// An empty prompt ends a run before anything is asked; a key that Codex doesn't know ends it before that.
    fn assert_knows_every_key(&self) {
        let (_, said) = self.ask(&["exec", "--skip-git-repo-check", "--strict-config", "-"]);
        assert!(said.contains("No prompt provided") && !said.contains("unknown configuration field"), "{said}");
    }
}

#[test]
fn the_configuration_of_the_shop_on_this_machine() {
    let scene = Scene::shop();
    let before = scene.files();
    let ran = show(&scene, &["--repo", REPO, "--slot", "1"]);
    scene.bind(|| {
        assert_snapshot!(ran.stderr, @"note: no cluster here: the agent goes without the MCP servers slot_catalog");
        assert_snapshot!(ran.stdout);
    });
    assert_eq!(ran.exit, 0);
    assert_eq!(scene.files(), before, "a look writes nothing");
    Codex::with(&ran.stdout).assert_knows_every_key();
}

#[test]
fn the_configuration_of_the_shop_in_a_pod_is_what_codex_reads() {
    let scene = Scene::shop();
    let ran = scene
        .call(&[&SHOW[..], &["--runtime", "kubernetes", "--repo", REPO, "--slot", "3"]].concat())
        .env("CONTEXT7_API_KEY", "ctx7-canary")
        .env("SHOP_PROXY_KEY", "proxy-canary")
        .run();
    scene.bind(|| assert_snapshot!(ran.shown()));
    let codex = Codex::with(&ran.stdout);
    codex.assert_knows_every_key();
    assert_snapshot!(format!("{:#}", codex.servers()));
}

#[test]
fn a_template_of_the_project_its_blocks_and_servers_of_all_types_become_one_file() {
    let scene = Scene::with_stack(ALL_KINDS);
    fs::create_dir(scene.work().join("codex")).expect("a folder");
    let template = "model = \"{{ .Codex.Model }}\"\nsandbox_mode = \"read-only\"\n\n[tui]\nnotifications = false\n";
    fs::write(scene.work().join("codex/base.toml"), template).expect("a template");
    fs::write(scene.work().join("codex/history.toml"), "[history]\npersistence = \"none\"\nmax_bytes = {{ .Slot }}\n")
        .expect("a block");
    let ran = scene
        .call(
            &[&SHOW[..], &["--runtime", "kubernetes", "--model", "gpt-5.2", "--slot", "2", "--vars", "TEAM=shop"]]
                .concat(),
        )
        .env("FILES_TOKEN", "token-canary")
        .env("CONTEXT7_API_KEY", "ctx7-canary")
        .run();
    scene.bind(|| assert_snapshot!(ran.shown()));
    let codex = Codex::with(&ran.stdout);
    codex.assert_knows_every_key();
    assert_snapshot!(format!("{:#}", codex.servers()));
}

const ALL_KINDS: &str = r#"project: shop
environments:
  ai: {}
codex:
  configTemplate: codex/base.toml
  configBlocks:
    - name: history
      file: codex/history.toml
    - name: more
      toml: |
        [mcp_servers.extra]
        command = "extra"
        [tui]
        theme = "dark"
  mcp:
    servers:
      - name: files
        type: stdio
        command: files-mcp
        args: ["--root", "/workspace"]
        tool_timeout_sec: 30
        startup_timeout_sec: 5
        env:
          FILES_TOKEN: {envRef: FILES_TOKEN}
          TOKEN_AGAIN: {envRef: FILES_TOKEN}
          MODE: {value: read}
          TEAM: {varRef: TEAM}
          NOT_THERE: {varRef: NOT_THERE, optional: true}
      - name: plain
        type: http
        endpoint: tools.example.com/mcp
        headers:
          X-Team: {varRef: TEAM}
          X-Token: {envRef: FILES_TOKEN}
      - name: safe
        type: https
        endpoint: tools.example.com/mcp
        bearer_token_env_var: FILES_TOKEN
      - name: slot
        type: cluster
        service: {name: catalog}
        headers:
          X-Client: {value: codex}
      - name: staging
        type: cluster
        service: {name: catalog, namespace: shop-ai-staging, port: 8443, path: tools, scheme: https}
"#;

#[test]
fn an_older_stack_has_its_configuration_too() {
    let scene = Scene::empty();
    let copied = Command::new("cp").arg("-R").arg(shop().join("older/.")).arg(scene.work()).status();
    assert!(copied.expect("cp starts").success());
    let ran = scene.call(&SHOW).env("CONTEXT7_API_KEY", "ctx7-canary").run();
    scene.bind(|| assert_snapshot!(ran.shown()));
    Codex::with(&ran.stdout).assert_knows_every_key();
}

#[test]
fn model_and_effort_come_from_labels_flags_variables_and_the_file_in_their_order() {
    let github = OnGitHub::new();
    let chosen = |arguments: &[&str], variable: &str| {
        let call = github.call(&[&SHOW, arguments].concat()).env("CODEXCTL_MODEL", variable);
        let ran = call.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let lines =
            ran.stdout.lines().filter(|line| line.starts_with("model = ") || line.starts_with("model_reasoning"));
        lines.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(chosen(&[], "gpt-5.2"), "model = \"gpt-5.2\", model_reasoning_effort = \"medium\"");
    github.stand.set(|state| {
        let issue = state.repos.get_mut(REPO).and_then(|repo| repo.issues.get_mut(&7)).expect("issue 7");
        issue.labels.extend(["[ai-model-gpt-5.3-codex]", "[ai-high]"].map(str::to_owned));
    });
    assert_eq!(chosen(&["--issue", "7"], "gpt-5.2"), "model = \"gpt-5.3-codex\", model_reasoning_effort = \"high\"");
    let flags = ["--issue", "7", "--model", "gpt-5.2-codex", "--reasoning-effort", "extra-high"];
    assert_eq!(chosen(&flags, ""), "model = \"gpt-5.2-codex\", model_reasoning_effort = \"xhigh\"");
    assert_eq!(github.stand.writes(), Vec::<String>::new());
}
