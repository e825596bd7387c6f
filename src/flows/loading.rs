//! services.yaml of a run: read from the trusted tree, loaded for its slot, mistakes told at their places.

use std::path::{Path, PathBuf};

use super::run::Run;
use super::stop::Stop;
use crate::agent::prompt::Wanted;
use crate::deploy::{self, Filters, Open, Sink};
use crate::manifests::{BuiltIn, Manifest};
use crate::secrets::{Redactor, Secret, is_secret_name};
use crate::stack::{Decided, Diagnostic, Extras, LoadRequest, Loaded, RawStack, StackError, VarsInput};
use crate::ui::{Note, Ui};

/// Whether there is a services.yaml where this run reads it.
pub(super) fn has_stack(run: &Run) -> bool {
    path(run).exists()
}

fn path(run: &Run) -> PathBuf {
    let shown = &run.workplace.config_in_repository;
    run.found.trusted.as_ref().map_or_else(|| run.workplace.config.clone(), |tree| tree.join(shown))
}

/// Reads services.yaml: from the trusted tree, or from the work tree where nothing was fetched.
///
/// # Errors
/// It is missing or no YAML at all.
pub(super) fn read_stack(run: &Run) -> Result<RawStack, Stop> {
    let shown = &run.workplace.config_in_repository;
    let path = path(run);
    if let Some(branch) = run.found.trusted_branch.as_ref().filter(|_| !path.exists()) {
        // It may well stand in the work tree, but that one doesn't count.
        let way_out = match run.found.trusted.as_ref().and_then(|tree| above(tree, shown)) {
            Some(above) => format!("{} is there: run this in its folder, or name it with -c", above.display()),
            None => "commit and push it".to_owned(),
        };
        return Err(Stop::Usage(format!(
            "{} is read from branch {branch} as it is on origin, and is not there: {way_out}",
            shown.display()
        )));
    }
    RawStack::read_as(&path, shown).map_err(|error| wrong(run, &error))
}

/// The same file in a folder above: whoever calls from a folder of the project means that one.
fn above(tree: &Path, shown: &Path) -> Option<PathBuf> {
    let name = shown.file_name()?;
    shown.ancestors().skip(2).map(|folder| folder.join(name)).find(|path| tree.join(path).is_file())
}

/// The project by the file in the work tree, where there is one that can be read. Good for finding a comment again, for nothing else.
pub(super) fn project_in_work_tree(run: &Run) -> Option<String> {
    let raw = RawStack::read_as(&run.workplace.config, &run.workplace.config_in_repository).ok()?;
    raw.project().map(str::to_owned)
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
            issue: run.about.issue_number(),
            pr: run.found.slot.as_ref().and_then(|slot| slot.pr).or(run.about.pull_number()).or(run.options.pr),
            repo: Some(run.repo()),
            branch: run.branch().map(str::to_owned),
            lang: run.options.lang.map(str::to_owned),
            focus_issue: run.options.prompted.as_ref().and_then(|prompted| prompted.focus_issue),
            infra_unhealthy: run.options.infra_unhealthy(),
            prompt_mode: run
                .options
                .prompted
                .as_ref()
                .map(|prompted| if prompted.told == Some(Wanted::New) { "short" } else { "full" }.to_owned()),
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

/// Takes a loaded stack into the run: its warnings are told, its secrets hidden, its variables merged into the settings.
pub(super) fn take_in(run: &mut Run, stack: Loaded) {
    for warning in &stack.warnings {
        run.hands.ui.note(&Note::about(warning, stack.picture(warning)));
    }
    for (_, value) in stack.vars.iter().filter(|(name, _)| is_secret_name(name)) {
        run.hands.ui.mask(&Secret::new(value.to_owned()));
    }
    learn_secrets(&stack, &run.hands.redactor);
    run.settings.merge(stack.vars.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    run.found.stack = Some(stack);
}

/// The values of Secret objects are the run's secrets, too (spec 7.5). What is wrong with manifests is told where they are applied.
fn learn_secrets(stack: &Loaded, redactor: &Redactor) {
    struct Learning<'a>(Open<'a>, &'a Redactor);
    impl Sink for Learning<'_> {
        fn secrets(&mut self, manifests: &[Manifest]) {
            deploy::learn(manifests, &self.0, self.1);
        }
        fn take(&mut self, _: Vec<Manifest>) {}
    }
    let Ok(renderer) = stack.renderer(&Extras::default()) else { return };
    let selection = deploy::select(stack, &renderer, &Filters::default());
    deploy::render_into(stack, &renderer, &selection, &BuiltIn, &mut Learning(Open::of(stack), redactor));
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
