//! The functions a template knows: Go's built-ins and the project's own helpers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::funcs::{Answer, Func, too_long};
use super::quote::lossy;
use super::runtime::{Data, Kind, Val};
use super::time::Time;
use super::unicode::is_print;

/// The functions known to a template. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Funcs {
    helpers: Option<Arc<Helpers>>,
}

/// What the helpers work with.
#[derive(Debug)]
pub(super) struct Helpers {
    env: Arc<BTreeMap<String, String>>,
    now: Time,
}

impl Funcs {
    /// Go's built-ins alone: `and or not eq ne lt le gt ge len index slice print printf println html js urlquery
    /// call`.
    pub fn builtins() -> Funcs {
        Funcs { helpers: None }
    }

    /// The built-ins and, over the given variables and time:
    /// * `envOr KEY DEFAULT`: the variable, or the default when it is unset or empty;
    /// * `default VALUE DEFAULT`: the text, or the default when it is missing, empty or blank;
    /// * `ternary COND A B`: one of the two;
    /// * `join LIST SEP`: the texts of a list with the separator between them;
    /// * `indent N TEXT`: every line indented by N spaces, without line ends behind the last one;
    /// * `trimPrefix TEXT PREFIX`, `toLower TEXT`;
    /// * `slug TEXT`: trimmed, lower case, blanks and `_` made `-`;
    /// * `truncSHA TEXT`: its first 12 bytes;
    /// * `now`: the given time.
    pub fn with_helpers(env: Arc<BTreeMap<String, String>>, now: Time) -> Funcs {
        Funcs { helpers: Some(Arc::new(Helpers { env, now })) }
    }

    /// The function of that name.
    pub(super) fn find(&self, name: &str) -> Option<Func> {
        Func::builtin(name).or_else(|| self.helpers.as_ref().and_then(|_| helper(name)))
    }

    /// Calls a helper. The arguments fit its signature; `limit` is the most bytes a text may have.
    pub(super) fn call<'a>(&'a self, func: Func, args: &[Val<'a>], limit: usize) -> Answer<'a> {
        // Without helpers the parser finds none.
        let Some(helpers) = &self.helpers else { return Err(format!("{} is not known here", func.name())) };
        let text = |at: usize| args.get(at).and_then(Val::as_bytes).unwrap_or_default();
        let made = match func {
            Func::Now => return Ok(Val::from(Data::Time(helpers.now))),
            Func::EnvOr => {
                let key = std::str::from_utf8(text(0)).unwrap_or_default();
                match helpers.env.get(key) {
                    Some(value) if !value.is_empty() => return Ok(Val::from(Data::Str(value.as_bytes()))),
                    _ => return Ok(args[1].clone()),
                }
            }
            Func::Default => return default(&args[0], &args[1]),
            Func::Ternary => {
                let chosen = if args[0].truth() { &args[1] } else { &args[2] };
                return Ok(Val { in_interface: true, ..chosen.clone() });
            }
            Func::Join => join(&args[0], text(1), limit)?,
            Func::Indent => indent(args[0].as_int().unwrap_or(0), text(1), limit)?,
            Func::TrimPrefix => text(0).strip_prefix(text(1)).unwrap_or(text(0)).to_vec(),
            Func::ToLower => lower(&lossy(text(0))),
            Func::Slug => lower(lossy(text(0)).trim())
                .into_iter()
                .map(|byte| if matches!(byte, b' ' | b'_') { b'-' } else { byte })
                .collect(),
            _ => text(0).get(..12).unwrap_or(text(0)).to_vec(),
        };
        Ok(Val::made(made))
    }
}

/// The helper of that name.
fn helper(name: &str) -> Option<Func> {
    Some(match name {
        "envOr" => Func::EnvOr,
        "default" => Func::Default,
        "ternary" => Func::Ternary,
        "join" => Func::Join,
        "indent" => Func::Indent,
        "trimPrefix" => Func::TrimPrefix,
        "toLower" => Func::ToLower,
        "slug" => Func::Slug,
        "truncSHA" => Func::TruncSha,
        "now" => Func::Now,
        _ => return None,
    })
}

fn default<'a>(value: &Val<'a>, default: &Val<'a>) -> Answer<'a> {
    match (value.as_bytes(), &value.data) {
        (Some(text), _) if !lossy(text).trim().is_empty() => Ok(value.clone().unwrapped()),
        (Some(_), _) | (_, Data::Invalid) => Ok(default.clone()),
        _ => Err(format!("wrong type for value; expected string; got {}", value.concrete_type_name())),
    }
}

fn join(list: &Val<'_>, separator: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let wrong = || format!("wrong type for value; expected []string; got {}", list.concrete_type_name());
    let items = match &list.data {
        Data::Invalid => return Ok(Vec::new()),
        Data::List(items) => items,
        Data::ZeroOf(_) if list.length().is_some() && list.kind() == Kind::Slice => return Ok(Vec::new()),
        _ => return Err(wrong()),
    };
    let mut out = Vec::new();
    for index in 0..items.len {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        let item = items.get(index).map(Val::unwrapped).ok_or_else(wrong)?;
        let text = item.as_bytes().ok_or_else(|| {
            format!("wrong type for item {}; expected string; got {}", index, item.concrete_type_name())
        })?;
        out.extend_from_slice(text);
        if out.len() > limit {
            return Err(too_long(limit));
        }
    }
    Ok(out)
}

fn indent(count: i64, text: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // Go's strings.Repeat panics with these words.
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())?;
    let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
    let lines = text[..end].split(|byte| *byte == b'\n');
    let mut out = Vec::new();
    for (index, line) in lines.enumerate() {
        if count.saturating_add(out.len()).saturating_add(line.len()) > limit {
            return Err(too_long(limit));
        }
        if index > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + count, b' ');
        out.extend_from_slice(line);
    }
    Ok(out)
}

/// Go's `strings.ToLower`: one character for each, so that `İ` becomes a plain `i`; characters that its Unicode doesn't
/// have yet stay as they are.
fn lower(text: &str) -> Vec<u8> {
    let lower = |c: char| if is_print(c) { c.to_lowercase().next().unwrap_or(c) } else { c };
    text.chars().map(lower).collect::<String>().into_bytes()
}
