//! Protected files in a pull request that more than one run works on: the warning is about all that would be merged.

use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, done, run};

/// The first lines of the pull request's text, and whether it is a draft.
fn pull(scene: &Scene) -> String {
    let state = scene.stand.as_ref().unwrap().state();
    let issue = &state.repos[REPO].issues[&8];
    let draft = if issue.pull.as_ref().unwrap().draft { "draft" } else { "ready" };
    let body: Vec<&str> = issue.body.lines().take(2).collect();
    format!("{draft}\n{}", body.join("\n"))
}

/// What the comment on the issue says of protected files.
fn comment(scene: &Scene) -> String {
    let github = scene.github();
    github.lines().filter(|line| line.starts_with("**Protected")).collect::<Vec<_>>().join("\n")
}

fn somebody_marks_it_as_ready(scene: &Scene) {
    scene.stand.as_ref().unwrap().set(|state| {
        let issue = state.repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap();
        issue.pull.as_mut().unwrap().draft = false;
    });
}

#[test]
fn what_an_earlier_run_changed_stays_named_until_it_is_as_it_was() {
    let workflow = "mkdir -p .github/workflows && echo 'on: push' > .github/workflows/x.yml";
    let scene = Scene::new(vec![
        run(&format!("{workflow}; sed -i 's/maxFiles: 30/maxFiles: 3000/' services.yaml")),
        done(),
        run("echo Hello. >> README.md"),
        done(),
        run("rm .github/workflows/x.yml; sed -i 's/maxFiles: 3000/maxFiles: 30/' services.yaml"),
        done(),
    ])
    .on_github();
    let summary = scene.path("summary.md");
    let scene = scene.env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let mut told = Vec::new();
    for _ in 0..3 {
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let warned: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning:")).collect();
        let page = std::fs::read_to_string(&summary).unwrap();
        std::fs::remove_file(&summary).unwrap();
        let page: Vec<&str> = page.lines().filter(|line| line.starts_with("**Protected")).collect();
        told.push(format!("{}\n{}\n{}\n{}", pull(&scene), comment(&scene), warned.join("\n"), page.join("\n")));
        somebody_marks_it_as_ready(&scene);
        scene.somebody_labels_again();
        scene.change_event(|event| {
            event["issue"]["updated_at"] = format!("2026-03-0{}T09:00:00Z", 3 + told.len()).into();
        });
    }
    insta::assert_snapshot!(told.join("\n=====\n"), @"
    draft
    > [!WARNING]
    > **This changes protected files:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge; the pull request is a draft until you mark it as ready.
    **Protected files are changed:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge.
    warning: the pull request changes protected files: .github/workflows/x.yml, services.yaml
    **Protected files are changed:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge.
    =====
    ready
    > [!WARNING]
    > **This changes protected files:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge; the pull request is no draft: nothing else keeps it from being merged.
    **Protected files are changed:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge.
    warning: the pull request changes protected files: .github/workflows/x.yml, services.yaml
    **Protected files are changed:** `.github/workflows/x.yml`, `services.yaml`. Read them line by line before you merge.
    =====
    ready
    `priceCart` left the discount out.
    ");
}

#[test]
fn a_protected_change_makes_a_ready_pull_request_a_draft_again() {
    let scene = Scene::new(vec![run(CHANGE), done(), run("echo Be brief. >> AGENTS.md"), done()]).on_github();
    assert_eq!(scene.run().exit, 0);
    somebody_marks_it_as_ready(&scene);
    scene.somebody_labels_again();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(pull(&scene), @"
    draft
    > [!WARNING]
    > **This changes protected files:** `AGENTS.md`. Read them line by line before you merge; the pull request is a draft until you mark it as ready.
    ");
}

#[test]
fn where_there_are_no_drafts_the_warning_says_that_nothing_holds_the_merge_back() {
    let scene = Scene::new(vec![run(CHANGE), done(), run("echo Be brief. >> AGENTS.md"), done()]).on_github();
    scene.stand.as_ref().unwrap().set(|state| state.repos.get_mut(REPO).unwrap().drafts = false);
    assert_eq!(scene.run().exit, 0);
    scene.somebody_labels_again();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let warned: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning:")).collect();
    insta::assert_snapshot!(format!("{}\n{}\n{}", pull(&scene), comment(&scene), warned.join("\n")), @"
    ready
    > [!WARNING]
    > **This changes protected files:** `AGENTS.md`. Read them line by line before you merge; the pull request is no draft: nothing else keeps it from being merged.
    **Protected files are changed:** `AGENTS.md`. Read them line by line before you merge.
    warning: the pull request changes protected files: AGENTS.md
    warning: codex-k8s/shop has no draft pull requests: pull request #8 stays ready for review
    ");
}
