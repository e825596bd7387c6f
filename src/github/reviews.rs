//! A pull request with its reviews and their threads. Whether a thread is resolved only GraphQL tells.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::live::Live;
use super::wire::{Actor, CommentNode, PageInfo, author};
use super::{Error, Review, ReviewThread, Thread, ThreadComment, markers};
use crate::event::Comment;

/// Pages of 50 threads with 101 comments each stay far below the 500,000 nodes that GitHub counts for one question.
///
/// Of a long thread the first comment says what is asked, and the newest where the talk stands; of many reviews the newest count.
const REVIEW: &str = "query Review($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      title body url headRefName baseRefName
      author { __typename login }
      labels(first: 100) { nodes { name } }
      reviews(last: 100) {
        nodes { fullDatabaseId body url createdAt lastEditedAt isMinimized viewerDidAuthor author { __typename login } }
      }
      reviewThreads(first: 50, after: $after) {
        nodes {
          id path line startLine isResolved isOutdated
          asked: comments(first: 1) { nodes { ...said } }
          comments(last: 100) { nodes { ...said } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
fragment said on PullRequestReviewComment {
  fullDatabaseId body url createdAt lastEditedAt isMinimized viewerDidAuthor diffHunk
  author { __typename login }
}";

#[derive(Deserialize)]
struct Answered {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    pull_request: Option<PullNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullNode {
    title: String,
    body: String,
    url: String,
    head_ref_name: String,
    base_ref_name: String,
    author: Option<Actor>,
    labels: Option<Nodes<Label>>,
    reviews: Option<Nodes<ReviewNode>>,
    review_threads: Page,
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewNode {
    full_database_id: String,
    body: String,
    url: String,
    created_at: DateTime<Utc>,
    last_edited_at: Option<DateTime<Utc>>,
    is_minimized: bool,
    viewer_did_author: bool,
    author: Option<Actor>,
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
    path: String,
    line: Option<u64>,
    start_line: Option<u64>,
    is_resolved: bool,
    is_outdated: bool,
    /// The first comment alone.
    asked: Nodes<ThreadCommentNode>,
    /// The newest; in a thread that is not long the first is among them.
    comments: Nodes<ThreadCommentNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadCommentNode {
    diff_hunk: String,
    #[serde(flatten)]
    comment: CommentNode,
}

impl Live {
    /// The pull request, every review that says something, and every thread, resolved ones too.
    pub(super) async fn read_review(&self, number: u64) -> Result<Review, Error> {
        let intent = self.intent("read the reviews of", Thread::Pull(number)).needing("pull_requests=read");
        let missing = || Error::Missing { what: intent.what.clone() };
        let mut whole: Option<Review> = None;
        let mut after = None;
        loop {
            let variables = json!({"owner": self.owner, "name": self.name, "number": number, "after": after});
            let data: Answered = self.api.graphql(&intent, REVIEW, variables).await?;
            let pull = data.repository.and_then(|found| found.pull_request).ok_or_else(missing)?;
            let PageInfo { has_next_page, end_cursor } = pull.review_threads.page_info;
            let threads = pull.review_threads.nodes.into_iter().map(ReviewThread::from);
            let review = whole.get_or_insert_with(|| Review {
                number,
                title: pull.title,
                body: pull.body,
                url: pull.url,
                author: author(pull.author),
                head: pull.head_ref_name,
                base: pull.base_ref_name,
                labels: pull.labels.into_iter().flat_map(|labels| labels.nodes).map(|label| label.name).collect(),
                texts: said(pull.reviews),
                threads: Vec::new(),
            });
            review.threads.extend(threads);
            match end_cursor {
                Some(cursor) if has_next_page => after = Some(cursor),
                _ => return whole.ok_or_else(missing),
            }
        }
    }
}

/// Reviews that people wrote a text in.
fn said(reviews: Option<Nodes<ReviewNode>>) -> Vec<ThreadComment> {
    let all = reviews.into_iter().flat_map(|reviews| reviews.nodes);
    all.filter(|review| !review.body.trim().is_empty())
        .map(|review| ThreadComment {
            ours: review.viewer_did_author && markers::is_marked(&review.body),
            comment: Comment {
                id: review.full_database_id.parse().unwrap_or_default(),
                author: author(review.author),
                body: review.body,
                url: review.url,
                created_at: Some(review.created_at),
                updated_at: review.last_edited_at.or(Some(review.created_at)),
            },
            minimized: review.is_minimized,
        })
        .collect()
}

impl From<ThreadNode> for ReviewThread {
    fn from(node: ThreadNode) -> Self {
        let newest = node.comments.nodes;
        let is_there = |asked: &ThreadCommentNode| newest.iter().any(|there| there.comment.id() == asked.comment.id());
        let asked: Vec<_> = node.asked.nodes.into_iter().filter(|asked| !is_there(asked)).collect();
        let all: Vec<_> = asked.into_iter().chain(newest).collect();
        Self {
            id: node.id,
            path: node.path,
            line: node.line,
            start_line: node.start_line,
            resolved: node.is_resolved,
            outdated: node.is_outdated,
            hunk: all.first().map(|first| first.diff_hunk.clone()),
            comments: all
                .into_iter()
                .map(|node| ThreadComment {
                    minimized: node.comment.is_minimized,
                    ours: node.comment.viewer_did_author && markers::is_marked(&node.comment.body),
                    comment: Comment::from(node.comment),
                })
                .collect(),
        }
    }
}
