//! The one table flag ↔ variable: command line, help and docs are all made from it. One file a group of flags.

mod agent; // what the agent is told, and how
mod deploy; // how a stack gets onto its cluster
mod files; // what is read and written here
mod global; // what every command knows
mod run; // the event, and how a run goes
mod slots; // slots, pull requests, branches
mod wait; // when a stack is ready
mod stack; // what the stack is rendered for, and which part

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `--x`, `--x=false`; `1 t true 0 f false` in any case.
    Switch,
    /// The same, or this word.
    SwitchOr(&'static str),
    /// Any text.
    Text,
    /// A whole number from 1.
    Number,
    /// A size in bytes: `200KB`, `4Mi`, `1024`.
    Size,
    /// A time in Go's form: `30m`, `1h30m`.
    Duration,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// Which places may give a value (spec 2.1, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Flag or variable of the process: needed to find the file, or never taken from files of the repository.
    Process,
    /// Flag or merged variable: process, envFiles, var file, `--vars`.
    Merged,
}

/// A command that has flags of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subcommand {
    /// `run`.
    Run,
    /// `render`.
    Render,
    /// `apply`.
    Apply,
    /// `diff`.
    Diff,
    /// `destroy`.
    Destroy,
    /// `ci apply`.
    CiApply,
    /// `validate`.
    Validate,
    /// `status`.
    Status,
    /// `prompt run`.
    PromptRun,
    /// `prompt render`.
    PromptRender,
    /// `plan resolve-root`.
    PlanResolveRoot,
    /// `pr detect`.
    PrDetect,
    /// `pr review-apply`.
    PrReviewApply,
    /// `ci ensure-slot`.
    CiEnsureSlot,
    /// `manage-env cleanup`.
    EnvCleanup,
    /// `manage-env cleanup-pr`.
    EnvCleanupPr,
    /// `manage-env cleanup-issue`.
    EnvCleanupIssue,
    /// `manage-env close-linked-issue`.
    EnvCloseLinkedIssue,
    /// `manage-env delete-branch`.
    EnvDeleteBranch,
    /// `manage-env set`.
    EnvSet,
    /// `manage-env comment`.
    EnvComment,
    /// `manage-env comment-pr`.
    EnvCommentPr,
    /// `manage-env list`.
    EnvList,
    /// `manage-env gc`.
    EnvGc,
    /// `init`.
    Init,
    /// `doctor`.
    Doctor,
}

/// Which commands know a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every command; it may stand before or after the command's name.
    Global,
    /// These.
    Of(&'static [Subcommand]),
}

impl Scope {
    /// Whether a command knows the flag as one of its own.
    pub fn holds(self, command: Subcommand) -> bool {
        matches!(self, Self::Of(commands) if commands.contains(&command))
    }
}

/// One setting: how it is given, what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The flag without its dashes.
    pub flag: &'static str,
    /// The one-letter flag.
    pub short: Option<char>,
    /// The variable that counts where the flag isn't given; the first that is set wins.
    pub variables: &'static [&'static str],
    /// What values it takes.
    pub kind: Kind,
    /// Where values may come from.
    pub reach: Reach,
    /// Who knows it.
    pub scope: Scope,
    /// What counts where nothing is given, as a user would write it.
    pub default: Option<&'static str>,
    /// What the value is called in help texts.
    pub value: &'static str,
    /// One line for help and docs.
    pub help: &'static str,
}

const GLOBAL: Setting = Setting {
    flag: "",
    short: None,
    variables: &[],
    kind: Kind::Text,
    reach: Reach::Process,
    scope: Scope::Global,
    default: None,
    value: "VALUE",
    help: "",
};

const fn of(
    scope: Scope,
    flag: &'static str,
    variables: &'static [&'static str],
    kind: Kind,
    help: &'static str,
) -> Setting {
    Setting { flag, variables, kind, help, reach: Reach::Merged, scope, ..GLOBAL }
}

/// Every flag with its variable, in the order of help texts.
pub fn table() -> impl Iterator<Item = &'static Setting> {
    [run::TABLE, slots::TABLE, agent::TABLE, stack::TABLE, deploy::TABLE, wait::TABLE, files::TABLE, global::TABLE]
        .into_iter()
        .flatten()
}

/// The row of a flag.
pub fn setting(flag: &str) -> Option<&'static Setting> {
    table().find(|row| row.flag == flag)
}
