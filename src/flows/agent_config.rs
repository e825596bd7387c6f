//! What services.yaml says about the agent's config.toml, rendered, with every mistake at its place in the file as written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::choices::{self, Choices};
use super::options::Given;
use super::{mcp, prompt};
use crate::agent::config::{self, At, Block, Error, Mistake, SandboxMode, Surroundings, Wanted};
use crate::agent::prompt::Runtime;
use crate::gotmpl::SourceMap;
use crate::report::Lang;
use crate::secrets::Secret;
use crate::stack::yaml::{Place, Problem};
use crate::stack::{Diagnostic, Extras, FileError, Loaded, Renderer, Severity, Sources, StackError, template_error};

/// Gathers the pieces: template, blocks, servers with the values that their references lead to.
///
/// # Errors
/// Everything that is wrong with them: a file that is missing or no template, TOML that is none, a server that is there twice, a
/// reference that leads nowhere.
pub(super) fn wanted(loaded: &Loaded, choices: &Choices, lang: Lang, runtime: Runtime) -> Result<Wanted, StackError> {
    let (wanted, told) = gather(loaded, choices, lang, runtime, Severity::Error)?;
    if told.diagnostics.is_empty() { Ok(wanted) } else { Err(told) }
}

/// All that is wrong with the agent's configuration of a stack, wherever its agent works. A reference that leads nowhere is a
/// warning: secrets are often absent where somebody only looks at a stack.
pub fn mistakes(loaded: &Loaded) -> StackError {
    let none = Given::default();
    // A model that can't be one is told when the file is read.
    let chosen = choices::of(&[], &[], &none, &none, Some(&loaded.stack.codex));
    let choices = chosen.map(|(choices, _)| choices).unwrap_or_default();
    let lang = prompt::lang(None, Some(loaded));
    match gather(loaded, &choices, lang, Runtime::Kubernetes, Severity::Warning) {
        Ok((_, told)) | Err(told) => told,
    }
}

/// The pieces, and what is wrong with them. `missing` is how much a reference that leads nowhere matters.
fn gather(
    loaded: &Loaded,
    choices: &Choices,
    lang: Lang,
    runtime: Runtime,
    missing: Severity,
) -> Result<(Wanted, StackError), StackError> {
    let codex = &loaded.stack.codex;
    let extras = Extras {
        model: choices.model.as_ref().map(|choice| choice.value.clone()),
        effort: choices.effort.as_ref().map(|choice| choice.value),
        lang: Some(lang.to_string()),
        ..Extras::default()
    };
    let renderer = match loaded.renderer(&extras) {
        Ok(renderer) => renderer,
        Err(error) => return Err(StackError::new(vec![template_error(loaded.path(), &error)], Sources::new())),
    };
    let mut pieces = Pieces { loaded, renderer, told: Vec::new(), sources: loaded.sources().clone() };
    let (template, template_origin) = match &codex.config_template {
        Some(path) => {
            let (toml, origin) = pieces.file(path, &["codex", "configTemplate"]);
            (Some(Block { place: path.clone(), toml }), Some(origin))
        }
        None => (None, None),
    };
    let (mut blocks, mut origins) = (Vec::new(), Vec::new());
    for (index, block) in codex.config_blocks.iter().enumerate() {
        let name = if block.name.is_empty() { String::new() } else { format!(" ({})", block.name) };
        let place = format!("codex.configBlocks[{index}]{name}");
        let (toml, origin) = match (&block.toml, &block.file) {
            // Text in services.yaml was rendered with the file itself.
            (Some(toml), _) => (toml.clone(), Origin::Field),
            (None, Some(path)) => pieces.file(path, &["codex", "configBlocks", &index.to_string(), "file"]),
            (None, None) => (String::new(), Origin::Field),
        };
        blocks.push(Block { place, toml });
        origins.push(origin);
    }
    let servers: Vec<_> =
        prompt::servers(loaded, runtime).map(|(index, server)| mcp::server(index, server, &loaded.namespace)).collect();
    let values = mcp::values(&servers, loaded);
    let wanted = Wanted {
        model: extras.model,
        effort: extras.effort.map(|effort| effort.to_string()),
        template,
        blocks,
        servers,
        context7: loaded.vars.get("CONTEXT7_API_KEY").filter(|key| !key.trim().is_empty()).map(secret),
        values,
    };
    if let Err(mistakes) = config::build(&wanted, &anywhere()) {
        for mistake in &mistakes.0 {
            let mut told = pieces.placed(mistake, template_origin.as_ref(), &origins);
            if matches!(mistake.error, Error::MissingReference { .. }) {
                told.severity = missing;
            }
            pieces.told.push(told);
        }
    }
    Ok((wanted, StackError::new(pieces.told, pieces.sources)))
}

fn secret(value: &str) -> Secret {
    Secret::new(value.to_owned())
}

/// Whether the pieces fit together doesn't depend on where the run takes place.
fn anywhere() -> Surroundings<'static> {
    Surroundings {
        base_url: None,
        tree: Path::new("/"),
        sandbox: SandboxMode::WorkspaceWrite,
        writable: &[],
        exclude_slash_tmp: false,
        hidden: &[],
        servers_in: None,
    }
}

/// Where the text of a piece came from.
enum Origin {
    /// services.yaml itself.
    Field,
    /// A file, by the path that messages show, and the way back from its rendered text.
    File(PathBuf, SourceMap),
    /// A file that gave nothing; what is wrong with it is told already.
    Nothing,
}

struct Pieces<'a> {
    loaded: &'a Loaded,
    renderer: Renderer,
    told: Vec<Diagnostic>,
    sources: Sources,
}

impl Pieces<'_> {
    /// The rendered text of a file that a field names.
    fn file(&mut self, path: &str, field: &[&str]) -> (String, Origin) {
        let found = match self.loaded.file(path) {
            Ok(found) => found,
            Err(FileError::Path { text, hint }) => {
                let told = self.at_field(field, text);
                self.told.push(hint.into_iter().fold(told, Diagnostic::hint));
                return (String::new(), Origin::Nothing);
            }
            Err(FileError::Content { path, problem }) => {
                self.told.push(Diagnostic::of(&self.loaded.shown(&path), *problem));
                return (String::new(), Origin::Nothing);
            }
        };
        let shown = self.loaded.shown(&found.path);
        let rendered = self.renderer.text(path, &found.text);
        self.sources.insert(shown.clone(), Arc::from(found.text));
        match rendered {
            Ok(rendered) => (rendered.text, Origin::File(shown, rendered.map)),
            Err(error) => {
                self.told.push(template_error(&shown, &error));
                (String::new(), Origin::Nothing)
            }
        }
    }

    /// An error at a field of services.yaml; at the nearest one above where that is not there.
    fn at_field(&self, field: &[&str], text: impl Into<String>) -> Diagnostic {
        let found = (0..=field.len()).rev().find_map(|length| self.loaded.field(&field[..length]));
        match found {
            Some(node) => Diagnostic::of(self.loaded.path(), Problem::at(node, text)),
            None => Diagnostic::error(text).file(self.loaded.path()),
        }
    }

    /// A mistake of the configuration at its place.
    fn placed(&self, mistake: &Mistake, template: Option<&Origin>, blocks: &[Origin]) -> Diagnostic {
        let text = mistake.error.to_string();
        let told = match &mistake.at {
            At::Template(byte) => self.inside(template, &["codex", "configTemplate"], *byte, text),
            At::Block(index, byte) => {
                self.inside(blocks.get(*index), &["codex", "configBlocks", &index.to_string(), "toml"], *byte, text)
            }
            At::Server(index) => self.at_field(&["codex", "mcp", "servers", &index.to_string(), "name"], text),
            At::Reference(index, kind, name) => {
                self.at_field(&["codex", "mcp", "servers", &index.to_string(), kind, name], text)
            }
            At::Whole => self.at_field(&["codex"], text),
        };
        mistake.error.hint().into_iter().fold(told, Diagnostic::hint)
    }

    fn inside(&self, origin: Option<&Origin>, field: &[&str], byte: usize, text: String) -> Diagnostic {
        if let Some(Origin::File(file, map)) = origin {
            let place = map.origin(byte);
            let place = Place { line: place.line, column: place.column, offset: place.offset };
            return Diagnostic::error(text).at(file, place);
        }
        match self.loaded.place_inside(field, byte).filter(|_| matches!(origin, Some(Origin::Field))) {
            Some(place) => Diagnostic::error(text).at(self.loaded.path(), place),
            None => self.at_field(field, text),
        }
    }
}
