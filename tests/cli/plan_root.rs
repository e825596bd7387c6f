//! `codexctl plan resolve-root`: the planning issue above an issue.

use insta::assert_snapshot;

use crate::prompt::{OnGitHub, REPO};

/// Issue 3 has the plan, 8 belongs to it, 9 to 8, 10 to nothing.
fn scene() -> OnGitHub {
    let github = OnGitHub::new();
    github.stand.set(|state| {
        let mut add = |number, body: &str, labels: &[&str]| {
            state.add_issue(REPO, number, "An issue", "grace", labels);
            let issue = state.repos.get_mut(REPO).and_then(|repo| repo.issues.get_mut(&number));
            issue.expect("the issue").body = body.to_owned();
        };
        add(3, "AI-PLAN-PARENT: #7", &["[AI-Plan]"]);
        add(8, "AI-PLAN-PARENT: #3\n\nA part.", &[]);
        add(9, "A part of the part.\n\nAI-PLAN-PARENT: #8", &[]);
        add(10, "> AI-PLAN-PARENT: #3", &[]);
    });
    github
}

#[test]
fn the_root_is_found_from_itself_and_from_every_issue_below() {
    let scene = scene();
    for (issue, root) in [("3", 3), ("8", 3), ("9", 3)] {
        let ran = scene.call(&["plan", "resolve-root", "--issue", issue, "-o", "kv"]).run();
        assert_eq!((ran.exit, ran.stdout), (0, format!("root={root}\nfocus={issue}\n")), "{}", ran.stderr);
    }
}

#[test]
fn the_outputs_go_to_later_steps_of_a_workflow_too() {
    let scene = scene();
    let file = scene.scene.home().join("outputs");
    let call = scene.call(&["plan", "resolve-root"]).env("CODEXCTL_ISSUE_NUMBER", "9").env("GITHUB_OUTPUT", &file);
    assert_eq!(call.run().exit, 0);
    let text = std::fs::read_to_string(file).expect("the outputs");
    let values: Vec<&str> = text.lines().filter(|line| *line == "3" || *line == "9" || line.contains('=')).collect();
    assert_snapshot!(values.join("\n"), @"
    root=3
    focus=9
    ");
}

#[test]
fn without_a_root_it_says_why_and_fails() {
    let scene = scene();
    let said = |issue: &str| {
        let ran = scene.call(&["plan", "resolve-root", "--issue", issue]).run();
        assert_eq!((ran.exit, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        ran.stderr
    };
    assert_snapshot!(said("10"), @"error: issue #10 belongs to no plan: it has neither the label [ai-plan] nor a line AI-PLAN-PARENT: #N. Set that label on it to have it planned");
    assert_snapshot!(said("99"), @"error: GitHub has no issue #99 in codex-k8s/shop: it is missing, or the token has no access to it");
    assert_eq!(scene.stand.writes(), Vec::<String>::new());
}

#[test]
fn it_has_to_know_an_issue_and_to_have_a_token() {
    let scene = scene();
    let ran = scene.call(&["plan", "resolve-root"]).run();
    assert_eq!(ran.exit, 2);
    assert_snapshot!(ran.stderr, @"error: plan resolve-root has to know the issue: give --issue");
    let ran = scene.call(&["plan", "resolve-root", "--issue", "9"]).without("GH_TOKEN").run();
    assert_eq!(ran.exit, 2);
    assert_snapshot!(ran.stderr, @"error: without a token GitHub can't be asked: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN");
}
