//! Real folders, real locks, a real process that is killed while it writes.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use super::super::testing::{HandClock, record};
use super::*;
use crate::clock::SystemClock;

fn store(dir: &Path) -> FileStore {
    FileStore::new(dir, Arc::new(HandClock::new()))
}

/// Puts a text where the record of slot 1 belongs, and gives what the store says of it.
async fn complaint(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("slots")).unwrap();
    fs::write(dir.path().join("slots/1.json"), text).unwrap();
    let store = store(dir.path());
    let listed = store.list().await.unwrap_err().to_string();
    let changed = store.change(1, &mut |_| Ok(())).await.unwrap_err().to_string();
    assert_eq!(listed, changed);
    assert!(store.create(&record(2)).await.is_err(), "a number was given out beside a record that can't be read");
    listed.replace(&dir.path().display().to_string(), "DIR")
}

#[tokio::test]
async fn a_record_is_written_for_its_owner_alone_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("codexctl/o/shop");
    let store = store(&base);
    assert!(store.list().await.unwrap().is_empty());
    assert!(!base.exists(), "reading made a folder");
    assert!(store.create(&record(1)).await.unwrap());
    assert!(!store.create(&record(1)).await.unwrap());
    assert_eq!(store.list().await.unwrap(), [record(1)]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(base.join("slots")), 0o700);
    assert_eq!(mode(base.join("slots/1.json")), 0o600);
    insta::assert_snapshot!(fs::read_to_string(base.join("slots/1.json")).unwrap(), @r#"
    {
      "schema": 1,
      "slot": 1,
      "env": "ai",
      "namespace": "shop-dev-1",
      "owner": "1234-1",
      "issue": 7,
      "pr": null,
      "project": "shop",
      "repo": "o/shop",
      "createdAt": "2026-01-31T12:00:00Z",
      "updatedAt": "2026-01-31T12:00:00Z",
      "phase": "allocated",
      "delivery": null,
      "branch": null,
      "session": null,
      "lease": null
    }
    "#);
}

#[tokio::test]
async fn a_folder_that_others_may_read_is_closed_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("slots");
    DirBuilder::new().mode(0o755).create(&folder).unwrap();
    store(dir.path()).create(&record(1)).await.unwrap();
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn keys_of_other_versions_are_kept_and_the_number_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    store.create(&record(1)).await.unwrap();
    let path = dir.path().join("slots/1.json");
    let text = fs::read_to_string(&path).unwrap().replacen('{', "{\"colour\": {\"deep\": [1, 2.5]},", 1);
    fs::write(&path, text).unwrap();
    let changed = store
        .change(1, &mut |record| {
            record.branch = Some("codex/issue-7".to_owned());
            record.slot = 9;
            Ok(())
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changed.slot, changed.branch.as_deref()), (1, Some("codex/issue-7")));
    assert_eq!(store.list().await.unwrap()[0].rest["colour"], serde_json::json!({"deep": [1, 2.5]}));
}

#[tokio::test]
async fn a_change_that_refuses_or_changes_nothing_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock::new());
    let store = FileStore::new(dir.path(), clock.clone());
    store.create(&record(1)).await.unwrap();
    clock.advance(TimeDelta::minutes(1));
    let refused = store
        .change(1, &mut |record| {
            record.branch = Some("x".to_owned());
            Err(Error::LeaseLost { slot: 1, holder: "9-1".to_owned() })
        })
        .await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })));
    store.change(1, &mut |_| Ok(())).await.unwrap();
    assert_eq!(store.list().await.unwrap(), [record(1)]);
    assert_eq!(store.change(2, &mut |_| Ok(())).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_gone_may_be_removed_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    store.remove(1).await.unwrap();
    store.create(&record(1)).await.unwrap();
    store.remove(1).await.unwrap();
    store.remove(1).await.unwrap();
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn every_record_is_later_than_those_before_it_even_on_a_clock_that_stands() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    for slot in [3, 1, 2] {
        store.create(&record(slot)).await.unwrap();
    }
    let mut records = store.list().await.unwrap();
    records.sort_by_key(|record| record.created_at);
    assert_eq!(records.iter().map(|record| record.slot).collect::<Vec<_>>(), [3, 1, 2]);
    assert!(records.windows(2).all(|pair| pair[0].created_at < pair[1].created_at));
}

#[tokio::test]
async fn what_is_no_record_is_told_with_its_file() {
    insta::assert_snapshot!(complaint("").await, @"DIR/slots/1.json is not a slot record: it is empty. Move it away if it isn't needed");
    insta::assert_snapshot!(complaint("{\"schema\": 1, \"slo").await, @"DIR/slots/1.json is not a slot record: it is cut off (EOF while parsing a string at line 1 column 18). Move it away if it isn't needed");
    insta::assert_snapshot!(complaint("hello").await, @"DIR/slots/1.json is not a slot record: expected value at line 1 column 1. Move it away if it isn't needed");
    insta::assert_snapshot!(complaint("[]").await, @"DIR/slots/1.json is not a slot record: it has no schema. Move it away if it isn't needed");
    insta::assert_snapshot!(complaint("{\"schema\": 1}").await, @"DIR/slots/1.json is not a slot record: missing field `slot`. Move it away if it isn't needed");
    insta::assert_snapshot!(complaint("{\"schema\": 2, \"slot\": \"now a name\"}").await, @"DIR/slots/1.json has schema 2, this codexctl knows 1: upgrade to the version that wrote it");
    let other = serde_json::to_string(&record(4)).unwrap();
    insta::assert_snapshot!(complaint(&other).await, @"DIR/slots/1.json is not a slot record: it is named 1 and says slot 4. Move it away if it isn't needed");
}

#[tokio::test]
async fn files_that_are_no_records_are_left_alone_and_drafts_are_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    store.create(&record(1)).await.unwrap();
    for name in ["notes.txt", "07.json", "0.json", "x.json", ".1.tmp", ".2.tmp"] {
        fs::write(dir.path().join("slots").join(name), "half a rec").unwrap();
    }
    assert_eq!(store.list().await.unwrap(), [record(1)]);
    assert!(store.create(&record(2)).await.unwrap());
    let mut left: Vec<String> = fs::read_dir(dir.path().join("slots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, [".lock", "0.json", "07.json", "1.json", "2.json", "notes.txt", "x.json"]);
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("slots"), "a file").unwrap();
    let error = store(dir.path()).create(&record(1)).await.unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&dir.path().display().to_string(), "DIR"), @"can't make DIR/slots: it is a file, and a folder has to be there: move it away");
}

#[test]
fn changes_of_many_threads_at_once_all_count() {
    let dir = tempfile::tempdir().unwrap();
    let run = |work: &(dyn Fn(&tokio::runtime::Runtime, &FileStore) + Sync)| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    work(&runtime, &store(dir.path()));
                });
            }
        });
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(store(dir.path()).create(&record(1))).unwrap();
    run(&|runtime, store| {
        for _ in 0..10 {
            runtime.block_on(store.change(1, &mut count_up)).unwrap().unwrap();
        }
    });
    assert_eq!(counted(&runtime.block_on(store(dir.path()).list()).unwrap()[0]), 40);
}

fn count_up(record: &mut Record) -> Result<(), Error> {
    let next = counted(record) + 1;
    record.rest.insert("count".to_owned(), next.into());
    Ok(())
}

fn counted(record: &Record) -> u64 {
    record.rest.get("count").and_then(Value::as_u64).unwrap_or(0)
}

/// Also the child of the next test, which lets it write on until it is killed.
#[tokio::test]
async fn a_process_writes_its_record_over_and_over() {
    let (own, path) = (tempfile::tempdir().unwrap(), std::env::var_os("CODEXCTL_TEST_SLOTS"));
    let rounds = if path.is_some() { u64::MAX } else { 3 };
    let store = FileStore::new(path.as_ref().map_or(own.path(), Path::new), Arc::new(SystemClock));
    store.create(&record(1)).await.unwrap();
    for round in 1..=rounds {
        let record = store.change(1, &mut count_up).await.unwrap().unwrap();
        assert!(counted(&record) >= round);
    }
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_a_whole_record_and_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let mut least = 0;
    for _ in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "slots::file::tests::a_process_writes_its_record_over_and_over"])
            .env("CODEXCTL_TEST_SLOTS", dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It is at work once it has counted on.
        while store.list().await.unwrap().first().map_or(0, counted) <= least {
            assert_eq!(child.try_wait().unwrap(), None, "the writer ended by itself");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Whoever reads meanwhile sees a whole record, never one that is gone or half written.
        for _ in 0..300 {
            let records = store.list().await.unwrap();
            assert!(records.len() == 1 && counted(&records[0]) > least, "{records:?}");
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let after = store.change(1, &mut count_up).await.unwrap().unwrap();
        assert!(counted(&after) > least);
        least = counted(&after);
        assert!(store.files().unwrap().iter().all(|path| path.extension().is_none_or(|extension| extension != "tmp")));
    }
}
