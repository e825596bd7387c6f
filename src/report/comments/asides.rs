//! What no text about a run may leave unsaid: protected files, files that were left out, a label that stays.

use serde::Serialize;

use super::pull::{NAMED, named};
use crate::report::Lang;
use crate::report::phrases::said;

/// So many left-out files are named.
const LEFT_OUT: usize = 5;

/// A file that the agent changed and that is not part of the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path, fit to be shown.
    pub path: String,
    /// Why, in words.
    pub why: String,
}

/// What a reader has to know beside the result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asides {
    /// Files of the pull request that the publish policy protects.
    pub protected: Vec<String>,
    /// What the agent did and was left out.
    pub left_out: Vec<LeftOut>,
    /// The trigger label, where GitHub did not let us take it off.
    pub label_stays: Option<String>,
}

/// The same in Markdown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct View {
    protected: Vec<String>,
    unnamed: usize,
    left_out: Vec<String>,
    more_left_out: usize,
    label_stays: Option<String>,
}

impl View {
    pub(in crate::report) fn new(of: &Asides, lang: Lang) -> Self {
        Self {
            protected: of.protected.iter().take(NAMED).map(|path| named(path)).collect(),
            unnamed: of.protected.len().saturating_sub(NAMED),
            left_out: left_out(&of.left_out, lang),
            more_left_out: more_left_out(&of.left_out),
            label_stays: of.label_stays.clone(),
        }
    }
}

/// The left-out files that are named, each with its reason.
pub(super) fn left_out(of: &[LeftOut], lang: Lang) -> Vec<String> {
    of.iter().take(LEFT_OUT).map(|left| format!("{} ({})", named(&left.path), said(&left.why, lang))).collect()
}

/// How many are not.
pub(super) fn more_left_out(of: &[LeftOut]) -> usize {
    of.len().saturating_sub(LEFT_OUT)
}
