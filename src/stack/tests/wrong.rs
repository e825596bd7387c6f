//! Files that are YAML but no stack: wrong types, unknown names, missing fields.

use super::{load, said};

#[test]
fn all_errors_are_told_at_once_each_at_its_place() {
    insta::assert_snapshot!(
        said(
            "project: [shop]\nmaxSlots: -1\nenvFiles: deploy.env\nversions:\n  a: [1]\nenvironments:\n  ai:\n    \
             imagePullPolicy: always\n    localRegistry: {enabled: yes, port: 99999}\ncodex:\n  timeouts: {exec: 5}\n  \
             githubAccess: wirte\n  model: GPT 5\n  modelReasoningEffort: hihg\npublish:\n  maxBytes: 4 MB\n  skip: ['[']\n"
        ),
        @r"
    services.yaml:1:10: `project` must be text, not a list
    services.yaml:2:11: `maxSlots` must be a whole number, not `-1`
      hint: 0 or more
    services.yaml:3:11: `envFiles` must be a list, not `deploy.env`
      hint: write each item on a line of its own, after `- `
    services.yaml:5:6: `versions.a` must be text, not a list
    services.yaml:8:22: `environments.ai.imagePullPolicy` must be `Always`, `IfNotPresent` or `Never`, not `always`
      hint: did you mean `Always`?
    services.yaml:9:30: `environments.ai.localRegistry.enabled` must be true or false, not `yes`
      hint: in YAML 1.2 this is text; write `true`
    services.yaml:9:41: `environments.ai.localRegistry.port` must be a number from 1 to 65535, not `99999`
    services.yaml:11:20: `codex.timeouts.exec` must be a duration, not `5`
      hint: write it as Go does: 90s, 45m, 1h30m
    services.yaml:12:17: `codex.githubAccess` must be `none`, `read` or `write`, not `wirte`
      hint: did you mean `write`?
    services.yaml:13:10: `codex.model` can't be `GPT 5`
      hint: a model's name has lower-case letters, digits, `.`, `_` and `-`
    services.yaml:14:25: `codex.modelReasoningEffort` must be `low`, `medium`, `high` or `extra-high`, not `hihg`
      hint: did you mean `high`?
    services.yaml:16:13: `publish.maxBytes` must be an amount of bytes, not `4 MB`
      hint: write it as Kubernetes does: 512Ki, 4Mi, 1Gi
    services.yaml:17:10: `publish.skip` holds `[`, which is no glob: unclosed character class; missing ']'
    "
    );
}

#[test]
fn unknown_fields_are_warnings_with_the_nearest_name() {
    insta::assert_snapshot!(
        said("project: shop\nservcies: []\nmax_slots: 3\nx-anything: 1\npublish:\n  drafts: true\n  zzz: 1\n"),
        @r"
    services.yaml:2:1: warning: unknown field `servcies`
      hint: did you mean `services`?
    services.yaml:3:1: warning: unknown field `max_slots`
      hint: did you mean `maxSlots`?
    services.yaml:6:3: warning: unknown field `publish.drafts`
      hint: did you mean `draft`?
    services.yaml:7:3: warning: unknown field `publish.zzz`
      hint: known here: draft, maxFiles, maxBytes, protectedPaths, onProtected, skip, labels, reviewers
    "
    );
}

#[test]
fn a_project_has_to_be_there_and_fit_into_a_label() {
    insta::assert_snapshot!(said("registry: a\n"), @"services.yaml:1:1: `project` is missing");
    insta::assert_snapshot!(said("project: 'my shop'\nnamespace: {patterns: {ai: shop}}\n"), @r"
    services.yaml:1:10: `my shop` can't be a project's name: it is a label on every object
      hint: up to 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last
    ");
    insta::assert_snapshot!(said("project: my_shop\n"), @r"
    services.yaml: project and environment give the namespace `my_shop-dev-3`, which can't be one: it may have lower-case letters, digits and `-` only
      hint: set `namespace.patterns.ai`
    ");
    insta::assert_snapshot!(said("just text\n"), @r"
    services.yaml:1:1: the file must be a mapping, not text
      hint: write its fields below it: `name: value`
    ");
}

#[test]
fn hooks_need_one_thing_to_do() {
    insta::assert_snapshot!(
        said(
            "project: shop\nhooks:\n  beforeAll:\n    - name: nothing\n    - {run: 'true', use: sleep}\n    - use: kubectl.wiat\n    \
             - use: kubectl.wait\n      with: {kind: pod, nam: x}\n    - {use: sleep}\n    - {use: github.comment, with: {body: x}}\n    \
             - {use: run, run: 'echo the way of the Go tool'}\n    - {run: 'true', with: {a: b}}\n"
        ),
        @r#"
    services.yaml:5:7: `hooks.beforeAll[1]` has both `run` and `use: sleep`
      hint: make two steps of it
    services.yaml:6:12: there is no built-in step `kubectl.wiat`
      hint: did you mean `kubectl.wait`? Known: `kubectl.wait`, `github.comment`, `codex.ensure-codex-secrets`, `codex.reuse-dev-tls-secret`, `sleep`, `preflight`, `codex.ensure-data-dirs`, `codex.check-dev-host-ports`
    services.yaml:8:13: `hooks.beforeAll[3].with.name` is missing
    services.yaml:9:13: `hooks.beforeAll[4].with.duration` is missing
      hint: for example `duration: 10s`
    services.yaml:10:13: `hooks.beforeAll[5].with` names neither `issue` nor `pr`
      hint: say where the comment goes: `pr: '{{ envOr "CODEXCTL_PR_NUMBER" "" }}'`
    services.yaml:4:7: warning: `hooks.beforeAll[0]` does nothing: it has neither `run` nor `use`
    services.yaml:8:25: warning: unknown field `hooks.beforeAll[3].with.nam`
      hint: did you mean `name`?
    services.yaml:12:27: warning: `hooks.beforeAll[7].with` has no effect beside `run`
    "#
    );
}

#[test]
fn a_step_knows_an_empty_when_from_none() {
    let text = "project: shop\nhooks:\n  beforeAll:\n    - {run: a}\n    - {run: b, when: '{{ envOr \"UNSET\" \"\" }}'}\n    \
                - {run: c, when: false}\n";
    let steps = load(text).unwrap().stack.hooks.before_all;
    let whens: Vec<Option<&str>> = steps.iter().map(|step| step.when.as_deref()).collect();
    assert_eq!(whens, [None, Some(""), Some("false")]);
}

#[test]
fn images_and_services_need_their_fields() {
    insta::assert_snapshot!(
        said(
            "project: shop\nimages:\n  a: {from: x}\n  b: {type: extrenal}\n  c: {type: external, from: x}\n  d: {type: build}\n\
             infrastructure:\n  - manifests: [a.yaml]\nservices:\n  - name: web\n    overlays:\n      ai:\n        \
             pvcMounts: [{name: a, mountPath: /a}]\n        hostMounts: [{name: b, hostPath: /b, mountPath: /c, hostPathType: Folder}]\n  \
             - name: web\n"
        ),
        @r"
    services.yaml:4:13: `images.b.type` must be `external` or `build`, not `extrenal`
      hint: did you mean `external`?
    services.yaml:5:6: `images.c.local` is missing
    services.yaml:6:6: `images.d.repository` is missing
    services.yaml:8:5: `infrastructure[0].name` is missing
    services.yaml:8:17: `infrastructure[0].manifests[0]` must be a mapping, not `a.yaml`
      hint: write its fields below it: `name: value`
    services.yaml:13:21: `services[0].overlays.ai.pvcMounts[0].claimName` is missing
    services.yaml:14:75: `services[0].overlays.ai.hostMounts[0].hostPathType` must be `Directory`, `DirectoryOrCreate`, `File`, `FileOrCreate`, `Socket`, `CharDevice` or `BlockDevice`, not `Folder`
    services.yaml:3:6: warning: `images.a.type` is missing: the image is neither copied nor built
      hint: write `type: external` to copy it, `type: build` to build it
    services.yaml:15:11: warning: two services are named `web` (first on line 10)
    "
    );
}

#[test]
fn mcp_servers_need_what_their_type_needs() {
    insta::assert_snapshot!(
        said(
            "project: shop\ncodex:\n  mcp:\n    servers:\n      - {name: a, type: stdio}\n      - {name: b, type: http}\n      \
             - {name: c, type: cluster}\n      - {name: a, type: sse}\n      - name: d\n        type: stdio\n        command: npx\n        \
             env:\n          A: plain\n          B: {value: x, envRef: Y}\n          C: {optional: true}\n"
        ),
        @r"
    services.yaml:5:9: `codex.mcp.servers[0].command` is missing
    services.yaml:6:9: `codex.mcp.servers[1].endpoint` is missing
    services.yaml:7:9: `codex.mcp.servers[2].service` is missing: a cluster server is a service
    services.yaml:8:16: two MCP servers are named `a` (first on line 5)
    services.yaml:8:25: `codex.mcp.servers[3].type` must be `stdio`, `http`, `https` or `cluster`, not `sse`
    services.yaml:13:14: `codex.mcp.servers[4].env.A` must be a reference, not a value
      hint: write `value: …`, `envRef: NAME` or `varRef: NAME` below it
    services.yaml:14:14: `codex.mcp.servers[4].env.B` has more than one of `value`, `envRef` and `varRef`
      hint: it needs exactly one
    services.yaml:15:14: `codex.mcp.servers[4].env.C` has none of `value`, `envRef` and `varRef`
      hint: it needs exactly one
    "
    );
}

#[test]
fn names_of_other_parts_of_the_file_must_be_there() {
    insta::assert_snapshot!(
        said(
            "project: shop\nnamespace: {patterns: {ai-stagign: x}}\nenvironments:\n  ai: {slotBootstrapInfra: [stroage]}\n  \
             production: {}\ninfrastructure: [{name: storage}]\nservices:\n  - name: web\n    overlays: {prodution: {}}\n"
        ),
        @r"
    services.yaml:2:24: warning: namespace pattern of `ai-stagign`, but there is no such environment
      hint: the file has ai, production
    services.yaml:4:29: warning: there is no infrastructure group `stroage`
      hint: did you mean `storage`?
    services.yaml:9:16: warning: overlay of `prodution`, but there is no such environment
      hint: did you mean `production`?
    "
    );
}

#[test]
fn data_paths_stay_below_their_root() {
    insta::assert_snapshot!(
        said("project: shop\ndataPaths:\n  root: /srv/shop\n  envDir: /srv/shopping\n  dirs: [pg, ../x, /srv/shop/ok]\n"),
        @r"
    services.yaml:4:11: `/srv/shopping` is not below `dataPaths.root` (/srv/shop)
    services.yaml:5:14: `../x` is not below `dataPaths.root` (/srv/shop)
    "
    );
    insta::assert_snapshot!(said("project: shop\ndataPaths: {dirs: [pg]}\n"), @r"
    services.yaml:2:12: `dataPaths.root` is missing
      hint: no folder outside it is ever touched
    ");
}

#[test]
fn a_boolean_of_yaml_1_1_is_text_and_the_error_says_so() {
    insta::assert_snapshot!(said("project: shop\npublish:\n  draft: off\n"), @r"
    services.yaml:3:10: `publish.draft` must be true or false, not `off`
      hint: in YAML 1.2 this is text; write `false`
    ");
    assert!(!load("project: shop\npublish: {draft: 'false'}\n").unwrap().stack.publish.draft, "from a template");
}

#[test]
fn a_line_that_a_trim_marker_takes_is_told() {
    insta::assert_snapshot!(said("# {{- $a := 1 -}}\nregistry: a\nproject: shop\n"), @r"
    services.yaml:2:1: warning: the template above takes `registry` into its comment: it has no effect
      hint: let the line above end in `}}` instead of `-}}`
    ");
}

#[test]
fn a_mapping_that_loses_its_first_line_to_a_trim_marker_is_told_with_it() {
    insta::assert_snapshot!(
        said("project: shop\n# {{- $tag := \"1\" -}}\n\nstorage:\n  data: {size: 1Gi}\nregistry: a\n"),
        @"
    services.yaml:4:1: the template above takes the line `storage:` into its comment, and what stands below it is left
      hint: let the line above end in `}}` instead of `-}}`
    services.yaml:5:3: this line's indentation fits nothing above it
      hint: keys of one mapping start in the same column
    "
    );
}

#[test]
fn env_files_hold_no_template() {
    insta::assert_snapshot!(said("project: shop\nenvFiles: ['{{ .Env }}.env', missing.env]\n"), @r"
    services.yaml:2:12: `envFiles` can't hold a template
      hint: these files are read first: templates see what they say
    services.yaml:2:30: envFiles: missing.env: there is no such file
      hint: paths start at the folder of this file
    ");
}
