//! GitHub itself: the trait by its API. Transport, authentication and addresses are octocrab's; what is sent again, and when, is ours.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Mutex;

pub use super::retry::{RealWait, UntilStopped, Wait};
pub use super::transport::{Connection, Proxies};

use super::bearer::Fixed;
use super::client::{Api, Around, Request};
use super::comments::Known;
use super::error::Intent;
use super::installation::Installation;
use super::threads::Seen;
use super::transport::segment;
use super::{
    Answered, Error, GitHub, OwnComment, Permission, PlacedIssue, PlacedPull, Reacted, Review, Standing, Thread,
    ThreadReply, WantedIssue, WantedPull, wire,
};
use crate::answer::Answer;
use crate::clock::Clock;
use crate::event::{Account, Comment, Issue, Pull, Repository};
use crate::secrets::Redactor;
use crate::ui::Ui;

/// Source: <https://docs.github.com/en/graphql/reference/objects#repository>, `viewerPermission` and `isArchived`.
const STANDING: &str = "query Standing($owner: String!, $name: String!) {
  viewer { login }
  repository(owner: $owner, name: $name) { isArchived viewerPermission }
}";

/// One repository on GitHub, seen with one token.
pub struct Live {
    pub(super) api: Api,
    pub(super) owner: String,
    pub(super) name: String,
    app: Option<Installation>,
    viewer: Mutex<Option<Account>>,
    bots: Mutex<HashMap<String, bool>>,
    pub(super) known: Mutex<HashMap<(Thread, String), Known>>,
    pub(super) writing: Mutex<()>,
    /// Review threads by pull request, as they were when this run began to answer them.
    pub(super) threads_seen: Mutex<HashMap<u64, HashMap<String, Seen>>>,
    /// Issues of plans by their root, as this run has seen or made them.
    pub(super) plans: Mutex<HashMap<u64, Vec<Issue>>>,
}

impl Live {
    /// Connects to nothing yet. Waits and their reasons are told to `ui`.
    ///
    /// # Errors
    /// [`Error::Setup`] when an address, the token, a proxy or the machine's certificates can't be used.
    pub fn new(
        connection: &Connection,
        repository: &Repository,
        ui: Arc<dyn Ui>,
        clock: Arc<dyn Clock>,
        wait: Arc<dyn Wait>,
    ) -> Result<Self, Error> {
        let redactor = Redactor::default();
        redactor.add(&connection.token);
        let around = Around { ui, clock, wait, redactor, count: Arc::default() };
        let token = Arc::new(Fixed::new(&connection.token)?);
        Self::with(Api::new(connection, token, around)?, repository, None)
    }

    /// The same with the tokens of a GitHub App's installation; the one in the connection is not looked at.
    ///
    /// # Errors
    /// As [`Live::new`].
    pub fn of_app(connection: &Connection, repository: &Repository, app: &Installation) -> Result<Self, Error> {
        let api = Api::new(connection, Arc::new(app.clone()), app.around().clone())?;
        Self::with(api, repository, Some(app.clone()))
    }

    fn with(api: Api, repository: &Repository, app: Option<Installation>) -> Result<Self, Error> {
        let (owner, name) = pieces(repository)?;
        let (viewer, bots, known, writing) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        let (threads_seen, plans) = (Mutex::default(), Mutex::default());
        Ok(Self { api, owner, name, app, viewer, bots, known, writing, threads_seen, plans })
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// A path below the repository.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", self.owner, self.name)
    }

    /// What a request is for: `action` completes "GitHub refuses to …", `what` is what it is about.
    pub(super) fn intent(&self, action: &str, what: impl std::fmt::Display) -> Intent {
        let repo = format!("{}/{}", self.owner, self.name);
        Intent::new(format!("{action} {what} in {repo}"), format!("{what} in {repo}"))
    }

    /// The number by which GitHub knows a thread.
    pub(super) async fn number(&self, thread: &Thread) -> Result<u64, Error> {
        match thread {
            Thread::Issue(number) | Thread::Pull(number) => Ok(*number),
            Thread::PullOf(branch) => {
                let open = self.pulls(branch, "open").await?.into_iter().next().map(Pull::from);
                open.map(|pull| pull.number).ok_or_else(|| Error::Missing {
                    what: self.intent("", format!("open pull request of {branch}")).what,
                })
            }
        }
    }

    /// The login of the token's account.
    pub(super) async fn own_login(&self) -> Result<String, Error> {
        self.viewer().await.map(|account| account.into_known().map(|account| account.login).unwrap_or_default())
    }

    async fn user(&self, login: &str) -> Result<wire::User, Error> {
        let intent = Intent::new(format!("read the account {login}"), format!("account {login:?}"));
        let Some(piece) = segment(login) else { return Err(Error::Missing { what: intent.what }) };
        self.api.get(&intent, &format!("/users/{piece}")).await
    }

    async fn bot(&self, login: &str) -> Result<bool, Error> {
        let mut bots = self.bots.lock().await;
        let key = login.to_lowercase();
        if let Some(bot) = bots.get(&key) {
            return Ok(*bot);
        }
        let bot = self.user(login).await?.is_bot();
        bots.insert(key, bot);
        Ok(bot)
    }
}

#[async_trait]
impl GitHub for Live {
    async fn viewer(&self) -> Result<Answer<Account>, Error> {
        let mut viewer = self.viewer.lock().await;
        if let Some(account) = &*viewer {
            return Ok(Answer::Known(account.clone()));
        }
        if let Some(app) = &self.app {
            let account = app.account().await?;
            *viewer = Some(account.clone());
            return Ok(Answer::Known(account));
        }
        let intent = Intent::new("tell whose token this is", "account of this token");
        // GET /user is refused to GITHUB_TOKEN and to Apps, and GraphQL's viewer has no type: two questions.
        let data: wire::Viewer = self.api.graphql(&intent, "query Viewer { viewer { login } }", json!({})).await?;
        let login = data.viewer.login;
        let account = Account { bot: self.bot(&login).await?, login };
        *viewer = Some(account.clone());
        Ok(Answer::Known(account))
    }

    async fn standing(&self) -> Result<Answer<Standing>, Error> {
        let repo = self.full_name();
        let intent = Intent::new(format!("tell what the token may do in {repo}"), format!("repository {repo}"));
        let variables = json!({"owner": self.owner, "name": self.name});
        let data: wire::Standing = self.api.graphql(&intent, STANDING, variables).await?;
        let known = self.viewer.lock().await.clone();
        let account = match (&self.app, known) {
            (_, Some(account)) => account,
            (Some(app), None) => app.account().await?,
            (None, None) => Account { bot: self.bot(&data.viewer.login).await?, login: data.viewer.login },
        };
        *self.viewer.lock().await = Some(account.clone());
        // The permission is the account's; what is kept from the token itself shows only when it is used.
        let may_push =
            data.repository.viewer_permission.map(|may| matches!(may.as_str(), "ADMIN" | "MAINTAIN" | "WRITE"));
        Ok(Answer::Known(Standing { account, archived: data.repository.is_archived, may_push }))
    }

    async fn permission(&self, login: &str) -> Result<Answer<Permission>, Error> {
        let intent = self.intent("read the permission of", format!("account {login:?}"));
        let Some(piece) = segment(login) else { return Ok(Answer::Known(Permission::None)) };
        let path = self.path(&format!("/collaborators/{piece}/permission"));
        match self.api.settle(&intent, &Request::Get(path)).await? {
            reply if reply.status == 200 => {
                let found: wire::PermissionOf = self.api.read(&intent, &reply.body)?;
                Ok(Answer::Known(found.permission))
            }
            // Apps' accounts are no users: GitHub says so with a 404, which for a repository out of sight has other words.
            reply if reply.status == 404 && reply.message().ends_with("is not a user") => {
                Ok(Answer::Known(Permission::None))
            }
            reply => Err(self.api.refusal(&intent, &reply)),
        }
    }

    async fn is_bot(&self, login: &str) -> Result<Answer<bool>, Error> {
        self.bot(login).await.map(Answer::Known)
    }

    async fn issue(&self, number: u64) -> Result<Answer<Issue>, Error> {
        let intent = self.intent("read", Thread::Issue(number));
        let issue: Issue =
            self.api.get::<wire::WireIssue>(&intent, &self.path(&format!("/issues/{number}"))).await?.into();
        if issue.number != number {
            // A moved issue answers by redirect with what it became in another repository.
            return Err(Error::Missing { what: format!("{} (it was moved to {})", intent.what, issue.url) });
        }
        Ok(Answer::Known(issue))
    }

    async fn comments(&self, issue: u64) -> Result<Answer<Vec<Comment>>, Error> {
        let nodes = self.comment_nodes(&Thread::Issue(issue), issue).await?;
        Ok(Answer::Known(nodes.into_iter().filter(|node| !node.is_minimized).map(Comment::from).collect()))
    }

    async fn pulls_of(&self, head: &str) -> Result<Answer<Vec<Pull>>, Error> {
        Ok(Answer::Known(self.pulls(head, "all").await?.into_iter().map(Pull::from).collect()))
    }

    async fn pull(&self, number: u64) -> Result<Answer<Pull>, Error> {
        self.read_pull(number).await.map(Answer::Known)
    }

    async fn plan_issues(&self, root: u64) -> Result<Answer<Vec<Issue>>, Error> {
        self.read_plan_issues(root).await.map(Answer::Known)
    }

    async fn review(&self, pull: u64) -> Result<Answer<Review>, Error> {
        self.read_review(pull).await.map(Answer::Known)
    }

    async fn own_comment(&self, thread: &Thread, _kind: &str, marker: &str) -> Result<Answer<Option<String>>, Error> {
        let number = match self.number(thread).await {
            // A pull request that isn't there yet has no comments.
            Err(Error::Missing { .. }) if matches!(thread, Thread::PullOf(_)) => return Ok(Answer::Known(None)),
            number => number?,
        };
        let found = self.find_own(thread, number, marker).await?;
        Ok(Answer::Known(found.map(|known| known.body)))
    }

    async fn react(&self, on: &Reacted) -> Result<(), Error> {
        let (path, what) = match on {
            Reacted::Issue(number) => (format!("/issues/{number}/reactions"), format!("issue #{number}")),
            Reacted::Comment(id) => (format!("/issues/comments/{id}/reactions"), format!("comment {id}")),
            Reacted::Review { pull, review } => return self.react_to_review(*pull, *review).await,
        };
        // A reaction that is there already answers 200 instead of 201: sending it twice is sending it once.
        let request = Request::Post(self.path(&path), json!({"content": "eyes"}));
        self.api.ask(&self.intent("put a reaction on", what), &request).await.map(drop)
    }

    async fn put_comment(&self, comment: &OwnComment) -> Result<Answer<String>, Error> {
        self.place_comment(comment).await.map(Answer::Known)
    }

    async fn put_pull(&self, pull: &WantedPull) -> Result<Answer<PlacedPull>, Error> {
        self.place_pull(pull).await.map(Answer::Known)
    }

    async fn put_notice(&self, pull: u64, notice: &str) -> Result<Answer<()>, Error> {
        self.place_notice(pull, notice).await.map(Answer::Known)
    }

    async fn remove_label(&self, thread: &Thread, label: &str) -> Result<(), Error> {
        let intent = self.intent(&format!("take the label {label:?} off"), thread);
        // Without a name the address would be that of all labels.
        let Some(piece) = segment(label) else { return Err(Error::Missing { what: format!("label {label:?}") }) };
        let number = self.number(thread).await?;
        let request = Request::Delete(self.path(&format!("/issues/{number}/labels/{piece}")));
        match self.api.settle(&intent, &request).await? {
            reply if reply.status < 300 => Ok(()),
            reply if reply.status == 404 && reply.message().contains("Label") => Ok(()),
            reply => Err(self.api.refusal(&intent, &reply)),
        }
    }

    async fn put_issue(&self, issue: &WantedIssue) -> Result<Answer<PlacedIssue>, Error> {
        self.place_issue(issue).await.map(Answer::Known)
    }

    async fn answer_thread(&self, reply: &ThreadReply) -> Result<Answer<Answered>, Error> {
        self.place_answer(reply).await.map(Answer::Known)
    }

    async fn close_issue(&self, number: u64) -> Result<Answer<()>, Error> {
        self.close(number).await.map(Answer::Known)
    }

    async fn delete_branch(&self, branch: &str, commit: &str) -> Result<Answer<()>, Error> {
        self.remove_branch(branch, commit).await.map(Answer::Known)
    }

    fn requests(&self) -> u64 {
        self.api.count().all_sent()
    }

    fn unchanged(&self) -> u64 {
        self.api.count().all_unchanged()
    }
}

/// Owner and name, each safe in an address.
pub(super) fn pieces(repository: &Repository) -> Result<(String, String), Error> {
    let piece = |text: &str| {
        segment(text).filter(|piece| piece == text).ok_or_else(|| Error::Setup {
            reason: format!("{} is no repository", repository.full_name()),
            way_out: "Name it as owner/name with --repo".into(),
        })
    };
    Ok((piece(&repository.owner)?, piece(&repository.name)?))
}
