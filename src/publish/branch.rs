//! Which branch a flow works on. Pure: facts in, a name out.

use std::collections::BTreeMap;

/// Numbers beyond this are no honest history of one issue.
const MOST: u32 = 1000;

/// A pull request, as far as the choice of a branch asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullFact {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
}

/// What is known so far.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The branches of the remote with their commits.
    pub branches: BTreeMap<String, String>,
    /// For each branch that was asked about: the pull requests of this repository with that head.
    pub pulls: BTreeMap<String, Vec<PullFact>>,
}

/// The branch to work on, or what must be known first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The pull requests of this branch must be known: ask, add them to the facts, and choose again.
    AskPulls(String),
    /// Work on this branch.
    Use(Chosen),
}

/// The branch to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub branch: String,
    /// Its commit where it is on the remote; else it starts from the default branch.
    pub head: Option<String>,
    /// Its open pull request.
    pub pull: Option<u64>,
    /// The finished pull requests whose branches were passed over.
    pub passed: Vec<u64>,
}

/// `codex/issue-N`.
pub fn issue_branch(issue: u64) -> String {
    format!("codex/issue-{issue}")
}

/// `codex/ai-repair-N`.
pub fn repair_branch(issue: u64) -> String {
    format!("codex/ai-repair-{issue}")
}

/// Where unfinished work of a branch is kept: `<branch>-wip`, for somebody else's branch `codex/<branch>-wip`.
pub fn wip_branch(branch: &str) -> String {
    format!("{}-wip", ours(branch))
}

/// A name among our own: beside somebody else's branch there may be any other of theirs, and side branches are pushed to and deleted.
fn ours(branch: &str) -> String {
    if branch.starts_with("codex/") { branch.to_owned() } else { format!("codex/{branch}") }
}

/// The file name of unfinished work of a branch where it is kept as a patch.
pub fn patch_name(branch: &str) -> String {
    format!("{}.patch", wip_branch(branch).replace('/', "-"))
}

/// The name of work of a branch that may not leave this machine; `which` tells one from another.
pub fn aside_name(branch: &str, which: &str) -> String {
    format!("{}-{which}", ours(branch).replace('/', "-"))
}

/// Where work goes that conflicts with what its branch became meanwhile: `<branch>-conflict`, the second time `-conflict-2`; for
/// somebody else's branch the same below `codex/`.
pub fn conflict_branch(branch: &str, try_: u32) -> String {
    let branch = ours(branch);
    if try_ < 2 { format!("{branch}-conflict") } else { format!("{branch}-conflict-{try_}") }
}

/// The branch for a base name: the base itself while its pull request is open or there is none; when that was merged or
/// closed, the same with `-2`, then `-3`, …
pub fn choose(base: &str, facts: &Facts) -> Choice {
    let mut passed = Vec::new();
    for number in 1..MOST {
        let branch = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        let Some(pulls) = facts.pulls.get(&branch) else { return Choice::AskPulls(branch) };
        let open = pulls.iter().find(|pull| pull.open);
        if open.is_some() || pulls.is_empty() {
            let head = facts.branches.get(&branch).cloned();
            return Choice::Use(Chosen { branch, head, pull: open.map(|pull| pull.number), passed });
        }
        passed.extend(pulls.iter().map(|pull| pull.number));
    }
    let branch = format!("{base}-{MOST}");
    let head = facts.branches.get(&branch).cloned();
    Choice::Use(Chosen { branch, head, pull: None, passed })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: PullFact = PullFact { number: 7, open: true, merged: false };
    const MERGED: PullFact = PullFact { number: 5, open: false, merged: true };
    const CLOSED: PullFact = PullFact { number: 6, open: false, merged: false };

    fn facts(branches: &[&str], pulls: &[(&str, &[PullFact])]) -> Facts {
        Facts {
            branches: branches.iter().map(|name| ((*name).to_owned(), format!("at-{name}"))).collect(),
            pulls: pulls.iter().map(|(name, pulls)| ((*name).to_owned(), pulls.to_vec())).collect(),
        }
    }

    fn chosen(facts: &Facts) -> Chosen {
        match choose("codex/issue-12", facts) {
            Choice::Use(chosen) => chosen,
            Choice::AskPulls(branch) => panic!("asks for {branch}"),
        }
    }

    #[test]
    fn the_pull_requests_of_the_first_branch_are_asked_first() {
        assert_eq!(choose("codex/issue-12", &Facts::default()), Choice::AskPulls("codex/issue-12".into()));
    }

    #[test]
    fn a_fresh_issue_gets_a_fresh_branch() {
        let chosen = chosen(&facts(&["main"], &[("codex/issue-12", &[])]));
        assert_eq!((chosen.branch.as_str(), chosen.head, chosen.pull), ("codex/issue-12", None, None));
    }

    #[test]
    fn a_branch_without_a_pull_request_is_continued() {
        let chosen = chosen(&facts(&["codex/issue-12"], &[("codex/issue-12", &[])]));
        assert_eq!(chosen.head.as_deref(), Some("at-codex/issue-12"));
    }

    #[test]
    fn an_open_pull_request_is_continued_even_beside_a_closed_one() {
        let chosen = chosen(&facts(&["codex/issue-12"], &[("codex/issue-12", &[CLOSED, OPEN])]));
        assert_eq!((chosen.branch.as_str(), chosen.pull), ("codex/issue-12", Some(7)));
    }

    #[test]
    fn after_a_merge_or_a_close_the_work_starts_anew_under_the_next_number() {
        let first = facts(&["codex/issue-12"], &[("codex/issue-12", &[MERGED])]);
        assert_eq!(choose("codex/issue-12", &first), Choice::AskPulls("codex/issue-12-2".into()));
        let third = facts(
            &["codex/issue-12", "codex/issue-12-2"],
            &[("codex/issue-12", &[MERGED]), ("codex/issue-12-2", &[CLOSED]), ("codex/issue-12-3", &[])],
        );
        let chosen = chosen(&third);
        assert_eq!((chosen.branch.as_str(), chosen.head, chosen.passed), ("codex/issue-12-3", None, vec![5, 6]));
    }

    #[test]
    fn side_branches_are_named_after_theirs() {
        assert_eq!(wip_branch(&issue_branch(12)), "codex/issue-12-wip");
        assert_eq!(patch_name(&issue_branch(12)), "codex-issue-12-wip.patch");
        assert_eq!(conflict_branch(&issue_branch(12), 1), "codex/issue-12-conflict");
        assert_eq!(conflict_branch("codex/issue-12-2", 2), "codex/issue-12-2-conflict-2");
        assert_eq!(repair_branch(3), "codex/ai-repair-3");
    }

    #[test]
    fn side_branches_of_somebody_elses_branch_are_among_our_own() {
        assert_eq!(wip_branch("cart"), "codex/cart-wip");
        assert_eq!(conflict_branch("feature/cart", 2), "codex/feature/cart-conflict-2");
        assert_eq!(patch_name("feature/cart"), "codex-feature-cart-wip.patch");
    }
}
