//! Stories about stack files: what their authors read when something is wrong, and what comes out when all is well.

mod broken;
mod examples;
mod inherit;
mod older;
mod sources;
mod wrong;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Decided, LoadRequest, Loaded, RawStack, StackError, VarsInput};

/// A request for an environment with nothing else given.
pub(super) fn request(env: &str) -> LoadRequest {
    LoadRequest {
        path: PathBuf::from("services.yaml"),
        env: env.to_owned(),
        namespace: None,
        vars: VarsInput::default(),
        decided: Decided::default(),
        now: DateTime::<Utc>::from_timestamp(1_767_319_445, 0).unwrap(),
    }
}

/// Loads a text with some variables of the process.
fn load_with(text: &str, env: &str, process: &[(&str, &str)]) -> Result<Loaded, StackError> {
    let mut request = request(env);
    request.vars.process = vars(process);
    request.decided.slot = Some(3);
    RawStack::from_text(text, PathBuf::from("/srv/shop"), Path::new("services.yaml"))?.load(&request)
}

fn vars(items: &[(&str, &str)]) -> BTreeMap<String, String> {
    items.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(text: &str) -> Result<Loaded, StackError> {
    load_with(text, "ai", &[])
}

/// What the author of a text reads: errors, or warnings, or that all is well.
fn said(text: &str) -> String {
    match load(text) {
        Err(error) => error.to_string(),
        Ok(loaded) if loaded.warnings.is_empty() => "all is well".to_owned(),
        Ok(loaded) => loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}
