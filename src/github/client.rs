//! One request after another: counted, bounded in time, waited for where a limit asks, repeated only where that doubles nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use octocrab::{Octocrab, OctocrabBuilder};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::error::{self, Intent};
use super::retry::{ATTEMPTS, Judgement, Wait, backoff, judge, too_long, until};
use super::transport::{Connection, address, graphql_of, root_cause, setup, transport};
use super::{Error, wire};
use crate::clock::Clock;
use crate::secrets::Redactor;
use crate::ui::{Level, Note, Ui};

/// 10,000 things: more than that is no issue any more, and a circle of links must end.
const PAGES: usize = 100;

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// GitHub's own words about a refusal; empty where it has none.
    pub(super) fn message(&self) -> String {
        serde_json::from_str::<wire::Refusal>(&self.body).map(|refusal| refusal.text()).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn for_tests(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            map.insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        Self { status, headers: map, body: body.to_owned() }
    }
}

/// What became of a write.
#[derive(Debug)]
pub(super) enum Sent {
    /// GitHub answered, yes or no.
    Answered(Reply),
    /// The answer was cut or an error of GitHub's own: it may have been done. The text says what happened.
    Unsure(String),
}

/// One request, without its address.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Get(String),
    Post(String, Value),
    Patch(String, Value),
    Delete(String),
    Graphql(Value),
}

/// The API of one GitHub, with one token.
pub(super) struct Api {
    crab: Octocrab,
    /// The base address's path without a slash at its end: empty, or `/api/v3`.
    prefix: String,
    graphql: String,
    sent: AtomicU64,
    ui: Arc<dyn Ui>,
    clock: Arc<dyn Clock>,
    wait: Arc<dyn Wait>,
    redactor: Redactor,
}

impl Api {
    pub(super) fn new(
        to: &Connection,
        ui: Arc<dyn Ui>,
        clock: Arc<dyn Clock>,
        wait: Arc<dyn Wait>,
    ) -> Result<Self, Error> {
        let rest = address(&to.api_url, "GITHUB_API_URL", "https://api.github.com")?;
        let graphql = match &to.graphql_url {
            Some(url) => address(url, "GITHUB_GRAPHQL_URL", "https://api.github.com/graphql")?,
            None => graphql_of(&rest),
        };
        let token = to.token.expose().trim();
        if token.is_empty() || HeaderValue::from_str(token).is_err() {
            return Err(setup(
                "the token is empty or has characters that no token has",
                "Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN again, without quotes or line breaks",
            ));
        }
        let redactor = Redactor::default();
        redactor.add(&to.token);
        let encrypted = [&rest, &graphql].iter().any(|url| url.scheme() == "https");
        let client = transport(&to.proxies, encrypted, &redactor)?;
        // octocrab gets the origin only and every path complete: joined to a base with a path it would post GraphQL to the wrong
        // place on Enterprise. The origin of GraphQL is named as a second one that may see the token.
        let crab = OctocrabBuilder::new()
            .base_uri(rest.origin().ascii_serialization())
            .and_then(|builder| builder.upload_uri(graphql.origin().ascii_serialization()))
            .map(|builder| builder.personal_token(token.to_owned()))
            .map(|builder| builder.add_header(ACCEPT, "application/vnd.github+json".to_owned()))
            .and_then(|builder| builder.build_with_reqwest(client))
            .map_err(|reason| setup(&redactor.redact(&reason.to_string()), "Check GITHUB_API_URL"))?;
        let prefix = rest.path().trim_end_matches('/').to_owned();
        Ok(Self { crab, prefix, graphql: graphql.to_string(), sent: AtomicU64::new(0), ui, clock, wait, redactor })
    }

    /// How many requests were sent; redirects that were followed count once.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, level: Level, text: &str) {
        self.ui.note(&Note::new(level, self.redactor.redact(text)));
    }

    /// Sends a request that may be repeated because doing it twice is doing it once: a read, or a write of that nature.
    /// Gives good answers only.
    pub(super) async fn ask(&self, intent: &Intent, request: &Request) -> Result<Reply, Error> {
        let mut attempt = 1;
        loop {
            match self.send(intent, request).await? {
                Sent::Answered(reply) if reply.status < 300 => return Ok(reply),
                Sent::Answered(reply) => return Err(self.refusal(intent, &reply)),
                Sent::Unsure(why) => self.try_again(intent, &mut attempt, &why).await?,
            }
        }
    }

    /// Sends a request until GitHub gives an answer to it, which may be a refusal, or nobody knows what became of it. Limits are waited for.
    pub(super) async fn send(&self, intent: &Intent, request: &Request) -> Result<Sent, Error> {
        let mut attempt = 1;
        loop {
            let outcome = self.once(request).await;
            let now = self.clock.now();
            match judge(&outcome, attempt, now) {
                Judgement::Final => match outcome {
                    Ok(reply) => return Ok(Sent::Answered(reply)),
                    Err(reason) => {
                        let way_out = "Name a file with the CA certificates of your GitHub or proxy in SSL_CERT_FILE";
                        return Err(setup(&format!("its certificate is not trusted ({reason})"), way_out));
                    }
                },
                Judgement::Unsure(why) => return Ok(Sent::Unsure(self.redactor.redact(&why).into_owned())),
                Judgement::Limited { wait, why } => {
                    let give_up = too_long(wait, why, now)
                        .or_else(|| (attempt == ATTEMPTS).then(|| format!("{why}, still after {ATTEMPTS} attempts")));
                    if let Some(reason) = give_up {
                        return Err(Error::Unreachable { action: intent.action.clone(), reason });
                    }
                    let text = format!(
                        "{why}: waiting {} s, until {}, to {}",
                        wait.as_secs(),
                        until(now, wait),
                        intent.action
                    );
                    self.note(Level::Notice, &text);
                    self.wait.wait(wait).await;
                    attempt += 1;
                }
            }
        }
    }

    /// Says that something is tried again, and waits; an error when it was tried often enough.
    pub(super) async fn try_again(&self, intent: &Intent, attempt: &mut u32, why: &str) -> Result<(), Error> {
        if *attempt >= ATTEMPTS {
            let reason = format!(
                "{why}, {ATTEMPTS} times in a row; check the network and https://www.githubstatus.com, then start the run again"
            );
            return Err(Error::Unreachable { action: intent.action.clone(), reason });
        }
        let wait = backoff(*attempt);
        *attempt += 1;
        self.note(
            Level::Info,
            &format!("{why}: waiting {} s to {} (attempt {attempt} of {ATTEMPTS})", wait.as_secs(), intent.action),
        );
        self.wait.wait(wait).await;
        Ok(())
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(&self, intent: &Intent, path: &str) -> Result<T, Error> {
        let reply = self.ask(intent, &Request::Get(path.to_owned())).await?;
        self.read(intent, &reply.body)
    }

    /// Reads all pages of a list.
    pub(super) async fn get_all<T: DeserializeOwned>(&self, intent: &Intent, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..PAGES {
            let Some(path) = next else { return Ok(all) };
            let reply = self.ask(intent, &Request::Get(path)).await?;
            let page: Vec<T> = self.read(intent, &reply.body)?;
            all.extend(page);
            // Only path and query are taken: wherever a link points, the token goes to no other host.
            next = reply
                .header("link")
                .and_then(next_link)
                .map(|path| path.strip_prefix(&self.prefix).unwrap_or(&path).to_owned());
        }
        let reason = format!("there are more than {PAGES} pages of answers");
        Err(Error::Unreachable { action: intent.action.clone(), reason })
    }

    /// Asks by GraphQL; gives what stands under `data`.
    pub(super) async fn graphql<T: DeserializeOwned>(
        &self,
        intent: &Intent,
        query: &str,
        variables: Value,
    ) -> Result<T, Error> {
        let reply = self.ask(intent, &Request::Graphql(json!({"query": query, "variables": variables}))).await?;
        let data: wire::Data<T> = self.read(intent, &reply.body)?;
        Ok(data.data)
    }

    pub(super) fn read<T: DeserializeOwned>(&self, intent: &Intent, body: &str) -> Result<T, Error> {
        serde_json::from_str(body).map_err(|reason| Error::Unreachable {
            action: intent.action.clone(),
            reason: format!("GitHub's answer is not what its documentation says ({reason}); is GITHUB_API_URL right?"),
        })
    }

    pub(super) fn refusal(&self, intent: &Intent, reply: &Reply) -> Error {
        error::refusal(intent, reply, &self.redactor)
    }

    async fn once(&self, request: &Request) -> Result<Reply, String> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let at = |path: &str| format!("{}{path}", self.prefix);
        let response = match request {
            Request::Get(path) => self.crab._get(at(path)).await,
            Request::Post(path, body) => self.crab._post(at(path), Some(body)).await,
            Request::Patch(path, body) => self.crab._patch(at(path), Some(body)).await,
            Request::Delete(path) => self.crab._delete(at(path), None::<&()>).await,
            Request::Graphql(body) => self.crab._post(self.graphql.as_str(), Some(body)).await,
        };
        let response = response.map_err(|reason| root_cause(&reason))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.crab.body_to_string(response).await.map_err(|reason| root_cause(&reason))?;
        tracing::debug!(status, "{}", request.name());
        let reply = Reply { status, headers, body };
        Ok(if matches!(request, Request::Graphql(_)) { wire::graphql_status(reply) } else { reply })
    }
}

impl Request {
    fn name(&self) -> String {
        match self {
            Self::Get(path) => format!("GET {path}"),
            Self::Post(path, _) => format!("POST {path}"),
            Self::Patch(path, _) => format!("PATCH {path}"),
            Self::Delete(path) => format!("DELETE {path}"),
            Self::Graphql(_) => "POST graphql".to_owned(),
        }
    }
}

/// Path and query of the `rel="next"` link: <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>.
fn next_link(header: &str) -> Option<String> {
    let next = header.split(',').find(|link| link.contains("rel=\"next\""))?;
    let url = Url::parse(next.split_once('<')?.1.split_once('>')?.0).ok()?;
    Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links_and_only_its_path_is_taken() {
        let header = "<https://api.github.com/repositories/1/issues?page=1>; rel=\"prev\", <https://evil.example/api/v3/r?page=3&a=b>; rel=\"next\"";
        assert_eq!(next_link(header).as_deref(), Some("/api/v3/r?page=3&a=b"));
        assert_eq!(next_link("<https://api.github.com/r?page=1>; rel=\"last\""), None);
    }
}
