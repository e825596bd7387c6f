//! `codexctl init` in repositories of all kinds: what it writes, what it leaves alone, and what it says.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;

use codexctl_action::stack::{Decided, LoadRequest, RawStack, VarsInput, load};
use tempfile::TempDir;

use crate::command::{Codexctl, Ran};
use crate::scene::event;

/// The text of the pull request.
const PULL: &str = ".codexctl/outbox/pull-codexctl-init.md";
const WORKFLOW: &str = ".github/workflows/codexctl.yml";

/// A folder called `shop` with nothing in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn empty() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("shop/.git")).expect("a folder");
        Self { folder }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::empty();
        files.iter().for_each(|(path, text)| place.put(path, text));
        place
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file, but those of git.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.work()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder that can be read") {
                let path = entry.expect("an entry").path();
                match path.is_dir() && !path.is_symlink() {
                    true if path.ends_with(".git") => {}
                    true => folders.push(path),
                    false => files.push(path.strip_prefix(self.work()).expect("below").display().to_string()),
                }
            }
        }
        files.sort();
        files
    }

    fn call(&self, arguments: &[&str]) -> Codexctl {
        Codexctl::new(arguments).folder(&self.work()).env("USER", "ann")
    }

    fn init(&self) -> Ran {
        self.call(&["init"]).run()
    }

    fn git(&self, words: &[&str]) {
        let done =
            Command::new("git").args(words).current_dir(self.work()).env("GIT_CONFIG_GLOBAL", "/dev/null").output();
        let done = done.expect("git starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// What services.yaml is for each of its environments: no error, no warning.
    fn loads(&self) -> String {
        let path = self.work().join("services.yaml");
        let raw = RawStack::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let mut out = String::new();
        for env in raw.environment_names() {
            let loaded = load(&LoadRequest {
                path: path.clone(),
                env: env.to_owned(),
                namespace: None,
                vars: VarsInput::default(),
                decided: Decided { slot: Some(3), ..Decided::default() },
                now: chrono::DateTime::UNIX_EPOCH,
            });
            let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
            assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
            out.push_str(&format!("{env}: {}\n", loaded.namespace));
        }
        out
    }

    /// A text without what differs from machine to machine.
    fn shown(&self, text: &str) -> String {
        let real = self.folder.path().canonicalize().expect("a folder");
        let commit = regex::Regex::new("/ai.yml@([0-9a-f]{40} # v.*|main)\n").expect("a pattern");
        let text = text.replace(&real.display().to_string(), "[folder]");
        commit.replace(&text, "/ai.yml@[commit]\n").into_owned()
    }
}

/// A Deployment with its Service.
fn web(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          image: {image}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n"
    )
}

fn object(kind: &str, name: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
}

/// A repository with something of everything.
fn full() -> Place {
    let place = Place::empty();
    place.git(&["init", "--quiet", "--initial-branch=trunk"]);
    place.git(&["remote", "add", "origin", "https://user:ghp_secret@github.com/acme/Web.Shop.git"]);
    place.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/stable"]);
    for (path, text) in [
        ("deploy/api.yaml", web("api", "ghcr.io/acme/api:1")),
        ("deploy/postgres.yaml", web("postgres", "postgres:17")),
        ("deploy/namespace.yaml", object("Namespace", "shop")),
        ("deploy/web/deployment.yaml", web("web", "ghcr.io/acme/web:1")),
        ("deploy/web/ingress.yaml", object("Ingress", "public")),
        ("deploy/prod/api.yaml", web("api", "ghcr.io/acme/api:2")),
        (
            "deploy/settings.yaml",
            object("ConfigMap", "settings").replace("name: settings", "name: settings\n  namespace: shop"),
        ),
        ("deploy/values.yml", "replicas: 3\n".to_owned()),
        ("deploy/broken.yaml", "kind: [\n".to_owned()),
        ("deploy/alerts.yaml", "text: '{{ $labels.instance }}'\n".to_owned()),
        ("deploy/chart/Chart.yaml", "name: chart\n".to_owned()),
        ("deploy/chart/templates/x.yaml", object("ConfigMap", "x")),
        ("deploy/overlay/kustomization.yaml", "patches: []\n".to_owned()),
        ("deploy/plain/kustomization.yaml", "resources: [redis.yaml]\n".to_owned()),
        ("deploy/plain/redis.yaml", object("StatefulSet", "redis")),
        ("api/Dockerfile", "FROM scratch\nCOPY . .\n".to_owned()),
        ("web/Dockerfile", "FROM scratch\nCOPY web/index.html ./\n".to_owned()),
        ("web/index.html", String::new()),
        ("api/go.mod", "module api\n".to_owned()),
        ("web/package.json", r#"{"scripts": {"test": "vitest"}, "devDependencies": {"vitest": "3"}}"#.to_owned()),
        ("web/pnpm-lock.yaml", String::new()),
        ("docker-compose.yml", "services: {}\n".to_owned()),
        ("node_modules/x/deploy/x.yaml", web("x", "x")),
        (".gitignore", "/deploy/local/\n".to_owned()),
        ("deploy/local/secret.yaml", object("Secret", "mine")),
    ] {
        place.put(path, &text);
    }
    place
}

#[test]
fn an_empty_folder_gets_all_that_a_first_run_needs() {
    let place = Place::empty();
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    The project shop in [folder]/shop is set up for codexctl.

      services.yaml                           written: the agent works without a cluster
      .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
      .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

    Next:
      1. Read what was written, and try it. Neither command starts or changes anything:
           codexctl validate
           codexctl run --event event.json --dry-run
         event.json is what GitHub sends for a label; there is one to copy at
           https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
      2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
         GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
      3. Commit the files on a branch and open a pull request. Its text is in
           .codexctl/outbox/pull-codexctl-init.md
         Once it is merged, set the label [ai-dev] on an issue.
    ");
    assert_eq!(place.files(), [".codexctl/outbox/.gitignore", PULL, WORKFLOW, "services.yaml"]);
    assert_snapshot!("an_empty_folder_gets_services_yaml", place.shown(&place.read("services.yaml")));
    assert_snapshot!("an_empty_folder_gets_a_caller_workflow", place.shown(&place.read(WORKFLOW)));
    assert_snapshot!("an_empty_folder_gets_the_text_of_a_pull_request", place.shown(&place.read(PULL)));
    assert_snapshot!(place.loads(), @"ai: shop-dev-3");
}

#[test]
fn a_folder_that_is_no_repository_yet_gets_the_same() {
    let (plain, repository) = (Place::empty(), Place::empty());
    fs::remove_dir(plain.work().join(".git")).expect("no repository");
    assert_eq!((plain.init().exit, repository.init().exit), (0, 0));
    for path in ["services.yaml", WORKFLOW, PULL] {
        assert_eq!(plain.read(path), repository.read(path), "{path}");
    }
}

#[test]
fn what_was_written_carries_a_dry_run_from_the_label_to_the_pull_request() {
    let place = Place::empty();
    assert_eq!(place.init().exit, 0);
    let state = place.folder.path().join("state");
    let ran = place
        .call(&["run", "--dry-run", "--repo", "codex-k8s/shop", "--event", &event("dev.json")])
        .env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        .env("XDG_STATE_HOME", state)
        .run();
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    for word in ["flow dev", "namespace shop-dev-1", "draft pull request"] {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
}

#[test]
fn what_is_found_in_a_repository_stands_in_its_file() {
    let place = full();
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    The project web-shop in [folder]/shop is set up for codexctl.

      services.yaml                           written: 4 infrastructure groups, 2 services, 2 images
      .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
      .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

    Next:
      1. Read what was written, and try it. Neither command starts or changes anything:
           codexctl validate
           codexctl run --event event.json --dry-run
         event.json is what GitHub sends for a label; there is one to copy at
           https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
      2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
         GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
      3. Commit the files on a branch and open a pull request into stable. Its text is in
           .codexctl/outbox/pull-codexctl-init.md
         Once it is merged, set the label [ai-dev] on an issue.
    ── stderr
    warning: deploy/chart is a Helm chart: write what `helm template` prints into a file, and list that
    warning: deploy/overlay needs Kustomize: write what `kubectl kustomize` prints into a file, and list that
    warning: deploy/alerts.yaml is left out: it holds double braces, which codexctl reads as a Go template
    warning: deploy/broken.yaml is left out: from line 1 on it is no YAML
    warning: deploy/prod/api.yaml is left out: Deployment api stands in deploy/api.yaml too, and only one of them can be applied
    warning: deploy/namespace.yaml makes the namespace `shop`: codexctl makes each environment's own, so this can go
    warning: deploy/settings.yaml names the namespace `shop`: without that line a slot's objects are in its own
    warning: docker-compose.yml was found: codexctl does not read Docker Compose, services need Kubernetes manifests
    ");
    assert_snapshot!("a_repository_with_everything_gets_services_yaml", place.shown(&place.read("services.yaml")));
    assert_snapshot!("a_repository_with_everything_gets_the_text_of_a_pull_request", place.shown(&place.read(PULL)));
    assert_snapshot!(place.loads(), @"
    ai-staging: web-shop-ai-staging
    ai: web-shop-dev-3
    ai-repair: web-shop-ai-staging
    ");
    assert!(!place.read(PULL).contains("ghp_secret"));
}

#[test]
fn the_same_repository_gives_the_same_files() {
    let (one, other) = (full(), full());
    assert_eq!((one.init().exit, other.init().exit), (0, 0));
    for path in ["services.yaml", WORKFLOW, PULL] {
        assert_eq!(one.read(path), other.read(path), "{path}");
    }
}

#[test]
fn examples_in_comments_are_right_too() {
    let example = regex::Regex::new(r"(?m)^( *)# ((?: +|- |[a-zA-Z]+:( |$)).*)$").expect("a pattern");
    for place in [Place::empty(), full()] {
        assert_eq!(place.init().exit, 0);
        let text = place.read("services.yaml");
        // Not examples: the editor's line, and the list of what was found.
        let (head, rest) = text.split_once("\nproject:").expect("a project");
        let rest = rest.split("\n\n").filter(|block| !block.starts_with("# Found")).collect::<Vec<_>>().join("\n\n");
        let opened = example.replace_all(&rest, "$1$2");
        assert_ne!(opened, rest, "no examples");
        for word in ["exec: 60m", "tokens: 2000000", "onProtected: draft"] {
            assert!(opened.lines().any(|line| line.trim() == word), "{word}: {opened}");
        }
        place.put("services.yaml", &format!("{head}\nproject:{opened}"));
        place.loads();
    }
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let place = full();
    assert_eq!(place.init().exit, 0);
    let before: Vec<_> = place.files().into_iter().map(|file| (place.read(&file), file)).collect();
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    Nothing to do in [folder]/shop.

      services.yaml                   unchanged
      .github/workflows/codexctl.yml  unchanged
    ");
    let forced = place.call(&["init", "--force"]).run();
    assert_eq!((forced.exit, forced.stdout), (0, ran.stdout), "there is nothing to write over");
    let after: Vec<_> = place.files().into_iter().map(|file| (place.read(&file), file)).collect();
    assert_eq!(before, after);
}

#[test]
fn files_that_are_there_stay_as_they_are() {
    let place = Place::with(&[("services.yaml", "project: mine\n"), (WORKFLOW, "name: mine\n")]);
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    Nothing to do in [folder]/shop.

      services.yaml                   stays: it is there already and works as it is, in its environment
      .github/workflows/codexctl.yml  stays: it is there already
    ");
    assert_eq!(place.files(), [WORKFLOW, "services.yaml"]);
    assert_eq!((place.read("services.yaml"), place.read(WORKFLOW)), ("project: mine\n".into(), "name: mine\n".into()));
}

#[test]
fn a_project_of_the_go_tool_keeps_its_file_and_hears_that_it_works() {
    let place = Place::empty();
    let older = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/older/services.yaml");
    place.put("services.yaml", &fs::read_to_string(older).expect("the older dialect"));
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    The project shop in [folder]/shop is set up for codexctl.

      services.yaml                           stays: it is there already and works as it is, in all its 4 environments
      .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
      .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

    Next:
      1. Read what was written, and try it. Neither command starts or changes anything:
           codexctl validate
           codexctl run --event event.json --dry-run
         event.json is what GitHub sends for a label; there is one to copy at
           https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
      2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
         GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
      3. Commit the files on a branch and open a pull request. Its text is in
           .codexctl/outbox/pull-codexctl-init.md
         Once it is merged, set the label [ai-dev] on an issue.
    ");
    assert_snapshot!(place.shown(&place.read(PULL)), @r#"
    ---
    title: "Let Codex work on issues"
    head: "codexctl/init"
    base: "main"
    draft: false
    labels: []
    reviewers: []
    ---

    With this, [codexctl](https://github.com/codex-k8s/codexctl-action) works on issues of this repository: whoever may write here sets the label `[ai-dev]` on an issue, the Codex agent does the work, and the result comes back as a draft pull request. The agent has no token; codexctl checks what it did and publishes it.

    ## What is in it

    - `.github/workflows/codexctl.yml` starts a run on a GitHub runner when the label is set. Nothing else starts one.

    ## Before the first run

    - [ ] Settings → Secrets and variables → Actions: add the secret `OPENAI_API_KEY`.
    - [ ] Settings → Actions → General: allow GitHub Actions to create pull requests. Or add the secret `CODEXCTL_GH_PAT`, a token that may write contents, issues and pull requests; with it, other workflows run on those pull requests too.
    - [ ] Issues → Labels: add the label `[ai-dev]`.

    ## Try it without starting anything

    ```sh
    codexctl validate
    codexctl run --event event.json --dry-run
    ```

    `event.json` is what GitHub sends for a label; [an example](https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json).
    "#);
}

#[test]
fn a_file_with_mistakes_stays_and_is_told() {
    let place = Place::with(&[("services.yaml", "project: mine\nmaxSlots: many\nservices: 7\n")]);
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    The project shop in [folder]/shop is set up for codexctl.

      services.yaml                           stays: it is there already, with 2 mistakes
      .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
      .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

    Next:
      1. Read what was written, and try it. Neither command starts or changes anything:
           codexctl validate
           codexctl run --event event.json --dry-run
         event.json is what GitHub sends for a label; there is one to copy at
           https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
      2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
         GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
      3. Commit the files on a branch and open a pull request. Its text is in
           .codexctl/outbox/pull-codexctl-init.md
         Once it is merged, set the label [ai-dev] on an issue.
    ── stderr
    warning: services.yaml has mistakes: `codexctl validate` shows them
    ");
}

#[test]
fn a_workflow_that_calls_codexctl_is_not_doubled() {
    let own = ".github/workflows/ai_dev_issue.yml";
    let place = Place::with(&[
        (own, "jobs: {ai: {uses: codex-k8s/codexctl/.github/workflows/ai_dev_issue.yml@main}}\n"),
        (".github/workflows/ci.yml", "# codexctl is not called here\non: push\n"),
    ]);
    let ran = place.init();
    assert_eq!(ran.exit, 0);
    let line = ran.stdout.lines().find(|line| line.contains(WORKFLOW)).unwrap_or_default();
    assert_snapshot!(line.trim(), @".github/workflows/codexctl.yml          not written: .github/workflows/ai_dev_issue.yml calls codexctl already, and a label would start two runs");
    assert!(!place.files().contains(&WORKFLOW.to_owned()));
    assert!(!place.read(PULL).contains(WORKFLOW), "{}", place.read(PULL));
    assert_eq!(place.call(&["init", "--force"]).run().exit, 0);
    assert!(place.files().contains(&WORKFLOW.to_owned()), "--force writes it all the same");
}

#[test]
fn force_writes_over_files_and_keeps_each_beside_the_new_one() {
    let place = Place::with(&[
        ("services.yaml", "project: mine\n"),
        ("services.yaml.bak", "older\n"),
        (WORKFLOW, "name: mine\n"),
    ]);
    let ran = place.call(&["init", "--force"]).run();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 0
    ── stdout
    The project shop in [folder]/shop is set up for codexctl.

      services.yaml                           replaced: the agent works without a cluster; what stood there is now services.yaml.bak2
      .github/workflows/codexctl.yml          replaced; what stood there is now .github/workflows/codexctl.yml.bak
      .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

    Next:
      1. Read what was written, and try it. Neither command starts or changes anything:
           codexctl validate
           codexctl run --event event.json --dry-run
         event.json is what GitHub sends for a label; there is one to copy at
           https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
      2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
         GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
      3. Commit the files on a branch and open a pull request. Its text is in
           .codexctl/outbox/pull-codexctl-init.md
         Once it is merged, set the label [ai-dev] on an issue.
    ");
    assert_eq!(place.read("services.yaml.bak"), "older\n");
    assert_eq!(place.read("services.yaml.bak2"), "project: mine\n");
    assert_eq!(place.read(&format!("{WORKFLOW}.bak")), "name: mine\n");
    assert_snapshot!(place.loads(), @"ai: shop-dev-3");
}

#[test]
fn force_replaces_a_link_and_leaves_what_it_leads_to() {
    let place = Place::empty();
    let outside = place.folder.path().join("outside.yaml");
    fs::write(&outside, "project: theirs\n").expect("a file");
    symlink(&outside, place.work().join("services.yaml")).expect("a link");
    let ran = place.init();
    assert_eq!(ran.exit, 0);
    assert!(place.work().join("services.yaml").is_symlink(), "it is there already");
    assert_eq!(place.call(&["init", "--force"]).run().exit, 0);
    assert_eq!(fs::read_to_string(&outside).expect("a file"), "project: theirs\n");
    assert!(!place.work().join("services.yaml").is_symlink());
    assert!(place.work().join("services.yaml.bak").is_symlink());
}

#[test]
fn a_run_that_was_cut_is_ended_by_the_next_one() {
    let whole = Place::empty();
    assert_eq!(whole.init().exit, 0);
    // Cut while it wrote services.yaml: the pull request's text is there, and half of a file beside its place.
    let cut = Place::with(&[(".services.yaml.codexctl-new", "project: sh"), (PULL, &whole.read(PULL))]);
    assert_eq!(cut.init().exit, 0);
    assert_eq!(cut.files(), whole.files());
    // Cut between the two files.
    let between = Place::with(&[("services.yaml", &whole.read("services.yaml"))]);
    let ran = between.init();
    assert_snapshot!(between.shown(&ran.stdout.lines().skip(2).take(3).collect::<Vec<_>>().join("\n")), @"
    services.yaml                           unchanged
    .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
    .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request
    ");
    assert_eq!(between.files(), whole.files());
    for path in ["services.yaml", WORKFLOW, PULL] {
        assert_eq!(between.read(path), whole.read(path), "{path}");
        assert_eq!(cut.read(path), whole.read(path), "{path}");
    }
}

#[test]
fn several_runs_at_once_do_what_one_does() {
    let place = full();
    let running: Vec<_> = (0..6).map(|_| place.call(&["init"]).start()).collect();
    let ended: Vec<Ran> = running.into_iter().map(crate::command::Running::end).collect();
    for ran in &ended {
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    assert_eq!(ended.iter().filter(|ran| ran.stdout.contains("is set up")).count(), 1, "the others find it done");
    assert!(place.files().iter().all(|file| !file.ends_with("-new")), "{:?}", place.files());
}

#[test]
fn the_pull_request_and_the_prompts_speak_the_language_that_is_asked_for() {
    let place = Place::empty();
    assert_eq!(place.call(&["init", "--lang", "ru"]).run().exit, 0);
    assert!(place.read("services.yaml").contains("\n  promptLang: ru\n"));
    assert_snapshot!(place.shown(&place.read(PULL)), @r#"
    ---
    title: "Codex берётся за задачи"
    head: "codexctl/init"
    base: "main"
    draft: false
    labels: []
    reviewers: []
    ---

    С этими файлами [codexctl](https://github.com/codex-k8s/codexctl-action) берётся за задачи этого репозитория: тот, кому разрешено в него писать, ставит на задачу метку `[ai-dev]`, агент Codex делает работу, и результат приходит черновиком пулл-реквеста. Токена у агента нет: сделанное проверяет и публикует codexctl.

    ## Что внутри

    - `services.yaml` описывает проект. У каждого блока сказано, зачем он; все поля: https://github.com/codex-k8s/codexctl-action/blob/main/docs/services-yaml.md
    - `.github/workflows/codexctl.yml` начинает работу на раннере GitHub, когда ставят метку. Ничто другое её не запускает.

    ## Перед первым запуском

    - [ ] Settings → Secrets and variables → Actions: добавить секрет `OPENAI_API_KEY`.
    - [ ] Settings → Actions → General: разрешить GitHub Actions создавать пулл-реквесты. Или добавить секрет `CODEXCTL_GH_PAT` — токен с правом писать код, задачи и пулл-реквесты; с ним на таких пулл-реквестах запускаются и другие workflow.
    - [ ] Issues → Labels: добавить метку `[ai-dev]`.

    ## Попробовать, ничего не запуская

    ```sh
    codexctl validate
    codexctl run --event event.json --dry-run
    ```

    `event.json` — то, что GitHub присылает о метке; [пример](https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json).
    "#);
    let full = full();
    assert_eq!(full.call(&["init", "--lang", "ru"]).run().exit, 0);
    let holds = full.read(PULL);
    assert_snapshot!(holds.lines().find(|line| line.starts_with("- `services.yaml`")).unwrap_or_default(), @"- `services.yaml` описывает проект: 4 группы инфраструктуры, 2 сервиса, 2 образа. У каждого блока сказано, зачем он; все поля: https://github.com/codex-k8s/codexctl-action/blob/main/docs/services-yaml.md");
}

#[test]
fn programs_get_the_same_as_keys() {
    let place = full();
    let ran = place.call(&["init", "-o", "kv"]).run();
    assert_snapshot!(place.shown(&ran.stdout), @"
    folder=[folder]/shop
    project=web-shop
    services_yaml=written
    services_yaml_mistakes=0
    workflow=written
    kept_as=
    pull_text=.codexctl/outbox/pull-codexctl-init.md
    infrastructure=namespace,settings,redis,postgres
    services=api,web
    images=api,web
    next=codexctl validate,codexctl run --event event.json --dry-run,secret OPENAI_API_KEY,label [ai-dev]
    ");
    let again = place.call(&["init", "-o", "json"]).run();
    assert_snapshot!(place.shown(&again.stdout), @r#"
    {
      "folder": "[folder]/shop",
      "project": "web-shop",
      "services_yaml": "unchanged",
      "services_yaml_mistakes": 0,
      "workflow": "unchanged",
      "kept_as": [],
      "pull_text": "",
      "infrastructure": [
        "namespace",
        "settings",
        "redis",
        "postgres"
      ],
      "services": [
        "api",
        "web"
      ],
      "images": [
        "api",
        "web"
      ],
      "next": []
    }
    "#);
}

#[test]
fn names_become_names_that_kubernetes_takes() {
    for (folder, project) in [
        ("My Shop (2)", "project: my-shop-2"),
        ("2048", "project: \"2048\""),
        ("true", "project: \"true\""),
        ("магазин", "project: project"),
        ("{{ .Env }}", "project: env"),
        (&"long-".repeat(40), &format!("project: {}-lo", "long-".repeat(10).trim_end_matches('-'))),
    ] {
        let place = Place::empty();
        let work = place.work().join(folder);
        fs::create_dir_all(work.join(".git")).expect("a folder");
        let ran = place.call(&["init", "--dir", &work.display().to_string()]).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let text = fs::read_to_string(work.join("services.yaml")).expect("services.yaml");
        assert!(text.lines().any(|line| line == project), "{folder}: {project}: {text}");
        RawStack::read(&work.join("services.yaml")).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn hostile_names_stay_names() {
    let place = Place::empty();
    place.git(&["init", "--quiet", "--initial-branch=a{{b"]);
    place.put("deploy/{{ .Env }}.yaml", &object("ConfigMap", "a"));
    place.put("deploy/two\nlines.yaml", &object("ConfigMap", "b"));
    place.put("deploy/a: b #c.yaml", &web("web", "x"));
    place.put("deploy/odd.yaml", "apiVersion: v1\nkind: \"{{\\nproject: x\"\nmetadata: {name: \"a\\nb\"}\n");
    place.put("deploy/template.yaml", &web("\"{{ fail }}\"", "x"));
    place.put("{{ x }}/Dockerfile", "FROM scratch\n");
    place.put("{{ x }}/go.mod", "module x\n");
    place.put("a'b: c/Dockerfile", "FROM scratch\n");
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
        exit 0
        ── stdout
        The project shop in [folder]/shop is set up for codexctl.

          services.yaml                           written: 1 service, 1 image
          .github/workflows/codexctl.yml          written: the label [ai-dev] on an issue starts a run
          .codexctl/outbox/pull-codexctl-init.md  written: the text of the pull request

        Next:
          1. Read what was written, and try it. Neither command starts or changes anything:
               codexctl validate
               codexctl run --event event.json --dry-run
             event.json is what GitHub sends for a label; there is one to copy at
               https://github.com/codex-k8s/codexctl-action/blob/main/examples/shop/events/dev.json
          2. On GitHub, under Settings: add the secret OPENAI_API_KEY (Secrets and variables → Actions), and let
             GitHub Actions create pull requests (Actions → General). Under Issues → Labels: add the label [ai-dev].
          3. Commit the files on a branch and open a pull request. Its text is in
               .codexctl/outbox/pull-codexctl-init.md
             Once it is merged, set the label [ai-dev] on an issue.
        ── stderr
        warning: deploy/odd.yaml, deploy/template.yaml are left out: they hold double braces, which codexctl reads as a Go template
        warning: manifests in deploy are left out: double braces or control characters in their paths
        ");
    let text = place.read("services.yaml");
    let active: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.trim_start().starts_with('#')).collect();
    assert_snapshot!(active.join("\n"), @r#"
    project: shop
    maxSlots: 5
    environments:
      ai-staging: {} # what the default branch looks like, in the namespace shop-ai-staging
      ai: # a slot for each issue, in the namespace shop-dev-<slot>
        from: ai-staging
      ai-repair: # the agent inside ai-staging
        from: ai-staging
    images:
      a-b-c:
        type: build
        repository: '{{ envOr "CODEXCTL_REGISTRY_HOST" "localhost:32000" }}/shop/a-b-c'
        tagTemplate: '{{ .Namespace }}'
        dockerfile: "a'b: c/Dockerfile"
        context: "a'b: c"
    services:
      - name: web # Deployment, Service
        manifests:
          - path: "deploy/a: b #c.yaml"
        image:
          repository: '{{ envOr "CODEXCTL_REGISTRY_HOST" "localhost:32000" }}/shop/a-b-c'
          tagTemplate: '{{ .Namespace }}'
    codex:
      promptLang: en
    "#);
    place.loads();
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let place = Place::with(&[("file", "")]);
    assert_snapshot!(place.call(&["init", "--dir", "nowhere"]).run().refused(), @"error: there is no folder nowhere: make it first, or name another one with --dir");
    assert_snapshot!(place.call(&["init", "--dir", "file"]).run().refused(), @"error: there is no folder file: make it first, or name another one with --dir");
    assert_eq!(place.files(), ["file"]);
}

#[test]
fn an_empty_git_folder_above_is_no_repository() {
    let place = Place::empty();
    let below = place.work().join("web");
    fs::create_dir(&below).expect("a folder");
    let ran = place.call(&["init"]).folder(&below).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(below.join("services.yaml").is_file());
}

#[test]
fn a_folder_inside_a_repository_is_refused_with_its_root() {
    let place = Place::with(&[("services/web/main.go", "")]);
    place.git(&["init", "--quiet"]);
    let ran = place.call(&["init", "--dir", "services/web"]).run();
    assert_snapshot!(place.shown(&ran.refused()), @"error: [folder]/shop/services/web lies inside the repository [folder]/shop, and GitHub reads workflows at the root only: name the root with --dir, or make the folder a repository with `git init`");
}

#[test]
fn another_name_for_the_file_is_refused() {
    let place = Place::empty();
    assert_snapshot!(place.call(&["init", "-c", "stack.yaml"]).run().refused(), @"error: --config: init writes services.yaml, not `stack.yaml`: leave it out, rename the file later and set CODEXCTL_CONFIG in the workflow");
    assert_eq!(place.call(&["init", "-c", "./services.yaml"]).run().exit, 0);
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    for (link, to) in [(".github", "../outside"), (".github/workflows", "../../outside"), (".github", "nowhere")] {
        let place = Place::empty();
        fs::create_dir(place.folder.path().join("outside")).expect("a folder");
        let link_path = place.work().join(link);
        fs::create_dir_all(link_path.parent().expect("a parent")).expect("a folder");
        symlink(to, &link_path).expect("a link");
        let refused = place.init().refused();
        assert_eq!(
            refused,
            format!(
                "error: {link} is a symbolic link that leads out of the repository or nowhere: remove it, and run this again\n"
            )
        );
        assert_eq!(place.files(), [link], "nothing at all is written");
        assert_eq!(fs::read_dir(place.folder.path().join("outside")).expect("a folder").count(), 0);
    }
}

#[test]
fn a_link_that_stays_inside_is_followed() {
    let place = Place::with(&[("ci/README.md", "")]);
    symlink("ci", place.work().join(".github")).expect("a link");
    let ran = place.init();
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert!(place.files().contains(&"ci/workflows/codexctl.yml".to_owned()), "{:?}", place.files());
}

#[test]
fn the_outbox_is_not_written_through_a_link_either() {
    let place = Place::empty();
    symlink("..", place.work().join(".codexctl")).expect("a link");
    let ran = place.init();
    assert_snapshot!(place.shown(&ran.shown()), @"
    exit 1
    ── stderr
    error: can't write [folder]/shop/.codexctl: it is a symbolic link, remove it
    ");
    assert_eq!(place.files(), [".codexctl"]);
}

#[test]
fn a_file_where_a_folder_must_be_and_a_folder_where_a_file_must_be_are_told() {
    let file = Place::with(&[(".github", "")]);
    assert_snapshot!(file.init().refused(), @"error: .github is a file, and .github/workflows/codexctl.yml needs a folder there: move it away, and run this again");
    let folder = Place::with(&[("services.yaml/x", "")]);
    assert_snapshot!(folder.init().refused(), @"error: services.yaml is a folder, and a file must be there: move it away, and run this again");
    assert_eq!((file.files().len(), folder.files().len()), (1, 1));
}

#[test]
fn a_folder_that_can_not_be_written_is_told() {
    // Its files belong to the kernel: not even root may make one.
    let ran = Codexctl::new(&["init", "--dir", "/proc/self"]).run();
    assert_eq!((ran.exit, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    insta::with_settings!({filters => vec![(r"/proc/\d+", "/proc/[pid]")]}, { assert_snapshot!(ran.stderr, @"error: can't write /proc/[pid]/.codexctl/outbox: No such file or directory (os error 2)"); });
}

#[test]
fn a_full_disk_is_told_and_leaves_no_halves() {
    let place = Place::empty();
    // A limit of 1 KiB a file fails in the middle of a text as a full disk does; without the signal, write says so.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" init";
    let shell =
        Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_codexctl")]).current_dir(place.work()).output();
    let shell = shell.expect("bash starts");
    assert_eq!(shell.status.code(), Some(1));
    assert_snapshot!(place.shown(&String::from_utf8_lossy(&shell.stderr)), @"error: can't write [folder]/shop/.codexctl/outbox/pull-codexctl-init.md: File too large (os error 27)");
    assert_eq!(place.files(), [".codexctl/outbox/.gitignore"]);
    assert_eq!(place.init().exit, 0);
    assert_eq!(place.files(), [".codexctl/outbox/.gitignore", PULL, WORKFLOW, "services.yaml"]);
}

#[test]
fn without_git_the_folder_s_name_counts() {
    let place = full();
    let ran = place.call(&["init"]).env("PATH", "/nonexistent").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(place.read("services.yaml").contains("\nproject: shop\n"));
}

#[test]
fn what_the_caller_calls_is_in_the_repository_and_takes_what_it_is_given() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let caller = fs::read_to_string(repository.join("workflows-templates/ai.yml")).expect("the caller");
    let called = regex::Regex::new("uses: codex-k8s/codexctl-action/(.*)@").expect("a pattern");
    let called =
        fs::read_to_string(repository.join(&called.captures(&caller).expect("a call")[1])).expect("a workflow");
    let secret = regex::Regex::new(r"(?m)^      ([A-Z0-9_]+): \$\{\{ secrets\.([A-Z0-9_]+) }}").expect("a pattern");
    let mut given: Vec<String> = secret.captures_iter(&caller).map(|found| found[1].to_owned()).collect();
    let declared = regex::Regex::new(r"(?m)^      ([A-Z0-9_]+):\n        description: ").expect("a pattern");
    let mut declared: Vec<String> = declared.captures_iter(&called).map(|found| found[1].to_owned()).collect();
    assert!(secret.captures_iter(&caller).all(|found| found[1] == found[2]), "{caller}");
    given.sort();
    declared.sort();
    assert_eq!(given, declared);
}

#[test]
fn the_gallery_s_form_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows-templates");
    for entry in fs::read_dir(folder).expect("the gallery") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "yml") {
            continue;
        }
        let text = fs::read_to_string(path.with_extension("properties.json")).expect("its properties");
        let properties: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for key in ["name", "description", "iconName"] {
            assert!(properties[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        }
        for pattern in properties["filePatterns"].as_array().expect("patterns") {
            let pattern = regex::Regex::new(pattern.as_str().expect("a text")).expect("a pattern");
            assert!(pattern.is_match("services.yaml"));
        }
    }
}
