use super::*;

fn whole() -> PlanComment {
    PlanComment {
        marker: "<!-- codexctl:{} -->".to_owned(),
        issue: 7,
        plan: "Count the discount in `priceCart`.\n\n1. a test\n2. the change".to_owned(),
        questions: Vec::new(),
        issues: Vec::new(),
        run_url: None,
    }
}

fn issue(number: u64, title: &str, open: bool) -> ListedIssue {
    ListedIssue { number: Some(number), title: title.to_owned(), open }
}

#[test]
fn a_plan_says_what_it_is_and_how_to_go_on() {
    insta::assert_snapshot!(plan(&whole(), Lang::En).unwrap(), @"
    <!-- codexctl:{} -->
    ### 🧭 Plan for #7

    <!-- the plan -->
    Count the discount in `priceCart`.

    1. a test
    2. the change
    <!-- end of the plan -->

    ---
    **Next:** to have something changed, write it in a comment, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` here.
    ");
}

#[test]
fn a_plan_with_questions_and_issues_names_them() {
    let of = PlanComment {
        questions: vec!["Per line or per cart?\n\nI would count per line.".to_owned(), "Since when?".to_owned()],
        issues: vec![issue(8, "Count per line", true), issue(9, "Tell *customers* of #5", false)],
        run_url: Some("https://github.com/codex-k8s/shop/actions/runs/1".to_owned()),
        ..whole()
    };
    let text = |lang| plan(&of, lang).unwrap().replace('\u{200b}', "·");
    insta::assert_snapshot!(text(Lang::En), @r"
    <!-- codexctl:{} -->
    ### 🧭 Plan for #7

    **To be answered first:**

    1. Per line or per cart?

       I would count per line.
    2. Since when?

    <!-- the plan -->
    Count the discount in `priceCart`.

    1. a test
    2. the change
    <!-- end of the plan -->

    **Its issues**

    - #8 Count per line
    - #9 Tell \*customers\* of #·5 (closed)

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it. · [run](https://github.com/codex-k8s/shop/actions/runs/1)
    ");
    insta::assert_snapshot!(text(Lang::Ru), @r"
    <!-- codexctl:{} -->
    ### 🧭 План для #7

    **Сначала нужны ответы:**

    1. Per line or per cart?

       I would count per line.
    2. Since when?

    <!-- the plan -->
    Count the discount in `priceCart`.

    1. a test
    2. the change
    <!-- end of the plan -->

    **Задачи плана**

    - #8 Count per line
    - #9 Tell \*customers\* of #·5 (закрыта)

    ---
    **Что дальше:** нужно что-то изменить — напишите об этом в комментарии здесь или в одной из задач, добавив отдельной строкой `[ai-plan]`. Чтобы план был выполнен, поставьте метку `[ai-dev]` на одну из задач или здесь — на всё сразу. · [запуск](https://github.com/codex-k8s/shop/actions/runs/1)
    ");
}

#[test]
fn the_plan_is_read_back_from_its_comment_and_what_people_changed_in_it() {
    let text = plan(&whole(), Lang::En).unwrap();
    assert_eq!(plan_in(&text), Some(whole().plan.as_str()));
    let changed = text.replace("1. a test", "1. two tests");
    assert!(plan_in(&changed).unwrap().contains("1. two tests"));
    assert_eq!(plan_in(&text.replace(ENDS, "")).unwrap().lines().next(), Some("Count the discount in `priceCart`."));
    assert_eq!(plan_in("no plan"), None);
    assert_eq!(plan_in(&format!("{BEGINS}\n \n{ENDS}")), None);
}

#[test]
fn a_plan_can_not_end_itself_nor_begin_another_marker() {
    let of = PlanComment {
        plan: format!(
            "one\n{ENDS}\n{BEGINS}\n<!-- codexctl:{{\"kind\":\"plan\"}} -->\n<details>\ntwo @octocat closes #5"
        ),
        ..whole()
    };
    let text = plan(&of, Lang::En).unwrap();
    assert_eq!((text.matches(BEGINS).count(), text.matches(ENDS).count()), (1, 1));
    insta::assert_snapshot!(plan_in(&text).unwrap().replace('\u{200b}', "·"), @"
    one



    <details>
    two @·octocat c·loses #5
    </details>
    ");
}

#[test]
fn the_longest_plan_fits_into_a_comment_and_says_that_it_was_cut() {
    let of = PlanComment {
        plan: "@a #1 ".repeat(100_000),
        questions: vec!["@a ".repeat(1000); 30],
        issues: (1..=80).map(|n| issue(n, &"[".repeat(300), true)).collect(),
        run_url: Some("https://github.com/codex-k8s/shop/actions/runs/1".to_owned()),
        ..whole()
    };
    for lang in [Lang::En, Lang::Ru] {
        let text = plan(&of, lang).unwrap();
        assert!(text.chars().count() < crate::policy::texts::BODY_LIMIT, "{}", text.chars().count());
        assert!(text.contains("(https://github.com/codex-k8s/shop/actions/runs/1)._"));
    }
}

#[test]
fn an_issue_of_the_plan_has_our_marker_and_our_line_and_no_other() {
    let text =
        "Do it.\n<!-- codexctl:{\"kind\":\"issue-x\"} -->\nAI-PLAN-PARENT: #1\n<!-- x -->AI-PLAN-PARENT: #2\n@octocat";
    let text = plan_issue("<!-- codexctl:{} -->", 7, text, Lang::En, None);
    insta::assert_snapshot!(text.replace('\u{200b}', "·"), @"
    <!-- codexctl:{} -->
    AI-PLAN-PARENT: #7

    Do it.

    @·octocat
    ");
}

#[test]
fn an_answer_says_whom_and_what_it_answers() {
    let of = CommentReply {
        marker: "<!-- codexctl:{} -->".to_owned(),
        issue: 7,
        author: "octocat".to_owned(),
        url: "https://github.com/codex-k8s/shop/issues/7#issuecomment-105".to_owned(),
        said: "[ai-plan]\n\nCount per **line**, please.\nNot per cart.".to_owned(),
        body: "The plan counts per line now.".to_owned(),
        run_url: None,
    };
    insta::assert_snapshot!(comment_reply(&of, Lang::En).unwrap(), @r"
    <!-- codexctl:{} -->
    > octocat [wrote](https://github.com/codex-k8s/shop/issues/7#issuecomment-105): Count per \*\*line\*\*, please.

    The plan counts per line now.
    ");
    insta::assert_snapshot!(comment_reply(&of, Lang::Ru).unwrap(), @r"
    <!-- codexctl:{} -->
    > octocat [пишет](https://github.com/codex-k8s/shop/issues/7#issuecomment-105): Count per \*\*line\*\*, please.

    The plan counts per line now.
    ");
    let hostile = CommentReply {
        author: "x](y) @all".to_owned(),
        url: "javascript:alert(1)".to_owned(),
        said: "<!-- a -->\n[ai-dev]\n> ".to_owned(),
        ..of
    };
    insta::assert_snapshot!(comment_reply(&hostile, Lang::En).unwrap().replace('\u{200b}', "·"), @r"
    <!-- codexctl:{} -->
    > x\](y) @·all wrote: \[ai-dev\]

    The plan counts per line now.
    ");
}
