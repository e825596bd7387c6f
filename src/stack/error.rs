//! What is wrong with a stack file, shown so that its author finds the place: with the source line, or one line each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles};

use super::excerpt::Excerpt;
use super::yaml::{Place, Problem};

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The stack can't be used.
    Error,
    /// The stack can be used, but something in it has no effect or is written in an older way.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing to say about a stack, with its place in the file as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// The file it is about, as the user named it; none for variables of the process.
    pub file: Option<PathBuf>,
    /// 1-based line; 0 where the whole file is meant.
    pub line: usize,
    /// 1-based column in characters; 0 where the whole file is meant.
    pub column: usize,
    /// What is wrong, with the offending text.
    pub text: String,
    /// The way out.
    pub hint: Option<String>,
    /// The bytes of the file that are marked in the graphical form.
    pub span: Option<(usize, usize)>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { severity: Severity::Error, file: None, line: 0, column: 0, text, hint: None, span: None }
    }

    /// A warning without a place.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(text) }
    }

    /// The same with the way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, about a whole file.
    #[must_use]
    pub fn file(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// The same, at a place in a file.
    #[must_use]
    pub fn at(mut self, file: &Path, place: Place) -> Self {
        self.file = Some(file.to_owned());
        self.line = place.line;
        self.column = place.column;
        self.span = Some((place.offset, place.offset));
        self
    }

    /// A problem of a file's YAML or of its fields, at its place.
    pub fn of(file: &Path, problem: Problem) -> Self {
        let mut text = problem.text;
        if let Some(earlier) = problem.earlier {
            text.push_str(&format!(" (first on line {})", earlier.line));
        }
        let mut made = Self::error(text).at(file, problem.place);
        made.severity = problem.severity;
        made.hint = problem.hint;
        made.span = Some((problem.place.offset, problem.end.max(problem.place.offset)));
        made
    }
}

/// `file:line:col: text`, as compilers print it and as annotations want it.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(out, "{}:", file.display())?;
            if self.line > 0 {
                write!(out, "{}:{}:", self.line, self.column)?;
            }
            out.write_str(" ")?;
        }
        if self.severity == Severity::Warning {
            out.write_str("warning: ")?;
        }
        out.write_str(&self.text)?;
        if let Some(hint) = &self.hint {
            write!(out, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a stack, errors and warnings, with the text of the files they are about.
///
/// `Display` is the plain form; [`StackError::graphical`] shows the source lines.
#[derive(Debug, Clone, Default)]
pub struct StackError {
    /// What there is to say, errors first, each kind in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

/// Texts of files that may be shown: the stack file and what it renders, never a file of variables.
pub type Sources = BTreeMap<PathBuf, Arc<str>>;

impl StackError {
    /// Sorts what there is to say and keeps the sources for the graphical form.
    pub fn new(mut diagnostics: Vec<Diagnostic>, sources: Sources) -> Self {
        diagnostics
            .sort_by(|a, b| (a.severity, &a.file, a.line, a.column).cmp(&(b.severity, &b.file, b.line, b.column)));
        diagnostics.dedup();
        Self { diagnostics, sources }
    }

    /// One error that concerns no line.
    pub(super) fn one(diagnostic: Diagnostic) -> Self {
        Self::new(vec![diagnostic], Sources::new())
    }

    /// The errors alone.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|one| one.severity == Severity::Error)
    }

    /// The texts that pictures are drawn from.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// One of the diagnostics with its source line, for a person.
    pub fn picture(&self, one: &Diagnostic) -> String {
        render(std::slice::from_ref(one), &self.sources, false, PICTURE_WIDTH)
    }

    /// Every diagnostic with its source line, for a person. `width` is in columns.
    pub fn graphical(&self, color: bool, width: usize) -> String {
        render(&self.diagnostics, &self.sources, color, width)
    }
}

impl fmt::Display for StackError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{one}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StackError {}

/// Columns of a picture in a log.
pub(super) const PICTURE_WIDTH: usize = 100;

/// Renders diagnostics with their source lines.
pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool, width: usize) -> String {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: if color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut out = String::new();
    for (index, one) in diagnostics.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let source = one.file.as_ref().and_then(|file| Some((file, sources.get(file)?)));
        let drawn = one.span.zip(source).and_then(|((start, end), (file, text))| {
            let (start, length) = visible(text, start, end);
            Excerpt::of(&file.display().to_string(), text, start, length)
        });
        let (source, span) = drawn.unzip();
        let report = Report { about: one, source, span };
        // Writing into a String can't fail; a report that can't be drawn is still told plainly.
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&format!("{one}\n"));
        }
    }
    out
}

/// The part of a span that is on its first line, at least one character.
fn visible(text: &str, start: usize, end: usize) -> (usize, usize) {
    let mut start = start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end();
    let mut length = match end.checked_sub(start) {
        Some(length) if length > 0 => length.min(line.len()),
        _ => line.chars().next().map_or(0, char::len_utf8),
    };
    // An end that was led back from rendered text may lie inside a character.
    while !line.is_char_boundary(length) {
        length += 1;
    }
    (start, length)
}

#[derive(Debug)]
struct Report<'a> {
    about: &'a Diagnostic,
    source: Option<Excerpt>,
    span: Option<(usize, usize)>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.span.is_none()
            && let Some(file) = &self.about.file
        {
            write!(out, "{}", file.display())?;
            if self.about.line > 0 {
                write!(out, ":{}:{}", self.about.line, self.about.column)?;
            }
            out.write_str(": ")?;
        }
        out.write_str(&self.about.text)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.about.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.about.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, span))))
    }
}
