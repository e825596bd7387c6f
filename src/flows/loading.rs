//! services.yaml of a run: read from the trusted tree, loaded for its slot, mistakes told at their places.

use std::path::PathBuf;

use super::run::Run;
use super::stop::Stop;
use crate::stack::{Decided, Diagnostic, LoadRequest, Loaded, RawStack, StackError, VarsInput};
use crate::ui::{Note, Ui};

/// Reads services.yaml: from the trusted tree, or from the work tree where nothing was fetched.
///
/// # Errors
/// It is missing or no YAML at all.
pub(super) fn read_stack(run: &Run) -> Result<RawStack, Stop> {
    let shown = &run.workplace.config_in_repository;
    let path = run.found.trusted.as_ref().map_or_else(|| run.workplace.config.clone(), |tree| tree.join(shown));
    if let Some(heads) = run.found.heads.as_ref().filter(|_| !path.exists()) {
        // It may well stand in the work tree, but that one doesn't count.
        return Err(Stop::Usage(format!(
            "{} is read from branch {} as it is on origin, and is not there: commit and push it",
            shown.display(),
            heads.default
        )));
    }
    RawStack::read_as(&path, shown).map_err(|error| wrong(run, &error))
}

/// What the file is loaded for.
pub(super) fn request(run: &Run, raw: &RawStack, slot: Option<u32>) -> LoadRequest {
    LoadRequest {
        path: raw.path().to_owned(),
        env: run.env.clone(),
        namespace: run.options.namespace.clone(),
        vars: VarsInput {
            process: run.settings.process().clone(),
            var_file: run.options.var_file.as_ref().map(PathBuf::from),
            vars: run.options.vars.clone(),
        },
        decided: Decided {
            slot,
            issue: Some(run.issue.number),
            pr: run.found.slot.as_ref().and_then(|slot| slot.pr).or(run.options.pr),
            repo: Some(run.repo()),
            branch: run.branch().map(str::to_owned),
            lang: run.options.lang.map(str::to_owned),
            ..Decided::default()
        },
        now: run.hands.clock.now(),
    }
}

/// Loads the file for a slot.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub(super) fn load(run: &Run, raw: &RawStack, slot: Option<u32>) -> Result<Loaded, Stop> {
    raw.load(&request(run, raw, slot)).map_err(|error| wrong(run, &error))
}

/// What a person calls the pieces that config.toml is made of: they stand in more files than services.yaml.
pub(super) const CONFIGURATION: &str = "the agent's configuration";

/// Tells what is wrong with a run's services.yaml.
fn wrong(run: &Run, error: &StackError) -> Stop {
    tell(run.hands.ui.as_ref(), &run.workplace.config_in_repository.display().to_string(), error)
}

/// Tells every mistake at its place; `what` is services.yaml as the user knows it, or [`CONFIGURATION`].
pub(super) fn tell(ui: &dyn Ui, what: &str, error: &StackError) -> Stop {
    for one in &error.diagnostics {
        ui.note(&Note::about(one, error.picture(one)));
    }
    Stop::Config { file: what.to_owned(), mistakes: error.errors().map(one_line).collect() }
}

/// A diagnostic as one line: place, mistake, and the way out in brackets.
fn one_line(one: &Diagnostic) -> String {
    let told = Diagnostic { hint: None, ..one.clone() }.to_string();
    one.hint.as_ref().map_or_else(|| told.clone(), |hint| format!("{told} ({hint})"))
}
