//! Waiting for what becomes of one object: it is asked for alone, then watched from there. A stream that ends is opened anew, and a
//! server that is away is asked until it is back.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::connect::Cluster;
use super::objects::{Id, path};
use super::retry::Error;

/// So long a stream lasts before it is opened anew. A connection whose other end has gone without a word is noticed then.
const STREAM: Duration = Duration::from_secs(60);

/// How much later than that the server may end it.
const LATE: Duration = Duration::from_secs(15);

/// How often an object is asked for that may not be watched.
const POLL: Duration = Duration::from_secs(2);

/// The first wait after a failure, and the longest; each is twice the one before.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// How an object can be asked for.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Watching,
    Listing,
    /// The user may read this one and no other.
    Reading,
}

impl Cluster {
    /// Looks at an object each time it changes, until that gives something; `None` stands for one that is not there. The wait has no
    /// end of its own: whoever waits sets one.
    ///
    /// # Errors
    /// The kind is not served, or the user may not read the object.
    pub async fn until<T>(&self, id: &Id, mut look: impl FnMut(Option<&Value>) -> Option<T>) -> Result<T, Error> {
        let (mut by, mut failures) = (By::Watching, 0);
        loop {
            let began = Instant::now();
            match self.round(id, by, &mut look).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) if by == By::Watching && began.elapsed() >= STREAM / 2 => failures = 0,
                Ok(None) if by == By::Watching => {
                    sleep(backoff(failures)).await;
                    failures += 1;
                }
                Ok(None) => {
                    failures = 0;
                    sleep(POLL).await;
                }
                Err(Error::Refused(status)) if status.code == 403 && by != By::Reading => {
                    by = if by == By::Watching { By::Listing } else { By::Reading };
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(_) => {
                    sleep(backoff(failures)).await;
                    failures += 1;
                }
            }
        }
    }

    /// One question, and where it can be watched what follows until the stream ends.
    async fn round<T>(
        &self,
        id: &Id,
        by: By,
        look: &mut impl FnMut(Option<&Value>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        if by == By::Reading {
            return Ok(look(self.get(id).await?.as_ref()));
        }
        let no_kind = || Error::NoKind { api_version: id.api_version.to_string(), kind: id.kind.to_string() };
        let resource = self.kinds().resource(&id.api_version, &id.kind).cloned().ok_or_else(no_kind)?;
        let path = path(&id.api_version, &resource, id.namespace.as_deref(), None);
        let address = |more: &[(&str, &str)]| {
            let one = ("fieldSelector", format!("metadata.name={}", id.name));
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            pairs.append_pair(one.0, &one.1).extend_pairs(more);
            http::Request::get(format!("{path}?{}", pairs.finish())).body(Vec::new()).map_err(kube::Error::HttpError)
        };
        let list: Value = self.ask(async || self.client().request(address(&[])?).await).await?;
        if let Some(found) = look(list["items"].get(0)) {
            return Ok(Some(found));
        }
        if by == By::Listing {
            return Ok(None);
        }
        let seconds = STREAM.as_secs().to_string();
        let version = list["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let watch = [("watch", "true"), ("timeoutSeconds", seconds.as_str()), ("resourceVersion", version)];
        let stream = self.ask(async || self.client().request_events::<Value>(address(&watch)?).await).await?;
        let mut stream = pin!(stream);
        // A stream that is too old, cut or silent for too long ends the round, and the next one begins with a question.
        while let Ok(Ok(Some(event))) = timeout(STREAM + LATE, stream.try_next()).await {
            let found = match &event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => look(Some(object)),
                WatchEvent::Deleted(_) => look(None),
                WatchEvent::Bookmark(_) => None,
                WatchEvent::Error(_) => break,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn backoff(failures: u32) -> Duration {
    BACKOFF.1.min(BACKOFF.0.saturating_mul(2_u32.saturating_pow(failures)))
}

/// Whether asking again gives nothing else. A server that is away or overloaded comes back, and so may a kind.
fn is_final(error: &Error) -> bool {
    matches!(error, Error::Refused(status) if matches!(status.code, 400 | 401 | 403 | 405 | 422))
}
