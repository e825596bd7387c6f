//! What is in the image.

use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::engine::{engine, image};

/// A command in a fresh container.
fn sh(target: &str, line: &str) -> String {
    engine().ask(&["run", "--rm", "--entrypoint=/bin/sh", &image(target), "-c", line])
}

#[test]
fn the_image_starts_codexctl() {
    let said = engine().ask(&["run", "--rm", &image("agent"), "version"]);
    assert!(said.starts_with(&format!("version: {}\n", env!("CARGO_PKG_VERSION"))), "{said}");
}

#[test]
fn the_slim_image_has_what_codexctl_starts_and_no_agent() {
    let programs = sh(
        "slim",
        "for one in codexctl codexctl-action codexctl-post git bash codex; do command -v $one || echo no $one; done",
    );
    insta::assert_snapshot!(programs, @"
    /usr/local/bin/codexctl
    /usr/local/bin/codexctl-action
    /usr/local/bin/codexctl-post
    /usr/bin/git
    /usr/bin/bash
    no codex
    ");
    assert_eq!(sh("slim", "test -s /etc/ssl/certs/ca-certificates.crt && echo certificates"), "certificates");
}

#[test]
fn any_user_can_start_codex_and_what_it_brings() {
    let line = "id -u; codex --version; cd /opt/codex && ls; find . -type f | sort; codex-path/rg --version | head -1; codex-resources/bwrap --version";
    let said = engine().ask(&["run", "--rm", "--user=4711:4711", "--entrypoint=/bin/sh", &image("agent"), "-c", line]);
    insta::assert_snapshot!(said, @"
    4711
    codex-cli 0.169.0
    bin
    codex-package.json
    codex-path
    codex-resources
    ./bin/codex
    ./bin/codex-code-mode-host
    ./codex-package.json
    ./codex-path/rg
    ./codex-resources/bwrap
    ripgrep 15.2.0 (rev e89fff89ac)
    bubblewrap built for Codex
    ");
}

#[test]
fn the_image_names_no_user_and_says_where_it_comes_from() {
    let labels = r#"{{range $name, $value := .Labels}}{{if eq (slice $name 0 4) "org."}}{{$name}}={{$value}}{{"\n"}}{{end}}{{end}}"#;
    let format = format!("user {{{{.User}}}}, {{{{json .Config.Entrypoint}}}} {{{{json .Config.Cmd}}}}\n{labels}");
    let said = engine().ask(&["image", "inspect", "--format", &format, &image("agent")]);
    insta::assert_snapshot!(said, @r#"
    user , ["codexctl"] null
    org.opencontainers.image.description=Turns a labelled GitHub issue into reviewed work: routes the event, runs the Codex agent, publishes commits, a pull request and comments.
    org.opencontainers.image.licenses=MIT
    org.opencontainers.image.source=https://github.com/codex-k8s/codexctl-action
    org.opencontainers.image.title=codexctl
    "#);
}

#[test]
fn the_image_has_the_codex_that_the_tests_run_and_npx_would_fetch() {
    let locked = |path: &str| {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let lock: Value = serde_json::from_str(&text).unwrap();
        let packages = lock["packages"].as_object().unwrap().iter();
        packages
            .filter(|(name, _)| name.starts_with("node_modules/@openai/"))
            .map(|(_, package)| package.clone())
            .collect::<Vec<_>>()
    };
    let ours = locked("image/package-lock.json");
    assert_eq!(ours[0]["version"], codexctl_action::agent::CODEX_VERSION);
    assert_eq!(ours, locked("tests/setup/package-lock.json"));
}

#[test]
fn the_build_gets_every_file_that_the_sources_take_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let allowed = std::fs::read_to_string(root.join(".dockerignore")).unwrap();
    let allowed: Vec<&str> = allowed.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let taken =
        Regex::new(r#"include_(?:str|bytes)!\(\s*concat!\(\s*env!\("CARGO_MANIFEST_DIR"\),\s*"/([^/"]+)"#).unwrap();
    let mut folders = vec![root.join("src")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap_or_default();
            for top in taken.captures_iter(&text).map(|found| found[1].to_owned()) {
                assert!(
                    allowed.contains(&top.as_str()),
                    "{} takes in {top}, which .dockerignore leaves out",
                    entry.display()
                );
                found += 1;
            }
        }
    }
    assert!(found > 2, "the pattern finds what there is");
    // Cargo wants every target that Cargo.toml names, whatever is built.
    for path in allowed.iter().filter(|path| !path.contains('*') && **path != "dist") {
        assert!(root.join(path).exists(), "{path} in .dockerignore is nothing that is there");
    }
}
