//! What stays of a step that is killed: a note of how far it was, and files that only this step needs, under a lock that goes with its
//! process. Whoever comes later finds what there is to take back; a step that ends by itself leaves nothing.
//!
//! No token is in a note: it names folders, slots and steps, and the later process has keys of its own.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::identity::run_id;
use super::run::Run;
use super::steps::Row;
use crate::secrets::{Secret, random_word};
use crate::settings::Settings;
use crate::ui::StepEnd;

/// The name under which `GITHUB_STATE` hands a step's id to its post step.
pub const STATE: &str = "codexctl_step";

/// The same as the post step finds it. Source: "Workflow commands for GitHub Actions", sending values to the post action.
const GIVEN_STATE: &str = "STATE_codexctl_step";

const SCHEMA: u32 = 1;
const NOTE: &str = "note.json";
const LOCK: &str = "alive";

/// A note that nobody asked for in this time is nobody's: jobs of GitHub's own runners end within six hours, others within five days.
const FORGOTTEN: Duration = Duration::from_secs(6 * 24 * 60 * 60);

/// How far a step was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    schema: u32,
    /// Run id and attempt.
    pub run: String,
    job: String,
    /// The words of its command.
    pub command: Vec<String>,
    /// What its flags and inputs said.
    #[serde(default)]
    pub given: BTreeMap<String, String>,
    pid: u32,
    /// In which PID namespace that number counts.
    namespace: Option<String>,
    /// The flow, once there is one.
    pub flow: Option<FlowNote>,
}

/// How far a flow was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FlowNote {
    /// Its name.
    pub flow: String,
    /// The environment.
    pub env: String,
    /// The prompt that its agent gets.
    pub kind: Option<String>,
    /// The issue that was asked for.
    pub issue: Option<u64>,
    /// The pull request that was asked for.
    pub pr: Option<u64>,
    /// Nobody's event: the command was given by hand.
    pub by_hand: bool,
    /// The delivery.
    pub delivery: String,
    /// When it began.
    pub began: DateTime<Utc>,
    /// Where its agent leaves its pid, once it has a slot.
    pub agent: Option<PathBuf>,
    /// The steps so far.
    pub steps: Vec<StepNote>,
}

/// One step of a flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepNote {
    name: String,
    end: Option<StepEnd>,
    detail: String,
    took: Duration,
    started: DateTime<Utc>,
}

impl StepNote {
    /// The row of a step of this name. One that was at work when the run was killed did not end well.
    pub fn row(&self, name: &'static str) -> Option<Row> {
        let end = Some(self.end.unwrap_or(StepEnd::Failed));
        let detail = if self.end.is_some() { self.detail.clone() } else { "cut".to_owned() };
        (self.name == name).then_some(Row { name, end, detail, took: self.took, started: self.started })
    }
}

/// The trail of a living step. It goes with its owner; only a process that is killed leaves it.
#[derive(Debug)]
pub struct Trail {
    id: String,
    folder: PathBuf,
    note: Mutex<Note>,
    _alive: File,
}

impl Trail {
    /// Begins one in the state folder, for the step of a workflow that these settings tell of.
    ///
    /// # Errors
    /// A sentence: there is no place for state, or it can't be written.
    pub fn begin(settings: &Settings, command: &[String]) -> Result<Self, String> {
        let steps =
            steps_folder(settings).ok_or("neither XDG_STATE_HOME nor HOME is set: there is no place for state")?;
        sweep(&steps);
        let id = random_word();
        let folder = steps.join(&id);
        let failed = |error: io::Error| format!("can't write {}: {error}", folder.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let alive = private(&folder.join(LOCK)).map_err(failed)?;
        alive.try_lock().map_err(|error| failed(io::Error::other(error)))?;
        let note = Note {
            schema: SCHEMA,
            run: run_id(settings),
            job: job(settings),
            command: command.to_vec(),
            given: settings.given(),
            pid: std::process::id(),
            namespace: namespace(),
            flow: None,
        };
        write(&folder, &note).map_err(failed)?;
        Ok(Self { id, folder, note: Mutex::new(note), _alive: alive })
    }

    /// What its post step is to be told.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Puts a text into a file of the step that only its user can read.
    ///
    /// # Errors
    /// A sentence: it can't be written.
    pub fn file(&self, name: &str, text: &Secret) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        let written = private(&path).and_then(|mut file| file.write_all(text.expose().as_bytes()));
        written.map_err(|error| format!("can't write {}: {error}", path.display()))?;
        Ok(path)
    }

    /// Notes how far a run is. Where that can't be written the run is better than its note.
    pub(super) fn follow(&self, run: &Run) {
        let mut note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        let took = chrono::Duration::from_std(run.began.elapsed()).unwrap_or_default();
        let began = note.flow.as_ref().map_or_else(|| run.hands.clock.now() - took, |flow| flow.began);
        let steps = run.rows.iter().map(|row| StepNote {
            name: row.name.to_owned(),
            end: row.end,
            detail: run.hands.redactor.redact(&row.detail).into_owned(),
            took: row.took,
            started: row.started,
        });
        note.flow = Some(FlowNote {
            flow: run.flow.to_string(),
            env: run.env.clone(),
            kind: run.kind.map(|kind| kind.to_string()),
            issue: run.asked_for.0,
            pr: run.asked_for.1,
            by_hand: run.by_hand,
            delivery: run.identity.delivery.clone(),
            began,
            agent: run.found.slot.as_ref().map(|_| run.work_folder().join("run")),
            steps: steps.collect(),
        });
        if let Err(error) = write(&self.folder, &note) {
            tracing::debug!("how far the run is can't be noted in {}: {error}", self.folder.display());
        }
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// The trail of a step that a later process found.
#[derive(Debug)]
pub struct Left {
    folder: PathBuf,
    /// How far it was.
    pub note: Note,
    lock: File,
}

impl Left {
    /// Whether the step still lives. Once it does not, no other process takes it for a living one, nor takes it back.
    pub fn is_alive(&self) -> bool {
        self.lock.try_lock().is_err()
    }

    /// Whether it is gone, because the step has ended by itself meanwhile.
    pub fn is_gone(&self) -> bool {
        !self.folder.join(NOTE).exists()
    }

    /// Asks its process to end, or ends it, where it can be seen from here: another container's can't.
    pub fn signal(&self, signal: Signal) {
        let here = self.note.namespace.is_some() && self.note.namespace == namespace();
        let pid = i32::try_from(self.note.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| here && self.note.pid != std::process::id() && self.is_alive()) {
            // Gone already is what we want.
            let _ = kill_process(pid, signal);
        }
    }

    /// Removes what only that step needed, and keeps the note.
    pub fn remove_files(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if ![NOTE, LOCK].iter().any(|name| entry.file_name() == *name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Everything of it was taken back.
    pub fn remove(&self) {
        remove(&self.folder);
    }
}

/// Which trails a process is asked for.
#[derive(Debug, Default)]
pub struct Found {
    /// Whether the runner named the step.
    pub named: bool,
    /// Those that are there.
    pub left: Vec<Left>,
}

/// The trails of the step whose post step this is; where nobody says which one that is, of all steps of this job.
pub fn find(settings: &Settings) -> Found {
    let Some(steps) = steps_folder(settings) else { return Found::default() };
    let id = settings.variable(GIVEN_STATE).filter(|id| is_id(id));
    if let Some(id) = id {
        return Found { named: true, left: open(&steps.join(id)).into_iter().collect() };
    }
    let (run, job) = (run_id(settings), job(settings));
    let left = folders(&steps).filter_map(|folder| open(&folder));
    Found { named: false, left: left.filter(|left| left.note.run == run && left.note.job == job).collect() }
}

fn steps_folder(settings: &Settings) -> Option<PathBuf> {
    Some(settings.state_home()?.join("steps"))
}

fn job(settings: &Settings) -> String {
    settings.variable("GITHUB_JOB").unwrap_or_default().to_owned()
}

/// What [`random_word`] gives: no other text is made part of a path.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Numbers of processes count in here. Source: namespaces(7).
fn namespace() -> Option<String> {
    Some(fs::read_link("/proc/self/ns/pid").ok()?.display().to_string())
}

fn folders(steps: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(steps).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(is_id)).map(|entry| entry.path())
}

fn open(folder: &Path) -> Option<Left> {
    let note: Note = serde_json::from_slice(&fs::read(folder.join(NOTE)).ok()?).ok()?;
    let lock = OpenOptions::new().read(true).write(true).open(folder.join(LOCK)).ok()?;
    (note.schema == SCHEMA).then(|| Left { folder: folder.to_owned(), note, lock })
}

/// Removes trails whose machine was switched off, so that no post step came.
fn sweep(steps: &Path) {
    for folder in folders(steps) {
        let modified = fs::metadata(&folder).and_then(|meta| meta.modified()).unwrap_or_else(|_| SystemTime::now());
        let old = modified.elapsed().is_ok_and(|age| age > FORGOTTEN);
        let dead = || File::open(folder.join(LOCK)).map_or(true, |lock| lock.try_lock().is_ok());
        if old && dead() {
            remove(&folder);
        }
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn write(folder: &Path, note: &Note) -> io::Result<()> {
    let new = folder.join("note.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec(note)?)?;
    fs::rename(new, folder.join(NOTE))
}

/// The note goes first: without it the rest is nobody's.
fn remove(folder: &Path) {
    let _ = fs::remove_file(folder.join(NOTE));
    let _ = fs::remove_dir_all(folder);
}
