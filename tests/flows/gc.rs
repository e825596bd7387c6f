//! Slots that nobody needs any more, found by the clock.

use crate::command::Ran;
use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, discount, done, wait_for_go};

const LONG_AGO: &str = "2026-01-05T08:00:00Z";

fn sweep(scene: &Scene) -> Ran {
    let call = scene.command(&["run", "--event", "events/schedule.json", "--event-name", "schedule"]);
    call.env("GITHUB_REPOSITORY", REPO).run()
}

#[test]
fn a_slot_that_nobody_used_for_a_day_goes_and_others_stay() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    let fresh = sweep(&scene);
    insta::assert_snapshot!(scene.log(&fresh), @"
    exit 0
    ✓ gates           a schedule comes from the repository itself
    ✓ fetch           main at <commit>
    – slots           1 stay
    – stop            no slot to remove
    – destroy         no slot to remove
    – comment         no comment about an environment
    – records         no slot was removed
    ");
    assert_eq!(scene.slot_folders(), ["publish/ai-1", "work/ai-1"]);
    scene.change_record(1, |record| record["updatedAt"] = LONG_AGO.into());
    let ran = sweep(&scene);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("slot 1 (ai, issue #7) may go: unused for"), "{}", ran.stderr);
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    assert!(scene.origin().contains("codex/issue-7"), "the open pull request keeps its branch");
    assert!(scene.comments_on(8).contains("Nobody used it"), "{}", scene.comments_on(8));
}

#[test]
fn a_slot_whose_issue_and_pull_request_are_closed_goes_at_once() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.issue_is_closed();
    assert!(!scene.records().is_empty() && sweep(&scene).exit == 0 && !scene.records().is_empty());
    scene.pull_is_closed(false);
    let ran = sweep(&scene);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a schedule comes from the repository itself
    ✓ fetch           main at <commit>
    slot 1 (ai, issue #7) may go: issue #7 and pull request #8 are closed
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ comment         1 comment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
}

#[test]
fn a_slot_where_somebody_works_is_never_touched() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let working = scene.start_until_the_agent_waits();
    scene.issue_is_closed();
    let ran = sweep(&scene);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a schedule comes from the repository itself
    ✓ fetch           main at <commit>
    slot 1 (ai, issue #7) may go: issue #7 is closed
    ✓ slots           1 to remove
    note: slot 1 (ai, issue #7) stays: <run> runs dev there
    – stop            no slot is held
    – destroy         no slot to remove
    – comment         no comment about an environment
    – records         no slot was removed
    ");
    scene.let_the_agent_go();
    let ended = working.end();
    // The run itself sees that its issue was closed, before it publishes anything.
    assert_eq!(ended.exit, 3, "{}", ended.stderr);
}

#[test]
fn unfinished_work_is_saved_before_its_slot_goes() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let working = scene.start_until_the_agent_waits();
    working.signal(rustix::process::Signal::KILL);
    working.end();
    scene.change_record(1, |record| record["updatedAt"] = LONG_AGO.into());
    let ran = sweep(&scene);
    assert_eq!((ran.exit, scene.records()), (0, String::new()), "{}", ran.stderr);
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: unfinished work (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}
