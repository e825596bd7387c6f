//! Our own comments: found by marker in texts of the token's own account, edited in place, never doubled.

use serde_json::json;

use super::client::{Request, Sent};
use super::live::Live;
use super::markers::{self, Found};
use super::{Error, OwnComment, Thread, wire};

/// A comment of ours that was found or written by this run.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: u64,
    pub(super) url: String,
    pub(super) body: String,
}

/// REST doesn't tell minimised comments nor whose they are for this token; one GraphQL question tells both for a hundred.
const COMMENTS: &str = "query Comments($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on Issue { comments(first: 100, after: $after) { ...page } }
      ... on PullRequest { comments(first: 100, after: $after) { ...page } }
    }
  }
}
fragment page on IssueCommentConnection {
  nodes {
    fullDatabaseId body url createdAt lastEditedAt isMinimized viewerDidAuthor
    author { __typename login }
  }
  pageInfo { hasNextPage endCursor }
}";

impl Live {
    /// All comments, minimised ones too, oldest first.
    pub(super) async fn comment_nodes(&self, thread: &Thread, number: u64) -> Result<Vec<wire::CommentNode>, Error> {
        let rights = if matches!(thread, Thread::Issue(_)) { "issues=read" } else { "pull_requests=read" };
        let intent = self.intent("read the comments of", thread).needing(rights);
        let missing = || Error::Missing { what: intent.what.clone() };
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let variables = json!({"owner": self.owner, "name": self.name, "number": number, "after": after});
            let data: wire::CommentPage = self.api.graphql(&intent, COMMENTS, variables).await?;
            let page = data.repository.and_then(|found| found.issue_or_pull_request).ok_or_else(missing)?.comments;
            all.extend(page.nodes);
            match page.page_info.end_cursor {
                Some(cursor) if page.page_info.has_next_page => after = Some(cursor),
                _ => return Ok(all),
            }
        }
    }

    /// Our own comment with this marker, whatever state the marker carries; the oldest if there are several, as everybody sees the
    /// same one then.
    pub(super) async fn find_own(&self, thread: &Thread, number: u64, marker: &str) -> Result<Option<Known>, Error> {
        let nodes = self.comment_nodes(thread, number).await?.into_iter().filter(|node| node.viewer_did_author);
        let mut maybe = None;
        for node in nodes {
            let known = Known { id: node.id(), url: node.url, body: node.body };
            match is_it(&known.body, marker).map_err(|found| Error::Newer { place: thread.to_string(), found })? {
                IsIt::Yes => return Ok(Some(self.keep(thread, marker, known).await)),
                IsIt::Maybe => maybe = maybe.or(Some(known)),
                IsIt::No => {}
            }
        }
        match maybe {
            Some(known) => Ok(Some(self.keep(thread, marker, known).await)),
            None => Ok(None),
        }
    }

    async fn keep(&self, thread: &Thread, marker: &str, known: Known) -> Known {
        self.known.lock().await.insert(key(thread, marker), known.clone());
        known
    }

    /// Brings the comment to its text: looks, then writes, and after a write whose end nobody knows looks again.
    pub(super) async fn place_comment(&self, wanted: &OwnComment) -> Result<String, Error> {
        let _one_at_a_time = self.writing.lock().await; // two that find nothing would write two
        let number = self.number(&wanted.thread).await?;
        let key = key(&wanted.thread, &wanted.marker);
        let intent = self.intent("write a comment on", &wanted.thread);
        let mut attempt = 1;
        // Only what this run found or wrote itself is edited without a look.
        let mut there = self.known.lock().await.get(&key).cloned();
        loop {
            if there.is_none() {
                there = self.find_own(&wanted.thread, number, &wanted.marker).await?;
            }
            let request = match &there {
                Some(known) if same_text(&known.body, &wanted.body) => return Ok(known.url.clone()),
                Some(known) => {
                    Request::Patch(self.path(&format!("/issues/comments/{}", known.id)), json!({"body": wanted.body}))
                }
                None => Request::Post(self.path(&format!("/issues/{number}/comments")), json!({"body": wanted.body})),
            };
            match self.api.send(&intent, &request).await? {
                Sent::Answered(reply) if reply.status < 300 => {
                    let written: wire::Written = self.api.read(&intent, &reply.body)?;
                    let known = Known { id: written.id, url: written.html_url, body: wanted.body.clone() };
                    if there.is_none()
                        && let Some(first) = self.find_own(&wanted.thread, number, &wanted.marker).await?
                        && first.id != known.id
                    {
                        // Another machine looked and wrote at the same time: the elder stays, with what was said last.
                        self.take_back(&wanted.thread, known.id).await?;
                        there = Some(first);
                        continue;
                    }
                    self.known.lock().await.insert(key, known.clone());
                    return Ok(known.url);
                }
                Sent::Answered(reply) if reply.status == 403 && reply.message().contains("locked") => {
                    return Err(Error::Locked { place: wanted.thread.to_string() });
                }
                Sent::Answered(reply) if reply.status == 404 && there.is_some() => {
                    // Somebody deleted it since we last saw it.
                    self.api.try_again(&intent, &mut attempt, "our comment is gone").await?;
                }
                Sent::Answered(reply) => return Err(self.api.refusal(&intent, &reply)),
                Sent::Unsure(why) => self.api.try_again(&intent, &mut attempt, &why).await?,
            }
            self.known.lock().await.remove(&key);
            there = None;
        }
    }
}

impl Live {
    /// Deletes a comment that this run has just written.
    async fn take_back(&self, thread: &Thread, id: u64) -> Result<(), Error> {
        let intent = self.intent("take back a comment on", thread);
        let request = Request::Delete(self.path(&format!("/issues/comments/{id}")));
        match self.api.settle(&intent, &request).await? {
            reply if reply.status < 300 || reply.status == 404 => Ok(()),
            reply => Err(self.api.refusal(&intent, &reply)),
        }
    }
}

/// Two markers of one comment differ in their state only, so they share this.
fn key(thread: &Thread, marker: &str) -> (Thread, String) {
    let identity = match markers::parse(marker) {
        Found::Marker(found) => format!("{:?}", (&found.kind, found.repo.to_lowercase(), &found.project, found.number)),
        _ => marker.to_owned(),
    };
    (thread.clone(), identity)
}

/// Whether a comment is the one that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsIt {
    Yes,
    /// It is, if there is no other.
    Maybe,
    No,
}

/// Whether a text starts with this marker; an error with the schema of one that is too new to tell.
fn is_it(body: &str, marker: &str) -> Result<IsIt, u64> {
    let first = body.lines().next().unwrap_or_default();
    match (markers::parse(body), markers::parse(marker)) {
        (Found::Newer(newer), Found::Marker(wanted)) if newer.may_be(&wanted) => Err(newer.schema),
        (Found::Marker(there), Found::Marker(wanted)) if there.same_comment(&wanted) => Ok(IsIt::Yes),
        (Found::Marker(there), Found::Marker(wanted)) if there.may_be_same_comment(&wanted) => Ok(IsIt::Maybe),
        _ if first == marker => Ok(IsIt::Yes),
        _ => Ok(IsIt::No),
    }
}

/// GitHub may keep other line ends than it was given.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    one.trim_end().lines().eq(other.trim_end().lines())
}
