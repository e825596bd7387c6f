//! What can go wrong with git, told apart by what a user can do about it.

use super::url::{RemoteUrl, UrlError};

/// How many of the last lines that git said are shown.
const LAST_LINES: usize = 8;

/// Why git failed, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server did not accept who we are.
    Auth,
    /// The server knows us and still refuses, as for a protected branch or a workflow file.
    Denied,
    /// There is no such repository, or we may not see it.
    NotFound,
    /// The server can't be reached or broke off.
    Network,
    /// Nobody that is trusted here vouches for the server.
    Untrusted,
    /// The branch moved on the server meanwhile.
    NonFastForward,
    /// Another git works in the folder, or one died there.
    Locked,
    /// The disk is full.
    DiskFull,
    /// Anything else.
    Other,
}

/// Why a git command gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program can't be started.
    #[error("can't start git: {source}. Install git 2.34 or newer and put it on PATH")]
    Start {
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder that git should work in is none, or may not be entered.
    #[error("git can't work in {path}: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The pipes to a running git broke.
    #[error("lost contact with `{command}`: {source}")]
    Talk {
        /// The command, without secrets.
        command: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder for the helper that answers for the token can't be used.
    #[error("can't keep git's token helper in {path}: {source}. Choose a writable XDG_STATE_HOME")]
    Private {
        /// The folder.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The command did not end in time and was killed.
    #[error(
        "`{command}` did not end within {seconds} s and was stopped: look at the network or the size of the repository"
    )]
    TooLong {
        /// The command, without secrets.
        command: String,
        /// The limit in seconds.
        seconds: u64,
    },
    /// No token can be had for the server.
    #[error("git has no token: {reason}")]
    Token {
        /// Why.
        reason: String,
    },
    /// The address of the remote is of no use.
    #[error(transparent)]
    Address(#[from] UrlError),
    /// The command ended with an error. Comments quote this, so it shows neither the command line nor our folders: a log at the level
    /// `debug` has them.
    #[error("{what}: {said}{way_out}")]
    Failed {
        /// What failed: `git fetch failed`, or what whoever asked git calls it.
        what: String,
        /// Git's exit code; -1 when a signal ended it.
        code: i32,
        /// What it said: one line or several.
        said: String,
        /// Why.
        cause: Cause,
        /// What the user can do: empty, or a line of its own.
        way_out: String,
    },
}

impl Error {
    /// Why git failed, where it ran and failed.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Failed { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// The same failure in the words of whoever asked git: `GitHub refused the push to codex/issue-7`. A full disk speaks for itself.
    #[must_use]
    pub fn named(self, name: impl FnOnce(Cause) -> String) -> Self {
        match self {
            Self::Failed { cause, code, said, way_out, .. } if cause != Cause::DiskFull => {
                Self::Failed { what: name(cause), code, said, cause, way_out }
            }
            other => other,
        }
    }

    /// A failure, from what git said. `told` is the remote and whether it was offered a token.
    pub(super) fn failed(
        command: &str,
        code: i32,
        stderr: &str,
        stdout: &str,
        told: Option<(&RemoteUrl, bool)>,
    ) -> Self {
        let cause = cause_of(&format!("{stderr}\n{stdout}"));
        let lines = telling(if stderr.trim().is_empty() { stdout } else { stderr });
        let (what, lines) = match cause {
            // One file that did not fit says as much as a hundred.
            Cause::DiskFull => {
                (format!("the disk is full, git {} can't go on", verb(command)), &lines[..lines.len().min(1)])
            }
            _ => (format!("git {} failed", verb(command)), &lines[lines.len().saturating_sub(LAST_LINES)..]),
        };
        let said = if lines.is_empty() { format!("it ended with exit code {code}") } else { lines.join("\n  ") };
        Self::Failed { what, code, said, cause, way_out: way_out(cause, told) }
    }
}

/// The word after `git` and its own options.
fn verb(command: &str) -> &str {
    let mut words = command.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        match word {
            "-c" | "-C" => drop(words.next()),
            word if word.starts_with('-') => {}
            word => return word,
        }
    }
    "itself"
}

/// The lines of git that tell a reader something: without what marks them, where they went, and advice about commands that nobody
/// here types.
fn telling(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("remote:").unwrap_or(line).trim_start();
        let noise = [
            "To ",
            "hint:",
            "error: failed to push some refs",
            "Please make sure you have",
            "and the repository exists",
        ];
        if line.is_empty() || noise.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        // ` ! [remote rejected] COMMIT -> BRANCH (why)`
        let rejected = line.starts_with("! [").then(|| line.rsplit_once(" (")).flatten();
        let line = rejected.map_or(line, |(_, why)| why.trim_end_matches(')'));
        let line = ["fatal: ", "error: "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        if !lines.iter().any(|told| told == line) {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// What git's words mean. All of them are in English: `LC_ALL=C`.
fn cause_of(said: &str) -> Cause {
    let has = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    if has(&["non-fast-forward", "fetch first", "stale info", "reference already exists"])
        || said.contains("cannot lock ref") && said.contains("but expected")
    {
        Cause::NonFastForward
    } else if is_full(said) {
        Cause::DiskFull
    } else if said.contains(".lock': File exists") {
        Cause::Locked
    } else if has(&[
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "terminal prompts disabled",
        "Invalid username or",
        "returned error: 401",
        "Permission denied (publickey",
        "Host key verification failed",
    ]) {
        Cause::Auth
    } else if has(&[
        "denied to",
        "returned error: 403",
        "refusing to allow",
        "hook declined",
        "push declined",
        "protected branch",
    ]) {
        Cause::Denied
    } else if has(&[
        "Repository not found",
        "returned error: 404",
        "does not appear to be a git repository",
        "' not found",
    ]) || said.contains("repository '") && said.contains("does not exist")
    {
        Cause::NotFound
    } else if has(&["certificate verification failed", "SSL certificate problem", "certificate verify failed"]) {
        Cause::Untrusted
    } else if has(&[
        "Could not resolve host",
        "Failed to connect",
        "Couldn't connect",
        "Connection refused",
        "Connection timed out",
        "Connection reset",
        "Operation timed out",
        "Operation too slow",
        "early EOF",
        "RPC failed",
        "hung up unexpectedly",
        "unexpected disconnect",
        "Empty reply from server",
        "returned error: 429",
        "returned error: 5",
        "Network is unreachable",
        "SSL_",
        "SSL certificate",
    ]) {
        Cause::Network
    } else {
        Cause::Other
    }
}

/// Checkouts say no more than that a file could not be written; where it is for another reason, that stands beside it.
fn is_full(said: &str) -> bool {
    let has = |part: &&str| said.contains(*part);
    ["No space left on device", "Disk quota exceeded"].iter().any(&has)
        || has(&"unable to write ") && !["Permission denied", "Read-only file system"].iter().any(has)
}

/// The last line of the message: what to do.
fn way_out(cause: Cause, told: Option<(&RemoteUrl, bool)>) -> String {
    let text = match (cause, told) {
        (Cause::Auth, Some((remote, _))) if remote.site().is_none() => {
            "The remote is reached by ssh: load a key that may push into the ssh agent (SSH_AUTH_SOCK), and make the host known \
             in ~/.ssh/known_hosts"
                .to_owned()
        }
        (Cause::Auth, Some((_, true))) => {
            "The token was refused: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN to one that may write contents of this \
             repository and has not expired"
                .to_owned()
        }
        (Cause::Auth, Some((remote, false))) => format!(
            "The server wants a token and none is set for {}: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN (and \
             GITHUB_SERVER_URL where it isn't github.com)",
            remote.site().unwrap_or_default()
        ),
        (Cause::Denied, Some((remote, _))) if remote.is_ssh() => {
            "The account of the ssh key needs write access to the repository; a protected branch must allow it".to_owned()
        }
        (Cause::Denied, _) => "The token may not do this: it needs write access to contents, and `workflows` for files under \
                               .github/workflows; a protected branch must allow it"
            .to_owned(),
        (Cause::NotFound, Some((remote, token))) => {
            let or = match (remote.site(), token) {
                (None, _) => "",
                (_, true) => ", or the token has no access to it",
                (_, false) => ", or it wants a token (CODEXCTL_GH_PAT)",
            };
            format!("{remote} is missing{or}: look at the remote `origin` and at --repo")
        }
        (Cause::Network, Some((remote, _))) if remote.is_ssh() => {
            format!("{remote} can't be reached by ssh: look at the network and at ~/.ssh/config, then run again")
        }
        (Cause::Network, Some((remote, _))) => {
            format!("{remote} can't be reached: look at the network, HTTPS_PROXY and SSL_CERT_FILE, then run again")
        }
        (Cause::Untrusted, _) => {
            "The server's certificate is not trusted: name a file with the CA certificates of your GitHub or proxy in SSL_CERT_FILE"
                .to_owned()
        }
        (Cause::NonFastForward, _) => "The branch moved meanwhile: fetch it and merge".to_owned(),
        (Cause::Locked, _) => "Another git works in this folder: wait for it, or remove the lock that it left".to_owned(),
        (Cause::DiskFull, _) => "Make room on the disk, then run again".to_owned(),
        _ => return String::new(),
    };
    format!("\n{text}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn message(stderr: &str, address: &str, token: bool) -> String {
        let remote = RemoteUrl::parse(address, Path::new("/")).unwrap();
        Error::failed(&format!("git fetch {remote}"), 128, stderr, "", Some((&remote, token))).to_string()
    }

    #[test]
    fn a_missing_token_names_the_variable_to_set() {
        let said = "fatal: could not read Username for 'https://github.com': terminal prompts disabled\n";
        insta::assert_snapshot!(message(said, "https://github.com/o/n", false), @"
        git fetch failed: could not read Username for 'https://github.com': terminal prompts disabled
        The server wants a token and none is set for https://github.com: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN (and GITHUB_SERVER_URL where it isn't github.com)
        ");
    }

    #[test]
    fn a_refused_ssh_key_points_to_the_agent() {
        let said = "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n";
        insta::assert_snapshot!(message(said, "git@github.com:o/n", true), @"
        git fetch failed: git@github.com: Permission denied (publickey).
          Could not read from remote repository.
        The remote is reached by ssh: load a key that may push into the ssh agent (SSH_AUTH_SOCK), and make the host known in ~/.ssh/known_hosts
        ");
    }

    #[test]
    fn a_network_error_of_ssh_names_nothing_that_ssh_does_not_read() {
        let said = "ssh: connect to host github.com port 22: Connection timed out\nfatal: Could not read from remote repository.\n\n\
                    Please make sure you have the correct access rights\nand the repository exists.\n";
        insta::assert_snapshot!(message(said, "git@github.com:o/n", true), @"
        git fetch failed: ssh: connect to host github.com port 22: Connection timed out
          Could not read from remote repository.
        git@github.com:o/n can't be reached by ssh: look at the network and at ~/.ssh/config, then run again
        ");
    }

    #[test]
    fn a_full_disk_is_one_line_and_a_way_out() {
        let said = "error: unable to write file a/one.js\nerror: unable to write file a/two.js\nfatal: Could not reset index file.\n";
        let command = "git --git-dir=/home/x/.local/state/m.git -c core.x=y reset --quiet --hard 0123";
        insta::assert_snapshot!(Error::failed(command, 128, said, "", None), @"
        the disk is full, git reset can't go on: unable to write file a/one.js
        Make room on the disk, then run again
        ");
        assert_eq!(cause_of("error: unable to write file a: Permission denied"), Cause::Other);
    }

    #[test]
    fn a_refused_push_says_why_without_the_command_and_our_folders() {
        let said = "remote: error: GH006: Protected branch update failed for refs/heads/main.        \nremote: \n\
                    remote: - Changes must be made through a pull request.        \nTo /home/x/origin.git\n \
                    ! [remote rejected] 0123 -> main (protected branch hook declined)\nerror: failed to push some refs to '/home/x/origin.git'\n";
        let error = Error::failed("git push --quiet -- /home/x/origin.git 0123:refs/heads/main", 1, said, "", None);
        insta::assert_snapshot!(error.named(|_| "GitHub refused the push to main".to_owned()), @"
        GitHub refused the push to main: GH006: Protected branch update failed for refs/heads/main.
          - Changes must be made through a pull request.
          protected branch hook declined
        The token may not do this: it needs write access to contents, and `workflows` for files under .github/workflows; a protected branch must allow it
        ");
    }

    #[test]
    fn causes_are_told_apart_by_gits_words() {
        for (said, cause) in [
            (" ! [rejected]        a -> a (fetch first)", Cause::NonFastForward),
            (" ! [rejected]        a -> a (non-fast-forward)", Cause::NonFastForward),
            ("error: cannot lock ref 'refs/heads/a': is at 1 but expected 2", Cause::NonFastForward),
            ("fatal: Authentication failed for 'https://github.com/o/n/'", Cause::Auth),
            (
                "remote: Permission to o/n.git denied to x.\nfatal: unable to access: The requested URL returned error: 403",
                Cause::Denied,
            ),
            (
                " ! [remote rejected] a -> a (refusing to allow a GitHub App to create or update workflow)",
                Cause::Denied,
            ),
            ("remote: Repository not found.", Cause::NotFound),
            ("fatal: repository 'http://127.0.0.1/x/' not found", Cause::NotFound),
            ("fatal: '/x' does not appear to be a git repository", Cause::NotFound),
            ("fatal: unable to access 'https://x/': Could not resolve host: x", Cause::Network),
            ("error: RPC failed; HTTP 502", Cause::Network),
            ("fatal: Unable to create '/x/index.lock': File exists.", Cause::Locked),
            ("fatal: write error: No space left on device", Cause::DiskFull),
            (
                "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none",
                Cause::Untrusted,
            ),
            (
                "fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate",
                Cause::Untrusted,
            ),
            ("fatal: bad object", Cause::Other),
        ] {
            assert_eq!(cause_of(said), cause, "{said}");
        }
    }
}
