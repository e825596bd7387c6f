//! Programs on PATH that write down how they are called, and with which environment, before the real ones begin.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scene::Scene;

/// What was written down.
pub(crate) struct Calls {
    folder: PathBuf,
}

/// A call of a program.
pub(crate) struct Called {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<String>,
}

/// What every git of codexctl is told.
const HOOKS_OFF: &str = "core.hooksPath=/dev/null";

/// What a git of Codex itself is told, and none of codexctl's.
const OF_CODEX: &str = "safe.bareRepository=explicit";

/// Everything that a run may start here.
const PROGRAMS: [&str; 5] = ["git", "bash", "node", "npx", "gh"];

impl Scene {
    /// The scene with shims in front of its programs, the agent's own among them.
    pub(crate) fn listening(self) -> (Self, Calls) {
        let calls = Calls { folder: self.path("calls") };
        let (shims, folder) = (self.path("bin"), calls.folder.display());
        for made in [&shims, &calls.folder] {
            std::fs::create_dir_all(made).unwrap();
            // The agent may be another user.
            std::fs::set_permissions(made, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        let shim = |name: &str, real: &Path| {
            // `$$` is the shell's own process: its environment is the one that the program gets. Its number may have been another's before.
            let text = format!(
                "#!/bin/sh\nnote='{folder}/{name}-'$$\nwhile [ -e \"$note.argv\" ]; do note=$note+; done\nprintf '%s\\0' \"$@\" > \"$note.argv\"\n\
                 cat /proc/$$/environ > \"$note.environ\"\nexec '{}' \"$@\"\n",
                real.display()
            );
            std::fs::write(shims.join(name), text).unwrap();
            std::fs::set_permissions(shims.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        for name in PROGRAMS {
            if let Some(real) = which(name) {
                shim(name, &real);
            }
        }
        shim("codex", Path::new(&crate::codex::codex()));
        let path = format!("{}:{}", shims.display(), std::env::var("PATH").unwrap());
        let agent = shims.join("codex").display().to_string();
        (self.env("PATH", &path).env("CODEXCTL_AGENT_COMMAND", &agent), calls)
    }
}

impl Calls {
    /// All calls so far.
    pub(crate) fn all(&self) -> Vec<Called> {
        let mut notes: Vec<PathBuf> =
            std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        notes.retain(|note| note.extension().is_some_and(|end| end == "argv"));
        notes.sort();
        notes.iter().map(|note| Called::read(note)).collect()
    }

    /// The arguments of each program, in no order, with what differs from run to run named.
    pub(crate) fn arguments(&self, scene: &Scene) -> Vec<String> {
        // Codex looks into its tree with a git of its own, sooner or later than it ends.
        let ours = |call: &&Called| call.program != "git" || (call.has(HOOKS_OFF) && !call.is_of_codex());
        let all = self.all();
        let mut all: Vec<String> = all
            .iter()
            .filter(ours)
            .map(|call| scene.plain(&format!("{} {:?}", call.program, call.arguments)))
            .collect();
        all.sort();
        all
    }
}

impl Called {
    fn has(&self, wanted: &str) -> bool {
        self.arguments.iter().any(|word| word == wanted)
    }

    /// Whether it is Codex, npm's way to it, or a git that Codex started for itself: they have the same environment.
    pub(crate) fn is_of_codex(&self) -> bool {
        match self.program.as_str() {
            "git" => self.has(OF_CODEX),
            "node" => self.arguments.first().is_some_and(|script| script.ends_with("/codex")),
            program => program == "codex",
        }
    }

    fn read(note: &Path) -> Self {
        let words = |path: &Path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.split_terminator('\0').map(str::to_owned).collect::<Vec<_>>()
        };
        let name = note.file_stem().unwrap().to_string_lossy().into_owned();
        Self {
            program: name.rsplit_once('-').unwrap().0.to_owned(),
            arguments: words(note),
            environment: words(&note.with_extension("environ")),
        }
    }
}

/// Where a shell finds a program.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let output = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    let path = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| PathBuf::from(path.trim()))
}
