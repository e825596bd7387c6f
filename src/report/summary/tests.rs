use std::time::Duration;

use super::*;
use crate::report::comments::{StepState, Usage};

fn step(id: &str, state: StepState, took_ms: Option<u64>, detail: &str) -> Step {
    let took = took_ms.map(Duration::from_millis);
    Step { id: id.to_owned(), title: id.to_owned(), state, detail: detail.to_owned(), took }
}

fn done() -> Summary {
    Summary {
        event: "issues.labeled".to_owned(),
        flow: Some("dev".to_owned()),
        decision: "label [ai-dev] on #7".to_owned(),
        gate: None,
        ending: Some(Outcome::Done.into()),
        reason: None,
        issue: Some(7),
        slot: Some(3),
        env: Some("ai".to_owned()),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        pull: Some(PullRef { number: Some(12), draft: true, branch: "codex/issue-7".to_owned() }),
        steps: vec![
            step("slot", StepState::Done, Some(12), "slot 3, new"),
            step("images", StepState::Skipped, Some(0), ""),
            step("agent", StepState::Done, Some(312_000), ""),
        ],
        asides: Asides::default(),
        cost: Cost {
            usage: Some(Usage {
                turns: 12,
                input_tokens: 128_400,
                cached_tokens: 96_000,
                output_tokens: 4_300,
                model: None,
            }),
            took: Duration::from_secs(380),
        },
        links: vec![
            Link { title: "Pull request".to_owned(), url: "https://github.com/codex-k8s/shop/pull/12".to_owned() },
            Link { title: "Not a page".to_owned(), url: "javascript:alert(1)".to_owned() },
        ],
        files: vec![
            FileChange { path: "services/checkout/cart.js".to_owned(), lines: Some((12, 3)) },
            FileChange { path: "logo.png".to_owned(), lines: None },
        ],
        requests: Some((41, 3)),
        outbox: None,
    }
}

fn nothing() -> Summary {
    Summary {
        event: "issues.labeled".to_owned(),
        flow: None,
        decision: "label `bug` starts no flow".to_owned(),
        gate: None,
        ending: None,
        reason: None,
        issue: None,
        slot: None,
        env: None,
        commit: None,
        pull: None,
        steps: Vec::new(),
        asides: Asides::default(),
        cost: Cost::default(),
        links: Vec::new(),
        files: Vec::new(),
        requests: None,
        outbox: None,
    }
}

fn both(of: &Summary) -> String {
    let [en, ru] = [Lang::En, Lang::Ru].map(|lang| summary(of, lang).unwrap());
    for text in [&en, &ru] {
        assert!(!text.contains("\n\n\n") && !text.ends_with("\n\n"), "a hole in:\n{text}");
    }
    format!("{en}\n======== ru ========\n{ru}")
}

#[test]
fn a_run_that_is_done_shows_steps_cost_links_and_changes() {
    insta::assert_snapshot!(both(&done()));
}

#[test]
fn a_failed_run_without_a_token_shows_the_reason_and_the_outbox() {
    let mut failed = done();
    failed.ending = Some(Outcome::Failed.into());
    failed.reason = Some("turn failed: stream disconnected".to_owned());
    failed.pull = Some(PullRef { number: None, draft: false, branch: "codex/issue-7".to_owned() });
    failed.outbox = Some(".codexctl/outbox".to_owned());
    failed.requests = None;
    failed.steps[2].state = StepState::Failed;
    failed.steps.push(step("push", StepState::Waiting, None, ""));
    failed.files.clear();
    failed.links.clear();
    insta::assert_snapshot!(both(&failed));
}

#[test]
fn an_event_that_starts_nothing_says_why() {
    insta::assert_snapshot!(both(&nothing()));
}

#[test]
fn a_gate_that_stops_a_run_is_named_with_its_reason() {
    let gate = Some(("actor".to_owned(), "octocat has read access; write is needed".to_owned()));
    insta::assert_snapshot!(both(&Summary {
        gate,
        flow: Some("dev".to_owned()),
        decision: "label [ai-dev] on #7".to_owned(),
        ..nothing()
    }));
}

#[test]
fn every_ending_has_a_headline_in_both_languages() {
    use Outcome::{Blocked, Done, Failed, NoChange, OverBudget, Refused, SandboxBroken, TimedOut, Unavailable};
    let headline = |ending, lang| {
        let text = summary(&Summary { ending: Some(ending), ..done() }, lang).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    let verdicts = [Done, NoChange, Blocked, Failed, SandboxBroken, TimedOut, OverBudget, Unavailable, Refused];
    let all = verdicts.map(Ending::Verdict).into_iter().chain([Ending::Interrupted]);
    let headlines: Vec<String> =
        all.flat_map(|ending| [headline(ending, Lang::En), headline(ending, Lang::Ru)]).collect();
    insta::assert_snapshot!(headlines.join("\n"));
}

#[test]
fn hostile_paths_and_details_stay_in_their_cells() {
    let mut of = done();
    let hostile = "a|b`c\n::error::x | {{flow}} <img src=x> \u{202e}";
    of.decision = hostile.to_owned();
    of.steps = vec![step(hostile, StepState::Done, Some(1_000), hostile)];
    of.files = (0..205).map(|_| FileChange { path: hostile.to_owned(), lines: Some((1, 1)) }).collect();
    of.links[0].title = hostile.to_owned();
    let text = summary(&of, Lang::En).unwrap();
    assert!(text.lines().all(|line| !line.starts_with("::")));
    assert_eq!(text.matches("<img").count(), LISTED, "as code in file names only");
    let head: Vec<&str> = text.lines().take(32).collect();
    insta::assert_snapshot!(head.join("\n"));
    assert!(text.ends_with("and 105 more files\n"));
}

#[test]
fn a_summary_is_cut_in_whole_lines_to_what_github_takes() {
    let text = "| строка | a cell |\n".repeat(60_000);
    let cut = fit(&text, LIMIT, Lang::En);
    assert!(cut.len() <= LIMIT && cut.len() > LIMIT - 100, "{}", cut.len());
    let (table, note) = cut.rsplit_once("|\n\n").unwrap();
    assert!(text.starts_with(table));
    assert_eq!(note, "_Cut here: the text is too long for GitHub._\n");
    assert_eq!(fit("short\n", 6, Lang::En), "short\n");
    assert_eq!(fit("short\n", 5, Lang::Ru), "", "not even the note has room");
}
