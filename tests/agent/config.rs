//! config.toml as the real Codex reads it: template, blocks, servers of all types, values of references.

use std::process::{Command, Stdio};

use codexctl_action::agent::config::{Block, McpServer, Reference, Source, Transport};
use codexctl_action::agent::verdict::Outcome;
use codexctl_action::secrets::Secret;
use serde_json::Value;

use crate::bench::{Bench, result};

const TEMPLATE: &str = "model_verbosity = \"high\"\nmodel_reasoning_summary = \"concise\"\n\n[mcp_servers.of_template]\ncommand = \"/bin/false\"\nstartup_timeout_sec = 1\n";
const BLOCK: &str = "model_verbosity = \"low\"\n\n[history]\npersistence = \"none\"\n\n[mcp_servers.of_block]\nurl = \"http://127.0.0.1:1/mcp\"\nstartup_timeout_sec = 1\n";

fn reference(source: Source) -> Reference {
    Reference { source, optional: false }
}

fn token() -> Source {
    Source::Env("TOKEN".to_owned())
}

/// A server of each type, with each way to refer to a value.
fn servers() -> Vec<McpServer> {
    let missing = Reference { source: Source::Var("NOT_THERE".to_owned()), optional: true };
    let http = |scheme, endpoint: &str| Transport::Http {
        endpoint: endpoint.to_owned(),
        scheme,
        headers: vec![
            ("X-Key".to_owned(), reference(token())),
            ("X-Team".to_owned(), reference(Source::Value("shop".to_owned()))),
            ("X-Crew".to_owned(), reference(Source::Var("CREW".to_owned()))),
            ("X-None".to_owned(), missing.clone()),
        ],
        bearer_token_env_var: Some("TOKEN".to_owned()),
    };
    let files = Transport::Stdio {
        command: "/bin/false".to_owned(),
        args: vec!["--root".to_owned(), "a \"quoted\" folder".to_owned()],
        env: vec![
            ("TOKEN".to_owned(), reference(token())),
            ("AGAIN".to_owned(), reference(token())),
            ("MODE".to_owned(), reference(Source::Value("read\nonly".to_owned()))),
            ("NONE".to_owned(), missing.clone()),
        ],
    };
    let slot = Transport::Cluster {
        name: "catalog".to_owned(),
        namespace: "shop-dev-7".to_owned(),
        port: 8080,
        path: "tools/mcp".to_owned(),
        scheme: "http".to_owned(),
        headers: vec![("X-Crew".to_owned(), reference(Source::Var("CREW".to_owned())))],
        bearer_token_env_var: None,
    };
    let all = [
        ("files", files),
        ("plain", http("http", "127.0.0.1:1/mcp")),
        ("safe", http("https", "127.0.0.1:1/mcp")),
        ("slot", slot),
    ];
    all.into_iter()
        .enumerate()
        .map(|(index, (name, transport))| McpServer {
            index,
            name: name.to_owned(),
            transport,
            tool_timeout_sec: Some(5),
            startup_timeout_sec: Some(1),
        })
        .collect()
}

#[tokio::test]
async fn codex_itself_knows_every_key_of_the_configuration_and_all_its_servers() {
    let mut bench = Bench::new(vec![result("done", "Configured.")]).await;
    let block = |place: &str, toml: &str| Block { place: place.to_owned(), toml: toml.to_owned() };
    bench.run.config.template = Some(block("codex/base.toml", TEMPLATE));
    bench.run.config.blocks = vec![block("codex.configBlocks[0]", BLOCK)];
    bench.run.config.servers = servers();
    let secret = |text: &str| Secret::new(text.to_owned());
    bench.run.config.values =
        vec![(token(), secret("token-value-1234")), (Source::Var("CREW".to_owned()), secret("crew-value"))];
    let end = bench.go().await;
    assert_eq!(
        bench.verdict(&end, true).outcome,
        Outcome::Done,
        "servers that don't answer stop nothing: {}",
        bench.log()
    );
    let ask = |args: &[&str]| {
        let output = Command::new(crate::codex::codex())
            .args(args)
            .env("CODEX_HOME", &bench.run.home)
            .env("CODEXCTL_RUN_BEARER", "x")
            .current_dir(&bench.run.tree)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (servers, _) = ask(&["mcp", "list", "--json"]);
    let servers: Value = serde_json::from_str(&servers).unwrap();
    let home = bench.run.home.display().to_string();
    insta::assert_snapshot!(told(&servers).replace(&home, "<CODEX_HOME>"), @r#"
    "files" {"type":"stdio","command":"/bin/false","args":["--root","a \"quoted\" folder"],"env":{"AGAIN":"token-value-1234","MODE":"read\nonly"},"env_vars":["TOKEN"],"cwd":"<CODEX_HOME>"} starts in 1.0 s, answers in 5.0 s
    "of_block" {"type":"streamable_http","url":"http://127.0.0.1:1/mcp"} starts in 1.0 s, answers in null s
    "of_template" {"type":"stdio","command":"/bin/false","cwd":"<CODEX_HOME>"} starts in 1.0 s, answers in null s
    "plain" {"type":"streamable_http","url":"http://127.0.0.1:1/mcp","bearer_token_env_var":"TOKEN","http_headers":{"X-Crew":"crew-value","X-Team":"shop"},"env_http_headers":{"X-Key":"TOKEN"}} starts in 1.0 s, answers in 5.0 s
    "safe" {"type":"streamable_http","url":"https://127.0.0.1:1/mcp","bearer_token_env_var":"TOKEN","http_headers":{"X-Crew":"crew-value","X-Team":"shop"},"env_http_headers":{"X-Key":"TOKEN"}} starts in 1.0 s, answers in 5.0 s
    "slot" {"type":"streamable_http","url":"http://catalog.shop-dev-7.svc.cluster.local:8080/tools/mcp","http_headers":{"X-Crew":"crew-value"}} starts in 1.0 s, answers in 5.0 s
    "#);
    // An empty prompt ends the run before anything is asked; an unknown key would end it before that.
    let strict = ["exec", "--strict-config", "-"];
    let (_, said) = ask(&strict);
    assert!(said.contains("No prompt provided") && !said.contains("unknown configuration field"), "{said}");
    let file = bench.run.home.join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("model_verbosity = \"low\"") && text.contains("persistence = \"none\""), "{text}");
    std::fs::write(&file, format!("no_such_key = 1\n{text}")).unwrap();
    assert!(ask(&strict).1.contains("unknown configuration field `no_such_key`"), "the look itself finds faults");
}

/// What Codex says about its servers, a line each, without what is not there.
fn told(servers: &Value) -> String {
    let lines = servers.as_array().unwrap().iter().map(|server| {
        let mut transport = server["transport"].clone();
        transport.as_object_mut().unwrap().retain(|_, value| !value.is_null() && *value != serde_json::json!([]));
        // Codex keeps no order in these.
        for table in transport.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            table.sort_keys();
        }
        format!(
            "{} {transport} starts in {} s, answers in {} s",
            server["name"], server["startup_timeout_sec"], server["tool_timeout_sec"]
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}
