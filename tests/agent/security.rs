//! docs/security.md names tests; here they are looked for.

use std::path::Path;

/// `path.rs::name` in backticks, as the page names tests.
fn named(page: &str) -> Vec<(&str, &str)> {
    let words = page.split('`').skip(1).step_by(2);
    words.filter_map(|word| word.split_once(".rs::")).collect()
}

#[test]
fn every_test_that_the_page_about_security_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let missing: Vec<String> = named(&page)
        .into_iter()
        .filter(|(path, name)| {
            let text = std::fs::read_to_string(root.join(format!("{path}.rs"))).unwrap_or_default();
            let mut lines = text.lines().map(str::trim_start);
            let mut before = "";
            !lines.any(|line| {
                let is_test = before.starts_with("#[") && before.contains("test]");
                before = line;
                is_test && line.trim_start_matches("async ").starts_with(&format!("fn {name}("))
            })
        })
        .map(|(path, name)| format!("{path}.rs::{name}"))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn each_promise_that_code_keeps_names_a_test() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md")).unwrap();
    let promises = page.split_once("## Promises").unwrap().1.split_once("\n## ").unwrap().0;
    for number in 1..=7 {
        let own = promises.split_once(&format!("**{number}. ")).unwrap().1;
        let own = own.split_once(&format!("**{}. ", number + 1)).unwrap().0;
        assert!(!named(own).is_empty(), "promise {number}");
    }
}
