//! A canary in every input: it is found in nothing that a run leaves, sends or starts.

use crate::canary::places;
use crate::command::Ran;
use crate::model::Turn;
use crate::scene::{KEY, Scene, TOKEN};
use crate::script::{CHANGE, done, run};
use crate::shims::Calls;

/// Every input that can hold a secret, and the secret. The first is the token that counts.
const CANARIES: [(&str, &str); 9] = [
    ("CODEXCTL_GH_PAT", TOKEN),
    ("GH_TOKEN", "canary-of-the-second-token-01"),
    ("GITHUB_TOKEN", "canary-of-the-third-token-02"),
    ("OPENAI_API_KEY", KEY),
    ("CODEXCTL_GH_APP_PRIVATE_KEY", "canary-of-the-app-key-03"),
    ("SHOP_POSTGRES_PASSWORD", "canary-of-the-database-04"),
    ("STRIPE_SECRET", "canary-of-the-payments-05"),
    // In the file that --var-file names.
    ("", "canary-of-the-var-file-06"),
    // In CODEXCTL_VARS.
    ("", "canary-of-the-inline-var-07"),
];

/// The values of all of them.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    CANARIES.into_iter().map(|(_, value)| value)
}

/// The agent looks for them, then does its work.
const LOOK: &str = "env; set; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | sort -u | head -300; \
                    git log --all -p -1 >/dev/null; git config --list; cat ../codex-home/config.toml ../../../slots/*.json 2>/dev/null";

fn scene() -> (Scene, Calls) {
    with_canaries(Scene::new(vec![look(), run(CHANGE), done()]).on_github())
}

/// The agent looks for them.
pub(crate) fn look() -> Turn {
    run(LOOK)
}

/// The scene with all of them in their places.
pub(crate) fn with_canaries(scene: Scene) -> (Scene, Calls) {
    let scene = scene.sandboxed();
    std::fs::write(scene.path("vars.env"), format!("MAIL_PASSWORD={}\n", CANARIES[7].1)).unwrap();
    let file = scene.path("vars.env").display().to_string();
    let named = CANARIES.iter().filter(|(name, _)| !name.is_empty());
    let scene = named.fold(scene, |scene, (name, value)| scene.env(name, value));
    let scene = scene.env("CODEXCTL_VAR_FILE", &file).env("CODEXCTL_VARS", &format!("SMS_API_TOKEN={}", CANARIES[8].1));
    let files = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].map(|name| (name, scene.path(name).display().to_string()));
    files.iter().fold(scene, |scene, (name, path)| scene.env(name, path)).env("CODEXCTL_LOG_LEVEL", "debug").listening()
}

/// A secret of one story more than [`CANARIES`], and the one place where it may be.
pub(crate) struct Canary {
    pub(crate) value: &'static str,
    /// The file that it came from, or that it has to be in, below the scene.
    pub(crate) file: &'static str,
    /// The program whose environment has it; what Codex starts for itself counts as Codex.
    pub(crate) program: &'static str,
}

/// Fails where one of them is found.
pub(crate) fn assert_found_nowhere(what: &str, scene: &Scene, calls: &Calls, ran: &Ran) {
    let token = Canary { value: TOKEN, file: "", program: "" };
    let in_var_file = |(_, value)| Canary { value, file: "vars.env", program: "" };
    let others = CANARIES.into_iter().skip(1).map(in_var_file);
    assert_each_in_its_place(what, scene, calls, ran, &std::iter::once(token).chain(others).collect::<Vec<_>>());
}

/// Fails where one of these is found but in its place.
pub(crate) fn assert_each_in_its_place(what: &str, scene: &Scene, calls: &Calls, ran: &Ran, canaries: &[Canary]) {
    let model: String = scene.model.seen().iter().map(|seen| seen.body.to_string()).collect();
    let github: Vec<String> =
        scene.stand.as_ref().unwrap().state().requests.iter().map(|request| format!("{request:?}")).collect();
    let (has, calls) = (scene.github(), calls.all());
    for &Canary { value, file, program } in canaries {
        // What the shims wrote down is looked at below.
        let places = places(scene, ran, value, &["calls"]);
        let places: Vec<_> = places.into_iter().filter(|place| place != file).collect();
        assert_eq!(places, Vec::<String>::new(), "{what}: {value}\n{}{}", ran.stderr, ran.stdout);
        assert!(!model.contains(value), "{what}: the model was told {value}");
        assert!(!has.contains(value), "{what}: GitHub has {value}");
        let sent = github.iter().find(|request| request.contains(value));
        assert_eq!(sent, None, "{what}: GitHub was sent {value}");
        for call in &calls {
            assert!(!call.arguments.concat().contains(value), "{what}: {} {:?}", call.program, call.arguments);
            let allowed = |variable: &&String| {
                let asks = call.program == "git" && value == TOKEN && variable.starts_with("CODEXCTL_ASKPASS_TOKEN=");
                let codex = program == "codex" && call.is_of_codex();
                !asks && !codex && call.program != program
            };
            let held = call.environment.iter().filter(allowed).find(|variable| variable.contains(value));
            assert_eq!(held, None, "{what}: the environment of {} {:?}", call.program, call.arguments);
        }
    }
}

#[test]
fn a_run_of_a_flow_keeps_every_secret() {
    let (scene, calls) = scene();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(calls.all().iter().any(|call| call.program == "codex"), "the agent was not called through its shim");
    assert!(
        scene.model.seen().iter().any(|seen| seen.body.to_string().contains("CODEX_HOME")),
        "the agent did not look"
    );
    assert_found_nowhere("run", &scene, &calls, &ran);
}

#[test]
fn a_run_in_a_workflow_keeps_every_secret_and_masks_them_first() {
    let (scene, calls) = scene();
    let scene = scene.env("GITHUB_ACTIONS", "true").env("GITHUB_RUN_ID", "42");
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let masked = |value: &str| ran.stderr.find(&format!("::add-mask::{value}\n"));
    for (name, value) in CANARIES {
        let place = masked(value).unwrap_or_else(|| panic!("{name} {value} is not masked:\n{}", ran.stderr));
        assert_eq!(ran.stderr.find(value), Some(place + "::add-mask::".len()), "{name} {value} stands before its mask");
    }
    let rest =
        |text: &str| text.lines().filter(|line| !line.starts_with("::add-mask::")).collect::<Vec<_>>().join("\n");
    let unmasked = Ran { exit: ran.exit, stdout: rest(&ran.stdout), stderr: rest(&ran.stderr) };
    assert_found_nowhere("run in a workflow", &scene, &calls, &unmasked);
}

#[test]
fn a_run_that_fails_keeps_every_secret() {
    let (scene, calls) = scene();
    let scene = scene.env("CODEXCTL_AGENT_COMMAND", "/nowhere/codex");
    let ran = scene.run();
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    assert_found_nowhere("failed", &scene, &calls, &ran);
}

#[test]
fn prompt_run_keeps_every_secret() {
    for arguments in [&["--issue", "7"][..], &["--issue", "7", "--no-publish"], &["--issue", "7", "--dry-run"]] {
        let (scene, calls) = scene();
        let ran = scene.prompt_run(arguments).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        assert_found_nowhere(&format!("prompt run {arguments:?}"), &scene, &calls, &ran);
    }
}
