//! `codexctl render` of more files than are parsed at once: what stands in the last one counts for the first.

use insta::assert_snapshot;
use serde_json::Value;

use crate::scene::Scene;

/// Services of one ConfigMap each. The first has an object of a kind, and the value of a Secret, that only the last one brings.
fn scene() -> Scene {
    let mut stack = "project: shop\nenvironments:\n  dev: {}\nservices:\n".to_owned();
    let mut files = Vec::new();
    for index in 0..200 {
        stack.push_str(&format!("  - name: s{index}\n    manifests:\n      - path: s{index}.yaml\n"));
        let url = if index == 0 { "postgres://app:canary-of-the-last@db" } else { "none" };
        let mut text =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-{index}\ndata:\n  URL: {url}\n");
        match index {
            0 => text.push_str("---\napiVersion: shop.example/v1\nkind: Planet\nmetadata:\n  name: earth\n"),
            150 => text = text.replace("config-150", "config-3"),
            151 => text = text.replace("config-151", "config-4").replace("none", "other"),
            199 => text.push_str(LAST),
            _ => {}
        }
        files.push((format!("s{index}.yaml"), text));
    }
    files.push(("services.yaml".to_owned(), stack));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Scene::with_files(&files)
}

const LAST: &str = "\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: planets.shop.example
spec:
  group: shop.example
  scope: Cluster
  names: {kind: Planet, plural: planets}
  versions: []
---
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  PASSWORD: canary-of-the-last
";

#[test]
fn the_last_file_decides_about_the_first_and_an_object_there_twice_is_told() {
    let ran = scene().call(&["render", "--env", "dev"]).run();
    assert_snapshot!(ran.stderr, @"
     ⚠ ConfigMap `config-3` is there twice, first at s3.yaml:1
      ╭─[s150.yaml:4:9]
    3 │ metadata:
    4 │   name: config-3
      ·         ────────
    5 │ data:
      ╰────
     help: one of the two can go
     ⚠ ConfigMap `config-4` is there already, at s4.yaml:1: they differ, and this one wins
      ╭─[s151.yaml:4:9]
    3 │ metadata:
    4 │   name: config-4
      ·         ────────
    5 │ data:
      ╰────
     help: keep one of the two, or give one another name
    ");
    let first: Vec<&str> = ran.stdout.split("---\n").take(2).collect();
    assert_snapshot!(first.join("---\n"), @"
    # s0.yaml:1 (service s0)
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: config-0
      namespace: shop-dev
    data:
      URL: postgres://app:<hidden>@db
    ---
    # s0.yaml:8 (service s0)
    apiVersion: shop.example/v1
    kind: Planet
    metadata:
      name: earth
    ");
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
    assert_eq!(ran.stdout.split("---\n").count(), 203);
}

#[test]
fn json_has_the_same_objects_and_what_is_shown_is_shown() {
    let ran = scene().call(&["render", "--env", "dev", "-o", "json", "--show-secrets"]).run();
    let whole: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(serde_json::to_string_pretty(&whole).unwrap() + "\n", ran.stdout);
    assert_eq!(whole["documents"].as_array().unwrap().len(), 203);
    assert_eq!(whole["documents"][0]["object"]["data"]["URL"], "postgres://app:canary-of-the-last@db");
    assert_eq!(whole["documents"][202]["object"]["kind"], "Secret");
    let hidden = scene().call(&["render", "--env", "dev", "-o", "json"]).run();
    assert!(!hidden.stdout.contains("canary"), "{}", hidden.stdout);
}

#[test]
fn a_mistake_in_the_last_file_keeps_everything_back() {
    let scene = scene();
    scene.write("s199.yaml", "kind: Service\n");
    let ran = scene.call(&["render", "--env", "dev"]).run();
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("s199.yaml:1:1"), "{}", ran.stderr);
}
