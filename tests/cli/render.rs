//! `codexctl render`: what is chosen, what it becomes, and how mistakes are told.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::command::Ran;
use crate::scene::Scene;

/// A service and a group, each with one small object.
const STACK: &str = "\
project: shop
environments:
  ai: {}
  staging: {}
infrastructure:
  - name: config
    manifests:
      - path: deploy/config.yaml
services:
  - name: web
    manifests:
      - path: deploy/web.yaml
";
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  ENV: '{{ .Env }}'\n";
const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n";

fn small() -> Scene {
    Scene::with_files(&[("services.yaml", STACK), ("deploy/config.yaml", CONFIG), ("deploy/web.yaml", WEB)])
}

/// What was printed, an object a line.
fn objects(ran: &Ran) -> String {
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let whole: Value = serde_json::from_str(&ran.stdout).expect("one object");
    let documents = whole["documents"].as_array().expect("documents");
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let line = |one: &Value| {
        let object = &one["object"];
        let namespace = text(&object["metadata"]["namespace"]);
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
        let images: String = containers.map(|one| format!(" {}", text(&one["image"]))).collect();
        format!(
            "{} {}: {} {} in {namespace}{images}\n",
            text(&one["owner"]["kind"]),
            text(&one["owner"]["name"]),
            text(&object["kind"]),
            text(&object["metadata"]["name"])
        )
    };
    let namespace = text(&whole["namespace"]);
    format!(
        "{} in {namespace}, slot {}\n{}",
        text(&whole["env"]),
        whole["slot"],
        documents.iter().map(line).collect::<String>()
    )
}

#[test]
fn the_shop_in_a_slot() {
    let scene = Scene::shop();
    let ran = scene.run(&["render", "--env", "ai", "--slot", "2"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert_snapshot!("the_shop_in_a_slot", ran.stdout);
    assert_eq!(scene.run(&["render", "--env", "ai", "--slot", "2"]).stdout, ran.stdout, "the same again");
}

#[test]
fn the_shop_in_the_older_dialect_in_a_slot() {
    let scene = Scene::shop();
    let ran = scene.run(&["render", "-c", "older/services.yaml", "--env", "ai", "--slot", "2"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    scene.bind(|| assert_snapshot!("the_shop_in_the_older_dialect_in_a_slot", ran.stdout));
}

#[test]
fn the_shop_in_its_other_environments() {
    let scene = Scene::shop();
    let shown = |config: &str, env: &str| {
        objects(&scene.run(&["render", "-c", config, "--env", env, "--slot", "2", "-o", "json"]))
    };
    assert_snapshot!(shown("services.yaml", "dev"), @"
    dev in shop-dev, slot 2
    infrastructure namespace-and-config: Namespace shop-dev in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-dev
    infrastructure namespace-and-config: Secret postgres in shop-dev
    infrastructure storage: PersistentVolumeClaim shop-workspace in shop-dev
    infrastructure storage: PersistentVolumeClaim shop-data in shop-dev
    infrastructure postgres: ConfigMap postgres-seed in shop-dev
    infrastructure postgres: Service postgres in shop-dev
    infrastructure postgres: StatefulSet postgres in shop-dev localhost:32000/library/postgres:17-bookworm
    infrastructure redis: Deployment redis in shop-dev localhost:32000/library/redis:8-bookworm
    infrastructure redis: Service redis in shop-dev
    infrastructure ingress: Ingress shop in shop-dev
    service catalog: Deployment catalog in shop-dev localhost:32000/shop/catalog:dev-1.0.0
    service catalog: Service catalog in shop-dev
    service catalog: PodDisruptionBudget catalog in shop-dev
    service checkout: Deployment checkout in shop-dev localhost:32000/shop/checkout:dev-1.0.0
    service checkout: Service checkout in shop-dev
    ");
    assert_snapshot!(shown("services.yaml", "ai-staging"), @"
    ai-staging in shop-ai-staging, slot 2
    infrastructure namespace-and-config: Namespace shop-ai-staging in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-ai-staging
    infrastructure namespace-and-config: Secret postgres in shop-ai-staging
    infrastructure storage: PersistentVolumeClaim shop-workspace in shop-ai-staging
    infrastructure storage: PersistentVolumeClaim shop-data in shop-ai-staging
    infrastructure postgres: ConfigMap postgres-seed in shop-ai-staging
    infrastructure postgres: Service postgres in shop-ai-staging
    infrastructure postgres: StatefulSet postgres in shop-ai-staging localhost:32000/library/postgres:17-bookworm
    infrastructure redis: Deployment redis in shop-ai-staging localhost:32000/library/redis:8-bookworm
    infrastructure redis: Service redis in shop-ai-staging
    infrastructure ingress: Ingress shop in shop-ai-staging
    service catalog: Deployment catalog in shop-ai-staging localhost:32000/shop/catalog:ai-staging-1.0.0
    service catalog: Service catalog in shop-ai-staging
    service catalog: PodDisruptionBudget catalog in shop-ai-staging
    service checkout: Deployment checkout in shop-ai-staging localhost:32000/shop/checkout:ai-staging-1.0.0
    service checkout: Service checkout in shop-ai-staging
    service checkout: HorizontalPodAutoscaler checkout in shop-ai-staging
    ");
    assert_snapshot!(shown("services.yaml", "ai-repair"), @"
    ai-repair in shop-ai-staging, slot 2
    infrastructure codex-ai-repair-rbac: ServiceAccount codex in shop-ai-staging
    infrastructure codex-ai-repair-rbac: Role codex-ai-repair in shop-ai-staging
    infrastructure codex-ai-repair-rbac: RoleBinding codex-ai-repair in shop-ai-staging
    service codex: Deployment codex in shop-ai-staging localhost:32000/shop/codex:ai-staging-1.0.0
    service codex: Service codex in shop-ai-staging
    ");
    assert_snapshot!(shown("services.yaml", "preview"), @"
    preview in shop-preview, slot 2
    infrastructure namespace-and-config: Namespace shop-preview in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-preview
    infrastructure namespace-and-config: Secret postgres in shop-preview
    infrastructure storage: PersistentVolumeClaim shop-workspace in shop-preview
    infrastructure storage: PersistentVolumeClaim shop-data in shop-preview
    infrastructure postgres: ConfigMap postgres-seed in shop-preview
    infrastructure postgres: Service postgres in shop-preview
    infrastructure postgres: StatefulSet postgres in shop-preview localhost:32000/library/postgres:17-bookworm
    infrastructure redis: Deployment redis in shop-preview localhost:32000/library/redis:8-bookworm
    infrastructure redis: Service redis in shop-preview
    infrastructure ingress: Ingress shop in shop-preview
    service catalog: Deployment catalog in shop-preview localhost:32000/shop/catalog:preview-1.0.0
    service catalog: Service catalog in shop-preview
    service catalog: PodDisruptionBudget catalog in shop-preview
    service checkout: Deployment checkout in shop-preview localhost:32000/shop/checkout:preview-1.0.0
    service checkout: Service checkout in shop-preview
    service checkout: HorizontalPodAutoscaler checkout in shop-preview
    ");
    assert_snapshot!(shown("older/services.yaml", "dev"), @"
    dev in shop-dev, slot 2
    infrastructure namespace-and-config: Namespace shop-dev in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-dev
    infrastructure namespace-and-config: Secret db-secret in shop-dev
    infrastructure data-services: StatefulSet postgres in shop-dev localhost:32000/library/postgres:17-bookworm
    infrastructure data-services: Service postgres in shop-dev
    infrastructure data-services: Deployment redis in shop-dev localhost:32000/library/redis:8-bookworm
    infrastructure data-services: Service redis in shop-dev
    service catalog: Deployment catalog in shop-dev localhost:32000/shop/catalog:dev-1.0.0
    service catalog: Service catalog in shop-dev
    service catalog: Ingress catalog in shop-dev
    service checkout: Deployment checkout in shop-dev localhost:32000/shop/checkout:dev-1.0.0
    service checkout: Service checkout in shop-dev
    service checkout: Ingress checkout in shop-dev
    ");
    assert_snapshot!(shown("older/services.yaml", "ai-staging"), @"
    staging in shop-staging, slot 2
    infrastructure namespace-and-config: Namespace shop-staging in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-staging
    infrastructure namespace-and-config: Secret db-secret in shop-staging
    infrastructure data-services: StatefulSet postgres in shop-staging localhost:32000/library/postgres:17-bookworm
    infrastructure data-services: Service postgres in shop-staging
    infrastructure data-services: Deployment redis in shop-staging localhost:32000/library/redis:8-bookworm
    infrastructure data-services: Service redis in shop-staging
    service catalog: Deployment catalog in shop-staging localhost:32000/shop/catalog:staging-1.0.0
    service catalog: Service catalog in shop-staging
    service catalog: Ingress catalog in shop-staging
    service checkout: Deployment checkout in shop-staging localhost:32000/shop/checkout:staging-1.0.0
    service checkout: Service checkout in shop-staging
    service checkout: Ingress checkout in shop-staging
    ");
    assert_snapshot!(shown("older/services.yaml", "ai-repair"), @"
    ai-repair in shop-ai-repair-2, slot 2
    infrastructure namespace-and-config: Namespace shop-ai-repair-2 in –
    infrastructure namespace-and-config: ConfigMap shop-config in shop-ai-repair-2
    infrastructure namespace-and-config: Secret db-secret in shop-ai-repair-2
    infrastructure codex-ai-repair-rbac: ServiceAccount codex-sa in shop-ai-repair-2
    infrastructure codex-ai-repair-rbac: Role codex-repair-role in shop-staging
    infrastructure codex-ai-repair-rbac: RoleBinding codex-repair-2 in shop-staging
    service codex: Deployment codex in shop-ai-repair-2 localhost:32000/shop/codex:staging-1.0.0
    ");
}

#[test]
fn a_small_stack_whole() {
    let scene = small();
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).shown(), @"
    exit 0
    ── stdout
    # deploy/config.yaml:1 (infrastructure config)
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: config
      namespace: shop-staging
    data:
      ENV: staging
    ---
    # deploy/web.yaml:1 (service web)
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: shop-staging
    spec:
      ports:
        - port: 80
    ");
}

#[test]
fn a_filter_on_one_list_leaves_the_other_alone() {
    let scene = Scene::shop();
    let shown = |arguments: &[&str]| {
        let always = ["render", "--env", "ai-staging", "-o", "json"];
        let ran = scene.run(&[&always[..], arguments].concat());
        let names = objects(&ran)
            .lines()
            .skip(1)
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>();
        let mut names = names;
        names.dedup();
        format!("{}\n{}", names.join(", "), ran.stderr)
    };
    assert_snapshot!(shown(&[]), @"infrastructure namespace-and-config, infrastructure storage, infrastructure postgres, infrastructure redis, infrastructure ingress, service catalog, service checkout");
    assert_snapshot!(shown(&["--only-services", "CATALOG"]), @"infrastructure namespace-and-config, infrastructure storage, infrastructure postgres, infrastructure redis, infrastructure ingress, service catalog");
    assert_snapshot!(shown(&["--skip-services", "catalog, codex"]), @"infrastructure namespace-and-config, infrastructure storage, infrastructure postgres, infrastructure redis, infrastructure ingress, service checkout");
    assert_snapshot!(shown(&["--only-infra", "redis,postgres"]), @"infrastructure postgres, infrastructure redis, service catalog, service checkout");
    assert_snapshot!(shown(&["--skip-infra", "all", "--only-services=catalog,checkout", "--skip-services=checkout"]), @"service catalog");
    assert_snapshot!(shown(&["--only-services", ""]), @"infrastructure namespace-and-config, infrastructure storage, infrastructure postgres, infrastructure redis, infrastructure ingress, service catalog, service checkout");
}

#[test]
fn filters_come_from_variables_too_also_from_those_of_the_project() {
    let scene = small();
    let by_variable = scene
        .call(&["render", "--env", "ai", "-o", "json"])
        .env("CODEXCTL_ONLY_SERVICES", "web")
        .env("CODEXCTL_SKIP_INFRA", "config")
        .run();
    assert_snapshot!(objects(&by_variable), @"
    ai in shop-dev-0, slot null
    service web: Service web in shop-dev-0
    ");
    scene.write("services.yaml", format!("{STACK}envFiles: [values.env]\n"));
    scene.write("values.env", "CODEXCTL_SKIP_SERVICES=web\nCODEXCTL_SLOT=4\n");
    assert_snapshot!(objects(&scene.run(&["render", "--env", "ai", "-o", "json"])), @"
    ai in shop-dev-4, slot 4
    infrastructure config: ConfigMap config in shop-dev-4
    ");
}

#[test]
fn a_name_that_nobody_has_is_told() {
    let scene = Scene::shop();
    let stderr = |arguments: &[&str]| {
        let ran = scene.run(&[&["render", "--env", "ai", "--slot", "1"], arguments].concat());
        format!("exit {}, {} lines\n{}", ran.exit, ran.stdout.lines().count().min(1), ran.stderr)
    };
    assert_snapshot!(stderr(&["--only-services", "catalgo"]), @"
    exit 2, 0 lines
      × --only-services: there is no service `catalgo`
      help: did you mean `catalog`?
    ");
    assert_snapshot!(stderr(&["--only-services", "catalgo,checkout"]), @"
    exit 0, 1 lines
      ⚠ --only-services: there is no service `catalgo`
      help: did you mean `catalog`?
    ");
    assert_snapshot!(stderr(&["--skip-services", "catalgo", "--skip-infra", "volumes"]), @"
    exit 0, 1 lines
      ⚠ --skip-infra: there is no infrastructure group `volumes`
      help: there are namespace-and-config, storage, registry, postgres, redis, ingress, codex-ai-
            repair-rbac
      ⚠ --skip-services: there is no service `catalgo`
      help: did you mean `catalog`?
    ");
    assert_snapshot!(stderr(&["--only-infra", "registry,redis"]), @"
    exit 0, 1 lines
      ⚠ --only-infra: the infrastructure group `registry` is not part of ai
      help: its `when` leaves it out
    ");
    let by_variable = scene.call(&["render", "--env", "ai"]).env("CODEXCTL_ONLY_INFRA", "reddis").run();
    assert_snapshot!(by_variable.refused(), @"
    note: no --slot: templates see slot 0, and the namespace is shop-dev-0
      × CODEXCTL_ONLY_INFRA: there is no infrastructure group `reddis`
      help: did you mean `redis`?
    ");
    let none =
        Scene::with_stack("project: shop\n").run(&["render", "--env", "ai", "--slot", "1", "--only-services", "web"]);
    assert_snapshot!(none.refused(), @"
    × --only-services: there is no service `web`
    help: services.yaml has no services
    ");
}

#[test]
fn when_leaves_out_what_says_no_and_nothing_else() {
    let stack = |when: &str| {
        format!("project: shop\nservices:\n  - name: web\n    when: {when}\n    manifests: [{{path: web.yaml}}]\n")
    };
    for (when, there) in [
        ("''", true),
        ("'{{ eq .Env \"ai\" }}'", true),
        ("'{{ ne .Env \"ai\" }}'", false),
        ("\"NO\"", false),
        ("0", false),
        ("' False '", false),
        ("off", true),
        ("maybe", true),
        ("'{{ \"{{\" }} eq .Codex.Model \"x\" }}'", false),
    ] {
        let scene = Scene::with_files(&[("services.yaml", &stack(when)), ("web.yaml", WEB)]);
        let ran = scene.run(&["render", "--env", "ai", "--slot", "1"]);
        assert_eq!(ran.exit, 0, "{when}: {}", ran.stderr);
        assert_eq!(ran.stdout.contains("kind: Service"), there, "{when}");
    }
}

#[test]
fn every_mistake_of_every_file_is_told_at_once_at_its_place() {
    let scene = Scene::with_files(&[
        (
            "services.yaml",
            "project: shop\ninfrastructure:\n  - name: config\n    manifests:\n      - path: deploy/config.yaml\n      \
             - path: deploy/nope.yaml\nservices:\n  - name: web\n    manifests:\n      - path: deploy/web.yaml\n      - path: deploy/latin.yaml\n      - path: ../outside.yaml\n",
        ),
        (
            "deploy/config.yaml",
            "# {{ $name := \"config\" }}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ $name }}\ndata:\n  A: {{ .Enf }}\n",
        ),
        (
            "deploy/web.yaml",
            "{{ if true }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  name: {{ .Project }}-again\n{{ end }}\n---\nkind: Service\n",
        ),
        ("deploy/none.yaml", ""),
    ]);
    scene.write("deploy/latin.yaml", b"apiVersion: v1\nkind: Caf\xe9\n");
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).refused(), @"
     × template: can't evaluate field Enf in type config.TemplateContext in `.Enf`
      ╭─[deploy/config.yaml:7:9]
    6 │ data:
    7 │   A: {{ .Enf }}
      ·         ─
      ╰────
     help: did you mean `.Env`?
     × deploy/latin.yaml:2:10: byte 0xe9 is not UTF-8
     help: save the file as UTF-8
     × `name` is set twice (first on line 5)
      ╭─[deploy/web.yaml:6:3]
    5 │   name: web
    6 │   name: {{ .Project }}-again
      ·   ────
    7 │ {{ end }}
      ╰────
     × this object has no `apiVersion`
      ╭─[deploy/web.yaml:9:1]
    8 │ ---
    9 │ kind: Service
      · ─
      ╰────
     help: add `apiVersion: v1`
     × this object has no `metadata`
      ╭─[deploy/web.yaml:9:1]
    8 │ ---
    9 │ kind: Service
      · ─
      ╰────
     help: add `metadata:` with a `name:` below it
     × deploy/nope.yaml can't be read: there is no such file
      ╭─[services.yaml:6:15]
    5 │       - path: deploy/config.yaml
    6 │       - path: deploy/nope.yaml
      ·               ────────────────
    7 │ services:
      ╰────
     help: did you mean `deploy/none.yaml`?
     × ../outside.yaml is not below the project root
       ╭─[services.yaml:12:15]
    11 │       - path: deploy/latin.yaml
    12 │       - path: ../outside.yaml
       ·               ───────────────
       ╰────
     help: write it relative to the folder of services.yaml
    ");
}

#[test]
fn a_file_that_can_not_be_read_is_told_where_it_is_named() {
    let scene = small();
    scene.write("services.yaml", STACK.replace("deploy/web.yaml", "deploy/wbe.yaml"));
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).refused(), @"
     × deploy/wbe.yaml can't be read: there is no such file
       ╭─[services.yaml:12:15]
    11 │     manifests:
    12 │       - path: deploy/wbe.yaml
       ·               ───────────────
       ╰────
     help: did you mean `deploy/web.yaml`?
    ");
    scene.write("services.yaml", STACK.replace("deploy/web.yaml", "deploy"));
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).refused(), @"
     × deploy can't be read: it is a folder
       ╭─[services.yaml:12:15]
    11 │     manifests:
    12 │       - path: deploy
       ·               ──────
       ╰────
     help: name each file in it
    ");
    std::os::unix::fs::symlink("/etc/hostname", scene.work().join("deploy/link.yaml")).expect("a link");
    scene.write("services.yaml", STACK.replace("deploy/web.yaml", "deploy/link.yaml"));
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).refused(), @"
     × deploy/link.yaml leads out of the project root through a symbolic link
       ╭─[services.yaml:12:15]
    11 │     manifests:
    12 │       - path: deploy/link.yaml
       ·               ────────────────
       ╰────
     help: put the file itself there
    ");
    let huge = fs::File::create(scene.work().join("deploy/huge.yaml")).expect("a file");
    huge.set_len(1 << 33).expect("8 GiB of nothing");
    scene.write("services.yaml", STACK.replace("deploy/web.yaml", "deploy/huge.yaml"));
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).refused(), @"
     × deploy/huge.yaml can't be read: it has 8589934592 bytes, more than the limit of 67108864
       ╭─[services.yaml:12:15]
    11 │     manifests:
    12 │       - path: deploy/huge.yaml
       ·               ────────────────
       ╰────
    ");
}

#[test]
fn the_file_is_named_as_the_user_gets_to_it() {
    let scene = small();
    scene.write("deploy/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {}\n");
    fs::create_dir(scene.work().join("below")).expect("a folder");
    let below = scene.work().join("below");
    let ran = scene.call(&["render", "-c", "../services.yaml", "--env", "staging"]).folder(&below).run();
    assert_snapshot!(ran.refused(), @"
     × `metadata.name` is missing
      ╭─[../deploy/web.yaml:3:1]
    2 │ kind: Service
    3 │ metadata: {}
      · ─
      ╰────
    ");
}

#[test]
fn files_without_objects_and_files_of_windows_are_fine() {
    let scene = small();
    scene.write("deploy/config.yaml", "# nothing here\n---\n{{ if eq .Env \"ai\" }}x: y{{ end }}\n");
    scene.write("deploy/web.yaml", format!("\u{feff}{}", WEB.replace('\n', "\r\n")));
    assert_snapshot!(scene.run(&["render", "--env", "staging"]).shown(), @"
    exit 0
    ── stdout
    # deploy/web.yaml:1 (service web)
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: shop-staging
    spec:
      ports:
        - port: 80
    ");
}

#[test]
fn overlays_are_those_of_the_environment_alone() {
    let stack = |env: &str| {
        format!(
            "project: shop\nenvironments:\n  base: {{}}\n  top:\n    from: base\nservices:\n  - name: web\n    manifests: [{{path: web.yaml}}]\n    overlays:\n      {env}:\n        dropKinds: [service]\n"
        )
    };
    let scene = Scene::with_files(&[("services.yaml", &stack("base")), ("web.yaml", WEB)]);
    assert!(!scene.run(&["render", "--env", "base"]).stdout.contains("kind: Service"));
    assert!(scene.run(&["render", "--env", "top"]).stdout.contains("kind: Service"), "`from` brings no overlays");
    // Where a file knows no ai-staging, that name stands for staging.
    let older = stack("ai-staging").replace("  base: {}\n  top:\n    from: base\n", "  staging: {}\n");
    let scene = Scene::with_files(&[("services.yaml", &older), ("web.yaml", WEB)]);
    for env in ["staging", "ai-staging"] {
        assert!(!scene.run(&["render", "--env", env]).stdout.contains("kind: Service"), "{env}");
    }
}

#[test]
fn an_image_without_a_tag_or_with_a_wrong_one_is_a_warning() {
    let stack = |tag: &str| {
        format!(
            "project: shop\nservices:\n  - name: web\n    manifests: [{{path: web.yaml}}]\n    image:\n      repository: registry.example.com/web\n      tagTemplate: {tag}\n"
        )
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n";
    let shown = |tag: &str| {
        let scene = Scene::with_files(&[("services.yaml", &stack(tag)), ("web.yaml", pod)]);
        let ran = scene.run(&["render", "--env", "dev"]);
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let image = ran.stdout.lines().find(|line| line.contains("image:")).unwrap_or_default().trim().to_owned();
        format!("{image}\n{}", ran.stderr)
    };
    assert_snapshot!(shown("'{{ .Env }}-1'"), @"image: registry.example.com/web:dev-1");
    assert_snapshot!(shown("'{{ envOr \"TAG\" \"\" }}'"), @r#"
    image: registry.example.com/web
      ⚠ the tag of `web` is empty: its image is `registry.example.com/web`, whatever is latest there
       ╭─[services.yaml:7:20]
     6 │       repository: registry.example.com/web
     7 │       tagTemplate: '{{ envOr "TAG" "" }}'
       ·                    ──────────────────────
       ╰────
    "#);
    assert_snapshot!(shown("'{{ index .Versions \"web\" }}-a b'"), @r#"
    image: registry.example.com/web:-a b
      ⚠ the image of `web` would be `registry.example.com/web:-a b`, which is no image: it has blanks
      │ in it
       ╭─[services.yaml:6:7]
     5 │     image:
     6 │       repository: registry.example.com/web
       ·       ────────────────────────────────────
     7 │       tagTemplate: '{{ index .Versions "web" }}-a b'
       ╰────
    "#);
    let scene = Scene::with_files(&[
        ("services.yaml", &stack("x").replace("registry.example.com/web", "'{{ envOr \"R\" \"\" }}'")),
        ("web.yaml", pod),
    ]);
    assert_snapshot!(scene.run(&["render", "--env", "dev"]).stderr, @r#"
     ⚠ the image of `web` has an empty repository: what the manifest says stays
      ╭─[services.yaml:6:19]
    5 │     image:
    6 │       repository: '{{ envOr "R" "" }}'
      ·                   ────────────────────
    7 │       tagTemplate: x
      ╰────
    "#);
    assert_snapshot!(shown("'{{ .Slot }}-{{ \"{{\" }} .Codex.PromptLang }}x'"), @"image: registry.example.com/web:0-x");
}

#[test]
fn as_json_it_is_one_object() {
    assert_snapshot!(small().run(&["render", "--env", "staging", "--slot", "3", "-o", "json"]).shown(), @r#"
    exit 0
    ── stdout
    {
      "env": "staging",
      "namespace": "shop-staging",
      "slot": 3,
      "documents": [
        {
          "file": "deploy/config.yaml",
          "line": 1,
          "owner": {
            "kind": "infrastructure",
            "name": "config"
          },
          "object": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
              "name": "config",
              "namespace": "shop-staging"
            },
            "data": {
              "ENV": "staging"
            }
          }
        },
        {
          "file": "deploy/web.yaml",
          "line": 1,
          "owner": {
            "kind": "service",
            "name": "web"
          },
          "object": {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
              "name": "web",
              "namespace": "shop-staging"
            },
            "spec": {
              "ports": [
                {
                  "port": 80
                }
              ]
            }
          }
        }
      ]
    }
    "#);
    assert_snapshot!(small().run(&["render", "--env", "staging", "-o", "kv"]).refused(), @"error: -o kv: manifests are no keys and values; leave it out for YAML, or take json");
}

#[test]
fn the_environment_has_to_be_named_and_known() {
    assert_snapshot!(small().run(&["render"]).refused(), @"error: which environment? Name it with --env or CODEXCTL_ENV: the file has ai, staging");
    assert_snapshot!(Scene::with_stack("project: shop\n").run(&["render"]).refused(), @"error: which environment? Name it with --env or CODEXCTL_ENV");
    assert_snapshot!(small().run(&["render", "--env", "stagign"]).refused(), @"
     × there is no environment `stagign`
      ╭─[services.yaml:2:1]
    1 │ project: shop
    2 │ environments:
      · ────────────
    3 │   ai: {}
      ╰────
     help: did you mean `staging`? The file has ai, staging
    ");
    assert_snapshot!(Scene::empty().run(&["render", "--env", "ai"]).refused(), @"
    × services.yaml: can't be read: there is no such file
    help: `codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file
    ");
    assert_snapshot!(small().run(&["render", "--env", "ai", "--slot", "0"]).refused(), @"error: --slot: `0` is not a whole number from 1");
    assert_snapshot!(small().run(&["render", "--env", "ai", "--slot", "4294967296"]).refused(), @"error: --slot: a slot's number is at most 4294967295");
}

#[test]
fn a_slot_that_is_missing_is_told_where_it_matters() {
    let ran = small().run(&["render", "--env", "ai"]);
    assert_eq!(ran.exit, 0);
    assert_snapshot!(ran.stderr, @"note: no --slot: templates see slot 0, and the namespace is shop-dev-0");
    assert_eq!(small().run(&["render", "--env", "staging"]).stderr, "");
}

#[test]
fn issue_pull_request_and_repository_are_facts_that_templates_read() {
    let scene = small();
    scene.write("deploy/config.yaml", format!("{CONFIG}  FACTS: '{{{{ envOr \"CODEXCTL_ISSUE_NUMBER\" \"-\" }}}} {{{{ envOr \"CODEXCTL_PR_NUMBER\" \"-\" }}}} {{{{ envOr \"CODEXCTL_REPO\" \"-\" }}}} {{{{ envOr \"CODEXCTL_LANG\" \"-\" }}}} {{{{ .Slot }}}} {{{{ .Namespace }}}} {{{{ envOr \"EXTRA\" \"\" }}}}'\n"));
    let facts = |arguments: &[&str]| {
        let ran = scene.run(&[&["render", "--env", "ai"], arguments].concat());
        ran.stdout.lines().find(|line| line.contains("FACTS")).unwrap_or(&ran.stderr).trim().to_owned()
    };
    assert_snapshot!(facts(&["--slot=3", "--issue=7", "--pr=8", "--repo=o/r", "--lang=ru", "--vars=EXTRA=x"]), @"FACTS: 7 8 o/r ru 3 shop-dev-3 x");
    assert_snapshot!(facts(&["--slot=3", "--namespace=mine"]), @r#"FACTS: "- - - - 3 mine ""#);
}

#[test]
fn two_objects_of_one_name_are_told_with_both_places() {
    let scene = small();
    scene.write("deploy/config.yaml", WEB);
    let ran = scene.run(&["render", "--env", "staging"]);
    assert_snapshot!(format!("exit {}\n{}", ran.exit, ran.stderr), @"
    exit 0
      ⚠ Service `web` is there twice, first at deploy/config.yaml:1
       ╭─[deploy/web.yaml:4:9]
     3 │ metadata:
     4 │   name: web
       ·         ───
     5 │ spec:
       ╰────
      help: one of the two can go
    ");
}

#[test]
fn help_says_what_it_prints() {
    let help = Scene::empty().run(&["render", "--help"]).stdout;
    let notes = help.split("NO_COLOR counts too [CODEXCTL_COLOR; default auto]\n\n").nth(1).expect("its notes");
    assert_snapshot!(notes, @"
    YAML, or with -o json one object with env, namespace, slot and documents. Secrets are <hidden>.

    Examples: codexctl render --env ai --slot 1 --only-services catalog --skip-infra all
              codexctl render --env ai --slot 1 --file deploy/hooks/smoke-test.sh
    ");
}

#[test]
fn an_environment_without_objects_says_so() {
    let scene = small();
    let ran = scene.run(&["render", "--env", "ai", "--slot", "1", "--skip-services", "all", "--skip-infra", "all"]);
    assert_snapshot!(ran.shown(), @"
    exit 0
    ── stderr
    note: no objects: no manifest of ai is chosen
    ");
}
