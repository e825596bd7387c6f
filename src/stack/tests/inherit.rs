//! Environments that are made from others, namespaces, and files of the older dialect.

use super::super::{RawStack, Source};
use super::{load, load_with, request, said};

const CHAIN: &str = "project: shop\nenvironments:\n  base: {kubeconfig: ~/.kube/$NAME.yaml, context: one, imagePullPolicy: Always, \
                     localRegistry: {enabled: true, port: 5000}}\n  ai-staging: {from: base, context: two, slotBootstrapInfra: [a]}\n  \
                     ai: {from: ai-staging, context: '', imagePullPolicy: Never}\ninfrastructure: [{name: a}]\n";

#[test]
fn the_nearest_value_of_a_chain_wins_and_an_empty_one_is_none() {
    let loaded = load_with(CHAIN, "ai", &[("HOME", "/home/me"), ("NAME", "shop")]).unwrap();
    insta::assert_debug_snapshot!(loaded.env, @r#"
    Environment {
        name: "ai",
        chain: [
            "ai",
            "ai-staging",
            "base",
        ],
        kubeconfig: Some(
            "/home/me/.kube/shop.yaml",
        ),
        context: Some(
            "two",
        ),
        image_pull_policy: Some(
            "Never",
        ),
        slot_bootstrap_infra: [
            "a",
        ],
        local_registry: Some(
            LocalRegistry {
                enabled: true,
                name: None,
                port: Some(
                    5000,
                ),
            },
        ),
    }
    "#);
}

#[test]
fn a_circle_names_its_chain_once() {
    insta::assert_snapshot!(
        said("project: shop\nenvironments:\n  ai: {from: b}\n  b: {from: c}\n  c: {from: b}\n  d: {from: nowhere}\n"),
        @r"
    services.yaml:5:13: environments inherit in a circle: ai → b → c → b
      hint: take one `from` of them away
    services.yaml:6:13: environment `d` is made from `nowhere`, which is not there: d → nowhere
      hint: the file has ai, b, c, d
    "
    );
}

#[test]
fn an_environment_that_is_not_there_is_told_with_the_nearest() {
    insta::assert_snapshot!(load_with(CHAIN, "ai-stagign", &[]).unwrap_err(), @r"
    services.yaml:2:1: there is no environment `ai-stagign`
      hint: did you mean `ai-staging`? The file has ai, ai-staging, base
    ");
}

#[test]
fn a_file_without_environments_has_every_one() {
    let loaded = load_with("project: shop\n", "preview", &[]).unwrap();
    assert_eq!((loaded.env.name.as_str(), loaded.namespace.as_str()), ("preview", "shop-preview"));
}

#[test]
fn namespaces_follow_flag_then_pattern_then_rule() {
    let text = "project: shop\nnamespace:\n  patterns:\n    dev: '{{ .Project }}-x-{{ .Env }}-{{ envOr \"WHO\" \"me\" }}'\n    empty: ''\n";
    let raw = RawStack::from_text(text, "/srv".into(), "services.yaml".as_ref()).unwrap();
    let of = |env: &str, flag: Option<&str>| {
        let mut request = request(env);
        request.namespace = flag.map(str::to_owned);
        request.decided.slot = Some(3);
        raw.namespace(&request).map_err(|error| error.to_string())
    };
    assert_eq!(of("dev", Some("mine")).unwrap(), "mine");
    assert_eq!(of("dev", None).unwrap(), "shop-x-dev-me");
    assert_eq!(of("empty", None).unwrap(), "shop-empty");
    assert_eq!(of("ai", None).unwrap(), "shop-dev-3");
    assert_eq!(of("ai-repair", None).unwrap(), "shop-ai-staging");
    assert_eq!(of("ai-staging", None).unwrap(), "shop-ai-staging");
    insta::assert_snapshot!(of("dev", Some("Not_One")).unwrap_err(), @r"
    `Not_One` can't be a namespace: it may have lower-case letters, digits and `-` only
      hint: it is named by --namespace or CODEXCTL_NAMESPACE
    ");
}

#[test]
fn a_namespace_pattern_that_gives_no_name_is_told() {
    insta::assert_snapshot!(said("project: shop\nnamespace:\n  patterns:\n    ai: '{{ .Project }}_{{ .Slot }}'\n"), @"services.yaml:4:9: `namespace.patterns.ai` gives `shop_3`, which can't be a namespace: it may have lower-case letters, digits and `-` only");
    insta::assert_snapshot!(said("project: shop\nnamespace:\n  patterns:\n    ai: '{{ .Projekt }}'\n"), @r"
    services.yaml:4:13: template: can't evaluate field Projekt in type config.TemplateContext in `.Projekt`
      hint: did you mean `.Project`?
    ");
}

#[test]
fn a_pattern_sees_the_variables_of_the_header() {
    let text = "# {{- $team := envOr \"TEAM\" \"red\" -}}\nproject: shop\nnamespace:\n  patterns:\n    ai: '{{ $team }}-{{ .Slot }}'\n\
                baseDomain:\n  ai: '{{ $team }}.example.com'\nregistry: '{{ index .BaseDomain \"ai\" }}/{{ .Namespace }}'\n";
    let loaded = load_with(text, "ai", &[("TEAM", "blue")]).unwrap();
    assert_eq!(loaded.namespace, "blue-3");
    assert_eq!(loaded.stack.registry.as_deref(), Some("blue.example.com/blue-3"));
    assert_eq!(loaded.stack.project, "shop", "the trim marker took its line, the file as it stands gave it back");
}

#[test]
fn every_plain_field_stands_in_where_the_line_is_taken() {
    for (field, check) in [
        ("project: shop", "project"),
        ("baseDomain: {ai: '{{ $x }}.example.com'}", "base_domain"),
        ("versions: {web: '{{ $x }}'}", "versions"),
    ] {
        let rest = if check == "project" { "" } else { "project: shop\n" };
        let loaded = load(&format!("# {{{{- $x := \"1\" -}}}}\n{field}\n{rest}")).unwrap();
        let stack = loaded.stack;
        let found = match check {
            "project" => stack.project,
            "base_domain" => stack.base_domain["ai"].clone(),
            _ => stack.versions["web"].clone(),
        };
        let wanted = match check {
            "project" => "shop",
            "base_domain" => "1.example.com",
            _ => "1",
        };
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_plain_field_that_a_condition_leaves_out_stands_in_too_as_it_counted_before() {
    let text = "project: shop\n# {{ if eq .Env \"dev\" }}\nbaseDomain: {ai: a.example.com}\nregistry: r\n# {{ end }}\n";
    let stack = load(text).unwrap().stack;
    assert_eq!((stack.base_domain["ai"].as_str(), stack.registry), ("a.example.com", None));
}

#[test]
fn in_an_older_file_staging_stands_for_ai_staging() {
    let text = "project: shop\nenvironments:\n  staging: {context: old}\n  ai: {from: ai-staging}\n  ai-repair: {from: staging}\n\
                baseDomain: {staging: s.example.com}\n";
    let staging = load_with(text, "ai-staging", &[]).unwrap();
    assert_eq!((staging.env.name.as_str(), staging.namespace.as_str()), ("staging", "shop-staging"));
    assert_eq!(staging.vars.get("CODEXCTL_ENV"), Some("staging"));
    assert_eq!(load_with(text, "ai", &[]).unwrap().env.context.as_deref(), Some("old"));
    assert_eq!(load_with(text, "ai-repair", &[]).unwrap().namespace, "shop-ai-repair-3");
    assert_eq!(staging.vars.source("CODEXCTL_ENV"), Some(&Source::Decided));
}

#[test]
fn a_file_that_is_no_yaml_before_rendering_still_gives_its_plain_fields() {
    let text = "project: shop\nregistry: {{ envOr \"R\" \"r\" }}\nversions:\n  web: \"1.10\"\n{{ if true }}\nmaxSlots: 4\n{{ end }}\n";
    let raw = RawStack::from_text(text, "/srv".into(), "services.yaml".as_ref()).unwrap();
    assert_eq!(raw.project(), Some("shop"));
    assert_eq!(raw.max_slots(), Some(4));
    let loaded = load(text).unwrap();
    assert_eq!(loaded.stack.registry.as_deref(), Some("r"));
    assert_eq!(loaded.stack.versions["web"], "1.10");
}
