//! What stands on disk before Codex starts (CODEX_HOME, schema, instructions), and which command it is.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{AgentRun, Error};
use crate::agent::CODEX_VERSION;

/// The agent's program with its first arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AgentCommand {
    /// The program.
    pub(super) program: PathBuf,
    /// Arguments before ours.
    pub(super) args: Vec<String>,
}

impl AgentCommand {
    /// Finds it: what was asked for (`CODEXCTL_AGENT_COMMAND`), `codex` on PATH, else the pinned package by npx. The error is a
    /// sentence for [`crate::agent::verdict::Ended::Unavailable`].
    pub(super) fn find(asked: Option<&str>, path: &str) -> Result<Self, String> {
        if let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) {
            // A path with blanks is a path; anything else is a program with arguments.
            let mut words: Vec<String> = if Path::new(asked).is_file() {
                vec![asked.to_owned()]
            } else {
                asked.split_whitespace().map(str::to_owned).collect()
            };
            let first = words.remove(0);
            let program = on_path(&first, path).ok_or_else(|| {
                format!("CODEXCTL_AGENT_COMMAND names `{first}`, which is no program that can be started here")
            })?;
            return Ok(Self { program, args: words });
        }
        if let Some(program) = on_path("codex", path) {
            return Ok(Self { program, args: Vec::new() });
        }
        let package = format!("@openai/codex@{CODEX_VERSION}");
        match on_path("npx", path) {
            Some(program) => Ok(Self { program, args: vec!["-y".to_owned(), package] }),
            None => Err(format!(
                "there is no `codex` on PATH and no `npx` to fetch it with: npm install -g {package}, or set CODEXCTL_AGENT_COMMAND"
            )),
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        let mut words = vec![self.program.display().to_string()];
        words.extend(self.args.iter().cloned());
        words.join(" ")
    }
}

/// A program by name or path, as a shell would find it.
fn on_path(name: &str, path: &str) -> Option<PathBuf> {
    let runs =
        |file: &Path| fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    if name.contains('/') {
        // Relative to where codexctl stands now, not to where the agent will.
        let file = std::path::absolute(name).ok()?;
        return runs(&file).then_some(file);
    }
    path.split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(folder).join(name))
        .find(|file| runs(file))
}

/// The arguments after the program's own (spec 7.3). The prompt is never among them.
pub(super) fn exec_args(run: &AgentRun, schema: &Path, thread: Option<&str>) -> Vec<String> {
    let mut args: Vec<String> = ["exec", "--json", "--output-schema"].map(str::to_owned).into();
    args.push(schema.display().to_string());
    args.extend(["--cd".to_owned(), run.tree.display().to_string()]);
    if let Some(model) = &run.config.model {
        args.extend(["-m".to_owned(), model.clone()]);
    }
    if let Some(effort) = &run.config.effort {
        args.extend(["-c".to_owned(), format!("model_reasoning_effort={}", toml::Value::from(effort.as_str()))]);
    }
    if let Some(thread) = thread {
        args.extend(["resume".to_owned(), thread.to_owned()]);
    }
    args.push("-".to_owned());
    args
}

/// Where the schema of a run stands: where the agent's own user can read it.
pub(super) fn schema_path(run: &AgentRun) -> PathBuf {
    run.home.join("result-schema.json")
}

/// Makes the folders, for the owner alone.
pub(super) fn make_folders(run: &AgentRun) -> Result<(), Error> {
    for folder in [&run.folder, &run.home] {
        fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(Error::io("protect", folder))?;
    }
    Ok(())
}

/// Writes config.toml, the trusted instructions and the schema.
pub(super) fn write_files(run: &AgentRun, config: &str) -> Result<(), Error> {
    write_private(&run.home.join("config.toml"), config)?;
    let instructions = run.home.join("AGENTS.md");
    match &run.instructions {
        Some(text) => write_private(&instructions, text)?,
        // Those of an earlier run must not go on.
        None => match fs::remove_file(&instructions) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &instructions)(error));
            }
            _ => {}
        },
    }
    let schema = format!("{:#}\n", run.shape.schema());
    let path = schema_path(run);
    write_private(&path, &schema)
}

/// Writes a file that only its owner can read. A link in its place is not followed: the agent may have put it there.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let _ = fs::remove_file(path);
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(Error::io("write", path))
}

/// Whether Codex still has a thread: its file is `sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl` below CODEX_HOME.
pub(super) fn thread_file(home: &Path, thread: &str) -> Option<PathBuf> {
    // An id is a UUID; anything else would be taken for a thread's name, and another thread would answer.
    if thread.len() != 36 || !thread.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return None;
    }
    let ending = format!("-{thread}.jsonl");
    let mut open = vec![home.join("sessions")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with(&ending) {
                return Some(entry.path());
            }
        }
    }
    None
}
