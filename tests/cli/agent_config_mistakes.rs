//! What is wrong with the pieces of config.toml, told at its place before anything starts, and what of them is never shown.

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;

use crate::agent_config::{SHOW, show};
use crate::scene::Scene;

/// A stack with this below `codex`, and the files that it names.
fn with(codex: &str, files: &[(&str, &str)]) -> Scene {
    let scene = Scene::with_stack(&format!("project: shop\nenvironments:\n  ai: {{}}\ncodex:\n{codex}"));
    for (name, text) in files {
        let path: PathBuf = scene.work().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    scene
}

fn refused(codex: &str, files: &[(&str, &str)]) -> String {
    show(&with(codex, files), &[]).refused()
}

#[test]
fn a_file_that_is_missing_is_told_where_it_is_named() {
    assert_snapshot!(refused(
        "  configTemplate: codex/bsae.toml\n  configBlocks:\n    - {name: a, file: ../outside.toml}\n    - {name: b, file: codex}\n",
        &[("codex/base.toml", "")],
    ), @"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × codex/bsae.toml can't be read: there is no such file
       ╭─[services.yaml:5:19]
     4 │ codex:
     5 │   configTemplate: codex/bsae.toml
       ·                   ───────────────
     6 │   configBlocks:
       ╰────
      help: did you mean `codex/base.toml`?
      × ../outside.toml is not below the project root
       ╭─[services.yaml:7:23]
     6 │   configBlocks:
     7 │     - {name: a, file: ../outside.toml}
       ·                       ───────────────
     8 │     - {name: b, file: codex}
       ╰────
      help: write it relative to the folder of services.yaml
      × codex can't be read: it is a folder
       ╭─[services.yaml:8:23]
     7 │     - {name: a, file: ../outside.toml}
     8 │     - {name: b, file: codex}
       ·                       ─────
       ╰────
      help: name each file in it
    error: the agent's configuration has 3 mistakes
    ");
}

#[test]
fn a_template_that_is_wrong_is_told_at_its_place_in_its_file() {
    assert_snapshot!(refused(
        "  configTemplate: codex/base.toml\n  configBlocks:\n    - {name: a, file: codex/a.toml}\n",
        &[("codex/base.toml", "# base\nmodel = \"{{ .Codex.Modle }}\"\n"), ("codex/a.toml", "a = 1\n{{ if }}\n")],
    ), @r#"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × template: missing value for if
       ╭─[codex/a.toml:2:7]
     1 │ a = 1
     2 │ {{ if }}
       ·       ─
       ╰────
      × template: can't evaluate field Modle in type config.CodexConfig in `.Codex.Modle`
       ╭─[codex/base.toml:2:19]
     1 │ # base
     2 │ model = "{{ .Codex.Modle }}"
       ·                   ─
       ╰────
    error: the agent's configuration has 2 mistakes
    "#);
}

#[test]
fn toml_that_is_none_is_told_in_the_file_as_written_line_by_line() {
    assert_snapshot!(refused(
        "  configTemplate: codex/base.toml
  configBlocks:
    - name: inline
      toml: |
        [history]
        persistence = none
        # {{ .Slot }}
        max_bytes = = {{ .Slot }}
    - {name: flow, toml: 'x = [1'}
    - name: folded
      toml: >-
        x =
        = 1
",
        &[("codex/base.toml", "# {{ if true }}\n# {{ end }}\nmodel = \"{{ .Project }}\"\nmodel = \"twice\"\n[a\n")],
    ), @r#"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × codex/base.toml is not valid TOML: duplicate key
       ╭─[codex/base.toml:4:1]
     3 │ model = "{{ .Project }}"
     4 │ model = "twice"
       · ─
     5 │ [a
       ╰────
      × codex/base.toml is not valid TOML: unclosed table, expected `]`
       ╭─[codex/base.toml:5:3]
     4 │ model = "twice"
     5 │ [a
       ·   ▲
       ╰────
      × codex.configBlocks[0] (inline) is not valid TOML: invalid float, expected `nan`
        ╭─[services.yaml:10:23]
      9 │         [history]
     10 │         persistence = none
        ·                       ─
     11 │         # {{ .Slot }}
        ╰────
      × codex.configBlocks[0] (inline) is not valid TOML: extra `=`, expected nothing
        ╭─[services.yaml:12:21]
     11 │         # {{ .Slot }}
     12 │         max_bytes = = {{ .Slot }}
        ·                     ─
     13 │     - {name: flow, toml: 'x = [1'}
        ╰────
      × codex.configBlocks[1] (flow) is not valid TOML: unclosed array, expected `]`
        ╭─[services.yaml:13:33]
     12 │         max_bytes = = {{ .Slot }}
     13 │     - {name: flow, toml: 'x = [1'}
        ·                                 ─
     14 │     - name: folded
        ╰────
      × codex.configBlocks[2] (folded) is not valid TOML: extra `=`, expected nothing
        ╭─[services.yaml:16:9]
     15 │       toml: >-
     16 │         x =
        ·         ─
     17 │         = 1
        ╰────
    error: the agent's configuration has 6 mistakes
    "#);
}

#[test]
fn pieces_that_do_not_fit_together_are_told_where_they_differ() {
    assert_snapshot!(refused(
        "  configBlocks:
    - {name: one, toml: 'history = 1'}
    - name: two
      toml: |
        a = 1
        [history]
        persistence = \"none\"
        [mcp_servers.catalog]
        command = \"catalog\"
  mcp:
    servers:
      - {name: catalog, type: stdio, command: catalog}
      - {name: my server, type: stdio, command: x}
      - {name: nowhere, type: http, endpoint: 'http://['}
",
        &[],
    ), @r#"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × codex.configBlocks[1] (two) has history as table, an earlier part of the configuration as
      │ integer
        ╭─[services.yaml:10:10]
      9 │         a = 1
     10 │         [history]
        ·          ─
     11 │         persistence = "none"
        ╰────
      help: make them the same
      × MCP server `catalog` is declared twice, in codex.configBlocks[1] (two) and in
      │ codex.mcp.servers[0]
        ╭─[services.yaml:16:16]
     15 │     servers:
     16 │       - {name: catalog, type: stdio, command: catalog}
        ·                ───────
     17 │       - {name: my server, type: stdio, command: x}
        ╰────
      help: remove one of them or give it another name
      × MCP server `my server`: its name may have letters, digits, `-` and `_` only
        ╭─[services.yaml:17:16]
     16 │       - {name: catalog, type: stdio, command: catalog}
     17 │       - {name: my server, type: stdio, command: x}
        ·                ─────────
     18 │       - {name: nowhere, type: http, endpoint: 'http://['}
        ╰────
      × MCP server `nowhere`: `http://[` is no address: invalid IPv6 address
        ╭─[services.yaml:18:16]
     17 │       - {name: my server, type: stdio, command: x}
     18 │       - {name: nowhere, type: http, endpoint: 'http://['}
        ·                ───────
        ╰────
    error: the agent's configuration has 4 mistakes
    "#);
}

#[test]
fn every_reference_that_leads_nowhere_is_told_and_optional_ones_are_left_out() {
    assert_snapshot!(refused(
        "  mcp:
    servers:
      - name: files
        type: stdio
        command: files
        env:
          TOKEN: {envRef: FILES_TOKEN}
          OTHER: {varRef: OTHER, optional: true}
      - name: docs
        type: https
        endpoint: docs.example.com
        headers:
          X-Team: {varRef: TEAM}
          X-Key: {envRef: DOCS_KEY}
",
        &[],
    ), @"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × MCP server `files` needs the variable FILES_TOKEN for its variable TOKEN, which is not set
        ╭─[services.yaml:11:18]
     10 │         env:
     11 │           TOKEN: {envRef: FILES_TOKEN}
        ·                  ─────────────────────
     12 │           OTHER: {varRef: OTHER, optional: true}
        ╰────
      help: set it, or mark the reference `optional: true`
      × MCP server `docs` needs the var TEAM (--vars, --var-file) for its header X-Team, which is not
      │ set
        ╭─[services.yaml:17:19]
     16 │         headers:
     17 │           X-Team: {varRef: TEAM}
        ·                   ──────────────
     18 │           X-Key: {envRef: DOCS_KEY}
        ╰────
      help: set it, or mark the reference `optional: true`
      × MCP server `docs` needs the variable DOCS_KEY for its header X-Key, which is not set
        ╭─[services.yaml:18:18]
     17 │           X-Team: {varRef: TEAM}
     18 │           X-Key: {envRef: DOCS_KEY}
        ·                  ──────────────────
        ╰────
      help: set it, or mark the reference `optional: true`
    error: the agent's configuration has 3 mistakes
    ");
}

#[test]
fn a_reference_with_two_ways_or_none_is_told_with_everything_else() {
    assert_snapshot!(refused(
        "  mcp:
    servers:
      - name: files
        type: stdio
        command: files
        env:
          TOKEN: {envRef: A, varRef: B}
          OTHER: {}
          PLAIN: text
      - {name: files, type: socket}
      - {name: there, type: cluster}
",
        &[],
    ), @"
    note: repository: unknown (there is no remote `origin` here): --repo names it
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
      × `codex.mcp.servers[0].env.TOKEN` has more than one of `value`, `envRef` and `varRef`
        ╭─[services.yaml:11:18]
     10 │         env:
     11 │           TOKEN: {envRef: A, varRef: B}
        ·                  ──────────────────────
     12 │           OTHER: {}
        ╰────
      help: it needs exactly one
      × `codex.mcp.servers[0].env.OTHER` has none of `value`, `envRef` and `varRef`
        ╭─[services.yaml:12:18]
     11 │           TOKEN: {envRef: A, varRef: B}
     12 │           OTHER: {}
        ·                  ──
     13 │           PLAIN: text
        ╰────
      help: it needs exactly one
      × `codex.mcp.servers[0].env.PLAIN` must be a reference, not a value
        ╭─[services.yaml:13:18]
     12 │           OTHER: {}
     13 │           PLAIN: text
        ·                  ────
     14 │       - {name: files, type: socket}
        ╰────
      help: write `value: …`, `envRef: NAME` or `varRef: NAME` below it
      × two MCP servers are named `files` (first on line 7)
        ╭─[services.yaml:14:16]
     13 │           PLAIN: text
     14 │       - {name: files, type: socket}
        ·                ─────
     15 │       - {name: there, type: cluster}
        ╰────
      × `codex.mcp.servers[1].type` must be `stdio`, `http`, `https` or `cluster`, not `socket`
        ╭─[services.yaml:14:29]
     13 │           PLAIN: text
     14 │       - {name: files, type: socket}
        ·                             ──────
     15 │       - {name: there, type: cluster}
        ╰────
      × `codex.mcp.servers[2].service` is missing: a cluster server is a service
        ╭─[services.yaml:15:9]
     14 │       - {name: files, type: socket}
     15 │       - {name: there, type: cluster}
        ·         ────────────────────────────
        ╰────
    error: services.yaml has 6 mistakes
    ");
}

#[test]
fn on_github_each_mistake_is_an_annotation() {
    let scene = with("  configBlocks:\n    - name: a\n      toml: |\n        a = = 1\n", &[]);
    let ran = scene.call(&SHOW).env("GITHUB_ACTIONS", "true").run();
    assert_snapshot!(ran.refused(), @"
    ::notice::repository: unknown (there is no remote `origin` here): --repo names it
    ::notice::slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
    ::error file=services.yaml,line=8,col=13::codex.configBlocks[0] (a) is not valid TOML: extra `=`, expected nothing
    ");
}

#[test]
fn secrets_of_references_templates_and_variables_are_not_shown() {
    let scene = with(
        "  configBlocks:
    - {name: a, toml: 'notify = [\"{{ envOr \"SHOP_TOKEN\" \"\" }}\"]'}
  mcp:
    servers:
      - name: docs
        type: http
        endpoint: docs.example.com
        headers:
          Authorization: {value: Bearer short}
          X-Code: {varRef: CODE}
          X-Env: {envRef: SHOP_TOKEN}
",
        &[],
    );
    let ran = scene.call(&[&SHOW[..], &["--vars", "CODE=1234"]].concat()).env("SHOP_TOKEN", "canary-token-value").run();
    scene.bind(|| {
        assert_snapshot!(ran.stdout.split("[model_providers").next().unwrap_or_default(), @r#"
    approval_policy = "never"
    check_for_update_on_startup = false
    model_provider = "codexctl"
    model_verbosity = "low"
    notify = ["<hidden>"]
    project_doc_max_bytes = 0
    sandbox_mode = "workspace-write"

    [analytics]
    enabled = false

    [features]
    apps = false
    plugins = false

    [mcp_servers.docs]
    url = "http://docs.example.com"

    [mcp_servers.docs.env_http_headers]
    X-Env = "SHOP_TOKEN"

    [mcp_servers.docs.http_headers]
    Authorization = "<hidden>"
    X-Code = "<hidden>"
    "#);
    });
    let json = scene
        .call(&[&SHOW[..], &["--vars", "CODE=1234", "-o", "json"]].concat())
        .env("SHOP_TOKEN", "canary-token-value")
        .run();
    for text in [&ran.stdout, &ran.stderr, &json.stdout, &json.stderr] {
        assert!(
            !text.contains("canary-token-value") && !text.contains("1234") && !text.contains("Bearer short"),
            "{text}"
        );
    }
}
