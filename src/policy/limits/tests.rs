//! What is let out, what only under a reader's eye, and what not at all.

use insta::assert_snapshot;

use super::*;

fn list(globs: &[&str]) -> Vec<String> {
    globs.iter().map(|glob| (*glob).to_owned()).collect()
}

fn change(path: &str, bytes: u64) -> Change {
    Change { path: path.to_owned(), bytes, kind: ChangeKind::File, versions_only: false }
}

fn policy(on_protected: OnProtected) -> Policy {
    Policy::new(&Options {
        max_files: 3,
        max_bytes: 1000,
        protected: &list(&DEFAULT_PROTECTED),
        config: "services.yaml",
        named: &list(&["./hooks/seed.sh", ".env.shared"]),
        on_protected,
        skip: &list(&DEFAULT_SKIP),
    })
    .unwrap()
}

fn verdict(changes: &[Change]) -> Verdict {
    policy(OnProtected::Draft).judge(changes).verdict
}

fn refusal(changes: &[Change]) -> String {
    match verdict(changes) {
        Verdict::Refused { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn is_protected(path: &str) -> bool {
    verdict(&[change(path, 1)]) == Verdict::Draft { protected: vec![path.to_owned()] }
}

#[test]
fn ordinary_changes_within_the_limits_are_allowed() {
    let changes = [change("src/main.rs", 400), change("docs/a.md", 600), change("README.md", 0)];
    assert_eq!(verdict(&changes), Verdict::Allowed);
    assert_eq!(verdict(&[]), Verdict::Allowed);
    assert_eq!(verdict(&[change("a", 1000)]), Verdict::Allowed, "the limits themselves are still fine");
}

#[test]
fn too_much_is_refused_and_says_where_most_of_it_is() {
    let many: Vec<Change> =
        ["node_modules/a", "node_modules/b", "src/c", "d"].iter().map(|path| change(path, 1)).collect();
    assert_snapshot!(refusal(&many), @"4 files changed (2 of them in node_modules/), publish.maxFiles allows 3: raise it, or add what is generated to .gitignore or publish.skip");
    assert_snapshot!(refusal(&[change("a", 1), change("b.bin", 1000)]), @"changed files have 1001 bytes, publish.maxBytes allows 1000 (the largest is b.bin)");
    assert_snapshot!(refusal(&[change("a", u64::MAX), change("b", u64::MAX)]), @"changed files have 18446744073709551615 bytes, publish.maxBytes allows 1000 (the largest is b)");
}

#[test]
fn skipped_paths_count_for_nothing() {
    let changes = [
        change(".codexctl/outbox/1.md", 5000),
        change(".bin/kubectl", 5000),
        change(".bin/AGENTS.md", 1),
        change("a", 1),
    ];
    let policy = policy(OnProtected::Draft);
    let outcome = policy.judge(&changes);
    assert_eq!(outcome.verdict, Verdict::Allowed);
    assert_eq!(outcome.skipped, [".codexctl/outbox/1.md", ".bin/kubectl", ".bin/AGENTS.md"]);
    assert_eq!(outcome.kept, [&changes[3]]);
}

#[test]
fn protected_paths_make_a_draft_in_any_case_and_at_any_depth() {
    for path in [
        ".github/workflows/ci.yml",
        ".GitHub/workflows/ci.yml",
        "AGENTS.md",
        "services/api/agents.MD",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        ".codex/config.toml",
        ".gitattributes",
        "sub/.gitattributes",
        ".gitmodules",
        "services.yaml",
        "Services.yaml",
        "hooks/seed.sh",
        ".env.shared",
        // Other spellings that some file system takes for the same name.
        ".GITHUB/workflows/ci.yml",
        ".g\u{200c}ithub/workflows/ci.yml",
        ".github./workflows/ci.yml",
        "AGENTS.md ",
        "AGENTS.md::$DATA",
        "AGENT\u{17f}.md",
        "hoo\u{212a}s/seed.sh",
        "GITHUB~1/workflows/ci.yml",
        "docs/CODEOW~1",
        "services.yaml.",
        // A link or a file in place of the whole folder.
        ".github",
        ".codex",
    ] {
        assert!(is_protected(path), "{path}");
    }
    for path in [
        "github/x",
        "src/.github.rs",
        "my-AGENTS.md",
        "sub/services.yaml",
        "sub/.github/x",
        ".codexrc",
        "hooks/other.sh",
    ] {
        assert!(!is_protected(path), "{path}");
    }
}

#[test]
fn a_glob_counts_for_both_ways_to_write_an_accent() {
    let globs = list(&["caf\u{e9}/**"]);
    let policy = Policy::new(&Options {
        max_files: 1,
        max_bytes: 1,
        protected: &globs,
        config: "services.yaml",
        named: &[],
        on_protected: OnProtected::Draft,
        skip: &[],
    })
    .unwrap();
    assert!(
        policy.is_protected("caf\u{e9}/x") && policy.is_protected("cafe\u{301}/x") && !policy.is_protected("cafe/x")
    );
}

#[test]
fn deleting_a_protected_file_counts_and_a_submodule_always_does() {
    let gone = Change { kind: ChangeKind::Deleted, ..change("CODEOWNERS", 0) };
    let module = Change { kind: ChangeKind::Submodule, ..change("vendor/lib", 0) };
    let paths = vec!["CODEOWNERS".to_owned(), "vendor/lib".to_owned()];
    assert_eq!(verdict(&[module, gone]), Verdict::Draft { protected: paths });
}

#[test]
fn the_config_file_may_change_its_versions() {
    let bump = Change { versions_only: true, ..change("services.yaml", 10) };
    assert_eq!(verdict(std::slice::from_ref(&bump)), Verdict::Allowed);
    // The word counts for the config file only.
    let sneaky = Change { path: ".github/x".to_owned(), ..bump };
    assert_eq!(verdict(&[sneaky]), Verdict::Draft { protected: vec![".github/x".to_owned()] });
}

#[test]
fn where_the_file_says_refuse_protected_paths_are_refused() {
    let changes = [change("AGENTS.md", 1), change("a", 1)];
    let Verdict::Refused { reason } = policy(OnProtected::Refuse).judge(&changes).verdict else { panic!("let out") };
    assert_snapshot!(reason, @"protected paths changed, and publish.onProtected is refuse: AGENTS.md");
}

#[test]
fn paths_that_lead_out_of_the_tree_are_refused() {
    for path in ["/etc/passwd", "../x", "a/../../x", ".git/config", "sub/.GIT/hooks/x", "", "a//b", "a\0b", "./a"] {
        assert!(matches!(verdict(&[change(path, 1)]), Verdict::Refused { .. }), "{path:?}");
    }
    assert_snapshot!(refusal(&[change("a/../\u{1b}x", 1)]), @r#""a/../\u{1b}x" is no path that a repository may hold"#);
}

#[test]
fn a_glob_that_is_none_is_named() {
    let globs = list(&["src/[a"]);
    let error = Policy::new(&Options {
        max_files: 1,
        max_bytes: 1,
        protected: &globs,
        config: "services.yaml",
        named: &[],
        on_protected: OnProtected::Draft,
        skip: &[],
    })
    .unwrap_err();
    assert_snapshot!(error, @"publish.protectedPaths: `src/[a` is no glob: unclosed character class; missing ']'");
}

#[test]
fn sizes_are_read_with_their_units() {
    for (text, want) in [
        ("0", 0),
        ("4194304", 4 << 20),
        ("4Mi", 4 << 20),
        ("500k", 500_000),
        ("200KB", 200_000),
        (" 2 MiB ", 2 << 20),
        ("1G", 1_000_000_000),
        ("1gib", 1 << 30),
        ("7b", 7),
    ] {
        assert_eq!(parse_size(text), Ok(want), "{text}");
    }
    for wrong in ["", "Mi", "-1", "+1", "1.5Mi", "1T", "4Mib4", "99999999999999999999", "18446744073709551615k"] {
        assert!(parse_size(wrong).is_err(), "{wrong}");
    }
    assert_snapshot!(parse_size("1.5Mi").unwrap_err(), @"`1.5Mi` is no size: write bytes (4194304), or a number with k, M, G (thousands) or Ki, Mi, Gi (1024s), such as 4Mi");
}
