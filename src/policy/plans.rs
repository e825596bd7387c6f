//! What of a plan's result is carried out: which issues are made, which are edited, which comments are answered (spec 4.3, 4.5, 4.6).
//!
//! Whether an issue asks for issues of its own, the agent judges, as its prompt tells it: words in a text are no rule that a program
//! could keep. What it may bring about is bounded here: so many issues a run, none twice, semantic labels only.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::labels::{self, SEMANTIC};
use super::texts::{self, Closes};

/// Issues made in one run at most (spec 4.5).
pub const MOST_ISSUES: usize = 20;

/// An issue that the agent wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
    /// The labels that it names.
    pub labels: &'a [String],
}

/// An issue of the plan that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub number: u64,
    /// Its title as it is now.
    pub title: String,
    /// The key of the title that it was made with; none: codexctl did not make it for this plan.
    pub key: Option<String>,
    /// Whether it is open.
    pub open: bool,
}

/// An issue to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Make {
    /// What finds it again, see [`title_key`].
    pub key: String,
    /// The title, fit for GitHub.
    pub title: String,
    /// The agent's text, raw.
    pub body: String,
    /// Its labels.
    pub labels: Vec<&'static str>,
}

/// What of a result is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Left {
    /// More issues than [`MOST_ISSUES`].
    TooMany {
        /// How many were left out.
        count: usize,
        /// The most.
        most: usize,
    },
    /// Issues without a title.
    Untitled {
        /// How many.
        count: usize,
    },
    /// Labels that are not semantic.
    Labels {
        /// Their names, each once.
        labels: Vec<String>,
    },
    /// Issues and edits of a run that did not come to a plan.
    Unfinished {
        /// How many issues.
        issues: usize,
        /// How many edits.
        edits: usize,
    },
    /// An edit of an issue that codexctl did not make for this plan.
    NotOurs {
        /// The issue.
        issue: u64,
    },
    /// An edit of an issue that is closed.
    Closed {
        /// The issue.
        issue: u64,
    },
    /// An edit that would leave an issue without a text.
    Empty {
        /// The issue.
        issue: u64,
    },
    /// An answer to a comment that the agent was not told.
    Untold {
        /// The comment.
        comment: u64,
    },
    /// An answer to a comment that has one.
    Answered {
        /// The comment.
        comment: u64,
    },
}

/// What is the same for titles that people would call the same: case, punctuation and blanks don't count.
pub fn title_key(title: &str) -> String {
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let plain = words(title).join(" ");
    // A title of signs alone has nothing else to tell it by.
    let plain = if plain.is_empty() { title.trim() } else { &plain };
    let mut key = String::new();
    for byte in Sha256::digest(plain).iter().take(8) {
        // Writing to a String can't fail.
        write!(key, "{byte:02x}").ok();
    }
    key
}

/// Decides which issues are made. One whose title is that of an issue of the plan, as it was made or as it is now, is there already,
/// whether it is open or closed; of two with one title the first counts. `of_root`: labels of the plan's root.
pub fn issues(wanted: &[Wanted<'_>], known: &[Known], of_root: &[String]) -> (Vec<Make>, Vec<Left>) {
    let (mut make, mut others): (_, Vec<String>) = (Vec::new(), Vec::new());
    let (mut untitled, mut too_many) = (0, 0);
    let mut keys = BTreeSet::new();
    let there: BTreeSet<String> =
        known.iter().flat_map(|issue| issue.key.iter().cloned().chain([title_key(&issue.title)])).collect();
    for one in wanted {
        let title = texts::title(one.title, "", Closes::number(None));
        if title.is_empty() {
            untitled += 1;
            continue;
        }
        let key = title_key(&title);
        if !keys.insert(key.clone()) {
            continue;
        }
        // Those that are there count too: a run that is made again must come to the same issues.
        if keys.len() > MOST_ISSUES {
            too_many += 1;
            continue;
        }
        for label in one.labels {
            let semantic = SEMANTIC.iter().any(|known| labels::same(known, label));
            if !semantic && !labels::has(&others, label) {
                others.push(label.clone());
            }
        }
        if !there.contains(&key) {
            let set = |label: &&&str| labels::has(of_root, label) || labels::has(one.labels, label);
            let labels = SEMANTIC.iter().filter(set).copied().collect();
            make.push(Make { key, title, body: one.body.to_owned(), labels });
        }
    }
    let mut left = Vec::new();
    if too_many > 0 {
        left.push(Left::TooMany { count: too_many, most: MOST_ISSUES });
    }
    if untitled > 0 {
        left.push(Left::Untitled { count: untitled });
    }
    if !others.is_empty() {
        left.push(Left::Labels { labels: others });
    }
    (make, left)
}

/// Decides which issues get a new text; of several for one issue the last counts.
pub fn edits(wanted: &[(u64, &str)], known: &[Known]) -> (Vec<(u64, String)>, Vec<Left>) {
    let (mut edit, mut left): (Vec<(u64, String)>, Vec<Left>) = (Vec::new(), Vec::new());
    for (issue, body) in wanted {
        let found = known.iter().find(|known| known.number == *issue && known.key.is_some());
        let why = match found {
            None => Some(Left::NotOurs { issue: *issue }),
            Some(known) if !known.open => Some(Left::Closed { issue: *issue }),
            Some(_) if body.trim().is_empty() => Some(Left::Empty { issue: *issue }),
            Some(_) => None,
        };
        match why {
            Some(why) if !left.contains(&why) => left.push(why),
            Some(_) => {}
            None => {
                edit.retain(|(other, _)| other != issue);
                edit.push((*issue, (*body).to_owned()));
            }
        }
    }
    (edit, left)
}

/// Decides which comments get an answer: those that the agent was told and that have none. Several answers to one become one.
pub fn replies(
    wanted: &[(u64, &str)],
    told: &BTreeSet<u64>,
    answered: &BTreeSet<u64>,
) -> (Vec<(u64, String)>, Vec<Left>) {
    let (mut replies, mut left): (Vec<(u64, String)>, Vec<Left>) = (Vec::new(), Vec::new());
    for (comment, body) in wanted.iter().filter(|(_, body)| !body.trim().is_empty()) {
        let why = if !told.contains(comment) {
            Some(Left::Untold { comment: *comment })
        } else if answered.contains(comment) {
            Some(Left::Answered { comment: *comment })
        } else {
            None
        };
        match (why, replies.iter_mut().find(|(other, _)| other == comment)) {
            (Some(why), _) if !left.contains(&why) => left.push(why),
            (Some(_), _) => {}
            (None, Some((_, said))) => said.push_str(&format!("\n\n{body}")),
            (None, None) => replies.push((*comment, (*body).to_owned())),
        }
    }
    (replies, left)
}

#[cfg(test)]
mod tests;
