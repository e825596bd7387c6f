//! `codexctl render --file`: one template with the stack's context.

use insta::assert_snapshot;

use crate::scene::Scene;

const STACK: &str = "project: shop\nenvironments:\n  ai: {}\ncodex:\n  model: gpt-5.1-codex-max\n";

#[test]
fn a_template_is_printed_exactly_as_it_renders() {
    let scene = Scene::with_files(&[
        ("services.yaml", STACK),
        ("hooks/no-newline.sh", "echo '{{ .Project }}, {{ .Codex.Model }}'"),
        ("hooks/windows.txt", "a {{ .Slot }}\r\n\r\n"),
        ("empty.txt", ""),
    ]);
    let printed = |path: &str| {
        let ran = scene.run(&["render", "--env", "ai", "--slot", "2", "--file", path]);
        assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
        ran.stdout
    };
    assert_eq!(printed("hooks/no-newline.sh"), "echo 'shop, gpt-5.1-codex-max'");
    assert_eq!(printed("./hooks/../hooks/windows.txt"), "a 2\r\n\r\n");
    assert_eq!(printed("empty.txt"), "");
    assert_eq!(
        printed(&scene.work().join("hooks/no-newline.sh").display().to_string()),
        "echo 'shop, gpt-5.1-codex-max'"
    );
}

#[test]
fn the_path_starts_at_the_project_root_wherever_the_command_runs() {
    let scene = Scene::with_files(&[("services.yaml", STACK), ("hooks/a.sh", "{{ .Env }}")]);
    let below = scene.work().join("hooks");
    let ran = scene.call(&["render", "-c", "../services.yaml", "--env", "ai", "--slot", "1", "--file", "hooks/a.sh"]);
    assert_eq!(ran.folder(&below).run().stdout, "ai");
}

#[test]
fn a_template_can_be_piped_in() {
    let scene = Scene::with_stack(STACK);
    let call = |text: &str| scene.call(&["render", "--env", "ai", "--slot", "1", "--file", "-"]).stdin(text).run();
    assert_eq!(call("{{ .Namespace }}\n").stdout, "shop-dev-1\n");
    assert_snapshot!(call("one\n{{ nope }}").refused(), @r#"
     × template: function "nope" not defined
      ╭─[standard input:2:4]
    1 │ one
    2 │ {{ nope }}
      ·    ─
      ╰────
     help: there are and, call, default, envOr, eq, ge, gt, html, indent, index, join, js, le, len,
           lt, ne, not, now, or, print, printf, println, slice, slug, ternary, toLower, trimPrefix,
           truncSHA, urlquery
    "#);
}

#[test]
fn what_can_not_be_rendered_is_told() {
    let scene = Scene::with_files(&[
        ("services.yaml", STACK),
        ("hooks/a.sh", "#!/bin/sh\necho {{ .Projekt }}\n"),
        ("hooks/b.sh", "{{ if .Env }}\n"),
        ("prompts/dev.hbs", "{{#if x}}{{/if}}"),
    ]);
    scene.write("hooks/bytes.bin", b"ab\xff");
    let told = |path: &str| scene.run(&["render", "--env", "ai", "--slot", "1", "--file", path]).refused();
    assert_snapshot!(told("hooks/a.sh"), @"
     × template: can't evaluate field Projekt in type config.TemplateContext in `.Projekt`
      ╭─[hooks/a.sh:2:9]
    1 │ #!/bin/sh
    2 │ echo {{ .Projekt }}
      ·         ─
      ╰────
     help: did you mean `.Project`?
    ");
    assert_snapshot!(told("hooks/b.sh"), @"
     × template: unexpected EOF
      ╭─[hooks/b.sh:2:1]
    1 │ {{ if .Env }}
      ╰────
     help: an `if`, `range`, `with` or `define` has no `{{ end }}`
    ");
    assert_snapshot!(told("hooks/c.sh"), @"
    error: --file: hooks/c.sh can't be read: there is no such file
      did you mean `hooks/a.sh`?
    ");
    assert_snapshot!(told("hooks"), @"
    error: --file: hooks can't be read: it is a folder
      name each file in it
    ");
    assert_snapshot!(told("../a.sh"), @"
    error: --file: ../a.sh is not below the project root
      write it relative to the folder of services.yaml
    ");
    assert_snapshot!(told("/etc/hostname"), @"
    error: --file: /etc/hostname is not below the project root
      write it relative to the folder of services.yaml
    ");
    assert_snapshot!(told("hooks/bytes.bin"), @"
    × hooks/bytes.bin:1:3: byte 0xff is not UTF-8
    help: save the file as UTF-8
    ");
    assert_snapshot!(told("prompts/dev.hbs"), @"error: --file: prompts/dev.hbs is written in Handlebars; `codexctl prompt render --template prompts/dev.hbs` renders it");
}

#[test]
fn secrets_of_variables_are_hidden_unless_asked_for() {
    let scene = Scene::with_files(&[
        ("services.yaml", STACK),
        ("a.sh", "login {{ envOr \"REGISTRY_PASSWORD\" \"\" }} {{ envOr \"REGISTRY_USER\" \"\" }}\n"),
    ]);
    let printed = |arguments: &[&str]| {
        let call = scene.call(&[&["render", "--env", "ai", "--slot", "1", "--file", "a.sh"], arguments].concat());
        call.env("REGISTRY_PASSWORD", "canary-password").env("REGISTRY_USER", "canary-user").run().stdout
    };
    assert_eq!(printed(&[]), "login <hidden> canary-user\n");
    assert_eq!(printed(&["--show-secrets"]), "login canary-password canary-user\n");
    assert_snapshot!(printed(&["-o", "json"]), @r#"
    {
      "env": "ai",
      "namespace": "shop-dev-1",
      "slot": 1,
      "file": "a.sh",
      "text": "login <hidden> canary-user\n"
    }
    "#);
}

const SECRETS: &str = r#"# The shop's
kind: Secret
apiVersion: v1
data: {PIN: MTIzNA==, "LOGIN": "YWRhLWNhbmFyeQ=="}
stringData:
  password: canary-plain! # kept
  SHORT: abc
  script: |
    line canary-one
    x
  last: yes
---
kind: List
items:
  - {kind: Secret, stringData: {a: canary-in-list}}
  - {kind: ConfigMap, data: {a: canary-plain!, b: ada-canary, c: abc}}
"#;

#[test]
fn the_data_of_secrets_in_a_file_is_hidden_and_the_rest_stays_as_written() {
    let scene = Scene::with_files(&[("services.yaml", STACK), ("secret.yaml", SECRETS)]);
    let run = |arguments: &[&str]| {
        scene.run(&[&["render", "--env", "ai", "--slot", "1", "--file", "secret.yaml"], arguments].concat())
    };
    assert_snapshot!(run(&[]).stdout, @r#"
    # The shop's
    kind: Secret
    apiVersion: v1
    data: {PIN: <hidden>, "LOGIN": <hidden>}
    stringData:
      password: <hidden> # kept
      SHORT: <hidden>
      script: |
        <hidden>
      last: <hidden>
    ---
    kind: List
    items:
      - {kind: Secret, stringData: {a: <hidden>}}
      - {kind: ConfigMap, data: {a: <hidden>, b: <hidden>, c: abc}}
    "#);
    assert_eq!(run(&["--show-secrets"]).stdout, SECRETS);
    assert!(!run(&["-o", "json"]).stdout.contains("canary"));
}

#[test]
fn a_secret_that_is_no_yaml_is_not_printed() {
    let scene = Scene::with_files(&[("services.yaml", STACK), ("s.yaml", "kind: Secret\nstringData: {a: canary-a\n")]);
    let call = ["render", "--env", "ai", "--slot", "1", "--file", "s.yaml"];
    assert_snapshot!(scene.run(&call).refused(), @"error: --file: s.yaml has a Secret and is no valid YAML once it is rendered, so what to hide can't be told; --show-secrets prints all of it");
    assert!(scene.run(&[&call[..], &["--show-secrets"]].concat()).stdout.contains("canary-a"));
}
