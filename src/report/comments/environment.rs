//! The comment on the pull request that says where the change can be looked at, and how to ask for more.

use serde::Serialize;

use super::{Again, PullRef};
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError};

/// Everything that the comment tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The hidden first line that finds the comment again, complete.
    pub marker: String,
    /// Whether the stack is deployed (runtime `kubernetes`) or not (runtime `local`).
    pub deployed: bool,
    /// The slot.
    pub slot: u32,
    /// The environment, such as `ai`.
    pub env: String,
    /// The namespace, where the stack is deployed.
    pub namespace: Option<String>,
    /// The host that the slot answers at, without scheme, such as `dev-3.ai.shop.example.com`.
    pub host: Option<String>,
    /// `codex.links` of services.yaml. Those without title or path are left out.
    pub links: Vec<EnvironmentLink>,
    /// Why the stack isn't ready, where it isn't.
    pub unready: Option<String>,
    /// The issue.
    pub issue: u64,
    /// How people ask for such a run again.
    pub again: Again,
    /// The pull request.
    pub pull: PullRef,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
    /// Whether a review with "Request changes" starts a run in this repository.
    pub review_starts_run: bool,
}

/// An entry of `codex.links`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentLink {
    /// What it is called.
    pub title: String,
    /// The path at the slot's host; a leading `/` is added where it lacks.
    pub path: String,
}

static TEXTS: Texts = texts!("comments", "environment", Escape::Markdown, ["ask_for_changes", "again"]);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    marker: &'a str,
    deployed: bool,
    slot: u32,
    env: &'a str,
    namespace: Option<&'a str>,
    url: Option<String>,
    links: Vec<ViewLink<'a>>,
    unready: Option<&'a str>,
    issue: u64,
    again: &'a Again,
    pull: &'a PullRef,
    run_url: Option<&'a str>,
    review_starts_run: bool,
}

#[derive(Serialize)]
struct ViewLink<'a> {
    title: &'a str,
    url: String,
    shown: String,
}

/// The comment's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn environment(of: &Environment, lang: Lang) -> Result<String, TextError> {
    let host = of.host.as_deref().filter(|_| of.deployed);
    let links = of.links.iter().filter_map(|link| {
        let (title, path) = (link.title.trim(), link.path.trim());
        let url = address(host?, path)?;
        (!title.is_empty() && !path.is_empty()).then(|| ViewLink {
            title,
            shown: url.trim_start_matches("https://").to_owned(),
            url,
        })
    });
    let view = View {
        marker: &of.marker,
        deployed: of.deployed,
        slot: of.slot,
        env: &of.env,
        namespace: of.namespace.as_deref(),
        url: host.and_then(|host| address(host, "/")).map(|url| url.trim_end_matches('/').to_owned()),
        links: links.collect(),
        unready: of.unready.as_deref(),
        issue: of.issue,
        again: &of.again,
        pull: &of.pull,
        run_url: of.run_url.as_deref(),
        review_starts_run: of.review_starts_run,
    };
    TEXTS.render(lang, &view)
}

/// The address of a path at a host, encoded so that it ends where it ends in Markdown, too; none for a host that is no host.
fn address(host: &str, path: &str) -> Option<String> {
    let url = url::Url::parse(&format!("https://{host}/{}", path.trim_start_matches('/'))).ok()?;
    let same_host = url
        .host_str()
        .is_some_and(|parsed| host.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case(parsed)));
    let plain = |part: &str| part.replace('(', "%28").replace(')', "%29").replace('|', "%7C").replace('`', "%60");
    (same_host && url.username().is_empty()).then(|| plain(url.as_str()))
}

#[cfg(test)]
mod tests;
