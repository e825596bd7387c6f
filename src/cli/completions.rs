//! `codexctl completions SHELL`.

use clap::ArgMatches;
use clap_complete::{Shell, generate};

use super::{CommandError, Exit, Outcome, args};

/// Prints the completion script of a shell.
pub(super) fn completions(matches: &ArgMatches) -> Result<Outcome, CommandError> {
    let mut script = Vec::new();
    // clap let no other name pass.
    if let Some(shell) = matches.get_one::<String>("shell").and_then(|name| name.parse::<Shell>().ok()) {
        generate(shell, &mut args::completed(), "codexctl", &mut script);
    }
    Ok(Outcome { text: String::from_utf8_lossy(&script).into_owned(), exit: Exit::Done })
}
