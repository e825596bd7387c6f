//! Finds keys of providers by a table of their forms: words first, all in one pass, then the form at the word's place.
//!
//! A word that stands in the form itself (`npm_`) is enough for a token of 36 characters. A key that looks like any other number is
//! known only by the name that it is set to (`mailgun_key = "…"`). What counts up, says `example` or repeats itself is left alone.
//! There is no rule for any name with `key`, `token` or `password` in it: it takes 143 values in 654 lock files of others for secrets,
//! and a find ends a run. Values that the run knows are found under any name, and nobody gave the agent others.

mod apps;
mod clouds;
mod code;
mod money;
mod odd;
mod talk;

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};

use super::form::Form;
use super::harmless;

/// A provider's key and how to know it.
#[derive(Clone, Copy)]
struct Key {
    /// As it is told to people.
    name: &'static str,
    how: How,
    /// A form, or an expression of [`How::From`] and [`How::Near`].
    form: &'static str,
    /// Below so many bits a byte it is a placeholder.
    entropy: f64,
    /// Whether a value of hexadecimal digits alone is a checksum, for the key's alphabet is larger.
    beyond_hex: bool,
    /// Whether a part of something longer in base64 is none: then other marks stand around it than around a key.
    beyond_base64: bool,
    /// Whether what reads like the name of a function is one.
    beyond_name: bool,
    /// Whether words such as `your` make it a placeholder.
    words: bool,
    /// Ends of the names of the only files that have it, in small letters; none for all files and texts.
    files: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// By its own form.
    Alone,
    /// By the name that it is set to, which has one of these words, divided by blanks.
    Set(&'static str),
    /// By an expression that begins behind one of these words.
    From(&'static [&'static str]),
    /// By an expression anywhere in a text with one of these words.
    Near(&'static [&'static str]),
}

const fn key(name: &'static str, how: How, form: &'static str) -> Key {
    let (beyond_hex, beyond_base64, beyond_name) = (false, false, false);
    Key { name, how, form, entropy: 2.75, beyond_hex, beyond_base64, beyond_name, words: false, files: &[] }
}

const fn token(name: &'static str, form: &'static str) -> Key {
    key(name, How::Alone, form)
}

const fn set(name: &'static str, words: &'static str, form: &'static str) -> Key {
    key(name, How::Set(words), form)
}

impl Key {
    const fn entropy(self, entropy: f64) -> Self {
        Self { entropy, ..self }
    }

    const fn beyond_hex(self) -> Self {
        Self { beyond_hex: true, ..self }
    }

    const fn beyond_base64(self) -> Self {
        Self { beyond_base64: true, ..self }
    }

    const fn beyond_name(self) -> Self {
        Self { beyond_name: true, ..self }
    }

    const fn placeholders(self) -> Self {
        Self { words: true, ..self }
    }

    const fn files(self, files: &'static [&'static str]) -> Self {
        Self { files, ..self }
    }

    fn expression(&self) -> Option<String> {
        match self.how {
            How::Alone => Some(Form::read(self.form)?.alone()),
            How::Set(_) => Some(Form::read(self.form)?.assigned()),
            How::From(_) => Some(format!(r"\A{}", self.form)),
            How::Near(_) => Some(self.form.to_owned()),
        }
    }

    fn is_real(&self, value: &[u8]) -> bool {
        let set = matches!(self.how, How::Set(_));
        let harmless = harmless::entropy(value) < self.entropy
            || harmless::is_example(value)
            || (set && harmless::is_word(value))
            || (self.beyond_name && harmless::is_name(value))
            || (self.beyond_hex && harmless::is_hex(value))
            || (self.words && harmless::is_placeholder(value));
        !harmless
    }

    fn is_for(&self, path: Option<&str>) -> bool {
        let ends = |path: &str| self.files.iter().any(|end| path.to_ascii_lowercase().ends_with(end));
        self.files.is_empty() || path.is_some_and(ends)
    }
}

/// So far from its word a key is looked for; each word of a flood of words costs no more.
const REACH: usize = 1024;
/// So many finds of one key in one text are enough.
const ENOUGH: usize = 100;

static FINDER: LazyLock<Finder> = LazyLock::new(Finder::new);

#[derive(Default)]
struct Finder {
    keys: Vec<Key>,
    /// Of each key, compiled when it is first needed.
    compiled: Vec<OnceLock<Option<Regex>>>,
    words: Option<AhoCorasick>,
    /// For each word the keys that it calls for, and how many bytes before the word they begin.
    called: Vec<Vec<(usize, usize)>>,
}

impl Finder {
    fn new() -> Self {
        let mut finder = Self::default();
        let mut words = Vec::new();
        for table in [code::KEYS, clouds::KEYS, apps::KEYS, money::KEYS, talk::KEYS, odd::KEYS] {
            for key in table {
                let index = finder.keys.len();
                finder.keys.push(*key);
                finder.compiled.push(OnceLock::new());
                let (called_by, before) = match key.how {
                    How::Alone => Form::read(key.form).map(|form| (form.words, form.before)).unwrap_or_default(),
                    How::Set(words) => (words.split(' ').map(str::to_owned).collect(), 0),
                    How::From(words) | How::Near(words) => (words.iter().map(ToString::to_string).collect(), 0),
                };
                for word in called_by {
                    let word = word.to_ascii_lowercase();
                    let at = words.iter().position(|known| *known == word).unwrap_or_else(|| {
                        words.push(word);
                        finder.called.push(Vec::new());
                        words.len() - 1
                    });
                    finder.called[at].push((index, before));
                }
            }
        }
        finder.words = AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok();
        finder
    }

    fn compiled(&self, index: usize) -> Option<&Regex> {
        let build = |text: String| RegexBuilder::new(&text).unicode(false).build().ok();
        self.compiled[index].get_or_init(|| self.keys[index].expression().and_then(build)).as_ref()
    }

    fn find(&self, path: Option<&str>, text: &[u8]) -> Vec<(usize, &'static str)> {
        let mut found = Vec::new();
        let mut near = Vec::new();
        let mut counts = vec![0; self.keys.len()];
        for hit in self.words.iter().flat_map(|words| words.find_overlapping_iter(text)) {
            for (index, before) in &self.called[hit.pattern().as_usize()] {
                let from = match self.keys[*index].how {
                    How::Alone => hit.start().checked_sub(*before).filter(|start| begins(text, *start)),
                    How::Set(_) | How::From(_) => Some(hit.end()),
                    How::Near(_) => {
                        near.push(*index);
                        None
                    }
                };
                let hit = from.filter(|_| counts[*index] < ENOUGH);
                let hit = hit.and_then(|from| self.look(*index, path, text, from..text.len().min(from + REACH)));
                counts[*index] += usize::from(hit.is_some());
                found.extend(hit);
            }
        }
        near.sort_unstable();
        near.dedup();
        found.extend(near.into_iter().filter_map(|index| self.look(index, path, text, 0..text.len())));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The line and name of a key whose expression fits in a part of the text.
    fn look(
        &self,
        index: usize,
        path: Option<&str>,
        text: &[u8],
        range: Range<usize>,
    ) -> Option<(usize, &'static str)> {
        let key = self.keys[index];
        let expression = if key.is_for(path) { self.compiled(index) } else { None }?;
        for groups in expression.captures_iter(&text[range.clone()]) {
            // Where one document ends and another begins, nothing is near.
            if matches!(key.how, How::Near(_)) && groups.get(0)?.as_bytes().windows(4).any(|part| part == b"\n---") {
                continue;
            }
            let value = (1..groups.len()).find_map(|group| groups.get(group)).or_else(|| groups.get(0))?;
            let start = range.start + value.start();
            let longer = key.beyond_base64 && harmless::is_part_of_base64(text, start..start + value.len());
            if !longer && key.is_real(value.as_bytes()) {
                return Some((text[..start].iter().filter(|byte| **byte == b'\n').count() + 1, key.name));
            }
        }
        None
    }
}

/// Whether a token can begin here: behind nothing that belongs to a word or to base64, or behind an escape such as `\n` or `%3D`.
fn begins(text: &[u8], start: usize) -> bool {
    match &text[..start] {
        [.., b'%', one, other] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit() => true,
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., last] => !last.is_ascii_alphanumeric() && *last != b'+',
        [] => true,
    }
}

/// Lines, from 1, and names of all keys in a text; `path` is the file's, none where the text is no file.
pub(super) fn find(path: Option<&str>, text: &[u8]) -> Vec<(usize, &'static str)> {
    FINDER.find(path, text)
}

#[cfg(test)]
mod tests;
