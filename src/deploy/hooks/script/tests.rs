//! Scripts with a real bash.

use std::fs;
use std::sync::MutexGuard;

use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::secrets::{Redactor, Secret};
use crate::stack::{GoDuration, LoadRequest, Loaded, VarsInput, load};
use crate::ui::Style;
use crate::ui::plain::PlainUi;

/// A project in a temporary folder, and what was said.
struct Scene {
    folder: TempDir,
    loaded: Loaded,
    said: Said,
    ui: Arc<dyn Ui>,
    cancel: watch::Sender<bool>,
}

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.lock().clone()).unwrap()
    }
}

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Scene {
    fn new() -> Self {
        Self::with(&std::env::var("PATH").unwrap())
    }

    fn with(path: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services.yaml");
        fs::write(&file, "project: shop\n").unwrap();
        let variables =
            [("PATH", path), ("HOME", "/nonexistent"), ("GREETING", "hello"), ("MY_TOKEN", "very-secret-1")];
        let process = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let request = LoadRequest {
            path: file,
            env: "dev".to_owned(),
            namespace: None,
            vars: VarsInput { process, ..VarsInput::default() },
            decided: crate::stack::Decided::default(),
            now: chrono::DateTime::UNIX_EPOCH,
        };
        let (said, redactor) = (Said::default(), Redactor::default());
        redactor.add(&Secret::new("very-secret-1".to_owned()));
        let ui = PlainUi::new(said.clone(), Level::Info, Style { color: false }, redactor);
        let loaded = load(&request).unwrap();
        Self { folder, loaded, said, ui: Arc::new(ui), cancel: watch::Sender::new(false) }
    }

    async fn run_within(&self, text: &str, time: Option<&str>) -> Result<String, String> {
        let limit = Limit::new(self.cancel.subscribe()).at_most(time.and_then(GoDuration::parse).as_ref());
        let kubeconfig = Some(Path::new("/the/kubeconfig"));
        let root = &self.loaded.root;
        let script = Script { text, root, vars: &self.loaded.vars, kubeconfig, title: "step" };
        script.run(&self.ui, &limit).await.map_err(|cause| match cause {
            Cause::Failed(told) => format!("failed: {}; {}", told.text, told.hint.unwrap_or_default()),
            Cause::TimedOut(told) => format!("timed out: {}", told.text),
            Cause::Interrupted => "interrupted".to_owned(),
            Cause::Wrong(told) => told.to_string(),
        })
    }

    async fn run(&self, text: &str) -> Result<String, String> {
        self.run_within(text, None).await
    }

    fn file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.path().join(name)).ok()
    }

    /// Waits until a script has written a file.
    async fn until_there(&self, name: &str) -> String {
        loop {
            match self.file(name) {
                Some(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::task::yield_now().await,
            }
        }
    }
}

/// Whether a process is there and no zombie.
fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn each_line_is_shown_with_the_steps_name_in_the_order_in_which_it_was_written_and_without_secrets() {
    let scene = Scene::new();
    let script = "echo \"$GREETING\"; echo to standard error >&2; echo \"my $MY_TOKEN\"; printf 'no end'";
    assert_eq!(scene.run(script).await, Ok(String::new()));
    insta::assert_snapshot!(scene.said.text(), @"
    step │ hello
    step │ to standard error
    step │ my <hidden>
    step │ no end
    ");
}

#[tokio::test]
async fn a_script_works_in_the_project_root_with_the_variables_and_the_way_to_the_cluster_and_nothing_else() {
    let scene = Scene::new();
    let script = "pwd > where; echo \"$KUBECONFIG $CODEXCTL_ENV ${CARGO_MANIFEST_DIR-unset} $-\" > what; cat > input";
    assert_eq!(scene.run(script).await, Ok(String::new()));
    let root = fs::canonicalize(scene.folder.path()).unwrap();
    assert_eq!(scene.file("where").unwrap().trim(), root.display().to_string());
    // `c` is all that `bash -lc` sets beside its defaults: a script that wants `-e` says so itself.
    assert_eq!(scene.file("what").unwrap().trim(), "/the/kubeconfig dev unset hBc");
    assert_eq!(scene.file("input").unwrap(), "");
}

#[tokio::test]
async fn a_script_that_fails_tells_its_exit_code_and_its_last_line() {
    let scene = Scene::new();
    let failed = scene.run("echo it is broken; echo; exit 3").await;
    assert_eq!(
        failed,
        Err("failed: bash ended with exit code 3; the last line of its output: it is broken".to_owned())
    );
    assert_eq!(scene.run("kill -9 $$").await, Err("failed: bash was ended by signal 9; ".to_owned()));
    // Without `-e` a failed command in the middle is the script's own business.
    assert_eq!(scene.run("false; true").await, Ok(String::new()));
    assert_eq!(scene.run(" \n").await, Ok("nothing to run".to_owned()));
}

#[tokio::test]
async fn a_script_is_ended_when_its_time_is_over() {
    let ended = Scene::new().run_within("sleep 600", Some("100ms")).await;
    assert_eq!(ended, Err("timed out: it has not ended within 100ms".to_owned()));
}

#[tokio::test]
async fn a_script_that_is_ended_goes_with_all_that_it_started() {
    let scene = Scene::new();
    let stop = async {
        let child = scene.until_there("child").await;
        assert!(is_alive(&child));
        scene.cancel.send_replace(true);
        child
    };
    // It lets its children ignore what bash is told, so that only the end of the whole group ends them.
    let (ended, child) =
        tokio::join!(scene.run("trap '' TERM; sleep 600 & echo $! > child; trap 'exit 1' TERM; wait"), stop);
    assert_eq!(ended, Err("interrupted".to_owned()));
    while is_alive(&child) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_script_is_asked_before_it_is_killed() {
    let scene = Scene::new();
    let script = "trap 'echo tidied up; exit 0' TERM; echo > started; while :; do sleep 0.01; done";
    let stop = async {
        scene.until_there("started").await;
        scene.cancel.send_replace(true);
    };
    let (ended, ()) = tokio::join!(scene.run(script), stop);
    assert_eq!(ended, Err("interrupted".to_owned()));
    assert!(scene.said.text().ends_with("step │ tidied up\n"), "{}", scene.said.text());
}

#[tokio::test]
async fn what_a_script_leaves_running_may_stay_and_holds_nobody_up() {
    let scene = Scene::new();
    assert_eq!(scene.run("sleep 600 & echo $! > child").await, Ok(String::new()));
    let child = scene.file("child").unwrap();
    assert!(is_alive(child.trim()));
    let pid = rustix::process::Pid::from_raw(child.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn without_bash_the_way_out_is_told() {
    let scene = Scene::with("/nonexistent");
    assert_eq!(
        scene.run("true").await,
        Err("failed: there is no bash here, and scripts of hooks run in it; install the package `bash`".to_owned())
    );
}

#[tokio::test]
async fn a_script_that_is_too_long_for_the_system_tells_the_way_out() {
    let scene = Scene::new();
    let said = scene.run(&format!("true # {}", "x".repeat(200_000))).await.unwrap_err();
    assert!(said.contains("128 KiB") && said.contains("bash FILE"), "{said}");
}
