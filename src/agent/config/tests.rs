//! Tests of the configuration.

use super::*;

fn around<'a>() -> Surroundings<'a> {
    Surroundings {
        base_url: "http://127.0.0.1:4711/v1",
        tree: Path::new("/slots/7/src"),
        sandbox: SandboxMode::WorkspaceWrite,
        writable: &[],
        exclude_slash_tmp: false,
    }
}

fn block(toml: &str) -> Block {
    Block { place: "codex.configBlocks[0]".to_owned(), toml: toml.to_owned() }
}

fn server(name: &str, transport: Transport) -> McpServer {
    McpServer { name: name.to_owned(), transport, tool_timeout_sec: None, startup_timeout_sec: None }
}

fn reference(source: Source) -> Reference {
    Reference { source, optional: false }
}

fn stdio(env: Vec<(String, Reference)>) -> Transport {
    Transport::Stdio { command: "node".to_owned(), args: vec!["server.js".to_owned()], env }
}

/// One server of each type.
fn with_servers() -> Wanted {
    let secret = |text: &str| Secret::new(text.to_owned());
    let header = |name: &str, source| (name.to_owned(), reference(source));
    Wanted {
        servers: vec![
            McpServer {
                tool_timeout_sec: Some(60),
                startup_timeout_sec: Some(20),
                ..server(
                    "files",
                    stdio(vec![
                        header("API_TOKEN", Source::Env("API_TOKEN".to_owned())),
                        header("MODE", Source::Value("read".to_owned())),
                        ("EXTRA".to_owned(), Reference { source: Source::Var("extra".to_owned()), optional: true }),
                    ]),
                )
            },
            server(
                "docs",
                Transport::Http {
                    endpoint: "https://docs.example/mcp".to_owned(),
                    scheme: "https",
                    headers: vec![
                        header("X-Team", Source::Var("team".to_owned())),
                        header("X-Key", Source::Env("DOCS_KEY".to_owned())),
                    ],
                    bearer_token_env_var: Some("DOCS_BEARER".to_owned()),
                },
            ),
            server(
                "plain",
                Transport::Http {
                    endpoint: "localhost:9000/mcp".to_owned(),
                    scheme: "http",
                    headers: vec![],
                    bearer_token_env_var: None,
                },
            ),
            server(
                "stack",
                Transport::Cluster {
                    name: "mcp".to_owned(),
                    namespace: "shop-dev-7".to_owned(),
                    port: 80,
                    path: "/mcp".to_owned(),
                    scheme: "http".to_owned(),
                    headers: vec![],
                    bearer_token_env_var: None,
                },
            ),
        ],
        context7: Some(secret("c7-key")),
        values: vec![
            (Source::Env("API_TOKEN".to_owned()), secret("api-token-value")),
            (Source::Env("DOCS_KEY".to_owned()), secret("docs-key-value")),
            (Source::Var("team".to_owned()), secret("shop")),
        ],
        ..Wanted::default()
    }
}

#[test]
fn the_built_in_configuration_reads_like_this() {
    let wanted =
        Wanted { model: Some("gpt-5.3-codex".to_owned()), effort: Some("high".to_owned()), ..Wanted::default() };
    let built = build(&wanted, &around()).unwrap();
    insta::assert_snapshot!(built.text.expose());
    assert!(built.warnings.is_empty() && built.env.is_empty());
}

#[test]
fn servers_of_all_types_read_like_this() {
    let built = build(&with_servers(), &around()).unwrap();
    let text = built.text.expose();
    let table: Table = text.parse().unwrap();
    insta::assert_snapshot!(toml::to_string(&table["mcp_servers"]).unwrap());
    let names: Vec<&str> = built.env.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["API_TOKEN", "DOCS_KEY", "CONTEXT7_API_KEY"]);
    for kept_out in ["api-token-value", "docs-key-value", "c7-key"] {
        assert!(!text.contains(kept_out), "{kept_out} is passed by its variable");
    }
    insta::assert_snapshot!(built.warnings.join("\n"), @"MCP server `docs`: DOCS_BEARER (bearer_token_env_var) is not set, it will be asked without a token");
}

#[test]
fn a_template_takes_the_built_in_place_but_not_codexctls_decisions() {
    let wanted = Wanted {
        template: Some(Block {
            place: "codex.configTemplate".to_owned(),
            toml: "model = \"gpt-5.2\"\nsandbox_mode = \"danger-full-access\"\nprofile = \"wild\"\n[features]\napps = true\n".to_owned(),
        }),
        blocks: vec![block("model = \"gpt-5.3-codex\"\n[shell_environment_policy]\nexclude = [\"AWS_*\"]\n")],
        ..Wanted::default()
    };
    let built = build(&wanted, &around()).unwrap();
    let table: Table = built.text.expose().parse().unwrap();
    assert_eq!(table["model"].as_str(), Some("gpt-5.3-codex"), "a later part wins");
    assert_eq!(table["features"]["apps"].as_bool(), Some(true), "the project's own choice");
    assert_eq!(table["sandbox_mode"].as_str(), Some("workspace-write"));
    assert!(table.get("profile").is_none() && table.get("model_verbosity").is_none());
    assert_eq!(table["shell_environment_policy"]["exclude"].as_array().map(Vec::len), Some(2));
    insta::assert_snapshot!(built.warnings.join("\n"), @r#"
    the configuration says sandbox_mode = "danger-full-access"; on this machine codexctl sets "workspace-write"
    `profile` in the agent's configuration is left out: codexctl decides the sandbox
    "#);
}

#[test]
fn mistakes_are_said_before_anything_starts() {
    let says = |wanted: &Wanted| build(wanted, &around()).unwrap_err().to_string();
    let mut missing = with_servers();
    missing.values.clear();
    let twice = Wanted { blocks: vec![block("[mcp_servers.files]\ncommand = \"x\"\n")], ..with_servers() };
    let shape = Wanted {
        template: Some(block("features = 1")),
        blocks: vec![block("[features]\nx = true")],
        ..Wanted::default()
    };
    let named = Wanted { servers: vec![server("my server", stdio(vec![]))], ..Wanted::default() };
    let all = [
        says(&Wanted { blocks: vec![block("a = 1\nb = = 2\n")], ..Wanted::default() }),
        says(&missing),
        says(&twice),
        says(&shape),
        says(&named),
    ];
    insta::assert_snapshot!(all.join("\n---\n"), @r"
    codex.configBlocks[0] is not valid TOML: TOML parse error at line 2, column 5
      |
    2 | b = = 2
      |     ^
    extra `=`, expected nothing
    ---
    MCP server `files` needs the variable API_TOKEN for variable API_TOKEN, which is not set: set it, or mark the reference `optional: true`
    ---
    MCP server `files` is declared twice, in codex.configBlocks[0] and in codex.mcp.servers[0]: remove one of them or give it another name
    ---
    codex.configBlocks[0] has features as table, an earlier part of the configuration as integer: make them the same
    ---
    MCP server `my server`: its name may have letters, digits, `-` and `_` only
    ");
}

#[test]
fn context7_gives_way_to_a_server_of_that_name_in_the_file() {
    let wanted = Wanted {
        blocks: vec![block("[mcp_servers.context7]\nurl = \"https://own.example/mcp\"\n")],
        context7: Some(Secret::new("c7".to_owned())),
        ..Wanted::default()
    };
    let built = build(&wanted, &around()).unwrap();
    assert!(built.text.expose().contains("own.example") && built.env.is_empty());
}
