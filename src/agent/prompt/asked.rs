//! Which prompt the settings ask for: whole, only what is new, or whole for a session that is lost.

use chrono::{DateTime, Utc};

use super::data::{LastRun, Mode, TreeState};
use crate::settings::parse_switch;

/// What was asked for by flag and variables, as it was written; an empty variable counts as unset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// `--resume` or `CODEXCTL_RESUME`.
    pub resume: bool,
    /// `CODEXCTL_PROMPT_MODE`.
    pub mode: Option<&'a str>,
    /// `CODEXCTL_PROMPT_CONTINUATION`.
    pub continuation: Option<&'a str>,
}

/// The prompt that is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Everything.
    #[default]
    Whole,
    /// Everything, and that work exists which no session remembers.
    SessionLost,
    /// Only what is new.
    New,
}

/// `CODEXCTL_PROMPT_MODE` is neither of its values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CODEXCTL_PROMPT_MODE: `{0}` is no prompt mode: write `short` or `full`")]
pub struct WrongMode(pub String);

/// What is known of the run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Its end; comments written or edited later are new. None: all are.
    pub since: Option<DateTime<Utc>>,
    /// How it ended.
    pub last: LastRun,
    /// What the tree holds.
    pub tree: TreeState,
    /// Whether the session has had a prompt of this kind.
    pub told: bool,
}

impl Asked<'_> {
    /// What is wanted, and a warning to show. A continuation counts before the mode, the mode before `--resume` (spec 7.1); a
    /// continuation that can't be read is taken for one: to tell too much costs tokens, to tell too little costs the work.
    ///
    /// # Errors
    /// The mode is neither `short` nor `full`.
    pub fn wanted(self) -> Result<(Wanted, Option<String>), WrongMode> {
        let given = |value: &Option<&str>| value.is_some_and(|value| !value.trim().is_empty());
        let mode = match self.mode.filter(|_| given(&self.mode)).map(str::trim) {
            None => None,
            Some(mode) if mode.eq_ignore_ascii_case("short") => Some(Wanted::New),
            Some(mode) if mode.eq_ignore_ascii_case("full") => Some(Wanted::Whole),
            Some(other) => return Err(WrongMode(other.to_owned())),
        };
        if let Some(continuation) = self.continuation.filter(|_| given(&self.continuation)) {
            match parse_switch(continuation.trim()) {
                Some(true) => return Ok((Wanted::SessionLost, None)),
                Some(false) => {}
                None => {
                    let warning = format!(
                        "CODEXCTL_PROMPT_CONTINUATION: `{continuation}` is neither true nor false: the agent gets the full prompt \
                         and is told that its session is lost"
                    );
                    return Ok((Wanted::SessionLost, Some(warning)));
                }
            }
        }
        let resumed = if self.resume { Wanted::New } else { Wanted::Whole };
        Ok((mode.unwrap_or(resumed), None))
    }
}

impl Wanted {
    /// The mode of a prompt for a run that goes on like this.
    pub fn mode(self, past: Past) -> Mode {
        let Past { since, last, tree, told } = past;
        match self {
            Self::Whole => Mode::Whole,
            Self::SessionLost => Mode::SessionLost { tree },
            Self::New => Mode::New { since, last, tree, told },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(resume: bool, mode: &str, continuation: &str) -> Wanted {
        let asked = Asked { resume, mode: Some(mode), continuation: Some(continuation) };
        let (wanted, warning) = asked.wanted().unwrap();
        assert_eq!(warning, None);
        wanted
    }

    #[test]
    fn nothing_asked_is_the_whole_prompt() {
        assert_eq!(Asked::default().wanted(), Ok((Wanted::Whole, None)));
        assert_eq!(wanted(false, "", " "), Wanted::Whole);
    }

    #[test]
    fn the_mode_decides_where_it_is_set_and_resume_where_it_is_not() {
        assert_eq!(wanted(true, "", ""), Wanted::New);
        assert_eq!(wanted(true, "full", ""), Wanted::Whole);
        assert_eq!(wanted(false, " Short ", ""), Wanted::New);
    }

    #[test]
    fn a_continuation_is_told_everything_and_that_its_session_is_lost() {
        for value in ["true", "1", "t", "TRUE"] {
            assert_eq!(wanted(true, "short", value), Wanted::SessionLost, "{value}");
        }
        for value in ["false", "0", "F"] {
            assert_eq!(wanted(true, "short", value), Wanted::New, "{value}");
        }
    }

    #[test]
    fn a_continuation_that_can_not_be_read_counts_and_is_told() {
        let asked = Asked { resume: true, mode: Some("short"), continuation: Some("maybe") };
        let (wanted, warning) = asked.wanted().unwrap();
        assert_eq!(wanted, Wanted::SessionLost);
        insta::assert_snapshot!(warning.unwrap(), @"CODEXCTL_PROMPT_CONTINUATION: `maybe` is neither true nor false: the agent gets the full prompt and is told that its session is lost");
    }

    #[test]
    fn a_mode_that_is_none_is_an_error_that_names_the_variable() {
        let asked = Asked { mode: Some("brief"), continuation: Some("true"), ..Asked::default() };
        insta::assert_snapshot!(asked.wanted().unwrap_err(), @"CODEXCTL_PROMPT_MODE: `brief` is no prompt mode: write `short` or `full`");
    }

    #[test]
    fn what_is_wanted_becomes_a_mode_with_what_is_known_of_the_past() {
        let past = Past { since: None, last: LastRun::Done, tree: TreeState::Kept, told: false };
        assert_eq!(Wanted::Whole.mode(past), Mode::Whole);
        assert_eq!(Wanted::SessionLost.mode(past), Mode::SessionLost { tree: TreeState::Kept });
        let new = Mode::New { since: None, last: LastRun::Done, tree: TreeState::Kept, told: false };
        assert_eq!(Wanted::New.mode(past), new);
    }
}
