//! What codexctl asks GitHub, and how few requests that takes.

use codexctl_action::answer::Answer;
use codexctl_action::github::markers::{State, marker};
use codexctl_action::github::{GitHub as _, Permission};

use crate::scene::{REPO, Scene};
use crate::stand::{Fault, Issue, Pull, ReviewThread};

#[tokio::test]
async fn a_workflow_token_knows_whose_it_is_though_get_user_is_refused_to_it() {
    let scene = Scene::new();
    let github = scene.github();
    for _ in 0..3 {
        let viewer = github.viewer().await.unwrap().into_known().unwrap();
        assert_eq!((viewer.login.as_str(), viewer.bot), ("github-actions[bot]", true));
    }
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    POST /graphql → 200
    GET /users/github-actions%5Bbot%5D → 200
    ");
    assert_eq!(github.requests(), 2);
}

#[tokio::test]
async fn a_personal_token_belongs_to_a_person() {
    let scene = Scene::new();
    scene.stand.state().add_classic_token("ghp_ada", "ada", &["repo"]);
    let viewer = scene.github_as("ghp_ada").viewer().await.unwrap().into_known().unwrap();
    assert_eq!((viewer.login.as_str(), viewer.bot), ("ada", false));
}

#[tokio::test]
async fn who_may_write_is_githubs_own_answer_and_asked_again_each_time() {
    let scene = Scene::new();
    let github = scene.github();
    for (login, permission) in [
        ("ada", Permission::Admin),
        ("Grace", Permission::Write),
        ("mallory", Permission::Read),
        ("dependabot[bot]", Permission::None),
        ("nobody-here", Permission::None),
        ("../../user", Permission::None),
        ("..", Permission::None),
    ] {
        assert_eq!(github.permission(login).await.unwrap(), Answer::Known(permission), "{login}");
    }
    scene.stand.state().repos.get_mut(REPO).unwrap().collaborators.remove("grace");
    assert_eq!(github.permission("grace").await.unwrap(), Answer::Known(Permission::Read));
}

#[tokio::test]
async fn whether_an_account_is_a_bot_is_its_type_never_its_name() {
    let scene = Scene::new();
    scene.stand.state().add_user("robot[bot]", "User", "none");
    scene.stand.state().add_user("quiet", "Bot", "none");
    let github = scene.github();
    for (login, bot) in [("dependabot[bot]", true), ("robot[bot]", false), ("quiet", true), ("ada", false)] {
        assert_eq!(github.is_bot(login).await.unwrap(), Answer::Known(bot), "{login}");
    }
    let error = github.is_bot("nobody-here").await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @r#"GitHub has no account "nobody-here": it is missing, or the token has no access to it"#);
}

#[tokio::test]
async fn an_issue_comes_with_what_decisions_need() {
    let scene = Scene::new();
    let issue = scene.github().issue(7).await.unwrap().into_known().unwrap();
    insta::assert_json_snapshot!(issue, @r#"
    {
      "number": 7,
      "title": "Checkout loses the cart",
      "body": "",
      "labels": [
        "bug",
        "[ai-dev]"
      ],
      "open": true,
      "author": "ada",
      "url": "https://github.com/codex-k8s/shop/issues/7",
      "updated_at": "2026-01-01T00:00:01Z"
    }
    "#);
}

#[tokio::test]
async fn comments_come_from_all_pages_oldest_first_without_the_minimised_ones_in_one_request_a_page() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.page = 2;
        for number in 1..=4 {
            state.add_comment(REPO, 7, "grace", &format!("comment {number}"));
        }
        let spam = state.add_comment(REPO, 7, "mallory", "spam");
        let by_bot = state.add_comment(REPO, 7, "github-actions[bot]", "from a workflow");
        state.add_comment(REPO, 7, "deleted-account", "from nobody");
        let comments = &mut state.repos.get_mut(REPO).unwrap().comments;
        comments.get_mut(&spam).unwrap().minimized = true;
        comments.get_mut(&by_bot).unwrap().edited_at = Some("2026-01-02T00:00:00Z".into());
    });
    let github = scene.github();
    let comments = github.comments(7).await.unwrap().into_known().unwrap();
    let lines = comments.iter().map(|comment| {
        let at = comment.updated_at.unwrap().to_rfc3339();
        format!("{} {} {at}: {}", comment.id, comment.author, comment.body)
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    101 grace 2026-01-01T00:00:02+00:00: comment 1
    102 grace 2026-01-01T00:00:03+00:00: comment 2
    103 grace 2026-01-01T00:00:04+00:00: comment 3
    104 grace 2026-01-01T00:00:05+00:00: comment 4
    106 github-actions[bot] 2026-01-02T00:00:00+00:00: from a workflow
    107 ghost 2026-01-01T00:00:08+00:00: from nobody
    ");
    assert_eq!(github.requests(), 4);
}

#[tokio::test]
async fn pull_requests_of_a_branch_come_from_all_pages_newest_first_and_never_from_a_fork() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.page = 2;
        for number in 10..15 {
            let head_repo = if number == 12 { "codex-k8s/shop-copy" } else { REPO };
            let head = if number == 13 { "other" } else { "codex/issue-7" };
            let pull = Pull { head: head.into(), head_repo: head_repo.into(), base: "main".into(), ..Pull::default() };
            let issue = Issue {
                title: format!("try {number}"),
                closed: number < 14,
                author: "ada".into(),
                pull: Some(pull),
                ..Issue::default()
            };
            state.repos.get_mut(REPO).unwrap().issues.insert(number, issue);
        }
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&10).unwrap().pull.as_mut().unwrap().merged = true;
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&10).unwrap().updated_at = "2026-01-01T00:00:00Z".into();
    });
    let pulls = scene.github().pulls_of("codex/issue-7").await.unwrap().into_known().unwrap();
    let lines = pulls.iter().map(|pull| format!("#{} open: {}, merged: {}", pull.number, pull.open, pull.merged));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    #14 open: true, merged: false
    #11 open: false, merged: false
    #10 open: false, merged: true
    ");
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    GET /repos/codex-k8s/shop/pulls?head=codex-k8s:codex%2Fissue-7&state=all&sort=created&direction=desc&per_page=100 → 200
    GET /repositories/1/pulls?head=codex-k8s%3Acodex%2Fissue-7&state=all&sort=created&direction=desc&per_page=100&page=2 → 200
    ");
}

#[tokio::test]
async fn an_issue_that_was_moved_away_is_missing_and_where_it_went_is_told() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        let git = state.repos[REPO].git.clone();
        state.add_repo("codex-k8s/zoo", git);
        state.add_issue("codex-k8s/zoo", 3, "Checkout loses the cart", "ada", &[]);
    });
    let to = format!("{}/repositories/2/issues/3", scene.stand.url());
    scene.stand.fail_next("GET *", Fault::Redirect(301, to));
    let error = scene.github().issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"GitHub has no issue #7 in codex-k8s/shop (it was moved to https://github.com/codex-k8s/zoo/issues/3): it is missing, or the token has no access to it");
}

#[tokio::test]
async fn what_is_not_there_and_what_may_not_be_seen_read_the_same() {
    let scene = Scene::new();
    let missing = scene.github().issue(99).await.unwrap_err().to_string();
    insta::assert_snapshot!(missing, @"GitHub has no issue #99 in codex-k8s/shop: it is missing, or the token has no access to it");
    scene.stand.state().repos.get_mut(REPO).unwrap().private = true;
    scene.stand.state().add_classic_token("ghp_mallory", "mallory", &["repo"]);
    let hidden = scene.github_as("ghp_mallory").comments(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(hidden, @"GitHub has no issue #7 in codex-k8s/shop: it is missing, or the token has no access to it");
}

#[tokio::test]
async fn a_review_comes_with_all_pages_of_its_threads_and_says_what_is_resolved_hidden_and_ours() {
    let scene = Scene::new();
    let marked = format!("{}\nours", marker("reply", REPO, "shop", 12, &State::default()));
    let thread = |number: u64| ReviewThread {
        path: format!("src/{number}.js"),
        line: Some(number),
        start_line: (number == 2).then_some(1),
        resolved: number == 1,
        outdated: number == 2,
        hunk: "@@ -1 +1 @@".to_owned(),
        comments: vec![
            ("grace".to_owned(), format!("word {number}")),
            // What the account says without a marker is a person's word.
            ("github-actions[bot]".to_owned(), if number == 3 { "by hand".to_owned() } else { marked.clone() }),
        ],
        minimized: if number == 2 { vec![0] } else { vec![] },
    };
    scene.stand.set(|state| {
        state.page = 2;
        state.add_issue(REPO, 12, "Keep the cart", "ada", &["codex"]);
        let pull = Pull {
            head: "codex/issue-7".to_owned(),
            head_repo: REPO.to_owned(),
            base: "main".to_owned(),
            review_texts: vec![("grace".to_owned(), "Nearly.".to_owned()), ("gone".to_owned(), " \n".to_owned())],
            threads: (1..=3).map(thread).collect(),
            ..Pull::default()
        };
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&12).unwrap().pull = Some(pull);
    });
    let review = scene.github().review(12).await.unwrap().into_known().unwrap();
    assert_eq!((review.head.as_str(), review.base.as_str(), review.author.as_str()), ("codex/issue-7", "main", "ada"));
    assert_eq!((review.title.as_str(), review.labels.as_slice()), ("Keep the cart", &["codex".to_owned()][..]));
    let texts: Vec<&str> = review.texts.iter().map(|text| text.comment.body.as_str()).collect();
    assert_eq!(texts, ["Nearly."], "a review without a text says nothing");
    let threads: Vec<String> = review
        .threads
        .iter()
        .map(|thread| {
            let said: Vec<String> = thread
                .comments
                .iter()
                .map(|said| {
                    format!(
                        "{}{}{}",
                        said.comment.author,
                        if said.ours { " (ours)" } else { "" },
                        if said.minimized { " (hidden)" } else { "" }
                    )
                })
                .collect();
            format!(
                "{} {}:{:?}-{:?} resolved {} outdated {}: {}",
                thread.id,
                thread.path,
                thread.start_line,
                thread.line,
                thread.resolved,
                thread.outdated,
                said.join(", ")
            )
        })
        .collect();
    insta::assert_snapshot!(threads.join("\n"), @"
    PRRT_12_0 src/1.js:None-Some(1) resolved true outdated false: grace, github-actions[bot] (ours)
    PRRT_12_1 src/2.js:Some(1)-Some(2) resolved false outdated true: grace (hidden), github-actions[bot] (ours)
    PRRT_12_2 src/3.js:None-Some(3) resolved false outdated false: grace, github-actions[bot]
    ");
    assert_eq!(review.threads[0].hunk.as_deref(), Some("@@ -1 +1 @@"));
    let missing = scene.github().review(7).await.unwrap_err();
    insta::assert_snapshot!(missing, @"GitHub has no pull request #7 in codex-k8s/shop: it is missing, or the token has no access to it");
}
