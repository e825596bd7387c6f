//! services.yaml missing, broken or for other environments, and a machine that lacks things.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::scene::{Scene, event};

#[test]
fn a_folder_without_services_yaml_still_shows_decision_and_gates() {
    let scene = Scene::empty();
    let ran = scene.dry("dev.json").run();
    scene.bind(|| assert_snapshot!(ran.shown(), @r#"
    exit 2
    ── stdout
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · label [ai-dev] on issue #7 "Cart total ignores the quantity discount" · by octocat
    ├─ flow dev
    │  ├─ because label [ai-dev] was set
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    ├─ gates: pass, as far as known
    │  ├─ actor: pass · no GitHub token, so ann at this machine is the actor
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: unknown (would look into the slot records)
    ├─ would write, in this order
    │  ├─ 1. GitHub: put an eyes reaction on issue #7
    │  ├─ 2. GitHub: take the label [ai-dev] off issue #7
    │  └─ 3. GitHub: write the progress comment on issue #7
    │     ┊ <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"","number":7,"schema":1,"phase":"unfinished","delivery":"event-[hash]"} -->
    │     ┊ ### ❌ The run failed
    │     ┊
    │     ┊ > ```text
    │     ┊ > services.yaml: can't be read: there is no such file (`codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file)
    │     ┊ > ```
    │     ┊
    │     ┊ **Next:** put right what is named above, then set the label `[ai-dev]` again.
    │     ┊
    │     ┊ **Cost:** [time] · no tokens
    │     ┊
    │     ┊ <details><summary>Steps</summary>
    │     ┊
    │     ┊ - [x] Checks before the start
    │     ┊ - [x] Reaction on the issue
    │     ┊ - [x] Repository fetched
    │     ┊ - [ ] **Slot** ❌
    │     ┊
    │     ┊ </details>
    └─ notes
       ├─ services.yaml: can't be read: there is no such file (`codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file)
       └─ no GitHub token: what is written to GitHub would go to .codexctl/outbox/
    ── stderr
      × services.yaml: can't be read: there is no such file
      help: `codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file
    "#));
}

#[test]
fn a_mistake_is_shown_at_its_place_in_the_file_and_told_in_the_plan() {
    let scene = Scene::with_stack("project: shop\nenvironments:\n  ai: {}\nservices:\n  - nmae: web\n");
    scene.bind(|| assert_snapshot!(scene.dry("dev.json").run().shown(), @r#"
    exit 2
    ── stdout
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · label [ai-dev] on issue #7 "Cart total ignores the quantity discount" · by octocat
    ├─ flow dev
    │  ├─ because label [ai-dev] was set
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    ├─ gates: pass
    │  ├─ actor: pass · no GitHub token, so ann at this machine is the actor
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: pass · no other run does dev for issue #7
    ├─ slot 1 (new)
    │  ├─ branch unknown (would ask the remote and GitHub)
    │  ├─ namespace shop-dev-1
    │  └─ record [folder]/home/state/codexctl/codex-k8s/shop/slots/1.json
    ├─ would write, in this order
    │  ├─ 1. GitHub: put an eyes reaction on issue #7
    │  ├─ 2. GitHub: take the label [ai-dev] off issue #7
    │  └─ 3. GitHub: write the progress comment on issue #7
    │     ┊ <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"event-[hash]"} -->
    │     ┊ ### ❌ The run failed
    │     ┊
    │     ┊ > ```text
    │     ┊ > services.yaml:5:5: `services[0].name` is missing
    │     ┊ > ```
    │     ┊
    │     ┊ **Next:** put right what is named above, then set the label `[ai-dev]` again.
    │     ┊
    │     ┊ **Cost:** [time] · no tokens
    │     ┊
    │     ┊ <details><summary>Steps</summary>
    │     ┊
    │     ┊ - [x] Checks before the start
    │     ┊ - [x] Reaction on the issue
    │     ┊ - [x] Repository fetched
    │     ┊ - [ ] **Slot** ❌
    │     ┊
    │     ┊ </details>
    └─ notes
       ├─ services.yaml:5:5: `services[0].name` is missing
       └─ no GitHub token: what is written to GitHub would go to .codexctl/outbox/
    ── stderr
      × `services[0].name` is missing
       ╭─[services.yaml:5:5]
     4 │ services:
     5 │   - nmae: web
       ·     ─
       ╰────
      ⚠ unknown field `services[0].nmae`
       ╭─[services.yaml:5:5]
     4 │ services:
     5 │   - nmae: web
       ·     ────
       ╰────
      help: did you mean `name`?
    "#));
}

#[test]
fn several_mistakes_are_told_each_and_counted() {
    let scene = Scene::with_stack("project: shop\nmaxSlots: many\ncodex: 7\n");
    let ran = scene.dry("dev.json").run();
    assert_eq!(ran.exit, 2);
    assert_snapshot!(ran.stderr, @"
      × `maxSlots` must be a whole number, not `many`
       ╭─[services.yaml:2:11]
     1 │ project: shop
     2 │ maxSlots: many
       ·           ────
     3 │ codex: 7
       ╰────
      help: 0 or more
      × `codex` must be a mapping, not `7`
       ╭─[services.yaml:3:8]
     2 │ maxSlots: many
     3 │ codex: 7
       ·        ─
       ╰────
      help: write its fields below it: `name: value`
    error: services.yaml has 2 mistakes
    ");
    let notes = ran.stdout.split("└─ notes\n").nth(1).unwrap_or_default();
    assert_snapshot!(notes, @"
    ├─ services.yaml:2:11: `maxSlots` must be a whole number, not `many` (0 or more)
    ├─ services.yaml:3:8: `codex` must be a mapping, not `7` (write its fields below it: `name: value`)
    └─ no GitHub token: what is written to GitHub would go to .codexctl/outbox/
    ");
}

#[test]
fn a_file_that_is_no_yaml_is_told_at_the_place_where_it_breaks() {
    let scene = Scene::with_stack("project: [shop\nenvironments: {}\n");
    assert_snapshot!(scene.dry("dev.json").run().stderr, @"
     × this `:` stands inside a `[` or `{` that is not closed
      ╭─[services.yaml:2:13]
    1 │ project: [shop
    2 │ environments: {}
      ·             ─
      ╰────
     help: close it, or quote the text it is part of
    ");
    let template = Scene::with_stack("project: '{{ .Projekt | quoted }}'\n");
    assert_snapshot!(template.dry("dev.json").run().stderr, @r#"
     × template: function "quoted" not defined
      ╭─[services.yaml:1:25]
    1 │ project: '{{ .Projekt | quoted }}'
      ·                         ─
      ╰────
     help: there are and, call, default, envOr, eq, ge, gt, html, indent, index, join, js, le, len,
           lt, ne, not, now, or, print, printf, println, slice, slug, ternary, toLower, trimPrefix,
           truncSHA, urlquery
    "#);
}

#[test]
fn on_github_a_mistake_is_an_annotation_of_its_line() {
    let scene = Scene::with_stack("project: shop\nmaxSlots: many\n");
    let ran = scene.dry("dev.json").env("GITHUB_ACTIONS", "true").env("CODEXCTL_ALLOWED_USERS", "octocat").run();
    assert_eq!(ran.exit, 2);
    assert_snapshot!(ran.stderr, @"::error file=services.yaml,line=2,col=11::`maxSlots` must be a whole number, not `many`%0A0 or more");
}

#[test]
fn an_environment_that_the_file_lacks_is_told_with_those_that_it_has() {
    let scene = Scene::shop();
    assert_snapshot!(scene.call(&["run", "--dry-run", "--env", "nope", "--event", &event("dev.json")]).run().stderr, @"
     × there is no environment `nope`
       ╭─[services.yaml:52:1]
    51 │ 
    52 │ environments:
       · ────────────
    53 │   dev:                      # a developer's own cluster
       ╰────
     help: the file has ai, ai-repair, ai-staging, dev, preview
    ");
}

#[test]
fn another_file_can_be_named_but_not_one_outside_the_repository() {
    let scene = Scene::shop();
    fs::rename(scene.work().join("services.yaml"), scene.work().join("stack.yaml")).expect("another name");
    let run = |config: &str| scene.call(&["run", "--dry-run", "-c", config, "--event", &event("dev.json")]).run();
    assert_eq!(run("stack.yaml").exit, 0);
    assert_eq!(run(&scene.work().join("stack.yaml").display().to_string()).exit, 0);
    scene.bind(|| assert_snapshot!(run("../stack.yaml").refused(), @"error: [folder]/work/../stack.yaml is outside the repository at [folder]/work"));
    fs::create_dir(scene.work().join("folder")).expect("a folder");
    assert_snapshot!(run("folder").stderr, @"
    × folder: can't be read: it is a folder
    help: --config or CODEXCTL_CONFIG names another file
    ");
}

#[test]
fn the_file_is_found_from_a_folder_below() {
    let scene = Scene::shop();
    let below = scene.work().join("services");
    let ran =
        scene.call(&["run", "--dry-run", "-c", "../services.yaml", "--event", &event("dev.json")]).folder(&below).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
}

#[test]
fn without_a_home_there_is_no_place_for_state() {
    let scene = Scene::shop();
    let none = scene.dry("dev.json").without("HOME").without("XDG_STATE_HOME").run();
    assert_snapshot!(none.refused(), @"error: neither XDG_STATE_HOME nor HOME is set: there is no place for state");
    let state_only = scene.dry("dev.json").without("HOME").run();
    assert_eq!(state_only.exit, 0, "{}", state_only.stderr);
    // The XDG base directory specification: a relative path is to be ignored.
    let relative = scene.dry("dev.json").env("XDG_STATE_HOME", "state").run();
    assert!(
        relative.stdout.contains(&scene.home().join(".local/state/codexctl").display().to_string()),
        "{}",
        relative.stdout
    );
}

#[test]
fn a_dry_run_needs_neither_programs_nor_a_folder_that_can_be_written() {
    let scene = Scene::shop();
    for folder in [scene.work(), scene.home()] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("read-only");
    }
    let before = scene.files();
    let nowhere = "/no-such-folder-for-codexctl";
    let ran = scene.dry("dev.json").env("PATH", "").env("HOME", nowhere).without("XDG_STATE_HOME").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("would write, in this order"), "{}", ran.stdout);
    assert_eq!(scene.files(), before);
    assert!(!std::path::Path::new(nowhere).exists());
    for folder in [scene.work(), scene.home()] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("as it was");
    }
}
