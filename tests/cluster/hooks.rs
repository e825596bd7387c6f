//! Hooks against a real API server: the steps of `hooks.beforeAll` of a project, run one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use codexctl_action::cluster::{Cluster, Named, Patience, Places, choose};
use codexctl_action::deploy::hooks::{Around, FailureKind, HookFailure, Hooks, Preflight};
use codexctl_action::flows::hook_comments::HookComments;
use codexctl_action::github::live::{RealWait, Wait};
use codexctl_action::secrets::{Redactor, Secret};
use codexctl_action::settings::Settings;
use codexctl_action::stack::{Decided, Extras, LoadRequest, Loaded, VarsInput, load};
use codexctl_action::ui::plain::PlainUi;
use codexctl_action::ui::{Level, Style, Ui};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::cluster::{Namespace, cluster};

/// A project whose environment `ai` has slot 7, with a namespace of its own, and another one for staging.
struct Story {
    folder: TempDir,
    namespace: Namespace<'static>,
    staging: Namespace<'static>,
    variables: BTreeMap<String, String>,
    said: Said,
    cancel: watch::Sender<bool>,
    context: Option<&'static str>,
    /// Several runs at once write services.yaml one after the other.
    loading: Mutex<()>,
}

/// What was said on standard error.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Refuses;

#[async_trait]
impl Preflight for Refuses {
    async fn check(&self) -> Result<(), String> {
        Err("2 of 3 objects would be refused".to_owned())
    }
}

impl Story {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = std::env::var("PATH").unwrap();
        let temporary = folder.path().join("tmp");
        fs::create_dir(&temporary).unwrap();
        // The outbox is that of the work tree.
        fs::create_dir(folder.path().join(".git")).unwrap();
        let variables =
            [("PATH", path), ("HOME", "/nonexistent".to_owned()), ("TMPDIR", temporary.display().to_string())];
        Self {
            namespace: cluster().namespace(),
            staging: cluster().namespace(),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            said: Said::default(),
            cancel: watch::Sender::new(false),
            context: None,
            loading: Mutex::default(),
            folder,
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn load(&self, steps: &str) -> Loaded {
        let steps: String = steps.lines().map(|line| format!("    {line}\n")).collect();
        let (ai, staging) = (&self.namespace.name, &self.staging.name);
        let text = format!(
            "project: shop\nenvironments: {{ai: {{}}, ai-staging: {{}}}}\n\
             namespace: {{patterns: {{ai: '{ai}', ai-staging: '{staging}'}}}}\n\
             hooks:\n  beforeAll:\n{steps}"
        );
        fs::write(self.path("services.yaml"), text).unwrap();
        let request = LoadRequest {
            path: self.path("services.yaml"),
            env: "ai".to_owned(),
            namespace: None,
            vars: VarsInput { process: self.variables.clone(), ..VarsInput::default() },
            decided: Decided { slot: Some(7), ..Decided::default() },
            now: chrono::DateTime::UNIX_EPOCH,
        };
        load(&request).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs the steps.
    fn run(&self, steps: &str) -> Result<(), Box<HookFailure>> {
        let loading = self.loading.lock().unwrap();
        let (loaded, kubeconfig) = (self.load(steps), self.kubeconfig());
        drop(loading);
        let redactor = Redactor::default();
        for (_, value) in loaded.vars.iter().filter(|(name, _)| codexctl_action::secrets::is_secret_name(name)) {
            redactor.add(&Secret::new(value.to_owned()));
        }
        let ui = PlainUi::new(self.said.clone(), Level::Debug, Style { color: false }, redactor.clone());
        let ui: Arc<dyn Ui> = Arc::new(ui);
        let wait: Arc<dyn Wait> = Arc::new(RealWait);
        let settings = Settings::new(Default::default(), self.variables.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let kubeconfig = Named { value: kubeconfig, by: "--kubeconfig".to_owned() };
            let context = self.context.map(|value| Named { value: value.to_owned(), by: "--context".to_owned() });
            let places = Places { kubeconfig: Some(kubeconfig), context, ..Places::default() };
            let target = choose(&places).await.target.unwrap().unwrap();
            let cluster = Cluster::connect(target, Patience::default()).await.unwrap_or_else(|why| panic!("{why}"));
            let comments = HookComments::new(&settings, &loaded, &ui, &redactor, &wait);
            let renderer = loaded.renderer(&Extras::default()).unwrap();
            let hooks = Hooks::new(Around {
                loaded: &loaded,
                renderer: &renderer,
                cluster: &cluster,
                comments: &comments,
                preflight: Some(&Refuses),
                ui: &ui,
                redactor: &redactor,
                cancel: self.cancel.subscribe(),
            });
            hooks.run(&loaded.stack.hooks.before_all, "beforeAll").await.map_err(Box::new)
        })
    }

    fn kubeconfig(&self) -> PathBuf {
        let path = self.path("kubeconfig");
        if path.exists() {
            return path;
        }
        let user = serde_json::to_value(cluster().config.auth_infos[0].auth_info.as_ref().unwrap()).unwrap();
        cluster().kubeconfig_of(&path, &user);
        path
    }

    /// What was said, without what differs from run to run.
    fn text(&self) -> String {
        let text = String::from_utf8(self.said.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| {
            // The time that a step took.
            line.rsplit_once("  ").filter(|(_, end)| end.ends_with('s') && end.len() < 8).map_or(line, |(line, _)| line)
        });
        self.shown(&lines.map(|line| format!("{}\n", line.trim_end())).collect::<String>())
    }

    fn shown(&self, text: &str) -> String {
        text.replace(&cluster().server(), "https://server")
            .replace(&self.folder.path().display().to_string(), "~")
            .replace(&self.namespace.name, "NS")
            .replace(&self.staging.name, "STAGING")
    }

    /// How it failed.
    fn failure(&self, ended: Result<(), Box<HookFailure>>) -> String {
        let failure = ended.unwrap_err();
        format!("{:?}: {}", failure.kind, self.shown(&failure.to_string()))
    }

    fn secret(&self, namespace: &Namespace, name: &str) -> Option<Value> {
        cluster().ask(Method::GET, &format!("/api/v1/namespaces/{}/secrets/{name}", namespace.name), None).ok()
    }

    /// The API group of this story.
    fn group(&self) -> String {
        format!("{}.example.com", self.namespace.name)
    }

    /// A kind that nobody looks after, and the path of its objects.
    fn gizmos(&self) -> String {
        let group = self.group();
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}});
        cluster().create(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            &json!({
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": format!("gizmos.{group}")},
                "spec": {
                    "group": group, "scope": "Namespaced", "versions": [version],
                    "names": {"kind": "Gizmo", "plural": "gizmos", "singular": "gizmo", "shortNames": ["giz"]},
                },
            }),
        );
        let path = format!("/apis/{group}/v1/namespaces/{}/gizmos", self.namespace.name);
        cluster().until("the kind is served", || cluster().ask(Method::GET, &path, None).is_ok());
        path
    }

    fn gizmo(&self, path: &str, name: &str) {
        let api_version = format!("{}/v1", self.group());
        cluster().create(path, &json!({"apiVersion": api_version, "kind": "Gizmo", "metadata": {"name": name}}));
    }

    fn condition(&self, path: &str, name: &str, status: &str) {
        let patch = json!([{"op": "add", "path": "/status", "value": {"conditions": [
            {"type": "Ready", "status": status, "reason": "Wound", "message": "the spring is wound"},
        ]}}]);
        cluster().patch(&format!("{path}/{name}/status"), &patch);
    }

    /// Does something once the step has said this.
    fn while_running(&self, steps: &str, says: &str, then: impl FnOnce() + Send) -> Result<(), Box<HookFailure>> {
        std::thread::scope(|scope| {
            let said = self.said.clone();
            scope.spawn(move || {
                while !String::from_utf8_lossy(&said.0.lock().unwrap()).contains(says) {
                    std::thread::yield_now();
                }
                then();
            });
            self.run(steps)
        })
    }
}

impl Drop for Story {
    /// Definitions belong to the whole cluster.
    fn drop(&mut self) {
        let name = format!("gizmos.{}", self.group());
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
        let _ = cluster().ask(Method::DELETE, &path, None);
    }
}

#[test]
fn a_kind_and_an_object_that_come_late_are_waited_for() {
    let story = Story::new();
    let steps = format!(
        "- name: wound\n  use: kubectl.wait\n  with: {{kind: Gizmo.{}, name: one, condition: Ready}}",
        story.group()
    );
    let ended = story.while_running(&steps, "… wound", || {
        let path = story.gizmos();
        story.gizmo(&path, "one");
        story.condition(&path, "one", "False");
        story.condition(&path, "one", "True");
    });
    assert_eq!(ended, Ok(()));
    insta::assert_snapshot!(story.text(), @"
    … wound
    ✓ wound           beforeAll: Gizmo `one` in `NS` is Ready
    ");
}

#[test]
fn an_object_that_does_not_get_there_tells_how_it_is() {
    let story = Story::new();
    let path = story.gizmos();
    story.gizmo(&path, "one");
    story.condition(&path, "one", "False");
    // A kind is served a moment before the server lists it among all kinds.
    // Other stories have gizmos of their own: the group says whose are meant.
    let kind = format!("giz.{}", story.group());
    assert_eq!(
        story.run(&format!("- use: kubectl.wait\n  with: {{kind: {kind}, name: one, condition: create}}")),
        Ok(())
    );
    let wait = &|name: &str, condition: &str| {
        let with = format!("{{kind: {kind}, name: {name}, condition: {condition}, timeout: 10s}}");
        story.failure(story.run(&format!("- use: kubectl.wait\n  with: {with}")))
    };
    let all = [("one", "Ready"), ("two", "Ready"), ("one", "delete")];
    let said = std::thread::scope(|scope| {
        let running = all.map(|(name, condition)| scope.spawn(move || wait(name, condition)));
        running.map(|one| one.join().unwrap()).join("\n")
    });
    insta::assert_snapshot!(said, @"
    TimedOut: ~/services.yaml:6:7: `kubectl.wait` (beforeAll) timed out: Gizmo `one` in `NS` is not `Ready` after 10s
      hint: its conditions: Ready=False (Wound: the spring is wound)
    TimedOut: ~/services.yaml:6:7: `kubectl.wait` (beforeAll) timed out: Gizmo `two` in `NS` is not `Ready` after 10s
      hint: it is not there at all
    TimedOut: ~/services.yaml:6:7: `kubectl.wait` (beforeAll) timed out: Gizmo `one` in `NS` is still there after 10s
      hint: its conditions: Ready=False (Wound: the spring is wound)
    ");
}

#[test]
fn an_object_is_waited_for_until_it_is_gone_and_a_condition_until_it_is_false() {
    let story = Story::new();
    let path = story.gizmos();
    story.gizmo(&path, "one");
    story.condition(&path, "one", "False");
    let group = story.group();
    let not = format!("- use: kubectl.wait\n  with: {{kind: gizmos.{group}, name: one, condition: Ready=false}}");
    assert_eq!(story.run(&not), Ok(()));
    let gone =
        format!("- name: gone\n  use: kubectl.wait\n  with: {{kind: gizmo.{group}, name: one, condition: delete}}");
    let ended = story.while_running(&gone, "… gone", || {
        cluster().ask(Method::DELETE, &format!("{path}/one"), None).unwrap();
    });
    assert_eq!(ended, Ok(()));
}

#[test]
fn a_kind_that_nobody_knows_is_told_with_the_nearest() {
    let story = Story::new();
    let step = |kind: &str, more: &str| {
        let with = format!("{{kind: {kind}, name: web, timeout: 2s{more}}}");
        story.failure(story.run(&format!("- name: web-is-up\n  use: kubectl.wait\n  with: {with}")))
    };
    insta::assert_snapshot!(step("deploiment", ""), @"
    TimedOut: ~/services.yaml:6:7: `web-is-up` (beforeAll) timed out: https://server has no kind `deploiment`
      hint: did you mean `deployment`?
    ");
    insta::assert_snapshot!(step("deploy", ", condition: 'jsonpath={.status.phase}=Running'"), @"
    Failed: ~/services.yaml:6:7: `web-is-up` (beforeAll) failed: `jsonpath={.status.phase}=Running` is no condition that it can wait for
      hint: `Available`, `Ready=False` and the like, `create` or `delete`
    ");
}

#[test]
fn secrets_of_the_agent_are_made_from_the_variables_that_are_set() {
    let story = Story::new().set("OPENAI_API_KEY", "sk-first-of-two").set("CODEX_GH_PAT", "ghp-first-of-two");
    // As the older codexctl left it.
    let path = format!("/api/v1/namespaces/{}/secrets?fieldManager=kubectl-client-side-apply", story.namespace.name);
    let older = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "openai-secret"}, "stringData": {"OPENAI_API_KEY": "old"}});
    cluster().create(&path, &older);
    let step = "- name: model-key\n  use: codex.ensure-codex-secrets";
    assert_eq!(story.run(step), Ok(()));
    insta::assert_snapshot!(story.text(), @"
    … model-key
    note: github-secret in NS holds the GitHub token: pods that use it, and whoever may read Secrets there, can write with it
      where the agent shall not have it, name the token GH_TOKEN instead of CODEXCTL_GH_PAT
    ✓ model-key       beforeAll: openai-secret, github-secret
    ");
    let data = |name: &str| story.secret(&story.namespace, name).map(|secret| secret["data"].to_string());
    assert_eq!(data("openai-secret").unwrap(), r#"{"OPENAI_API_KEY":"c2stZmlyc3Qtb2YtdHdv"}"#);
    let token = "Z2hwLWZpcnN0LW9mLXR3bw==";
    assert_eq!(data("github-secret").unwrap(), format!(r#"{{"CODEXCTL_GH_PAT":"{token}","CODEX_GH_PAT":"{token}"}}"#));
    assert_eq!(data("context7-secret"), None);
}

/// A certificate's Secret, as its issuer leaves it.
fn certificate(namespace: &Namespace, key: &str) {
    let path = format!("/api/v1/namespaces/{}/secrets", namespace.name);
    cluster().create(
        &path,
        &json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": "shop-dev-7-tls", "annotations": {"cert-manager.io/issuer-name": "le"}},
            "stringData": {"tls.crt": "certificate", "tls.key": key},
        }),
    );
}

const REUSE: &str = "- name: certificate\n  use: codex.reuse-dev-tls-secret";

#[test]
fn a_slots_certificate_comes_from_staging() {
    let story = Story::new();
    certificate(&story.staging, "key-of-staging");
    assert_eq!(story.run(REUSE), Ok(()));
    let copy = story.secret(&story.namespace, "shop-dev-7-tls").unwrap();
    assert_eq!(copy["data"], json!({"tls.crt": "Y2VydGlmaWNhdGU=", "tls.key": "a2V5LW9mLXN0YWdpbmc="}));
    assert_eq!((&copy["type"], &copy["metadata"]["annotations"]), (&json!("kubernetes.io/tls"), &Value::Null));
    insta::assert_snapshot!(story.text(), @"
    … certificate
    ✓ certificate     beforeAll: shop-dev-7-tls comes from STAGING
    ");
}

#[test]
fn a_certificate_that_the_cluster_makes_is_kept_in_staging_and_a_newer_one_replaces_it() {
    let story = Story::new();
    assert_eq!(story.while_running(REUSE, "waiting up to", || certificate(&story.namespace, "first-key")), Ok(()));
    let kept = |story: &Story| story.secret(&story.staging, "shop-dev-7-tls").unwrap()["data"]["tls.key"].clone();
    assert_eq!(kept(&story), json!("Zmlyc3Qta2V5"));
    let path = format!("/api/v1/namespaces/{}/secrets/shop-dev-7-tls", story.namespace.name);
    cluster().patch(&path, &json!([{"op": "replace", "path": "/data/tls.key", "value": "bmV3ZXIta2V5"}]));
    assert_eq!(story.run(REUSE), Ok(()));
    assert_eq!(kept(&story), json!("bmV3ZXIta2V5"));
    insta::assert_snapshot!(story.text(), @"
    … certificate
      waiting up to 240s for shop-dev-7-tls in NS
    ✓ certificate     beforeAll: shop-dev-7-tls is there, a copy is in STAGING
    … certificate
    ✓ certificate     beforeAll: shop-dev-7-tls is there, a copy is in STAGING
    ");
}

#[test]
fn a_certificate_that_never_comes_fails_nothing() {
    let story = Story::new();
    assert_eq!(story.run(&format!("{REUSE}\n  timeout: 1s")), Ok(()));
    let other = "- use: codex.reuse-dev-tls-secret\n  with: {stagingNamespace: not-there, secretName: other}";
    certificate_named(&story.namespace, "other");
    assert_eq!(story.run(other), Ok(()));
    insta::assert_snapshot!(story.text(), @r#"
    … certificate
      waiting up to 1s for shop-dev-7-tls in NS
    warning: shop-dev-7-tls is not there after 1s: nothing made a certificate
    ✓ certificate     beforeAll
    … codex.reuse-dev-tls-secret
    warning: no copy of other can be kept in not-there: namespaces "not-there" not found
    ✓ codex.reuse-dev-tls-secret  beforeAll
    "#);
}

fn certificate_named(namespace: &Namespace, name: &str) {
    let path = format!("/api/v1/namespaces/{}/secrets", namespace.name);
    let data = json!({"tls.crt": "certificate", "tls.key": "a-key-of-its-own"});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name}, "stringData": data});
    cluster().create(&path, &secret);
}

#[test]
fn a_script_reaches_the_same_cluster_and_context_by_a_file_for_its_eyes_alone_that_is_gone_in_the_end() {
    let mut story = Story::new();
    story.context = Some("shop");
    let step = "- run: cp \"$KUBECONFIG\" seen.json && stat -c '%a %n' \"$KUBECONFIG\" > mode";
    assert_eq!(story.run(step), Ok(()));
    let seen: Value = serde_json::from_slice(&fs::read(story.path("seen.json")).unwrap()).unwrap();
    assert_eq!(seen["current-context"], "shop");
    assert_eq!(seen["contexts"].as_array().unwrap().len(), 1);
    assert_eq!(seen["clusters"][0]["cluster"]["server"], json!(cluster().server()));
    let mode = fs::read_to_string(story.path("mode")).unwrap();
    let (mode, name) = mode.trim().split_once(' ').unwrap();
    assert_eq!(mode, "600");
    assert!(name.starts_with(&story.path("tmp").display().to_string()) && !PathBuf::from(name).exists(), "{name}");
}

#[test]
fn a_script_gets_the_users_own_kubeconfig_where_that_says_it_all() {
    let story = Story::new();
    assert_eq!(story.run("- run: echo \"$KUBECONFIG\" > seen"), Ok(()));
    assert_eq!(fs::read_to_string(story.path("seen")).unwrap().trim(), story.path("kubeconfig").display().to_string());
    assert!(story.path("kubeconfig").exists());
}

#[test]
fn steps_run_in_their_order_until_one_fails_that_may_not() {
    let story = Story::new();
    let steps = "\
- name: left-out
  when: '{{ envOr \"UNSET\" \"\" }}'
  run: echo never
- name: greet
  when: 'true'
  run: echo {{ \"{{\" }} .Project {{ \"}}\" }} in {{ .Namespace }}
- name: may-fail
  continueOnError: true
  run: echo oh no; exit 4
- use: sleep
  with: {duration: 1ms}
- use: kubectl.wait
  with: {kind: ns, name: '{{ .Namespace }}', condition: create}
- name: checked
  use: preflight
- name: never-reached
  run: echo never
";
    let failure = story.failure(story.run(steps));
    insta::assert_snapshot!(format!("{}\n{failure}", story.text()), @r#"
    debug: left-out (beforeAll) is left out by its `when`
    … greet
    greet │ shop in NS
    ✓ greet           beforeAll
    … may-fail
    may-fail │ oh no
    ✗ may-fail        beforeAll
      ⚠ `may-fail` (beforeAll) failed: bash ended with exit code 4
        ╭─[~/services.yaml:12:7]
     11 │       run: echo {{ "{{" }} .Project {{ "}}" }} in {{ .Namespace }}
     12 │     - name: may-fail
        ·       ─
     13 │       continueOnError: true
        ╰────
      help: the last line of its output: oh no
    … sleep
    ✓ sleep           beforeAll
    … kubectl.wait
    ✓ kubectl.wait    beforeAll: Namespace `NS` is there
    … checked
    ✗ checked         beforeAll

    Failed: ~/services.yaml:19:7: `checked` (beforeAll) failed: 2 of 3 objects would be refused
    "#);
}

#[test]
fn a_step_with_a_broken_template_is_wrong_configuration_at_its_line() {
    let story = Story::new();
    let ended =
        story.run("- name: fine\n  run: 'true'\n- name: broken\n  run: echo {{ \"{{\" }} .Nonsense {{ \"}}\" }}");
    insta::assert_snapshot!(story.failure(ended), @r#"
    Wrong: ~/services.yaml:8:7: `broken` (beforeAll) can't be run: template: can't evaluate field Nonsense in type config.TemplateContext in `.Nonsense`
      hint: a variable is read with `envOr "Nonsense" ""`
    "#);
}

#[test]
fn the_word_to_end_ends_a_step_even_one_that_may_fail() {
    let story = Story::new();
    let steps = "- name: long\n  continueOnError: true\n  use: sleep\n  with: {duration: 1h}\n- run: touch never";
    let stop = || {
        story.cancel.send_replace(true);
    };
    let ended = story.while_running(steps, "… long", stop);
    assert_eq!(ended.as_ref().unwrap_err().kind, FailureKind::Interrupted);
    insta::assert_snapshot!(story.failure(ended), @"Interrupted: ~/services.yaml:6:7: `long` (beforeAll) was interrupted");
    assert!(!story.path("never").exists());
}

#[test]
fn a_comment_goes_to_the_outbox_without_a_token_and_is_edited_in_place() {
    let story = Story::new().set("CODEXCTL_PR_NUMBER", "12").set("NEWS", "ready");
    let steps = "- name: tell\n  use: github.comment\n  with: {pr: '{{ envOr \"CODEXCTL_PR_NUMBER\" \"\" }}', body: 'It is {{ envOr \"NEWS\" \"\" }}.'}";
    assert_eq!(story.run(steps), Ok(()));
    let story = story.set("NEWS", "still ready");
    assert_eq!(story.run(steps), Ok(()));
    insta::assert_snapshot!(story.text(), @"
    … tell
    ✓ tell            beforeAll: ~/.codexctl/outbox/pull-12.comment-hook-ai-beforeAll-tell-628fa014.md (there is no GitHub token)
    … tell
    ✓ tell            beforeAll: ~/.codexctl/outbox/pull-12.comment-hook-ai-beforeAll-tell-628fa014.md (there is no GitHub token)
    ");
    let files: Vec<PathBuf> = fs::read_dir(story.path(".codexctl/outbox"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    insta::assert_snapshot!(fs::read_to_string(&files[0]).unwrap(), @r#"
    <!-- codexctl:{"kind":"hook ai beforeAll tell","repo":"","project":"shop","number":12,"schema":1} -->
    It is still ready.
    "#);
}

#[test]
fn a_comment_with_a_secret_in_it_is_not_written() {
    let story = Story::new().set("SHOP_PASSWORD", "open-sesame-1");
    let ended =
        story.run("- use: github.comment\n  with: {issue: 3, body: 'Log in with {{ envOr \"SHOP_PASSWORD\" \"\" }}'}");
    insta::assert_snapshot!(story.failure(ended), @"Failed: ~/services.yaml:6:7: `github.comment` (beforeAll) failed: line 1 of the comment holds a secret value of this run: it was not written");
    assert!(!story.path(".codexctl").exists());
    let ended = story.run("- use: github.comment\n  with: {issue: '', body: hello}");
    insta::assert_snapshot!(story.failure(ended), @"
    Failed: ~/services.yaml:6:7: `github.comment` (beforeAll) failed: `with.issue` is empty when rendered
      hint: set CODEXCTL_ISSUE_NUMBER (--issue), or let the step's `when` leave it out without one
    ");
}
