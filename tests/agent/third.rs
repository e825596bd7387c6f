//! An agent that is another user than codexctl: nothing of it is left, and all that it had comes back. Only root can start one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use codexctl_action::agent::place::{Resume, end_orphan};

use crate::bench::{Bench, input_of, processes_with, result, run, unlike_any_other};
use crate::model::Turn;

async fn bench(turns: Vec<Turn>) -> Bench {
    assert!(
        rustix::process::geteuid().is_root(),
        "only root can start the agent as another user: run this test as root"
    );
    let mut bench = Bench::new(turns).await;
    bench.with_another_user_only();
    bench
}

/// Whose the folders are that the agent works in.
fn owners(slot: &Path) -> [u32; 4] {
    ["src", "src/price.txt", "codex-home", "agent-tmp"].map(|part| slot.join(part).symlink_metadata().unwrap().uid())
}

#[tokio::test]
async fn a_daemon_that_shed_its_session_and_its_environment_is_ended_with_the_run() {
    let word = &unlike_any_other(3);
    let starts = format!("setsid env -i sleep {word} > /dev/null 2>&1 & sleep 0.3; cat /proc/$!/comm");
    let bench = bench(vec![run(&starts), result("done", "It runs on.")]).await;
    bench.go().await;
    assert!(bench.log().contains("sleep\\n"), "it ran: {}", bench.log());
    assert_eq!(processes_with(word), Vec::<u32>::new());
}

#[tokio::test]
async fn the_next_run_goes_on_in_the_thread_that_another_user_wrote() {
    let mut bench =
        bench(vec![run("umask 077; echo 13 > price.txt"), result("blocked", "Which?"), result("done", "13.")]).await;
    let first = bench.go().await;
    assert_eq!(owners(bench.run.folder.parent().unwrap()), [0; 4]);
    let thread = first.totals.thread.unwrap();
    bench.run.resume = Some(Resume { thread: thread.clone(), prompt: "THE ANSWER IS 13".to_owned() });
    let second = bench.go().await;
    assert_eq!((second.resumed, second.totals.thread), (true, Some(thread)), "{}", bench.log());
    assert!(input_of(&bench.model.seen()[2].body).contains("Which?"));
}

/// Set in the copy of this test that plays the codexctl that is killed: the file to write its slot's folder to.
const ROLE: &str = "CODEXCTL_TEST_THIRD_ROLE";

/// Set there too: for how long its command sleeps.
const WORD: &str = "CODEXCTL_TEST_THIRD_WORD";

#[tokio::test]
async fn after_kill_9_the_next_codexctl_ends_the_other_user_s_processes_and_takes_its_folders_back() {
    if let Some(note) = std::env::var_os(ROLE) {
        let word = std::env::var(WORD).unwrap();
        let bench = bench(vec![run(&format!("setsid env -i sleep {word} & sleep {word}"))]).await;
        std::fs::write(Path::new(&note), bench.run.folder.display().to_string()).unwrap();
        bench.go().await;
        panic!("this one is killed before its agent ends");
    }
    let word = &unlike_any_other(4);
    let scratch = tempfile::tempdir().unwrap();
    let note = scratch.path().join("folder");
    let name = "third::after_kill_9_the_next_codexctl_ends_the_other_user_s_processes_and_takes_its_folders_back";
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(ROLE, &note)
        .env(WORD, word)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..3000 {
        if processes_with(word).len() >= 2 || killed.try_wait().unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!processes_with(word).is_empty(), "the agent's commands outlive codexctl");

    let folder = PathBuf::from(std::fs::read_to_string(&note).unwrap());
    let slot = folder.parent().unwrap();
    assert!(owners(slot).iter().all(|uid| *uid != 0), "the agent has them");
    assert!(end_orphan(&folder).await.unwrap());
    assert_eq!(processes_with(word), Vec::<u32>::new());
    assert_eq!(owners(slot), [0; 4]);
    assert!(!end_orphan(&folder).await.unwrap(), "a second time there is nobody");
    // The killed one could not tidy up.
    std::fs::remove_dir_all(slot.parent().unwrap()).unwrap();
}
