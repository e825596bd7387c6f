//! Help, version and completions, and what follows a slip of the fingers.

use insta::assert_snapshot;

use crate::scene::Scene;

fn stdout(arguments: &[&str]) -> String {
    let ran = Scene::empty().run(arguments);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

fn refused(arguments: &[&str]) -> String {
    Scene::empty().run(arguments).refused()
}

#[test]
fn help_shows_the_commands_and_the_first_step() {
    assert_snapshot!(stdout(&["--help"]), @"
    Turns a labelled GitHub issue into reviewed work: commits, a pull request, comments

    Usage: codexctl [OPTIONS] <COMMAND>

    Commands:
      run          Runs the whole thing: event → flow → result
      action       Runs what a step of a workflow asks for: the entry point of the container action
      init         Writes a commented services.yaml and the caller workflow into a repository
      validate     Checks services.yaml and all manifests, for every environment
      doctor       Checks what a run on this machine needs, and says how to fix each
      render       Prints the manifests as they would be applied, or one template
      apply        Brings the stack of an environment onto its cluster
      diff         Shows what apply would change
      destroy      Deletes the stack of an environment from its cluster: the reverse of apply
      status       Shows what is there of an environment, and what is ready or why not
      schema       Prints the JSON Schema of services.yaml, for editors
      prompt       What the agent is told, and its work
      plan         Plans of issues
      pr           Pull requests of codexctl's branches
      ci           Steps for workflows
      manage-env   Slots: what there is, whose they are, and their end
      version      Prints version, commit and build date
      completions  Prints a completion script for a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Global flags:
      -c, --config <FILE>
              The stack's description; its folder is the project's root [CODEXCTL_CONFIG; default
              services.yaml]
          --env <NAME>
              The environment; by default the flow's own, or ai [CODEXCTL_ENV]
          --namespace <NAME>
              The namespace, instead of the one by pattern [CODEXCTL_NAMESPACE]
          --vars <A=1,B=2>
              Variables for templates; they win over all others [CODEXCTL_VARS]
          --var-file <FILE>
              Variables for templates, one `key: value` or `KEY=value` a line [CODEXCTL_VAR_FILE]
          --kubeconfig <FILE>
              Which cluster: a kubeconfig; by default the environment's, then KUBECONFIG,
              ~/.kube/config, the pod's own [CODEXCTL_KUBECONFIG]
          --context <NAME>
              The context in that kubeconfig [CODEXCTL_KUBE_CONTEXT]
          --log-level <debug|info|warn|error>
              The least level that is shown [CODEXCTL_LOG_LEVEL; default info]
          --log-format <text|json>
              How messages look on standard error [CODEXCTL_LOG_FORMAT; default text]
      -o, --output <plain|json|kv>
              How results look on standard output [CODEXCTL_OUTPUT; default plain]
          --color <auto|always|never>
              Colours on standard error; NO_COLOR counts too [CODEXCTL_COLOR; default auto]

    Exit codes: 0 done, 1 failed, 2 wrong use or configuration,
                3 stopped by a gate, 4 timed out, 130 interrupted.

    Start with: codexctl run --event event.json --dry-run
    ");
}

#[test]
fn every_way_to_ask_for_help_gives_the_same() {
    let help = stdout(&["--help"]);
    assert_eq!(stdout(&["-h"]), help);
    assert_eq!(stdout(&["help"]), help);
    let nothing = Scene::empty().run(&[]);
    assert_eq!((nothing.exit, nothing.stdout.as_str()), (2, ""), "nothing was asked for, so nothing was done");
    assert_eq!(nothing.stderr, help);
    let run = stdout(&["run", "--help"]);
    assert_eq!(stdout(&["run", "-h"]), run);
    assert_eq!(stdout(&["help", "run"]), run);
}

#[test]
fn help_of_run_has_every_flag_with_its_variable_and_the_routing_table() {
    assert_snapshot!(stdout(&["run", "--help"]), @"
    Runs the whole thing: event → flow → result

    Usage: codexctl run [OPTIONS]

    Options:
      -h, --help  Print help

    Flags:
          --event <FILE>
              The event's payload as GitHub sent it; `-` is standard input [GITHUB_EVENT_PATH]
          --event-name <NAME>
              The event's name; guessed from the payload if absent [GITHUB_EVENT_NAME]
          --flow <FLOW>
              Run this flow, whatever the event asks for [CODEXCTL_FLOW]
          --dry-run[=<true|false>]
              Say everything that would be done, start and write nothing [CODEXCTL_DRY_RUN]
          --allowed-users <LOGINS>
              Who may start a run, comma-separated; empty: whoever may write to the repository
              [CODEXCTL_ALLOWED_USERS]
          --keep-on-failure[=<true|false>]
              Keep a slot that this run made, even if the run fails [CODEXCTL_KEEP_ON_FAILURE]
          --fail-if-busy[=<true|false>]
              Stop instead of waiting when another run works on the slot [CODEXCTL_FAIL_IF_BUSY]
          --allow-unsandboxed[=<true|false>]
              Run the agent even where nothing keeps it from reading this process's keys
              [CODEXCTL_ALLOW_UNSANDBOXED]
      -v, --verbose[=<true|false>]
              Show every line of the agent's work, not only its steps [CODEXCTL_VERBOSE]
          --config-from-head[=<true|false>]
              In a review, take services.yaml, prompts and instructions from the pull request itself
              instead of its base [CODEXCTL_CONFIG_FROM_HEAD]
          --wait-for-slot <TIME>
              How long to wait for a free slot when all are taken [CODEXCTL_WAIT_FOR_SLOT; default 30m]
          --runtime <local|kubernetes>
              Where the agent works: on this machine, or in the slot's pod (so far only `prompt render`
              and `manage-env comment` know that one) [CODEXCTL_RUNTIME; default local]
          --model <NAME>
              The agent's model, for example gpt-5.3-codex, gpt-5.2-codex, gpt-5.1-codex-max
              [CODEXCTL_MODEL]
          --reasoning-effort <EFFORT>
              How hard the model thinks: low, medium, high, extra-high [CODEXCTL_MODEL_REASONING_EFFORT]
          --context-budget <SIZE>
              At most this much of the comments goes into the prompt; the newest are kept
              [CODEXCTL_CONTEXT_BUDGET; default 200KB]
          --all-comments[=<true|false>]
              Show the agent comments of people without write access too, marked as such
              [CODEXCTL_ALL_COMMENTS]
          --slot <N>
              The slot; in a run by default the issue's own or the lowest free one [CODEXCTL_SLOT]
          --issue <N>
              The issue; in a run by default the event's [CODEXCTL_ISSUE_NUMBER]
          --pr <N>
              The pull request; in a run by default the event's [CODEXCTL_PR_NUMBER]
          --repo <OWNER/NAME>
              The repository; in a run by default the event's [CODEXCTL_REPO, GITHUB_REPOSITORY]
          --lang <en|ru>
              Language of prompts and comments; by default codex.promptLang, then en [CODEXCTL_LANG]

    Global flags:
      -c, --config <FILE>
              The stack's description; its folder is the project's root [CODEXCTL_CONFIG; default
              services.yaml]
          --env <NAME>
              The environment; by default the flow's own, or ai [CODEXCTL_ENV]
          --namespace <NAME>
              The namespace, instead of the one by pattern [CODEXCTL_NAMESPACE]
          --vars <A=1,B=2>
              Variables for templates; they win over all others [CODEXCTL_VARS]
          --var-file <FILE>
              Variables for templates, one `key: value` or `KEY=value` a line [CODEXCTL_VAR_FILE]
          --kubeconfig <FILE>
              Which cluster: a kubeconfig; by default the environment's, then KUBECONFIG,
              ~/.kube/config, the pod's own [CODEXCTL_KUBECONFIG]
          --context <NAME>
              The context in that kubeconfig [CODEXCTL_KUBE_CONTEXT]
          --log-level <debug|info|warn|error>
              The least level that is shown [CODEXCTL_LOG_LEVEL; default info]
          --log-format <text|json>
              How messages look on standard error [CODEXCTL_LOG_FORMAT; default text]
      -o, --output <plain|json|kv>
              How results look on standard output [CODEXCTL_OUTPUT; default plain]
          --color <auto|always|never>
              Colours on standard error; NO_COLOR counts too [CODEXCTL_COLOR; default auto]

    Which event starts which flow:
      event: condition                        flow           environment    prompt
      issues.labeled
        label [ai-plan]                       plan           ai             plan_issue
        label [ai-dev]                        dev            ai             dev_issue
        label [ai-repair]                     repair         ai-repair      ai-repair_issue
      issue_comment.created
        on an issue, a line [ai-plan]         plan-review    ai             plan_review
      pull_request_review.submitted
        changes requested, codex/ai-repair-*  repair-review  ai-repair      ai-repair_review
        changes requested, any other branch   review         ai             dev_review
      issues.closed                           cleanup        ai, ai-repair
      pull_request.closed                     cleanup        ai, ai-repair
      push
        to the default branch, no [skip ci]   deploy         ai-staging
      workflow_dispatch
        inputs flow, issue, pr                as named
      repository_dispatch
        payload flow, issue, pr               as named
      schedule                                gc             ai, ai-repair

    Without a GitHub token what would be written to GitHub goes to .codexctl/outbox/.
    Tokens: CODEXCTL_GH_PAT, then GH_TOKEN, then GITHUB_TOKEN; or a GitHub App: CODEXCTL_GH_APP_ID and
    CODEXCTL_GH_APP_PRIVATE_KEY. The model's key: OPENAI_API_KEY.

    Example: codexctl run --event event.json --dry-run
    ");
}

#[test]
fn the_routing_table_is_whole_on_narrow_terminals_too() {
    let scene = Scene::empty();
    let narrow = scene.call(&["run", "--help"]).env("COLUMNS", "60").run();
    let table = |text: &str| text.split("Which event starts which flow:").nth(1).map(str::to_owned);
    assert_eq!(table(&narrow.stdout), table(&stdout(&["run", "--help"])));
    assert!(table(&narrow.stdout).is_some_and(|table| table.contains("label [ai-dev]")), "{}", narrow.stdout);
}

#[test]
fn help_of_the_small_commands_ends_with_an_example() {
    assert_snapshot!(stdout(&["version", "--help"]).lines().last().unwrap_or_default(), @"Example: codexctl version -o json");
    assert_snapshot!(stdout(&["completions", "--help"]).split("\n\n").take(3).collect::<Vec<_>>().join("\n\n"), @"
    Prints a completion script for a shell

    Usage: codexctl completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  The shell [possible values: bash, zsh, fish]
    ");
}

#[test]
fn version_in_every_form() {
    insta::with_settings!({filters => vec![
        (r"\b(0|[1-9]\d*)\.\d+\.\d+\b", "[version]"),
        (r"\b([0-9a-f]{12}|unknown)\b", "[commit]"),
        (r"\b\d{4}-\d\d-\d\d\b|\[commit\]$", "[date]"),
    ]}, {
        assert_snapshot!(stdout(&["version"]), @"
        version: [version]
        commit: [commit]
        date: [date]
        ");
        assert_snapshot!(stdout(&["version", "-o", "kv"]), @"
        version=[version]
        commit=[commit]
        date=[date]
        ");
        assert_snapshot!(stdout(&["version", "-o", "json"]), @r#"
        {
          "version": "[version]",
          "commit": "[commit]",
          "date": "[date]"
        }
        "#);
        assert_snapshot!(stdout(&["--version"]), @"codexctl [version]");
    });
}

#[test]
fn completions_of_each_shell_know_commands_flags_and_values() {
    for (shell, begins) in [("bash", "_codexctl() {"), ("zsh", "#compdef codexctl"), ("fish", "# Print an optspec")] {
        let script = stdout(&["completions", shell]);
        assert!(script.starts_with(begins), "{shell}: {}", script.lines().next().unwrap_or_default());
        for word in ["run", "version", "completions", "dry-run", "log-level", "event-name"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
        assert!(script.contains("debug info warn error") || script.contains("debug\\t''"), "{shell} lacks values");
    }
}

#[test]
fn bash_takes_the_completion_script_and_completes_with_it() {
    let script = stdout(&["completions", "bash"]);
    let ask = "COMP_WORDS=(codexctl run --dry); COMP_CWORD=2; COMPREPLY=(); _codexctl codexctl --dry run; echo \"${COMPREPLY[@]}\"";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("completions");
    std::fs::write(&file, format!("{script}\n{ask}\n")).expect("the script is written");
    let bash = std::process::Command::new("bash").arg("--norc").arg(file).output();
    let bash = bash.expect("bash starts");
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "--dry-run", "{}", String::from_utf8_lossy(&bash.stderr));
}

#[test]
fn a_slip_of_the_fingers_gets_the_nearest_name() {
    assert_snapshot!(refused(&["rn"]), @"
    error: unrecognized subcommand 'rn'

      tip: a similar subcommand exists: 'run'

    Usage: codexctl [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["verison"]), @"
    error: unrecognized subcommand 'verison'

      tip: a similar subcommand exists: 'version'

    Usage: codexctl [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["run", "--dry-rum"]), @"
    error: unexpected argument '--dry-rum' found

      tip: a similar argument exists: '--dry-run'

    Usage: codexctl run --dry-run[=<true|false>]

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["run", "--flow", "plan-reviw"]), @"error: --flow: there is no flow `plan-reviw` (did you mean plan-review?): known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
    assert_snapshot!(refused(&["completions", "zhs"]), @"
    error: invalid value 'zhs' for '<SHELL>'
      [possible values: bash, zsh, fish]

    For more information, try '--help'.
    ");
}

#[test]
fn what_resembles_nothing_gets_no_guess() {
    assert_snapshot!(refused(&["deploy-everything"]), @"
    error: unrecognized subcommand 'deploy-everything'

    Usage: codexctl [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["run", "--quux"]), @"
    error: unexpected argument '--quux' found

    Usage: codexctl run [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn a_flag_at_the_wrong_place_is_told_where_it_belongs() {
    assert_snapshot!(refused(&["--dry-run", "run"]), @"
    error: unexpected argument '--dry-run' found

      tip: 'run --dry-run' exists

    Usage: codexctl [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["run", "--dry-run", "false"]), @"
    error: unexpected argument 'false' found

      tip: the value of a switch stands behind `=`, as in --dry-run=false

    Usage: codexctl run [OPTIONS]

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["version", "-o"]), @"
    error: a value is required for '--output <plain|json|kv>' but none was supplied

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["run", "event.json"]), @"
    error: unexpected argument 'event.json' found

      tip: a file with an event is given as --event event.json

    Usage: codexctl run [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn help_of_prompt_render_has_its_flags_and_the_variables_without_one() {
    let help = stdout(&["prompt", "render", "--help"]);
    let own = help.split("Global flags:").next().unwrap_or_default();
    assert_snapshot!(own, @"
    Prints the prompt, or the agent's config.toml, without running it

    Usage: codexctl prompt render [OPTIONS]

    Options:
      -h, --help  Print help

    Flags:
          --runtime <local|kubernetes>
              Where the agent works: on this machine, or in the slot's pod (so far only `prompt render`
              and `manage-env comment` know that one) [CODEXCTL_RUNTIME; default local]
          --model <NAME>
              The agent's model, for example gpt-5.3-codex, gpt-5.2-codex, gpt-5.1-codex-max
              [CODEXCTL_MODEL]
          --reasoning-effort <EFFORT>
              How hard the model thinks: low, medium, high, extra-high [CODEXCTL_MODEL_REASONING_EFFORT]
          --context-budget <SIZE>
              At most this much of the comments goes into the prompt; the newest are kept
              [CODEXCTL_CONTEXT_BUDGET; default 200KB]
          --all-comments[=<true|false>]
              Show the agent comments of people without write access too, marked as such
              [CODEXCTL_ALL_COMMENTS]
          --kind <plan_issue|plan_review|dev_issue|dev_review|ai-repair_issue|ai-repair_review>
              Which prompt; without --env those of ai-repair are for environment ai-repair, the others
              for ai [CODEXCTL_KIND; default dev_issue]
          --template <PATH>
              A prompt template of the project, relative to its root; it wins over --kind
              [CODEXCTL_TEMPLATE]
          --resume <THREAD>
              The agent's thread that goes on: the prompt tells only what is new [CODEXCTL_RESUME]
          --infra-unhealthy[=<true|false>]
              The stack did not get ready; the prompt says so [CODEXCTL_INFRA_UNHEALTHY]
          --agent-config[=<true|false>]
              Print the agent's config.toml instead of the prompt [CODEXCTL_AGENT_CONFIG]
          --slot <N>
              The slot; in a run by default the issue's own or the lowest free one [CODEXCTL_SLOT]
          --issue <N>
              The issue; in a run by default the event's [CODEXCTL_ISSUE_NUMBER]
          --pr <N>
              The pull request; in a run by default the event's [CODEXCTL_PR_NUMBER]
          --repo <OWNER/NAME>
              The repository; in a run by default the event's [CODEXCTL_REPO, GITHUB_REPOSITORY]
          --lang <en|ru>
              Language of prompts and comments; by default codex.promptLang, then en [CODEXCTL_LANG]
    ");
    assert_snapshot!(help.split("Colours on standard error").nth(1).unwrap_or_default(), @"
    ; NO_COLOR counts too [CODEXCTL_COLOR; default auto]

    Reads, never writes: issue and comments come from GitHub where a token is set, else
    placeholders stand for them. --env is ai unless another one is named.

    Variables without a flag: CODEXCTL_PROMPT_MODE (short or full), CODEXCTL_PROMPT_CONTINUATION
    (true: the session is lost, but its work exists), CODEXCTL_FOCUS_ISSUE_NUMBER.

    Examples: codexctl prompt render --kind dev_issue --issue 7
              codexctl prompt render --agent-config
    ");
}
