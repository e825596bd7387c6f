//! The real Codex agent, as set-up installed it.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::path::PathBuf;

/// npm's launcher, which is what people start.
pub(crate) fn codex() -> String {
    std::env::var("CODEXCTL_TEST_CODEX")
        .expect("CODEXCTL_TEST_CODEX names nothing: run the tests by `make test`, which sets it up")
}

/// The program behind npm's launcher: there 0.1 s sooner each time.
pub(crate) fn native_codex() -> PathBuf {
    let launcher = std::fs::canonicalize(codex()).expect("CODEXCTL_TEST_CODEX names a file");
    if launcher.extension().is_none_or(|extension| extension != "js") {
        return launcher;
    }
    let scope = launcher.ancestors().nth(3).expect("a launcher among packages");
    let packages = std::fs::read_dir(scope).expect("packages").flatten().map(|entry| entry.path().join("vendor"));
    let targets = packages.filter_map(|vendor| std::fs::read_dir(vendor).ok()).flatten().flatten();
    let mut programs = targets.map(|target| target.path().join("bin/codex"));
    programs.find(|program| program.is_file()).expect("the launcher's program is installed")
}
