//! An agent whose codexctl was killed by `kill -9`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use codexctl_action::agent::place::end_orphan;

use crate::bench::{Bench, processes_with, run, unlike_any_other};

/// Set in the copy of this test that plays the codexctl that is killed: the file to write its slot's folder to.
const ROLE: &str = "CODEXCTL_TEST_ORPHAN_ROLE";

/// Set there too: for how long its command sleeps.
const WORD: &str = "CODEXCTL_TEST_ORPHAN_WORD";

#[tokio::test]
async fn an_agent_that_lost_its_codexctl_to_kill_9_is_ended_by_the_next_one() {
    if let Some(note) = std::env::var_os(ROLE) {
        let word = std::env::var(WORD).unwrap();
        let mut bench = Bench::new(vec![run(&format!("setsid sleep {word} & sleep {word}"))]).await;
        bench.without_sandbox();
        std::fs::write(Path::new(&note), bench.run.folder.display().to_string()).unwrap();
        bench.go().await;
        panic!("this one is killed before its agent ends");
    }
    let word = &unlike_any_other(9);
    let scratch = tempfile::tempdir().unwrap();
    let note = scratch.path().join("folder");
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "orphan::an_agent_that_lost_its_codexctl_to_kill_9_is_ended_by_the_next_one"])
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
    assert!(end_orphan(&folder).await.unwrap());
    assert_eq!(processes_with(word), Vec::<u32>::new());
    assert!(!end_orphan(&folder).await.unwrap(), "a second time there is nobody");
    // The killed one could not tidy up.
    std::fs::remove_dir_all(folder.parent().unwrap().parent().unwrap()).unwrap();
}
