use super::*;

fn known(number: u64, title: &str) -> Known {
    Known { number, title: title.to_owned(), key: Some(title_key(title)), open: true }
}

fn wanted(title: &str) -> Wanted<'_> {
    Wanted { title, body: "text", labels: &[] }
}

fn titles(make: &[Make]) -> Vec<&str> {
    make.iter().map(|one| one.title.as_str()).collect()
}

fn names(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

#[test]
fn titles_that_people_would_call_the_same_have_one_key() {
    for same in ["Count the discount", "  count THE discount. ", "Count: the `discount`!"] {
        assert_eq!(title_key(same), title_key("Count the discount"), "{same}");
    }
    for other in ["Count the discounts", "Count discount", "Скидка", "???", "!!!"] {
        assert_ne!(title_key(other), title_key("Count the discount"), "{other}");
    }
    assert_ne!(title_key("???"), title_key("!!!"));
}

#[test]
fn what_is_there_is_not_made_again_closed_or_renamed_as_it_may_be() {
    let closed = Known { open: false, ..known(8, "One") };
    let renamed = Known { title: "Two, renamed".to_owned(), ..known(9, "Two") };
    let by_people = Known { key: None, ..known(10, "Three") };
    let asked = [wanted("one"), wanted("TWO"), wanted("Two renamed"), wanted("Three"), wanted("Four"), wanted("four!")];
    let (make, left) = issues(&asked, &[closed, renamed, by_people], &[]);
    assert_eq!(titles(&make), ["Four"]);
    assert_eq!(left, []);
}

#[test]
fn of_thirty_issues_twenty_are_made_and_the_rest_is_told_also_when_some_are_there() {
    let all: Vec<String> = (1..=30).map(|n| format!("Part {n}")).collect();
    let asked: Vec<Wanted<'_>> = all.iter().map(|title| wanted(title)).collect();
    let (make, left) = issues(&asked, &[], &[]);
    assert_eq!((make.len(), &left), (20, &vec![Left::TooMany { count: 10, most: 20 }]));
    let there: Vec<Known> = (1..=5_u64).map(|n| known(n, &format!("Part {n}"))).collect();
    let (make, again) = issues(&asked, &there, &[]);
    assert_eq!((make.first().map(|one| one.title.as_str()), make.len()), (Some("Part 6"), 15));
    assert_eq!(again, left);
}

#[test]
fn an_issue_gets_semantic_labels_of_root_and_agent_and_no_other() {
    let labels = names(&["doc", "[ai-dev]", "[AI-Plan]", "urgent", "Bug"]);
    let asked = [Wanted { title: "One", body: "", labels: &labels }];
    let (make, left) = issues(&asked, &[], &names(&["epic", "[ai-plan]", "BUG", "p1"]));
    assert_eq!(make[0].labels, ["bug", "doc", "epic"]);
    assert_eq!(left, [Left::Labels { labels: names(&["[ai-dev]", "[AI-Plan]", "urgent"]) }]);
}

#[test]
fn a_title_is_made_fit_for_github_and_an_empty_one_is_told() {
    let (make, left) = issues(&[wanted(" \u{202e} "), wanted("Ask @octocat\n[skip ci]")], &[], &[]);
    assert_eq!(titles(&make).join("|").replace('\u{200b}', "·"), "Ask @·octocat");
    assert_eq!(left, [Left::Untitled { count: 1 }]);
}

#[test]
fn only_open_issues_that_codexctl_made_are_edited() {
    let there = [
        known(8, "Ours"),
        Known { open: false, ..known(9, "Ours, closed") },
        Known { key: None, ..known(10, "Somebody's") },
    ];
    let (edit, left) = edits(&[(8, "first"), (9, "x"), (10, "x"), (99, "x"), (99, "y"), (8, "last"), (8, " ")], &there);
    assert_eq!(edit, [(8, "last".to_owned())]);
    assert_eq!(
        left,
        [Left::Closed { issue: 9 }, Left::NotOurs { issue: 10 }, Left::NotOurs { issue: 99 }, Left::Empty { issue: 8 }]
    );
}

#[test]
fn only_comments_of_the_prompt_that_have_no_answer_get_one() {
    let (told, answered) = (BTreeSet::from([1, 2, 3]), BTreeSet::from([2]));
    let asked = [(1, "one"), (2, "two"), (3, ""), (4, "four"), (4, "five"), (1, "more")];
    let (reply, left) = replies(&asked, &told, &answered);
    assert_eq!(reply, [(1, "one\n\nmore".to_owned())]);
    assert_eq!(left, [Left::Answered { comment: 2 }, Left::Untold { comment: 4 }]);
}
