//! What a story leaves, as text: branches of the remote, outbox or GitHub, slot records. What differs from run to run has a name instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::codex::native_codex;
use crate::command::Ran;
use crate::scene::{REPO, Scene, git};

impl Scene {
    /// Everything: branches, GitHub or outbox, records.
    pub(crate) fn everything(&self) -> String {
        let github = if self.stand.is_some() { self.github() } else { self.outbox() };
        format!("{}\n{github}\n{}", self.origin(), self.records())
    }

    /// Exit code, log and outputs of a call.
    pub(crate) fn told(&self, ran: &Ran) -> String {
        self.plain(&format!("exit {}\n{}{}", ran.exit, ran.stderr, ran.stdout))
    }

    /// Only what a call said on standard error, and its exit code.
    pub(crate) fn log(&self, ran: &Ran) -> String {
        self.plain(&format!("exit {}\n{}", ran.exit, ran.stderr))
    }

    /// Branches of the remote with what they have beyond `main`.
    pub(crate) fn origin(&self) -> String {
        let origin = self.path("origin.git");
        let mut text = String::new();
        for branch in git(&origin, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]).lines() {
            writeln!(text, "branch {branch}").unwrap();
            let range = format!("main..{branch}");
            let log =
                git(&origin, &["log", "--topo-order", "--stat=100", "--format=  %an <%ae>%n    %B", &range, "--"]);
            for line in log.lines().filter(|line| !line.trim().is_empty()) {
                writeln!(text, "  {line}").unwrap();
            }
        }
        self.plain(&text)
    }

    /// The trees of all commits of the remote: equal trees, equal content.
    pub(crate) fn trees(&self) -> String {
        git(&self.path("origin.git"), &["log", "--branches", "--topo-order", "--format=%T %P", "--no-walk"])
    }

    /// Every file of the outbox.
    pub(crate) fn outbox(&self) -> String {
        let mut text = String::new();
        for path in files(&self.path("shop/.codexctl/outbox")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name != ".gitignore" {
                writeln!(text, "=== {name}\n{}", std::fs::read_to_string(&path).unwrap().trim_end()).unwrap();
            }
        }
        self.plain(&text)
    }

    /// The names of the outbox's files.
    pub(crate) fn outbox_names(&self) -> String {
        let paths = files(&self.path("shop/.codexctl/outbox"));
        let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        names.join("\n")
    }

    /// One file of the outbox.
    pub(crate) fn outbox_file(&self, name: &str) -> String {
        let path = self.path("shop/.codexctl/outbox").join(name);
        self.plain(
            &std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.outbox_names())),
        )
    }

    /// Issues, pull requests and comments as GitHub has them.
    pub(crate) fn github(&self) -> String {
        let state = self.stand.as_ref().unwrap().state();
        let repo = &state.repos[REPO];
        let mut text = String::new();
        for (number, issue) in &repo.issues {
            let kind = match &issue.pull {
                Some(pull) => format!(
                    "{} {} ← {}, reviewers {:?}",
                    if pull.draft { "draft pull request" } else { "pull request" },
                    pull.base,
                    pull.head,
                    pull.requested_reviewers
                ),
                None => "issue".to_owned(),
            };
            let closed = if issue.closed { ", closed" } else { "" };
            let reactions: Vec<_> = issue.reactions.iter().map(|(who, what)| format!("{what} by {who}")).collect();
            writeln!(
                text,
                "=== #{number} {:?}: {kind}{closed}, labels {:?}, reactions {reactions:?}",
                issue.title, issue.labels
            )
            .unwrap();
            // What people wrote is known to the story.
            if issue.pull.is_some() || issue.author == "codex-bot" {
                writeln!(text, "{}", issue.body.trim_end()).unwrap();
            }
            for thread in issue.pull.iter().flat_map(|pull| &pull.threads) {
                let state = if thread.resolved { "resolved" } else { "open" };
                writeln!(text, "--- {state} thread at {}:{}", thread.path, thread.line.unwrap_or_default()).unwrap();
                for (author, said) in &thread.comments {
                    writeln!(text, "    {author}: {said}").unwrap();
                }
            }
            for (id, comment) in repo.comments.iter().filter(|(_, comment)| comment.issue == *number) {
                let eyes = if comment.reactions.is_empty() { "" } else { " (seen)" };
                let (id, body) = match comment.author.as_str() {
                    "codex-bot" => (String::new(), comment.body.trim_end()),
                    _ => (format!(" {id}"), "…"),
                };
                writeln!(text, "--- {}{id}{eyes}:\n{body}", comment.author).unwrap();
            }
        }
        drop(state);
        self.plain(&text)
    }

    /// The slot records.
    pub(crate) fn records(&self) -> String {
        let mut text = String::new();
        for path in
            files(&self.state().join("slots")).iter().filter(|path| path.extension().is_some_and(|end| end == "json"))
        {
            let record: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            writeln!(text, "record {}", path.file_name().unwrap().to_string_lossy()).unwrap();
            for (name, value) in record.as_object().unwrap().iter().filter(|(name, _)| !name.ends_with("At")) {
                writeln!(text, "  {name}: {value}").unwrap();
            }
        }
        self.plain(&text)
    }

    /// Names instead of what is different in every run.
    pub(crate) fn plain(&self, text: &str) -> String {
        let root = self.path("").display().to_string();
        let mut text = text.replace(root.trim_end_matches('/'), "<scene>");
        text = text.replace(&native_codex().display().to_string(), "<codex>");
        let filters = [
            (r"manual-[A-Za-z0-9.-]+-\d+", "<run>"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<thread>"),
            (r"event-[0-9a-f]{16}", "<delivery>"),
            (r"prompt-[0-9a-f]{16}-\d+-\d+", "<delivery>"),
            (r"\b[0-9a-f]{40}\b", "<commit>"),
            (r"\bcodex-issue-7-[0-9a-f]{10}\.patch", "codex-issue-7-<tree>.patch"),
            // A step that takes no time shows none.
            (r"(?m)  (\d+m|(\d+m )?\d+(\.\d+)?s)$", ""),
            (r"(?m) · (\d+m|(\d+m )?\d+(\.\d+)?s)( · |$)", "$4"),
            // A minute sharp.
            (r"(?m)(\| |\*\* )\d+m( \||$| ·)", "$1<time>$2"),
            (r"\b(\d+m )?\d+(\.\d+)?s\b", "<time>"),
            (r"duration_seconds: \d+", "duration_seconds: <time>"),
            (r"(\d+\x{a0}мин )?\d+(,\d+)?\x{a0}с\b", "<time>"),
            (r"(?m)(\| |\*\* )\d+\x{a0}мин( \||$| ·)", "$1<time>$2"),
            (r"(?m) · <time>$", ""),
            (r"::[0-9a-f]{32}::", "::<word>::"),
            (r"::stop-commands::[0-9a-f]{32}", "::stop-commands::<word>"),
            // This machine's means, see the story of the canaries.
            (r"(?m)^ *kept apart by .*\n", ""),
            (r"(?m)\x1b\[2m  <time>\x1b\[0m$", ""),
            (r"\x1b\[\d*m", ""),
            (r"\d+ characters", "<n> characters"),
            (r"символов: \d+", "символов: <n>"),
            // How often a comment is edited on the way depends on how long a run takes.
            (r"GitHub requests \| \d+( \(.*?\))?", "GitHub requests | <n>"),
            (r"127\.0\.0\.1:\d+", "<address>"),
            // Where Codex keeps its helpers during a run; it tells the model that commands may read it.
            (r"\bcodex-arg0\w+", "codex-arg0"),
        ];
        for commit in git(&self.path("origin.git"), &["rev-list", "--all"]).lines() {
            for length in [40, 12, 7] {
                text = text.replace(&commit[..length], "<commit>");
            }
        }
        for (pattern, name) in filters {
            text = Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
        }
        // What keeps numbers and names from becoming links is not to be seen otherwise.
        text.replace('\u{200b}', "·")
    }
}

/// The files of a folder by name; none where there is no folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
}
