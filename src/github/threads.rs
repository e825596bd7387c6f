//! What codexctl writes in reviews: a reaction, answers in threads. All of it is GraphQL's alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Request, Sent};
use super::live::Live;
use super::wire::PageInfo;
use super::{Answered, Error, Thread, ThreadReply};

/// A review's own id; REST's number is what events carry.
const REVIEWS: &str = "query Reviews($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { reviews(last: 100) { nodes { id fullDatabaseId } } }
  }
}";

const REACT: &str = "mutation React($subject: ID!) {
  addReaction(input: {subjectId: $subject, content: EYES}) { reaction { content } }
}";

/// What we may have said already; ours is among the newest.
const THREADS: &str = "query Threads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        nodes { id isResolved comments(last: 100) { nodes { body viewerDidAuthor } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}";

const REPLY: &str = "mutation Reply($thread: ID!, $body: String!) {
  addPullRequestReviewThreadReply(input: {pullRequestReviewThreadId: $thread, body: $body}) { comment { id } }
}";

const RESOLVE: &str = "mutation Resolve($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { isResolved } }
}";

#[derive(Deserialize)]
struct Found<T> {
    repository: Option<Repository<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository<T> {
    pull_request: Option<T>,
}

#[derive(Deserialize)]
struct Reviews {
    reviews: Option<Nodes<ReviewId>>,
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewId {
    id: String,
    full_database_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Threads {
    review_threads: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    nodes: Vec<ThreadNode>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadNode {
    id: String,
    is_resolved: bool,
    comments: Nodes<Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    body: String,
    viewer_did_author: bool,
}

/// A thread as it was last seen.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    resolved: bool,
    /// First lines of what we said in it.
    ours: Vec<String>,
}

fn ask(query: &str, variables: &Value) -> Request {
    Request::Graphql(json!({"query": query, "variables": variables}))
}

impl Live {
    pub(super) async fn react_to_review(&self, pull: u64, review: u64) -> Result<(), Error> {
        let intent = self.intent("put a reaction on a review of", Thread::Pull(pull)).needing("pull_requests=write");
        let missing = || Error::Missing { what: format!("review {review} on {}", intent.what) };
        let variables = json!({"owner": self.owner, "name": self.name, "number": pull});
        let found: Found<Reviews> = self.api.graphql(&intent, REVIEWS, variables).await?;
        let pull = found.repository.and_then(|found| found.pull_request).ok_or_else(missing)?;
        let number = review.to_string();
        let reviews = pull.reviews.into_iter().flat_map(|reviews| reviews.nodes);
        let subject = reviews.filter(|found| found.full_database_id == number).map(|found| found.id).next();
        // A reaction that is there already stays one: sending it twice is sending it once.
        let request = ask(REACT, &json!({"subject": subject.ok_or_else(missing)?}));
        self.api.ask(&intent, &request).await.map(drop)
    }

    /// Answers a thread once, whatever becomes of the answers to our requests, and resolves it. One that somebody resolved stays as
    /// it is.
    pub(super) async fn place_answer(&self, wanted: &ThreadReply) -> Result<Answered, Error> {
        let _one_at_a_time = self.writing.lock().await; // two that find nothing would write two
        let what = format!("a review thread of {}", Thread::Pull(wanted.pull));
        let reply = self.intent("answer", &what).needing("pull_requests=write");
        let mut attempt = 1;
        loop {
            let seen = self.thread_seen(wanted.pull, &wanted.thread).await?;
            let said = seen.ours.contains(&wanted.marker);
            if seen.resolved {
                return Ok(if said { Answered::Done } else { Answered::ResolvedByOthers });
            }
            let Some(body) = wanted.body.as_ref().filter(|_| !said) else { break };
            let request = ask(REPLY, &json!({"thread": wanted.thread, "body": body}));
            match self.api.send(&reply, &request).await? {
                Sent::Answered(answer) if answer.status < 300 => break,
                Sent::Answered(answer) => return Err(self.api.refusal(&reply, &answer)),
                Sent::Unsure(why) => {
                    self.threads_seen.lock().await.remove(&wanted.pull);
                    self.api.try_again(&reply, &mut attempt, &why).await?;
                }
            }
        }
        if wanted.resolve {
            // An App needs the right to write contents for this; the page of the mutation doesn't say so.
            let resolve = self.intent("resolve", &what).needing("pull_requests=write,contents=write");
            // A thread that is resolved already stays so: this may be repeated.
            self.api.ask(&resolve, &ask(RESOLVE, &json!({"thread": wanted.thread}))).await?;
        }
        Ok(Answered::Done)
    }

    /// The thread as it is; all of a pull request's are asked for at once, for one answer after the other is written.
    async fn thread_seen(&self, pull: u64, thread: &str) -> Result<Seen, Error> {
        let mut known = self.threads_seen.lock().await;
        let threads = match known.entry(pull) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.look_at_threads(pull).await?),
        };
        threads
            .get(thread)
            .cloned()
            .ok_or_else(|| Error::Missing { what: format!("review thread {thread:.100} on pull request #{pull}") })
    }

    async fn look_at_threads(&self, pull: u64) -> Result<HashMap<String, Seen>, Error> {
        let intent = self.intent("read the review threads of", Thread::Pull(pull)).needing("pull_requests=read");
        let missing = || Error::Missing { what: intent.what.clone() };
        let mut all = HashMap::new();
        let mut after = None;
        loop {
            let variables = json!({"owner": self.owner, "name": self.name, "number": pull, "after": after});
            let found: Found<Threads> = self.api.graphql(&intent, THREADS, variables).await?;
            let page = found.repository.and_then(|found| found.pull_request).ok_or_else(missing)?.review_threads;
            all.extend(page.nodes.into_iter().map(|node| {
                let ours = node.comments.nodes.iter().filter(|said| said.viewer_did_author);
                let first = |said: &Said| said.body.lines().next().unwrap_or_default().to_owned();
                (node.id, Seen { resolved: node.is_resolved, ours: ours.map(first).collect() })
            }));
            match page.page_info.end_cursor {
                Some(cursor) if page.page_info.has_next_page => after = Some(cursor),
                _ => return Ok(all),
            }
        }
    }
}
