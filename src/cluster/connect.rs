//! The connection to an API server, and the questions about what it knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::join_all;
use kube::Client;
use serde::Deserialize;
use tokio::time::timeout;

use super::choose::Target;
use super::failure::Failure;
use super::kinds::Kinds;
use super::retry::{Error, Persistence};
use super::way::Way;

/// How long is waited before a server counts as out of reach.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the connection.
    pub connect: Duration,
    /// For an answer.
    pub answer: Duration,
    /// For the kubeconfig's credential plugin, which may ask a server of its own, or a person.
    pub plugin: Duration,
}

impl Default for Patience {
    /// Short, as a check that can do without a cluster wants it; a far server answers these questions in under a second.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), answer: Duration::from_secs(5), plugin: Duration::from_secs(60) }
    }
}

impl Patience {
    /// For work that can't be done without the cluster: one that is busy or far away gets its time.
    pub fn for_work() -> Self {
        Self { connect: Duration::from_secs(10), answer: Duration::from_secs(60), ..Self::default() }
    }
}

/// A cluster that answers.
pub struct Cluster {
    client: Client,
    patience: Patience,
    server: String,
    user: String,
    kinds: RwLock<Arc<Kinds>>,
    /// Kinds that are being installed: group and kind.
    expected: RwLock<BTreeSet<(String, String)>>,
    pub(super) persistence: Option<Persistence>,
    /// How programs reach it that are started.
    pub(super) way: Way,
}

/// The answer to `/openapi/v3`.
#[derive(Deserialize)]
struct Index {
    paths: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// With a hash of the document in it.
    #[serde(rename = "serverRelativeURL")]
    url: String,
}

impl Cluster {
    /// Connects and asks which kinds there are: two requests, at the same time.
    ///
    /// # Errors
    /// The credentials can't be had, or the server doesn't answer as it should.
    pub async fn connect(target: Target, patience: Patience) -> Result<Self, Failure> {
        let Target { mut config, way, server, user, .. } = target;
        config.connect_timeout = Some(patience.connect);
        // Retries would only make the wait longer.
        config.default_retry = false;
        let client = client(config, patience, &server, &user).await?;
        let Ok(kinds) = timeout(patience.answer, kinds(&client)).await else {
            return Err(Failure::slow(&server, patience.answer));
        };
        let kinds = kinds.map_err(|error| Failure::of(&server, &user, &error))?;
        if kinds.is_empty() {
            return Err(Failure::new(format!("{server} is older than Kubernetes 1.27, the oldest that can be asked")));
        }
        let (kinds, expected) = (RwLock::new(Arc::new(kinds)), RwLock::default());
        Ok(Self { client, patience, server, user, kinds, expected, persistence: None, way })
    }

    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// Who asks, in words: "user `admin`".
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Asks again what the server serves.
    ///
    /// # Errors
    /// The server doesn't answer.
    pub(super) async fn refresh_kinds(&self) -> Result<(), Error> {
        let found = self.ask(|| kinds(&self.client)).await?;
        *self.kinds.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        Ok(())
    }

    /// Something is installing a kind: objects of it wait until it is served.
    pub fn expect(&self, group: &str, kind: &str) {
        let expected = (group.to_owned(), kind.to_owned());
        self.expected.write().unwrap_or_else(PoisonError::into_inner).insert(expected);
    }

    pub(super) fn expects(&self, api_version: &str, kind: &str) -> bool {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let expected = self.expected.read().unwrap_or_else(PoisonError::into_inner);
        expected.contains(&(group.to_owned(), kind.to_owned()))
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Sends requests.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// What a request of this user to this server came to.
    pub(super) fn failure(&self, error: &kube::Error) -> Failure {
        Failure::of(&self.server, &self.user, error)
    }

    /// What it serves.
    pub fn kinds(&self) -> Arc<Kinds> {
        Arc::clone(&self.kinds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The OpenAPI v3 documents of some `apiVersion`s, as JSON, asked for at the same time. One that the server has none of is
    /// left out.
    ///
    /// # Errors
    /// The server doesn't answer, or may not be asked.
    pub async fn schemas(&self, api_versions: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        match timeout(self.patience.answer, self.fetch(api_versions)).await {
            Ok(found) => found.map_err(|error| Failure::of(&self.server, &self.user, &error)),
            Err(_) => Err(Failure::slow(&self.server, self.patience.answer)),
        }
    }

    async fn fetch(&self, api_versions: &[String]) -> kube::Result<BTreeMap<String, Vec<u8>>> {
        if api_versions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let index: Index =
            serde_json::from_str(&self.document("/openapi/v3").await?).map_err(kube::Error::SerdeError)?;
        let path = |version: &str| format!("{}/{version}", if version.contains('/') { "apis" } else { "api" });
        let wanted = api_versions.iter().filter_map(|version| Some((version, index.paths.get(&path(version))?)));
        let asked =
            wanted.map(async |(version, entry)| Ok((version.clone(), self.document(&entry.url).await?.into_bytes())));
        join_all(asked).await.into_iter().collect()
    }

    async fn document(&self, path: &str) -> kube::Result<String> {
        let request = http::Request::get(path).header(http::header::ACCEPT, "application/json");
        self.client.request_text(request.body(Vec::new()).map_err(kube::Error::HttpError)?).await
    }
}

async fn kinds(client: &Client) -> kube::Result<Kinds> {
    let (core, others) = tokio::join!(client.list_core_api_versions_aggregated(), client.list_api_groups_aggregated());
    Ok(Kinds::of([core?, others?]))
}

/// Makes the client. That runs the credential plugin, which kube waits for without end: it gets a thread of its own.
async fn client(config: kube::Config, patience: Patience, server: &str, user: &str) -> Result<Client, Failure> {
    let of = |error| Failure::of(server, user, &error);
    if config.auth_info.exec.is_none() && config.auth_info.auth_provider.is_none() {
        return Client::try_from(config).map_err(of);
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let _inside = runtime.enter();
        // Nobody listens any more where the wait was too long.
        let _ = tell.send(Client::try_from(config));
    });
    match timeout(patience.plugin, told).await {
        Ok(Ok(made)) => made.map_err(of),
        _ => {
            let seconds = patience.plugin.as_secs_f32();
            Err(Failure::new(format!("the credential plugin of {user} has not ended within {seconds} s")))
        }
    }
}
