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

/// A part in the cache of set-up; `install` is the name of what installs it.
pub fn cached(path: &str, install: &str) -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = folder("CODEXCTL_TEST_CACHE").or_else(|| {
        let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
        Some(caches?.join("codexctl-tests"))
    });
    let path = cache.map(|cache| cache.join(path)).filter(|path| path.exists());
    path.unwrap_or_else(|| panic!("a part of the tests is not installed: run `tests/setup/install.sh {install}`"))
}

fn part(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    path.unwrap_or_else(|| {
        panic!("{variable} names nothing that exists: run the tests by `make test`, which sets it up")
    })
}
