//! Names that differ as bytes and are one file where the repository is checked out.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Characters that HFS+ leaves out of a name before it compares. Source: git's `next_hfs_char` (utf8.c), after Apple's TN1150.
fn is_ignored(char: char) -> bool {
    matches!(char, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Characters composed (NFC): APFS and HFS+ take `é` in one or in two characters for the same name.
pub(super) fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// The path in one spelling for all that some file system takes for the same: without `./`, lower case, composed, without ignored
/// characters, and without what NTFS drops: blanks and dots at the end of a name, and a stream behind a colon. A backslash parts
/// names there.
pub(super) fn same_place(path: &str) -> String {
    let path: String = composed(path).to_lowercase().chars().filter(|char| !is_ignored(*char)).collect();
    // The long s is lower case already, and its capital is S.
    let path = path.replace('\u{17f}', "s").replace('\\', "/");
    let parts = path.split('/').map(|part| {
        let part = part.split(':').next().unwrap_or_default();
        part.trim_end_matches([' ', '.'])
    });
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// Whether NTFS or FAT may know another file by this name: `GITHUB~1`, `AGENTS~1.MD`.
pub(super) fn is_short_name(name: &str) -> bool {
    let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
    let Some((start, number)) = stem.split_once('~') else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !start.is_empty() && stem.chars().count() <= 8 && ending.chars().count() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_place_are_one() {
        for path in [
            "./.github/x",
            ".GitHub/X",
            ".g\u{200c}ithub/x",
            ".github./x",
            ".github /x ",
            ".github::$INDEX_ALLOCATION/x",
            ".github\\x",
            ".github//x",
        ] {
            assert_eq!(same_place(path), ".github/x", "{path:?}");
        }
        assert_eq!(same_place("AGENT\u{17f}.md"), "agents.md");
        assert_eq!(same_place("\u{212a}ube/cafe\u{301}"), "kube/caf\u{e9}");
        assert_ne!(same_place("github/x"), same_place(".github/x"));
    }

    #[test]
    fn short_names_are_known_by_their_form() {
        for name in ["GITHUB~1", "agents~2.md", "A~1", "GI7D29~1"] {
            assert!(is_short_name(name), "{name}");
        }
        for name in ["x~", "notes.~1~", "a-long-name~1", "a~1.json5", "~1", "HEAD~1a"] {
            assert!(!is_short_name(name), "{name}");
        }
    }
}
