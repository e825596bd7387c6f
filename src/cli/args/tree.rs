//! The commands: what each is for, what its help ends with, and what stands below it.

use crate::settings::Subcommand;

/// A command.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does, in a line.
    pub(super) about: &'static str,
    /// What its help ends with.
    pub(super) notes: &'static str,
    /// What stands before that, where it has to be made.
    pub(super) table: Option<fn() -> String>,
    /// What may follow its name.
    pub(super) below: Below,
}

/// What may follow the name of a command.
pub(super) enum Below {
    /// Its own flags, besides the global ones.
    Flags(Subcommand),
    /// The names of other commands.
    Commands(&'static [Entry]),
    /// The name of a shell.
    Shell,
    /// The flag of the post step.
    Step,
    /// The global flags alone.
    Nothing,
}

/// All commands, in the order in which help shows them.
pub(super) const COMMANDS: &[Entry] = &[
    Entry {
        name: "run",
        about: "Runs the whole thing: event → flow → result",
        notes: "Without a GitHub token what would be written to GitHub goes to .codexctl/outbox/.\n\
                Tokens: CODEXCTL_GH_PAT, then GH_TOKEN, then GITHUB_TOKEN; or a GitHub App: CODEXCTL_GH_APP_ID and\n\
                CODEXCTL_GH_APP_PRIVATE_KEY. The model's key: OPENAI_API_KEY.\n\
                \n\
                Example: codexctl run --event event.json --dry-run",
        table: Some(triggers),
        below: Below::Flags(Subcommand::Run),
    },
    entry(
        "action",
        "Runs what a step of a workflow asks for: the entry point of the container action",
        "Reads the inputs of the step (INPUT_…) and runs the command that the input `command` names, by default run.\n\
         An input that is unknown, or whose value is none of its kind, is refused before anything starts.\n\
         Under the names codexctl-action and codexctl-post the program is this command, and the same with --post.\n\
         \n\
         Example: codexctl action --post   # the last step of a job that runs codexctl without the container, if: always()",
        Below::Step,
    ),
    entry(
        "init",
        "Writes a commented services.yaml and the caller workflow into a repository",
        "Example: codexctl init --dir path/to/repository",
        Below::Flags(Subcommand::Init),
    ),
    entry(
        "validate",
        "Checks services.yaml and all manifests, for every environment",
        "Looks at every environment, or at --env alone, in slot 1 unless --slot says another: services.yaml,\n\
         manifests, hooks, image tags, the agent's configuration. Warnings do not fail it.\n\
         \n\
         Examples: codexctl validate\n\
         \x20         codexctl validate --env ai -o json",
        Below::Flags(Subcommand::Validate),
    ),
    entry(
        "doctor",
        "Checks what a run on this machine needs, and says how to fix each",
        "Looks at services.yaml, git, folders and disk, the agent and what keeps it apart, the GitHub token or App, the\n\
         repository, clock, proxies and the model's key. ✓ is well, ! should be known, ✗ would make a run fail.\n\
         The model is never called, nothing is written to GitHub, and a cluster is not looked at yet.\n\
         \n\
         Examples: codexctl doctor\n\
         \x20         codexctl doctor -o json",
        Below::Flags(Subcommand::Doctor),
    ),
    entry(
        "render",
        "Prints the manifests as they would be applied, or one template",
        "YAML, or with -o json one object with env, namespace, slot and documents. Secrets are <hidden>.\n\
         \n\
         Examples: codexctl render --env ai --slot 1 --only-services catalog --skip-infra all\n\
         \x20         codexctl render --env ai --slot 1 --file deploy/hooks/smoke-test.sh",
        Below::Flags(Subcommand::Render),
    ),
    entry(
        "apply",
        "Brings the stack of an environment onto its cluster",
        "By server-side apply, wave by wave, what others need first; what holds already is not sent. Objects that\n\
         kubectl applied are taken over: what leaves the manifest leaves the object.\n\
         \n\
         Examples: codexctl apply --env dev\n\
         \x20         codexctl apply --env ai --slot 1 --preflight --prune",
        Below::Flags(Subcommand::Apply),
    ),
    entry(
        "diff",
        "Shows what apply would change",
        "As the cluster itself says it, by a dry run there: a unified diff, or with -o json one object. Values of Secrets\n\
         are <hidden>.\n\
         \n\
         Examples: codexctl diff --env dev\n\
         \x20         codexctl diff --env ai --slot 1 --exit-code",
        Below::Flags(Subcommand::Diff),
    ),
    entry(
        "destroy",
        "Deletes the stack of an environment from its cluster: the reverse of apply",
        "Waits until everything is gone, and says what holds it back. PersistentVolumeClaims and the namespace stay, but for\n\
         those of a slot; what belongs to the whole cluster stays.\n\
         \n\
         Examples: codexctl destroy --env dev\n\
         \x20         codexctl destroy --env ai --slot 1 --yes",
        Below::Flags(Subcommand::Destroy),
    ),
    entry(
        "status",
        "Shows what is there of an environment, and what is ready or why not",
        "Looks at the objects that render prints. Below a workload stand the pods that are not ready, and those about\n\
         which there was a warning. Exit 0: all objects are there and all workloads ready; 1: not so.\n\
         With --watch it shows changes until Ctrl-C, then how things stand, and ends with 130.\n\
         \n\
         Examples: codexctl status --env ai --slot 1\n\
         \x20         codexctl status --env dev --watch",
        Below::Flags(Subcommand::Status),
    ),
    entry(
        "schema",
        "Prints the JSON Schema of services.yaml, for editors",
        "Example: codexctl schema > services.schema.json",
        Below::Nothing,
    ),
    entry(
        "prompt",
        "What the agent is told, and its work",
        "Example: codexctl prompt render --kind dev_issue --issue 7",
        Below::Commands(&[
            entry(
                "run",
                "Runs the agent, and publishes what it did",
                "Publishes by kind what the flow would: plan kinds a plan and its issues, dev and repair a commit, a push and a\n\
                 pull request, reviews a commit, a push and replies. In a workflow the gates of its event hold.\n\
                 \n\
                 Variables without a flag: CODEXCTL_PROMPT_MODE (short or full), CODEXCTL_PROMPT_CONTINUATION\n\
                 (true: the session is lost, but its work exists), CODEXCTL_FOCUS_ISSUE_NUMBER, CODEXCTL_GH_USERNAME,\n\
                 CODEXCTL_GH_EMAIL.\n\
                 \n\
                 Example: codexctl prompt run --kind dev_issue --issue 7",
                Below::Flags(Subcommand::PromptRun),
            ),
            entry(
                "render",
                "Prints the prompt, or the agent's config.toml, without running it",
                "Reads, never writes: issue and comments come from GitHub where a token is set, else\n\
                 placeholders stand for them. --env is ai unless another one is named.\n\
                 \n\
                 Variables without a flag: CODEXCTL_PROMPT_MODE (short or full), CODEXCTL_PROMPT_CONTINUATION\n\
                 (true: the session is lost, but its work exists), CODEXCTL_FOCUS_ISSUE_NUMBER.\n\
                 \n\
                 Examples: codexctl prompt render --kind dev_issue --issue 7\n\
                 \x20         codexctl prompt render --agent-config",
                Below::Flags(Subcommand::PromptRender),
            ),
        ]),
    ),
    entry(
        "plan",
        "Plans of issues",
        "Example: codexctl plan resolve-root --issue 9",
        Below::Commands(&[entry(
            "resolve-root",
            "Finds the planning issue above an issue",
            "The root is the issue with the label [ai-plan]; an issue of a plan names the one above it in a line\n\
             AI-PLAN-PARENT: #N. Outputs: root, focus. Without a root: exit 1.\n\
             \n\
             Example: codexctl plan resolve-root --issue 9 -o kv",
            Below::Flags(Subcommand::PlanResolveRoot),
        )]),
    ),
    entry(
        "pr",
        "Pull requests of codexctl's branches",
        "Example: codexctl pr detect --branch codex/issue-7",
        Below::Commands(&[
            entry(
                "detect",
                "Finds the open pull request of a branch",
                "Output: codexctl_pr_number; nothing, and exit 0, where there is none.\n\
                 \n\
                 Example: codexctl pr detect --branch codex/issue-7 -o kv",
                Below::Flags(Subcommand::PrDetect),
            ),
            entry(
                "review-apply",
                "Commits and pushes a slot's work to a pull request's branch, and comments there",
                "Example: codexctl pr review-apply --slot 1 --pr 9 --code-root-base /srv/codex/envs",
                Below::Flags(Subcommand::PrReviewApply),
            ),
        ]),
    ),
    entry(
        "ci",
        "Steps for workflows",
        "Example: codexctl ci ensure-slot --issue 7",
        Below::Commands(&[
            entry(
                "ensure-slot",
                "Finds or makes the slot of an issue, a pull request or a number",
                "Outputs: slot, namespace, env. Without a free slot it waits.\n\
                 \n\
                 Example: codexctl ci ensure-slot --issue 7 -o kv",
                Below::Flags(Subcommand::CiEnsureSlot),
            ),
            entry(
                "apply",
                "Brings the stack of an environment onto its cluster, as often as it takes",
                "As codexctl apply, but fields that somebody else has set are taken over with a warning: agents scale and\n\
                 edit in their slots.\n\
                 \n\
                 Example: codexctl ci apply --env ai --slot 1 --preflight",
                Below::Flags(Subcommand::CiApply),
            ),
        ]),
    ),
    entry(
        "manage-env",
        "Slots: what there is, whose they are, and their end",
        "Example: codexctl manage-env list",
        Below::Commands(&[
            entry(
                "list",
                "Lists all slots with age, issue, pull request and phase",
                "Example: codexctl manage-env list -o json",
                Below::Flags(Subcommand::EnvList),
            ),
            entry(
                "set",
                "Links a slot to an issue, a pull request, or both",
                "Example: codexctl manage-env set --slot 1 --pr 9",
                Below::Flags(Subcommand::EnvSet),
            ),
            entry(
                "comment",
                "Prints the comment with a slot's links",
                "Example: codexctl manage-env comment --slot 1 --pr 9",
                Below::Flags(Subcommand::EnvComment),
            ),
            entry(
                "comment-pr",
                "Writes that comment on the pull request, and later edits it",
                "Example: codexctl manage-env comment-pr --slot 1 --pr 9",
                Below::Flags(Subcommand::EnvCommentPr),
            ),
            entry(
                "cleanup",
                "Destroys the slots that match issue, pull request and slot, or all",
                "Example: codexctl manage-env cleanup --issue 7 --with-configmap",
                Below::Flags(Subcommand::EnvCleanup),
            ),
            entry(
                "cleanup-pr",
                "Destroys what a pull request had: slots, then branch and linked issue if asked",
                "Example: codexctl manage-env cleanup-pr --pr 9 --delete-branch --close-issue --with-configmap",
                Below::Flags(Subcommand::EnvCleanupPr),
            ),
            entry(
                "cleanup-issue",
                "Destroys what an issue had: slots, then branch if asked",
                "Example: codexctl manage-env cleanup-issue --issue 7 --delete-branch --with-configmap",
                Below::Flags(Subcommand::EnvCleanupIssue),
            ),
            entry(
                "close-linked-issue",
                "Closes the issue that a branch is named after, with --close-issue",
                "Example: codexctl manage-env close-linked-issue --branch codex/issue-7 --close-issue",
                Below::Flags(Subcommand::EnvCloseLinkedIssue),
            ),
            entry(
                "delete-branch",
                "Deletes one of codexctl's own branches",
                "Example: codexctl manage-env delete-branch --branch codex/issue-7",
                Below::Flags(Subcommand::EnvDeleteBranch),
            ),
            entry(
                "gc",
                "Destroys slots that nobody used for a time, or whose issue and pull request are closed",
                "Example: codexctl manage-env gc --dry-run",
                Below::Flags(Subcommand::EnvGc),
            ),
        ]),
    ),
    entry("version", "Prints version, commit and build date", "Example: codexctl version -o json", Below::Nothing),
    entry(
        "completions",
        "Prints a completion script for a shell",
        "Example: codexctl completions bash > /etc/bash_completion.d/codexctl",
        Below::Shell,
    ),
];

const fn entry(name: &'static str, about: &'static str, notes: &'static str, below: Below) -> Entry {
    Entry { name, about, notes, table: None, below }
}

fn triggers() -> String {
    let table = crate::policy::triggers::table();
    let table = table.lines().fold(String::new(), |table, line| table + format!("  {line}").trim_end() + "\n");
    format!("Which event starts which flow:\n{table}\n")
}
