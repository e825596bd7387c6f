//! Watching the objects of some kinds: one LIST for each, then a WATCH from where it ended, for as long as somebody listens.
//!
//! Of each object only what its listener keeps stays in memory. A stream that is cut goes on where it was, one that is too old begins
//! with a new LIST, a server that is away is asked until it is back. Source of the protocol: Kubernetes, "API concepts", efficient
//! detection of changes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::Request;
use http::header::ACCEPT;
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::connect::Cluster;
use super::failure::Failure;
use super::kinds::Resource;
use super::objects::path;

/// So many objects come at once: big ones are some 10 KB of JSON, and ten times that once it is read.
const PAGE: usize = 250;

/// So long a stream lasts before it is opened anew. A connection whose other end has gone without a word is noticed then.
const STREAM: Duration = Duration::from_secs(60);

/// How much later than that the server may end it.
const LATE: Duration = Duration::from_secs(15);

/// How often objects are asked for that may not be watched.
const POLL: Duration = Duration::from_secs(3);

/// The first wait after a failure, and the longest; each is twice the one before.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

/// Which objects are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Their `apiVersion`.
    pub api_version: Arc<str>,
    /// Their `kind`.
    pub kind: Arc<str>,
    /// Their namespace; none for kinds of the cluster.
    pub namespace: Option<Arc<str>>,
    /// Those that are asked for one by one where they may not be listed. Without any they are given up then.
    pub names: BTreeSet<Arc<str>>,
    /// Whether nothing but `metadata` is asked for: a Secret's data has no business here.
    pub metadata: bool,
    /// Whether one LIST is all.
    pub once: bool,
}

/// What became of the objects. `T` is what the listener keeps of each.
#[derive(Debug)]
pub enum Change<T> {
    /// All that there are; what was known before is no more.
    Listed(Vec<T>),
    /// One is new or has changed.
    Put(T),
    /// One is gone.
    Gone(T),
    /// They may not be listed: they are asked for one by one, and [`Change::Listed`] comes every few seconds. The text is the server's.
    Singly(String),
    /// They may not be read at all, nothing more comes. The text is the server's.
    Denied(String),
    /// The server can't be asked; it is tried until it can. The text says why.
    Away(String),
    /// It answers again.
    Back,
}

/// All that is watched together.
pub struct Watches<T> {
    client: Client,
    server: Arc<str>,
    user: Arc<str>,
    answer: Duration,
    /// They end with this.
    tasks: JoinSet<()>,
    sender: mpsc::Sender<(usize, Change<T>)>,
    changes: mpsc::Receiver<(usize, Change<T>)>,
}

impl<T: Send + 'static> Watches<T> {
    /// Nothing watched yet.
    pub fn new(cluster: &Cluster) -> Self {
        // Whoever lists thousands waits until they are looked at.
        let (sender, changes) = mpsc::channel(64);
        Self {
            client: cluster.client().clone(),
            server: cluster.server().into(),
            user: cluster.user().into(),
            answer: cluster.patience().answer,
            tasks: JoinSet::new(),
            sender,
            changes,
        }
    }

    /// Watches these too. `keep` says what is kept of an object, or that it is none of the listener's; `index` tells their changes
    /// from others.
    pub fn add(
        &mut self,
        cluster: &Cluster,
        index: usize,
        watched: Watched,
        keep: impl Fn(&Value) -> Option<T> + Send + Sync + 'static,
    ) {
        let resource = cluster.kinds().resource(&watched.api_version, &watched.kind).cloned();
        let watch = Watch {
            client: self.client.clone(),
            server: Arc::clone(&self.server),
            user: Arc::clone(&self.user),
            answer: self.answer,
            watched,
            keep,
            index,
            sender: self.sender.clone(),
            resource,
            known: false,
            away: false,
            failures: 0,
        };
        self.tasks.spawn(async {
            // It ends early where nobody listens any more.
            let _ = watch.run().await;
        });
    }

    /// The next change, with the index of what it is about.
    pub async fn next(&mut self) -> (usize, Change<T>) {
        // `self` holds a sender: there is always one more to wait for.
        match self.changes.recv().await {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }

    /// The same where one is there already.
    pub fn waiting(&mut self) -> Option<(usize, Change<T>)> {
        self.changes.try_recv().ok()
    }
}

/// Nobody listens any more.
struct Deaf;

/// Why a stream is over.
enum Over {
    /// It was cut, or its time is up.
    Cut,
    /// Its place in history is gone (410).
    Expired,
    /// The server refused it.
    Refused(kube::Error),
}

/// One of them at work.
struct Watch<T, K> {
    client: Client,
    server: Arc<str>,
    user: Arc<str>,
    answer: Duration,
    watched: Watched,
    keep: K,
    index: usize,
    sender: mpsc::Sender<(usize, Change<T>)>,
    /// What the server says about the kind; none where it didn't know it yet.
    resource: Option<Resource>,
    /// Whether it has shown them once: a refusal after that is one of a server that is just starting.
    known: bool,
    away: bool,
    /// How often it failed since it last answered.
    failures: u32,
}

/// A page of a LIST.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMeta,
    // Go writes an empty list as null at times.
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMeta {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// The kinds of one version, as its discovery says.
#[derive(Deserialize)]
struct Resources {
    resources: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    kind: String,
    namespaced: bool,
}

impl<T, K: Fn(&Value) -> Option<T>> Watch<T, K> {
    async fn run(mut self) -> Result<(), Deaf> {
        loop {
            let mut version = match self.list().await {
                Ok(Some((found, version))) => {
                    self.answered().await?;
                    self.known = true;
                    self.send(Change::Listed(found)).await?;
                    version
                }
                // Nobody has installed the kind yet, or it is going.
                Ok(None) => {
                    self.answered().await?;
                    self.send(Change::Listed(Vec::new())).await?;
                    if self.watched.once {
                        return Ok(());
                    }
                    sleep(POLL).await;
                    continue;
                }
                Err(error) if is(&error, 403) && !self.known => return self.one_by_one(words(&error)).await,
                Err(error) if is(&error, 410) => {
                    self.pause(&error).await;
                    continue;
                }
                Err(error) => {
                    self.failed(&error).await?;
                    continue;
                }
            };
            if self.watched.once {
                return Ok(());
            }
            self.follow(&mut version).await?;
        }
    }

    /// Follows the streams from a LIST on, until another LIST is needed.
    async fn follow(&mut self, version: &mut String) -> Result<(), Deaf> {
        let mut opened = false;
        loop {
            let began = Instant::now();
            match self.stream(version, &mut opened).await? {
                // A stream that ends as soon as it is there must not be opened a thousand times a second.
                Over::Cut if began.elapsed() < BACKOFF.0 => sleep(self.backoff(None)).await,
                Over::Cut => {}
                Over::Expired => {
                    sleep(self.backoff(None)).await;
                    return Ok(());
                }
                Over::Refused(error) if is(&error, 410) => {
                    self.pause(&error).await;
                    return Ok(());
                }
                // May be listed but not watched.
                Over::Refused(error) if (is(&error, 403) || is(&error, 405)) && !opened => {
                    sleep(POLL).await;
                    return Ok(());
                }
                Over::Refused(error) => self.failed(&error).await?,
            }
        }
    }

    /// One stream to its end.
    async fn stream(&mut self, version: &mut String, opened: &mut bool) -> Result<Over, Deaf> {
        let Some(path) = self.path().await.ok().flatten() else { return Ok(Over::Expired) };
        let seconds = STREAM.as_secs();
        let query = format!(
            "{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={}",
            encoded(version)
        );
        let request = match self.request(&query, Some("")) {
            Ok(request) => request,
            Err(error) => return Ok(Over::Refused(error)),
        };
        let events = match timeout(self.answer, self.client.request_events::<Value>(request)).await {
            Ok(Ok(events)) => events,
            Ok(Err(error)) => return Ok(Over::Refused(error)),
            Err(_) => return Ok(Over::Refused(slow(self.answer))),
        };
        let mut events = std::pin::pin!(events);
        *opened = true;
        self.answered().await?;
        loop {
            let change = match timeout(STREAM + LATE, events.next()).await {
                Err(_) | Ok(None) => return Ok(Over::Cut),
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error))) if is(&error, 410) => return Ok(Over::Expired),
                Ok(Some(Err(error))) => {
                    tracing::debug!("watching {}: {error}", self.watched.kind);
                    return Ok(Over::Cut);
                }
            };
            self.failures = 0;
            let gone = matches!(change, WatchEvent::Deleted(_));
            let mut object = match change {
                WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => object,
                WatchEvent::Bookmark(bookmark) => {
                    *version = bookmark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) if status.code == 410 => return Ok(Over::Expired),
                WatchEvent::Error(status) => return Ok(Over::Refused(kube::Error::Api(status))),
            };
            self.name_kind(&mut object);
            if let Some(now) = object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
                now.clone_into(version);
            }
            if let Some(kept) = (self.keep)(&object) {
                self.send(if gone { Change::Gone(kept) } else { Change::Put(kept) }).await?;
            }
        }
    }

    /// All of them, and the version at which that is so; none where the server has no such kind.
    async fn list(&mut self) -> kube::Result<Option<(Vec<T>, String)>> {
        let Some(path) = self.path().await? else { return Ok(None) };
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let page: Page = match self.ask(&format!("{path}?limit={PAGE}{next}"), Some("List")).await {
                Err(error) if is(&error, 404) => {
                    self.resource = None;
                    return Ok(None);
                }
                page => page?,
            };
            for mut object in page.items.unwrap_or_default() {
                self.name_kind(&mut object);
                found.extend((self.keep)(&object));
            }
            match page.metadata.next.filter(|next| !next.is_empty()) {
                Some(token) => next = format!("&continue={}", encoded(&token)),
                None => return Ok(Some((found, page.metadata.resource_version.unwrap_or_default()))),
            }
        }
    }

    /// Asks for each by its name, every few seconds.
    async fn one_by_one(mut self, why: String) -> Result<(), Deaf> {
        if self.watched.names.is_empty() {
            return self.send(Change::Denied(why)).await;
        }
        self.send(Change::Singly(why)).await?;
        loop {
            match self.each().await {
                Ok(Ok(found)) => {
                    self.answered().await?;
                    self.known = true;
                    self.send(Change::Listed(found)).await?;
                }
                Ok(Err(why)) => return self.send(Change::Denied(why)).await,
                Err(error) => {
                    self.failed(&error).await?;
                    continue;
                }
            }
            if self.watched.once {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }

    /// Those that are there and may be read; the server's words where none may.
    async fn each(&mut self) -> kube::Result<Result<Vec<T>, String>> {
        let mut found = Vec::new();
        let Some(path) = self.path().await? else { return Ok(Ok(found)) };
        let mut denied = None;
        let mut read = 0;
        for name in &self.watched.names {
            match self.ask::<Value>(&format!("{path}/{}", encoded(name)), Some("")).await {
                Ok(mut object) => {
                    read += 1;
                    self.name_kind(&mut object);
                    found.extend((self.keep)(&object));
                }
                Err(error) if is(&error, 404) => read += 1,
                Err(error) if is(&error, 403) && !self.known => denied = Some(words(&error)),
                Err(error) => return Err(error),
            }
        }
        Ok(match denied.filter(|_| read == 0) {
            Some(why) => Err(why),
            None => Ok(found),
        })
    }

    /// The address of the objects; none where the server has no such kind.
    async fn path(&mut self) -> kube::Result<Option<String>> {
        if self.resource.is_none() {
            // It may have come since the cluster was asked for its kinds.
            let version = &self.watched.api_version;
            let root = if version.contains('/') { "apis" } else { "api" };
            let found: Resources = match self.ask(&format!("/{root}/{version}"), None).await {
                Err(error) if is(&error, 404) => return Ok(None),
                found => found?,
            };
            let of_kind = |one: &Named| *one.kind == *self.watched.kind && !one.name.contains('/');
            let found = found.resources.into_iter().find(of_kind);
            self.resource =
                found.map(|found| Resource { plural: found.name, namespaced: found.namespaced, ..Resource::default() });
        }
        let at = |resource| path(&self.watched.api_version, resource, self.watched.namespace.as_deref(), None);
        Ok(self.resource.as_ref().map(at))
    }

    /// Objects of a list leave out what is the same of all.
    fn name_kind(&self, object: &mut Value) {
        if let Some(object) = object.as_object_mut() {
            for (field, value) in [("apiVersion", &self.watched.api_version), ("kind", &self.watched.kind)] {
                // Of metadata alone they are those of the partial object.
                object.insert(field.to_owned(), Value::from(&**value));
            }
        }
    }

    async fn ask<A: DeserializeOwned>(&self, query: &str, form: Option<&str>) -> kube::Result<A> {
        match timeout(self.answer, self.client.request(self.request(query, form)?)).await {
            Ok(answer) => answer,
            Err(_) => Err(slow(self.answer)),
        }
    }

    /// `form` is `List` for a list of objects, empty for one or a stream of them. Source of partial objects: Kubernetes, "API concepts",
    /// metadata-only fetches.
    fn request(&self, query: &str, form: Option<&str>) -> kube::Result<Request<Vec<u8>>> {
        let accept = match form.filter(|_| self.watched.metadata) {
            Some(form) => {
                format!("application/json;as=PartialObjectMetadata{form};g=meta.k8s.io;v=v1,application/json")
            }
            None => "application/json".to_owned(),
        };
        Request::get(query).header(ACCEPT, accept).body(Vec::new()).map_err(kube::Error::HttpError)
    }

    async fn send(&self, change: Change<T>) -> Result<(), Deaf> {
        self.sender.send((self.index, change)).await.map_err(|_| Deaf)
    }

    async fn answered(&mut self) -> Result<(), Deaf> {
        self.failures = 0;
        if std::mem::take(&mut self.away) { self.send(Change::Back).await } else { Ok(()) }
    }

    /// Says that the server can't be asked, and waits a while.
    async fn failed(&mut self, error: &kube::Error) -> Result<(), Deaf> {
        if !self.away {
            self.away = true;
            self.send(Change::Away(Failure::of(&self.server, &self.user, error).text)).await?;
        }
        self.pause(error).await;
        Ok(())
    }

    async fn pause(&mut self, error: &kube::Error) {
        let asked = match error {
            kube::Error::Api(status) => status.details.as_ref().map(|details| details.retry_after_seconds),
            _ => None,
        };
        let asked = asked.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.into()));
        sleep(self.backoff(asked)).await;
    }

    /// How long is waited now: twice as long each time, a part of it by chance, so that not all come back at once.
    fn backoff(&mut self, asked: Option<Duration>) -> Duration {
        let most = BACKOFF.1.min(BACKOFF.0 * 2_u32.saturating_pow(self.failures.min(8)));
        self.failures += 1;
        let part = (crate::secrets::random() % 1000) as u32;
        asked.unwrap_or_default().max(most / 2 + most / 2 * part / 1000)
    }
}

fn is(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}

/// The server's own words about a refusal.
fn words(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.lines().next().unwrap_or_default().to_owned(),
        error => error.to_string(),
    }
}

fn slow(patience: Duration) -> kube::Error {
    let text = format!("it has not answered within {} s", patience.as_secs());
    kube::Error::Service(Box::new(std::io::Error::other(text)))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
