//! What a secret is, a type that can't be printed, and the redactor that keeps secrets out of every text.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// What stands in a text where a secret stood.
pub const HIDDEN: &str = "<hidden>";

/// Values shorter than this are not searched for in running text: they would hide ordinary words (spec 7.5).
const SHORTEST: usize = 8;

/// A value that must not be shown: `Debug` and `Display` print [`HIDDEN`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    /// Wraps a value so that it can't be printed by accident.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

/// Whether a variable of this name holds a secret (spec 7.5).
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "secret", "passw", "credential"].iter().any(|part| name.contains(part))
        || name.ends_with("_pat")
        || name.ends_with("_key")
}

/// Whether a value is long enough to be searched for in running text.
pub fn is_searchable(value: &str) -> bool {
    value.trim().len() >= SHORTEST
}

/// 128 random bits from the system's source: for delimiters, names and bearers that nobody can guess.
///
/// Without that source (no `/dev/urandom`, as in a broken container) they come from the hasher's seed, which is random too.
pub fn random() -> u128 {
    use std::hash::{BuildHasher as _, RandomState};
    use std::io::Read as _;
    let mut bytes = [0_u8; 16];
    match std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)) {
        Ok(()) => u128::from_ne_bytes(bytes),
        Err(_) => (u128::from(RandomState::new().hash_one(1)) << 64) | u128::from(RandomState::new().hash_one(2)),
    }
}

/// The same as 32 hexadecimal digits.
pub fn random_word() -> String {
    format!("{:032x}", random())
}

/// The base64 of a value wherever it begins in a longer one, as a password does in `user:password`: of each of the three ways in
/// which its bytes can lie, the characters that depend on nothing but the value.
fn base64_cores(value: &str) -> impl Iterator<Item = String> {
    (0..3).filter_map(move |before| {
        let bytes = [&[0; 2][..before], value.as_bytes()].concat();
        let text = STANDARD_NO_PAD.encode(&bytes);
        // A character holds six bits: the first ones share theirs with what stands before, the last one with what follows.
        let start = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        text.get(start..end).map(str::to_owned)
    })
}

/// A value as addresses and forms write it.
fn encoded_for_addresses(value: &str) -> [String; 3] {
    let percent = |byte: u8| match byte {
        // RFC 3986, 2.3: all other characters may be encoded.
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let upper: String = value.bytes().map(percent).collect();
    let lower: String =
        value.bytes().map(percent).map(|one| if one.len() > 1 { one.to_lowercase() } else { one }).collect();
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    [upper, lower, form]
}

/// Replaces known secret values, as plain text, base64 and encoded for addresses, by [`HIDDEN`]. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Vec<String>>>,
}

impl Redactor {
    /// Makes a value known; from now on it is hidden. Values under 8 characters are not.
    pub fn add(&self, secret: &Secret) {
        let value = secret.expose().trim();
        if !is_searchable(value) {
            return;
        }
        let mut forms = vec![value.to_owned(), STANDARD.encode(value)];
        for core in base64_cores(value) {
            forms.push(core.replace('+', "-").replace('/', "_"));
            forms.push(core);
        }
        forms.extend(encoded_for_addresses(value));
        let quoted = serde_json::Value::from(value).to_string();
        forms.extend(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned));
        // Runners mask line by line, and a key is often printed that way too.
        forms.extend(value.lines().map(str::trim).filter(|line| is_searchable(line)).map(str::to_owned));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms {
            if !known.contains(&form) {
                known.push(form);
            }
        }
        // The longest first, so that a value is never left half hidden by a shorter one inside it.
        known.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text with every known secret hidden.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut out = Cow::Borrowed(text);
        // The longest come first, and most texts are shorter than any.
        let fits = known.partition_point(|form| form.len() > text.len());
        for form in known[fits..].iter().filter(|form| !form.is_empty()) {
            if out.contains(form.as_str()) {
                out = Cow::Owned(out.replace(form.as_str(), HIDDEN));
            }
        }
        out
    }

    /// The 1-based line of the first known secret in the text, never the secret itself.
    pub fn find_line(&self, text: &str) -> Option<usize> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().filter_map(|form| text.find(form.as_str())).min().map(|at| text[..at].matches('\n').count() + 1)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_hidden() {
        let secret = Secret::new("ghp_canary_value".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "<hidden> <hidden>");
    }

    #[test]
    fn the_redactor_hides_plain_and_base64_forms_and_each_line_of_a_key() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("first-line-of-key\nsecond-line-of-key".to_owned()));
        let encoded = STANDARD.encode("first-line-of-key\nsecond-line-of-key");
        assert_eq!(redactor.redact(&format!("a {encoded} b")), "a <hidden> b");
        assert_eq!(redactor.redact("x second-line-of-key y"), "x <hidden> y");
        assert_eq!(redactor.find_line("one\ntwo first-line-of-key"), Some(2));
    }

    #[test]
    fn a_secret_inside_something_encoded_is_hidden() {
        let redactor = Redactor::default();
        let value = "s3cr?t>value/1";
        redactor.add(&Secret::new(value.to_owned()));
        for before in ["", "u", "me:", "user:", "x-access-token:"] {
            for after in ["", "\n", "@", "abc"] {
                let encoded = STANDARD.encode(format!("{before}{value}{after}"));
                for text in [encoded.clone(), encoded.replace('+', "-").replace('/', "_")] {
                    assert!(redactor.redact(&text).contains(HIDDEN), "{before} {after}");
                }
            }
        }
        for text in ["s3cr%3Ft%3Evalue%2F1", "s3cr%3ft%3evalue%2f1"] {
            assert_eq!(redactor.redact(&format!("https://x/?a={text}&b")), "https://x/?a=<hidden>&b");
        }
        assert_eq!(redactor.redact(&STANDARD.encode("another value")), STANDARD.encode("another value"));
    }

    #[test]
    fn short_values_do_not_hide_ordinary_words() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("main".to_owned()));
        assert_eq!(redactor.redact("the main branch"), "the main branch");
    }

    #[test]
    fn names_of_secrets_are_known_by_their_parts() {
        for name in ["OPENAI_API_KEY", "CODEXCTL_GH_PAT", "DB_PASSWORD", "MY_SECRET_X", "x_credentials"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["KEYBOARD", "PATH", "PATTERN", "CODEXCTL_ENV"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
