//! Pull requests: found by their head, opened once, or brought to what is wanted.

use futures_util::{FutureExt as _, TryFutureExt as _};
use serde_json::json;

use super::client::{Reply, Request, Sent};
use super::comments::same_text;
use super::live::Live;
use super::writes::Made;
use super::{Error, PlacedPull, Thread, WantedPull, wire};
use crate::event::Pull;
use crate::ui::Level;

/// GitHub's words where the plan has no drafts, in lower case.
const NO_DRAFTS: &str = "draft pull requests are not supported";

const TO_DRAFT: &str = "mutation ToDraft($pull: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $pull}) { pullRequest { isDraft } }
}";

impl Live {
    /// Pull requests whose head is this branch of this repository, newest first; `state` as GitHub names it (`open`, `all`).
    pub(super) async fn pulls(&self, head: &str, state: &str) -> Result<Vec<wire::WirePull>, Error> {
        let intent = self.intent("list", format!("pull requests of {head}"));
        let branch: String = url::form_urlencoded::byte_serialize(head.as_bytes()).collect();
        let query = format!("head={}:{branch}&state={state}&sort=created&direction=desc&per_page=100", self.owner);
        let all: Vec<wire::WirePull> = self.api.get_all(&intent, &self.path(&format!("/pulls?{query}"))).await?;
        // The filter also lets other repositories of the same owner in, and GitHub ignores one that it can't read.
        Ok(all.into_iter().filter(|pull| pull.is_of(&self.owner, &self.name, head)).collect())
    }

    /// A pull request as it is now.
    pub(super) async fn read_pull(&self, number: u64) -> Result<Pull, Error> {
        let intent = self.intent("read", Thread::Pull(number));
        let pull: wire::WirePull = self.api.get(&intent, &self.path(&format!("/pulls/{number}"))).await?;
        Ok(Pull::from(pull))
    }

    /// Puts a notice at the top of the pull request's text. Looks first, and again after a write whose end nobody knows.
    pub(super) async fn place_notice(&self, number: u64, notice: &str) -> Result<(), Error> {
        let intent = self.intent("edit", Thread::Pull(number));
        let notice = notice.trim_end();
        let mut attempt = 1;
        loop {
            // GitHub may keep other line ends than it was given.
            let body = self.read_pull(number).await?.body.replace("\r\n", "\n");
            if body.contains(notice) {
                return Ok(());
            }
            let request = Request::Patch(
                self.path(&format!("/pulls/{number}")),
                json!({"body": format!("{notice}\n\n{body}").trim_end()}),
            );
            match self.api.send(&intent, &request).await? {
                Sent::Answered(reply) if reply.status < 300 => return Ok(()),
                Sent::Answered(reply) => return Err(self.api.refusal(&intent, &reply)),
                Sent::Unsure(why) => self.api.try_again(&intent, &mut attempt, &why).await?,
            }
        }
    }

    pub(super) async fn place_pull(&self, wanted: &WantedPull) -> Result<PlacedPull, Error> {
        let (pull, existed) = self.open_pull(wanted).await?;
        let (author, asked) =
            (pull.author().to_owned(), pull.asked_for_review().map(str::to_owned).collect::<Vec<_>>());
        let node = pull.node().to_owned();
        let mut pull = Pull::from(pull);
        if existed && wanted.redraft && !pull.draft {
            // Before the text, which may say that nothing can be merged yet.
            pull.draft = self.to_draft(pull.number, &node).await?;
        }
        if existed && !(pull.title == wanted.title && same_text(&pull.body, &wanted.body)) {
            let request = Request::Patch(
                self.path(&format!("/pulls/{}", pull.number)),
                json!({"title": wanted.title, "body": wanted.body}),
            );
            self.api.ask(&self.intent("edit", Thread::Pull(pull.number)), &request).await?;
        }
        // The work is there; what is missing beside it must not fail the run.
        let labels = self.add_labels(&pull, &wanted.labels).await;
        self.unless_refused(labels, &format!("pull request #{} lacks its labels", pull.number))?;
        let asked = self.ask_reviewers(pull.number, &author, &asked, existed, &wanted.reviewers).await;
        self.unless_refused(asked, &format!("nobody was asked to review pull request #{}", pull.number))?;
        Ok(PlacedPull { number: Some(pull.number), url: pull.url, existed, draft: pull.draft })
    }

    /// Makes a pull request that is ready a draft again; false where GitHub does not let us.
    async fn to_draft(&self, number: u64, node: &str) -> Result<bool, Error> {
        let intent = self.intent("make a draft of", Thread::Pull(number)).needing("pull_requests=write");
        // One that is a draft already stays so: this may be repeated.
        let request = Request::Graphql(json!({"query": TO_DRAFT, "variables": {"pull": node}}));
        let made = self.api.ask(&intent, &request).await.map(drop);
        if matches!(&made, Err(Error::Refused { reason, .. }) if reason.to_lowercase().contains(NO_DRAFTS)) {
            let text = format!(
                "{}/{} has no draft pull requests: pull request #{number} stays ready for review",
                self.owner, self.name
            );
            self.api.note(Level::Warning, &text);
            return Ok(false);
        }
        let done = made.is_ok();
        self.unless_refused(made, &format!("pull request #{number} stays ready for review"))?;
        Ok(done)
    }

    /// What GitHub refuses, or doesn't answer, becomes a warning; only where the run was asked to stop it stops.
    fn unless_refused(&self, done: Result<(), Error>, what: &str) -> Result<(), Error> {
        match done {
            Ok(()) => Ok(()),
            Err(stopped @ Error::Interrupted { .. }) => Err(stopped),
            Err(error) => {
                self.api.note(Level::Warning, &format!("{what}: {error}"));
                Ok(())
            }
        }
    }

    /// The open pull request of the head, made if there is none; and whether it was there before.
    async fn open_pull(&self, wanted: &WantedPull) -> Result<(wire::WirePull, bool), Error> {
        let intent = self.intent("open", format!("the pull request {} ← {}", wanted.base, wanted.head));
        let mut draft = wanted.draft;
        let mut attempt = 1;
        loop {
            let body = json!({"title": wanted.title, "head": wanted.head, "base": wanted.base, "body": wanted.body, "draft": draft});
            let look = || self.pulls(&wanted.head, "open").map_ok(|open| open.into_iter().next()).boxed();
            match self.api.make_once(&intent, &Request::Post(self.path("/pulls"), body), look).await? {
                Made::There(open) => return Ok((open, true)),
                Made::Found(open) => return Ok((open, false)),
                Made::Answered(reply) => return Ok((self.api.read(&intent, &reply.body)?, false)),
                Made::Refused(reply) if draft && says(&reply, NO_DRAFTS) => {
                    self.api.note(
                        Level::Notice,
                        &format!("{}/{} has no draft pull requests: opening a normal one", self.owner, self.name),
                    );
                    draft = false;
                }
                // Another run was faster, or the list is behind: the next look finds it.
                Made::Refused(reply) if says(&reply, "a pull request already exists") => {
                    self.api
                        .try_again(&intent, &mut attempt, "it is there already, but not in GitHub's list yet")
                        .await?;
                }
                Made::Refused(reply) => return Err(self.api.refusal(&intent, &reply)),
            }
        }
    }

    async fn add_labels(&self, pull: &Pull, labels: &[String]) -> Result<(), Error> {
        let has = |label: &String| pull.labels.iter().any(|there| there.eq_ignore_ascii_case(label));
        let missing: Vec<_> = labels.iter().filter(|label| !has(label)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // Adding a label that is there changes nothing, so this may be repeated.
        let request = Request::Post(self.path(&format!("/issues/{}/labels", pull.number)), json!({"labels": missing}));
        self.api.ask(&self.intent("put labels on", Thread::Pull(pull.number)), &request).await.map(drop)
    }

    /// Asks those who were not asked yet and have not reviewed yet: asking twice would ping them twice.
    async fn ask_reviewers(
        &self,
        number: u64,
        author: &str,
        asked: &[String],
        existed: bool,
        wanted: &[String],
    ) -> Result<(), Error> {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let mut missing: Vec<&String> = Vec::new();
        for login in wanted {
            if same(login, author) {
                self.api.note(
                    Level::Notice,
                    &format!("{login} opened pull request #{number} and so can't review it: not asked"),
                );
            } else if !asked.iter().any(|there| same(there, login)) {
                missing.push(login);
            }
        }
        if existed && !missing.is_empty() {
            let intent = self.intent("list the reviews of", Thread::Pull(number));
            let path = self.path(&format!("/pulls/{number}/reviews?per_page=100"));
            let reviews: Vec<wire::Review> = self.api.get_all(&intent, &path).await?;
            let reviewed = |login: &str| {
                reviews.iter().any(|review| review.user.as_ref().is_some_and(|user| same(&user.login, login)))
            };
            missing.retain(|login| !reviewed(login));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let intent = self.intent("ask for reviews of", Thread::Pull(number));
        let request =
            Request::Post(self.path(&format!("/pulls/{number}/requested_reviewers")), json!({"reviewers": missing}));
        match self.api.settle(&intent, &request).await? {
            reply if reply.status < 300 => Ok(()),
            reply if reply.status == 422 => {
                let names = missing.iter().map(|login| login.as_str()).collect::<Vec<_>>().join(", ");
                let text = format!(
                    "nobody was asked to review pull request #{number}: GitHub refuses {names} ({}); check publish.reviewers in services.yaml",
                    reply.message()
                );
                self.api.note(Level::Warning, &text);
                Ok(())
            }
            reply => Err(self.api.refusal(&intent, &reply)),
        }
    }
}

fn says(reply: &Reply, words: &str) -> bool {
    reply.status == 422 && reply.message().to_lowercase().contains(words)
}
