//! The command tree: settings in, one call out, result printed. Results go to standard output, everything else to standard error.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;

use self::call::Call;
use crate::secrets::{Redactor, Secret, random_word};
use crate::settings::{Invalid, Settings};
use crate::ui::json::JsonUi;
use crate::ui::plain::PlainUi;
use crate::ui::terminal::TerminalUi;
use crate::ui::trace::Trace;
use crate::ui::{Level, Note, Style, Ui};

mod action;
mod apply;
mod ask;
pub mod args;
mod call; // what commands share
mod ci;
mod cluster;
mod completions;
mod destroy;
mod diff;
mod doctor;
mod hooks;
mod init;
mod live; // what commands share that run a flow
mod manage_env;
mod plan;
mod post; // what a killed step left
mod pr;
mod project;
mod prompt;
mod render;
mod run;
mod schema;
mod slots;
mod status;
mod validate;
mod version;

/// How a command ended, as the shell sees it (spec 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong use or wrong configuration.
    Usage = 2,
    /// Stopped by a gate.
    Gate = 3,
    /// Timed out waiting.
    TimedOut = 4,
    /// Interrupted; what had to be cleaned up was.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a command hands back to be printed: its result on standard output and how it ended.
#[derive(Debug)]
pub struct Outcome {
    /// The text for standard output.
    pub text: String,
    /// How it ended.
    pub exit: Exit,
}

/// Why a command could not be begun: wrong use or wrong configuration, as a rule.
#[derive(Debug)]
pub struct CommandError {
    text: String,
    exit: Exit,
}

impl CommandError {
    /// From anything that has words.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand as it is in map_err")]
    pub fn new(why: impl ToString) -> Self {
        Self { text: why.to_string(), exit: Exit::Usage }
    }

    /// What was asked for is well, but something that it needs does not answer: the same may succeed another time.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand as it is in map_err")]
    pub fn failed(why: impl ToString) -> Self {
        Self { text: why.to_string(), exit: Exit::Failed }
    }
}

impl<E: std::error::Error> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl std::fmt::Display for CommandError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}

/// Runs the program with this process's arguments and environment.
pub fn main() -> ExitCode {
    match crate::action::pid1::run() {
        None => {}
        Some(Ok(exit)) => return exit,
        Some(Err(error)) => {
            complain(format!("codexctl is the first process of this container and can't start its work: {error}"));
            return Exit::Failed.into();
        }
    }
    let mut stdout = std::io::stdout();
    let (text, exit) = match start(&args::by_name(std::env::args_os().collect()), None) {
        Ok(outcome) => (outcome.text, outcome.exit),
        Err(error) => {
            // A usage error or `--help`: clap knows which stream and colours fit.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            (String::new(), exit)
        }
    };
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A closed pipe (`codexctl … | head`) is the reader's choice, not a failure of the command.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(format!("the result can't be written to standard output: {error}"));
            if exit == Exit::Done { Exit::Failed.into() } else { exit.into() }
        }
        _ => exit.into(),
    }
}

/// Says what went wrong before or after everything that has a voice of its own.
fn complain(text: String) {
    let ui = PlainUi::new(std::io::stderr(), Level::Info, Style { color: false }, Redactor::default());
    ui.note(&Note::new(Level::Error, text));
}

/// Runs a command line, the program's name first, in this process's environment, and speaks through `ui` instead of standard error.
///
/// # Errors
/// Wrong use, or `--help`: clap's own text says it.
pub fn run_with(arguments: &[OsString], ui: Arc<dyn Ui>) -> Result<Outcome, clap::Error> {
    start(arguments, Some(ui))
}

fn start(arguments: &[OsString], ui: Option<Arc<dyn Ui>>) -> Result<Outcome, clap::Error> {
    let matches = args::parse(arguments)?;
    let Some((name, mut own)) = matches.subcommand() else {
        return Err(args::command()
            .error(clap::error::ErrorKind::MissingSubcommand, "name a command; `codexctl --help` lists them"));
    };
    // `prompt render`: the command is the whole path.
    let mut path = vec![name];
    while let Some((name, deeper)) = own.subcommand() {
        path.push(name);
        own = deeper;
    }
    let mut environment = crate::settings::environment();
    let step = path.as_slice() == ["action"];
    let post = step && own.get_flag(args::POST);
    let asked = match step {
        // Only a process of its own may change its user.
        true if ui.is_none() => match crate::action::become_owner(&mut environment) {
            Ok(told) => Asked { told, ..action::asked(environment) },
            Err(why) => {
                Asked { wrong: vec![why], ..Asked::by_hand(&path, Settings::new(BTreeMap::new(), environment)) }
            }
        },
        true => action::asked(environment),
        false => Asked::by_hand(&path, Settings::new(flags(own), environment)),
    };
    let redactor = Redactor::default();
    let (ui, silent) = match ui.map_or_else(|| voice(&asked.settings, &redactor), Ok) {
        Ok(ui) => (ui, None),
        Err(error) => (plain(&asked.settings, Level::Info, Style { color: false }, &redactor), Some(error)),
    };
    let command = asked.command;
    let mut call = Call { settings: asked.settings, ui, redactor, opened: None, command, trail: None };
    let named = call.settings.secrets().into_iter().map(|(_, secret)| secret);
    for secret in named.chain(asked.secrets) {
        call.redactor.add(&secret);
        call.ui.mask(&secret);
    }
    if let Some(error) = silent {
        call.ui.note(&Note::new(Level::Error, error.to_string()));
        return Ok(Outcome { text: String::new(), exit: Exit::Usage });
    }
    // Only the first voice of a process counts; a second one is a test's.
    let _ = tracing::subscriber::set_global_default(Trace::new(Arc::clone(&call.ui)));
    if step {
        action::greet(&call, post);
    }
    asked.told.iter().for_each(|note| call.ui.note(note));
    // A post step cleans up whatever it understands of its step's inputs: that was refused, or has begun.
    let mut wrong = if post { Vec::new() } else { asked.wrong };
    if step && !post && wrong.is_empty() {
        wrong.extend(action::begin(&mut call, asked.kubeconfig.as_ref()).err());
    }
    if !wrong.is_empty() {
        wrong.into_iter().for_each(|why| call.ui.note(&Note::new(Level::Error, why)));
        return Ok(Outcome { text: String::new(), exit: Exit::Usage });
    }
    let words = call.command.clone();
    let path: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = if post { post::post(&mut call) } else { dispatch(&path, &mut call, own) };
    let outcome = ended.unwrap_or_else(|error| {
        call.ui.note(&Note::new(Level::Error, error.to_string()));
        Outcome { text: String::new(), exit: error.exit }
    });
    Ok(if step { action::end(&call, outcome) } else { outcome })
}

/// What a command line, or a step of a workflow, asks for.
struct Asked {
    /// The words of the command.
    command: Vec<String>,
    settings: Settings,
    /// What must be masked besides variables with a secret's name.
    secrets: Vec<Secret>,
    /// A kubeconfig that has to be put into a file.
    kubeconfig: Option<Secret>,
    /// What people should know before it begins.
    told: Vec<Note>,
    /// Why it is not begun.
    wrong: Vec<String>,
}

impl Asked {
    fn by_hand(path: &[&str], settings: Settings) -> Self {
        let command = path.iter().map(|word| (*word).to_owned()).collect();
        Self { command, settings, secrets: Vec::new(), kubeconfig: None, told: Vec::new(), wrong: Vec::new() }
    }
}

fn dispatch(path: &[&str], call: &mut Call, own: &ArgMatches) -> Result<Outcome, CommandError> {
    match path {
        ["run"] => run::run(call),
        ["init"] => init::init(call),
        ["doctor"] => doctor::doctor(call),
        ["validate"] => validate::validate(call),
        ["render"] => render::render(call),
        ["apply"] => apply::apply(call),
        ["diff"] => diff::diff(call),
        ["destroy"] => destroy::destroy(call),
        ["status"] => status::run(call),
        ["schema"] => schema::schema(call),
        ["prompt", "run"] => prompt::run(call),
        ["prompt", "render"] => prompt::render(call),
        ["plan", "resolve-root"] => plan::resolve_root(call),
        ["pr", "detect"] => pr::detect(call),
        ["pr", "review-apply"] => pr::review_apply(call),
        ["ci", "ensure-slot"] => ci::ensure_slot(call),
        ["ci", "apply"] => apply::ci_apply(call),
        ["manage-env", name] => manage_env::run(call, name),
        ["version"] => version::version(call),
        ["completions"] => completions::completions(own),
        // clap refuses every name that is not in the tree.
        _ => Ok(Outcome { text: String::new(), exit: Exit::Usage }),
    }
}

/// The flags that were given, by their names in the settings table.
fn flags(matches: &ArgMatches) -> BTreeMap<&'static str, String> {
    crate::settings::table()
        .filter_map(|row| {
            let given = matches.try_get_one::<String>(row.flag).ok().flatten()?;
            Some((row.flag, given.clone()))
        })
        .collect()
}

/// How this run speaks: JSON where asked for, annotations on GitHub's runners, a spinner on a terminal, else lines.
fn voice(settings: &Settings, redactor: &Redactor) -> Result<Arc<dyn Ui>, Invalid> {
    let least = match settings.choice("log-level")? {
        Some("debug") => Level::Debug,
        Some("warn") => Level::Warning,
        Some("error") => Level::Error,
        _ => Level::Info,
    };
    let json = settings.choice("log-format")? == Some("json");
    settings.choice("output")?;
    let github = settings.in_github_actions();
    let terminal = std::io::stderr().is_terminal();
    let color = match settings.choice("color")? {
        Some("always") => true,
        Some("never") => false,
        _ => {
            (terminal || github) && settings.variable("NO_COLOR").is_none() && settings.variable("TERM") != Some("dumb")
        }
    };
    let (style, redactor) = (Style { color }, redactor.clone());
    let run = || crate::flows::run_id(settings);
    Ok(if json && github {
        Arc::new(JsonUi::for_github(std::io::stderr(), least, run(), redactor))
    } else if json {
        Arc::new(JsonUi::new(std::io::stderr(), least, run(), redactor))
    } else if !github && terminal && settings.variable("CI").is_none() {
        Arc::new(TerminalUi::new(least, style, redactor))
    } else {
        plain(settings, least, style, &redactor)
    })
}

/// Lines, with annotations on GitHub's runners.
fn plain(settings: &Settings, least: Level, style: Style, redactor: &Redactor) -> Arc<dyn Ui> {
    let redactor = redactor.clone();
    if settings.in_github_actions() {
        Arc::new(PlainUi::for_github(std::io::stderr(), least, style, redactor, random_word()))
    } else {
        Arc::new(PlainUi::new(std::io::stderr(), least, style, redactor))
    }
}
