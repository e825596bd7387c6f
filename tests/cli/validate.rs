//! `codexctl validate`: every environment looked at, each problem told once.

use insta::assert_snapshot;
use serde_json::Value;

use crate::scene::Scene;

const STACK: &str = "\
project: shop
environments:
  dev: {}
  ai-staging: {}
  ai:
    from: ai-staging
services:
  - name: web
    manifests:
      - path: deploy/web.yaml
";
const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

fn small() -> Scene {
    Scene::with_files(&[("services.yaml", STACK), ("deploy/web.yaml", WEB)])
}

#[test]
fn the_shop_is_right_in_both_dialects() {
    let scene = Scene::shop();
    assert_snapshot!(scene.run(&["validate"]).shown(), @"
    exit 0
    ── stdout
    5 environments, 12 manifests, 28 objects: no errors, 1 warning, 2 notes
    ── stderr
      ⚠ environments.dev.kubeconfig names ~/.kube/shop-dev.config, which is not there (environment
      │ dev)
    note: not checked against a cluster: none is named (environments ai-staging, ai, ai-repair, preview)
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    note: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
      13 places: deploy/codex/rbac-ai-repair.yaml:2, 7, 40, deploy/config.yaml:1, 10, deploy/ingress.yaml:3, deploy/postgres.yaml:2, 18 and 5 more
    ");
    let whole = scene.run(&["validate", "-c", "older/services.yaml", "--env", "ai-repair"]);
    assert_snapshot!(whole.shown(), @r#"
    exit 0
    ── stdout
    1 environment, 10 manifests, 7 objects: no errors, 4 warnings, 1 note
    ── stderr
      ⚠ environments.ai-repair.kubeconfig names ~/.kube/microk8s.config, which is not there
      ⚠ `images.catalog` can't be built: services/catalog/Dockerfile can't be read: there is no such
      │ file
        ╭─[older/services.yaml:76:17]
     75 │     tagTemplate: '{{ printf "%s-%s" (ternary (eq .Env "ai") "staging" .Env) (index .Versions "catalog") }}'
     76 │     dockerfile: 'services/catalog/Dockerfile'
        ·                 ─────────────────────────────
     77 │     context: '.'
        ╰────
      help: paths start at the folder of services.yaml
      ⚠ `images.checkout` can't be built: services/checkout/Dockerfile can't be read: there is no such
      │ file
        ╭─[older/services.yaml:84:17]
     83 │     tagTemplate: '{{ printf "%s-%s" (ternary (eq .Env "ai") "staging" .Env) (index .Versions "checkout") }}'
     84 │     dockerfile: 'services/checkout/Dockerfile'
        ·                 ──────────────────────────────
     85 │     context: '.'
        ╰────
      help: paths start at the folder of services.yaml
      ⚠ `images.codex` can't be built: deploy/codex/Dockerfile can't be read: there is no such file
        ╭─[older/services.yaml:92:17]
     91 │     tagTemplate: '{{ printf "%s-%s" "staging" (index .Versions "codex") }}'
     92 │     dockerfile: 'deploy/codex/Dockerfile'
        ·                 ─────────────────────────
     93 │     context: 'deploy/codex'
        ╰────
      help: deploy/codex has codex.yaml, ingress-dev.yaml, rbac-ai-repair.yaml, rbac.yaml
    note: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
      3 places: older/deploy/codex/rbac-ai-repair.yaml:2, older/deploy/config.yaml:1, 9
    "#);
}

#[test]
fn a_problem_of_all_environments_is_told_once_and_one_of_some_names_them() {
    let scene = small();
    scene.write("deploy/web.yaml", format!("{WEB}  labels:\n    a: 1\n# {{{{ if ne .Env \"dev\" }}}}\n    b: 2\n# {{{{ end }}}}\n# {{{{ if eq .Env \"dev\" }}}}\n    c: 3\n# {{{{ end }}}}\n"));
    assert_snapshot!(scene.run(&["validate"]).shown(), @r#"
    exit 2
    ── stdout
    3 environments, 1 manifest, 1 object: 3 errors, no warnings
    ── stderr
      × `metadata.labels.a` must be text, and `1` is a whole number
       ╭─[deploy/web.yaml:6:8]
     5 │   labels:
     6 │     a: 1
       ·        ─
     7 │ # {{ if ne .Env "dev" }}
       ╰────
      help: quote it: a: "1"
      × `metadata.labels.b` must be text, and `2` is a whole number (environments ai-staging, ai)
       ╭─[deploy/web.yaml:8:8]
     7 │ # {{ if ne .Env "dev" }}
     8 │     b: 2
       ·        ─
     9 │ # {{ end }}
       ╰────
      help: quote it: b: "2"
      × `metadata.labels.c` must be text, and `3` is a whole number (environment dev)
        ╭─[deploy/web.yaml:11:8]
     10 │ # {{ if eq .Env "dev" }}
     11 │     c: 3
        ·        ─
     12 │ # {{ end }}
        ╰────
      help: quote it: c: "3"
    "#);
    assert_snapshot!(scene.run(&["validate", "--env", "dev"]).shown(), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, no warnings
    ── stderr
      × `metadata.labels.a` must be text, and `1` is a whole number
       ╭─[deploy/web.yaml:6:8]
     5 │   labels:
     6 │     a: 1
       ·        ─
     7 │ # {{ if ne .Env "dev" }}
       ╰────
      help: quote it: a: "1"
      × `metadata.labels.c` must be text, and `3` is a whole number
        ╭─[deploy/web.yaml:11:8]
     10 │ # {{ if eq .Env "dev" }}
     11 │     c: 3
        ·        ─
     12 │ # {{ end }}
        ╰────
      help: quote it: c: "3"
    "#);
}

#[test]
fn what_an_environment_leaves_out_is_looked_at_as_far_as_it_goes() {
    let scene = small();
    let more = "  - name: worker\n    when: '{{ envOr \"WORKER\" \"no\" }}'\n    manifests:\n      - path: deploy/worker.yaml\n      - path: deploy/nope.yaml\n";
    scene.write("services.yaml", format!("{STACK}{more}"));
    scene.write("deploy/worker.yaml", "apiVersion: v1\nkind: {{ index .Vars \"WORKER_KIND\" | slice }\n");
    assert_snapshot!(scene.run(&["validate"]).shown(), @r#"
    exit 2
    ── stdout
    3 environments, 2 manifests, 1 object: 2 errors, no warnings, 1 note
    ── stderr
      × template: unexpected "}" in operand
       ╭─[deploy/worker.yaml:2:44]
     1 │ apiVersion: v1
     2 │ kind: {{ index .Vars "WORKER_KIND" | slice }
       ·                                            ─
       ╰────
      help: a template ends in `}}`
      × deploy/nope.yaml can't be read: there is no such file
        ╭─[services.yaml:15:15]
     14 │       - path: deploy/worker.yaml
     15 │       - path: deploy/nope.yaml
        ·               ────────────────
        ╰────
      help: deploy has web.yaml, worker.yaml
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    "#);
    // A value that only its own environment has is no mistake.
    scene.write("deploy/worker.yaml", "apiVersion: v1\nkind: {{ slice (envOr \"WORKER_KIND\" \"\") 3 }}\n");
    scene.write("deploy/nope.yaml", "");
    assert_snapshot!(scene.run(&["validate"]).shown(), @"
    exit 0
    ── stdout
    3 environments, 3 manifests, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    ");
}

#[test]
fn templates_of_hooks_images_and_the_agent_s_configuration_are_rendered() {
    let scene = small();
    let more = "    hooks:\n      afterApply:\n        - run: echo {{ \"{{\" }} .Nope }}\nhooks:\n  beforeAll:\n    - name: say\n      run: |\n        docker ps --format {{ \"{{\" }}.ID}}\nimages:\n  \
                web:\n    type: build\n    repository: Registry/Web\n    tagTemplate: '-{{ .Env }}'\n    dockerfile: Dokerfile\n    context: web\n  \
                copy:\n    type: external\n    from: '{{ envOr \"FROM\" \"\" }}'\n    local: localhost:5000/a\ncodex:\n  configTemplate: config.toml\n  configBlocks:\n    - name: a\n      toml: |\n        [a]\n        b = \n    - name: b\n      file: b.toml\n    - name: c\n      file: c.tml\n";
    scene.write("services.yaml", format!("{STACK}{more}"));
    scene.write("config.toml", "model = {{ .Codex.Model | printf \"%q\" }}\nproject = {{ .Project }}\n");
    scene.write("b.toml", "x = {{ .Wrong }}\n");
    scene.write("c.toml", "");
    scene.write("Dockerfile", "");
    assert_snapshot!(scene.run(&["validate"]).shown(), @r#"
    exit 2
    ── stdout
    3 environments, 1 manifest, 1 object: 6 errors, 7 warnings, 1 note
    ── stderr
      × template: can't evaluate field Wrong in type config.TemplateContext in `.Wrong`
       ╭─[b.toml:1:8]
     1 │ x = {{ .Wrong }}
       ·        ─
       ╰────
      help: a variable is read with `envOr "Wrong" ""`
      × config.toml is not valid TOML: string values must be quoted, expected literal string
       ╭─[config.toml:2:11]
     1 │ model = {{ .Codex.Model | printf "%q" }}
     2 │ project = {{ .Project }}
       ·           ─
       ╰────
      × template: can't evaluate field Nope in type config.TemplateContext in `.Nope`
        ╭─[services.yaml:13:16]
     12 │       afterApply:
     13 │         - run: echo {{ "{{" }} .Nope }}
        ·                ────────────────────────
     14 │ hooks:
        ╰────
      help: a variable is read with `envOr "Nope" ""`
      × template: can't evaluate field ID in type config.TemplateContext in `.ID`
        ╭─[services.yaml:18:9]
     17 │       run: |
     18 │         docker ps --format {{ "{{" }}.ID}}
        ·         ──────────────────────────────────
     19 │ images:
        ╰────
      help: a variable is read with `envOr "ID" ""`
      × codex.configBlocks[0] (a) is not valid TOML: string values must be quoted, expected literal
      │ string
        ╭─[services.yaml:36:13]
     35 │         [a]
     36 │         b = 
        ·             ▲
     37 │     - name: b
        ╰────
      × c.tml can't be read: there is no such file
        ╭─[services.yaml:40:13]
     39 │     - name: c
     40 │       file: c.tml
        ·             ─────
        ╰────
      help: did you mean `c.toml`?
      ⚠ `images.web.repository` is `Registry/Web`, which is no image: a repository has lower-case
      │ letters, digits, `.`, `_`, `-` and `/` only
        ╭─[services.yaml:22:17]
     21 │     type: build
     22 │     repository: Registry/Web
        ·                 ────────────
     23 │     tagTemplate: '-{{ .Env }}'
        ╰────
      ⚠ `images.web.tagTemplate` is `-ai-staging`: a tag has letters, digits, `_`, `.` and `-` only
      │ and starts with none of the last two (environment ai-staging)
        ╭─[services.yaml:23:18]
     22 │     repository: Registry/Web
     23 │     tagTemplate: '-{{ .Env }}'
        ·                  ─────────────
     24 │     dockerfile: Dokerfile
        ╰────
      ⚠ `images.web.tagTemplate` is `-ai`: a tag has letters, digits, `_`, `.` and `-` only and starts
      │ with none of the last two (environment ai)
        ╭─[services.yaml:23:18]
     22 │     repository: Registry/Web
     23 │     tagTemplate: '-{{ .Env }}'
        ·                  ─────────────
     24 │     dockerfile: Dokerfile
        ╰────
      ⚠ `images.web.tagTemplate` is `-dev`: a tag has letters, digits, `_`, `.` and `-` only and
      │ starts with none of the last two (environment dev)
        ╭─[services.yaml:23:18]
     22 │     repository: Registry/Web
     23 │     tagTemplate: '-{{ .Env }}'
        ·                  ─────────────
     24 │     dockerfile: Dokerfile
        ╰────
      ⚠ `images.web` can't be built: Dokerfile can't be read: there is no such file
        ╭─[services.yaml:24:17]
     23 │     tagTemplate: '-{{ .Env }}'
     24 │     dockerfile: Dokerfile
        ·                 ─────────
     25 │     context: web
        ╰────
      help: did you mean `Dockerfile`?
      ⚠ `images.web` can't be built: web can't be read: there is no such file
        ╭─[services.yaml:25:14]
     24 │     dockerfile: Dokerfile
     25 │     context: web
        ·              ───
     26 │   copy:
        ╰────
      help: paths start at the folder of services.yaml
      ⚠ `images.copy.from` is empty when rendered
        ╭─[services.yaml:28:11]
     27 │     type: external
     28 │     from: '{{ envOr "FROM" "" }}'
        ·           ───────────────────────
     29 │     local: localhost:5000/a
        ╰────
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    "#);
}

#[test]
fn a_value_that_only_a_run_has_is_no_mistake() {
    let scene = small();
    scene.write("services.yaml", format!("{STACK}    image:\n      repository: '{{{{ envOr \"REGISTRY\" \"\" }}}}/web'\n      tagTemplate: '{{{{ envOr \"TAG\" \"\" }}}}'\ncodex:\n  mcp:\n    servers:\n      - name: docs\n        type: http\n        endpoint: https://example.com\n        headers: {{Authorization: {{envRef: DOCS_TOKEN}}}}\n"));
    scene.write("deploy/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    issue: '{{ envOr \"CODEXCTL_ISSUE_NUMBER\" \"\" }}'\nspec:\n  containers:\n    - name: web\n");
    assert_snapshot!(scene.run(&["validate"]).shown(), @r#"
    exit 0
    ── stdout
    3 environments, 1 manifest, 1 object: no errors, 2 warnings, 2 notes
    ── stderr
      ⚠ the image of `web` would be `/web`, which is no image: a repository has lower-case letters,
      │ digits, `.`, `_`, `-` and `/` only
        ╭─[services.yaml:12:7]
     11 │     image:
     12 │       repository: '{{ envOr "REGISTRY" "" }}/web'
        ·       ───────────────────────────────────────────
     13 │       tagTemplate: '{{ envOr "TAG" "" }}'
        ╰────
      ⚠ MCP server `docs` needs the variable DOCS_TOKEN for its header Authorization, which is not set
        ╭─[services.yaml:20:34]
     19 │         endpoint: https://example.com
     20 │         headers: {Authorization: {envRef: DOCS_TOKEN}}
        ·                                  ────────────────────
        ╰────
      help: set it, or mark the reference `optional: true`
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    note: deploy/web.yaml:1:1: Pod `web` gets the service's image: the Go tool set them in Deployments only
    "#);
}

#[test]
fn a_broken_services_yaml_is_told_once() {
    let scene =
        Scene::with_stack("project: shop\nenvironments:\n  dev: {}\n  ai:\n    from: nope\nservices:\n  - nmae: web\n");
    assert_snapshot!(scene.run(&["validate"]).shown(), @"
    exit 2
    ── stdout
    2 environments, no manifests, no objects: 2 errors, 1 warning
    ── stderr
      × environment `ai` is made from `nope`, which is not there: ai → nope
       ╭─[services.yaml:5:11]
     4 │   ai:
     5 │     from: nope
       ·           ────
     6 │ services:
       ╰────
      help: the file has ai, dev
      × `services[0].name` is missing
       ╭─[services.yaml:7:5]
     6 │ services:
     7 │   - nmae: web
       ·     ─
       ╰────
      ⚠ unknown field `services[0].nmae`
       ╭─[services.yaml:7:5]
     6 │ services:
     7 │   - nmae: web
       ·     ────
       ╰────
      help: did you mean `name`?
    ");
    let missing = Scene::empty().run(&["validate"]);
    assert_snapshot!(missing.refused(), @"
    × services.yaml: can't be read: there is no such file
    help: `codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file
    ");
}

#[test]
fn a_file_without_environments_is_looked_at_too() {
    let none = Scene::with_stack("project: shop\n");
    assert_snapshot!(none.run(&["validate"]).shown(), @"
    exit 0
    ── stdout
    1 environment, no manifests, no objects: no errors, no warnings
    ");
    let patterns =
        Scene::with_stack("project: shop\nnamespace:\n  patterns:\n    staging: a\n    ai: Wrong_{{ .Slot }}\n");
    assert_snapshot!(patterns.run(&["validate"]).shown(), @"
    exit 2
    ── stdout
    2 environments, no manifests, no objects: 1 error, no warnings
    ── stderr
      × `namespace.patterns.ai` gives `Wrong_1`, which can't be a namespace: it may have lower-case
      │ letters, digits and `-` only (environment ai)
       ╭─[services.yaml:5:9]
     4 │     staging: a
     5 │     ai: Wrong_{{ .Slot }}
       ·         ─
       ╰────
    ");
}

#[test]
fn programs_get_an_object_or_keys() {
    let scene = small();
    scene.write("deploy/web.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  lables: {}\n  labels:\n    # {{ if eq .Env \"ai\" }}\n    port: 80\n    # {{ end }}\n");
    let json = scene.run(&["validate", "-o", "json"]);
    assert_eq!(json.exit, 2);
    let whole: Value = serde_json::from_str(&json.stdout).expect("one object");
    assert_snapshot!(serde_json::to_string_pretty(&whole).expect("JSON"), @r#"
    {
      "environments": [
        "dev",
        "ai-staging",
        "ai"
      ],
      "manifests": 1,
      "objects": 1,
      "errors": 1,
      "warnings": 0,
      "notices": 1,
      "problems": [
        {
          "severity": "error",
          "file": "deploy/web.yaml",
          "line": 8,
          "column": 11,
          "text": "`metadata.labels.port` must be text, and `80` is a whole number",
          "hint": "quote it: port: \"80\"",
          "environments": [
            "ai"
          ]
        },
        {
          "severity": "notice",
          "file": null,
          "line": null,
          "column": null,
          "text": "not checked against a cluster: none is named",
          "hint": "name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG",
          "environments": [
            "dev",
            "ai-staging"
          ]
        }
      ]
    }
    "#);
    assert_snapshot!(scene.run(&["validate", "-o", "kv"]).stdout, @"
    environments=dev,ai-staging,ai
    manifests=1
    objects=1
    errors=1
    warnings=0
    notices=1
    ");
}

#[test]
fn on_github_each_problem_is_an_annotation_of_its_line() {
    let scene = small();
    scene.write("deploy/web.yaml", format!("{WEB}  labels:\n    port: 80\n"));
    scene.write(
        "services.yaml",
        format!(
            "{STACK}    imge: x\ninfrastructure:\n  - name: config\n    manifests: [{{path: deploy/config.yaml}}]\n"
        ),
    );
    scene.write("deploy/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n");
    let ran = scene.call(&["validate"]).env("GITHUB_ACTIONS", "true").run();
    assert_snapshot!(ran.shown(), @r#"
    exit 2
    ── stdout
    3 environments, 2 manifests, 2 objects: 1 error, 1 warning, 1 note
    ── stderr
    ::error file=deploy/web.yaml,line=6,col=11::`metadata.labels.port` must be text, and `80` is a whole number%0Aquote it: port: "80"
    ::warning file=services.yaml,line=11,col=5::unknown field `services[0].imge`%0Adid you mean `image`?
    ::notice file=deploy/config.yaml,line=1,col=1::infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
    "#);
}

#[test]
fn filters_and_their_mistakes_count_here_as_well() {
    let scene = small();
    assert_snapshot!(scene.run(&["validate", "--skip-services", "wbe"]).shown(), @"
    exit 0
    ── stdout
    3 environments, 1 manifest, 1 object: no errors, 1 warning, 1 note
    ── stderr
      ⚠ --skip-services: there is no service `wbe`
      help: did you mean `web`?
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    ");
    assert_snapshot!(scene.run(&["validate", "--only-services", "wbe"]).shown(), @"
    exit 2
    ── stdout
    3 environments, no manifests, no objects: 1 error, no warnings
    ── stderr
      × --only-services: there is no service `wbe`
      help: did you mean `web`?
    ");
}

#[test]
fn help_says_what_it_looks_at() {
    let help = Scene::empty().run(&["validate", "--help"]).stdout;
    let notes = help.split("NO_COLOR counts too [CODEXCTL_COLOR; default auto]\n\n").nth(1).expect("its notes");
    assert_snapshot!(notes, @"
    Looks at every environment, or at --env alone, in slot 1 unless --slot says another: services.yaml,
    manifests, hooks, image tags, the agent's configuration. Warnings do not fail it.

    Examples: codexctl validate
              codexctl validate --env ai -o json
    ");
}

#[test]
fn the_pieces_of_the_agent_s_configuration_are_put_together_and_a_secret_may_be_absent() {
    let scene = Scene::with_stack(
        "project: shop
environments:
  ai: {}
codex:
  configBlocks:
    - name: one
      toml: |
        [mcp_servers.dup]
        command = 'a'
    - name: two
      toml: |
        [mcp_servers.dup]
        command = 'b'
  mcp:
    servers:
      - {name: dup, type: stdio, command: c}
      - {name: b c, type: stdio, command: d}
      - name: docs
        type: https
        endpoint: docs.example.com
        headers: {H: {envRef: NOT_SET}}
",
    );
    assert_snapshot!(scene.run(&["validate"]).shown(), @"
    exit 2
    ── stdout
    1 environment, no manifests, no objects: 3 errors, 1 warning
    ── stderr
      × MCP server `dup` is declared twice, in codex.configBlocks[0] (one) and in
      │ codex.configBlocks[1] (two)
        ╭─[services.yaml:12:22]
     11 │       toml: |
     12 │         [mcp_servers.dup]
        ·                      ─
     13 │         command = 'b'
        ╰────
      help: remove one of them or give it another name
      × MCP server `dup` is declared twice, in codex.configBlocks[0] (one) and in codex.mcp.servers[0]
        ╭─[services.yaml:16:16]
     15 │     servers:
     16 │       - {name: dup, type: stdio, command: c}
        ·                ───
     17 │       - {name: b c, type: stdio, command: d}
        ╰────
      help: remove one of them or give it another name
      × MCP server `b c`: its name may have letters, digits, `-` and `_` only
        ╭─[services.yaml:17:16]
     16 │       - {name: dup, type: stdio, command: c}
     17 │       - {name: b c, type: stdio, command: d}
        ·                ───
     18 │       - name: docs
        ╰────
      ⚠ MCP server `docs` needs the variable NOT_SET for its header H, which is not set
        ╭─[services.yaml:21:22]
     20 │         endpoint: docs.example.com
     21 │         headers: {H: {envRef: NOT_SET}}
        ·                      ─────────────────
        ╰────
      help: set it, or mark the reference `optional: true`
    ");
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n";

#[test]
fn no_picture_shows_the_data_of_a_secret() {
    let scene = small();
    let data =
        "data:\n  password: hunter2-plain!\nstringData:\n  port: 5432\n  since: 2024-1-2\n  other: hunter2-other!\n";
    scene.write("deploy/web.yaml", format!("{SECRET}{data}---\n{WEB}  labels:\n    a: 1\n"));
    let ran = scene.run(&["validate", "--env", "dev"]);
    assert_snapshot!(ran.shown(), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 2 objects: 3 errors, 1 warning
    ── stderr
      × deploy/web.yaml:6:13: `data.password` is not base64
      help: plain text belongs under `stringData`
      × deploy/web.yaml:8:9: `stringData.port` must be text, not a whole number
      help: quote it: port: "…"
      × `metadata.labels.a` must be text, and `1` is a whole number
        ╭─[deploy/web.yaml:17:8]
     16 │   labels:
     17 │     a: 1
        ·        ─
        ╰────
      help: quote it: a: "1"
      ⚠ deploy/web.yaml:9:10: this is a date for YAML and is written otherwise
      help: quote it to keep it
    "#);
    let rendered = scene.run(&["render", "--env", "dev"]);
    scene.write("deploy/web.yaml", format!("{WEB}---\n{SECRET}stringData:\n  a: hunter2-a\n  b: [\n  c: hunter2-c\n"));
    let broken = scene.run(&["validate", "--env", "dev"]);
    scene.write(
        "deploy/web.yaml",
        format!("{SECRET}stringData:\n  a: hunter2-a\n  b: {{{{ .Nope }}}}\n  c: hunter2-c\n"),
    );
    let template = scene.run(&["validate", "--env", "dev"]);
    for ran in [ran, rendered, broken, template] {
        assert_eq!(ran.exit, 2);
        assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains("2024-1-2"), "{}", ran.stderr);
        assert!(ran.stderr.contains("deploy/web.yaml:"), "{}", ran.stderr);
    }
}

#[test]
fn of_a_long_line_a_picture_shows_what_is_around_the_mistake() {
    let scene = small();
    let long = "ä".repeat(100_000);
    let json = format!(
        r#"{{"apiVersion": "v1", "kind": "Service", "spec": {{"a": "{long}"}}, "metadata": {{"name": "web", "labels": {{"a": 1}}}}, "x": "{long}"}}"#
    );
    scene.write("deploy/web.yaml", format!("# {long}\n{json}\n# {long}\n"));
    assert_snapshot!(scene.run(&["validate", "--env", "dev"]).shown(), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × `metadata.labels.a` must be text, and `1` is a whole number
       ╭─[deploy/web.yaml:2:100104]
     1 │ # äääääääääääääääääääääääääääääääääääääääääääääääää…
     2 │ …ääääääääääääääääääääääääää"}, "metadata": {"name": "web", "labels": {"a": 1}}, "x": "äääääääääääääääääääääääääääääääääääääääääääää…
       ·                                                                            ─
     3 │ # äääääääääääääääääääääääääääääääääääääääääääääääää…
       ╰────
      help: quote it: a: "1"
    "#);
}

#[test]
fn an_environment_that_is_not_there_is_all_that_is_told_of_it() {
    assert_snapshot!(small().run(&["validate", "--env", "AI"]).shown(), @"
    exit 2
    ── stdout
    1 environment, no manifests, no objects: 1 error, no warnings
    ── stderr
      × there is no environment `AI`
       ╭─[services.yaml:2:1]
     1 │ project: shop
     2 │ environments:
       · ────────────
     3 │   dev: {}
       ╰────
      help: did you mean `ai`? The file has ai, ai-staging, dev
    ");
}

#[test]
fn a_model_of_two_lines_is_told_as_such() {
    let scene = Scene::with_stack("project: shop\nenvironments:\n  ai: {}\ncodex:\n  model: \"x\\ny\"\n");
    assert_snapshot!(scene.run(&["validate"]).shown(), @r#"
    exit 2
    ── stdout
    1 environment, no manifests, no objects: 1 error, no warnings
    ── stderr
      × `codex.model` is no model's name: it has a line break in it
       ╭─[services.yaml:5:10]
     4 │ codex:
     5 │   model: "x\ny"
       ·          ──────
       ╰────
      help: a model's name has lower-case letters, digits, `.`, `_` and `-`
    "#);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_for_programs_too() {
    let scene = Scene::empty();
    let ran = scene.run(&["validate", "-o", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((ran.exit, &told["errors"], &told["problems"][0]["file"]), (2, &1.into(), &"services.yaml".into()));
    let kv = scene.run(&["validate", "-o", "kv"]);
    assert_eq!(kv.stdout, "environments=\nmanifests=0\nobjects=0\nerrors=1\nwarnings=0\nnotices=0\n");
    assert!(kv.stderr.contains("can't be read"), "{}", kv.stderr);
    assert_eq!(scene.run(&["validate"]).stdout, "");
}

#[test]
fn a_missing_file_of_variables_hides_nothing_else() {
    let scene = small();
    scene.write("services.yaml", STACK.replace("web.yaml", "wbe.yaml") + "envFiles: [good.env, none.env, bad.env]\n");
    scene.write("good.env", "A=1\n");
    scene.write("bad.env", "A=1\nB='x\n");
    let ran = scene.run(&["validate", "-o", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let problems = told["problems"].as_array().expect("a list");
    let errors = problems.iter().filter(|one| one["severity"] == "error");
    let line = |one: &Value| format!("{}:{}: {}", one["file"], one["line"], one["text"]).replace('"', "");
    assert_snapshot!(errors.map(line).collect::<Vec<_>>().join("\n"), @"
    bad.env:2: the quote that starts this value is never closed
    services.yaml:10: deploy/wbe.yaml can't be read: there is no such file
    services.yaml:11: envFiles: none.env: there is no such file
    ");
    assert_eq!(ran.exit, 2);
}
