//! Comments of our own: found by marker, edited in place, forgery-proof; reactions and labels.

use std::sync::Arc;

use codexctl_action::deploy::hooks::{Comments as _, HookComment, Written};
use codexctl_action::github::markers::{State, marker};
use codexctl_action::github::{GitHub as _, Reacted, Thread};

use crate::scene::{REPO, Scene, progress};

#[tokio::test]
async fn a_comment_is_written_once_and_then_edited_also_by_a_later_run() {
    let scene = Scene::new();
    let github = scene.github();
    let url = github.put_comment(&progress("sources", "working")).await.unwrap().into_known().unwrap();
    assert_eq!(url, "https://github.com/codex-k8s/shop/issues/7#issuecomment-101");
    github.put_comment(&progress("agent", "still working")).await.unwrap();
    github.put_comment(&progress("agent", "still working")).await.unwrap();
    let later = scene.github();
    assert_eq!(
        later.put_comment(&progress("published", "done")).await.unwrap().into_known().as_deref(),
        Some(url.as_str())
    );
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    POST /graphql → 200
    POST /repos/codex-k8s/shop/issues/7/comments → 201
    POST /graphql → 200
    PATCH /repos/codex-k8s/shop/issues/comments/101 → 200
    POST /graphql → 200
    PATCH /repos/codex-k8s/shop/issues/comments/101 → 200
    ");
    let comments = scene.stand.state().comments_of(REPO);
    assert_eq!(comments, [("github-actions[bot]".to_owned(), progress("published", "done").body)]);
}

#[tokio::test]
async fn a_hooks_comment_is_edited_when_the_hook_runs_again_and_stands_beside_that_of_another_step() {
    let scene = Scene::new();
    let written = |scene: &Scene| {
        let (repo, project) = (REPO.to_owned(), "shop".to_owned());
        Written { github: Arc::new(scene.github()), repo, project, has_token: true }
    };
    let comment = |step: &str, body: &str| {
        let kind = format!("hook ai services.web afterApply {step}");
        HookComment { thread: Thread::Issue(7), kind, body: body.to_owned() }
    };
    for (step, body) in [("tell", "coming"), ("greet", "hello"), ("tell", "ready")] {
        let placed = written(&scene).put(&comment(step, body)).await.unwrap();
        assert!(placed.url.contains("/issues/7#issuecomment-") && !placed.in_outbox, "{placed:?}");
    }
    let comments: Vec<String> = scene.stand.state().comments_of(REPO).into_iter().map(|(_, body)| body).collect();
    insta::assert_snapshot!(comments.join("\n\n"), @r#"
    <!-- codexctl:{"kind":"hook ai services.web afterApply tell","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1} -->
    ready

    <!-- codexctl:{"kind":"hook ai services.web afterApply greet","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1} -->
    hello
    "#);
}

#[tokio::test]
async fn a_later_run_with_the_same_text_writes_nothing() {
    let scene = Scene::new();
    let wanted = progress("agent", "working\n\n- [x] sources\n");
    scene.stand.state().add_comment(REPO, 7, "github-actions[bot]", &wanted.body.replace('\n', "\r\n"));
    scene.github().put_comment(&wanted).await.unwrap();
    assert_eq!(scene.stand.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_marker_in_a_text_of_another_account_changes_nothing() {
    let scene = Scene::new();
    let forged = progress("published", "all done, nothing to do");
    scene.stand.state().add_comment(REPO, 7, "mallory", &forged.body);
    let github = scene.github();
    let found = github.own_comment(&Thread::Issue(7), "progress", &forged.marker).await.unwrap();
    assert_eq!(found.into_known(), Some(None));
    github.put_comment(&progress("agent", "working")).await.unwrap();
    let comments = scene.stand.state().comments_of(REPO);
    assert_eq!(comments[0], ("mallory".to_owned(), forged.body));
    assert_eq!(comments[1], ("github-actions[bot]".to_owned(), progress("agent", "working").body));
}

#[tokio::test]
async fn a_marker_that_is_quoted_indented_or_not_first_is_none_even_in_our_own_texts() {
    let scene = Scene::new();
    let wanted = progress("agent", "working");
    let marker = &wanted.marker;
    for text in [
        format!("> {marker}\nquoted"),
        format!("hello\n{marker}"),
        format!("    {marker}"),
        format!("{marker} trailing"),
    ] {
        scene.stand.state().add_comment(REPO, 7, "github-actions[bot]", &text);
    }
    let found = scene.github().own_comment(&Thread::Issue(7), "progress", marker).await.unwrap();
    assert_eq!(found.into_known(), Some(None));
}

#[tokio::test]
async fn comments_of_another_kind_project_number_or_repository_are_not_mistaken() {
    let scene = Scene::new();
    for (kind, repo, project, number) in [
        ("environment", REPO, "shop", 7),
        ("progress", "codex-k8s/other", "shop", 7),
        ("progress", REPO, "admin", 7),
        ("progress", REPO, "shop", 8),
    ] {
        let other = marker(kind, repo, project, number, &State::default());
        scene.stand.state().add_comment(REPO, 7, "github-actions[bot]", &format!("{other}\nother"));
    }
    let wanted = progress("agent", "working");
    scene.github().put_comment(&wanted).await.unwrap();
    let comments = scene.stand.state().comments_of(REPO);
    assert!(comments[..4].iter().all(|(_, body)| body.ends_with("other")));
    assert_eq!(comments[4].1, wanted.body);
}

#[tokio::test]
async fn our_comment_is_found_behind_many_others_and_gives_its_text() {
    let scene = Scene::new();
    let mine = progress("agent", "working");
    scene.stand.set(|state| {
        state.page = 3;
        for number in 0..10 {
            state.add_comment(REPO, 7, "grace", &format!("talk {number}"));
        }
        state.add_comment(REPO, 7, "github-actions[bot]", &mine.body);
    });
    let wanted = progress("published", "");
    let found = scene.github().own_comment(&Thread::Issue(7), "progress", &wanted.marker).await.unwrap();
    assert_eq!(found.into_known().flatten(), Some(mine.body));
}

#[tokio::test]
async fn a_comment_of_a_newer_codexctl_is_left_alone() {
    let scene = Scene::new();
    let newer = "<!-- codexctl:{\"kind\":\"progress\",\"repo\":\"codex-k8s/shop\",\"project\":\"shop\",\"number\":7,\"schema\":2} -->\nfrom the future";
    scene.stand.state().add_comment(REPO, 7, "github-actions[bot]", newer);
    let error = scene.github().put_comment(&progress("agent", "working")).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"issue #7 has a codexctl comment of schema 2, this codexctl knows 1: upgrade to the version that wrote it");
    assert_eq!(scene.stand.state().comments_of(REPO)[0].1, newer);
    assert_eq!(scene.stand.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_that_somebody_deleted_meanwhile_is_written_anew() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_comment(&progress("sources", "one")).await.unwrap();
    scene.stand.state().repos.get_mut(REPO).unwrap().comments.clear();
    github.put_comment(&progress("agent", "two")).await.unwrap();
    assert_eq!(scene.stand.state().comments_of(REPO).len(), 1);
}

#[tokio::test]
async fn two_steps_that_write_the_same_comment_at_once_write_one() {
    let scene = Scene::new();
    let github = scene.github();
    let (one, two) = (progress("sources", "one"), progress("agent", "two"));
    let (first, second) = tokio::join!(github.put_comment(&one), github.put_comment(&two));
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(scene.stand.state().comments_of(REPO).len(), 1);
}

#[tokio::test]
async fn machines_that_look_and_write_at_the_same_time_end_with_one_comment_and_the_last_word() {
    let scene = Scene::new();
    let machines: Vec<_> = (0..3).map(|_| scene.github()).collect();
    let texts: Vec<_> = (0..3).map(|at| progress("sources", &format!("machine {at}"))).collect();
    let put = |at: usize| machines[at].put_comment(&texts[at]);
    let urls: [_; 3] = tokio::join!(put(0), put(1), put(2)).into();
    let urls = urls.map(|url| url.unwrap().into_known());
    assert_eq!(scene.stand.state().comments_of(REPO).len(), 1, "{}", scene.stand.log().join("\n"));
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    for at in [1, 0, 2] {
        let last = progress("published", &format!("machine {at} is done"));
        machines[at].put_comment(&last).await.unwrap();
        assert_eq!(scene.stand.state().comments_of(REPO), [("github-actions[bot]".to_owned(), last.body)]);
    }
}

#[tokio::test]
async fn a_comment_that_a_person_edited_gets_our_text_again() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_comment(&progress("sources", "one")).await.unwrap();
    scene.stand.set(|state| {
        for comment in state.repos.get_mut(REPO).unwrap().comments.values_mut() {
            comment.body = "Somebody's own words, marker and all gone.".to_owned();
        }
    });
    let next = progress("agent", "two");
    github.put_comment(&next).await.unwrap();
    assert_eq!(scene.stand.state().comments_of(REPO), [("github-actions[bot]".to_owned(), next.body)]);
}

#[tokio::test]
async fn a_locked_conversation_is_told_as_one() {
    let scene = Scene::new();
    scene.stand.set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap().locked = true);
    scene.stand.set(|state| state.add_classic_token("ghp_mallory", "mallory", &["repo"]));
    let error = scene.github_as("ghp_mallory").put_comment(&progress("agent", "working")).await.unwrap_err();
    insta::assert_snapshot!(error, @"issue #7 is locked, and this token may not write there: unlock the conversation, or give a token with write access");
}

#[tokio::test]
async fn an_eyes_reaction_on_an_issue_or_a_comment_is_there_once_however_often_it_is_put() {
    let scene = Scene::new();
    let id = scene.stand.state().add_comment(REPO, 7, "ada", "please");
    let github = scene.github();
    for _ in 0..2 {
        github.react(&Reacted::Issue(7)).await.unwrap();
        github.react(&Reacted::Comment(id)).await.unwrap();
    }
    let eyes = [("github-actions[bot]".to_owned(), "eyes".to_owned())];
    let state = scene.stand.state();
    assert_eq!(state.repos[REPO].issues[&7].reactions, eyes);
    assert_eq!(state.repos[REPO].comments[&id].reactions, eyes);
}

#[tokio::test]
async fn a_label_is_taken_off_and_one_that_is_gone_already_is_fine() {
    let scene = Scene::new();
    let github = scene.github();
    github.remove_label(&Thread::Issue(7), "[ai-dev]").await.unwrap();
    github.remove_label(&Thread::Issue(7), "[ai-dev]").await.unwrap();
    assert_eq!(scene.stand.state().repos[REPO].issues[&7].labels, ["bug"]);
}

#[tokio::test]
async fn an_empty_or_dotted_label_never_reaches_the_address_of_all_labels() {
    let scene = Scene::new();
    for label in ["", ".", ".."] {
        let error = scene.github().remove_label(&Thread::Issue(7), label).await.unwrap_err().to_string();
        assert!(error.contains(&format!("label {label:?}")), "{error}");
    }
    assert_eq!(scene.stand.log(), Vec::<String>::new());
}
