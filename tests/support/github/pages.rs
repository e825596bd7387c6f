//! Lists, page by page, with links to the neighbours as GitHub writes them.

use serde_json::Value;

use super::Answer;
use super::model::State;
use super::rest::Call;

/// One page of a list.
pub(super) fn page(state: &State, call: &Call, repo: &str, all: Vec<Value>) -> Answer {
    // GitHub's links name the repository by id, not by name.
    let skipped = if call.path.starts_with("/repositories/") { 3 } else { 4 };
    let path = call.path.splitn(skipped + 1, '/').nth(skipped).unwrap();
    let address = format!("{}/repositories/{}/{path}", state.url, state.position(repo));
    let (items, links) = cut(state, call, &address, all);
    let answer = Answer::new(200, Value::Array(items));
    links.into_iter().fold(answer, |answer, links| answer.with("link", links))
}

/// What is on the page that is asked for, and the links to the pages after it, where there are any.
pub(super) fn cut(state: &State, call: &Call, address: &str, all: Vec<Value>) -> (Vec<Value>, Option<String>) {
    let (size, at) = (call.number("per_page", 30).clamp(1, state.page), call.number("page", 1).max(1));
    let last = all.len().div_ceil(size).max(1);
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    rest.extend_pairs(call.query.iter().filter(|(key, _)| key != "page"));
    let rest = rest.finish();
    let link = |page: usize, rel: &str| format!("<{address}?{rest}&page={page}>; rel=\"{rel}\"");
    let items = all.into_iter().skip((at - 1) * size).take(size).collect();
    (items, (at < last).then(|| format!("{}, {}", link(at + 1, "next"), link(last, "last"))))
}
