//! Steps of the action that are killed, and what their post step makes of it: no agent, no lease, no file of the step is left, people
//! are told, no work is lost. A step that ended by itself leaves its post step nothing to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustix::process::Signal;

use crate::command::{Codexctl, Ran, Running};
use crate::killed::{PAUSE, changes};
use crate::model::Turn;
use crate::plan_review;
use crate::review::scene::worked_in;
use crate::scene::Scene;
use crate::script::{CHANGE, discount, done, run, wait_for_go};
use crate::stopped::assert_no_agent;

const KUBECONFIG: &str = "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\nusers: [{name: u, user: {token: canary-of-the-cluster}}]\n\
    contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n";

/// A job of GitHub's runner: files for commands, a run id, an attempt, and the event's file.
fn in_a_job(scene: Scene, attempt: u32) -> Scene {
    let path = |name: &str| scene.path(name).display().to_string();
    let files = [("GITHUB_STATE", "state.txt"), ("GITHUB_OUTPUT", "output.txt"), ("GITHUB_STEP_SUMMARY", "summary.md")];
    let files = files.map(|(variable, name)| (variable, path(name)));
    let event = path("shop/events/dev.json");
    let scene = files.iter().fold(scene, |scene, (variable, path)| scene.env(variable, path));
    scene
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .env("GITHUB_RUN_ID", "42")
        .env("GITHUB_RUN_ATTEMPT", &attempt.to_string())
        .env("GITHUB_JOB", "ai")
        .env("GITHUB_EVENT_PATH", &event)
        .env("GITHUB_EVENT_NAME", "issues")
        .env("INPUT_ALLOW-UNSANDBOXED", "true")
        .env("INPUT_KUBECONFIG", KUBECONFIG)
}

fn job(turns: Vec<Turn>) -> Scene {
    on_a_runner(Scene::new(turns).on_github())
}

fn on_a_runner(scene: Scene) -> Scene {
    // As on a runner: state lies where another user, too, can pass.
    std::fs::create_dir_all(scene.path("state")).unwrap();
    for folder in scene.path("state").ancestors().take(3) {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    in_a_job(scene, 1)
}

fn step(scene: &Scene) -> Codexctl {
    scene.call_of(&["action"])
}

fn start_until_the_agent_waits(scene: &Scene) -> Running {
    let running = step(scene).start();
    scene.until_the_agent_waits();
    running
}

/// The post step as the runner starts it: with what the step said in `GITHUB_STATE`.
fn post(scene: &Scene) -> Ran {
    let said = std::fs::read_to_string(scene.path("state.txt")).unwrap_or_default();
    let call = scene.call_of(&["action", "--post"]);
    let last = said.lines().filter_map(|line| line.split_once('=')).next_back();
    last.map_or(call, |(name, value)| scene.call_of(&["action", "--post"]).env(&format!("STATE_{name}"), value)).run()
}

/// Everything that steps keep while they live.
fn kept(scene: &Scene) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(scene.path("state/codexctl/steps")).into_iter().flatten().flatten();
    entries.flat_map(|entry| std::fs::read_dir(entry.path()).unwrap().flatten()).map(|file| file.path()).collect()
}

/// A log without what the moment decides, masks and the agent's group.
fn log(scene: &Scene, ran: &Ran) -> String {
    let masked = |line: &&str| !line.starts_with("::add-mask::");
    scene.log(ran).lines().filter(masked).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_a_killed_step_left_is_taken_back_and_the_next_run_goes_on_with_the_work() {
    let scene = job(vec![wait_for_go(CHANGE), wait_for_go(CHANGE), done()]);
    let running = start_until_the_agent_waits(&scene);
    let while_it_runs = kept(&scene);
    assert!(while_it_runs.iter().any(|file| file.ends_with("kubeconfig")), "{while_it_runs:?}");
    for file in &while_it_runs {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?} is nobody else's");
        let text = std::fs::read_to_string(file).unwrap();
        for secret in [crate::scene::TOKEN, crate::scene::KEY] {
            assert!(!text.contains(secret), "{file:?}");
        }
    }
    running.signal(Signal::KILL);
    assert_eq!(running.end().exit, -1);
    insta::assert_snapshot!(log(&scene, &post(&scene)), @"
    exit 0
    codexctl 0.1.0: post step, event issues
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 was left by 42-1 (its step has ended): going on with it
    done: people are told that the run was stopped; the work so far is on branch codex/issue-7-wip
    ");
    assert_no_agent(&scene);
    assert_eq!(kept(&scene), Vec::<PathBuf>::new());
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"42-1","run":"https://github.com/codex-k8s/shop/actions/runs/42"} -->
    ### ⏹️ The run was stopped before its end

    **Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens · [run](https://github.com/codex-k8s/shop/actions/runs/42)

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌

    </details>
    "#);
    insta::assert_snapshot!(scene.plain(&std::fs::read_to_string(scene.path("summary.md")).unwrap()), @r"
    ## ⏹️ interrupted: dev for #7

    Event `issues.labeled`: the step was cut before its end

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Cost | <time> · no tokens |
    | GitHub requests | <n> |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | octocat may write to codex-k8s/shop (write) |
    | Reaction on the issue | ✅ | <time> | eyes on issue #·7 |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slot | ✅ | <time> | 1 of ai, new |
    | Sources | ✅ | <time> | branch codex/issue-7, new |
    | Prompt | ✅ | <time> | dev\_issue\_en (built in), <n> characters |
    | Codex at work | ❌ | <time> | cut |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)
    - [Run](https://github.com/codex-k8s/shop/actions/runs/42)

    ### Changes

    1 file, +1 −0

    | File | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |
    ");
    let before = scene.everything();
    insta::assert_snapshot!(log(&scene, &post(&scene)), @"
    exit 0
    codexctl 0.1.0: post step, event issues
    nothing to take back: the step ended by itself
    ");
    assert_eq!(scene.everything(), before, "a second post step changes nothing");

    scene.somebody_labels_again();
    let scene = scene.env("GITHUB_RUN_ATTEMPT", "2");
    let running = start_until_the_agent_waits(&scene);
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("with the saved work of the run before"), "{}", ran.stderr);
    insta::assert_snapshot!(log(&scene, &post(&scene)), @"
    exit 0
    codexctl 0.1.0: post step, event issues
    nothing to take back: the step ended by itself
    ");
}

#[test]
fn wherever_a_step_is_killed_its_post_step_and_a_rerun_end_as_if_nothing_had_been() {
    let scene = || job(vec![run(CHANGE), run(PAUSE), done()]);
    let again = |scene: Scene| {
        let scene = in_a_job(scene, 2);
        scene.somebody_labels_again();
        let ran = step(&scene).run();
        (scene.end_state(), ran)
    };
    let undisturbed = {
        let (end, ran) = again(scene());
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        end
    };
    // Later deaths leave work that was pushed, see below.
    let places = [
        "after gates",
        "after acknowledge",
        "before slot",
        "after slot",
        "when the agent starts",
        "in the middle of the agent's work",
        "when the agent ends",
        "after commit",
    ];
    let (next, different) = (Mutex::new(places.iter()), Mutex::new(Vec::new()));
    let work = || loop {
        let Some(place) = next.lock().unwrap().next() else { return };
        let scene = scene();
        let died = scene.dies_with(&["action"], place).code().is_none();
        let ran = post(&scene);
        let left = kept(&scene);
        assert_no_agent(&scene);
        let github = scene.github();
        // The eyes are the first that anybody sees.
        let unseen = *place == "after gates";
        let told = unseen != github.contains("The run was stopped before its end");
        let label = unseen != github.contains("labels [\"bug\"]");
        let (end, rerun) = again(scene);
        if !died || ran.exit != 0 || !left.is_empty() || !told || !label || rerun.exit != 0 || end != undisturbed {
            different.lock().unwrap().push(format!(
                "### {place}: died {died}, told {told}, label {label}, left {left:?}\n{}\n{}\n{}",
                ran.stderr,
                rerun.stderr,
                changes(&undisturbed, &end)
            ));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(work);
        }
    });
    let different = different.into_inner().unwrap();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn work_that_was_pushed_stays_for_the_rerun_of_the_same_event() {
    for place in ["after push", "after pull"] {
        let scene = job(vec![run(CHANGE), done()]);
        assert_eq!(scene.dies_with(&["action"], place).code(), None);
        assert_eq!(post(&scene).exit, 0);
        assert!(scene.github().contains("The run was stopped before its end"), "{place}");
        assert!(!scene.origin().contains("-wip"), "{place}: {}", scene.origin());
        let scene = in_a_job(scene, 2);
        scene.somebody_labels_again();
        let ran = step(&scene).run();
        assert_eq!(ran.exit, 0, "{place}: {}", ran.stderr);
        assert_eq!(scene.github().matches("=== #8").count(), 1, "{place}: {}", scene.github());
    }
}

#[test]
fn a_step_that_had_said_its_last_word_before_it_was_killed_keeps_it() {
    let scene = job(vec![run(CHANGE), done()]);
    assert!(killed_at_its_last_write(&scene));
    let before = scene.github();
    assert!(before.contains("awaits your review"), "{before}");
    insta::assert_snapshot!(log(&scene, &post(&scene)), @"
    exit 0
    codexctl 0.1.0: post step, event issues
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 was left by 42-1 (its step has ended): going on with it
    done: the run had said its last word before it was cut
    ");
    assert_eq!(scene.github(), before);
    assert!(scene.records().contains("phase: \"published\""), "{}", scene.records());
}

/// Kills the step when GitHub has its last comment and the record does not say so yet.
fn killed_at_its_last_write(scene: &Scene) -> bool {
    let stand = scene.stand.as_ref().unwrap();
    let victim = Arc::new(Mutex::new(None::<rustix::process::Pid>));
    let known = Arc::clone(&victim);
    let writes = {
        let other = job(vec![run(CHANGE), done()]);
        assert_eq!(step(&other).run().exit, 0);
        other.stand.as_ref().unwrap().writes().len()
    };
    stand.set(|state| {
        state.after_write = Some(Box::new(move |count| {
            if count == writes {
                rustix::process::kill_process(known.lock().unwrap().unwrap(), Signal::KILL).unwrap();
            }
        }));
    });
    let running = step(scene).start();
    *victim.lock().unwrap() = Some(running.pid());
    let ran = running.end();
    stand.set(|state| state.after_write = None);
    ran.exit == -1
}

#[test]
fn a_step_that_is_still_ending_is_asked_to_end_and_waited_for() {
    let scene = job(vec![wait_for_go(CHANGE), done()]);
    let running = start_until_the_agent_waits(&scene);
    let ran = post(&scene);
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 0
    codexctl 0.1.0: post step, event issues
      the step is still ending: waiting for it
    nothing to take back: the step ended by itself
    ");
    assert_eq!(running.end().exit, 130);
    assert_no_agent(&scene);
    assert_eq!(kept(&scene), Vec::<PathBuf>::new());
    assert!(scene.github().contains("The run was stopped before its end"));
}

#[test]
fn where_the_runner_names_no_step_the_job_s_own_are_found() {
    let scene = job(vec![wait_for_go(CHANGE), done()]);
    let running = start_until_the_agent_waits(&scene);
    let unnamed = |scene: &Scene| scene.call_of(&["action", "--post"]);
    let at_work = unnamed(&scene).run();
    assert!(at_work.stderr.contains("a step of this job is at work: it is left alone"), "{}", at_work.stderr);
    running.signal(Signal::KILL);
    assert_eq!(running.end().exit, -1);
    let before = kept(&scene).len();
    for (name, value) in [("GITHUB_RUN_ID", "43"), ("GITHUB_RUN_ATTEMPT", "2"), ("GITHUB_JOB", "other")] {
        let ran = unnamed(&scene).env(name, value).run();
        assert!(ran.stderr.contains("no step of this job was cut"), "{name}: {}", ran.stderr);
    }
    let forged = unnamed(&scene).env("GITHUB_RUN_ID", "43").env("STATE_codexctl_step", "../../../etc").run();
    assert!(forged.stderr.contains("no step of this job was cut"), "{}", forged.stderr);
    assert_eq!(kept(&scene).len(), before);
    let ran = unnamed(&scene).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_no_agent(&scene);
    assert_eq!(kept(&scene), Vec::<PathBuf>::new());
    assert!(scene.origin().contains("codex/issue-7-wip"), "{}", scene.origin());
}

#[test]
fn a_killed_plan_is_told_and_leaves_no_work() {
    let scene = job(vec![wait_for_go(CHANGE), done()]).asked_by("plan").on_github();
    let scene = in_a_job(scene, 1).env("GITHUB_EVENT_PATH", "events/plan.json");
    let running = start_until_the_agent_waits(&scene);
    running.signal(Signal::KILL);
    assert_eq!(running.end().exit, -1);
    let ran = post(&scene);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_no_agent(&scene);
    assert!(!scene.origin().contains("wip"), "{}", scene.origin());
    assert!(scene.github().contains("The run was stopped before its end"), "{}", scene.github());
}

/// A step of another flow: its name, its event and the file of it, its scene, and where it is killed.
type OtherFlow = (&'static str, &'static str, &'static str, fn() -> Scene, &'static str);

const OTHER_FLOWS: [OtherFlow; 3] = [
    (
        "plan-review",
        "issue_comment",
        "plan-review.json",
        || plan_review::with_a_pause(run(PAUSE)),
        "in the middle of the agent's work",
    ),
    (
        "review",
        "pull_request_review",
        "dev.json",
        || {
            let mut turns = worked_in();
            turns.insert(1, run(PAUSE));
            Scene::with_review(turns)
        },
        "in the middle of the agent's work",
    ),
    (
        "cleanup",
        "pull_request",
        "cleanup-pr.json",
        || {
            let scene = Scene::new(discount()).on_github();
            assert_eq!(scene.run().exit, 0);
            scene.pull_is_closed(true);
            scene
        },
        "after stop",
    ),
];

#[test]
fn a_killed_step_of_any_other_flow_is_taken_back_too_and_a_rerun_ends_as_if_nothing_had_been() {
    let mut told = String::new();
    for (flow, event, file, scene, place) in OTHER_FLOWS {
        let attempt = |scene: Scene, attempt| {
            let path = scene.path("shop/events").join(file).display().to_string();
            in_a_job(scene, attempt).env("GITHUB_EVENT_NAME", event).env("GITHUB_EVENT_PATH", &path)
        };
        let undisturbed = {
            let scene = attempt(on_a_runner(scene()), 2);
            let ran = step(&scene).run();
            assert_eq!(ran.exit, 0, "{flow}: {}", ran.stderr);
            scene.end_state()
        };
        let scene = attempt(on_a_runner(scene()), 1);
        assert_eq!(scene.dies_with(&["action"], place).code(), None, "{flow}");
        let before = kept(&scene);
        assert!(before.iter().any(|path| path.ends_with("kubeconfig")), "{flow}: {before:?}");
        let ran = post(&scene);
        told += &format!("### {flow}: {}", log(&scene, &ran));
        assert_no_agent(&scene);
        assert_eq!(kept(&scene), Vec::<PathBuf>::new(), "{flow}");
        // Nobody was told that a cleanup began.
        assert_eq!(scene.github().contains("The run was stopped before its end"), flow != "cleanup", "{flow}");
        assert_eq!(scene.origin().contains("-wip"), flow == "review", "{flow}: {}", scene.origin());
        let scene = attempt(scene, 2);
        let ran = step(&scene).run();
        assert_eq!(ran.exit, 0, "{flow}: {}", ran.stderr);
        let end = scene.end_state();
        assert!(end == undisturbed, "{flow}: {}\n{}", ran.stderr, changes(&undisturbed, &end));
    }
    insta::assert_snapshot!(told, @"
    ### plan-review: exit 0
    codexctl 0.1.0: post step, event issue_comment
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 was left by 42-1 (its step has ended): going on with it
    done: people are told that the run was stopped
    ### review: exit 0
    codexctl 0.1.0: post step, event pull_request_review
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 was left by 42-1 (its step has ended): going on with it
    done: people are told that the run was stopped; the work so far is on branch codex/issue-7-wip
    ### cleanup: exit 0
    codexctl 0.1.0: post step, event pull_request
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 is given back; the next cleanup finds what is left of it
    done: what the run had not cleaned up yet is left to the next one
    ");
}

#[test]
fn killed_at_github_s_door_a_step_is_told_by_its_post_step_once_that_can() {
    let scene = job(vec![wait_for_go(CHANGE), done()]);
    let running = start_until_the_agent_waits(&scene);
    running.signal(Signal::KILL);
    assert_eq!(running.end().exit, -1);
    let away = scene.path("origin.git.away");
    std::fs::rename(scene.path("origin.git"), &away).unwrap();
    let ran = post(&scene);
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    assert_no_agent(&scene);
    assert!(!kept(&scene).iter().any(|file| file.ends_with("kubeconfig")), "the step's files go in any case");
    assert!(scene.tree().exists(), "nothing is removed that could not be saved");
    std::fs::rename(away, scene.path("origin.git")).unwrap();
    assert_eq!(post(&scene).exit, 0);
    assert!(scene.origin().contains("codex/issue-7-wip"), "{}", scene.origin());
    assert_eq!(kept(&scene), Vec::<PathBuf>::new());
}
