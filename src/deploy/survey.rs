//! All environments of a stack looked at at once, as `validate` does: each problem is told once, with the environments that have it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::render::Objects;
use super::{Filters, check, read_static, render, select};
use crate::manifests::{BuiltIn, Found, Manifest, Scopes};
use crate::stack::{Diagnostic, Extras, LoadRequest, Loaded, RawStack, Severity, Sources, StackError};
use crate::ui::Level;

/// What looks at the objects of one environment beyond what their files tell. The schemas of a cluster are one.
pub trait Checker {
    /// Which kinds have a namespace.
    fn scopes(&self) -> &dyn Scopes;
    /// What is wrong with the objects.
    fn check(&self, manifests: &[Manifest]) -> Vec<Found>;
    /// What there is to say about the checker itself once it has looked, such as why it could not.
    fn notes(&self) -> Vec<(Level, Diagnostic)> {
        Vec::new()
    }
}

/// No cluster: what is built in has to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Checker for Offline {
    fn scopes(&self) -> &dyn Scopes {
        &BuiltIn
    }

    fn check(&self, _manifests: &[Manifest]) -> Vec<Found> {
        Vec::new()
    }
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Error, warning or notice.
    pub level: Level,
    /// What it is.
    pub about: Diagnostic,
    /// The environments that have it, in the order of the file.
    pub environments: Vec<String>,
}

/// What `validate` found.
#[derive(Debug, Default)]
pub struct Survey {
    /// The environments that were looked at.
    pub environments: Vec<String>,
    /// How many files of manifests were read.
    pub files: usize,
    /// How many objects they hold; one that is in several environments counts once.
    pub objects: usize,
    /// What there is to say: errors, then warnings, then notices, each in the order of files and lines.
    pub told: Vec<Told>,
    /// Texts of the files that something is told about.
    pub sources: Sources,
}

impl Survey {
    /// What there is to say where no environment could be looked at.
    pub fn refused(error: StackError) -> Self {
        let mut survey = Self::default();
        survey.add(error);
        survey
    }

    /// Adds what was found before any environment was looked at, and counts for all of them.
    pub fn add(&mut self, error: StackError) {
        self.sources.extend(error.sources().clone());
        for about in error.diagnostics {
            let level = if about.severity == Severity::Error { Level::Error } else { Level::Warning };
            self.told.push(Told { level, about, environments: self.environments.clone() });
        }
        let place = |one: &Told| (one.level, one.about.file.clone(), one.about.line, one.about.column);
        self.told.sort_by_key(place);
    }

    /// How many of a level.
    pub fn count(&self, level: Level) -> usize {
        self.told.iter().filter(|one| one.level == level).count()
    }

    /// One of what is told, with the environments that have it where not all do.
    pub fn wording(&self, one: &Told) -> Diagnostic {
        let mut about = one.about.clone();
        if one.environments.len() < self.environments.len() {
            let what = if one.environments.len() == 1 { "environment" } else { "environments" };
            about.text.push_str(&format!(" ({what} {})", one.environments.join(", ")));
        }
        about
    }
}

/// What was told so far, in the order in which it is shown.
#[derive(Default)]
struct Collected(BTreeMap<(Level, Option<PathBuf>, usize, usize, String), Told>);

impl Collected {
    /// Adds what is to be said about an environment; by default the level is that of each diagnostic.
    fn tell(&mut self, env: &str, level: Option<Level>, found: impl IntoIterator<Item = Diagnostic>) {
        for about in found {
            let level = level.unwrap_or(if about.severity == Severity::Error { Level::Error } else { Level::Warning });
            let key = (level, about.file.clone(), about.line, about.column, about.text.clone());
            let told = self.0.entry(key).or_insert_with(|| Told { level, about, environments: Vec::new() });
            if told.environments.last().is_none_or(|last| last != env) {
                told.environments.push(env.to_owned());
            }
        }
    }
}

/// The environments of a file: those it lists, else those that it has patterns or domains for, else `ai`, a run's own.
pub fn environments(raw: &RawStack) -> Vec<String> {
    let listed: Vec<String> = raw.environment_names().into_iter().map(str::to_owned).collect();
    if !listed.is_empty() {
        return listed;
    }
    let named: BTreeSet<String> = raw.namespace_patterns().into_keys().chain(raw.base_domain().into_keys()).collect();
    if named.is_empty() { vec!["ai".to_owned()] } else { named.into_iter().collect() }
}

/// Loads, renders and checks each environment. `request` says what it is loaded for, `checker` what looks at its objects,
/// `agent` at the configuration of its agent.
pub fn survey(
    raw: &RawStack,
    environments: Vec<String>,
    request: &dyn Fn(&str) -> LoadRequest,
    filters: &Filters,
    checker: &mut dyn FnMut(&Loaded) -> Box<dyn Checker>,
    agent: &dyn Fn(&Loaded) -> StackError,
) -> Survey {
    let mut survey = Survey { environments, ..Survey::default() };
    let (mut collected, mut files, mut objects) = (Collected::default(), BTreeSet::new(), BTreeSet::new());
    for env in survey.environments.clone() {
        let loaded = match raw.load(&request(&env)) {
            Ok(loaded) => loaded,
            Err(error) => {
                survey.sources.extend(error.sources().clone());
                collected.tell(&env, None, error.diagnostics);
                continue;
            }
        };
        let renderer = match loaded.renderer(&Extras::default()) {
            Ok(renderer) => renderer,
            Err(error) => {
                collected.tell(&env, None, [Diagnostic::error(error.to_string()).file(loaded.path())]);
                continue;
            }
        };
        collected.tell(&env, None, loaded.warnings.iter().cloned());
        let checker = checker(&loaded);
        let selection = select(&loaded, &renderer, filters);
        let mut rendered = render(&loaded, &renderer, &selection, checker.scopes());
        if !rendered.failed() {
            let before = rendered.told.len();
            let found = checker.check(&rendered.manifests);
            rendered.tell(&loaded, found);
            // Who looks closer has the last word on a place.
            let (guesses, known) = rendered.told.split_at(before);
            let place = |one: &Diagnostic| (one.file.clone(), one.line, one.column);
            let open = guesses.iter().filter(|guess| !known.iter().any(|known| place(known) == place(guess)));
            rendered.told = open.chain(known).cloned().collect();
        }
        for (level, about) in checker.notes() {
            collected.tell(&env, Some(level), [about]);
        }
        let place = |one: &Manifest| (one.file.clone(), one.place.offset, one.kind.clone(), one.name.clone());
        objects.extend(rendered.manifests.iter().map(place));
        let others = read_static(&loaded, &renderer, &selection.left_out);
        for part in [rendered, check(&loaded, &renderer, &selection), others] {
            let Objects { files: read, told, notes, sources, .. } = part;
            files.extend(read);
            survey.sources.extend(sources);
            collected.tell(&env, None, told);
            collected.tell(&env, Some(Level::Notice), notes);
        }
        let agent = agent(&loaded);
        survey.sources.extend(agent.sources().clone());
        collected.tell(&env, None, agent.diagnostics);
    }
    survey.files = files.len();
    survey.objects = objects.len();
    survey.told = collected.0.into_values().collect();
    survey
}
