use std::path::Path;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;

use super::*;
use crate::deploy::wait::{Diagnosis, Log, Told, Wanted};
use crate::secrets::Redactor;
use crate::ui::Style;
use crate::ui::plain::PlainUi;

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a log that people read shows.
fn logged(speak: impl FnOnce(&dyn Ui)) -> String {
    let screen = Screen::default();
    speak(&PlainUi::new(screen.clone(), Level::Info, Style { color: false }, Redactor::default()));
    let bytes = screen.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn row(what: &str, state: State, since: u64) -> Row {
    Row { what: what.to_owned(), state, counts: true, since: Duration::from_secs(since) }
}

fn waiting(why: &str) -> State {
    State::Waiting(why.to_owned())
}

fn ready(what: &str) -> State {
    State::Ready(what.to_owned())
}

#[test]
fn a_log_gets_a_line_for_each_change() {
    let text = logged(|ui| {
        let mut shown = Shown::new(ui);
        let mut rows = vec![
            row("Deployment web", waiting("0 of 3 pods ready"), 0),
            row("Job migrate", waiting("not started yet"), 0),
        ];
        shown.show(&rows, &[0, 1], Duration::ZERO);
        shown.show(&rows, &[], Duration::from_secs(1));
        rows[1] = row("Job migrate", ready("done"), 4);
        shown.show(&rows, &[1], Duration::from_secs(4));
        shown.say(Level::Warning, "https://server can't be reached: connection refused: waiting for it to come back");
        rows[0] = row("Deployment web", State::Failed("its progress deadline of 60 s is over".to_owned()), 60);
        shown.show(&rows, &[0], Duration::from_secs(60));
        shown.end(&rows);
    });
    assert_snapshot!(text, @"
      Deployment web: 0 of 3 pods ready
      Job migrate: not started yet
    ✓ Job migrate     ready: done  4s
    warning: https://server can't be reached: connection refused: waiting for it to come back
    ✗ Deployment web  its progress deadline of 60 s is over  1m
    ");
}

fn drawn(rows: &[Row]) -> String {
    let mark = |line: &Line| match line.mark {
        Some(StepEnd::Done) => "✓",
        Some(StepEnd::Failed) => "✗",
        Some(StepEnd::Skipped) => "–",
        None => "…",
    };
    let lines = table(rows, Duration::from_secs(75));
    lines.iter().map(|line| format!("{} {}\n", mark(line), line.text)).collect()
}

#[test]
fn a_table_shows_each_object_with_the_time_that_it_took() {
    assert_snapshot!(drawn(&[
        row("StatefulSet postgres", ready("1 of 1 pod"), 12),
        row("Deployment web", waiting("2 of 3 pods ready"), 30),
        row("Job migrate", State::Failed("all its 7 tries failed".to_owned()), 61),
        row("ConfigMap web", State::There, 0),
        row("Deployment checkout", State::Missing, 0),
    ]), @"
    ✓ StatefulSet postgres     12s  ready: 1 of 1 pod
    … Deployment web        1m 15s  2 of 3 pods ready
    ✗ Job migrate            1m 1s  all its 7 tries failed
    ✓ ConfigMap web                 there
    … Deployment checkout   1m 15s  not there
    ");
}

#[test]
fn a_table_never_grows_over_a_small_terminal() {
    let of = |open: usize, well: usize| {
        let open = (0..open).map(|at| row(&format!("Deployment open-{at}"), waiting("0 of 1 pod ready"), 0));
        let well = (0..well).map(|at| row(&format!("Deployment well-{at}"), ready("1 of 1 pod"), 1));
        well.chain(open).collect::<Vec<_>>()
    };
    assert_snapshot!(drawn(&of(2, 30)), @"
    … Deployment open-0   1m 15s  0 of 1 pod ready
    … Deployment open-1   1m 15s  0 of 1 pod ready
    ✓ 30 ready
    ");
    assert_eq!(drawn(&of(40, 40)).lines().count(), MOST);
    assert_eq!(drawn(&of(MOST, 0)).lines().count(), MOST);
    assert!(drawn(&of(40, 0)).ends_with("… 24 more are not ready\n"));
}

fn ended(kind: &str, name: &str, line: usize, state: State) -> Ended {
    let wanted = Wanted {
        api_version: "apps/v1".into(),
        kind: kind.into(),
        namespace: Some("shop".into()),
        name: name.into(),
        file: Path::new("deploy/shop.yaml").into(),
        line,
        goes_by_itself: false,
    };
    Ended { wanted, state, since: Duration::from_secs(4), counts: true, diagnosis: None }
}

#[test]
fn a_failed_wait_says_what_failed_why_and_what_else_there_was() {
    let told = |ago: &str, reason: &str, message: &str, count| Told {
        ago: ago.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        count,
    };
    let crash = "container web ends again and again (3 restarts): exit code 1";
    let failed = Ended {
        diagnosis: Some(Diagnosis {
            pod: Some("web-6d4cf56db6-x2x9z".to_owned()),
            trouble: Some(crash.to_owned()),
            events: vec![
                told("50s", "Started", "Started container web", 4),
                told("12s", "BackOff", "Back-off restarting failed container web in pod web-6d4cf56db6-x2x9z", 7),
            ],
            logs: vec![Log {
                title: "log of container web (exit code 1)".to_owned(),
                lines: vec!["reading /etc/web".to_owned(), "DATABASE_URL is not set".to_owned()],
            }],
            lacks: Vec::new(),
        }),
        ..ended("Deployment", "web", 3, State::Failed(crash.to_owned()))
    };
    let waited = Waited {
        end: End::Failed,
        took: Duration::from_secs(51),
        objects: vec![
            ended("StatefulSet", "postgres", 40, ready("1 of 1 pod")),
            failed,
            ended("Deployment", "catalog", 80, waiting("1 of 3 pods ready")),
            Ended { counts: false, ..ended("Certificate", "tls", 90, waiting("Issuing")) },
        ],
        away: None,
    };
    assert_snapshot!(logged(|ui| waited.tell(ui)), @"
    warning: deploy/shop.yaml:90: Certificate tls is not ready: Issuing
    error: deploy/shop.yaml:3: Deployment web won't be ready: container web ends again and again (3 restarts): exit code 1
      pod web-6d4cf56db6-x2x9z
      last events:
        50s ago  Started (×4)  Started container web
        12s ago  BackOff (×7)  Back-off restarting failed container web in pod web-6d4cf56db6-x2x9z
      log of container web (exit code 1), the last 2 lines:
        │ reading /etc/web
        │ DATABASE_URL is not set
    error: the wait ended after 51s: 1 of 3 ready
      ready: StatefulSet postgres
      not ready: Deployment web
      still on their way: Deployment catalog
    ");
}

#[test]
fn a_wait_whose_time_is_up_names_everything_that_is_missing() {
    let waited = Waited {
        end: End::TimedOut,
        took: Duration::from_secs(600),
        objects: vec![
            ended("Deployment", "web", 3, waiting("1 of 3 pods ready")),
            ended("Deployment", "gone", 9, State::Missing),
            ended("Job", "hidden", 12, State::Unreadable("jobs.batch is forbidden".to_owned())),
            ended("Job", "seed", 14, State::Unknown),
        ],
        away: Some("https://server can't be reached: connection refused".to_owned()),
    };
    assert_snapshot!(logged(|ui| waited.tell(ui)), @"
    error: deploy/shop.yaml:3: Deployment web is not ready: 1 of 3 pods ready
    error: deploy/shop.yaml:9: Deployment gone is not there
    error: deploy/shop.yaml:12: Job hidden may not be read: jobs.batch is forbidden
    error: deploy/shop.yaml:14: Job seed is not known: the server has not answered
    error: the server was away when the wait ended: https://server can't be reached: connection refused
    error: not ready within 10m: 0 of 4 ready
      not ready: Deployment web, Deployment gone, Job hidden, Job seed
    ");
}

#[test]
fn a_wait_that_went_well_is_a_line() {
    let of = |objects: Vec<Ended>| Waited { end: End::Ready, took: Duration::from_millis(3200), objects, away: None };
    let one = ended("Deployment", "web", 3, ready("3 of 3 pods"));
    assert_snapshot!(logged(|ui| {
        of(vec![]).tell(ui);
        of(vec![one.clone()]).tell(ui);
        of(vec![one.clone(), one.clone(), one]).tell(ui);
    }), @"
    ready after 3.2s
    all 3 ready after 3.2s
    ");
}
