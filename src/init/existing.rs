//! The services.yaml that a repository has already: whether it works as it is.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::stack::{Decided, LoadRequest, RawStack, VarsInput};

/// What there is to say of a file that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// All its environments load; so many.
    Works(usize),
    /// It has mistakes; so many.
    Wrong(usize),
}

/// Loads the file for each of its environments as `codexctl validate` does: with the variables of the process, for slot 1.
pub fn existing(file: &Path, process: &BTreeMap<String, String>, now: DateTime<Utc>) -> Existing {
    let raw = match RawStack::read(file) {
        Ok(raw) => raw,
        Err(error) => return Existing::Wrong(error.errors().count()),
    };
    let names = raw.environment_names();
    // A file without environments is one for the environment of runs.
    let names = if names.is_empty() { vec!["ai"] } else { names };
    let mut mistakes = Vec::new();
    for env in &names {
        let request = LoadRequest {
            path: file.to_owned(),
            env: (*env).to_owned(),
            namespace: None,
            vars: VarsInput { process: process.clone(), ..VarsInput::default() },
            decided: Decided { slot: Some(1), ..Decided::default() },
            now,
        };
        if let Err(error) = raw.load(&request) {
            // What is wrong for several environments is one mistake.
            for one in error.errors().map(ToString::to_string) {
                if !mistakes.contains(&one) {
                    mistakes.push(one);
                }
            }
        }
    }
    if mistakes.is_empty() { Existing::Works(names.len()) } else { Existing::Wrong(mistakes.len()) }
}
