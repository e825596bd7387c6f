//! Where a project keeps prompt templates of its own, and which of them counts.

use std::io;
use std::path::Path;

use crate::policy::triggers::Kind;
use crate::report::Lang;
use crate::stack::Loaded;

/// The folder of a project's prompt templates, relative to its root.
pub const FOLDER: &str = ".codexctl/prompts";

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `*.hbs`, with the values that docs/prompts.md lists.
    Handlebars,
    /// Any other name: Go's text/template with the stack's context (spec 2.2).
    Go,
}

/// A prompt template of the project, from the tree of the trusted commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTemplate {
    /// Its path in that tree, for messages.
    pub path: String,
    /// Its text.
    pub source: String,
    /// What it is written in.
    pub syntax: Syntax,
    /// The language that it is written in.
    pub lang: Lang,
}

/// The template that counts, and what a person should hear about the choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The template; none: the built-in one.
    pub template: Option<ProjectTemplate>,
    /// Sentences for people.
    pub warnings: Vec<String>,
}

impl ProjectTemplate {
    /// A template by its path, whose name says what it is written in.
    pub fn new(path: impl Into<String>, source: impl Into<String>, lang: Lang) -> Self {
        let path = path.into();
        let hbs = Path::new(&path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("hbs"));
        let syntax = if hbs { Syntax::Handlebars } else { Syntax::Go };
        Self { path, source: source.into(), syntax, lang }
    }

    /// Whether it tells a session that goes on only what is new: it asks for `short` in Handlebars, for `CODEXCTL_PROMPT_MODE` or
    /// `PROMPT_MODE` in Go.
    pub fn knows_short(&self) -> bool {
        match self.syntax {
            Syntax::Handlebars => words(&self.source).any(|word| word == "short"),
            Syntax::Go => words(&self.source).any(|word| word.ends_with("PROMPT_MODE")),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_')
}

/// The project's own template for a kind and language: the file that `--template` names, else `<kind>_<lang>.hbs` or `.tmpl` below
/// [`FOLDER`], else the English one with a warning. Where a name is there with both endings, `.hbs` counts.
///
/// # Errors
/// A sentence: the named file is not there or not below the root, or a file can't be read.
pub fn find(stack: &Loaded, kind: Kind, lang: Lang, named: Option<&str>) -> Result<Found, String> {
    if let Some(path) = named {
        let source = stack.read_file(path).map_err(|error| format!("--template: {error}"))?;
        return Ok(Found { template: Some(ProjectTemplate::new(path, source, lang)), warnings: Vec::new() });
    }
    let mut found = Found::default();
    for from in [lang, Lang::En] {
        let paths = ["hbs", "tmpl"].map(|ending| format!("{FOLDER}/{kind}_{from}.{ending}"));
        let mut there = paths.into_iter().filter(|path| is_there(stack, path));
        let Some(path) = there.next() else { continue };
        if let Some(other) = there.next() {
            found.warnings.push(format!("{path} counts, {other} beside it does not: remove one of them"));
        }
        if from != lang {
            found.warnings.push(format!("{FOLDER} has no template {kind}_{lang}: {path} is used instead"));
        }
        let source = stack.read_file(&path)?;
        found.template = Some(ProjectTemplate::new(path, source, from));
        return Ok(found);
    }
    Ok(found)
}

/// Whether something stands at this path; what it is, reading tells.
fn is_there(stack: &Loaded, path: &str) -> bool {
    !matches!(std::fs::symlink_metadata(stack.root.join(path)), Err(error) if error.kind() == io::ErrorKind::NotFound)
}
