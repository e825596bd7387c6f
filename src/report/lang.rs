//! The languages that texts for GitHub and prompts come in. Help, errors and logs are English only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that all our texts exist in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

/// The value names no language of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language `{0}`: there are `en` and `ru`")]
pub struct UnknownLang(pub String);

impl Lang {
    /// The short name, as in `--lang` and in the names of template files.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The language of a setting such as `codex.promptLang`; English, with a warning to show, where we don't have that one.
    pub fn or_english(value: &str) -> (Self, Option<String>) {
        match value.parse() {
            Ok(lang) => (lang, None),
            Err(UnknownLang(name)) => {
                (Self::En, Some(format!("no texts in language `{name}`: English is used (there are `en` and `ru`)")))
            }
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(value: &str) -> Result<Self, UnknownLang> {
        match value.trim().to_ascii_lowercase().as_str() {
            "en" => Ok(Self::En),
            "ru" => Ok(Self::Ru),
            _ => Err(UnknownLang(value.trim().to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_in_any_case() {
        assert_eq!("RU".parse(), Ok(Lang::Ru));
        assert_eq!(" en ".parse(), Ok(Lang::En));
        assert_eq!("de".parse::<Lang>(), Err(UnknownLang("de".to_owned())));
    }

    #[test]
    fn a_language_that_we_lack_falls_back_to_english_and_says_so() {
        let (lang, warning) = Lang::or_english("de");
        assert_eq!(lang, Lang::En);
        insta::assert_snapshot!(warning.unwrap(), @"no texts in language `de`: English is used (there are `en` and `ru`)");
        assert_eq!(Lang::or_english("ru"), (Lang::Ru, None));
    }
}
