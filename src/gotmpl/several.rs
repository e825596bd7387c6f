//! All mistakes of a template at once. Go stops at the first; here an action that only prints is put out of the way, and
//! the template is tried again.

use super::error::{Error, ErrorKind};
use super::exec::{Limits, Rendered, Template};
use super::helpers::Funcs;
use super::value::Value;

/// How many mistakes are told of one template.
const MOST: usize = 20;

/// Longest template that is tried again, in bytes.
const LONGEST: usize = 1 << 20;

/// Words that open, divide or close a structure: without them all that follows would mean something else.
const STRUCTURE: [&str; 10] =
    ["if", "else", "end", "range", "with", "define", "block", "template", "break", "continue"];

/// Parses and renders a template.
///
/// # Errors
/// Every mistake in an action that prints a value, in the order they were met, up to the first one elsewhere: nobody
/// can tell what a template means behind a broken structure or a variable that was never set. The first is the one
/// that [`Template::parse`] and [`Template::render`] give.
pub fn render(name: &str, text: &str, funcs: &Funcs, data: &Value, limits: &Limits) -> Result<Rendered, Vec<Error>> {
    let attempt = |text: &str| Template::parse(name, text, funcs)?.render(data, limits);
    let mut errors = match attempt(text) {
        Ok(rendered) => return Ok(rendered),
        Err(error) => vec![error],
    };
    let mut text = text.to_owned();
    while errors.len() < MOST && text.len() <= LONGEST {
        let Some(without) = errors.last().and_then(|error| without(&text, error)) else { break };
        text = without;
        match attempt(&text) {
            Ok(_) => break,
            Err(error) => errors.push(error),
        }
    }
    Err(errors)
}

/// The text with a plain number in place of the action that an error is about, each byte behind it where it was.
fn without(text: &str, error: &Error) -> Option<String> {
    // A template that has reached a limit would only reach it again.
    if !matches!(error.kind(), ErrorKind::Parse | ErrorKind::Exec) {
        return None;
    }
    let at = error.place()?.offset;
    let open = text.get(..at)?.rfind("{{")? + 2;
    let close = open + text.get(open..)?.find("}}")?;
    let action = &text[open..close];
    // `{{- x -}}` trims, `{{-1}}` is a number.
    let inside = action.strip_prefix("- ").unwrap_or(action);
    let inside = inside.strip_suffix(" -").unwrap_or(inside).trim();
    let word = inside.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let quotes = ['"', '`', '\''].iter().any(|quote| inside.matches(*quote).count() % 2 == 1);
    if close < at || inside.is_empty() || quotes || inside.contains('=') || STRUCTURE.contains(&word) {
        return None;
    }
    let from = open + action.find(inside)?;
    let to = from + inside.len();
    Some(format!("{}0{}{}", &text[..from], " ".repeat(inside.len() - 1), &text[to..]))
}
