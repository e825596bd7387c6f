//! The hidden first line by which codexctl finds its own comment again, and the state that it keeps there (spec 4.5).
//!
//! Form: `<!-- codexctl:{"kind":…,"repo":…,"project":…,"number":…,"schema":1,…state…} -->`. What comes from outside is escaped, so that
//! a branch or project name can neither end the HTML comment nor start another. Whether a text is our own is not decided here.

use serde::{Deserialize, Serialize};

/// The version of the marker's shape that this program writes and understands.
pub const SCHEMA: u64 = 1;

const START: &str = "<!-- codexctl:";
const END: &str = " -->";

/// What must outlive the machine that a run worked on. Every field may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The branch that the work goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    /// The agent's thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// `running`, then the name of [`crate::slots::Phase::Published`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The delivery that the state is about: run id and attempt, or a hash of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// The address of the workflow run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// A marker as it was read or will be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// What the comment is: `progress`, `environment`, `plan`, …
    pub kind: String,
    /// `owner/name`.
    pub repo: String,
    /// `project` of services.yaml.
    pub project: String,
    /// The issue or pull request that the comment is about.
    pub number: u64,
    /// [`SCHEMA`].
    pub schema: u64,
    /// The rest.
    #[serde(flatten)]
    pub state: State,
}

impl Marker {
    /// Whether both stand for the same comment, whatever their state. GitHub's repository names know no case.
    pub fn same_comment(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.repo.eq_ignore_ascii_case(&other.repo)
            && self.project == other.project
            && self.number == other.number
    }

    /// Whether one of the two was written by a run that failed before it knew its project, and the rest is the same. Where no comment
    /// is the same such a one is taken over, so that its failure doesn't stand beside the next run's success.
    pub fn may_be_same_comment(&self, other: &Self) -> bool {
        let of_other = Self { project: other.project.clone(), ..self.clone() };
        (self.project.is_empty() || other.project.is_empty()) && of_other.same_comment(other)
    }
}

/// What the first line of a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No marker of ours.
    Nothing,
    /// A marker that we understand.
    Marker(Box<Marker>),
    /// A marker of a version to come.
    Newer(Newer),
}

/// A marker of a version to come: what it says is told as far as it keeps today's names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Newer {
    /// Its schema.
    pub schema: u64,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl Newer {
    /// Whether it may be of such a kind and about this number.
    pub fn is_about(&self, kind: &str, number: u64) -> bool {
        let told = self.rest.get("kind").and_then(serde_json::Value::as_str);
        told.is_some_and(|told| told.starts_with(kind))
            && self.rest.get("number").and_then(serde_json::Value::as_u64) == Some(number)
    }

    /// Whether it could be the comment of this marker: everything that it still tells is the same.
    pub fn may_be(&self, wanted: &Marker) -> bool {
        let told = |name: &str| self.rest.get(name).and_then(serde_json::Value::as_str);
        told("kind").is_none_or(|kind| kind == wanted.kind)
            && told("repo").is_none_or(|repo| repo.eq_ignore_ascii_case(&wanted.repo))
            && told("project").is_none_or(|project| project == wanted.project)
            && self.rest.get("number").and_then(serde_json::Value::as_u64).is_none_or(|number| number == wanted.number)
    }
}

/// The complete first line of a comment of ours.
pub fn marker(kind: &str, repo: &str, project: &str, number: u64, state: &State) -> String {
    let marker = Marker {
        kind: kind.to_owned(),
        repo: repo.to_owned(),
        project: project.to_owned(),
        number,
        schema: SCHEMA,
        state: state.clone(),
    };
    // Strings and numbers under string keys: serde_json has nothing that it could refuse.
    let json = serde_json::to_string(&marker).unwrap_or_default();
    format!("{START}{}{END}", escape(&json))
}

/// Reads the first line of a text. A line that is a marker but for anything before, after or between is none.
pub fn parse(text: &str) -> Found {
    let line = text.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let Some(json) = line.strip_prefix(START).and_then(|rest| rest.strip_suffix(END)) else { return Found::Nothing };
    if json.contains("--") || json.contains(['<', '>']) {
        return Found::Nothing; // never written by us: ours escapes these
    }
    match serde_json::from_str::<Newer>(json) {
        Ok(version) if version.schema > SCHEMA => Found::Newer(version),
        Ok(version) if version.schema == SCHEMA => {
            serde_json::from_str(json).map_or(Found::Nothing, |marker| Found::Marker(Box::new(marker)))
        }
        _ => Found::Nothing,
    }
}

/// Whether a text starts as codexctl's own texts do, of whatever version. A person whose token codexctl works with writes under the
/// same account: only with a marker a text of that account is codexctl's.
pub fn is_marked(text: &str) -> bool {
    !matches!(parse(text), Found::Nothing)
}

/// Inside JSON these characters stand in strings only, where `\u…` means the same.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut before = ' ';
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '-' if before == '-' => out.push_str("\\u002d"),
            // Line separators that some readers take for the end of the first line.
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            '\u{85}' => out.push_str("\\u0085"),
            _ => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example(state: &State) -> String {
        marker("progress", "codex-k8s/shop", "shop", 7, state)
    }

    #[test]
    fn a_marker_is_one_hidden_line_of_json() {
        let state = State { branch: Some("codex/issue-7".into()), pr: Some(9), ..State::default() };
        insta::assert_snapshot!(example(&state), @r#"<!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","pr":9} -->"#);
    }

    #[test]
    fn a_value_can_not_end_the_html_comment() {
        let state = State { branch: Some("x--> [ai-dev] <!-- y\nz".into()), ..State::default() };
        let line = example(&state);
        insta::assert_snapshot!(line, @r#"<!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"x-\u002d\u003e [ai-dev] \u003c!-\u002d y\nz"} -->"#);
        let Found::Marker(read) = parse(&line) else { panic!("not read: {line}") };
        assert_eq!(read.state, state);
    }

    #[test]
    fn only_the_first_line_counts_and_only_as_a_whole() {
        let line = example(&State::default());
        assert!(matches!(parse(&format!("{line}\r\n## Progress")), Found::Marker(_)));
        for text in [
            format!("> {line}"),
            format!("hello\n{line}"),
            format!(" {line}"),
            format!("{line} and more"),
            line.replace("\"schema\":1", "\"schema\":0"),
            line.replace("\"number\":7", "\"number\":\"7\""),
            "<!-- codexctl:progress -->".to_owned(),
            String::new(),
        ] {
            assert_eq!(parse(&text), Found::Nothing, "{text}");
        }
    }

    #[test]
    fn a_newer_schema_is_told_apart_whatever_else_it_holds() {
        let Found::Marker(wanted) = parse(&example(&State::default())) else { panic!("not read") };
        for (line, may_be) in [
            ("<!-- codexctl:{\"schema\":2,\"what\":{}} -->\nbody", true),
            ("<!-- codexctl:{\"kind\":\"progress\",\"schema\":3} -->", true),
            ("<!-- codexctl:{\"kind\":\"plan\",\"schema\":3} -->", false),
            ("<!-- codexctl:{\"number\":8,\"schema\":3} -->", false),
        ] {
            let Found::Newer(newer) = parse(line) else { panic!("not newer: {line}") };
            assert_eq!(newer.may_be(&wanted), may_be, "{line}");
        }
    }

    #[test]
    fn state_does_not_decide_which_comment_it_is_but_everything_else_does() {
        let read = |line: String| match parse(&line) {
            Found::Marker(marker) => *marker,
            other => panic!("{other:?}"),
        };
        let one = read(example(&State::default()));
        let later = read(example(&State { phase: Some("agent".into()), ..State::default() }));
        assert!(one.same_comment(&later));
        assert!(one.same_comment(&read(marker("progress", "Codex-K8s/Shop", "shop", 7, &State::default()))));
        for other in [
            marker("environment", "codex-k8s/shop", "shop", 7, &State::default()),
            marker("progress", "codex-k8s/other", "shop", 7, &State::default()),
            marker("progress", "codex-k8s/shop", "other", 7, &State::default()),
            marker("progress", "codex-k8s/shop", "shop", 8, &State::default()),
        ] {
            assert!(!one.same_comment(&read(other)));
        }
    }

    #[test]
    fn a_comment_of_a_run_that_did_not_know_its_project_may_be_that_of_any() {
        let read =
            |kind, project, number| match parse(&marker(kind, "codex-k8s/shop", project, number, &State::default())) {
                Found::Marker(marker) => *marker,
                other => panic!("{other:?}"),
            };
        let (unknown, shop) = (read("progress", "", 7), read("progress", "shop", 7));
        assert!(!unknown.same_comment(&shop));
        assert!(unknown.may_be_same_comment(&shop) && shop.may_be_same_comment(&unknown));
        for other in [read("environment", "shop", 7), read("progress", "shop", 8)] {
            assert!(!unknown.may_be_same_comment(&other));
        }
        assert!(!shop.may_be_same_comment(&read("progress", "other", 7)));
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back_and_stays_one_closed_line(
            kind in any::<String>(), repo in any::<String>(), project in "[->!<\\\\\"\\n\\-\u{2028}a]*", number in any::<u64>(),
            branch in proptest::option::of("[->!<\\\\\"\\n\\-a]*"), session in proptest::option::of(any::<String>()), pr in proptest::option::of(any::<u64>()),
        ) {
            let state = State { branch, pr, session, ..State::default() };
            let line = marker(&kind, &repo, &project, number, &state);
            let wanted = Marker { kind, repo, project, number, schema: SCHEMA, state };
            prop_assert_eq!(line.matches("-->").count(), 1);
            prop_assert_eq!(line.matches("--").count(), 2);
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(parse(&format!("{line}\nbody")), Found::Marker(Box::new(wanted)));
        }
    }
}
