//! docs/prompts.md says what is so: its examples render, and its tables name what there is.

use super::project::rendered;
use super::*;

const PAGE: &str = include_str!("../../../../docs/prompts.md");

/// The page's example in a language.
fn example(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// The names in the first column of the table below this heading.
fn names(heading: &str) -> Vec<&'static str> {
    let (_, rest) = PAGE.split_once(heading).unwrap();
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_examples_of_the_page_render() {
    let mut data = local();
    data.vars.insert("TEAM".to_owned(), "checkout".to_owned());
    data.stack.services_overview.clear();
    data.limits = Limits::default();
    let hbs = ProjectTemplate::new("example.hbs", example("handlebars"), Lang::En);
    let go = ProjectTemplate::new("example.tmpl", example("gotemplate"), Lang::En);
    assert!(hbs.knows_short() && go.knows_short());
    let whole = rendered(Kind::DevIssue, &hbs, &data).unwrap().text;
    assert!(
        whole.contains("# 2 comments\n")
            && whole.contains("- Every new endpoint gets a line in docs/api.md.\n\n# What to hand in")
    );
    let short = rendered(Kind::DevIssue, &hbs, &again(LastRun::Done, TreeState::Kept)).unwrap().text;
    insta::assert_snapshot!(short);
    insta::assert_snapshot!(
        rendered(Kind::DevIssue, &go, &PromptData { threads: threads::threads(), ..data }).unwrap().text
    );
}

#[test]
fn the_page_names_every_value_and_no_other() {
    let data = kinds::of(Kind::DevReview);
    let (view, _) = view::View::new(Kind::DevReview, &data, &Fence::new(RANDOM), Lang::En, Lang::En);
    let view = serde_json::to_value(&view).unwrap();
    let mut there: Vec<&str> = view.as_object().unwrap().keys().map(String::as_str).collect();
    let mut told = names("| value | |\n");
    there.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, there);
}

#[test]
fn the_page_names_parts_that_there_are() {
    let partials = built_in(Kind::DevIssue).en.partials();
    for name in names("| part | says |\n") {
        assert!(partials.iter().any(|(partial, _)| *partial == name), "{name}");
    }
}
