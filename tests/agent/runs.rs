//! Runs of the agent, as stories.

use std::time::Duration;

use codexctl_action::agent::place::dry::DryPlace;
use codexctl_action::agent::place::{Place as _, Resume};
use codexctl_action::agent::verdict::{Ended, Outcome};
use codexctl_action::answer::Answer;

use crate::bench::{Bench, KEY, input_of, processes_with, result, run, say, unlike_any_other};
use crate::model::{Tokens, Turn};

#[tokio::test]
async fn the_agent_runs_commands_edits_a_file_and_hands_in_its_result() {
    let bench =
        Bench::new(vec![run("echo 12 > price.txt; cat price.txt"), result("done", "The price is 12 now.")]).await;
    let end = bench.go().await;
    assert_eq!(bench.file("price.txt"), "12\n");
    let verdict = bench.verdict(&end, true);
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::Done, ""), "{}", bench.log());
    assert_eq!(end.result.as_ref().unwrap().title.as_deref(), Some("Raise the price"));
    assert_eq!((end.usage.total(), end.usage.cached), (2040, 200));
    assert_eq!(*bench.threads.lock().unwrap(), [end.totals.thread.unwrap()]);
    insta::assert_snapshot!(bench.heard.text(), @r"
    <agent>
    note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    $ echo 12 > price.txt; cat price.txt
    done: The price is 12 now.
    </agent>
    ");
    let first = &bench.model.seen()[0];
    assert_eq!(first.authorization, Some(format!("Bearer {KEY}")));
    let input = input_of(&first.body);
    assert!(input.contains("THE FULL PROMPT") && input.contains("TRUSTED INSTRUCTIONS"));
    assert_eq!(first.body["model"], "mock-model");
    assert_eq!(first.body["reasoning"]["effort"], "low");
}

#[tokio::test]
async fn instructions_and_settings_of_the_tree_itself_are_not_read() {
    let bench = Bench::new(vec![result("nothing-to-do", "It is so already.")]).await;
    std::fs::write(bench.run.tree.join("AGENTS.md"), "EVIL INSTRUCTIONS").unwrap();
    std::fs::create_dir(bench.run.tree.join(".codex")).unwrap();
    std::fs::write(bench.run.tree.join(".codex/config.toml"), "developer_instructions = \"EVIL SETTINGS\"\n").unwrap();
    bench.go().await;
    let body = bench.model.seen()[0].body.to_string();
    assert!(body.contains("TRUSTED INSTRUCTIONS") && !body.contains("EVIL"));
}

#[tokio::test]
async fn a_second_run_goes_on_in_the_same_thread_with_the_short_prompt() {
    let mut bench = Bench::new(vec![result("blocked", "Which price?"), result("done", "Now it is 13.")]).await;
    let first = bench.go().await;
    let verdict = bench.verdict(&first, false);
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::Blocked, "Which price?"));

    let thread = first.totals.thread.unwrap();
    bench.run.resume = Some(Resume { thread: thread.clone(), prompt: "THE ANSWER IS 13".to_owned() });
    let second = bench.go().await;
    assert!(second.resumed);
    assert_eq!(second.totals.thread, Some(thread));
    let input = input_of(&bench.model.seen()[1].body);
    assert!(input.contains("THE ANSWER IS 13") && input.contains("Which price?"), "the thread remembers");
    assert_eq!(input.matches("THE FULL PROMPT").count(), 1, "the full prompt is only the first run's");
    assert_eq!(second.usage.total(), 1020, "tokens of this run alone");
    assert_eq!(second.totals.usage.total(), 2040, "Codex counts the whole thread");
}

#[tokio::test]
async fn a_thread_whose_file_is_gone_gives_way_to_a_new_one_with_the_full_prompt() {
    let mut bench = Bench::new(vec![result("done", "Started anew.")]).await;
    let lost = "01a1fbcc-6086-7621-a27b-666f60487a7e".to_owned();
    bench.run.resume = Some(Resume { thread: lost.clone(), prompt: "ONLY THE NEWS".to_owned() });
    let end = bench.go().await;
    assert!(!end.resumed && end.totals.thread.as_ref() != Some(&lost));
    let input = input_of(&bench.model.seen()[0].body);
    assert!(input.contains("THE FULL PROMPT") && !input.contains("ONLY THE NEWS"));
    assert!(bench.heard.text().contains("is gone: a new one starts with the full prompt"), "{}", bench.heard.text());
}

#[tokio::test]
async fn a_thread_that_codex_itself_can_not_resume_gives_way_too() {
    let mut bench = Bench::new(vec![result("done", "First."), result("done", "Anew.")]).await;
    let thread = bench.go().await.totals.thread.unwrap();
    // A cut file: it is there, and Codex can't read it.
    let file = bench.session_file(&thread);
    std::fs::write(&file, "{").unwrap();
    for state in std::fs::read_dir(&bench.run.home).unwrap().flatten() {
        if state.file_name().to_string_lossy().contains(".sqlite") {
            std::fs::remove_file(state.path()).unwrap();
        }
    }
    bench.run.resume = Some(Resume { thread: thread.clone(), prompt: "ONLY THE NEWS".to_owned() });
    let end = bench.go().await;
    assert!(!end.resumed && end.totals.thread != Some(thread), "{}", bench.log());
    assert!(input_of(&bench.model.seen()[1].body).contains("THE FULL PROMPT"));
}

#[tokio::test]
async fn a_turn_that_fails_fails_the_run_with_the_providers_words() {
    let turn = Turn {
        status: Some(400),
        message: Some("The model `mock-model` does not exist".to_owned()),
        ..Turn::default()
    };
    let bench = Bench::new(vec![turn]).await;
    let end = bench.go().await;
    assert_eq!(end.ended, Ended::Exited(Some(1)));
    let verdict = bench.verdict(&end, false);
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::Failed, "The model `mock-model` does not exist"));
}

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    let busy = Turn { status: Some(429), retry_after: Some(1), ..Turn::default() };
    let broken = Turn { status: Some(500), ..Turn::default() };
    let bench = Bench::new(vec![broken, busy, result("nothing-to-do", "All is well.")]).await;
    let end = bench.go().await;
    let verdict = bench.verdict(&end, false);
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::NoChange, "All is well."));
    assert_eq!(bench.model.seen().len(), 3);
}

#[tokio::test]
async fn ending_well_without_a_change_is_no_change_and_without_a_word_is_a_failure() {
    let bench = Bench::new(vec![say("I looked around.")]).await;
    let end = bench.go().await;
    assert_eq!((&end.ended, &end.result), (&Ended::Exited(Some(0)), &None));
    let verdict = bench.verdict(&end, false);
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::NoChange, "I looked around."));

    let silent = Bench::new(vec![Turn::default()]).await;
    let end = silent.go().await;
    assert_eq!(end.ended, Ended::Exited(Some(0)), "Codex itself finds that fine");
    assert_eq!(silent.verdict(&end, false).outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_ended_with_all_its_commands() {
    let word = &unlike_any_other(1);
    let mut bench = Bench::new(vec![run(&format!("setsid sleep {word} & sleep {word}"))]).await;
    bench.run.timeout = Duration::from_secs(4);
    let end = bench.go().await;
    assert_eq!(end.ended, Ended::TimedOut);
    assert_eq!(bench.verdict(&end, true).outcome.exit_code(false), 4);
    assert!(bench.log().contains(word), "the command had started: {}", bench.log());
    assert_eq!(processes_with(word), Vec::<u32>::new());
}

#[tokio::test]
async fn a_cancelled_run_ends_with_all_its_commands_even_without_a_sandbox() {
    let word = &unlike_any_other(2);
    let mut bench = Bench::new(vec![run(&format!("setsid sleep {word} & nohup sleep {word} & sleep {word}"))]).await;
    bench.without_sandbox();
    let cancel = bench.cancel.clone();
    let (end, ()) = tokio::join!(bench.go(), async move {
        // Bounded: a run that ends by itself must not leave this waiting.
        for _ in 0..1500 {
            if processes_with(word).len() >= 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cancel.send_replace(true);
    });
    assert_eq!(end.ended, Ended::Cancelled);
    assert_eq!(processes_with(word), Vec::<u32>::new());
    assert!(!bench.run.folder.join("agent.pid").exists());
}

#[tokio::test]
async fn commands_that_outlive_the_agent_are_ended_with_it() {
    let word = &unlike_any_other(3);
    let command = format!("setsid nohup sleep {word} >/dev/null 2>&1 & echo started");
    let mut bench = Bench::new(vec![run(&command), result("nothing-to-do", "Left something running.")]).await;
    bench.without_sandbox();
    let end = bench.go().await;
    assert!(bench.log().contains("started") && end.ended == Ended::Exited(Some(0)));
    assert_eq!(processes_with(word), Vec::<u32>::new());
}

#[tokio::test]
async fn a_run_stops_before_it_goes_over_its_budget() {
    let thirsty = |command: &str| Turn { usage: Tokens { input: 40_000, ..Tokens::default() }, ..run(command) };
    let mut bench =
        Bench::new(vec![thirsty("echo one > a"), thirsty("echo two > b"), result("done", "Unreachable.")]).await;
    bench.run.budget = Some(100_000);
    let end = bench.go().await;
    assert_eq!((&end.ended, end.usage.total()), (&Ended::OverBudget, 80_040));
    assert_eq!(bench.model.seen().len(), 2, "the third request never left");
    assert_eq!(bench.verdict(&end, true).outcome, Outcome::OverBudget);
    assert_eq!(bench.file("b"), "two\n");
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_unavailable() {
    let mut bench = Bench::new(vec![]).await;
    bench.use_command("/nonexistent/codex");
    let ready = bench.place.prepare(&bench.run).await.unwrap();
    assert_eq!(ready.isolation, None);
    let end = bench.go().await;
    let verdict = bench.verdict(&end, false);
    assert_eq!((verdict.outcome.exit_code(false), verdict.outcome.exit_code(true)), (1, 0));
    insta::assert_snapshot!(verdict.reason, @"CODEXCTL_AGENT_COMMAND names `/nonexistent/codex`, which is no program that can be started here");
}

#[tokio::test]
async fn a_sandbox_that_breaks_is_told_from_commands_that_fail() {
    let mut bench = Bench::new(vec![run("echo 12 > price.txt"), say("Nothing works here.")]).await;
    bench.with_a_sandbox_that_breaks();
    let end = bench.go().await;
    let verdict = bench.verdict(&end, false);
    assert_eq!(verdict.outcome, Outcome::SandboxBroken, "{}", bench.log());
    assert_eq!(bench.file("price.txt"), "10\n");
}

#[tokio::test]
async fn a_dry_place_says_the_command_and_touches_nothing() {
    let bench = Bench::new(vec![]).await;
    let dry = DryPlace::new(None);
    dry.prepare(&bench.run).await.unwrap();
    let Answer::Unknown(said) = dry.run(&bench.run, &bench.heard, bench.cancel.subscribe()).await.unwrap() else {
        panic!("a dry place ran something");
    };
    let slot = bench.run.tree.parent().unwrap().display().to_string();
    insta::assert_snapshot!(said.replace(&slot, "SLOT"), @r#"would run: codex exec --json --output-schema SLOT/codex-home/result-schema.json --cd SLOT/src -m mock-model -c model_reasoning_effort="low" -"#);
    assert!(!bench.run.home.exists() && !bench.run.folder.exists());
    assert_eq!(bench.model.seen().len(), 0);
}
