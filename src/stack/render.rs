//! Renders the stack file and single values of it, and says in a user's words what is wrong with a template.

use std::path::Path;

use crate::gotmpl::{self, Error, Funcs, Limits, Rendered, Template, Value};

use super::decode::nearest;
use super::error::Diagnostic;
use super::raw::RawStack;
use super::yaml::Place;

/// Stands between the file's header variables and a value that is rendered after them. No template gives it.
const MARK: char = '\u{1}';

/// Functions and context of one run, made once for all texts that it renders.
#[derive(Debug, Clone)]
pub struct Renderer {
    pub(super) funcs: Funcs,
    pub(super) context: Value,
}

impl Renderer {
    /// Renders a text of the project: a manifest, a hook's script, a tag.
    ///
    /// # Errors
    /// What is wrong with the template, at its place in `text`; `name` is what the message calls it.
    pub fn text(&self, name: &str, text: &str) -> Result<Rendered, Error> {
        Template::parse(name, text, &self.funcs)?.render(&self.context, &Limits::default())
    }

    /// The same for a file of several values.
    ///
    /// # Errors
    /// All that is wrong with its templates, as far as one mistake doesn't hide the next.
    pub fn all(&self, name: &str, text: &str) -> Result<Rendered, Vec<Error>> {
        gotmpl::render(name, text, &self.funcs, &self.context, &Limits::default())
    }

    /// Renders the whole file.
    pub(super) fn file(&self, raw: &RawStack) -> Result<Rendered, Vec<Error>> {
        let name = raw.path().file_name().map_or_else(|| "services.yaml".into(), |name| name.to_string_lossy());
        self.all(&name, raw.text())
    }

    /// Renders a single value. One that uses variables sees those that comment lines at the top of the file set, and
    /// where these don't do, all that stand in the file outside of blocks.
    pub(super) fn value(&self, raw: &RawStack, text: &str) -> Result<String, Error> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        if !text.contains('$') {
            return self.after("", text);
        }
        self.after(&header(raw.text()), text).or_else(|error| self.after(raw.text(), text).map_err(|_| error))
    }

    /// Renders a text as the end of a longer one.
    fn after(&self, before: &str, text: &str) -> Result<String, Error> {
        let whole = format!("{before}{MARK}{text}");
        let rendered = self.text("value", &whole)?;
        let found = rendered.text.rsplit_once(MARK).map(|(_, value)| value.to_owned());
        Ok(found.unwrap_or(rendered.text))
    }
}

/// The comment lines at the top of the file that set variables.
fn header(text: &str) -> String {
    let comments = text.lines().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let settings = comments.filter(|line| line.contains("{{") && line.contains(":="));
    settings.fold(String::new(), |sum, line| sum + line + "\n")
}

/// What the template engine says, at its place, in a user's words.
pub fn template_error(file: &Path, error: &Error) -> Diagnostic {
    let message = error.message();
    let text = match error.context() {
        Some(context) => format!("template: {message} in `{context}`"),
        None => format!("template: {message}"),
    };
    let made = match error.place() {
        Some(place) => {
            let place = Place { line: place.line, column: place.column, offset: place.offset };
            Diagnostic::error(text).at(file, place)
        }
        None => Diagnostic::error(text).file(file),
    };
    match template_hint(message) {
        Some(hint) => made.hint(hint),
        None => made,
    }
}

/// The functions that a template may call, for the hint about one that isn't there.
const FUNCTIONS: [&str; 29] = [
    "and",
    "call",
    "default",
    "envOr",
    "eq",
    "ge",
    "gt",
    "html",
    "indent",
    "index",
    "join",
    "js",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "now",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "slug",
    "ternary",
    "toLower",
    "trimPrefix",
    "truncSHA",
    "urlquery",
];

/// The fields of the context's top.
const FIELDS: [&str; 15] = [
    "Env",
    "Namespace",
    "Project",
    "ProjectRoot",
    "Slot",
    "Now",
    "UserVars",
    "Vars",
    "EnvMap",
    "Versions",
    "BaseDomain",
    "Storage",
    "Codex",
    "IssueComments",
    "ReviewComments",
];

/// The likely way out of a template error.
fn template_hint(message: &str) -> Option<String> {
    if let Some(name) = message.strip_prefix("function ").and_then(|rest| rest.split('"').nth(1)) {
        return Some(match nearest(name, FUNCTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", FUNCTIONS.join(", ")),
        });
    }
    if let Some(name) = message.strip_prefix("can't evaluate field ").and_then(|rest| rest.split(' ').next())
        && message.ends_with("config.TemplateContext")
    {
        return Some(match nearest(name, FIELDS) {
            Some(near) => format!("did you mean `.{near}`?"),
            None => format!("a variable is read with `envOr \"{name}\" \"\"`"),
        });
    }
    if message == "invalid value; expected string" {
        return Some(
            "nothing is set there; `default VALUE TEXT` gives a text for it, the value stands first".to_owned(),
        );
    }
    if message.starts_with("unexpected EOF") {
        return Some("an `if`, `range`, `with` or `define` has no `{{ end }}`".to_owned());
    }
    if message.starts_with("unexpected \"}\"") {
        return Some("a template ends in `}}`".to_owned());
    }
    message
        .starts_with("undefined variable")
        .then(|| "set it above, in a comment line: `# {{- $name := envOr \"NAME\" \"\" -}}`".to_owned())
}
