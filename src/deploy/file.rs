//! The files of groups and services: read, rendered, parsed.

use std::path::Path;
use std::sync::Arc;

use super::image;
use super::select::Item;
use crate::gotmpl::Rendered;
use crate::manifests::{self, Manifest, Owner, Source};
use crate::stack::yaml::{Node, Problem};
use crate::stack::{Diagnostic, FileError, Loaded, ProjectFile, Renderer, template_error};

/// One of a group's or service's files.
#[derive(Default)]
pub(super) struct File {
    /// Its path, where it could be read.
    pub(super) path: Option<Arc<Path>>,
    /// Its text, where that is no template.
    pub(super) written: Option<String>,
    /// What it renders to; this has its text as well.
    pub(super) rendered: Option<Rendered>,
    pub(super) owner: Option<Owner>,
    pub(super) told: Vec<Diagnostic>,
    /// Its objects, once it has been parsed.
    pub(super) parsed: Option<Parsed>,
}

/// What a file holds.
pub(super) struct Parsed {
    pub(super) manifests: Vec<Manifest>,
    pub(super) told: Vec<Diagnostic>,
}

impl File {
    /// Parses the file, unless that has been done or it can't be.
    pub(super) fn parse(&self, loaded: &Loaded) -> Option<Parsed> {
        let (Some(path), Some(rendered), Some(owner), None) = (&self.path, &self.rendered, &self.owner, &self.parsed)
        else {
            return None;
        };
        let source = Source { file: Arc::clone(path), rendered, owner: owner.clone() };
        let (manifests, problems) = manifests::read(&source);
        let told = if problems.is_empty() {
            Vec::new()
        } else {
            let shown = loaded.shown(path);
            problems.into_iter().map(|problem| Diagnostic::of(&shown, problem)).collect()
        };
        Some(Parsed { manifests, told })
    }
}

/// Reads and renders one of a group's or service's files.
pub(super) fn read_file(loaded: &Loaded, renderer: &Renderer, item: &Item<'_>, index: usize) -> File {
    let (path, text) = match open(loaded, renderer, item, index) {
        Ok(found) => found,
        Err(told) => return File { told: vec![*told], ..File::default() },
    };
    let mut file = File { owner: Some(item.owner.clone()), ..File::default() };
    match renderer.text(&path.to_string_lossy(), &text) {
        Ok(mut rendered) => {
            rendered.text.shrink_to_fit();
            file.rendered = Some(rendered);
        }
        Err(error) => {
            file.told.push(template_error(&loaded.shown(&path), &error));
            file.written = Some(text);
        }
    }
    file.path = Some(path);
    file
}

/// The text of one file, as its author wrote it.
pub(super) fn open(
    loaded: &Loaded,
    renderer: &Renderer,
    item: &Item<'_>,
    index: usize,
) -> Result<(Arc<Path>, String), Box<Diagnostic>> {
    let at = path_node(loaded, item, index).unwrap_or(loaded.node());
    let path = image::value(loaded, renderer, at, &item.manifests[index])?;
    match loaded.file(path.trim()) {
        Ok(ProjectFile { path, text }) => Ok((Arc::from(path), text)),
        Err(error) => Err(Box::new(file_error(loaded, at, error))),
    }
}

/// A file that can't be used: told where it is named, or where it is no text.
pub(super) fn file_error(loaded: &Loaded, at: &Node, error: FileError) -> Diagnostic {
    match error {
        FileError::Path { text, hint } => Diagnostic::of(loaded.path(), Problem { hint, ..Problem::at(at, text) }),
        FileError::Content { path, problem } => Diagnostic::of(&loaded.shown(&path), *problem),
    }
}

fn path_node<'n>(loaded: &'n Loaded, item: &Item<'_>, index: usize) -> Option<&'n Node> {
    item.node(loaded)?.get("manifests")?.items()?.get(index)?.get("path")
}
