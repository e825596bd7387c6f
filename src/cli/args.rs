//! The command line, made from the settings table: one row there is one flag here.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ColorChoice, Command, ValueHint};

use crate::settings::{Kind, Scope, Setting, Subcommand, table};

/// The whole command tree.
pub fn command() -> Command {
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
        .subcommand(
            own("run", Subcommand::Run)
                .about("Runs the whole thing: event → flow → result")
                .help_template(template(&run_notes())),
        )
        .subcommand(
            own("init", Subcommand::Init)
                .about("Writes a commented services.yaml and the caller workflow into a repository")
                .help_template(template("Example: codexctl init --dir path/to/repository")),
        )
        .subcommand(
            own("validate", Subcommand::Validate)
                .about("Checks services.yaml and all manifests, for every environment")
                .help_template(template(
                    "Looks at every environment, or at --env alone, in slot 1 unless --slot says another: services.yaml,\n\
                     manifests, hooks, image tags, the agent's configuration. Warnings do not fail it.\n\n\
                     Examples: codexctl validate\n          \
                     codexctl validate --env ai -o json",
                )),
        )
        .subcommand(
            own("doctor", Subcommand::Doctor)
                .about("Checks what a run on this machine needs, and says how to fix each")
                .help_template(template(
                    "Looks at services.yaml, git, folders and disk, the agent and what keeps it apart, the GitHub token or App, the\n\
                     repository, clock, proxies and the model's key. ✓ is well, ! should be known, ✗ would make a run fail.\n\
                     The model is never called, nothing is written to GitHub, and a cluster is not looked at yet.\n\n\
                     Examples: codexctl doctor\n          \
                     codexctl doctor -o json",
                )),
        )
        .subcommand(
            own("render", Subcommand::Render)
                .about("Prints the manifests as they would be applied, or one template")
                .help_template(template(
                    "YAML, or with -o json one object with env, namespace, slot and documents. Secrets are <hidden>.\n\n\
                     Examples: codexctl render --env ai --slot 1 --only-services catalog --skip-infra all\n          \
                     codexctl render --env ai --slot 1 --file deploy/hooks/smoke-test.sh",
                )),
        )
        .subcommand(
            Command::new("schema")
                .about("Prints the JSON Schema of services.yaml, for editors")
                .help_template(template("Example: codexctl schema > services.schema.json")),
        )
        .subcommand(group(
            "prompt",
            "What the agent is told, and its work",
            "codexctl prompt render --kind dev_issue --issue 7",
            [
                own("run", Subcommand::PromptRun).about("Runs the agent, and publishes what it did").help_template(
                    template(
                        "Publishes by kind what the flow would: plan kinds a plan and its issues, dev and repair a commit, a push and a\n\
                         pull request, reviews a commit, a push and replies. In a workflow the gates of its event hold.\n\n\
                         Variables without a flag: CODEXCTL_PROMPT_MODE (short or full), CODEXCTL_PROMPT_CONTINUATION\n\
                         (true: the session is lost, but its work exists), CODEXCTL_FOCUS_ISSUE_NUMBER, CODEXCTL_GH_USERNAME,\n\
                         CODEXCTL_GH_EMAIL.\n\n\
                         Example: codexctl prompt run --kind dev_issue --issue 7",
                    ),
                ),
                own("render", Subcommand::PromptRender)
                    .about("Prints the prompt, or the agent's config.toml, without running it")
                        .help_template(template(
                            "Reads, never writes: issue and comments come from GitHub where a token is set, else\n\
                             placeholders stand for them. --env is ai unless another one is named.\n\n\
                             Variables without a flag: CODEXCTL_PROMPT_MODE (short or full), CODEXCTL_PROMPT_CONTINUATION\n\
                             (true: the session is lost, but its work exists), CODEXCTL_FOCUS_ISSUE_NUMBER.\n\n\
                             Examples: codexctl prompt render --kind dev_issue --issue 7\n          \
                             codexctl prompt render --agent-config",
                        )),
            ],
        ))
        .subcommand(group(
            "plan",
            "Plans of issues",
            "codexctl plan resolve-root --issue 9",
            [own("resolve-root", Subcommand::PlanResolveRoot)
                .about("Finds the planning issue above an issue")
                .help_template(template(
                    "The root is the issue with the label [ai-plan]; an issue of a plan names the one above it in a line\n\
                     AI-PLAN-PARENT: #N. Outputs: root, focus. Without a root: exit 1.\n\n\
                     Example: codexctl plan resolve-root --issue 9 -o kv",
                ))],
        ))
        .subcommand(group(
            "pr",
            "Pull requests of codexctl's branches",
            "codexctl pr detect --branch codex/issue-7",
            [
                own("detect", Subcommand::PrDetect).about("Finds the open pull request of a branch").help_template(
                    template(
                        "Output: codexctl_pr_number; nothing, and exit 0, where there is none.\n\n\
                         Example: codexctl pr detect --branch codex/issue-7 -o kv",
                    ),
                ),
                own("review-apply", Subcommand::PrReviewApply)
                    .about("Commits and pushes a slot's work to a pull request's branch, and comments there")
                    .help_template(template(
                        "Example: codexctl pr review-apply --slot 1 --pr 9 --code-root-base /srv/codex/envs",
                    )),
            ],
        ))
        .subcommand(group(
            "ci",
            "Steps for workflows",
            "codexctl ci ensure-slot --issue 7",
            [own("ensure-slot", Subcommand::CiEnsureSlot)
                .about("Finds or makes the slot of an issue, a pull request or a number")
                .help_template(template(
                    "Outputs: slot, namespace, env. Without a free slot it waits.\n\n\
                     Example: codexctl ci ensure-slot --issue 7 -o kv",
                ))],
        ))
        .subcommand(group(
            "manage-env",
            "Slots: what there is, whose they are, and their end",
            "codexctl manage-env list",
            [
                own("list", Subcommand::EnvList)
                    .about("Lists all slots with age, issue, pull request and phase")
                    .help_template(template("Example: codexctl manage-env list -o json")),
                own("set", Subcommand::EnvSet)
                    .about("Links a slot to an issue, a pull request, or both")
                    .help_template(template("Example: codexctl manage-env set --slot 1 --pr 9")),
                own("comment", Subcommand::EnvComment)
                    .about("Prints the comment with a slot's links")
                    .help_template(template("Example: codexctl manage-env comment --slot 1 --pr 9")),
                own("comment-pr", Subcommand::EnvCommentPr)
                    .about("Writes that comment on the pull request, and later edits it")
                    .help_template(template("Example: codexctl manage-env comment-pr --slot 1 --pr 9")),
                own("cleanup", Subcommand::EnvCleanup)
                    .about("Destroys the slots that match issue, pull request and slot, or all")
                    .help_template(template("Example: codexctl manage-env cleanup --issue 7 --with-configmap")),
                own("cleanup-pr", Subcommand::EnvCleanupPr)
                    .about("Destroys what a pull request had: slots, then branch and linked issue if asked")
                    .help_template(template(
                        "Example: codexctl manage-env cleanup-pr --pr 9 --delete-branch --close-issue --with-configmap",
                    )),
                own("cleanup-issue", Subcommand::EnvCleanupIssue)
                    .about("Destroys what an issue had: slots, then branch if asked")
                    .help_template(template(
                        "Example: codexctl manage-env cleanup-issue --issue 7 --delete-branch --with-configmap",
                    )),
                own("close-linked-issue", Subcommand::EnvCloseLinkedIssue)
                    .about("Closes the issue that a branch is named after, with --close-issue")
                    .help_template(template(
                        "Example: codexctl manage-env close-linked-issue --branch codex/issue-7 --close-issue",
                    )),
                own("delete-branch", Subcommand::EnvDeleteBranch)
                    .about("Deletes one of codexctl's own branches")
                    .help_template(template("Example: codexctl manage-env delete-branch --branch codex/issue-7")),
                own("gc", Subcommand::EnvGc)
                    .about("Destroys slots that nobody used for a time, or whose issue and pull request are closed")
                    .help_template(template("Example: codexctl manage-env gc --dry-run")),
            ],
        ))
        .subcommand(
            Command::new("version")
                .about("Prints version, commit and build date")
                .help_template(template("Example: codexctl version -o json")),
        )
        .subcommand(
            Command::new("completions")
                .about("Prints a completion script for a shell")
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_name("SHELL")
                        .value_parser(PossibleValuesParser::new(SHELLS))
                        .help("The shell"),
                )
                .help_template(template("Example: codexctl completions bash > /etc/bash_completion.d/codexctl")),
        )
}

/// What `--color` asks of clap's own texts, help and wrong use: they are printed before anything is parsed.
pub fn color(arguments: &[OsString]) -> ColorChoice {
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
pub fn advise(mut error: clap::Error) -> clap::Error {
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

fn run_notes() -> String {
    let table = crate::policy::triggers::table();
    let table = table.lines().fold(String::new(), |table, line| table + format!("  {line}").trim_end() + "\n");
    format!(
        "Which event starts which flow:\n{table}\n\
         Without a GitHub token what would be written to GitHub goes to .codexctl/outbox/.\n\
         Tokens: CODEXCTL_GH_PAT, then GH_TOKEN, then GITHUB_TOKEN; or a GitHub App: CODEXCTL_GH_APP_ID and\n\
         CODEXCTL_GH_APP_PRIVATE_KEY. The model's key: OPENAI_API_KEY.\n\n\
         Example: codexctl run --event event.json --dry-run"
    )
}

/// A command that is only the name of others.
fn group<const N: usize>(name: &'static str, about: &'static str, example: &str, below: [Command; N]) -> Command {
    Command::new(name)
        .about(about)
        .help_template(template(&format!("Example: {example}")))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(below)
}

/// A command with the flags that the table gives it.
fn own(name: &'static str, command: Subcommand) -> Command {
    Command::new(name).args(flags(move |scope| scope.holds(command)))
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
            let matches = command().try_get_matches_from(line).unwrap();
            let (_, own) = matches.subcommand().unwrap();
            assert_eq!(own.get_one::<String>("output").map(String::as_str), Some("json"));
        }
    }
}
