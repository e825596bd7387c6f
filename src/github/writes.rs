//! Writes that end the same however often their answers are lost. Two kinds, and every write is one of them:
//!
//! * Doing it twice is doing it once (an edit to a given text, a label, a state, a deletion): [`Api::ask`], or [`Api::settle`] where
//!   a refusal can mean "it is so already".
//! * Doing it twice makes two (a comment, an issue, a pull request, a reply): [`Api::make_once`], which looks for what was made by
//!   something that only this write leaves, such as a marker, before it sends again. `comments` does the same for texts that are
//!   edited later.

use futures_util::future::BoxFuture;

use super::Error;
use super::client::{Api, Reply, Request, Sent};
use super::error::Intent;

/// What became of something that must not be there twice.
#[derive(Debug)]
pub(super) enum Made<T> {
    /// It was there before anything was sent.
    There(T),
    /// GitHub made it; the answer tells it.
    Answered(Reply),
    /// It was made, but the answer was lost; the look found it.
    Found(T),
    /// GitHub refuses to make it.
    Refused(Reply),
}

impl Api {
    /// Sends a request that may be repeated until GitHub says yes or no, for those who read more than one meaning out of a no.
    pub(super) async fn settle(&self, intent: &Intent, request: &Request) -> Result<Reply, Error> {
        let mut attempt = 1;
        loop {
            match self.send(intent, request).await? {
                Sent::Answered(reply) => return Ok(reply),
                Sent::Unsure(why) => self.try_again(intent, &mut attempt, &why).await?,
            }
        }
    }

    /// Makes a thing that must not be there twice. `look` is asked before the first request, and again after each one whose end
    /// nobody knows: it gives the thing if it is there. GitHub's lists can be a second behind, so it comes after the wait.
    pub(super) async fn make_once<'a, T>(
        &self,
        intent: &Intent,
        request: &Request,
        look: impl Fn() -> BoxFuture<'a, Result<Option<T>, Error>> + Send + Sync,
    ) -> Result<Made<T>, Error> {
        let mut attempt = 1;
        if let Some(there) = look().await? {
            return Ok(Made::There(there));
        }
        loop {
            match self.send(intent, request).await? {
                Sent::Answered(reply) if reply.status < 300 => return Ok(Made::Answered(reply)),
                Sent::Answered(reply) => return Ok(Made::Refused(reply)),
                Sent::Unsure(why) => self.try_again(intent, &mut attempt, &why).await?,
            }
            if let Some(found) = look().await? {
                return Ok(Made::Found(found));
            }
        }
    }
}
