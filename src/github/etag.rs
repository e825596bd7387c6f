//! Answers that were read before: asked again by their ETag, they cost nothing of the hourly limit where nothing changed.
//!
//! Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};

use super::client::Reply;

/// Longer answers are not kept: what a run asks twice (permissions, lists of pull requests, an issue) is far below.
const LONGEST: usize = 1 << 20;

/// What GitHub answered to which address.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<String, (HeaderValue, Reply)>>);

impl Answers {
    /// Headers that make a question conditional, where its answer is known.
    pub(super) fn condition(&self, path: &str) -> Option<HeaderMap> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (etag, _) = known.get(path)?;
        Some(HeaderMap::from_iter([(IF_NONE_MATCH, etag.clone())]))
    }

    /// The known answer for "not changed", else the new one, which is remembered.
    pub(super) fn settle(&self, path: &str, reply: Reply) -> Reply {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reply.status == 304
            && let Some((_, before)) = known.get(path)
        {
            return before.clone();
        }
        match reply.headers.get(ETAG) {
            Some(etag) if reply.status == 200 && reply.body.len() <= LONGEST => {
                known.insert(path.to_owned(), (etag.clone(), reply.clone()));
            }
            _ => {
                known.remove(path);
            }
        }
        reply
    }
}
