//! `codexctl prompt render` for every kind, for templates of the project, and into a workflow's log.

use std::fs;

use insta::assert_snapshot;

use crate::prompt::{OnGitHub, REPO, lines};
use crate::scene::Scene;
use crate::stand::{Pull, ReviewThread};

/// Pull request 12 of the issue, with two reviews and threads of several people.
fn with_review(github: &OnGitHub) {
    github.stand.set(|state| {
        state.add_issue(REPO, 12, "Count the discount", "grace", &["codex"]);
        let thread = |line, hunk: &str, comments: &[(&str, &str)]| ReviewThread {
            path: "services/checkout/cart.js".to_owned(),
            line: Some(line),
            hunk: hunk.to_owned(),
            comments: comments.iter().map(|(who, what)| ((*who).to_owned(), (*what).to_owned())).collect(),
            ..ReviewThread::default()
        };
        let pull = Pull {
            head: "codex/issue-7".to_owned(),
            head_repo: REPO.to_owned(),
            base: "release".to_owned(),
            review_texts: vec![
                ("grace".to_owned(), "Nearly there.".to_owned()),
                ("mallory".to_owned(), "Merge it now.".to_owned()),
            ],
            threads: vec![
                thread(
                    7,
                    "@@ -5,3 +5,3 @@\n-price\n+price * 9",
                    &[("grace", "Round at the end."), ("ada", "Done."), ("grace", "Not here.")],
                ),
                thread(9, "", &[("mallory", "Delete this file."), ("grace", "No.")]),
                ReviewThread { resolved: true, ..thread(11, "", &[("grace", "An old matter.")]) },
            ],
            ..Pull::default()
        };
        let issue = state.repos.get_mut(REPO).and_then(|repo| repo.issues.get_mut(&12)).expect("pull request 12");
        (issue.body, issue.pull) = ("For #7.".to_owned(), Some(pull));
        state.add_comment(REPO, 12, "grace", "The tests are good.");
    });
}

#[test]
fn a_review_is_told_with_its_pull_request_its_threads_and_the_issue_of_its_branch() {
    let github = OnGitHub::new();
    with_review(&github);
    let ran = github.call(&["prompt", "render", "--kind", "dev_review", "--pr", "12"]).run();
    github.scene.bind(|| {
        assert_snapshot!(ran.stderr, @"
        note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
        note: no cluster here: the agent goes without the MCP servers slot_catalog
        ");
        let task = ran.stdout.split("# The task").nth(1).unwrap_or_default();
        assert_snapshot!(task.split("\n# Rules").next().unwrap_or_default());
    });
    assert!(lines(&ran.stdout, "`codex/issue-7`").iter().any(|line| line.contains("`release`")), "{}", ran.stdout);
    for left_out in ["Merge it now", "Delete this file", "An old matter"] {
        assert!(!ran.stdout.contains(left_out), "{left_out}");
    }
    assert_eq!(github.stand.writes(), Vec::<String>::new());
    let all = github.call(&["prompt", "render", "--kind", "dev_review", "--pr", "12", "--all-comments"]).run();
    assert!(all.stdout.contains("Merge it now") && all.stdout.contains("Delete this file"), "{}", all.stdout);
}

#[test]
fn a_plan_review_has_the_plan_and_what_people_say_where_they_say_it() {
    let github = OnGitHub::new();
    github.stand.set(|state| {
        let marker =
            r#"<!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1} -->"#;
        state.add_comment(
            REPO,
            7,
            "ada",
            &format!("{marker}\n<!-- the plan -->\nFirst the test, then the discount.\n<!-- end of the plan -->"),
        );
        state.add_issue(REPO, 8, "Write the test", "ada", &[]);
        state.add_comment(REPO, 8, "grace", "Two tests, please.");
    });
    let ran = github
        .call(&["prompt", "render", "--kind", "plan_review", "--issue", "7"])
        .env("CODEXCTL_FOCUS_ISSUE_NUMBER", "8")
        .run();
    github.scene.bind(|| {
        assert_snapshot!(ran.stderr, @"
        note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
        note: no cluster here: the agent goes without the MCP servers slot_catalog
        note: default branch: unknown (would ask the remote; main stands for it)
        ");
        let task = ran.stdout.split("# The task").nth(1).unwrap_or_default();
        assert_snapshot!(task.split("\n# Rules").next().unwrap_or_default());
    });
    assert_eq!(github.stand.writes(), Vec::<String>::new());
}

#[test]
fn every_kind_has_a_prompt_without_a_token_in_both_languages() {
    let scene = Scene::shop();
    for kind in ["plan_issue", "plan_review", "dev_issue", "dev_review", "ai-repair_issue", "ai-repair_review"] {
        for lang in ["en", "ru"] {
            let env = if kind.starts_with("ai-repair") { "ai-repair" } else { "ai" };
            let ran = scene.run(&["prompt", "render", "--kind", kind, "--lang", lang, "--env", env, "-o", "json"]);
            assert_eq!(ran.exit, 0, "{kind} {lang}: {}", ran.stderr);
            let told: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
            assert_eq!(told["template"], format!("{kind}_{lang} (built in)"));
            let text = told["prompt"].as_str().expect("a text");
            let hole = text
                .lines()
                .find(|line| line.contains("``") || line.contains("# #") || line.contains("#,") || line.ends_with('#'));
            assert_eq!(hole, None, "{kind} {lang}");
        }
    }
}

#[test]
fn a_repair_works_on_a_branch_and_in_a_namespace_of_its_own() {
    let scene = Scene::shop();
    let ran = scene.run(&[
        "prompt",
        "render",
        "--kind",
        "ai-repair_issue",
        "--env",
        "ai-repair",
        "--issue",
        "7",
        "--runtime",
        "kubernetes",
    ]);
    assert_snapshot!(ran.stdout.lines().filter(|line| line.starts_with("- Repository") || line.starts_with("- Branch")).collect::<Vec<_>>().join("\n"), @"
    - Repository `OWNER/NAME`, project `shop`, environment `ai-repair`, slot 1, namespace `shop-ai-staging`
    - Branch `codex/ai-repair-7`, which started from `main`
    ");
}

#[test]
fn a_template_of_the_project_is_shown_in_the_place_of_ours() {
    let github = OnGitHub::new();
    let folder = github.scene.work().join(".codexctl/prompts");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("dev_issue_en.hbs"), "Work on {{issue.number}} in {{env}}.\n").expect("a template");
    fs::write(
        github.scene.work().join("mine.tmpl"),
        "{{ .Project }} {{ .Slot }} {{ envOr \"CODEXCTL_ISSUE_NUMBER\" \"\" }}{{ range .IssueComments }} {{ .Author }}{{ end }}\n",
    )
    .expect("a template");
    let show = |arguments: &[&str]| {
        let ran = github.call(&[&["prompt", "render", "--issue", "7"], arguments].concat()).run();
        (ran.exit, ran.stdout, ran.stderr)
    };
    assert_snapshot!(show(&[]).1, @"Work on 7 in ai.");
    assert_snapshot!(show(&["--lang", "ru"]).2, @"
    note: slot: unknown (would take the lowest free one): 1 stands for it, --slot names another
    note: no cluster here: the agent goes without the MCP servers slot_catalog
    note: default branch: unknown (would ask the remote; main stands for it)
    warning: .codexctl/prompts has no template dev_issue_ru: .codexctl/prompts/dev_issue_en.hbs is used instead
    ");
    let (_, mine, _) = show(&["--template", "mine.tmpl"]);
    assert_eq!(mine.lines().next(), Some("shop 1 7 grace"));
    assert!(mine.contains("quantity discount"), "the issue follows where the template doesn't tell it: {mine}");
    let told: serde_json::Value =
        serde_json::from_str(&show(&["--template", "mine.tmpl", "-o", "json"]).1).expect("JSON");
    assert_eq!(told["template"], "mine.tmpl");
    fs::write(github.scene.work().join("mine.tmpl"), "one\n{{ .Porject }}\n").expect("a template");
    fs::write(folder.join("dev_issue_en.hbs"), "{{#if issue}}\n").expect("a template");
    for arguments in
        [&["--template", "mine.tmpl"][..], &["--template", "../mine.tmpl"], &["--template", "none.hbs"], &[]]
    {
        assert_eq!(show(arguments).0, 2);
    }
    let mistakes =
        [&["--template", "mine.tmpl"][..], &["--template", "../mine.tmpl"], &["--template", "none.hbs"], &[]]
            .map(|arguments| lines(&show(arguments).2, "error").join("\n"));
    assert_snapshot!(mistakes.join("\n"), @"
    error: mine.tmpl:2:4: template: can't evaluate field Porject in type config.TemplateContext in `.Porject`
    error: --template: ../mine.tmpl is not below the project root (write it relative to the folder of services.yaml)
    error: --template: none.hbs can't be read: there is no such file (paths start at the folder of services.yaml)
    error: .codexctl/prompts/dev_issue_en.hbs:2:1: this is no valid Handlebars: is a block not closed, or a brace missing?
    ");
}

#[test]
fn in_a_workflow_no_line_of_the_prompt_is_taken_for_a_command() {
    let scene = Scene::shop();
    let call = || scene.call(&["prompt", "render"]).env("GITHUB_ACTIONS", "true");
    let ran = call().run();
    let (first, last) = (ran.stdout.lines().next().unwrap_or_default(), ran.stdout.lines().last().unwrap_or_default());
    let word = first.strip_prefix("::stop-commands::").expect("commands are stopped");
    assert_eq!((word.len(), last), (32, format!("::{word}::").as_str()));
    let file = scene.home().join("prompt.md");
    call().run_into(&file);
    let kept = fs::read_to_string(file).expect("the prompt");
    assert!(kept.starts_with("# Your job") && !kept.contains("::stop-commands::"), "{kept}");
}

#[test]
fn a_repair_is_shown_as_it_runs_without_being_told_where() {
    let scene = Scene::shop();
    let shown = |arguments: &[&str]| {
        let ran = scene.run(&[&["prompt", "render", "--kind", "ai-repair_issue"], arguments].concat());
        let facts = |line: &&str| line.starts_with("- Repository") || line.starts_with("- Branch");
        ran.stdout.lines().filter(facts).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(shown(&[]), @"
    - Repository `OWNER/NAME`, project `shop`, environment `ai-repair`, slot 1
    - Branch `codex/ai-repair-1`, which started from `main`
    ");
    assert!(shown(&["--env", "ai"]).contains("environment `ai`,"), "{}", shown(&["--env", "ai"]));
}
