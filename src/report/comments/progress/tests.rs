use std::time::Duration;

use super::*;
use crate::agent::verdict::Outcome;
use crate::policy::texts::BODY_LIMIT;
use crate::report::comments::{StepState, Usage};

fn step(id: &str, state: StepState, took_ms: Option<u64>, detail: &str) -> Step {
    Step {
        id: id.to_owned(),
        title: "A step that has no title of its own".to_owned(),
        state,
        detail: detail.to_owned(),
        took: took_ms.map(Duration::from_millis),
    }
}

fn running() -> Progress {
    Progress {
        marker: "<!-- codexctl:progress {\"schema\":1} -->".to_owned(),
        issue: 7,
        again: Again::Label("[ai-dev]".to_owned()),
        run_url: Some("https://github.com/codex-k8s/shop/actions/runs/42".to_owned()),
        steps: vec![
            step("gates", StepState::Done, Some(420), ""),
            step("slot", StepState::Done, Some(12), "slot 3"),
            step("images", StepState::Skipped, Some(0), ""),
            step("agent", StepState::Running, None, ""),
            step("push", StepState::Waiting, None, ""),
            step("later", StepState::Waiting, None, ""),
        ],
        ending: None,
        reason: None,
        secret: false,
        said: None,
        questions: Vec::new(),
        plan: None,
        pull: None,
        kept: None,
        limit: None,
        planned: None,
        left: Vec::new(),
        open_pull: None,
        asides: Asides::default(),
        cost: Cost { usage: None, took: Duration::from_secs(65) },
        review_starts_run: false,
    }
}

fn ended(ending: impl Into<Ending>) -> Progress {
    Progress {
        ending: Some(ending.into()),
        steps: vec![
            step("gates", StepState::Done, Some(420), ""),
            step("agent", StepState::Done, Some(312_000), "12 turns"),
            step("push", StepState::Done, Some(2_300), "codex/issue-7"),
        ],
        cost: Cost {
            usage: Some(Usage {
                turns: 12,
                input_tokens: 128_400,
                cached_tokens: 96_000,
                output_tokens: 4_300,
                model: Some("gpt-5.3-codex".to_owned()),
            }),
            took: Duration::from_secs(380),
        },
        ..running()
    }
}

fn both(of: &Progress) -> String {
    let [en, ru] = [Lang::En, Lang::Ru].map(|lang| progress(of, lang).unwrap());
    for text in [&en, &ru] {
        assert!(!text.contains("\n\n\n") && !text.ends_with("\n\n"), "a hole in:\n{text}");
    }
    format!("{en}\n======== ru ========\n{ru}")
}

#[test]
fn a_run_that_goes_on_shows_its_steps() {
    insta::assert_snapshot!(both(&running()));
}

#[test]
fn a_run_that_is_done_names_the_pull_request_to_review() {
    let done = Progress {
        said: Some("The cart's total now rounds **once**, at the end.".to_owned()),
        pull: Some(PullRef { number: Some(12), draft: true, branch: "codex/issue-7".to_owned() }),
        left: vec!["2 new issues: flow dev makes none".to_owned()],
        ..ended(Outcome::Done)
    };
    insta::assert_snapshot!(both(&done));
}

#[test]
fn a_run_that_is_done_without_a_token_names_the_branch() {
    let done = Progress {
        pull: Some(PullRef { number: None, draft: true, branch: "codex/issue-7".to_owned() }),
        run_url: None,
        review_starts_run: true,
        ..ended(Outcome::Done)
    };
    insta::assert_snapshot!(both(&done));
}

#[test]
fn a_run_without_a_change_gives_the_last_message() {
    let said = "The total is right already: `cart.js` rounds once.\n\nSee test/cart.test.js.".to_owned();
    insta::assert_snapshot!(both(&Progress { said: Some(said), ..ended(Outcome::NoChange) }));
}

#[test]
fn a_blocked_run_asks_its_questions() {
    let blocked = Progress {
        said: Some("Two rules for rounding contradict each other.".to_owned()),
        questions: vec![
            "Does the total round per line or once?".to_owned(),
            "Which currency?\n\nEUR or USD.".to_owned(),
        ],
        plan: Some("Change `cart.js`, then its tests.".to_owned()),
        pull: Some(PullRef { number: Some(12), draft: true, branch: "codex/issue-7".to_owned() }),
        ..ended(Outcome::Blocked)
    };
    insta::assert_snapshot!(both(&blocked));
}

#[test]
fn a_failed_run_gives_its_reason_and_where_the_work_is() {
    let mut failed = Progress {
        reason: Some("push to codex/issue-7: origin refused (403): the token may not write contents".to_owned()),
        said: Some("All tests pass.".to_owned()),
        kept: Some(Kept::Branch("codex/issue-7-wip".to_owned())),
        ..ended(Outcome::Failed)
    };
    failed.steps[2].state = StepState::Failed;
    insta::assert_snapshot!(both(&failed));
}

#[test]
fn a_failed_run_whose_branch_moved_says_what_to_merge() {
    let kept = Some(Kept::Conflict("codex/issue-7-conflict".to_owned()));
    insta::assert_snapshot!(both(&Progress { kept, run_url: None, ..ended(Outcome::Failed) }));
}

#[test]
fn a_broken_sandbox_names_what_it_needs() {
    let reason = Some("bwrap: setting up uid map: Permission denied".to_owned());
    insta::assert_snapshot!(both(&Progress { reason, ..ended(Outcome::SandboxBroken) }));
}

#[test]
fn a_run_that_took_too_long_names_the_setting() {
    let kept = Some(Kept::Patch(".codexctl/outbox/issue-7-wip.patch".to_owned()));
    insta::assert_snapshot!(both(&Progress { limit: Some(3_600), kept, ..ended(Outcome::TimedOut) }));
}

#[test]
fn a_run_over_its_budget_names_the_setting() {
    let kept = Some(Kept::Slot(3));
    insta::assert_snapshot!(both(&Progress { limit: Some(2_000_000), kept, ..ended(Outcome::OverBudget) }));
}

#[test]
fn an_agent_that_could_not_start_cost_no_tokens() {
    let cost = Cost { usage: None, took: Duration::from_secs(9) };
    let reason = Some("the model endpoint answers 401: the key is not valid".to_owned());
    insta::assert_snapshot!(both(&Progress { reason, cost, ..ended(Outcome::Unavailable) }));
}

#[test]
fn a_refused_result_names_what_it_breaks() {
    let reason =
        Some("131 files changed, publish.maxFiles allows 100\ndeploy/a.yaml:3 holds a token (GitHub)".to_owned());
    insta::assert_snapshot!(both(&Progress { reason, ..ended(Outcome::Refused) }));
}

#[test]
fn what_looks_like_a_secret_is_allowed_by_no_setting_and_the_ways_out_are_told() {
    let refused = Progress {
        reason: Some("secrets would leave the run:\n  deploy/a.yaml:3: GitHub token".to_owned()),
        secret: true,
        ..ended(Outcome::Refused)
    };
    let told = both(&refused) + &both(&Progress { again: Again::Review, issue: 8, ..refused });
    let next = told.lines().filter(|line| line.starts_with("**Next") || line.starts_with("**Что дальше"));
    insta::assert_snapshot!(next.collect::<Vec<_>>().join("\n"), @"
    **Next:** have it left out: say so in the issue. If it is real, revoke it. No setting lets it through: a false alarm you can commit to the default branch yourself, as only new lines are looked at. Then set the label `[ai-dev]` again.
    **Что дальше:** попросите в тексте задачи обойтись без него. Если он настоящий — отзовите его. Пропустить его никакой настройкой нельзя: при ложном срабатывании закоммитьте эти строки в основную ветку сами — проверяются только новые. Затем снова поставьте метку `[ai-dev]`.
    **Next:** have it left out. If it is real, revoke it. No setting lets it through: a false alarm you can commit to the default branch yourself, as only new lines are looked at. Then submit a review with **Request changes**.
    **Что дальше:** попросите обойтись без него. Если он настоящий — отзовите его. Пропустить его никакой настройкой нельзя: при ложном срабатывании закоммитьте эти строки в основную ветку сами — проверяются только новые. Затем отправьте ревью с **Request changes**.
    ");
}

#[test]
fn a_stopped_run_says_where_it_goes_on() {
    let kept = Some(Kept::Branch("codex/issue-7-wip".to_owned()));
    insta::assert_snapshot!(both(&Progress { kept, ..ended(Ending::Interrupted) }));
}

#[test]
fn wherever_the_work_is_the_comment_promises_what_is_so() {
    let all = [
        Kept::Slot(3),
        Kept::Alone(3),
        Kept::Runner(".codexctl/outbox/codex-issue-7-wip.patch".to_owned()),
        Kept::Aside("set-aside/codex-issue-7-0123456789.patch".to_owned()),
        Kept::Gone,
    ];
    let promise = |kept: &Kept, lang| {
        let text = progress(&Progress { kept: Some(kept.clone()), ..ended(Outcome::Failed) }, lang).unwrap();
        let last = |line: &&str| line.starts_with("**");
        text.lines().find(last).unwrap().to_owned()
    };
    let told = all.iter().flat_map(|kept| [Lang::En, Lang::Ru].map(|lang| promise(kept, lang)));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    **Nothing is lost:** the work so far is in slot 3; the next run goes on from there.
    **Ничего не потеряно:** сделанное лежит в слоте 3, следующий запуск продолжит с этого места.
    **Not saved elsewhere:** the work so far is in slot 3 on the machine of this run alone; the next run there goes on from it.
    **Копии нет:** сделанное лежит только в слоте 3 на машине этого запуска; следующий запуск на ней продолжит с этого места.
    **On the runner alone:** the work so far is in the patch `.codexctl/outbox/codex-issue-7-wip.patch` there, and goes with the runner unless a later step of the job keeps that file.
    **Только на раннере:** сделанное лежит там в патче `.codexctl/outbox/codex-issue-7-wip.patch` и исчезнет вместе с раннером, если файл не сохранит один из следующих шагов задания.
    **Set aside:** what Codex changed is not published. A copy lies in `set-aside/codex-issue-7-0123456789.patch` of codexctl's state folder on the machine of this run; the next run starts without it.
    **Отложено:** изменения Codex не опубликованы. Копия лежит в `set-aside/codex-issue-7-0123456789.patch` папки состояния codexctl на машине этого запуска; следующий запуск начнёт без них.
    **Not kept:** what Codex changed was on the runner of this job alone, which is gone; the next run starts without it.
    **Не сохранено:** изменения Codex были только на раннере этого задания, а его больше нет; следующий запуск начнёт без них.
    ");
}

#[test]
fn hostile_words_stay_inside_their_places() {
    let hostile = "{{issue}} {{{marker}}} {{> cost}}\n<!-- codexctl:progress -->\n::set-output name=x::y\n| a | b |\n\
                   @octocat fixes #5 \u{202e}txet\n```\n</details>\n# Heading\nCloses #5";
    let of = Progress {
        reason: Some(hostile.to_owned()),
        said: Some(hostile.to_owned()),
        questions: vec![hostile.to_owned()],
        left: vec![hostile.to_owned()],
        steps: vec![Step { title: hostile.to_owned(), ..step("x", StepState::Failed, None, hostile) }],
        pull: Some(PullRef { number: None, draft: false, branch: hostile.to_owned() }),
        ..ended(Outcome::Blocked)
    };
    let text = progress(&of, Lang::En).unwrap();
    assert_eq!(text.matches("<!--").count(), 1, "only our own marker");
    assert!(!text.contains('\u{202e}'));
    insta::assert_snapshot!(text.replace('\u{200b}', "·"));
}

#[test]
fn ten_megabytes_fit_into_a_comment_in_every_ending() {
    for unit in ["0123456789 @octocat #5 |*_`<\n", "\n", "`", "@a ", "a\n", "&", "й"] {
        // Once is enough for megabytes; what counts here is that every kind of growth stays in bounds.
        let huge = unit.repeat(if unit == "й" { 5_000_000 } else { 200_000 });
        for ending in [Outcome::Done, Outcome::NoChange, Outcome::Blocked, Outcome::Failed] {
            let of = Progress {
                said: Some(huge.clone()),
                reason: Some(huge.clone()),
                questions: vec![huge.clone(); 30],
                steps: vec![Step { title: huge.clone(), ..step("x", StepState::Failed, None, &huge) }; 20],
                left: vec![huge.clone(); 30],
                plan: Some(huge.clone()),
                ..ended(ending)
            };
            let text = progress(&of, Lang::Ru).unwrap();
            assert!(text.chars().count() <= BODY_LIMIT, "{ending:?} {unit:?}: {}", text.chars().count());
        }
    }
}

#[test]
fn a_review_is_told_on_its_pull_request_in_words_of_its_own() {
    let review = |of: Progress| Progress { issue: 8, again: Again::Review, review_starts_run: true, ..of };
    let pull = PullRef { number: Some(8), draft: false, branch: "codex/issue-7".to_owned() };
    let done =
        Progress { said: Some("The numbers have names now.".to_owned()), pull: Some(pull), ..ended(Outcome::Done) };
    let no_change = Progress { said: Some("They have names.".to_owned()), ..ended(Outcome::NoChange) };
    let all = [
        running(),
        done,
        no_change,
        Progress { limit: Some(3600), ..ended(Outcome::TimedOut) },
        Progress { reason: Some("too much".to_owned()), ..ended(Outcome::Refused) },
    ];
    let texts: Vec<String> = all
        .into_iter()
        .flat_map(|of| {
            let text = both(&review(of));
            // Steps and costs are told as for an issue.
            text.split("======== ru ========\n")
                .map(|text| text.split("\n**Cost").next().unwrap().split("\n**Затраты").next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n--------\n"));
}
