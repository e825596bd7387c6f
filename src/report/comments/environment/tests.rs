use super::*;

fn deployed() -> Environment {
    let link = |title: &str, path: &str| EnvironmentLink { title: title.to_owned(), path: path.to_owned() };
    Environment {
        marker: "<!-- codexctl:environment {\"schema\":1} -->".to_owned(),
        deployed: true,
        slot: 3,
        env: "ai".to_owned(),
        namespace: Some("shop-dev-3".to_owned()),
        host: Some("dev-3.ai.shop.example.com".to_owned()),
        links: vec![
            link("Products", "/products"),
            link("A cart", "carts/demo?x=(1)"),
            link("", "/no-title"),
            link("No path", " "),
        ],
        unready: None,
        issue: 7,
        again: Again::Label("[ai-dev]".to_owned()),
        pull: PullRef { number: Some(12), draft: true, branch: "codex/issue-7".to_owned() },
        run_url: Some("https://github.com/codex-k8s/shop/actions/runs/42".to_owned()),
        review_starts_run: true,
    }
}

fn both(of: &Environment) -> String {
    let [en, ru] = [Lang::En, Lang::Ru].map(|lang| environment(of, lang).unwrap());
    for text in [&en, &ru] {
        assert!(!text.contains("\n\n\n") && !text.ends_with("\n\n"), "a hole in:\n{text}");
    }
    format!("{en}\n======== ru ========\n{ru}")
}

#[test]
fn a_deployed_environment_gives_its_links() {
    insta::assert_snapshot!(both(&deployed()));
}

#[test]
fn an_environment_that_is_not_ready_says_why() {
    let unready = Some("Deployment checkout: 0 of 1 ready: CrashLoopBackOff".to_owned());
    insta::assert_snapshot!(both(&Environment { unready, ..deployed() }));
}

#[test]
fn on_this_machine_there_is_a_branch_instead_of_an_environment() {
    let local = Environment { deployed: false, namespace: None, run_url: None, review_starts_run: false, ..deployed() };
    insta::assert_snapshot!(both(&local));
}

#[test]
fn a_link_can_not_lead_to_another_host_or_out_of_its_place() {
    assert_eq!(address("dev-3.example.com", "a b)<x>`|").unwrap(), "https://dev-3.example.com/a%20b%29%3Cx%3E%60%7C");
    assert_eq!(
        address("dev-3.example.com:8443", "//evil.example.com/x").unwrap(),
        "https://dev-3.example.com:8443/evil.example.com/x"
    );
    assert_eq!(address("user@dev-3.example.com", "/"), None);
    assert_eq!(address("dev-3.example.com/x", "/"), None);
    assert_eq!(address("", "/x"), None);
}
