//! Runs that a gate stops: nothing is begun, nobody is told, the agent is not asked.

use crate::command::Ran;
use crate::scene::Scene;
use crate::script::{CHANGE, discount, done, wait_for_go};

/// What a stopped run leaves beyond its log: nothing.
fn assert_untouched(scene: &Scene, ran: &Ran) {
    assert_eq!(ran.exit, 3, "{}", ran.stderr);
    assert_eq!(scene.asked(), 0);
    assert_eq!(scene.stand.as_ref().map(|stand| stand.writes()).unwrap_or_default(), Vec::<String>::new());
    assert_eq!(scene.records(), "");
    assert!(!scene.origin().contains("codex/"));
}

#[test]
fn who_may_not_write_stops_at_the_gate_actor() {
    let scene = Scene::new(discount()).on_github();
    scene.change_event(|event| event["sender"]["login"] = "Codertocat".into());
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.told(&ran), @r"
    exit 3
    ✗ gates           gate actor: Codertocat has no write permission on codex-k8s/shop (read)
    note: stopped by the gate actor: Codertocat has no write permission on codex-k8s/shop (read)
    flow: dev
    gate: actor
    env: ai
    duration_seconds: <time>
    ");
}

#[test]
fn the_token_of_the_project_does_not_start_runs_by_itself() {
    let scene = Scene::new(discount()).on_github();
    scene.stand.as_ref().unwrap().set(|state| state.users.insert("codex-bot".into(), "Bot"));
    scene.change_event(|event| {
        event["sender"]["login"] = "codex-bot".into();
        event["sender"]["type"] = "Bot".into();
    });
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate actor: codex-bot is codexctl's own account: a run must not start the next one
    note: stopped by the gate actor: codex-bot is codexctl's own account: a run must not start the next one
    ");
}

#[test]
fn a_closed_issue_stops_at_the_gate_state() {
    let scene = Scene::new(discount());
    scene.change_event(|event| event["issue"]["state"] = "closed".into());
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate state: issue #7 is closed
    note: stopped by the gate state: issue #7 is closed
    ");
}

#[test]
fn the_same_delivery_stops_at_the_gate_duplicate_the_second_time() {
    for scene in [Scene::new(discount()), Scene::new(discount()).on_github()] {
        assert_eq!(scene.run().exit, 0);
        let (before, asked) = (scene.everything(), scene.asked());
        let ran = scene.run();
        insta::allow_duplicates! {
            insta::assert_snapshot!(scene.log(&ran).lines().last().unwrap(), @"note: stopped by the gate duplicate: this delivery (<delivery>) has been handled: set the label again to start anew");
        }
        assert_eq!((ran.exit, scene.asked()), (3, asked));
        assert_eq!(scene.everything(), before);
    }
}

#[test]
fn the_comment_on_github_tells_another_machine_that_a_delivery_was_handled() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    std::fs::remove_dir_all(scene.path("state")).unwrap();
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (3, 2), "{}", ran.stderr);
}

#[test]
fn of_two_runs_for_one_issue_one_works_and_the_other_stops() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let first = scene.start_until_the_agent_waits();
    let second = scene.run();
    insta::assert_snapshot!(scene.log(&second), @"
    exit 3
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✗ slot            gate duplicate: dev for issue #7 is running already (<run>)
    note: stopped by the gate duplicate: dev for issue #7 is running already (<run>)
    ");
    assert_eq!(second.exit, 3);
    scene.let_the_agent_go();
    let first = first.end();
    assert_eq!((first.exit, scene.asked()), (0, 2), "{}", first.stderr);
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}
