//! `codexctl doctor`: each thing that a run needs, as it is and as it may be.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::Value;

use crate::command::{Codexctl, Ran};
use crate::git_http::GitHttp;
use crate::scene::Scene;
use crate::stand::{Git, Stand};

const REPO: &str = "codex-k8s/shop";
const TOKEN: &str = "ghp_canary0000000000000000000000000000";
const STACK: &str = "project: shop\nenvironments:\n  ai: {}\n";

/// An agent that starts, and whose sandbox keeps everything from everybody.
const AGENT: &str =
    "#!/bin/sh\ncase \"$1\" in --version) echo codex-cli 0.169.0 ;; sandbox) echo hidden ;; *) exit 9 ;; esac\n";

/// A machine on which all is well, with GitHub and a git server that are there.
struct Ward {
    scene: Scene,
    stand: Stand,
    server: GitHttp,
    _runtime: tokio::runtime::Runtime,
}

impl Ward {
    fn new() -> Self {
        let scene = Scene::with_files(&[("services.yaml", STACK)]);
        std::fs::remove_dir_all(scene.work().join(".git")).unwrap();
        let remotes = scene.home().join("remotes");
        let git = Git::new(&remotes.join(format!("{REPO}.git")));
        let stand = Stand::start();
        stand.set(|state| {
            state.clock_at(chrono::Utc::now().timestamp());
            state.add_repo(REPO, git);
            state.add_user("ada", "User", "admin");
            state.add_classic_token(TOKEN, "ada", &["repo"]);
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(GitHttp::start(&remotes, TOKEN));
        let ward = Self { scene, stand, server, _runtime: runtime };
        ward.program("codex", AGENT);
        ward.git(&["init", "--quiet"]);
        ward.git(&["remote", "add", "origin", &format!("{}/{REPO}.git", ward.server.address)]);
        ward
    }

    fn bin(&self) -> PathBuf {
        self.scene.home().join("bin")
    }

    /// A program that comes first on PATH.
    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(self.bin()).unwrap();
        std::fs::write(self.bin().join(name), text).unwrap();
        std::fs::set_permissions(self.bin().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = std::process::Command::new("git");
        git.args(arguments).current_dir(self.scene.work()).env("HOME", self.scene.home());
        assert!(git.env("GIT_CONFIG_NOSYSTEM", "1").status().unwrap().success());
    }

    fn call(&self, arguments: &[&str]) -> Codexctl {
        let path = format!("{}:{}", self.bin().display(), std::env::var("PATH").unwrap());
        let call = self.scene.call(&[&["doctor"], arguments].concat()).env("PATH", path);
        let call = call.env("GITHUB_API_URL", self.stand.url()).env("GITHUB_SERVER_URL", &self.server.address);
        call.env("CODEXCTL_GH_PAT", TOKEN).env("OPENAI_API_KEY", "sk-canary-0123456789abcdef")
    }

    /// The answer without what differs from machine to machine.
    fn shown(&self, ran: &Ran) -> String {
        let text = ran.shown();
        assert!(!text.contains("canary"), "{text}");
        let text = text.replace(&self.scene.home().display().to_string(), "[home]");
        let text = text.replace(&self.scene.work().display().to_string(), "[work]");
        let text = text.replace(&self.server.address, "[server]").replace(&self.stand.url(), "[api]");
        let lines = text.lines().map(|line| match line.split_once("git            ") {
            Some((mark, _)) => format!("{mark}git            [version]"),
            None => line.to_owned(),
        });
        let lines = lines.map(|line| match line.split_once(" GB free at ") {
            Some((front, rest)) if front.contains("disk") => {
                let kept = front.trim_end_matches(|one: char| one.is_ascii_digit() || one == '.');
                format!("{kept}[much] GB free at {rest}")
            }
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The line of one check, with its way out.
    fn line(&self, call: Codexctl, check: &str) -> String {
        let text = self.shown(&call.run());
        let about = |line: &&str| {
            line.split_once(' ').is_some_and(|(mark, rest)| mark.chars().count() == 1 && rest.starts_with(check))
        };
        let mut lines = text.lines().skip_while(|line| !about(line));
        let first = lines.next().unwrap_or_else(|| panic!("no {check} in {text}")).to_owned();
        let more = lines.take_while(|line| line.starts_with("    "));
        std::iter::once(first).chain(more.map(str::to_owned)).map(|line| squeeze(&line)).collect::<Vec<_>>().join("\n")
    }
}

/// One blank for many: the width of the table is another test's.
fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn where_all_is_well_each_line_says_what_is_there() {
    let ward = Ward::new();
    let ran = ward.call(&[]).run();
    assert_snapshot!(ward.shown(&ran), @"
    exit 0
    ── stdout
    ✓ services.yaml       services.yaml: 1 environment, no errors
    ✓ git            [version]
    ✓ state folder        [home]/state/codexctl
    ✓ disk                [much] GB free at [home]/state/codexctl
    ✓ proxies             none
    ✓ GitHub              codexctl is ada (CODEXCTL_GH_PAT), 5000 of 5000 requests left this hour
    ✓ clock               agrees with GitHub's
    ✓ repository          codex-k8s/shop, public
    ✓ permissions         scopes repo
    ✓ Actions             workflows may open pull requests
    ✓ git remote          [server]/codex-k8s/shop.git answers with the token: 1 branch
    ✓ agent               codex-cli 0.169.0 ([home]/bin/codex); tried with 0.169.0
    ✓ isolation           kept from codexctl's secrets by Codex's own sandbox (workspace-write, network on)
    ✓ model key           OPENAI_API_KEY is set, for 127.0.0.1; not tried out, for doctor never calls the model
    ✓ codex.githubAccess  none: the agent gets no token, codexctl publishes
    – cluster             not looked at: it belongs to the runtime kubernetes

    All is well.
    ");
    assert_eq!(ward.stand.writes(), [""; 0]);
    assert!(!ward.scene.home().join("state/codexctl/doctor").join("codex-home").exists());
}

#[test]
fn without_anything_each_line_says_what_to_do() {
    let scene = Scene::empty();
    std::fs::remove_dir_all(scene.work().join(".git")).unwrap();
    let path = scene.home().join("bin");
    std::fs::create_dir_all(&path).unwrap();
    let whole = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&whole).map(|folder| folder.join("git")).find(|git| git.is_file()).unwrap();
    std::os::unix::fs::symlink(git, path.join("git")).unwrap();
    let ran = scene.call(&["doctor"]).env("PATH", &path).run();
    assert_eq!(ran.exit, 1);
    let lines = ran.stdout.lines().filter(|line| !line.contains(" disk ") && !line.contains(" git  "));
    let text = lines.collect::<Vec<_>>().join("\n").replace(&scene.home().display().to_string(), "[home]");
    assert_snapshot!(text, @"
    ✗ services.yaml  services.yaml is not there
                     → codexctl init writes a first one, -c names another
    ✓ state folder   [home]/state/codexctl
    ✓ proxies        none
    ! GitHub         no token: comments and pull requests go to .codexctl/outbox, and whoever runs this is the actor
                     → Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or CODEXCTL_GH_APP_ID with CODEXCTL_GH_APP_PRIVATE_KEY
    ✗ repository     there is no remote `origin` here
                     → Name it with --repo owner/name
    ✗ agent          there is no `codex` on PATH and no `npx` to fetch it with
                     → npm install -g @openai/codex@0.169.0, or name a binary in CODEXCTL_AGENT_COMMAND
    – isolation      not tried: it takes the agent's own sandbox
    ✗ model key      OPENAI_API_KEY is not set
                     → Set it: only codexctl's own proxy sees it, never the agent
    – cluster        not looked at: it belongs to the runtime kubernetes

    A run would fail: 4 problems, 1 warning.
    ");
}

#[test]
fn programs_get_every_check_as_json_and_its_state_as_a_key() {
    let ward = Ward::new();
    let ran = ward.call(&["-o", "json"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let whole: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&whole["ok"], &whole["failed"]), (&Value::Bool(true), &Value::from(0)));
    assert_eq!(whole["checks"][0]["check"], "services.yaml");
    assert_eq!(whole["checks"][0]["state"], "ok");
    let ran = ward.call(&["-o", "kv"]).without("OPENAI_API_KEY").run();
    assert_eq!(ran.exit, 1);
    assert_snapshot!(ran.stdout, @"
    services_yaml=ok
    git=ok
    state_folder=ok
    disk=ok
    proxies=ok
    github=ok
    clock=ok
    repository=ok
    permissions=ok
    actions=ok
    git_remote=ok
    agent=ok
    isolation=ok
    model_key=failed
    codex_githubaccess=ok
    cluster=skipped
    failed=1
    warnings=0
    ");
}

#[test]
fn a_token_that_may_too_little_is_told_with_the_flows_that_miss_it() {
    let ward = Ward::new();
    ward.stand.set(|state| {
        state.add_classic_token("ghp_narrow000000000", "ada", &["read:org"]);
        state.add_user("mallory", "User", "none");
        state.add_classic_token("ghp_mallory00000000", "mallory", &["repo"]);
        state.add_workflow_token(
            "ghs_workflow0000000",
            &[("issues", "write"), ("pull_requests", "write"), ("contents", "write")],
        );
        state.add_workflow_token("ghs_blind0000000000", &[("contents", "read")]);
    });
    let of = |token: &str, check: &str| ward.line(ward.call(&[]).env("CODEXCTL_GH_PAT", token), check);
    let mut told = vec![of("ghp_unknown00000000", "GitHub")];
    for token in ["ghp_narrow000000000", "ghp_mallory00000000", "ghs_workflow0000000", "ghs_blind0000000000"] {
        told.push(of(token, "permissions"));
    }
    told.push(of("ghs_workflow0000000", "Actions"));
    ward.stand.state().repos.get_mut(REPO).unwrap().actions_may_open_pulls = false;
    told.push(of(TOKEN, "Actions"));
    assert_snapshot!(told.join("\n\n"), @r#"
    ✗ GitHub GitHub refuses to look at the token: Bad credentials
    → The token is wrong or has expired: make a new one and set it as CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN

    ✗ permissions the token has the scopes read:org; public_repo or repo is missing: every flow needs them
    → Edit the token's scopes (Settings, Developer settings, Tokens (classic))

    ✗ permissions mallory may not push: dev, review and repair can't publish, and no flow can save unfinished work
    → Give the account write access to the repository, or use another token

    ! permissions it reads issues and pull requests; what it may write can't be asked of this kind of token
    → Flows need contents: write (dev, review and repair push), issues: write (every flow comments), pull_requests: write (dev, review, repair); in a workflow: `permissions: { contents: write, issues: write, pull-requests: write }`

    ✗ permissions GitHub refuses to read issues in codex-k8s/shop: Resource not accessible by integration: every flow reads and comments on them
    → The token lacks the permission issues: read. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    ! Actions whether GITHUB_TOKEN may open pull requests can't be asked with it
    → Look that it is ticked: Settings, Actions, General, Workflow permissions: "Allow GitHub Actions to create and approve pull requests"

    ! Actions GITHUB_TOKEN may not open pull requests; this token may
    → For workflows that use GITHUB_TOKEN tick it in Settings, Actions, General, Workflow permissions: "Allow GitHub Actions to create and approve pull requests"
    "#);
}

#[test]
fn an_app_is_looked_at_with_a_token_that_is_given_back() {
    let ward = Ward::new();
    let key = ward.stand.set(|state| {
        let rights = [("contents", "write"), ("issues", "write"), ("pull_requests", "write")];
        state.add_app(5, "codexctl-bot", &[REPO], &rights)
    });
    let written_out = key.replace('\n', "\\n");
    let app = || ward.call(&[]).without("CODEXCTL_GH_PAT").env("CODEXCTL_GH_APP_ID", "5");
    let told = [
        ward.line(app().env("CODEXCTL_GH_APP_PRIVATE_KEY", &written_out), "GitHub"),
        ward.line(app().env("CODEXCTL_GH_APP_PRIVATE_KEY", &written_out), "permissions"),
        ward.line(app(), "GitHub"),
        ward.line(app().env("CODEXCTL_GH_APP_PRIVATE_KEY", "no key"), "GitHub"),
        ward.line(app().env("CODEXCTL_GH_APP_PRIVATE_KEY", crate::stand::other_key()), "GitHub"),
        ward.line(app().env("CODEXCTL_GH_APP_PRIVATE_KEY", &key).env("GH_TOKEN", TOKEN), "GitHub"),
    ];
    assert_snapshot!(told.join("\n\n"), @r"
    ✓ GitHub codexctl is codexctl-bot[bot] (GitHub App), 5000 of 5000 requests left this hour

    ✓ permissions contents: write, issues: write, pull_requests: write, metadata: read: what flows need and no more

    ✗ GitHub CODEXCTL_GH_APP_ID: a GitHub App needs CODEXCTL_GH_APP_PRIVATE_KEY besides
    → Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or both variables of a GitHub App

    ✗ GitHub the GitHub App can't be used: CODEXCTL_GH_APP_PRIVATE_KEY is no RSA key in PEM (no BEGIN … PRIVATE KEY in it)
    → Set it to the whole .pem file that GitHub made for the App, line ends as they are or written out as \n, or as base64

    ✗ GitHub the GitHub App can't be used: GitHub does not know App 5 by this key (A JSON web token could not be decoded)
    → CODEXCTL_GH_APP_ID and CODEXCTL_GH_APP_PRIVATE_KEY must be of one App, on the GitHub of GITHUB_API_URL: compare the id with the App's page, and make a new private key there if in doubt

    ✓ GitHub codexctl is ada (GH_TOKEN; the GitHub App that is given too does not count), 5000 of 5000 requests left this hour
    ");
    let state = ward.stand.state();
    assert!(!state.tokens.values().any(|token| token.login == "codexctl-bot[bot]"), "each was revoked");
}

#[test]
fn what_would_surprise_a_run_in_git_is_named_without_its_value() {
    let ward = Ward::new();
    ward.git(&["config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic canary"]);
    std::fs::write(
        ward.scene.home().join(".gitconfig"),
        "[url \"https://x:canary@github.com/\"]\n\tinsteadOf = gh:\n[http]\n\tproxy = http://u:canary@p:1\n",
    )
    .unwrap();
    ward.scene.write(".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n");
    let told = ["checkout", "git configuration"].map(|check| ward.line(ward.call(&[]), check));
    assert_snapshot!(told.join("\n\n"), @"
    ! checkout http.*.extraheader in .git/config of [work] holds a token or password
    → In a workflow: actions/checkout with `persist-credentials: false`; else `git config --unset-all` it: codexctl hands git its token itself

    ! git configuration your own git has http.proxy, url.*.insteadof; codexctl's git reads no configuration of yours
    → Where the remote needs it: set HTTPS_PROXY, SSL_CERT_FILE or SSH_AUTH_SOCK, and write the real address into `origin`
    ");
    // Whether it is installed is this machine's affair; that it is looked for is ours.
    assert!(ward.shown(&ward.call(&[]).run()).contains(" git-lfs "));
}

#[test]
fn an_unreachable_github_a_closed_git_server_and_a_wrong_repository_are_each_one_line() {
    let ward = Ward::new();
    let nowhere = ward.line(ward.call(&[]).env("GITHUB_API_URL", "http://127.0.0.1:1"), "GitHub");
    ward.server.fail_with(&[404]);
    let closed = ward.line(ward.call(&[]), "git remote");
    let other = ward.line(ward.call(&["--repo", "codex-k8s/zoo"]), "repository");
    let elsewhere = ward.line(ward.call(&["--repo", "codex-k8s/zoo"]), "git remote");
    assert_snapshot!([nowhere, closed, other, elsewhere].join("\n\n"), @"
    ✗ GitHub no answer from GitHub (Connection refused (os error 111))
    → Look at the network, GITHUB_API_URL, HTTPS_PROXY and https://www.githubstatus.com

    ✗ git remote git ls-remote failed: repository '[server]/codex-k8s/shop.git/' not found
    → [server]/codex-k8s/shop.git is missing, or the token has no access to it: look at the remote `origin` and at --repo

    ✗ repository there is no repository codex-k8s/zoo, or the token has no access to it
    → Look at --repo and at the remote `origin`, and that the token's account is a member

    ✗ git remote the remote `origin` is [server]/codex-k8s/shop.git, and --repo names codex-k8s/zoo
    → Run this in a clone of that repository
    ");
}

#[test]
fn an_agent_that_is_not_there_fetched_or_broken_is_told_with_the_command_to_install_it() {
    let ward = Ward::new();
    let of = |command: &str, check: &str| ward.line(ward.call(&[]).env("CODEXCTL_AGENT_COMMAND", command), check);
    ward.program("broken", "#!/bin/sh\necho 'cannot execute: wrong machine' >&2\nexit 126\n");
    ward.program("npx", "#!/bin/sh\nexit 9\n");
    let told = [
        of("no-such-agent", "agent"),
        of("broken", "agent"),
        of("npx -y @openai/codex@0.169.0", "agent"),
        of("broken", "isolation"),
    ];
    assert_snapshot!(told.join("\n\n"), @"
    ✗ agent CODEXCTL_AGENT_COMMAND names `no-such-agent`, which is no program that can be started here
    → npm install -g @openai/codex@0.169.0, or name a binary in CODEXCTL_AGENT_COMMAND

    ✗ agent [home]/bin/broken does not start: cannot execute: wrong machine
    → npm install -g @openai/codex@0.169.0, or name a binary in CODEXCTL_AGENT_COMMAND

    ! agent no codex on PATH: each run would fetch it first, 300 MB ([home]/bin/npx -y @openai/codex@0.169.0)
    → npm install -g @openai/codex@0.169.0, or name a binary in CODEXCTL_AGENT_COMMAND

    – isolation not tried: it takes the agent's own sandbox
    ");
}

#[test]
fn settings_of_this_machine_that_can_not_work_are_told_and_quote_no_password() {
    let ward = Ward::new();
    let of = |name: &str, value: &str, check: &str| ward.line(ward.call(&[]).env(name, value), check);
    let told = [
        of("HTTPS_PROXY", "http://ann:canary@proxy.example:3128", "proxies"),
        of("HTTP_PROXY", "http://ann:canary@:x", "proxies"),
        of("HTTP_PROXY", "proxy.example:3128", "proxies"),
        of("SSL_CERT_FILE", "/nonexistent/ca.pem", "certificates"),
        of("XDG_STATE_HOME", "/proc/nonexistent", "state folder"),
        of("OPENAI_BASE_URL", "canary", "model key"),
        of("OPENAI_BASE_URL", "https://models.example/v1", "model key"),
    ];
    assert_snapshot!(told.join("\n\n"), @"
    ✓ proxies HTTPS_PROXY proxy.example:3128; for GitHub and git alike

    ✗ proxies HTTP_PROXY is no address of a proxy
    → Use the form http://host:port

    ✓ proxies HTTP_PROXY proxy.example:3128; for GitHub and git alike

    ✗ certificates SSL_CERT_FILE names /nonexistent/ca.pem: No such file or directory (os error 2)
    → Name a PEM file with the CA certificates

    ✗ state folder /proc/nonexistent/codexctl can't be written to: No such file or directory (os error 2)
    → Set XDG_STATE_HOME to a folder that can

    ✗ model key OPENAI_BASE_URL is no address
    → Set it to an address such as https://api.openai.com/v1

    ✓ model key OPENAI_API_KEY is set, for models.example; not tried out, for doctor never calls the model
    ");
}

#[test]
fn services_yaml_counts_with_its_mistakes_and_what_it_gives_the_agent() {
    let ward = Ward::new();
    ward.scene.write("services.yaml", format!("{STACK}codex:\n  githubAccess: write\n"));
    let write = ward.line(ward.call(&[]), "codex.githubAccess");
    ward.scene
        .write("services.yaml", format!("{STACK}services:\n  - name: web\n    manifests:\n      - path: gone.yaml\n"));
    let wrong = ward.line(ward.call(&[]), "services.yaml");
    ward.scene.write("services.yaml", "project: [");
    let broken = ward.line(ward.call(&[]), "services.yaml");
    assert_snapshot!([write, wrong, broken].join("\n\n"), @"
    ! codex.githubAccess write: the agent gets the run's own token, and text of an issue could make it use it
    → Leave it out: with none the agent works and codexctl publishes

    ✗ services.yaml services.yaml has 1 error
    → codexctl validate shows each one in its line

    ✗ services.yaml services.yaml has 1 error
    → codexctl validate shows each one in its line
    ");
}

/// Certificates are looked at by the process itself: the company's CA counts for API and git.
#[test]
fn a_company_s_own_ca_is_enough_for_github_and_git() {
    let ward = Ward::new();
    let port = |address: &str| url::Url::parse(address).unwrap().port().unwrap();
    let (api, git) = ward._runtime.block_on(async {
        (
            crate::tls::TlsDoor::to(port(&ward.stand.url())).await,
            crate::tls::TlsDoor::to(port(&ward.server.address)).await,
        )
    });
    let address = format!("https://localhost:{}", git.port);
    ward.git(&["remote", "set-url", "origin", &format!("{address}/{REPO}.git")]);
    let call = || {
        let call = ward.call(&[]).env("GITHUB_API_URL", format!("https://localhost:{}", api.port));
        call.env("GITHUB_SERVER_URL", &address)
    };
    let trusting = call().env("SSL_CERT_FILE", crate::tls::ca_file()).run();
    assert_eq!(trusting.exit, 0, "{}", trusting.shown());
    let text = call().run().stdout.replace(&address, "[server]");
    let told = text.lines().filter(|line| line.contains("ertificate")).map(squeeze).collect::<Vec<_>>();
    assert_eq!(told.len(), 4, "{text}");
    assert!(
        told.iter().all(|line| line.contains("SSL_CERT_FILE") || line.starts_with('✗') || line.starts_with("fatal")),
        "{told:?}"
    );
    assert!(Path::new(&crate::tls::ca_file()).is_file());
}
