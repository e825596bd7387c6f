//! The two other hands: an outbox of readable files without a token, and a dry hand that only says what it would do.

use std::path::Path;
use std::sync::Arc;

use codexctl_action::github::dry::{Dry, Plan};
use codexctl_action::github::outbox::Outbox;
use codexctl_action::github::{GitHub, Reacted, Thread, WantedPull};

use crate::scene::{Scene, own, progress, wanted_pull};

/// Every question that there is, as `question: answer`.
async fn questions(github: &dyn GitHub) -> String {
    let marker = progress("agent", "").marker;
    [
        format!("viewer: {:?}", github.viewer().await.unwrap()),
        format!("permission: {:?}", github.permission("ada").await.unwrap()),
        format!("is_bot: {:?}", github.is_bot("ada").await.unwrap()),
        format!("issue: {:?}", github.issue(7).await.unwrap()),
        format!("comments: {:?}", github.comments(7).await.unwrap()),
        format!("pulls_of: {:?}", github.pulls_of("codex/issue-7").await.unwrap()),
        format!("own_comment: {:?}", github.own_comment(&Thread::Issue(7), "progress", &marker).await.unwrap()),
    ]
    .join("\n")
}

/// Everything that there is to write.
async fn write_all(github: &dyn GitHub, text: &str) -> String {
    let environment = own("environment", Thread::PullOf("codex/issue-7".into()), "published", text);
    github.react(&Reacted::Issue(7)).await.unwrap();
    github.react(&Reacted::Comment(99)).await.unwrap();
    let comment = github.put_comment(&progress("agent", text)).await.unwrap();
    let pull =
        github.put_pull(&WantedPull { title: format!("Keep \"carts\": {text}"), ..wanted_pull() }).await.unwrap();
    github.put_comment(&environment).await.unwrap();
    github.remove_label(&Thread::Issue(7), "[ai-dev]").await.unwrap();
    format!("{comment:?}\n{pull:?}")
}

fn files(folder: &Path) -> String {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let show = |path: &std::path::PathBuf| {
        format!("=== {}\n{}", path.file_name().unwrap().to_string_lossy(), std::fs::read_to_string(path).unwrap())
    };
    names.iter().map(show).collect()
}

#[tokio::test]
async fn the_outbox_answers_only_what_it_knows_itself() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::new(folder.path().join(".codexctl/outbox"));
    insta::assert_snapshot!(questions(&outbox).await, @r#"
    viewer: Unknown("would ask GitHub whose token this is")
    permission: Unknown("would ask GitHub whether ada may write")
    is_bot: Unknown("would ask GitHub whether ada is a bot")
    issue: Unknown("would ask GitHub for issue #7")
    comments: Unknown("would ask GitHub for the comments of issue #7")
    pulls_of: Unknown("would ask GitHub which pull requests codex/issue-7 has")
    own_comment: Known(None)
    "#);
    assert!(!folder.path().join(".codexctl").exists());
    assert_eq!(outbox.requests(), 0);
}

#[tokio::test]
async fn the_outbox_keeps_one_readable_file_for_each_thing_and_a_rerun_overwrites_them() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::new(folder.path().join(".codexctl/outbox"));
    write_all(&outbox, "one").await;
    let second = write_all(&outbox, "two").await.replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(second, @r#"
    Known("/.codexctl/outbox/issue-7.comment-progress.md")
    Known(PlacedPull { number: None, url: "/.codexctl/outbox/pull-codex-issue-7.md", existed: true, draft: true })
    "#);
    insta::assert_snapshot!(files(outbox.folder()), @r#"
    === .gitignore
    *
    === comment-99.reaction.md
    👀 on comment 99
    === issue-7.comment-progress.md
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"agent"} -->
    two
    === issue-7.labels.md
    - take off: [ai-dev]
    === issue-7.reaction.md
    👀 on issue #7
    === pull-codex-issue-7.comment-environment.md
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"published"} -->
    two
    === pull-codex-issue-7.md
    ---
    title: "Keep \"carts\": two"
    head: "codex/issue-7"
    base: "main"
    draft: true
    labels: ["codex"]
    reviewers: ["grace"]
    ---

    The cart survives.

    Closes #7
    "#);
    let known = outbox.own_comment(&Thread::Issue(7), "progress", &progress("sources", "").marker).await.unwrap();
    assert_eq!(known.into_known().flatten(), Some(progress("agent", "two\n").body));
}

#[tokio::test]
async fn labels_taken_off_are_listed_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::new(folder.path());
    for label in ["[ai-dev]", "bug", "[ai-dev]", "two\nlines"] {
        outbox.remove_label(&Thread::Issue(7), label).await.unwrap();
    }
    let text = std::fs::read_to_string(folder.path().join("issue-7.labels.md")).unwrap();
    insta::assert_snapshot!(text, @"
    - take off: [ai-dev]
    - take off: bug
    - take off: two lines
    ");
}

#[tokio::test]
async fn hostile_names_stay_in_the_folder_and_apart_from_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::new(folder.path().join("a/outbox"));
    for head in ["../../../etc/passwd", "..", "codex/ä", "codex/ö", "a\0b", &"x".repeat(400)] {
        outbox.put_pull(&WantedPull { head: head.into(), ..wanted_pull() }).await.unwrap();
    }
    let mut names: Vec<_> = std::fs::read_dir(outbox.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    insta::assert_snapshot!(names.join("\n"), @"
    .gitignore
    pull-..-..-..-etc-passwd.md
    pull-...md
    pull-a-b-59b271ae.md
    pull-codex---a37073de.md
    pull-codex---da73d588.md
    pull-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-7b0bd700.md
    ");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_in_the_outboxs_place_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".codexctl")).unwrap();
    let outbox = Outbox::new(folder.path().join(".codexctl/outbox"));
    let error = outbox.react(&Reacted::Issue(7)).await.unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&folder.path().display().to_string(), ""), @"can't write /.codexctl: it is a symbolic link, remove it");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_comment_of_a_newer_codexctl_in_the_outbox_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("issue-7.comment-progress.md");
    std::fs::write(&file, "<!-- codexctl:{\"schema\":9} -->\n").unwrap();
    let error = Outbox::new(folder.path()).put_comment(&progress("agent", "x")).await.unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&folder.path().display().to_string(), ""), @"/issue-7.comment-progress.md has a codexctl comment of schema 9, this codexctl knows 1: upgrade to the version that wrote it");
}

#[tokio::test]
async fn a_dry_hand_without_a_token_asks_nobody_and_lists_what_it_would_write() {
    let plan = Plan::default();
    let dry = Dry::new(None, plan.clone());
    insta::assert_snapshot!(questions(&dry).await, @r#"
    viewer: Unknown("would ask GitHub whose token this is")
    permission: Unknown("would ask GitHub whether ada may write")
    is_bot: Unknown("would ask GitHub whether ada is a bot")
    issue: Unknown("would ask GitHub for issue #7")
    comments: Unknown("would ask GitHub for the comments of issue #7")
    pulls_of: Unknown("would ask GitHub which pull requests codex/issue-7 has")
    own_comment: Unknown("would ask GitHub for our progress comment on issue #7")
    "#);
    insta::assert_snapshot!(write_all(&dry, "text").await, @r#"
    Unknown("would write the progress comment on issue #7")
    Unknown("would open the draft pull request main ← codex/issue-7: Keep \"carts\": text")
    "#);
    insta::assert_json_snapshot!(plan.all(), @r#"
    [
      {
        "target": "github",
        "what": "put an eyes reaction on issue #7",
        "detail": null
      },
      {
        "target": "github",
        "what": "put an eyes reaction on comment 99",
        "detail": null
      },
      {
        "target": "github",
        "what": "write the progress comment on issue #7",
        "detail": "<!-- codexctl:{\"kind\":\"progress\",\"repo\":\"codex-k8s/shop\",\"project\":\"shop\",\"number\":7,\"schema\":1,\"phase\":\"agent\"} -->\ntext"
      },
      {
        "target": "github",
        "what": "open the draft pull request main ← codex/issue-7: Keep \"carts\": text",
        "detail": "The cart survives.\n\nCloses #7"
      },
      {
        "target": "github",
        "what": "add labels to it: codex",
        "detail": null
      },
      {
        "target": "github",
        "what": "ask for reviews: grace",
        "detail": null
      },
      {
        "target": "github",
        "what": "write the environment comment on the pull request of codex/issue-7",
        "detail": "<!-- codexctl:{\"kind\":\"environment\",\"repo\":\"codex-k8s/shop\",\"project\":\"shop\",\"number\":7,\"schema\":1,\"phase\":\"published\"} -->\ntext"
      },
      {
        "target": "github",
        "what": "take the label [ai-dev] off issue #7",
        "detail": null
      }
    ]
    "#);
    assert_eq!(dry.requests(), 0);
}

#[tokio::test]
async fn a_dry_hand_with_a_token_asks_github_and_plans_edits_of_what_is_there() {
    let scene = Scene::new();
    let github = Arc::new(scene.github());
    github.put_comment(&progress("sources", "before")).await.unwrap();
    github.put_pull(&wanted_pull()).await.unwrap();
    let writes = scene.stand.writes();
    let plan = Plan::default();
    let dry = Dry::new(Some(github), plan.clone());
    write_all(&dry, "text").await;
    dry.put_comment(&progress("sources", "before")).await.unwrap();
    let lines: Vec<String> = plan.all().into_iter().map(|planned| planned.what).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    put an eyes reaction on issue #7
    put an eyes reaction on comment 99
    edit the progress comment on issue #7
    edit pull request #8: Keep "carts": text
    ask for reviews: whoever wasn't asked yet of grace
    write the environment comment on the pull request of codex/issue-7
    take the label [ai-dev] off issue #7
    "#);
    assert_eq!(scene.stand.writes(), writes);
}
