//! From the chosen groups and services to objects: every file is read, rendered and parsed, and all that is wrong is told at once.
//!
//! Objects are made group by group and service by service, and a [`Sink`] takes them: the nodes of a big stack need ten times the
//! memory of its files. What must be known of all objects before the first is made, the files that may hold it are parsed for first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{File, open, read_file};
use super::hide::SECRET;
use super::image;
use super::parallel::in_parallel;
use super::select::{Item, Selection};
use crate::gotmpl;
use crate::manifests::{self, Changes, Definitions, Duplicates, Found, Manifest, Scopes};
use crate::stack::{Diagnostic, Loaded, Overlay, Renderer, Severity, Sources, template_error};

/// The objects of a stack in one environment.
#[derive(Debug, Default)]
pub struct Objects {
    /// The objects in the order in which they are applied.
    pub manifests: Vec<Manifest>,
    /// Every file that was read, relative to the project root.
    pub files: BTreeSet<Arc<Path>>,
    /// What is wrong or has no effect.
    pub told: Vec<Diagnostic>,
    /// What nobody need change, told by `validate`: where the Go tool did otherwise, and what was taken for granted.
    pub notes: Vec<Diagnostic>,
    /// Texts of the files that something is told about, for pictures.
    pub sources: Sources,
    /// Texts of all files of the objects, for what is told later.
    texts: Texts,
}

impl Objects {
    /// Whether something is wrong.
    pub fn failed(&self) -> bool {
        self.told.iter().any(|one| one.severity == Severity::Error)
    }

    /// The text of a file of the objects, where it was kept for what is told later.
    pub fn text(&self, file: &Path) -> Option<Arc<str>> {
        self.texts.get(file).cloned()
    }

    /// Tells problems of files that are named relative to the root.
    pub fn tell(&mut self, loaded: &Loaded, found: impl IntoIterator<Item = Found>) {
        for (file, problem) in found {
            let shown = loaded.shown(&file);
            self.told.push(Diagnostic::of(&shown, problem));
            if let Some(text) = self.texts.get(&file) {
                self.sources.insert(shown, Arc::clone(text));
            }
        }
    }
}

/// Takes the objects as they are made.
pub trait Sink {
    /// Takes a look at all objects of a file that has Secrets: these come, in order, before the first [`Sink::take`].
    fn secrets(&mut self, _manifests: &[Manifest]) {}

    /// Is told before the first object how many bytes the rendered files have together.
    fn expect(&mut self, _bytes: usize) {}

    /// Takes the objects of a group or service. They are to be thrown away where [`Objects::failed`] says so in the end.
    fn take(&mut self, manifests: Vec<Manifest>);

    /// Whether more may be told of the objects later. The texts of all files are kept for it.
    fn tells_later(&self) -> bool {
        false
    }
}

/// Keeps all objects.
#[derive(Default)]
struct Kept(Vec<Manifest>);

impl Sink for Kept {
    fn take(&mut self, manifests: Vec<Manifest>) {
        self.0.extend(manifests);
    }

    fn tells_later(&self) -> bool {
        true
    }
}

/// Renders what is chosen. Files are read from below the project root only; `scopes` says which kinds have a namespace.
pub fn render(loaded: &Loaded, renderer: &Renderer, selection: &Selection<'_>, scopes: &dyn Scopes) -> Objects {
    let mut kept = Kept::default();
    let objects = render_into(loaded, renderer, selection, scopes, &mut kept);
    Objects { manifests: kept.0, ..objects }
}

/// So few files are parsed as soon as they are rendered.
const FEW: usize = 64;

/// How many of more files are parsed at once: enough for all processors, and few enough that their nodes are no burden.
const CHUNK: usize = 32;

/// The same, but the objects go into `sink`.
pub fn render_into(
    loaded: &Loaded,
    renderer: &Renderer,
    selection: &Selection<'_>,
    scopes: &dyn Scopes,
    sink: &mut dyn Sink,
) -> Objects {
    let jobs: Vec<(&Item<'_>, usize)> =
        selection.chosen.iter().flat_map(|item| (0..item.manifests.len()).map(move |index| (item, index))).collect();
    let few = jobs.len() <= FEW;
    let mut files = in_parallel(&jobs, |(item, index)| {
        let mut file = read_file(loaded, renderer, item, *index);
        if few || file.rendered.as_ref().is_some_and(|rendered| decides(&rendered.text)) {
            file.parsed = file.parse(loaded);
        }
        file
    });
    let early = files.iter().filter_map(|file| file.parsed.as_ref());
    let scopes = Definitions::of(early.flat_map(|parsed| &parsed.manifests), scopes);
    sink.expect(files.iter().filter_map(|file| file.rendered.as_ref()).map(|rendered| rendered.text.len()).sum());
    show_secrets(loaded, &jobs, &files, sink);
    let objects = Objects { files: files.iter().filter_map(|file| file.path.clone()).collect(), ..Objects::default() };
    let (told, duplicates) = (Stages::default(), Duplicates::default());
    let mut making = Making { loaded, renderer, scopes: &scopes, told, duplicates, objects };
    let (mut start, mut ready) = (0, if few { files.len() } else { 0 });
    for item in &selection.chosen {
        let end = start + item.manifests.len();
        if ready < end {
            let next = end.max(ready + CHUNK).min(files.len());
            parse_all(loaded, &mut files[ready..next]);
            ready = next;
        }
        let manifests = making.make(item, &mut files[start..end], sink.tells_later());
        sink.take(manifests);
        start = end;
    }
    making.objects(selection)
}

/// Shows the sink all Secrets that are parsed already, but for those of a service that drops them.
fn show_secrets(loaded: &Loaded, jobs: &[(&Item<'_>, usize)], files: &[File], sink: &mut dyn Sink) {
    for ((item, _), file) in jobs.iter().zip(files) {
        let found = file.parsed.as_ref().map_or(&[][..], |parsed| &parsed.manifests);
        let drops = changes(loaded, item, None).drop_kinds.iter().any(|kind| kind.eq_ignore_ascii_case(SECRET));
        if !drops && found.iter().any(|one| &*one.kind == SECRET) {
            sink.secrets(found);
        }
    }
}

/// Parses the files that have not been.
fn parse_all(loaded: &Loaded, files: &mut [File]) {
    let parsed = in_parallel(files, |file| file.parse(loaded));
    for (file, parsed) in files.iter_mut().zip(parsed) {
        file.parsed = file.parsed.take().or(parsed);
    }
}

/// Objects under way: what has been told of those that are made, and what the next ones are held against.
struct Making<'a> {
    loaded: &'a Loaded,
    renderer: &'a Renderer,
    scopes: &'a dyn Scopes,
    told: Stages,
    duplicates: Duplicates,
    objects: Objects,
}

impl Making<'_> {
    /// Makes the objects of a group or service from its files, and lets these go.
    fn make(&mut self, item: &Item<'_>, files: &mut [File], keep_texts: bool) -> Vec<Manifest> {
        let loaded = self.loaded;
        let mut now = Stages::default();
        let mut manifests = Vec::new();
        for file in &mut *files {
            now.reading.append(&mut file.told);
            if let Some(parsed) = file.parsed.take() {
                now.reading.extend(parsed.told);
                manifests.extend(parsed.manifests);
            }
        }
        let image = image::reference(loaded, self.renderer, item, &mut now.shaping);
        // An image or a mount finds no workload where the item's files could not be read: that has been told already.
        let shaped = manifests::shape(&mut manifests, &changes(loaded, item, image), &loaded.namespace, self.scopes);
        let diagnostic = |(file, problem): Found| Diagnostic::of(&loaded.shown(&file), problem);
        now.shaping.extend(shaped.problems.into_iter().map(diagnostic));
        now.notes.extend(shaped.notes.into_iter().map(diagnostic));
        now.twice.extend(self.duplicates.find(&manifests).into_iter().map(diagnostic));
        self.let_go(files, &now.files(), keep_texts);
        self.told.append(&mut now);
        manifests
    }

    /// Keeps the files' texts as far as they are needed: those that something is told about, or all.
    fn let_go(&mut self, files: &mut [File], told: &BTreeSet<PathBuf>, keep_texts: bool) {
        for file in files {
            // The rendered text goes with it.
            let File { path: Some(path), written, rendered, .. } = std::mem::take(file) else { continue };
            let text = || written.as_deref().or(rendered.as_ref().map(|rendered| rendered.map.template()));
            if keep_texts {
                self.objects.texts.extend(text().map(|text| (Arc::clone(&path), Arc::from(text))));
            }
            if !told.is_empty() {
                let shown = self.loaded.shown(&path);
                if told.contains(&*shown) {
                    self.objects.sources.extend(text().map(|text| (shown, Arc::from(text))));
                }
            }
        }
    }

    /// All that there is to tell.
    fn objects(self, selection: &Selection<'_>) -> Objects {
        let Self { told, mut objects, .. } = self;
        objects.told.clone_from(&selection.told);
        objects.told.extend(told.reading.into_iter().chain(told.shaping).chain(told.twice));
        objects.notes = told.notes;
        objects.sources.extend(self.loaded.sources().clone());
        objects
    }
}

/// What is told, in the order of the stages rather than of the files.
#[derive(Default)]
struct Stages {
    reading: Vec<Diagnostic>,
    shaping: Vec<Diagnostic>,
    twice: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
}

impl Stages {
    fn append(&mut self, next: &mut Self) {
        self.reading.append(&mut next.reading);
        self.shaping.append(&mut next.shaping);
        self.twice.append(&mut next.twice);
        self.notes.append(&mut next.notes);
    }

    /// The files that something is told about.
    fn files(&self) -> BTreeSet<PathBuf> {
        let all = self.reading.iter().chain(&self.shaping).chain(&self.twice).chain(&self.notes);
        all.filter_map(|one| one.file.clone()).collect()
    }
}

/// Whether a rendered text may hold an object that decides about others: a Secret, whose values are hidden everywhere, or a
/// definition of a kind. A `\` may write either word in an escape.
fn decides(text: &str) -> bool {
    let whole_word = |(at, word): (usize, &str)| {
        let (before, behind) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(|char: char| char.is_ascii_alphanumeric())
            && (behind.starts_with("List") || !behind.starts_with(|char: char| char.is_ascii_alphanumeric()))
    };
    text.contains('\\') || text.contains("CustomResourceDefinition") || text.match_indices(SECRET).any(whole_word)
}

/// Keeps the texts of the files that something is told about.
fn pictures(loaded: &Loaded, objects: &mut Objects, texts: &Texts) {
    let told: BTreeSet<PathBuf> =
        objects.told.iter().chain(&objects.notes).filter_map(|one| one.file.clone()).collect();
    for (file, text) in texts {
        let shown = loaded.shown(file);
        if told.contains(&shown) {
            objects.sources.insert(shown, Arc::clone(text));
        }
    }
    objects.sources.extend(loaded.sources().clone());
}

type Texts = BTreeMap<Arc<Path>, Arc<str>>;

/// Looks at the files of groups and services that are not part of this environment: whether they are there and are templates.
/// What they render to can't be told, as it may need what only their own environment has.
pub fn read_static(loaded: &Loaded, renderer: &Renderer, items: &[Item<'_>]) -> Objects {
    let mut objects = Objects::default();
    let mut texts = Texts::new();
    for item in items {
        for index in 0..item.manifests.len() {
            let (file, text) = match open(loaded, renderer, item, index) {
                Ok(found) => found,
                Err(told) => {
                    objects.told.push(*told);
                    continue;
                }
            };
            if let Err(error) = gotmpl::Template::parse(&file.to_string_lossy(), &text, &loaded.funcs()) {
                objects.told.push(template_error(&loaded.shown(&file), &error));
                texts.insert(Arc::clone(&file), Arc::from(text));
            }
            objects.files.insert(file);
        }
    }
    pictures(loaded, &mut objects, &texts);
    objects
}

/// What the stack asks for beyond the files. Overlays are those of the environment alone: `from` brings settings of the
/// environment, not of its services (spec 2.1, step 5).
fn changes<'a>(loaded: &'a Loaded, item: &Item<'a>, image: Option<String>) -> Changes<'a> {
    let Some(service) = item.service else { return Changes::default() };
    const NONE: &Overlay = &Overlay { pvc_mounts: Vec::new(), host_mounts: Vec::new(), drop_kinds: Vec::new() };
    let overlay = loaded.of_env(&service.overlays).unwrap_or(NONE);
    Changes {
        image,
        pvc_mounts: &overlay.pvc_mounts,
        host_mounts: &overlay.host_mounts,
        drop_kinds: &overlay.drop_kinds,
        workload: Some(&service.name),
    }
}

#[cfg(test)]
mod tests {
    use super::decides;

    #[test]
    fn a_text_with_a_secret_or_a_definition_is_parsed_first_however_it_is_written() {
        for text in [
            "Secret",
            "kind: Secret",
            "{\"kind\":\"Secret\"}",
            "kind: SecretList",
            "kind: !!str Secret # one",
            "x: imagePullSecrets\n---\nkind: Secret\n",
            "kind: \"Sec\\x72et\"",
            "kind: CustomResourceDefinition",
            "kind: CustomResourceDefinitionList",
        ] {
            assert!(decides(text), "{text}");
        }
        for text in ["", "imagePullSecrets: []", "secretKeyRef: {}", "kind: ExternalSecret", "kind: SecretStore"] {
            assert!(!decides(text), "{text}");
        }
    }
}
