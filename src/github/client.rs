//! One request after another: counted, bounded in time, waited for where a limit asks, repeated only where that doubles nothing.
//! A new write finds in `writes` what it needs for that.

use std::sync::Arc;
use std::time::Duration;

use octocrab::{Octocrab, OctocrabBuilder};
use reqwest::header::{ACCEPT, HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::bearer::{Bearer, PerToken};
use super::count::Count;
use super::error::{self, Intent};
use super::etag::Answers;
use super::retry::{ATTEMPTS, Judgement, Wait, after_stop, backoff, judge, too_long, too_much, until};
use super::transport::{Connection, address, graphql_of, root_cause, setup, transport};
use super::{Error, wire};
use crate::clock::Clock;
use crate::secrets::{Redactor, Secret};
use crate::ui::{Level, Note, Ui};

/// 10,000 things: more than that is no issue any more, and a circle of links must end.
const PAGES: usize = 100;

/// An answer, read to its end.
#[derive(Debug, Clone)]
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
            map.insert(name, value.parse().expect("a header value"));
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

/// What all connections of a run share.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) ui: Arc<dyn Ui>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wait: Arc<dyn Wait>,
    pub(super) redactor: Redactor,
    pub(super) count: Arc<Count>,
}

/// The API of one GitHub, for one who asks.
pub(super) struct Api {
    client: reqwest::Client,
    rest: Url,
    graphql: Url,
    /// The base address's path without a slash at its end: empty, or `/api/v3`.
    prefix: String,
    bearer: Arc<dyn Bearer>,
    crab: PerToken<Octocrab>,
    answers: Answers,
    around: Around,
}

impl Api {
    pub(super) fn new(to: &Connection, bearer: Arc<dyn Bearer>, around: Around) -> Result<Self, Error> {
        let rest = address(&to.api_url, "GITHUB_API_URL", "https://api.github.com")?;
        let graphql = match &to.graphql_url {
            Some(url) => address(url, "GITHUB_GRAPHQL_URL", "https://api.github.com/graphql")?,
            None => graphql_of(&rest),
        };
        let encrypted = [&rest, &graphql].iter().any(|url| url.scheme() == "https");
        let client = transport(&to.proxies, encrypted, &around.redactor)?;
        let prefix = rest.path().trim_end_matches('/').to_owned();
        let (crab, answers) = (PerToken::default(), Answers::default());
        Ok(Self { client, rest, graphql, prefix, bearer, crab, answers, around })
    }

    /// octocrab with this token. It gets the origin only and every path complete: joined to a base with a path it would post GraphQL
    /// to the wrong place on Enterprise. The origin of GraphQL is named as a second one that may see the token.
    fn crab(&self, token: &Secret) -> Result<Octocrab, Error> {
        self.crab.get(token, || {
            OctocrabBuilder::new()
                .base_uri(self.rest.origin().ascii_serialization())
                .and_then(|builder| builder.upload_uri(self.graphql.origin().ascii_serialization()))
                .map(|builder| builder.personal_token(token.expose().clone()))
                .map(|builder| builder.add_header(ACCEPT, "application/vnd.github+json".to_owned()))
                .and_then(|builder| builder.build_with_reqwest(self.client.clone()))
                .map_err(|reason| setup(&self.around.redactor.redact(&reason.to_string()), "Check GITHUB_API_URL"))
        })
    }

    pub(super) fn around(&self) -> &Around {
        &self.around
    }

    pub(super) fn count(&self) -> &Count {
        &self.around.count
    }

    pub(super) fn note(&self, level: Level, text: &str) {
        self.around.ui.note(&Note::new(level, self.around.redactor.redact(text)));
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
        let mut renewed = false;
        loop {
            let token = self.bearer.token().await?;
            let outcome = self.once(intent, request, &token).await?;
            let now = self.around.clock.now();
            match judge(&outcome, attempt, now) {
                Judgement::Final => match outcome {
                    Ok(reply) if reply.status == 401 && !renewed && self.bearer.refused(&token, &reply).await => {
                        renewed = true;
                    }
                    Ok(reply) => return Ok(Sent::Answered(reply)),
                    Err(reason) => {
                        let way_out = "Name a file with the CA certificates of your GitHub or proxy in SSL_CERT_FILE";
                        return Err(setup(&format!("its certificate is not trusted ({reason})"), way_out));
                    }
                },
                Judgement::Unsure(why) => return Ok(Sent::Unsure(self.around.redactor.redact(&why).into_owned())),
                Judgement::Limited { wait, why } => {
                    let give_up = too_long(wait, why, now)
                        .or_else(|| (attempt == ATTEMPTS).then(|| format!("{why}, still after {ATTEMPTS} attempts")));
                    if let Some(reason) = give_up {
                        return Err(Error::Unreachable { action: intent.action.clone(), reason });
                    }
                    self.pause(intent, wait, why, Level::Notice, |wait| {
                        format!("{} s, until {}, to {}", wait.as_secs(), until(now, wait), intent.action)
                    })
                    .await?;
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
        self.pause(intent, wait, why, Level::Info, |wait| {
            format!("{} s to {} (attempt {attempt} of {ATTEMPTS})", wait.as_secs(), intent.action)
        })
        .await
    }

    /// Waits, says why and how long, and comes back with an error where somebody asked the run to stop or it has waited enough.
    async fn pause(
        &self,
        intent: &Intent,
        time: Duration,
        why: &str,
        level: Level,
        how: impl FnOnce(Duration) -> String,
    ) -> Result<(), Error> {
        let Around { wait, count, .. } = &self.around;
        let interrupted = || Error::Interrupted { action: intent.action.clone(), why: why.to_owned() };
        let stopped = wait.stopped();
        if stopped && !after_stop(time) {
            return Err(interrupted());
        }
        if let Some(reason) = too_much(time, count.waited(), why) {
            return Err(Error::Unreachable { action: intent.action.clone(), reason });
        }
        self.note(level, &format!("{why}: waiting {}", how(time)));
        count.wait(time);
        wait.wait(time).await;
        if wait.stopped() && !stopped { Err(interrupted()) } else { Ok(()) }
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
        error::refusal(intent, reply, &self.around.redactor)
    }

    async fn once(&self, intent: &Intent, request: &Request, token: &Secret) -> Result<Result<Reply, String>, Error> {
        let crab = self.crab(token)?;
        if let Some(warning) = self.count().send(&intent.action) {
            self.note(Level::Warning, &warning);
        }
        let reply = self.exchange(&crab, request).await;
        Ok(reply.map(|reply| match request {
            Request::Graphql(_) => wire::graphql_status(reply),
            Request::Get(path) => {
                if reply.status == 304 {
                    self.count().unchanged();
                }
                self.answers.settle(path, reply)
            }
            _ => reply,
        }))
    }

    async fn exchange(&self, crab: &Octocrab, request: &Request) -> Result<Reply, String> {
        let at = |path: &str| format!("{}{path}", self.prefix);
        let response = match request {
            Request::Get(path) => crab._get_with_headers(at(path), self.answers.condition(path)).await,
            Request::Post(path, body) => crab._post(at(path), Some(body)).await,
            Request::Patch(path, body) => crab._patch(at(path), Some(body)).await,
            Request::Delete(path) => crab._delete(at(path), None::<&()>).await,
            Request::Graphql(body) => crab._post(self.graphql.as_str(), Some(body)).await,
        };
        let response = response.map_err(|reason| root_cause(&reason))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = crab.body_to_string(response).await.map_err(|reason| root_cause(&reason))?;
        tracing::debug!(status, "{}", request.name());
        Ok(Reply { status, headers, body })
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
