//! Whole workflows, run by nektos/act with podman as its Docker: the reusable workflow, the action and its image as a user's
//! repository sees them.
//!
//! What act doesn't look at (`types` under `on`, `concurrency`, `permissions`) is looked at in `workflows.rs`.

mod scene;
mod stories;

use std::any::type_name;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::{Builder, TempDir};

use crate::engine::{image, script};

/// The folder of a story that is apart already.
const FOLDER: &str = "CODEXCTL_TEST_ACT_FOLDER";
/// The name of the image around this codexctl.
const IMAGE: &str = "CODEXCTL_TEST_ACT_IMAGE";

/// What a story finds where it is told.
pub(crate) struct Apart {
    /// A folder of its own, with `engine/` in it.
    folder: PathBuf,
    /// The image around this codexctl.
    image: String,
}

/// Tells a story in a process of its own, where there is no network but loopback and no other process; whatever it leaves running
/// ends with it. The story must be a closure in the test that it is the story of: its name is how the process is told what to do.
pub(crate) fn apart<S: FnOnce(&Apart)>(story: S) {
    if let (Some(folder), Some(image)) = (std::env::var_os(FOLDER), std::env::var(IMAGE).ok()) {
        return story(&Apart { folder: folder.into(), image });
    }
    let test = type_name::<S>().trim_end_matches("::{{closure}}");
    let (_, test) = test.split_once("::").unwrap();
    let (folder, _lock) = folder();
    let engine = folder.path().join("engine");
    script(&["engine", &engine.display().to_string()]);
    // Where its short-lived files are not in the usual place, podman as a service says 20 seconds late that a container has ended.
    // The usual place is in a `/run` of the story's own.
    let settings = std::fs::read_to_string(engine.join("containers.conf")).unwrap();
    let settings: String = settings.split_inclusive('\n').filter(|line| !line.starts_with("tmp_dir")).collect();
    std::fs::write(engine.join("containers.conf"), settings).unwrap();
    let told = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--"])
        .args(["sh", "-c", "mount -t tmpfs run /run && ip link set lo up && exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .envs([(FOLDER, folder.path().as_os_str()), (IMAGE, image("agent").as_ref())])
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success() && said.contains("1 passed"), "{said}");
    println!("{said}");
}

/// A fresh folder, locked as long as its story is told. Those of processes that were killed go.
fn folder() -> (TempDir, File) {
    // Codex refuses a home below the temporary folder.
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let making = File::open(place).unwrap();
    making.lock().unwrap();
    for entry in std::fs::read_dir(place).unwrap().filter_map(Result::ok) {
        let left = entry.file_name().to_string_lossy().starts_with("act-");
        if left && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok()) {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let folder = Builder::new().prefix("act-").tempdir_in(place).unwrap();
    let lock = File::open(folder.path()).unwrap();
    lock.lock().unwrap();
    (folder, lock)
}
