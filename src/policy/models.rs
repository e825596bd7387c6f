//! Which model the agent uses and how hard it thinks, and who said so (spec 4.4).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::labels::same;

/// Models that `--help` gives as examples. Of two model labels the one that stands first here wins.
pub const EXAMPLES: [&str; 5] =
    ["gpt-5.3-codex", "gpt-5.2-codex", "gpt-5.2", "gpt-5.1-codex-max", "gpt-5.1-codex-mini"];

/// How hard the model thinks; the order is that of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Little.
    Low,
    /// Codex's usual.
    Medium,
    /// Much.
    High,
    /// Most.
    ExtraHigh,
}

impl Effort {
    /// As Codex spells it in `model_reasoning_effort`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::ExtraHigh => "xhigh",
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl Serialize for Effort {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

impl FromStr for Effort {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().to_ascii_lowercase().as_str() {
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            "xhigh" | "extra-high" | "extra_high" => Ok(Self::ExtraHigh),
            _ => Err(()),
        }
    }
}

/// Where a choice comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, by its name.
    Flag(&'static str),
    /// A label of the issue.
    IssueLabel(String),
    /// A label of the pull request.
    PullLabel(String),
    /// A variable, by its name.
    Variable(&'static str),
    /// A field of services.yaml, by its path.
    File(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => out.write_str(name),
            Self::IssueLabel(label) => write!(out, "label `{label}` of the issue"),
            Self::PullLabel(label) => write!(out, "label `{label}` of the pull request"),
            Self::File(path) => write!(out, "{path} in services.yaml"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// A choice and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice<T> {
    /// What was chosen.
    pub value: T,
    /// Who chose it.
    pub from: Origin,
}

/// Everybody who may have a say, the strongest first. Blank texts count as unset.
#[derive(Debug, Clone, Copy, Default)]
pub struct Says<'a> {
    /// `--model`, or `--reasoning-effort`.
    pub flag: Option<&'a str>,
    /// All labels of the issue.
    pub issue_labels: &'a [String],
    /// All labels of the pull request.
    pub pull_labels: &'a [String],
    /// `CODEXCTL_MODEL`, or `CODEXCTL_MODEL_REASONING_EFFORT`.
    pub variable: Option<&'a str>,
    /// `codex.model`, or `codex.modelReasoningEffort`.
    pub file: Option<&'a str>,
}

/// What came out: a choice, or none (then config.toml or Codex itself decides), and warnings for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen<T> {
    /// The choice, where somebody made one.
    pub choice: Option<Choice<T>>,
    /// Sentences without a full stop, such as that two labels disagree.
    pub warnings: Vec<String>,
}

/// Why a choice is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not a model's name.
    #[error(
        "{from}: `{name}` can't be a model's name: lower-case letters, digits, `.`, `_` and `-`, such as gpt-5.3-codex"
    )]
    Model {
        /// Who said it.
        from: Origin,
        /// What they said.
        name: String,
    },
    /// Not an effort.
    #[error("{from}: `{name}` is no reasoning effort; known are low, medium, high and extra-high")]
    Effort {
        /// Who said it.
        from: Origin,
        /// What they said.
        name: String,
    },
}

/// Whether a text can be a model's name: `[a-z0-9][a-z0-9._-]*`.
pub fn is_model(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(word) && text.chars().all(|c| word(c) || "._-".contains(c))
}

/// Chooses the model.
///
/// # Errors
/// [`ModelError::Model`] when the one that counts can't be a model's name.
pub fn choose_model(says: &Says<'_>) -> Result<Chosen<String>, ModelError> {
    let read = |text: &str, from: &Origin| {
        if is_model(text) {
            Ok(text.to_owned())
        } else {
            Err(ModelError::Model { from: from.clone(), name: shown(text) })
        }
    };
    // What is no example stands behind all examples, in the order of the labels.
    let rank = |model: &String| EXAMPLES.iter().position(|example| example == model).unwrap_or(EXAMPLES.len());
    let names = Names { what: "model", flag: "--model", variable: "CODEXCTL_MODEL", file: "codex.model" };
    choose(says, &names, model_of, read, rank)
}

/// Chooses the reasoning effort.
///
/// # Errors
/// [`ModelError::Effort`] when the one that counts is no effort.
pub fn choose_effort(says: &Says<'_>) -> Result<Chosen<Effort>, ModelError> {
    let read = |text: &str, from: &Origin| {
        text.parse().map_err(|()| ModelError::Effort { from: from.clone(), name: shown(text) })
    };
    let names = Names {
        what: "reasoning effort",
        flag: "--reasoning-effort",
        variable: "CODEXCTL_MODEL_REASONING_EFFORT",
        file: "codex.modelReasoningEffort",
    };
    choose(says, &names, effort_of, read, |effort: &Effort| Effort::ExtraHigh as usize - *effort as usize)
}

/// Whether a label chooses a model or an effort; such labels say nothing about the task.
pub fn is_choice(label: &str) -> bool {
    model_of(label).is_some() || effort_of(label).is_some()
}

struct Names {
    what: &'static str,
    flag: &'static str,
    variable: &'static str,
    file: &'static str,
}

fn choose<T: PartialEq + fmt::Display>(
    says: &Says<'_>,
    names: &Names,
    of: fn(&str) -> Option<&str>,
    read: impl Fn(&str, &Origin) -> Result<T, ModelError>,
    rank: impl Fn(&T) -> usize,
) -> Result<Chosen<T>, ModelError> {
    let one = |text: Option<&str>, from: Origin| -> Result<Option<Choice<T>>, ModelError> {
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(Choice { value: read(text, &from)?, from })),
            None => Ok(None),
        }
    };
    let mut warnings = Vec::new();
    let mut labelled = |labels: &[String], from: fn(String) -> Origin| -> Result<Option<Choice<T>>, ModelError> {
        let mut found: Vec<Choice<T>> = Vec::new();
        for label in labels {
            let Some(text) = of(label) else { continue };
            let from = from(shown(label));
            let value = read(text, &from)?;
            if !found.iter().any(|other| other.value == value) {
                found.push(Choice { value, from });
            }
        }
        // Sorting is stable: what ranks the same stays in the order of the labels.
        found.sort_by_key(|choice| rank(&choice.value));
        if let [first, _, ..] = found.as_slice() {
            let all: Vec<String> = found.iter().map(|choice| choice.value.to_string()).collect();
            warnings.push(format!(
                "labels name more than one {} ({}): {} counts, by {}",
                names.what,
                all.join(", "),
                first.value,
                first.from
            ));
        }
        Ok(found.into_iter().next())
    };
    // Who has no say any more is not read either: a wrong label must not stop a run that a flag decides.
    let choice = if let Some(choice) = one(says.flag, Origin::Flag(names.flag))? {
        Some(choice)
    } else if let Some(choice) = labelled(says.issue_labels, Origin::IssueLabel)? {
        Some(choice)
    } else if let Some(choice) = labelled(says.pull_labels, Origin::PullLabel)? {
        Some(choice)
    } else if let Some(choice) = one(says.variable, Origin::Variable(names.variable))? {
        Some(choice)
    } else {
        one(says.file, Origin::File(names.file))?
    };
    Ok(Chosen { choice, warnings })
}

/// A label without its brackets, which are optional as a pair.
fn bare(label: &str) -> &str {
    let label = label.trim();
    label.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(label)
}

fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn model_of(label: &str) -> Option<&str> {
    after(bare(label), "ai-model-")
}

fn effort_of(label: &str) -> Option<&str> {
    const SHORT: [&str; 4] = ["low", "medium", "high", "xhigh"];
    let bare = bare(label);
    after(bare, "ai-reasoning-")
        .or_else(|| after(bare, "ai-").filter(|rest| SHORT.iter().any(|short| same(short, rest))))
}

/// A text from outside, short and without control characters.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
