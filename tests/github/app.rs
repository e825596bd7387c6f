//! As a GitHub App: a token for one repository and no more than is needed, renewed in time, given back at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use codexctl_action::clock::Clock;
use codexctl_action::github::installation::{AppKey, Installation, Means, Need};
use codexctl_action::github::live::Live;
use codexctl_action::github::{GitHub as _, Reacted};
use codexctl_action::secrets::{Redactor, Secret};

use crate::scene::{REPO, Scene, progress, repository};
use crate::stand::{Fault, TokenKind, other_key};

const RIGHTS: [(&str, &str); 4] =
    [("contents", "write"), ("issues", "write"), ("pull_requests", "write"), ("administration", "write")];

/// A clock that a story moves.
struct Moment(AtomicI64);

impl Clock for Moment {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap()
    }
}

/// A scene with App 5, installed in the shop, and how codexctl sees it.
struct Desk {
    scene: Scene,
    key: String,
    clock: Arc<Moment>,
    redactor: Redactor,
}

impl Desk {
    fn new() -> Self {
        Self::with(&RIGHTS)
    }

    fn with(rights: &[(&'static str, &'static str)]) -> Self {
        let scene = Scene::new();
        let key = scene.stand.state().add_app(5, "codexctl-bot", &[REPO], rights);
        let clock = Arc::new(Moment(AtomicI64::new(1_767_225_600)));
        Self { scene, key, clock, redactor: Redactor::default() }
    }

    fn app(&self, id: &str, key: &str, need: Need) -> Installation {
        let app = AppKey::read(id, &Secret::new(key.to_owned())).unwrap();
        let (ui, wait) = (self.scene.ears.clone(), self.scene.ears.clone());
        let means = Means { ui, clock: self.clock.clone(), wait, redactor: self.redactor.clone() };
        Installation::new(&app, &self.scene.connection(""), &repository(), need, means).unwrap()
    }

    fn open(&self) -> (Installation, Live) {
        let app = self.app("5", &self.key, Need::Write);
        let live = Live::of_app(&self.scene.connection(""), &repository(), &app).unwrap();
        (app, live)
    }

    /// Time goes by, here and there.
    fn pass(&self, minutes: i64) {
        self.clock.0.fetch_add(minutes * 60, Ordering::SeqCst);
        self.scene.stand.state().pass(minutes * 60);
    }

    /// Tokens of the App that live.
    fn tokens(&self) -> Vec<String> {
        let state = self.scene.stand.state();
        state
            .tokens
            .iter()
            .filter(|(_, token)| token.login == "codexctl-bot[bot]")
            .map(|(text, _)| text.clone())
            .collect()
    }

    async fn refusal(&self, id: &str, key: &str) -> String {
        self.app(id, key, Need::Write).token().await.unwrap_err().to_string()
    }
}

#[tokio::test]
async fn an_app_writes_as_its_own_account_with_one_token_and_gives_it_back() {
    let desk = Desk::new();
    let (app, github) = desk.open();
    let account = github.viewer().await.unwrap().into_known().unwrap();
    assert_eq!((account.login.as_str(), account.bot), ("codexctl-bot[bot]", true));
    github.put_comment(&progress("agent", "working")).await.unwrap();
    assert_eq!(desk.tokens().len(), 1);
    app.close().await;
    assert_eq!(desk.tokens(), [""; 0]);
    insta::assert_snapshot!(desk.scene.stand.log().join("\n"), @"
    GET /repos/codex-k8s/shop/installation → 200
    POST /app/installations/50/access_tokens → 201
    POST /graphql → 200
    POST /repos/codex-k8s/shop/issues/7/comments → 201
    POST /graphql → 200
    DELETE /installation/token → 204
    ");
    assert_eq!(desk.scene.stand.state().comments_of(REPO)[0].0, "codexctl-bot[bot]");
    assert_eq!(github.requests(), 6, "what the App asks for itself counts too");
    assert_eq!(desk.scene.ears.heard(), "");
}

#[tokio::test]
async fn a_token_is_for_this_repository_and_for_what_is_needed_alone() {
    let desk = Desk::new();
    let rights = |need: Need| {
        let desk = &desk;
        async move {
            let token = desk.app("5", &desk.key, need).token().await.unwrap();
            let state = desk.scene.stand.state();
            let token = &state.tokens[token.expose()];
            assert_eq!(token.repos.as_deref(), Some([REPO.to_owned()].as_slice()));
            let TokenKind::App(rights) = &token.kind else { panic!("an App's") };
            rights.iter().map(|(name, level)| format!("{name}={level}")).collect::<Vec<_>>().join(" ")
        }
    };
    assert_eq!(rights(Need::Write).await, "contents=write issues=write metadata=read pull_requests=write");
    assert_eq!(rights(Need::Read).await, "contents=read issues=read metadata=read pull_requests=read");
}

#[tokio::test]
async fn a_token_is_renewed_well_before_its_end_and_every_one_is_given_back() {
    let desk = Desk::new();
    let (app, github) = desk.open();
    github.issue(7).await.unwrap();
    desk.pass(44);
    github.issue(7).await.unwrap();
    assert_eq!(desk.tokens().len(), 1);
    desk.pass(2);
    github.issue(7).await.unwrap();
    assert_eq!(desk.tokens().len(), 2, "a git that started before may still hold the old one");
    app.close().await;
    assert_eq!(desk.tokens(), [""; 0]);
    desk.pass(60);
    app.close().await;
    assert_eq!(desk.scene.stand.log().iter().filter(|line| line.starts_with("DELETE")).count(), 2);
}

#[tokio::test]
async fn a_token_that_somebody_revoked_is_made_anew_once() {
    let desk = Desk::new();
    let (_app, github) = desk.open();
    github.issue(7).await.unwrap();
    let revoked = desk.tokens().remove(0);
    desk.scene.stand.state().tokens.remove(&revoked);
    github.react(&Reacted::Issue(7)).await.unwrap();
    insta::assert_snapshot!(desk.scene.stand.log()[2..].join("\n"), @"
    GET /repos/codex-k8s/shop/issues/7 → 200
    POST /repos/codex-k8s/shop/issues/7/reactions → 401
    POST /app/installations/50/access_tokens → 201
    POST /repos/codex-k8s/shop/issues/7/reactions → 201
    ");
    // Where the next one is refused as well, that is the answer.
    for _ in 0..2 {
        desk.scene.stand.fail_next("POST *reactions", Fault::Status(401, "Bad credentials"));
    }
    let error = github.react(&Reacted::Issue(7)).await.unwrap_err().to_string();
    assert!(error.contains("Bad credentials"), "{error}");
}

#[tokio::test]
async fn every_token_and_the_key_are_known_as_secrets_before_their_first_use() {
    let desk = Desk::new();
    let (_app, github) = desk.open();
    github.issue(7).await.unwrap();
    desk.pass(46);
    github.issue(7).await.unwrap();
    let masked = desk.scene.ears.masked();
    for token in desk.tokens() {
        assert_eq!(desk.redactor.redact(&token), "<hidden>");
        assert!(masked.contains(&token));
    }
    let line = desk.key.lines().nth(3).unwrap();
    assert_eq!(desk.redactor.redact(line), "<hidden>");
    assert!(masked.iter().any(|one| one.contains(line)));
}

#[tokio::test]
async fn an_app_that_can_not_be_used_is_told_with_what_is_wrong_and_where_to_put_it_right() {
    let mut told = Vec::new();
    let desk = Desk::new();
    told.push(desk.refusal("5", &other_key()).await);
    told.push(desk.refusal("6", &desk.key).await);
    desk.scene.stand.set(|state| state.apps.get_mut(&5).unwrap().suspended = true);
    told.push(desk.refusal("5", &desk.key).await);
    desk.scene.stand.set(|state| state.apps.get_mut(&5).unwrap().repos.clear());
    told.push(desk.refusal("5", &desk.key).await);
    let desk = Desk::with(&[("issues", "write"), ("contents", "read")]);
    told.push(desk.refusal("5", &desk.key).await);
    let desk = Desk::new();
    let refused = "The permissions requested are not granted to this installation.";
    desk.scene.stand.fail_next("POST /app/*", Fault::Status(422, refused));
    told.push(desk.refusal("5", &desk.key).await);
    insta::assert_snapshot!(told.join("\n\n"), @"
    the GitHub App can't be used: GitHub does not know App 5 by this key (A JSON web token could not be decoded). CODEXCTL_GH_APP_ID and CODEXCTL_GH_APP_PRIVATE_KEY must be of one App, on the GitHub of GITHUB_API_URL: compare the id with the App's page, and make a new private key there if in doubt

    the GitHub App can't be used: GitHub does not know App 6 by this key (Integration not found). CODEXCTL_GH_APP_ID and CODEXCTL_GH_APP_PRIVATE_KEY must be of one App, on the GitHub of GITHUB_API_URL: compare the id with the App's page, and make a new private key there if in doubt

    the GitHub App can't be used: the installation of codexctl-bot on codex-k8s/shop is suspended. Unsuspend it: https://github.com/settings/installations/50

    the GitHub App can't be used: codexctl-bot is not installed on codex-k8s/shop, or there is no such repository. Install it there: https://github.com/apps/codexctl-bot/installations/new

    the GitHub App can't be used: codexctl-bot lacks contents: write, pull_requests: write on codex-k8s/shop. Add it on the App's page (Permissions & events), then accept it here: https://github.com/settings/installations/50

    the GitHub App can't be used: codexctl-bot lacks contents: write, issues: write, pull_requests: write, metadata: read (The permissions requested are not granted to this installation) on codex-k8s/shop. Add it on the App's page (Permissions & events), then accept it here: https://github.com/settings/installations/50
    ");
}

#[tokio::test]
async fn a_token_that_can_not_be_given_back_is_a_warning_with_its_end() {
    let desk = Desk::new();
    let (app, github) = desk.open();
    github.issue(7).await.unwrap();
    for _ in 0..5 {
        desk.scene.stand.fail_next("DELETE *", Fault::Status(502, "Bad Gateway"));
    }
    app.close().await;
    let heard = desk.scene.ears.heard();
    insta::assert_snapshot!(heard.lines().last().unwrap(), @"Warning: a token of the GitHub App was not revoked, it ends by itself at 2026-01-01T01:00:01Z: GitHub answered 502, 5 times in a row");
}

#[tokio::test]
async fn a_token_whose_revocation_was_not_answered_is_gone_and_nobody_is_troubled() {
    let desk = Desk::new();
    let (app, github) = desk.open();
    github.issue(7).await.unwrap();
    desk.scene.stand.fail_next("DELETE *", Fault::CutAfter);
    app.close().await;
    assert_eq!(desk.tokens(), [""; 0]);
    assert!(!desk.scene.ears.heard().contains("Warning"));
}
