//! The command line, made from the settings table: one row there is one flag here.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, ColorChoice, Command, ValueHint};

use self::tree::{Below, COMMANDS, Entry};
use crate::settings::{Kind, Scope, Setting, Subcommand, table};

mod tree; // the commands, as a table

/// Takes a command line apart, the program's name first. Only the commands that it names are made: the whole tree has some hundred
/// flags, and a process that is started for each event should not pay for those of others.
///
/// # Errors
/// Wrong use, or `--help`: clap's own text, which knows the whole tree.
pub fn parse(arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let named = |name: &str| arguments.iter().any(|word| word == name);
    let color = color(arguments);
    tree(&named)
        .color(color)
        .try_get_matches_from(arguments)
        .or_else(|_| command().color(color).try_get_matches_from(arguments))
        .map_err(advise)
}

/// The whole command tree.
pub fn command() -> Command {
    tree(&|_| true)
}

/// The commands whose names are wanted.
fn tree(wanted: &dyn Fn(&str) -> bool) -> Command {
    Command::new("codexctl")
        .about("Turns a labelled GitHub issue into reviewed work: commits, a pull request, comments")
        .version(env!("CARGO_PKG_VERSION"))
        .help_template(template(
            "Exit codes: 0 done, 1 failed, 2 wrong use or configuration,\n            \
             3 stopped by a gate, 4 timed out, 130 interrupted.\n\n\
             Start with: codexctl run --event event.json --dry-run",
        ))
        .styles(
            Styles::styled().header(AnsiColor::Green.on_default().bold()).usage(AnsiColor::Green.on_default().bold()),
        )
        .max_term_width(120)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(flags(|scope| scope == Scope::Global))
        .subcommands(below(COMMANDS, wanted))
}

fn below(entries: &'static [Entry], wanted: &dyn Fn(&str) -> bool) -> impl Iterator<Item = Command> {
    entries.iter().filter(|entry| wanted(entry.name)).map(|entry| made(entry, wanted))
}

fn made(entry: &'static Entry, wanted: &dyn Fn(&str) -> bool) -> Command {
    let table = entry.table.map(|make| make()).unwrap_or_default();
    let command =
        Command::new(entry.name).about(entry.about).help_template(template(&format!("{table}{}", entry.notes)));
    match entry.below {
        Below::Flags(own) => command.args(flags(move |scope| scope.holds(own))),
        Below::Commands(entries) => {
            command.subcommand_required(true).arg_required_else_help(true).subcommands(below(entries, wanted))
        }
        Below::Shell => command.arg(
            Arg::new("shell")
                .required(true)
                .value_name("SHELL")
                .value_parser(PossibleValuesParser::new(SHELLS))
                .help("The shell"),
        ),
        Below::Step => command.arg(
            Arg::new(POST)
                .long(POST)
                .action(ArgAction::SetTrue)
                .help_heading("Flags")
                .help("Take back what the step left, if it was killed before its end; nothing otherwise"),
        ),
        Below::Nothing => command,
    }
}

/// The flag of the post step.
pub(super) const POST: &str = "post";

/// The command line that a name of the program stands for: `post-entrypoint` of an action is one executable without arguments.
pub fn by_name(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().map(Path::new).and_then(Path::file_name).and_then(OsStr::to_str);
    let words: &[&str] = match name {
        Some("codexctl-action") => &["action"],
        Some("codexctl-post") => &["action", "--post"],
        _ => &[],
    };
    if !words.is_empty() {
        arguments.splice(1..1, words.iter().map(OsString::from));
    }
    arguments
}

/// A command that a workflow may name, with the flags that are its own, if it has any.
pub(super) fn find(words: &[&str]) -> Option<Option<Subcommand>> {
    let (last, groups) = words.split_last()?;
    let mut entries = COMMANDS;
    for word in groups {
        entries = entries.iter().find_map(|entry| match entry.below {
            Below::Commands(below) if entry.name == *word => Some(below),
            _ => None,
        })?;
    }
    match entries.iter().find(|entry| entry.name == *last)?.below {
        Below::Flags(own) => Some(Some(own)),
        Below::Nothing => Some(None),
        _ => None,
    }
}

/// The names of all commands that [`find`] finds.
pub(super) fn names() -> Vec<String> {
    let below = |entry: &'static Entry| match entry.below {
        Below::Commands(below) => below.iter().map(|one| format!("{} {}", entry.name, one.name)).collect(),
        _ => vec![entry.name.to_owned()],
    };
    let all = COMMANDS.iter().flat_map(below);
    all.filter(|name| find(&name.split(' ').collect::<Vec<_>>()).is_some()).collect()
}

/// What `--color` asks of clap's own texts, help and wrong use: they are printed before anything is parsed.
fn color(arguments: &[OsString]) -> ColorChoice {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let next = |at: usize| words.get(at + 1).copied();
    let asked = words.iter().enumerate().find_map(|(at, word)| match *word {
        "--color" => next(at),
        word => word.strip_prefix("--color="),
    });
    // `auto` is clap's own rule: a terminal, and no NO_COLOR.
    asked.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// The same for completion scripts, where a flag offers the values that it takes.
pub fn completed() -> Command {
    let offer = |row: &'static Setting, arg: Arg| match row.kind {
        Kind::Choice(known) => arg.value_parser(PossibleValuesParser::new(known)),
        Kind::Switch => arg.value_parser(PossibleValuesParser::new(["true", "false"])),
        Kind::SwitchOr(other) => arg.value_parser(PossibleValuesParser::new(["true", "false", other])),
        _ if row.value == "FILE" => arg.value_hint(ValueHint::FilePath),
        _ => arg,
    };
    offered(command(), &offer)
}

/// The same tree with every flag of the table passed through `offer`.
fn offered(command: Command, offer: &impl Fn(&'static Setting, Arg) -> Arg) -> Command {
    let known: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let rows = table().filter(|row| known.iter().any(|id| id == row.flag));
    let whole = rows.fold(command, |whole, row| whole.mut_arg(row.flag, |arg| offer(row, arg)));
    let names: Vec<String> = whole.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    names.into_iter().fold(whole, |whole, name| whole.mut_subcommand(name, |one| offered(one, offer)))
}

/// What a user does next after a wrong argument, where clap itself knows no answer.
fn advise(mut error: clap::Error) -> clap::Error {
    let wrong = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let told = error.get(ContextKind::Suggested).is_some();
    match error.kind() {
        // clap goes by letters in common alone: it takes `rn` for `render`.
        ErrorKind::InvalidSubcommand => {
            let near = wrong(ContextKind::InvalidSubcommand).and_then(|name| nearest(&name));
            if let Some(near) = near {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near]));
            }
        }
        ErrorKind::UnknownArgument if !told => {
            let tip = wrong(ContextKind::InvalidArg).and_then(|word| match word {
                // `--dry-run false`: the value of a switch must be attached.
                word if crate::settings::parse_switch(&word).is_some() => {
                    Some(format!("the value of a switch stands behind `=`, as in --dry-run={word}"))
                }
                word if word.ends_with(".json") && !word.starts_with('-') => {
                    Some(format!("a file with an event is given as --event {word}"))
                }
                _ => None,
            });
            if let Some(tip) = tip {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            }
        }
        _ => {}
    }
    error
}

/// The command that a slip of the fingers may have meant.
fn nearest(name: &str) -> Option<String> {
    let known = command().get_subcommands().map(|one| one.get_name().to_owned()).collect::<Vec<_>>();
    let near = known.into_iter().map(|known| (strsim::normalized_damerau_levenshtein(name, &known), known));
    // Half of the letters alike is what a slip of the fingers leaves; less is another word.
    near.filter(|(alike, _)| *alike >= 0.5).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// The shells that there are completions for (spec 3).
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Help in the order in which it is read. What stands in a template is not wrapped, so that tables stay tables.
fn template(notes: &str) -> String {
    format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{{all-args}}\n\n{notes}\n")
}

fn flags(wanted: impl Fn(Scope) -> bool) -> impl Iterator<Item = Arg> {
    table().filter(move |row| wanted(row.scope)).map(flag)
}

fn flag(row: &'static Setting) -> Arg {
    let variables = row.variables.join(", ");
    let default = row.default.map_or(String::new(), |value| format!("; default {value}"));
    let value = match row.kind {
        Kind::Choice(known) => known.join("|"),
        _ => row.value.to_owned(),
    };
    let arg = Arg::new(row.flag)
        .long(row.flag)
        .global(row.scope == Scope::Global)
        .action(ArgAction::Set)
        .value_name(value)
        .help(format!("{} [{variables}{default}]", row.help))
        .help_heading(if row.scope == Scope::Global { "Global flags" } else { "Flags" });
    let arg = match row.short {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    match row.kind {
        // `--x` alone is true; a value must be attached, so that `--x false` is not misread.
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("true|false"),
        Kind::SwitchOr(other) => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name(format!("true|false|{other}")),
        _ => arg.allow_hyphen_values(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in [["codexctl", "-o", "json", "version"], ["codexctl", "version", "-o", "json"]] {
            let matches = parse(&line.map(OsString::from)).unwrap();
            let (_, own) = matches.subcommand().unwrap();
            assert_eq!(own.get_one::<String>("output").map(String::as_str), Some("json"));
        }
    }
    #[test]
    fn commands_that_nobody_names_are_known_to_help_and_to_errors() {
        let error = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            parse(&words).unwrap_err().to_string()
        };
        assert!(error(&["codexctl", "--help"]).contains("  manage-env"));
        assert!(error(&["codexctl", "rendr"]).contains("'render'"));
        assert!(error(&["codexctl", "prompt", "--help"]).contains("  render"));
        // The value of a flag may be the name of a command.
        assert!(parse(&["codexctl", "validate", "--env", "run"].map(OsString::from)).is_ok());
    }
}
