//! Slots for issues, also for several runs at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};

use super::super::FileStore;
use super::super::testing::{HandClock, namespace, wanted};
use super::*;
use crate::clock::SystemClock;

fn store(dir: &Path) -> FileStore {
    FileStore::new(dir, Arc::new(HandClock::new()))
}

async fn slot(store: &FileStore, wanted: &Wanted) -> Result<(u32, bool), Error> {
    allocate(store, &HandClock::new(), wanted, &namespace).await.map(|found| (found.record.slot, found.created))
}

#[tokio::test]
async fn an_issue_gets_the_lowest_free_number_and_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    assert_eq!(slot(&store, &wanted(Some(7))).await.unwrap(), (1, true));
    assert_eq!(slot(&store, &wanted(Some(8))).await.unwrap(), (2, true));
    assert_eq!(slot(&store, &wanted(Some(7))).await.unwrap(), (1, false));
    store.remove(1).await.unwrap();
    assert_eq!(slot(&store, &wanted(Some(9))).await.unwrap(), (1, true));
    let record = find(&store, &wanted(Some(9))).await.unwrap().unwrap();
    assert_eq!(
        (record.namespace.as_str(), record.phase, record.owner.as_str()),
        ("shop-dev-1", Phase::Allocated, "1234-1")
    );
    assert_eq!(find(&store, &wanted(Some(7))).await.unwrap(), None);
}

#[tokio::test]
async fn another_environment_or_repository_has_another_slot() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    assert_eq!(slot(&store, &wanted(Some(7))).await.unwrap(), (1, true));
    let repair = Wanted { env: "ai-repair".to_owned(), ..wanted(Some(7)) };
    assert_eq!(slot(&store, &repair).await.unwrap(), (2, true));
    let other = Wanted { repo: "o/blog".to_owned(), ..wanted(Some(7)) };
    assert_eq!(slot(&store, &other).await.unwrap(), (3, true));
    let spelled = Wanted { repo: "O/Shop".to_owned(), ..wanted(Some(7)) };
    assert_eq!(slot(&store, &spelled).await.unwrap(), (1, false));
}

#[tokio::test]
async fn a_number_that_is_asked_for_is_given_if_it_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let ask = |issue, slot| Wanted { slot: Some(slot), ..wanted(Some(issue)) };
    assert_eq!(slot(&store, &ask(7, 2)).await.unwrap(), (2, true));
    assert_eq!(slot(&store, &ask(7, 2)).await.unwrap(), (2, false));
    // Taken by issue 7, so the lowest free one.
    assert_eq!(slot(&store, &ask(8, 2)).await.unwrap(), (1, true));
    // Above the maximum, so the lowest free one.
    assert_eq!(slot(&store, &ask(9, 9)).await.unwrap(), (3, true));
    let unbounded = Wanted { max: 0, ..ask(10, 900) };
    assert_eq!(slot(&store, &unbounded).await.unwrap(), (900, true));
}

#[tokio::test]
async fn a_pull_request_is_matched_together_with_its_issue() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    slot(&store, &wanted(Some(7))).await.unwrap();
    store
        .change(1, &mut |record| {
            record.pr = Some(12);
            Ok(())
        })
        .await
        .unwrap();
    for (issue, pr, found) in
        [(None, Some(12), true), (Some(7), Some(12), true), (Some(7), Some(13), false), (Some(8), Some(12), false)]
    {
        let wish = Wanted { pr, ..wanted(issue) };
        assert_eq!(find(&store, &wish).await.unwrap().is_some(), found, "{issue:?} {pr:?}");
    }
}

#[tokio::test]
async fn when_all_are_taken_it_says_by_whom() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    slot(&store, &wanted(Some(7))).await.unwrap();
    slot(&store, &Wanted { pr: Some(12), ..wanted(None) }).await.unwrap();
    slot(&store, &Wanted { slot: Some(3), ..wanted(None) }).await.unwrap();
    let error = slot(&store, &wanted(Some(9))).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"all 3 slots are taken (1: issue #7, 2: pull request #12, 3: 1234-1); free one, or raise maxSlots in services.yaml");
    assert_eq!(slot(&store, &wanted(Some(7))).await.unwrap(), (1, false));
}

#[tokio::test]
async fn the_namespace_follows_the_patterns() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    slot(&store, &wanted(Some(7))).await.unwrap();
    let moved = allocate(&store, &HandClock::new(), &wanted(Some(7)), &|slot| format!("new-{slot}")).await.unwrap();
    assert_eq!((moved.record.namespace.as_str(), moved.created), ("new-1", false));
    assert_eq!(store.list().await.unwrap()[0].namespace, "new-1");
}

#[tokio::test]
async fn of_two_records_for_one_issue_the_elder_counts_for_everybody() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    // A run made slot 2 and then another one slot 1, and was killed before it could yield.
    for slot in [2, 1] {
        store.create(&super::super::testing::record(slot)).await.unwrap();
    }
    assert_eq!(slot(&store, &wanted(Some(7))).await.unwrap(), (2, false));
}

#[test]
fn many_threads_at_once_end_with_one_slot_for_each_issue() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let start = Barrier::new(6);
        let slots: Vec<(u64, u32, bool)> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..6)
                .map(|run| {
                    let (start, dir) = (&start, dir.path());
                    scope.spawn(move || {
                        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                        let issue = run % 2;
                        let wish = Wanted { owner: format!("{run}-1"), ..wanted(Some(issue + 1)) };
                        start.wait();
                        let (slot, created) = runtime.block_on(slot(&store(dir), &Wanted { max: 0, ..wish })).unwrap();
                        (issue, slot, created)
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let distinct: BTreeSet<(u64, u32)> = slots.iter().map(|(issue, slot, _)| (*issue, *slot)).collect();
        assert_eq!(distinct.len(), 2, "{slots:?}");
        assert_eq!(slots.iter().filter(|(_, _, created)| *created).count(), 2, "{slots:?}");
        assert_eq!(std::fs::read_dir(dir.path().join("slots")).unwrap().count(), 3, "two records and the lock");
    }
}

/// Also the child of the next test, which gives it a folder that others use.
#[tokio::test]
async fn a_process_allocates_the_slot_of_its_issue() {
    let (own, path) = (tempfile::tempdir().unwrap(), std::env::var_os("CODEXCTL_TEST_SLOTS"));
    let store = FileStore::new(path.as_ref().map_or(own.path(), Path::new), Arc::new(SystemClock));
    let wish = Wanted { owner: std::process::id().to_string(), ..wanted(Some(7)) };
    let found = allocate(&store, &SystemClock, &wish, &namespace).await.unwrap();
    println_slot(found.record.slot);
    assert!(path.is_some() || (found.record.slot == 1 && found.created));
}

#[expect(clippy::print_stdout, reason = "how a child tells its parent")]
fn println_slot(slot: u32) {
    println!("slot={slot};");
}

#[test]
fn many_processes_at_once_end_with_one_slot() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "slots::allocate::tests::a_process_allocates_the_slot_of_its_issue", "--nocapture"])
                .env("CODEXCTL_TEST_SLOTS", dir.path())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let said: BTreeSet<String> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}");
            let from = text.find("slot=").unwrap_or_else(|| panic!("no slot in {text}"));
            text[from..].split(';').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(std::fs::read_dir(dir.path().join("slots")).unwrap().count(), 2, "one record and the lock");
}
