//! Tests of the configuration.

use super::*;

fn around<'a>() -> Surroundings<'a> {
    Surroundings {
        base_url: Some("http://127.0.0.1:4711/v1"),
        tree: Path::new("/slots/7/src"),
        sandbox: SandboxMode::WorkspaceWrite,
        writable: &[],
        exclude_slash_tmp: false,
        hidden: &[],
        servers_in: None,
    }
}

fn block(toml: &str) -> Block {
    Block { place: "codex.configBlocks[0]".to_owned(), toml: toml.to_owned() }
}

fn server(name: &str, transport: Transport) -> McpServer {
    McpServer { index: 0, name: name.to_owned(), transport, tool_timeout_sec: None, startup_timeout_sec: None }
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
    let mut wanted = Wanted {
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
    };
    for (index, server) in wanted.servers.iter_mut().enumerate() {
        server.index = index;
    }
    wanted
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
    the configuration says sandbox_mode = "danger-full-access"; here codexctl sets "workspace-write"
    `profile` in the agent's configuration is left out: codexctl decides the sandbox
    "#);
}

#[test]
fn mistakes_are_said_before_anything_starts_all_at_once_and_with_the_piece_that_made_them() {
    let mut wanted = with_servers();
    wanted.values.clear();
    wanted.servers.push(server("my server", stdio(vec![])));
    wanted.template = Some(block("features = 1\n[mcp_servers.docs]\nurl = \"https://x.example\"\n"));
    wanted.blocks = vec![
        block("a = 1\nb = = 2\nc = [1\n"),
        block("[features]\nx = true\n\n[mcp_servers.files]\ncommand = \"x\"\n"),
    ];
    let mistakes = build(&wanted, &around()).unwrap_err();
    let places: Vec<String> = mistakes.0.iter().map(|mistake| format!("{:?}", mistake.at)).collect();
    insta::assert_snapshot!(places.join("\n"), @r#"
    Block(0, 10)
    Block(0, 20)
    Block(1, 1)
    Server(0)
    Reference(0, "env", "API_TOKEN")
    Server(1)
    Reference(1, "headers", "X-Team")
    Reference(1, "headers", "X-Key")
    Server(0)
    "#);
    insta::assert_snapshot!(mistakes, @"
    codex.configBlocks[0] is not valid TOML: extra `=`, expected nothing
    codex.configBlocks[0] is not valid TOML: unclosed array, expected `]`
    codex.configBlocks[0] has features as table, an earlier part of the configuration as integer: make them the same
    MCP server `files` is declared twice, in codex.configBlocks[0] and in codex.mcp.servers[0]: remove one of them or give it another name
    MCP server `files` needs the variable API_TOKEN for its variable API_TOKEN, which is not set: set it, or mark the reference `optional: true`
    MCP server `docs` is declared twice, in codex.configBlocks[0] and in codex.mcp.servers[1]: remove one of them or give it another name
    MCP server `docs` needs the var team (--vars, --var-file) for its header X-Team, which is not set: set it, or mark the reference `optional: true`
    MCP server `docs` needs the variable DOCS_KEY for its header X-Key, which is not set: set it, or mark the reference `optional: true`
    MCP server `my server`: its name may have letters, digits, `-` and `_` only
    ");
}

#[test]
fn what_references_lead_to_can_be_hidden() {
    let wanted = with_servers().hidden();
    let built = build(&wanted, &around()).unwrap();
    let text = built.text.expose();
    for value in ["shop\"", "\"read\"", "api-token-value"] {
        assert!(!text.contains(value), "{value} in {text}");
    }
    assert!(text.contains("X-Team = \"<hidden>\"") && text.contains("MODE = \"<hidden>\""), "{text}");
    assert!(built.env.iter().all(|(name, value)| name == "CONTEXT7_API_KEY" || value.expose() == HIDDEN));
}

#[test]
fn in_a_pod_codex_has_a_login_of_its_own_and_no_sandbox() {
    let around = Surroundings { base_url: None, sandbox: SandboxMode::DangerFullAccess, ..around() };
    let built = build(&Wanted::default(), &around).unwrap();
    insta::assert_snapshot!(built.text.expose(), @r#"
    approval_policy = "never"
    check_for_update_on_startup = false
    model_verbosity = "low"
    project_doc_max_bytes = 0
    sandbox_mode = "danger-full-access"

    [analytics]
    enabled = false

    [features]
    apps = false
    plugins = false

    [projects."/slots/7/src"]
    trust_level = "untrusted"

    [sandbox_workspace_write]
    network_access = true
    "#);
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

#[test]
fn a_template_of_the_project_says_itself_whether_context7_is_there() {
    let wanted = Wanted {
        template: Some(block("model = \"gpt-5.2\"\n")),
        context7: Some(Secret::new("c7".to_owned())),
        ..Wanted::default()
    };
    assert!(!build(&wanted, &around()).unwrap().text.expose().contains("context7"));
}
