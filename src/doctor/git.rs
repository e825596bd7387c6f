//! The git program, and what in this checkout or in the user's configuration would surprise a run.

use std::path::Path;

use super::{Finding, Patient};
use crate::git::Git;

/// The oldest git that does all that codexctl asks of it.
const OLDEST: (u32, u32) = (2, 34);

/// Looks at the program; gives it where it works.
pub(super) async fn look(patient: &Patient<'_>, findings: &mut Vec<Finding>) -> Option<Git> {
    let git = Git::new(patient.settings.process(), Path::new("/nonexistent"), None, &patient.redactor);
    let version = match git.call(["--version"]).run().await {
        Ok(output) => output.text().trim_start_matches("git version ").to_owned(),
        Err(error) => {
            findings.push(Finding::failed("git", error.to_string(), "Install git 2.34 or newer and put it on PATH"));
            return None;
        }
    };
    if older(&version) {
        let text = format!("{version}, and {}.{} is the oldest that works", OLDEST.0, OLDEST.1);
        findings.push(Finding::failed("git", text, "Install a newer git and put it first on PATH"));
        return None;
    }
    findings.push(Finding::ok("git", version));
    findings.extend(left_token(patient, &git).await);
    findings.extend(users_own(patient, &git).await);
    findings.extend(lfs(patient, &git));
    Some(git)
}

fn older(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST
}

/// A token that a checkout left in `.git/config`, where the agent's commands could read it.
async fn left_token(patient: &Patient<'_>, git: &Git) -> Option<Finding> {
    let top = patient.top()?;
    let pattern = r"^(http\..*\.extraheader|remote\..*\.url)$";
    let asked = git.call(["config", "--local", "--get-regexp", pattern]).dir(&top).discover().allow(&[1, 128]);
    let output = asked.run().await.ok()?;
    let holds = |line: &str| {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let in_address = value.split_once("://").is_some_and(|(_, rest)| {
            rest.split('/').next().is_some_and(|host| host.split_once('@').is_some_and(|(user, _)| user.contains(':')))
        });
        (name.ends_with(".extraheader") || in_address).then(|| plain(name))
    };
    let names: Vec<String> = output.text().lines().filter_map(holds).collect();
    (!names.is_empty()).then(|| {
        let text = format!("{} in .git/config of {} holds a token or password", names.join(", "), top.display());
        Finding::warning(
            "checkout",
            text,
            "In a workflow: actions/checkout with `persist-credentials: false`; else `git config --unset-all` it: codexctl hands git its token itself",
        )
    })
}

/// What the user's own git does and codexctl's does not: it reads no configuration but the repository's.
async fn users_own(patient: &Patient<'_>, git: &Git) -> Option<Finding> {
    let home = Path::new(patient.settings.variable("HOME")?);
    let files = [home.join(".gitconfig"), home.join(".config/git/config")];
    let mut names = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let pattern = r"^(url\..*\.(push)?insteadof|http\.(.*\.)?(proxy|sslcainfo|sslcapath|sslverify|extraheader)|core\.sshcommand)$";
        let asked = git.call(["config", "--name-only", "--get-regexp"]).args([pattern]).allow(&[1, 128]);
        let output = asked.env("GIT_CONFIG_GLOBAL", file).run().await.ok()?;
        names.extend(output.text().lines().map(plain));
    }
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| {
        Finding::warning(
            "git configuration",
            format!("your own git has {}; codexctl's git reads no configuration of yours", names.join(", ")),
            "Where the remote needs it: set HTTPS_PROXY, SSL_CERT_FILE or SSH_AUTH_SOCK, and write the real address into `origin`",
        )
    })
}

/// A name of a setting without its middle part, which can be an address with a password.
fn plain(name: &str) -> String {
    match (name.split_once('.'), name.rsplit_once('.')) {
        (Some((section, _)), Some((front, key))) if section != front => format!("{section}.*.{key}"),
        _ => name.to_owned(),
    }
}

fn lfs(patient: &Patient<'_>, git: &Git) -> Option<Finding> {
    let attributes = std::fs::read_to_string(patient.top()?.join(".gitattributes")).ok()?;
    let uses = attributes.lines().any(|line| !line.trim_start().starts_with('#') && line.contains("filter=lfs"));
    if !uses {
        return None;
    }
    Some(if git.has_lfs() {
        Finding::ok("git-lfs", "installed, and the repository uses it")
    } else {
        Finding::failed(
            "git-lfs",
            "the repository uses it, and it is not installed",
            "Install git-lfs and put it on PATH",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_names_of_settings_are_not_shown() {
        assert_eq!(plain("http.proxy"), "http.proxy");
        assert_eq!(plain("url.https://x:token@github.com/.insteadof"), "url.*.insteadof");
    }

    #[test]
    fn versions_of_every_vendor_are_compared_by_their_first_two_numbers() {
        for (version, old) in [
            ("2.34.1", false),
            ("2.33.9", true),
            ("2.39.5 (Apple Git-154)", false),
            ("3.0.0", false),
            ("1.8.3.1", true),
        ] {
            assert_eq!(older(version), old, "{version}");
        }
    }
}
