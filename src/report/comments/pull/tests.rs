use std::time::Duration;

use super::*;
use crate::policy::texts::BODY_LIMIT;
use crate::report::comments::Usage;

fn body() -> PullBody {
    PullBody {
        issue: 7,
        body: "The cart rounded every line, so totals were off by cents.\n\nIt rounds once now.".to_owned(),
        verification: Some("- `node --test`: 42 passed".to_owned()),
        protected: Vec::new(),
        draft: true,
        run_url: Some("https://github.com/codex-k8s/shop/actions/runs/42".to_owned()),
        left_out: Vec::new(),
        cost: Cost {
            usage: Some(Usage { turns: 1, input_tokens: 21_000, cached_tokens: 0, output_tokens: 900, model: None }),
            took: Duration::from_secs(48),
        },
    }
}

fn both(of: &PullBody) -> String {
    let [en, ru] = [Lang::En, Lang::Ru].map(|lang| pull(of, lang).unwrap());
    for text in [&en, &ru] {
        assert!(!text.contains("\n\n\n") && !text.ends_with("\n\n"), "a hole in:\n{text}");
    }
    format!("{en}\n======== ru ========\n{ru}")
}

#[test]
fn a_pull_request_gives_the_body_its_verification_and_what_it_closes() {
    insta::assert_snapshot!(both(&body()));
}

#[test]
fn protected_files_are_named_at_the_top() {
    let protected = vec![".github/workflows/ci.yml".to_owned(), "services.yaml".to_owned()];
    insta::assert_snapshot!(both(&PullBody { protected, ..body() }));
}

#[test]
fn many_protected_files_are_counted() {
    let protected = (1..=22).map(|number| format!("deploy/{number}.yaml")).collect();
    let text =
        pull(&PullBody { protected, draft: false, verification: None, run_url: None, ..body() }, Lang::Ru).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn the_text_of_an_agent_can_not_swallow_what_follows_it() {
    let hostile =
        "{{issue}} {{> cost}} Closes #5, closes #7 @octocat\n<!-- codexctl:progress -->\n<details>\n\n~~~~sh\necho";
    let text = pull(&PullBody { body: hostile.to_owned(), ..body() }, Lang::En).unwrap();
    insta::assert_snapshot!(text.replace('\u{200b}', "·"));
}

#[test]
fn ten_megabytes_fit_and_the_last_line_still_closes_the_issue() {
    for unit in ["0123456789 @octocat closes #5 `x`\n", "\n", "```\n", "<pre>", "@a ", "й"] {
        let huge = unit.repeat(10_000_000 / unit.len());
        let of = PullBody {
            body: huge.clone(),
            verification: Some(huge),
            protected: vec!["x".repeat(5_000); 500],
            ..body()
        };
        for lang in [Lang::En, Lang::Ru] {
            let text = pull(&of, lang).unwrap();
            assert!(text.chars().count() <= BODY_LIMIT, "{unit:?}: {}", text.chars().count());
            assert_eq!(text.lines().last(), Some("Closes #7"), "{unit:?}");
        }
    }
}
