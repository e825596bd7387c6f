//! Commands beside `run` keep every secret that they come across, wherever it stands.

use std::os::unix::fs::symlink;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::canaries::{Canary, assert_each_in_its_place, assert_found_nowhere, known, with_canaries};
use crate::command::Ran;
use crate::git_http::GitHttp;
use crate::scene::{REPO, Scene, TOKEN, git};
use crate::shims::Calls;

/// Where `git` and the commands' own requests find a proxy: excepted here, since nobody is there.
const PROXY: &str = "canary-of-the-proxy-08";
/// In the address of the remote `origin`, as some people keep it.
const ORIGIN: &str = "canary-of-the-origin-09";
/// In a file of `envFiles`.
const ENV_FILE: &str = "canary-of-the-env-file-10";
/// In services.yaml, as the header of an MCP server.
const HEADER: &str = "canary-of-the-header-11";
/// A variable that `codex.mcp` refers to, and whose name does not say that it is a secret.
const REFERENCE: &str = "canary-of-the-reference-12";
/// In a manifest of the kind Secret, as it is.
const MANIFEST: &str = "canary-of-the-manifest-13";
/// In the same one, as base64.
const ENCODED: &str = "canary-of-the-manifest-14";

fn canaries() -> Vec<Canary> {
    let of = |value, file, program| Canary { value, file, program };
    vec![
        of(PROXY, "", "git"),
        of(ORIGIN, "shop/.git/config", ""),
        of(ENV_FILE, "shop/deploy/shop.env", ""),
        of(HEADER, "shop/services.yaml", ""),
        of(REFERENCE, "", ""),
        of(MANIFEST, "shop/deploy/config.yaml", ""),
        of(ENCODED, "", ""),
    ]
}

/// Every command, in an order in which each finds something to do, and how it ends.
const COMMANDS: &[(&[&str], i32)] = &[
    (&["ci", "ensure-slot", "--issue", "7"], 0),
    (&["manage-env", "set", "--issue", "7", "--pr", "8"], 0),
    (&["manage-env", "list", "-o", "json"], 0),
    (&["manage-env", "comment", "--issue", "7"], 0),
    (&["manage-env", "comment-pr", "--issue", "7"], 0),
    (&["plan", "resolve-root", "--issue", "7"], 0),
    (&["pr", "detect", "--branch", "codex/issue-7"], 0),
    (&["pr", "review-apply", "--slot", "1", "--pr", "8", "--code-root-base", "../envs"], 0),
    (&["prompt", "render", "--issue", "7"], 0),
    (&["prompt", "render", "--kind", "dev_review", "--pr", "8"], 0),
    (&["prompt", "render", "--issue", "7", "--agent-config"], 0),
    (&["doctor"], 0),
    (&["manage-env", "cleanup-pr", "--pr", "8", "--dry-run"], 0),
    (&["manage-env", "cleanup-pr", "--pr", "8", "--delete-branch"], 0),
    (&["manage-env", "cleanup", "--slot", "1"], 0),
    (&["manage-env", "gc", "--yes", "--ttl", "1ms"], 0),
    (&["manage-env", "cleanup-issue", "--issue", "7", "--delete-branch", "--with-configmap"], 0),
    (&["manage-env", "close-linked-issue", "--branch", "codex/issue-7", "--close-issue"], 0),
    (&["manage-env", "delete-branch", "--branch", "codex/issue-7"], 0),
];

/// A shop full of secrets, with a remote that asks for a password.
struct House {
    scene: Scene,
    calls: Calls,
    _server: GitHttp,
    _runtime: tokio::runtime::Runtime,
}

impl House {
    fn new() -> Self {
        let scene = Scene::with_review(Vec::new());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let remotes = scene.path("remotes");
        std::fs::create_dir_all(remotes.join("codex-k8s")).unwrap();
        symlink(scene.path("origin.git"), remotes.join(format!("{REPO}.git"))).unwrap();
        let server = runtime.block_on(GitHttp::start(&remotes, TOKEN));
        scene.stand.as_ref().unwrap().set(|state| {
            state.clock_at(chrono::Utc::now().timestamp());
            state.issue_mut(REPO, 7).labels.push("[ai-plan]".to_owned());
        });
        let origin = server.address.replace("http://", &format!("http://shop:{ORIGIN}@"));
        let origin = format!("{origin}/{REPO}.git");
        git(&scene.path("shop"), &["remote", "set-url", "origin", &origin]);
        // A slot's sources, with somebody's work.
        let sources = scene.path("envs/1/src");
        std::fs::create_dir_all(scene.path("envs/1")).unwrap();
        let from = scene.path("origin.git").display().to_string();
        git(&scene.path(""), &["clone", "--quiet", "--branch", "codex/issue-7", &from, "envs/1/src"]);
        std::fs::write(sources.join("services/checkout/more.js"), "// More.\n").unwrap();
        fill(&scene);
        let (scene, calls) = with_canaries(scene);
        let proxy = format!("http://shop:{PROXY}@127.0.0.1:9");
        let scene = ["HTTP_PROXY", "HTTPS_PROXY"].iter().fold(scene, |scene, name| scene.env(name, &proxy));
        let scene = scene.env("NO_PROXY", "127.0.0.1").env("GITHUB_SERVER_URL", &server.address);
        let scene = scene.env("SHOP_MCP", "on").env("SHOP_DOCS_TOKEN_VARIABLE", "SHOP_DOCS_ACCESS");
        let scene = scene.env("SHOP_DOCS_ACCESS", REFERENCE);
        Self { scene, calls, _server: server, _runtime: runtime }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.scene.call_of(arguments).run()
    }

    /// The same for a row of [`COMMANDS`]; the pull request is closed before anything is removed.
    fn row(&self, (arguments, _): &(&[&str], i32)) -> Ran {
        if arguments.starts_with(&["manage-env", "cleanup-pr"]) {
            self.scene.stand.as_ref().unwrap().set(|state| state.issue_mut(REPO, 8).closed = true);
        }
        let ran = self.run(arguments);
        self.check_output(&format!("{arguments:?}"), &ran);
        // Later rows remove what earlier ones left.
        if arguments == &["doctor"] {
            self.check("everything up to here", &ran);
        }
        ran
    }

    fn check_output(&self, what: &str, ran: &Ran) {
        let unmasked = without_masks(ran);
        for value in canaries().into_iter().map(|canary| canary.value).chain(known()) {
            for text in [&unmasked.stdout, &unmasked.stderr] {
                assert!(!text.contains(value), "{what}: {value}\n{text}");
            }
        }
    }

    fn check(&self, what: &str, ran: &Ran) {
        let ran = &without_masks(ran);
        assert_found_nowhere(what, &self.scene, &self.calls, ran);
        assert_each_in_its_place(what, &self.scene, &self.calls, ran, &canaries());
    }
}

/// Puts secrets into files of the work tree.
fn fill(scene: &Scene) {
    let change = |name: &str, change: &dyn Fn(String) -> String| {
        let path = scene.path("shop").join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = change(text.clone());
        assert_ne!(changed, text, "{name}");
        std::fs::write(path, changed).unwrap();
    };
    change("deploy/shop.env", &|text| format!("{text}MAIL_API_TOKEN={ENV_FILE}\n"));
    change("services.yaml", &|text| text.replace("value: codex\n", &format!("value: {HEADER}\n")));
    let encoded = STANDARD.encode(ENCODED);
    let secret = format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: mail\nstringData:\n  SMTP_LOGIN: {MANIFEST}\ndata:\n  SMTP_CODE: {encoded}\n"
    );
    change("deploy/config.yaml", &|text| text + &secret);
}

/// What was said without the lines that tell GitHub's runner what to mask.
fn without_masks(ran: &Ran) -> Ran {
    let rest = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("::add-mask::"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    Ran { exit: ran.exit, stdout: rest(&ran.stdout), stderr: rest(&ran.stderr) }
}

#[test]
fn every_command_keeps_every_secret() {
    let house = House::new();
    let mut last = None;
    for row in COMMANDS {
        let ran = house.row(row);
        assert_eq!(ran.exit, row.1, "{:?}\n{}{}", row.0, ran.stderr, ran.stdout);
        last = Some(ran);
    }
    house.check("everything", &last.unwrap());
    assert!(house.calls.all().iter().any(|call| call.program == "git"), "git was not called through its shim");
    assert!(!house.scene.origin().contains("codex/"), "{}", house.scene.origin());
}

#[test]
fn in_a_workflow_every_command_masks_secrets_and_tells_them_to_nobody_else() {
    let House { scene, calls, _server, _runtime } = House::new();
    let scene = scene.env("GITHUB_ACTIONS", "true").env("GITHUB_RUN_ID", "42").env("CODEXCTL_OUTPUT", "json");
    let house = House { scene, calls, _server, _runtime };
    let mut last = None;
    for row in COMMANDS {
        let ran = house.row(row);
        for value in [TOKEN, ENV_FILE] {
            let mask = format!("::add-mask::{value}\n");
            let first = ran.stderr.find(value);
            assert_eq!(first, ran.stderr.find(&mask).map(|at| at + "::add-mask::".len()), "{:?} {value}", row.0);
        }
        last = Some(ran);
    }
    house.check("everything in a workflow", &last.unwrap());
    let outputs = std::fs::read_to_string(house.scene.path("GITHUB_OUTPUT")).unwrap();
    assert!(outputs.contains("codexctl_pr_number") && outputs.contains("namespace"), "{outputs}");
}

#[test]
fn a_command_that_fails_keeps_every_secret() {
    let house = House::new();
    // Mistakes are shown with the lines that they stand in.
    let write = |name: &str, text: &str| std::fs::write(house.scene.path("shop").join(name), text).unwrap();
    let manifest = std::fs::read_to_string(house.scene.path("shop/deploy/config.yaml")).unwrap();
    let no_base64 = format!("  SMTP_PASSWORD: {MANIFEST}\n  SMTP_CODE:");
    let numbers =
        manifest.replace("  SMTP_LOGIN:", "  SMTP_PORT: 25\n  SMTP_LOGIN:").replace("  SMTP_CODE:", &no_base64);
    for (name, text) in [
        ("deploy/shop.env", format!("SHOP_POSTGRES_DB=shop\nMAIL_API_TOKEN=\"{ENV_FILE}\n")),
        ("deploy/shop.env", format!("MAIL_API_TOKEN={ENV_FILE}\nMAIL API_TOKEN={ENV_FILE}\n")),
        ("deploy/shop.env", format!("MAIL_API_TOKEN={ENV_FILE}\n")),
        ("deploy/config.yaml", numbers),
        ("deploy/config.yaml", manifest.replace("stringData:\n  SMTP", "stringData:\n\tSMTP")),
    ] {
        write(name, &text);
        for arguments in [
            &["validate", "--env", "ai"][..],
            &["prompt", "render", "--agent-config"],
            &["manage-env", "comment", "--slot", "1", "--pr", "8", "--runtime", "kubernetes"],
        ] {
            house.check_output(&format!("{arguments:?} with a broken {name}"), &house.run(arguments));
        }
    }
    // A server that refuses everything, a proxy that is not there.
    let stand = house.scene.stand.as_ref().unwrap();
    stand.fail_always("* *", &crate::stand::Fault::Status(403, "Resource not accessible by integration"));
    for (arguments, _) in COMMANDS.iter().filter(|(arguments, _)| arguments != &["doctor"]) {
        house.check_output(&format!("{arguments:?}, refused"), &house.run(arguments));
    }
    stand.heal();
    let ran = house.scene.call_of(&["doctor"]).env("NO_PROXY", "nowhere").run();
    assert_eq!(ran.exit, 1, "{}", ran.stdout);
    house.check("doctor behind a proxy that is not there", &ran);
}

#[test]
fn a_command_as_a_github_app_keeps_the_key_and_leaves_no_token() {
    let House { scene, calls, _server, _runtime } = House::new();
    let rights = [("contents", "write"), ("issues", "write"), ("pull_requests", "write")];
    let key = scene.stand.as_ref().unwrap().set(|state| state.add_app(5, "codexctl-bot", &[REPO], &rights));
    let scene = ["CODEXCTL_GH_PAT", "GH_TOKEN", "GITHUB_TOKEN"].iter().fold(scene, |scene, name| scene.env(name, ""));
    let scene = scene.env("CODEXCTL_GH_APP_ID", "5").env("CODEXCTL_GH_APP_PRIVATE_KEY", &key);
    let line = key.lines().nth(4).unwrap().to_owned();
    let house = House { scene, calls, _server, _runtime };
    for (arguments, exit) in COMMANDS.iter().filter(|(arguments, _)| !matches!(arguments[0], "prompt" | "doctor")) {
        let ran = house.run(arguments);
        // The git server of the story knows nothing of the App.
        let pushes = matches!(arguments[1], "review-apply" | "cleanup-pr" | "cleanup-issue" | "delete-branch");
        assert!(ran.exit == *exit || pushes, "{arguments:?}\n{}{}", ran.stderr, ran.stdout);
        assert!(!ran.stderr.contains(&line) && !ran.stderr.contains("ghs_"), "{arguments:?}\n{}", ran.stderr);
        let state = house.scene.stand.as_ref().unwrap().state();
        let left = state.tokens.values().filter(|token| token.login == "codexctl-bot[bot]").count();
        assert_eq!(left, 0, "{arguments:?} left a token behind");
        drop(state);
        for call in house.calls.all() {
            assert!(!call.arguments.concat().contains("ghs_"), "{} {:?}", call.program, call.arguments);
            let held = |word: &str| call.environment.iter().any(|variable| variable.contains(word));
            assert!(!held(&line), "{} {:?} has the App's key", call.program, call.arguments);
        }
    }
}
