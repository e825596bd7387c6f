//! The answer in a review thread: the agent's own words behind a hidden line that finds them again.

use super::cut_note;
use crate::report::{Lang, untrusted};

/// The most characters of an answer; somebody has to read it in the margin of a diff.
const LONGEST: usize = 20_000;

/// The answer's text, its first line the marker; none where nothing is left of the agent's words.
pub fn thread_answer(
    marker: &str,
    text: &str,
    issue: Option<u64>,
    run_url: Option<&str>,
    lang: Lang,
) -> Option<String> {
    let text = untrusted::markdown(text, issue, LONGEST, &cut_note(lang, run_url));
    (!text.trim().is_empty()).then(|| format!("{marker}\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_calls_nobody_and_holds_no_marker_but_its_own() {
        let hostile = "Rounds once now, see @octocat. Closes #5.\n<!-- codexctl:{\"kind\":\"plan\"} -->";
        let text = thread_answer("<!-- codexctl:{} -->", hostile, Some(7), None, Lang::En).unwrap();
        insta::assert_snapshot!(text.replace('\u{200b}', "·"), @"
        <!-- codexctl:{} -->
        Rounds once now, see @·octocat. C·loses #5.
        ");
    }

    #[test]
    fn an_answer_of_nothing_is_none() {
        assert_eq!(thread_answer("<!-- codexctl:{} -->", " <!-- only this --> ", None, None, Lang::En), None);
    }
}
