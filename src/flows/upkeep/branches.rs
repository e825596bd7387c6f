//! Branches of an issue that are no longer needed: deleted where their work is merged or their pull request is closed.

use std::collections::BTreeMap;

use super::Upkeep;
use crate::event::Pull;
use crate::flows::stop::Stop;
use crate::policy::triggers;
use crate::publish::Heads;
use crate::publish::branch::{issue_branch, repair_branch, wip_branch};
use crate::ui::Level;

/// What became of an issue's branches.
#[derive(Debug, Default)]
pub struct Branches {
    /// Those that are gone now.
    pub deleted: Vec<String>,
    /// Those that stay, and why.
    pub kept: Vec<(String, String)>,
    /// What went wrong.
    pub failed: Vec<String>,
}

/// A branch of codexctl's for an issue, as its name says it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    name: String,
    commit: String,
    /// The branch whose unfinished work it keeps.
    wip_of: Option<String>,
}

/// What happens to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Goes,
    Stays(String),
}

/// The issue that a branch of ours, or the unfinished work beside one, is for.
pub fn issue_of(branch: &str) -> Option<u64> {
    triggers::issue_of_branch(branch.strip_suffix("-wip").unwrap_or(branch))
}

/// The branches of an issue among those of the remote. Others that only begin alike are not among them.
fn family(issue: u64, branches: &BTreeMap<String, String>) -> Vec<Member> {
    let bases = [issue_branch(issue), repair_branch(issue)];
    let ours = |name: &str| bases.iter().any(|base| name.strip_prefix(base.as_str()).is_some_and(is_ending));
    branches
        .iter()
        .filter(|(name, _)| ours(name))
        .map(|(name, commit)| Member {
            wip_of: name.strip_suffix("-wip").map(str::to_owned),
            name: name.clone(),
            commit: commit.clone(),
        })
        .collect()
}

/// What codexctl puts behind a branch's name: `-2`, `-wip`, `-conflict`, `-2-conflict-3`.
fn is_ending(rest: &str) -> bool {
    let mut parts = rest.split('-').peekable();
    if parts.next() != Some("") {
        return false;
    }
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next_if(|part| number(part));
    match parts.next() {
        None => true,
        Some("wip") => parts.next().is_none(),
        Some("conflict") => parts.next().is_none_or(number) && parts.next().is_none(),
        Some(_) => false,
    }
}

/// Deletes the branches of an issue that are no longer needed, each as it was seen. `heads` are the remote's, where it could be asked;
/// `closed` is a pull request that an event says is closed. `only` limits it to one branch and its unfinished work.
///
/// # Errors
/// GitHub or git does not answer.
pub async fn sweep(
    upkeep: &Upkeep,
    issue: u64,
    heads: Option<&Heads>,
    closed: Option<&Pull>,
    only: Option<&str>,
) -> Result<Branches, Stop> {
    let closed = closed.filter(|pull| !pull.open && issue_of(&pull.head_branch) == Some(issue));
    let mut seen = heads.map(|heads| heads.branches.clone()).unwrap_or_default();
    if let (None, Some(pull)) = (heads, closed) {
        seen.insert(pull.head_branch.clone(), pull.head_sha.clone());
    }
    let mut done = Branches::default();
    let members = family(issue, &seen);
    let wanted = |name: &str| only.is_none_or(|only| name == only || name == wip_branch(only));
    for member in members.into_iter().filter(|member| wanted(&member.name)) {
        match fate(upkeep, &member, heads, closed).await? {
            Fate::Stays(why) => {
                upkeep.say(Level::Notice, format!("branch {} stays: {why}", member.name));
                done.kept.push((member.name, why));
            }
            Fate::Goes => match upkeep.hands.github.delete_branch(&member.name, &member.commit).await {
                Ok(_) => done.deleted.push(member.name),
                Err(error) => done.failed.push(error.to_string()),
            },
        }
    }
    Ok(done)
}

async fn fate(upkeep: &Upkeep, member: &Member, heads: Option<&Heads>, closed: Option<&Pull>) -> Result<Fate, Stop> {
    let base = member.wip_of.as_ref().unwrap_or(&member.name);
    if heads.is_some_and(|heads| heads.default == member.name) {
        return Ok(Fate::Stays("it is the default branch".to_owned()));
    }
    let pulls = match upkeep.hands.github.pulls_of(base).await.map_err(Stop::failed)?.into_known() {
        // Of the pull request that was closed the event knows best with which commit.
        Some(pulls) => Some(pulls.into_iter().map(|pull| as_closed(pull, closed)).collect()),
        // Without a token the event's word is all there is.
        None => closed.filter(|pull| pull.head_branch == *base).map(|pull| vec![pull.clone()]),
    };
    let merged = match heads {
        Some(heads) => match heads.default_commit() {
            Some(default) => {
                upkeep.hands.sources.is_before(&member.commit, default).await.map_err(Stop::failed)?.into_known()
            }
            None => None,
        },
        None => None,
    };
    Ok(decide(member, pulls.as_deref(), merged.unwrap_or(false)))
}

fn as_closed(pull: Pull, closed: Option<&Pull>) -> Pull {
    match closed {
        Some(closed) if closed.number == pull.number && !pull.open => closed.clone(),
        _ => pull,
    }
}

/// Decides by the pull requests of the branch, or of the one whose unfinished work it keeps; none where nobody could be asked.
fn decide(member: &Member, pulls: Option<&[Pull]>, merged: bool) -> Fate {
    let open = pulls.unwrap_or_default().iter().find(|pull| pull.open);
    if let Some(open) = open {
        return Fate::Stays(format!("pull request #{} is open", open.number));
    }
    if merged {
        return Fate::Goes;
    }
    match (pulls, member.wip_of.is_some()) {
        (None, _) => Fate::Stays("without a token nobody can say whether its work is merged".to_owned()),
        (Some([]), true) => Fate::Stays("it keeps unfinished work that no pull request has".to_owned()),
        (Some([]), false) => Fate::Stays("it holds work that is not merged and has no pull request".to_owned()),
        (Some(_), true) => Fate::Goes,
        (Some(pulls), false) if pulls.iter().any(|pull| pull.head_sha == member.commit) => Fate::Goes,
        (Some([last, ..]), false) => {
            Fate::Stays(format!("it got new commits after pull request #{} was closed", last.number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        let wip_of = name.strip_suffix("-wip").map(str::to_owned);
        Member { name: name.to_owned(), commit: "c1".to_owned(), wip_of }
    }

    fn pull(number: u64, open: bool, commit: &str) -> Pull {
        Pull { open, head_sha: commit.to_owned(), ..Pull::placeholder(number) }
    }

    #[test]
    fn the_branches_of_an_issue_are_told_by_their_whole_names() {
        let names = [
            "codex/issue-7",
            "codex/issue-7-2",
            "codex/issue-7-2-conflict-3",
            "codex/issue-7-conflict",
            "codex/issue-7-wip",
            "codex/ai-repair-7",
            "codex/ai-repair-7-wip",
        ];
        let others = [
            "codex/issue-71",
            "codex/issue-7-wip-2",
            "codex/issue-7x",
            "codex/issue-7-",
            "codex/issue-7-hand",
            "issue-7",
        ];
        let all = names.iter().chain(&others).map(|name| ((*name).to_owned(), "c".to_owned())).collect();
        let mut found: Vec<String> = family(7, &all).into_iter().map(|member| member.name).collect();
        found.sort();
        let mut wanted = names.map(str::to_owned);
        wanted.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_branch_goes_where_its_work_is_merged_or_its_pull_request_is_closed() {
        let work = member("codex/issue-7");
        assert_eq!(decide(&work, Some(&[pull(8, false, "c1")]), false), Fate::Goes);
        assert_eq!(decide(&work, Some(&[]), true), Fate::Goes);
        assert_eq!(decide(&work, None, true), Fate::Goes);
        assert_eq!(decide(&member("codex/issue-7-wip"), Some(&[pull(8, false, "c0")]), false), Fate::Goes);
    }

    #[test]
    fn a_branch_stays_where_its_work_would_be_lost() {
        let stays = |name: &str, pulls: Option<&[Pull]>, merged| match decide(&member(name), pulls, merged) {
            Fate::Stays(why) => why,
            Fate::Goes => panic!("{name} goes"),
        };
        let all = [
            stays("codex/issue-7", Some(&[pull(9, true, "c1"), pull(8, false, "c1")]), true),
            stays("codex/issue-7", Some(&[]), false),
            stays("codex/issue-7", Some(&[pull(8, false, "c0")]), false),
            stays("codex/issue-7", None, false),
            stays("codex/issue-7-wip", Some(&[pull(8, true, "c1")]), false),
            stays("codex/issue-7-wip", Some(&[]), false),
        ];
        insta::assert_snapshot!(all.join("\n"), @"
        pull request #9 is open
        it holds work that is not merged and has no pull request
        it got new commits after pull request #8 was closed
        without a token nobody can say whether its work is merged
        pull request #8 is open
        it keeps unfinished work that no pull request has
        ");
    }

    #[test]
    fn the_issue_of_a_branch_is_found_beside_its_unfinished_work_too() {
        for (branch, issue) in [
            ("codex/issue-7", Some(7)),
            ("codex/ai-repair-7-2", Some(7)),
            ("codex/issue-7-wip", Some(7)),
            ("feature/x", None),
        ] {
            assert_eq!(issue_of(branch), issue, "{branch}");
        }
    }
}
