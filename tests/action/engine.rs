//! A container engine of this process alone: it sees the images that `tests/setup/image.sh` keeps in the user's cache folder and
//! writes nothing but a folder of its own, so that test runs beside each other don't meet.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::{Builder, TempDir};

/// Podman with a storage of its own; containers and storage are gone with the last test of the process.
pub(crate) struct Engine {
    // Gone before others may lock it.
    folder: TempDir,
    _lock: File,
}

/// The engine of this process.
pub(crate) fn engine() -> Arc<Engine> {
    static ENGINE: Mutex<Weak<Engine>> = Mutex::new(Weak::new());
    let mut known = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    known.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Engine::new());
        *known = Arc::downgrade(&made);
        made
    })
}

/// The image around the codexctl of these tests: `agent` or `slim`. Built where it isn't there.
pub(crate) fn image(target: &str) -> String {
    // One at a time: the script would wait for itself anyway.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    script(&["build", env!("CARGO_BIN_EXE_codexctl"), target])
}

/// What `tests/setup/image.sh` prints.
pub(crate) fn script(words: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup/image.sh");
    let output = Command::new(script).args(words).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "image.sh {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Random bytes in hexadecimal digits, two each.
pub(crate) fn random(bytes: usize) -> String {
    let mut some = vec![0; bytes];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut some)).unwrap();
    some.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Engine {
    fn new() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let making = File::open(place).unwrap();
        making.lock().unwrap();
        sweep(place);
        let folder = Builder::new().prefix("engine-").tempdir_in(place).unwrap();
        let lock = File::open(folder.path()).unwrap();
        lock.lock().unwrap();
        drop(making);
        script(&["engine", &folder.path().display().to_string()]);
        Self { folder, _lock: lock }
    }

    /// The variables that make podman, buildah and skopeo use this engine.
    pub(crate) fn variables(&self) -> [(&'static str, PathBuf); 2] {
        variables(self.folder.path())
    }

    /// A call of podman.
    pub(crate) fn podman(&self) -> Command {
        let mut podman = Command::new("podman");
        podman.stdin(Stdio::null()).envs(self.variables());
        podman
    }

    /// A call of podman to its end; what it printed.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let output = self.podman().args(words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "podman {words:?}: {told}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

/// Removes the engines of processes that were killed, with what runs in them: nobody holds them locked.
fn sweep(place: &Path) {
    for entry in std::fs::read_dir(place).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with("engine-")
            && File::open(&path).is_ok_and(|engine| engine.try_lock().is_ok())
        {
            let variables = variables(&path);
            let _ = Command::new("podman").args(["rm", "--all", "--force", "--time=0"]).envs(variables).output();
            std::fs::remove_dir_all(&path).unwrap();
        }
    }
}

fn variables(folder: &Path) -> [(&'static str, PathBuf); 2] {
    [("CONTAINERS_CONF", folder.join("containers.conf")), ("CONTAINERS_STORAGE_CONF", folder.join("storage.conf"))]
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What a test left behind when it failed.
        let _ = self.podman().args(["rm", "--all", "--force", "--time=0"]).output();
    }
}
