//! The search for issues: words and qualifiers, a limit of its own, and an index that is behind.

use serde_json::json;

use super::Answer;
use super::bodies::invalid;
use super::model::{Issue, State, Token, TokenKind};
use super::pages::cut;
use super::rest::{Call, Refused};
use super::rights::may;

/// Searches in a minute: <https://docs.github.com/en/rest/search/search#rate-limit>.
const A_MINUTE: u32 = 30;

impl State {
    /// The limit of searches, what is left of it for a token in this minute, and when the minute ends.
    pub(super) fn searched(&self, token: &str) -> (u32, u32, i64) {
        let minute = self.time() / 60;
        let used = self.searches.get(token).filter(|(last, _)| *last == minute).map_or(0, |(_, count)| *count);
        (A_MINUTE, A_MINUTE.saturating_sub(used), (minute + 1) * 60)
    }
}

/// Counts a search: the limit, what was left before this one (0 is one too many), and when the minute ends.
pub(super) fn limits(state: &mut State, token: &str) -> (u32, u32, i64) {
    let before = state.searched(token);
    let used = A_MINUTE - before.1 + 1;
    state.searches.insert(token.to_owned(), (state.time() / 60, used.min(A_MINUTE)));
    before
}

pub(super) fn issues(state: &mut State, call: &Call, token: &Token) -> Result<Answer, Refused> {
    let bad = |code: &str, message: Option<&str>| {
        let mut error = json!({"resource": "Search", "field": "q", "code": code});
        if let Some(message) = message {
            error["message"] = message.into();
        }
        invalid(&error)
    };
    let text = call.query("q").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(bad("missing", None));
    }
    let words = words(text);
    let plain = words.iter().filter(|word| word.starts_with('"') || !word.contains(':'));
    if plain.map(|word| word.chars().count() + 1).sum::<usize>() > 257 {
        return Err(bad("invalid", Some("The search is longer than 256 characters.")));
    }
    let kind = words
        .iter()
        .any(|word| matches!(word.as_str(), "is:issue" | "type:issue" | "is:pr" | "is:pull-request" | "type:pr"));
    if matches!(token.kind, TokenKind::App(_)) && !kind {
        return Err(bad("invalid", Some("Query must include 'is:issue' or 'is:pull-request'")));
    }
    let named: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("repo:")).collect();
    let seen: Vec<String> =
        state.repos.keys().filter(|repo| may(state, repo, token, "issues", "read")).cloned().collect();
    if named.iter().any(|name| !seen.iter().any(|repo| repo.eq_ignore_ascii_case(name))) {
        let words = "The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.";
        return Err(bad("invalid", Some(words)));
    }
    let mut found = Vec::new();
    for repo in seen.iter().filter(|repo| named.is_empty() || named.iter().any(|name| repo.eq_ignore_ascii_case(name)))
    {
        let all = state.repos[repo].issues.iter().filter(|(_, issue)| words.iter().all(|word| fits(issue, word)));
        found.extend(all.map(|(number, issue)| (issue.created_at.clone(), repo.clone(), *number)));
    }
    found.sort();
    if state.late_searches > 0 {
        state.late_searches -= 1;
        found.pop();
    }
    found.reverse();
    let items = found.iter().map(|(_, repo, number)| {
        let mut item = state.issue_json(repo, *number);
        item["score"] = 1.0.into();
        item
    });
    let (total, items) = (found.len(), items.collect());
    let (items, links) = cut(state, call, &format!("{}/search/issues", state.url), items);
    let answer = Answer::new(
        200,
        json!({"total_count": total, "incomplete_results": false, "items": items, "search_type": "lexical"}),
    );
    Ok(links.into_iter().fold(answer, |answer, links| answer.with("link", links)))
}

fn fits(issue: &Issue, word: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(&word.trim_matches('"').to_lowercase());
    let Some((key, value)) = word.split_once(':').filter(|(key, _)| !key.starts_with('"')) else {
        return holds(&issue.title) || holds(&issue.body);
    };
    let value = value.trim_matches('"');
    match (key, value) {
        ("is" | "type", "issue") => issue.pull.is_none(),
        ("is" | "type", "pr" | "pull-request") => issue.pull.is_some(),
        ("is" | "state", "open") => !issue.closed,
        ("is" | "state", "closed") => issue.closed,
        ("label", label) => issue.labels.iter().any(|there| there.eq_ignore_ascii_case(label)),
        ("author", login) => {
            issue.author.eq_ignore_ascii_case(login.trim_start_matches("app/").trim_end_matches("[bot]"))
                || issue.author.eq_ignore_ascii_case(&format!("{}[bot]", login.trim_start_matches("app/")))
        }
        ("repo" | "in" | "sort", _) => true,
        _ => holds(&issue.title) || holds(&issue.body),
    }
}

/// Words at blanks, those in quotation marks as one.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            all.push(std::mem::take(&mut word));
        } else {
            word.push(c);
        }
    }
    all.push(word);
    all.retain(|word| !word.is_empty());
    all
}
