//! Where set-up put the real parts. Without them tests fail with the one line that installs them.

use std::path::PathBuf;

/// The folder of installed npm packages.
pub fn npm() -> PathBuf {
    part("CODEXCTL_TEST_NPM")
}

/// The real Codex binary.
pub fn codex() -> PathBuf {
    part("CODEXCTL_TEST_CODEX")
}

fn part(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    path.unwrap_or_else(|| {
        panic!("{variable} names nothing that exists: run the tests by `make test`, which sets it up")
    })
}
