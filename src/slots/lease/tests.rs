//! Who works on a slot, told as stories of two runs.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::super::FileStore;
use super::super::testing::{HandClock, record};
use super::*;

fn holder(id: &str) -> Holder {
    Holder { id: id.to_owned(), flow: "dev".to_owned(), host: "box-1".to_owned() }
}

/// Two machines with clocks of their own over one slot.
struct Story {
    _dir: tempfile::TempDir,
    store: FileStore,
    here: HandClock,
    there: HandClock,
}

impl Story {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path(), Arc::new(HandClock::new()));
        store.create(&record(1)).await.unwrap();
        let (here, there) = (HandClock::new(), HandClock::new());
        there.advance(TimeDelta::days(-400));
        Self { _dir: dir, store, here, there }
    }

    async fn ask(&self, taker: &mut Taker) -> Outcome {
        taker.ask(&self.store, &self.here).await.unwrap()
    }

    async fn taken_there_by(&self, id: &str) {
        let outcome = Taker::new(1, holder(id)).ask(&self.store, &self.there).await.unwrap();
        assert_eq!(outcome, Outcome::Taken);
    }

    async fn renewed_there_by(&self, id: &str) {
        self.there.advance(TimeDelta::seconds(30));
        renew(&self.store, &self.there, 1, &holder(id)).await.unwrap();
    }

    async fn has(&self) -> Option<String> {
        self.store.list().await.unwrap()[0].lease.clone().map(|lease| lease.holder)
    }
}

fn over(from: &str, why: &'static str) -> Outcome {
    Outcome::TakenOver { from: from.to_owned(), why }
}

fn is_busy(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Busy { .. })
}

#[tokio::test]
async fn a_free_lease_is_taken_given_back_and_taken_again() {
    let story = Story::new().await;
    let mut taker = Taker::new(1, holder("10-1"));
    assert_eq!(story.ask(&mut taker).await, Outcome::Taken);
    assert_eq!(story.ask(&mut taker).await, Outcome::Taken);
    check(&story.store, 1, &holder("10-1")).await.unwrap();
    release(&story.store, 1, &holder("10-1")).await.unwrap();
    assert_eq!(story.has().await, None);
    let error = check(&story.store, 1, &holder("10-1")).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"slot 1 is now worked on by nobody (its lease was given back): this run stops before it changes anything more");
}

#[tokio::test]
async fn a_holder_that_renews_keeps_its_lease_whatever_its_clock_says() {
    let story = Story::new().await;
    story.taken_there_by("10-1").await;
    let mut taker = Taker::new(1, holder("20-1"));
    for _ in 0..10 {
        assert!(is_busy(&story.ask(&mut taker).await));
        story.here.advance(TimeDelta::seconds(119));
        story.renewed_there_by("10-1").await;
    }
    assert_eq!(story.has().await.as_deref(), Some("10-1"));
}

#[tokio::test]
async fn a_lease_expires_two_minutes_after_the_last_change_that_we_saw_ourselves() {
    let story = Story::new().await;
    story.taken_there_by("10-1").await;
    let mut taker = Taker::new(1, holder("20-1"));
    let until = story.here.now() + EXPIRES_AFTER;
    // Its own time stamp is 400 days old, and that counts for nothing.
    let busy = Outcome::Busy { holder: "10-1".to_owned(), flow: "dev".to_owned(), until };
    assert_eq!(story.ask(&mut taker).await, busy);
    story.here.advance(TimeDelta::seconds(119));
    assert_eq!(story.ask(&mut taker).await, busy);
    story.here.advance(TimeDelta::seconds(1));
    assert_eq!(story.ask(&mut taker).await, over("10-1", "it has shown no sign of life for two minutes"));
    let error = renew(&story.store, &story.there, 1, &holder("10-1")).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"slot 1 is now worked on by 20-1: this run stops before it changes anything more");
    // Whoever lost it doesn't give back what is another's.
    release(&story.store, 1, &holder("10-1")).await.unwrap();
    assert_eq!(story.has().await.as_deref(), Some("20-1"));
}

#[tokio::test]
async fn a_clock_that_is_set_back_starts_the_two_minutes_anew() {
    let story = Story::new().await;
    story.taken_there_by("10-1").await;
    let mut taker = Taker::new(1, holder("20-1"));
    assert!(is_busy(&story.ask(&mut taker).await));
    story.here.advance(TimeDelta::hours(-5));
    assert!(is_busy(&story.ask(&mut taker).await));
    story.here.advance(EXPIRES_AFTER);
    assert!(matches!(story.ask(&mut taker).await, Outcome::TakenOver { .. }));
}

#[tokio::test]
async fn renewing_is_seen_even_on_a_clock_that_stands() {
    let story = Story::new().await;
    story.taken_there_by("10-1").await;
    let mut taker = Taker::new(1, holder("20-1"));
    for _ in 0..5 {
        assert!(is_busy(&story.ask(&mut taker).await));
        story.here.advance(TimeDelta::seconds(119));
        renew(&story.store, &story.there, 1, &holder("10-1")).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_holds_a_lease_is_asked_to_end_and_hears_it_though_it_renews() {
    let story = Story::new().await;
    story.taken_there_by("1-1").await;
    let heard = async |id: &str| asked_to_end(&story.store, 1, &holder(id)).await.unwrap();
    assert_eq!(heard("1-1").await, None);
    ask_to_end(&story.store, 1, "2-1").await.unwrap();
    story.renewed_there_by("1-1").await;
    assert_eq!((heard("1-1").await.as_deref(), heard("2-1").await), (Some("2-1"), None));
    release(&story.store, 1, &holder("1-1")).await.unwrap();
    story.taken_there_by("2-1").await;
    ask_to_end(&story.store, 1, "2-1").await.unwrap();
    assert_eq!(heard("2-1").await, None, "nobody asks itself, and the next holder is not asked");
}

#[tokio::test]
async fn asking_a_holder_to_end_is_no_sign_of_its_life() {
    let story = Story::new().await;
    story.taken_there_by("1-1").await;
    let mut taker = Taker::new(1, holder("2-1"));
    assert!(is_busy(&story.ask(&mut taker).await));
    story.here.advance(TimeDelta::seconds(90));
    ask_to_end(&story.store, 1, "2-1").await.unwrap();
    assert!(is_busy(&story.ask(&mut taker).await));
    story.here.advance(TimeDelta::seconds(30));
    assert_eq!(story.ask(&mut taker).await, over("1-1", "it has shown no sign of life for two minutes"));
}

#[tokio::test]
async fn a_later_attempt_of_the_same_run_takes_over_at_once_and_an_earlier_one_does_not() {
    let story = Story::new().await;
    story.taken_there_by("10-2").await;
    for other in ["10-1", "100-3", "1-9", "manual-box-1-10"] {
        assert!(is_busy(&story.ask(&mut Taker::new(1, holder(other))).await), "{other}");
    }
    assert_eq!(
        story.ask(&mut Taker::new(1, holder("10-10"))).await,
        over("10-2", "it is an earlier attempt of this run")
    );
}

#[test]
fn whoever_takes_back_what_a_run_left_comes_behind_it_and_before_a_later_attempt() {
    let post = post_of("42-1");
    assert_eq!(supersedes(&post, "42-1"), Some("its step has ended"));
    assert_eq!(supersedes("42-2", &post), Some("it is an earlier attempt of this run"));
    for (one, other) in [
        ("42-1", post.as_str()),
        (&post, &post),
        (&post, "42-2"),
        (&post, "43-1"),
        ("42-1-post-post", "42-1"),
        (&post, "manual-h-1"),
    ] {
        assert_eq!(supersedes(one, other), None, "{one} {other}");
    }
}

#[tokio::test]
async fn a_holder_on_this_machine_whose_process_is_gone_loses_its_lease_at_once() {
    let story = Story::new().await;
    let mut child = Command::new("true").spawn().unwrap();
    let gone = format!("manual-box-1-{}", child.id());
    child.wait().unwrap();
    story.taken_there_by(&gone).await;
    assert_eq!(story.ask(&mut Taker::new(1, holder("20-1"))).await, over(&gone, "its process is gone"));
}

#[tokio::test]
async fn a_process_that_lives_or_is_on_another_machine_keeps_its_lease() {
    let mut child = Command::new("true").spawn().unwrap();
    let dead = child.id();
    child.wait().unwrap();
    for other in [
        format!("manual-box-1-{}", std::process::id()),
        format!("manual-box-2-{dead}"),
        format!("manual-{dead}"),
        "manual-box-1-0".to_owned(),
    ] {
        let story = Story::new().await;
        story.taken_there_by(&other).await;
        assert!(is_busy(&story.ask(&mut Taker::new(1, holder("20-1"))).await), "{other}");
    }
}

#[test]
fn a_process_that_ended_unnoticed_is_dead_too() {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    // Nobody has waited for it yet, so it stays a zombie once it has ended.
    while !is_dead(pid) {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Path::new(&format!("/proc/{pid}")).exists());
    child.wait().unwrap();
    assert!(is_dead(pid));
}

#[tokio::test]
async fn a_slot_without_record_has_no_lease() {
    let story = Story::new().await;
    story.store.remove(1).await.unwrap();
    assert_eq!(story.ask(&mut Taker::new(1, holder("10-1"))).await, Outcome::Gone);
    release(&story.store, 1, &holder("10-1")).await.unwrap();
    let error = renew(&story.store, &story.here, 1, &holder("10-1")).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"slot 1 is now worked on by nobody (its record is gone): this run stops before it changes anything more");
}

#[test]
fn of_many_who_ask_at_once_one_gets_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let story = runtime.block_on(Story::new());
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6)
            .map(|run| {
                let store = story.store.clone();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    runtime.block_on(Taker::new(1, holder(&format!("{run}-1"))).ask(&store, &HandClock::new())).unwrap()
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Taken).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| is_busy(outcome)).count(), 5, "{outcomes:?}");
}
