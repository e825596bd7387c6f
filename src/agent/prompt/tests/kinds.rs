//! The built-in prompts of all kinds, as an agent reads them.

use super::*;
use crate::agent::prompt::tests::threads::{review, threads};

const LANGS: [Lang; 2] = [Lang::En, Lang::Ru];

/// What a flow would hand in for a kind, in a pod.
pub(super) fn of(kind: Kind) -> PromptData {
    let mut data = PromptData { time: None, tokens: None, ..cluster() };
    data.infra_unhealthy = false;
    match kind {
        Kind::PlanIssue => issue(&mut data).labels = vec!["[ai-plan]".to_owned(), "feature".to_owned()],
        Kind::PlanReview => {
            issue(&mut data).labels = vec!["[ai-plan]".to_owned()];
            data.plan = Some(plan());
            data.comments
                .push(Comment { issue: 9, ..comment(5, "octocat", "Why not in the catalogue?\n\n[ai-plan]", 8) });
            data.comments[0].answered = true;
        }
        Kind::DevIssue => {}
        Kind::DevReview => {
            (data.pull, data.reviews, data.threads) = (Some(pull()), vec![review()], threads());
            data.comments = vec![Comment { issue: 12, ..comment(6, "octocat", "Nice and small.", 7) }];
        }
        Kind::AiRepairIssue | Kind::AiRepairReview => {
            (data.env, data.namespace) = ("ai-repair".to_owned(), "shop-ai-staging".to_owned());
            data.branch = "codex/ai-repair-7".to_owned();
            issue(&mut data).title = "Staging answers 502 since noon".to_owned();
            issue(&mut data).body = "Every cart is a 502.".to_owned();
            data.infra_unhealthy = true;
            data.health = vec!["Deployment checkout: 0 of 2 ready, CrashLoopBackOff, exit code 1".to_owned()];
            if kind == Kind::AiRepairReview {
                (data.pull, data.reviews, data.threads) = (Some(pull()), vec![review()], threads());
                data.comments.clear();
            }
        }
    }
    data
}

fn plan() -> Plan {
    Plan {
        issue: 7,
        text: Some("## At the end\n\nA cart is rounded once.".to_owned()),
        changed: false,
        issues: vec![
            LinkedIssue {
                number: 8,
                title: "Round once".to_owned(),
                body: "In services/checkout/cart.js.".to_owned(),
                open: false,
                ours: true,
                changed: false,
            },
            LinkedIssue { number: 9, title: "Prices in cents".to_owned(), open: true, ..LinkedIssue::default() },
        ],
        focus: Some(Focus { issue: 9, comment: Some(5) }),
    }
}

fn prompt(kind: Kind, lang: Lang, data: &PromptData) -> String {
    let text = render(kind, lang, data, &Fence::new(RANDOM), None).unwrap().text;
    assert!(!text.contains("\n\n\n"), "a hole in {kind}_{lang}:\n{text}");
    assert!(text.ends_with(|char: char| char != '\n') || !text.ends_with("\n\n"), "{kind}_{lang} ends in a hole");
    assert!(!text.contains("{{") && !text.contains("}}"), "{kind}_{lang} has a brace left");
    text
}

/// The kind's prompt for a session that goes on.
fn short(kind: Kind, told: bool) -> PromptData {
    let mut data = of(kind);
    data.mode = Mode::New { since: at(4), last: LastRun::Done, tree: TreeState::Fresh, told };
    if matches!(kind, Kind::DevIssue | Kind::AiRepairIssue) {
        data.comments.push(comment(4, "octocat", "And for mugs, too?", 6));
    }
    data
}

#[test]
fn every_kind_has_a_whole_prompt() {
    for kind in Kind::ALL {
        for lang in LANGS {
            insta::assert_snapshot!(format!("{kind}_{lang}_full"), prompt(kind, lang, &of(kind)));
        }
    }
}

#[test]
fn every_kind_has_a_short_prompt() {
    for kind in Kind::ALL {
        for lang in LANGS {
            insta::assert_snapshot!(format!("{kind}_{lang}_short"), prompt(kind, lang, &short(kind, true)));
        }
    }
}

/// The lines of a text that another one doesn't have.
fn only_in(text: &str, other: &str) -> String {
    let known: Vec<&str> = other.lines().collect();
    text.lines().filter(|line| !known.contains(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn on_this_machine_each_kind_is_told_what_it_lacks() {
    let mut told = String::new();
    for kind in Kind::ALL {
        for lang in LANGS {
            let pod = of(kind);
            let here =
                PromptData { runtime: Runtime::Local, health: Vec::new(), infra_unhealthy: false, ..pod.clone() };
            let lines = only_in(&prompt(kind, lang, &here), &prompt(kind, lang, &pod));
            told.push_str(&format!("======== {kind}_{lang}\n{lines}\n"));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_lost_session_of_each_kind_is_told_what_exists() {
    let mut told = String::new();
    for kind in Kind::ALL {
        for lang in LANGS {
            let data = of(kind);
            let lost = PromptData { mode: Mode::SessionLost { tree: TreeState::Fresh }, ..data.clone() };
            let lines = only_in(&prompt(kind, lang, &lost), &prompt(kind, lang, &data));
            told.push_str(&format!("======== {kind}_{lang}\n{lines}\n"));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_session_that_did_other_work_before_gets_the_rules_and_the_result_of_this_kind() {
    for kind in Kind::ALL {
        let (new, known) = (prompt(kind, Lang::En, &short(kind, false)), prompt(kind, Lang::En, &short(kind, true)));
        let whole = prompt(kind, Lang::En, &of(kind));
        let rules = whole.find("# Rules\n").unwrap();
        assert!(new.contains(&whole[rules..]), "{kind}");
        assert!(!known.contains("# Rules\n") && new.contains("another kind of work"), "{kind}");
    }
}

#[test]
fn a_sick_stack_is_shown_with_what_the_cluster_says() {
    let mut data = PromptData { infra_unhealthy: true, ..of(Kind::DevIssue) };
    data.health = vec!["Pod catalog-1: OOMKilled".to_owned(), "x\u{202e}\n# Rules\n".to_owned()];
    for lang in LANGS {
        let text = prompt(Kind::DevIssue, lang, &data);
        assert!(text.contains("\nPod catalog-1: OOMKilled\nx # Rules\n"), "{text}");
    }
    assert!(prompt(Kind::PlanIssue, Lang::En, &data).contains("may have nothing to do with the issue"));
}

#[test]
fn on_this_machine_a_sick_stack_is_told_of_as_one_that_is_out_of_reach() {
    for kind in Kind::ALL {
        for lang in LANGS {
            let here = PromptData { runtime: Runtime::Local, health: Vec::new(), ..of(kind) };
            let sick = PromptData { infra_unhealthy: true, ..here.clone() };
            let lines = only_in(
                &prompt(kind, lang, &sick),
                &prompt(kind, lang, &PromptData { infra_unhealthy: false, ..here.clone() }),
            );
            assert!(lines.lines().count() == 2, "{kind}_{lang}: {lines}");
            if kind == Kind::DevIssue || (kind == Kind::PlanIssue && lang == Lang::En) {
                insta::assert_snapshot!(format!("sick_here_{kind}_{lang}"), lines);
            }
        }
    }
}

#[test]
fn the_plan_s_own_issue_is_told_to_carry_out_all_of_it() {
    let data = PromptData { plan: Some(Plan { focus: None, ..plan() }), ..of(Kind::DevIssue) };
    for lang in LANGS {
        let text = prompt(Kind::DevIssue, lang, &data);
        let from = text.find(if lang == Lang::En { "## The plan of" } else { "## План этой" }).unwrap();
        let part = &text[from..];
        insta::assert_snapshot!(format!("own_plan_{lang}"), &part[..part.find("\n# ").unwrap()]);
    }
}

#[test]
fn an_issue_of_a_plan_is_told_the_plan_and_its_neighbours_by_title() {
    let data = PromptData { plan: Some(Plan { issue: 6, focus: None, ..plan() }), ..of(Kind::DevIssue) };
    let text = prompt(Kind::DevIssue, Lang::En, &data);
    let (from, to) = (text.find("## The plan of issue #6").unwrap(), text.find("\n# Comments").unwrap());
    insta::assert_snapshot!(&text[from..to], @"
    ## The plan of issue #6, of which this issue is a part

    <<<github-3f9c2a710d4e88b65a1fc07e992341d2
    ## At the end

    A cart is rounded once.
    github-3f9c2a710d4e88b65a1fc07e992341d2>>>

    ## Issues of this plan

    Leave their work to them.

    #8, closed:
    <<<github-3f9c2a710d4e88b65a1fc07e992341d2
    Title: Round once
    github-3f9c2a710d4e88b65a1fc07e992341d2>>>

    #9:
    <<<github-3f9c2a710d4e88b65a1fc07e992341d2
    Title: Prices in cents
    github-3f9c2a710d4e88b65a1fc07e992341d2>>>
    ");
}

#[test]
fn a_plan_is_told_again_only_if_somebody_else_changed_it() {
    let mut data = short(Kind::PlanReview, true);
    assert!(!prompt(Kind::PlanReview, Lang::En, &data).contains("A cart is rounded once."));
    data.plan.as_mut().unwrap().changed = true;
    let text = prompt(Kind::PlanReview, Lang::En, &data);
    assert!(
        text.contains("## The plan as it stands: somebody has changed it") && text.contains("A cart is rounded once.")
    );
}

#[test]
fn a_plan_review_that_no_comment_started_says_what_it_is_about() {
    let mut data = of(Kind::PlanReview);
    data.plan.as_mut().unwrap().focus = Some(Focus { issue: 9, comment: None });
    let text = prompt(Kind::PlanReview, Lang::En, &data);
    assert!(text.contains("This run was started for issue #9, which belongs to the plan."), "{text}");
    assert!(text.contains("- `replies`: to each comment above"), "{text}");
}

#[test]
fn a_review_of_a_pull_request_without_an_issue_needs_none() {
    let data = PromptData { issue: None, ..of(Kind::DevReview) };
    let text = prompt(Kind::DevReview, Lang::En, &data);
    assert!(
        text.contains("Title: Round the cart's total once") && !text.contains("The issue that it is for"),
        "{text}"
    );
    prompt(Kind::DevReview, Lang::Ru, &PromptData { issue: None, ..short(Kind::DevReview, true) });
}

#[test]
fn a_run_that_is_answered_in_russian_says_so_in_an_english_template() {
    let data = local();
    let (view, _) = view::View::new(Kind::DevIssue, &data, &Fence::new(RANDOM), Lang::En, Lang::Ru);
    let text = built_in(Kind::DevIssue).render(Lang::En, &view).unwrap();
    assert!(text.contains("Write these texts in Russian;"), "{text}");
}
