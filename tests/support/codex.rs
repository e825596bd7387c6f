//! The real Codex agent, as set-up installed it.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// npm's launcher, which is what people start.
pub(crate) fn installed() -> String {
    std::env::var("CODEXCTL_TEST_CODEX")
        .expect("CODEXCTL_TEST_CODEX names nothing: run the tests by `make test`, which sets it up")
}

/// The same, with its sandbox taken as good where these tests run as root.
pub(crate) fn codex() -> String {
    taken_as_good(Path::new(&installed())).display().to_string()
}

/// The program behind npm's launcher: there 0.1 s sooner each time.
pub(crate) fn native_codex() -> PathBuf {
    taken_as_good(&program())
}

/// The program itself.
pub(crate) fn program() -> PathBuf {
    let launcher = std::fs::canonicalize(installed()).expect("CODEXCTL_TEST_CODEX names a file");
    if launcher.extension().is_none_or(|extension| extension != "js") {
        return launcher;
    }
    let scope = launcher.ancestors().nth(3).expect("a launcher among packages");
    let packages = std::fs::read_dir(scope).expect("packages").flatten().map(|entry| entry.path().join("vendor"));
    let targets = packages.filter_map(|vendor| std::fs::read_dir(vendor).ok()).flatten().flatten();
    let mut programs = targets.map(|target| target.path().join("bin/codex"));
    programs.find(|program| program.is_file()).expect("the launcher's program is installed")
}

/// Of root codexctl does not take Codex's own sandbox, which lets root's commands change the kernel's settings, and another user can't
/// enter root's home, where set-up puts Codex. Stories whose agents are harmless go on in the sandbox: the probe is answered for it.
fn taken_as_good(codex: &Path) -> PathBuf {
    if !rustix::process::geteuid().is_root() {
        return codex.to_owned();
    }
    let script =
        format!("#!/bin/sh\n[ \"$1\" = sandbox ] && {{ echo hidden; exit 0; }}\nexec '{}' \"$@\"\n", codex.display());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = codex.display().to_string().replace('/', "-");
    let wrapper = folder.join(format!("codex{name}"));
    if std::fs::read_to_string(&wrapper).is_ok_and(|text| text == script) {
        return wrapper;
    }
    // Beside and renamed: another test may be starting it right now.
    let fresh = tempfile::NamedTempFile::new_in(folder).expect("a file");
    std::fs::write(fresh.path(), script).expect("a script");
    std::fs::set_permissions(fresh.path(), std::fs::Permissions::from_mode(0o755)).expect("a program");
    fresh.into_temp_path().persist(&wrapper).expect("its place");
    wrapper
}
