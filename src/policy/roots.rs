//! Where a plan's root is: the issue with the label `[ai-plan]`, or the one that a line `AI-PLAN-PARENT: #N` of an issue's text
//! names, followed upwards (spec 4.3).

use std::sync::LazyLock;

use regex::Regex;

use super::labels;
use super::markdown::said_lines;

/// So many issues are looked at on the way up. People nest plans two or three deep; more is a mistake or mischief.
pub const DEEPEST: usize = 20;

/// What an issue's text says about the plan that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// Nothing.
    None,
    /// An issue of this repository.
    Here(u64),
    /// An issue of another repository, as it is written there.
    Elsewhere(String),
}

// A constant that the tests compile, so that failing to compile can't happen in a release.
#[expect(clippy::expect_used, reason = "the pattern is a constant, compiled by the tests")]
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^AI-PLAN-PARENT:\s*(?:([a-z0-9_.-]+/[a-z0-9_.-]+))?#([0-9]{1,18})$").expect("a constant pattern")
});

/// The line that ties an issue to its root.
pub fn line(root: u64) -> String {
    format!("AI-PLAN-PARENT: #{root}")
}

/// Whether an issue is the root of a plan by itself.
pub fn is_root(labels: &[String]) -> bool {
    labels::has(labels, labels::PLAN)
}

/// What the text of an issue of `repository` (`owner/name`) says. A line of its own counts, also one in an HTML comment of its own;
/// in quotes and in code it doesn't. Of several the first counts.
pub fn parent(text: &str, repository: &str) -> Parent {
    let hidden = text.lines().map(str::trim).filter_map(|line| line.strip_prefix("<!--")?.strip_suffix("-->"));
    let said = said_lines(text);
    let Some(found) = said.into_iter().chain(hidden).find_map(|line| LINE.captures(line.trim())) else {
        return Parent::None;
    };
    match (found.get(1).map(|named| named.as_str()), found[2].parse()) {
        (Some(named), _) if !named.eq_ignore_ascii_case(repository) => {
            Parent::Elsewhere(format!("{named}#{}", &found[2]))
        }
        (_, Ok(number)) if number > 0 => Parent::Here(number),
        _ => Parent::None,
    }
}

/// The text without lines that would tie it to a plan: only codexctl's own line does that.
pub fn without_lines(text: &str) -> String {
    text.lines().filter(|line| !LINE.is_match(line.trim())).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "codex-k8s/shop";

    #[test]
    fn a_line_of_its_own_names_the_parent() {
        for text in [
            "AI-PLAN-PARENT: #7",
            "Do this.\r\n\r\n  ai-plan-parent:#7  \r\nThen that.",
            "AI-PLAN-PARENT: Codex-K8s/Shop#7",
            "<!-- AI-PLAN-PARENT: #7 -->\ntext",
            "AI-PLAN-PARENT: #7\nAI-PLAN-PARENT: #8",
        ] {
            assert_eq!(parent(text, HERE), Parent::Here(7), "{text:?}");
        }
        assert_eq!(parent("AI-PLAN-PARENT: else/where#7", HERE), Parent::Elsewhere("else/where#7".to_owned()));
    }

    #[test]
    fn anything_else_names_none() {
        for text in [
            "",
            "see AI-PLAN-PARENT: #7",
            "AI-PLAN-PARENT: #7 and more",
            "> AI-PLAN-PARENT: #7",
            "```\nAI-PLAN-PARENT: #7\n```",
            "    AI-PLAN-PARENT: #7",
            "`AI-PLAN-PARENT: #7`",
            "AI-PLAN-PARENT: 7",
            "AI-PLAN-PARENT: #0",
            "AI-PLAN-PARENT: #99999999999999999999",
            "<!-- codexctl AI-PLAN-PARENT: #7 -->",
        ] {
            assert_eq!(parent(text, HERE), Parent::None, "{text:?}");
        }
    }

    #[test]
    fn our_own_line_is_read_back_and_taken_out_again() {
        assert_eq!(parent(&line(7), HERE), Parent::Here(7));
        assert_eq!(without_lines(&format!("a\n{}\n  ai-plan-parent: x/y#8\nb", line(7))), "a\nb\n");
    }

    #[test]
    fn the_label_marks_the_root_in_any_case() {
        assert!(is_root(&["bug".to_owned(), "[AI-Plan]".to_owned()]));
        assert!(!is_root(&["ai-plan".to_owned(), "[ai-dev]".to_owned()]));
    }
}
