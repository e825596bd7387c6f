//! What labels mean to codexctl: some start a flow, some tell the agent what kind of work it is (spec 4.1, 4.6).

/// Starts `plan` on an issue, and marks the root that plan reviews belong to.
pub const PLAN: &str = "[ai-plan]";
/// Starts `dev`.
pub const DEV: &str = "[ai-dev]";
/// Starts `repair`.
pub const REPAIR: &str = "[ai-repair]";

/// Labels that start a flow. They match as a whole, brackets included, in any case.
pub const TRIGGERS: [&str; 3] = [PLAN, DEV, REPAIR];

/// Labels that tell the agent what kind of work an issue is, in the order in which a prompt explains them.
pub const SEMANTIC: [&str; 6] = ["feature", "bug", "doc", "debt", "idea", "epic"];

/// Whether two labels are the same to GitHub, which keeps the case that was typed first but compares without it.
pub fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Whether a label starts a flow; an agent must never set such a one.
pub fn is_trigger(label: &str) -> bool {
    TRIGGERS.iter().any(|trigger| same(trigger, label))
}

/// Whether a label is in the list, in any case.
pub fn has(labels: &[String], wanted: &str) -> bool {
    labels.iter().any(|label| same(label, wanted))
}

/// The semantic labels among these, each once, in the order of [`SEMANTIC`].
pub fn semantic(labels: &[String]) -> Vec<&'static str> {
    SEMANTIC.into_iter().filter(|known| has(labels, known)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    #[test]
    fn triggers_match_whole_with_their_brackets_in_any_case() {
        for yes in ["[ai-dev]", "[AI-Dev]", " [ai-plan] ", "[ai-repair]"] {
            assert!(is_trigger(yes), "{yes}");
        }
        for no in ["ai-dev", "[ai-dev", "[ai-dev]!", "x[ai-dev]", "[ai-dev-2]", "[ai dev]", ""] {
            assert!(!is_trigger(no), "{no}");
        }
    }

    #[test]
    fn semantic_labels_come_once_and_in_the_order_of_the_prompt() {
        assert_eq!(semantic(&list(&["Bug", "p1", "FEATURE", "bug", "[ai-dev]"])), ["feature", "bug"]);
        assert!(semantic(&list(&["bugs", "documentation"])).is_empty());
    }
}
