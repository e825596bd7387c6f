//! What files of existing projects have in them that no one would write today.

use super::{load, load_with, said};

#[test]
fn a_file_that_is_no_yaml_before_rendering_loads_whatever_its_templates_stand_in() {
    let text = "{{- $registry := envOr \"REGISTRY\" \"localhost:5000\" }}\nproject: shop\nregistry: {{ $registry }}\n\
                maxSlots: {{ envOr \"SLOTS\" \"2\" }}\n{{- if eq .Env \"ai\" }}\nversions:\n  web: {{ printf \"%q\" \"1.10\" }}\n{{- end }}\n\
                baseDomain:\n  ai: \"{{ $registry }}.example.com\"\nservices:\n{{- range $name := .UserVars }}\n{{- end }}\n  - name: web\n";
    let loaded = load(text).unwrap();
    assert_eq!(loaded.stack.registry.as_deref(), Some("localhost:5000"));
    assert_eq!((loaded.stack.max_slots, loaded.stack.versions["web"].as_str()), (2, "1.10"));
    assert_eq!(loaded.stack.base_domain["ai"], "localhost:5000.example.com");
    assert_eq!(loaded.stack.services[0].name, "web");
}

#[test]
fn a_pattern_sees_variables_from_anywhere_in_the_file_above_all_its_blocks() {
    let text = "project: shop\n# {{- $team := \"red\" }}\n# {{- if eq .Env \"ai\" }}{{ $team = \"blue\" }}{{ end }}\n\
                namespace: {patterns: {ai: '{{ $team }}-{{ .Slot }}'}}\n";
    assert_eq!(load(text).unwrap().namespace, "blue-3");
    insta::assert_snapshot!(said("project: shop\nnamespace: {patterns: {ai: '{{ $teem }}-{{ .Slot }}'}}\n# {{ $team := 1 }}\n"), @r#"
    services.yaml:2:32: template: undefined variable "$teem"
      hint: set it above, in a comment line: `# {{- $name := envOr "NAME" "" -}}`
    "#);
}

#[test]
fn header_lines_that_swallow_the_next_line_lose_nothing() {
    let text = "# {{- $root := envOr \"DATA_ROOT\" \"/srv/data\" -}}\n# {{- $tag := printf \"%s-%d\" .Env .Slot -}}\nproject: shop\n\n\
                # {{- $unused := \"x\" -}}\nversions: {web: '{{ $tag }}'}\nregistry: '{{ $root }}'\n";
    let loaded = load(text).unwrap();
    assert_eq!(loaded.stack.project, "shop");
    assert_eq!(loaded.stack.registry.as_deref(), Some("/srv/data"));
    assert_eq!(loaded.stack.versions["web"], "ai-3");
    assert_eq!(loaded.namespace, "shop-dev-3");
}

#[test]
fn env_and_slot_stand_in_quoted_texts_of_both_kinds() {
    let text = "project: shop\nregistry: \"{{ .Env }}/{{ .Slot }}/{{ .Project }}\"\ncodex: {model: '{{ envOr \"M\" \"gpt-5\" }}'}\n";
    let stack = load(text).unwrap().stack;
    assert_eq!((stack.registry.as_deref(), stack.codex.model.as_deref()), (Some("ai/3/shop"), Some("gpt-5")));
}

#[test]
fn blocks_around_the_items_of_a_list_leave_them_out() {
    let text = "project: shop\ninfrastructure:\n  # {{ if eq .Env \"ai\" }}\n  - name: slots-only\n  # {{ end }}\n  - name: always\n  # {{- if ne .Env \"ai\" }}\n  - name: never\n  # {{- end }}\n";
    let names: Vec<_> = load(text).unwrap().stack.infrastructure.into_iter().map(|group| group.name).collect();
    assert_eq!(names, ["slots-only", "always"]);
}

#[test]
fn default_takes_the_value_first_and_says_so_where_it_is_given_last() {
    let text = "project: shop\nregistry: '{{ default .Vars.REGISTRY \"local\" }}/{{ default \"fixed\" .Project }}'\n";
    assert_eq!(load(text).unwrap().stack.registry.as_deref(), Some("local/fixed"), "swapped, it always gives its text");
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ default \"local\" .Slot }}'\n"), @"services.yaml:2:31: template: wrong type for value; expected string; got int in `.Slot`");
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ default \"local\" .Vars.REGISTRY }}'\n"), @"
    services.yaml:2:36: template: invalid value; expected string in `.Vars.REGISTRY`
      hint: nothing is set there; `default VALUE TEXT` gives a text for it, the value stands first
    ");
}

#[test]
fn hooks_ask_for_a_domain_by_the_new_or_the_older_name() {
    let hook = |env: &str| format!("hooks:\n  beforeAll:\n    - run: 'echo {{{{ index .BaseDomain \"{env}\" }}}}'\n");
    let run = |text: &str| {
        let loaded = load_with(text, "ai-staging", &[]).unwrap();
        format!("{:?}", loaded.stack.hooks.before_all[0].action)
    };
    let newer = "project: shop\nenvironments: {ai-staging: {}}\nbaseDomain: {ai-staging: s.example.com}\n";
    insta::assert_snapshot!(run(&format!("{newer}{}", hook("ai-staging"))), @r#"Run("echo s.example.com")"#);
    let older = "project: shop\nenvironments: {staging: {}}\nbaseDomain: {staging: s.example.com}\n";
    insta::assert_snapshot!(run(&format!("{older}{}", hook("staging"))), @r#"Run("echo s.example.com")"#);
}

#[test]
fn an_environment_with_an_underscore_needs_a_pattern_and_the_error_says_so() {
    let text = "project: shop\nenvironments:\n  staging_repair: {}\nservices:\n  - name: codex-staging-repair\n    when: '{{ eq .Env \"staging_repair\" }}'\n";
    insta::assert_snapshot!(load_with(text, "staging_repair", &[]).unwrap_err(), @"
    services.yaml: project and environment give the namespace `shop-staging_repair`, which can't be one: it may have lower-case letters, digits and `-` only
      hint: set `namespace.patterns.staging_repair`
    ");
    let text = format!("{text}namespace: {{patterns: {{staging_repair: '{{{{ .Project }}}}-repair'}}}}\n");
    let loaded = load_with(&text, "staging_repair", &[]).unwrap();
    assert_eq!(
        (loaded.namespace.as_str(), loaded.stack.services[0].name.as_str()),
        ("shop-repair", "codex-staging-repair")
    );
}

#[test]
fn an_mcp_server_of_the_older_form_with_a_host_is_told() {
    insta::assert_snapshot!(
        said(
            "project: shop\ncodex:\n  mcp:\n    servers:\n      - name: catalog\n        type: cluster\n        service:\n          \
             name: catalog\n          host: catalog.shop.svc\n          port: 8080\n"
        ),
        @"
    services.yaml:9:11: warning: unknown field `codex.mcp.servers[0].service.host`
      hint: known here: name, namespace, port, path, scheme
    "
    );
}

#[test]
fn fields_that_are_no_more_are_warnings_and_the_file_loads() {
    insta::assert_snapshot!(
        said(
            "version: 2\nproject: shop\ndefaults: {replicas: 1}\nservices:\n  - name: web\n    helm: {chart: web}\n    image: {repository: web, pullSecret: x}\n\
             environments:\n  ai: {from: dev, domain: a.example.com}\n  dev: {}\n"
        ),
        @"
    services.yaml:1:1: warning: unknown field `version`
      hint: did you mean `versions`?
    services.yaml:3:1: warning: unknown field `defaults`
      hint: known here: project, envFiles, registry, versions, maxSlots, baseDomain, namespace, environments, state, storage, dataPaths, images, infrastructure, services, hooks, codex, publish
    services.yaml:6:5: warning: unknown field `services[0].helm`
      hint: known here: name, when, manifests, hooks, image, ingress, overlays
    services.yaml:7:30: warning: unknown field `services[0].image.pullSecret`
      hint: known here: repository, tagTemplate
    services.yaml:9:19: warning: unknown field `environments.ai.domain`
      hint: known here: from, kubeconfig, context, imagePullPolicy, slotBootstrapInfra, localRegistry
    "
    );
}
