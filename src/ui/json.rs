//! One JSON object a line, for those who collect logs.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::plain::ask_runner_to_hide;
use super::{Level, Note, StepEnd, Ui};
use crate::clock::{Clock, SystemClock};
use crate::secrets::{Redactor, Secret};

/// Writes `{"time", "level", "run", "message", …}` lines.
pub struct JsonUi<W: Write + Send> {
    out: Mutex<W>,
    least: Level,
    run: String,
    redactor: Redactor,
    clock: Box<dyn Clock>,
    /// Whether GitHub's runner reads along.
    github: bool,
}

impl<W: Write + Send> JsonUi<W> {
    /// `run` tells lines of several runs apart.
    pub fn new(out: W, least: Level, run: String, redactor: Redactor) -> Self {
        Self { out: Mutex::new(out), least, run, redactor, clock: Box::new(SystemClock), github: false }
    }

    /// The same on GitHub's runner, which is asked to hide secrets by lines of its own: it takes them out of the log.
    pub fn for_github(out: W, least: Level, run: String, redactor: Redactor) -> Self {
        Self { github: true, ..Self::new(out, least, run, redactor) }
    }

    fn write(&self, level: Level, message: &str, more: Value) {
        if level > self.least {
            return;
        }
        let mut line = json!({
            "time": self.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "level": level,
            "run": self.run,
            "message": self.redactor.redact(message),
        });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(out, "{line}");
    }
}

impl<W: Write + Send> Ui for JsonUi<W> {
    fn step_started(&self, title: &str) {
        self.write(Level::Debug, "step started", json!({ "step": title }));
    }

    fn step_ended(&self, title: &str, end: StepEnd, detail: &str, took: Duration) {
        let level = if end == StepEnd::Failed { Level::Error } else { Level::Info };
        self.write(level, detail, json!({ "step": title, "end": end, "seconds": took.as_secs_f64() }));
    }

    fn progress(&self, text: &str) {
        self.write(Level::Info, text, json!({ "progress": true }));
    }

    fn agent_started(&self) {}

    fn agent_line(&self, line: &str) {
        self.write(Level::Info, line, json!({ "agent": true }));
    }

    fn agent_ended(&self) {}

    fn note(&self, note: &Note) {
        let place = note.place.as_ref().map(|spot| json!({ "place": spot }));
        self.write(note.level, &note.text, place.unwrap_or_else(|| json!({})));
    }

    fn mask(&self, value: &Secret) {
        if self.github {
            ask_runner_to_hide(&self.out, value);
        }
        self.redactor.add(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use crate::ui::Spot;

    #[test]
    fn each_line_is_one_object_without_secrets() {
        let mut bytes = Vec::new();
        {
            let mut ui = JsonUi::new(&mut bytes, Level::Info, "42-1".to_owned(), Redactor::default());
            ui.clock = Box::new(FixedClock(chrono::DateTime::UNIX_EPOCH));
            ui.mask(&Secret::new("canary-token-1".to_owned()));
            ui.step_ended("slot", StepEnd::Done, "slot 1", Duration::from_millis(500));
            ui.note(&Note {
                level: Level::Warning,
                text: "canary-token-1\nx".to_owned(),
                place: Some(Spot { file: "a.yaml".into(), line: Some(2), column: None }),
                picture: None,
            });
            ui.note(&Note::new(Level::Debug, "not shown"));
        }
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        {"time":"1970-01-01T00:00:00.000Z","level":"info","run":"42-1","message":"slot 1","step":"slot","end":"done","seconds":0.5}
        {"time":"1970-01-01T00:00:00.000Z","level":"warning","run":"42-1","message":"<hidden>\nx","place":{"file":"a.yaml","line":2,"column":null}}
        "#);
    }
}
