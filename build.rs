//! Puts the commit and its date into the binary, for `codexctl version`, and of which release it is, for `codexctl init`.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=.git/HEAD");
    println!("cargo:rerun-if-changed=.git/logs/HEAD");
    println!("cargo:rerun-if-env-changed=CODEXCTL_COMMIT");
    println!("cargo:rerun-if-env-changed=CODEXCTL_COMMIT_DATE");
    println!("cargo:rerun-if-env-changed=CODEXCTL_RELEASE");
    // A build from a tarball or in an image has no .git: there the builder hands the values in.
    let commit = given("CODEXCTL_COMMIT").or_else(|| git(&["rev-parse", "HEAD"]));
    let date = given("CODEXCTL_COMMIT_DATE").or_else(|| git(&["log", "-1", "--format=%cd", "--date=format:%Y-%m-%d"]));
    println!("cargo:rustc-env=CODEXCTL_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    println!("cargo:rustc-env=CODEXCTL_COMMIT_DATE={}", date.as_deref().unwrap_or("unknown"));
    // Only release/build.sh says so.
    println!("cargo:rustc-env=CODEXCTL_RELEASE={}", given("CODEXCTL_RELEASE").unwrap_or_default());
}

fn given(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

fn git(arguments: &[&str]) -> Option<String> {
    let answer = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
    (answer.status.success() && !text.is_empty()).then_some(text)
}
