//! A wait as people see it: a table in place, or a line for each change; in the end what was and was not ready, and why.

use std::time::Duration;

use super::diagnosis;
use super::{End, Ended, Progress, Row, State, Waited};
use crate::report::Lang;
use crate::report::words::duration;
use crate::ui::{Level, Line, Note, StepEnd, Ui};

/// The most lines that a table has: a small terminal shows them all.
const MOST: usize = 18;

/// Shows a wait by a voice.
pub struct Shown<'a> {
    ui: &'a dyn Ui,
    in_place: bool,
}

impl<'a> Shown<'a> {
    /// Nothing shown yet.
    pub fn new(ui: &'a dyn Ui) -> Self {
        Self { ui, in_place: false }
    }

    fn ended(&self, row: &Row, end: StepEnd, width: usize) {
        self.ui.step_ended(&format!("{:width$}", row.what), end, &words(&row.state), row.since);
    }
}

impl Progress for Shown<'_> {
    fn show(&mut self, rows: &[Row], changed: &[usize], lasts: Duration) {
        self.in_place = self.ui.table(&table(rows, lasts));
        if self.in_place {
            return;
        }
        let width = width(rows);
        for row in changed.iter().map(|index| &rows[*index]) {
            match &row.state {
                State::Ready(_) | State::There => self.ended(row, StepEnd::Done, width),
                State::Failed(_) | State::Unreadable(_) => self.ended(row, StepEnd::Failed, width),
                state => self.ui.progress(&format!("{}: {}", row.what, words(state))),
            }
        }
    }

    fn say(&mut self, level: Level, text: &str) {
        self.ui.note(&Note::new(level, text));
    }

    fn end(&mut self, rows: &[Row]) {
        if !self.in_place {
            return;
        }
        self.ui.table(&[]);
        let width = width(rows);
        for row in rows {
            match mark(&row.state) {
                Some(mark) => self.ended(row, mark, width),
                None => self.ended(row, StepEnd::Skipped, width),
            }
        }
    }
}

fn width(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.what.chars().count()).max().unwrap_or_default()
}

fn mark(state: &State) -> Option<StepEnd> {
    match state {
        State::Ready(_) | State::There => Some(StepEnd::Done),
        State::Failed(_) | State::Unreadable(_) => Some(StepEnd::Failed),
        State::Unknown | State::Missing | State::Waiting(_) => None,
    }
}

/// How it stands, in words that may follow its name.
pub fn words(state: &State) -> String {
    match state {
        State::Unknown => "not looked at yet".to_owned(),
        State::Missing => "not there".to_owned(),
        State::There => "there".to_owned(),
        State::Unreadable(why) => format!("may not be read: {why}"),
        State::Ready(what) if what.is_empty() => "ready".to_owned(),
        State::Ready(what) => format!("ready: {what}"),
        State::Waiting(why) => why.clone(),
        State::Failed(why) => why.clone(),
    }
}

/// The lines of the table. Where there are too many, those that are ready are left out first.
fn table(rows: &[Row], lasts: Duration) -> Vec<Line> {
    let width = width(rows);
    let line = |row: &Row| {
        let mark = mark(&row.state);
        let time = if mark.is_some() { row.since } else { lasts };
        let time = if time < Duration::from_secs(1) { String::new() } else { seconds(time) };
        Line { mark, text: format!("{:width$}  {time:>6}  {}", row.what, words(&row.state)) }
    };
    if rows.len() <= MOST {
        return rows.iter().map(line).collect();
    }
    let (ready, open): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.state.is_well());
    let shown = open.len().min(MOST - 2);
    let mut lines: Vec<Line> = open[..shown].iter().map(|row| line(row)).collect();
    let more = |mark, count: usize, what: &str| Line { mark, text: format!("{count} {what}") };
    if open.len() > shown {
        lines.push(more(None, open.len() - shown, "more are not ready"));
    }
    if !ready.is_empty() {
        lines.push(more(Some(StepEnd::Done), ready.len(), "ready"));
    }
    lines
}

fn seconds(time: Duration) -> String {
    duration(Duration::from_secs(time.as_secs()), Lang::En)
}

impl Waited {
    /// Tells how it ended: each object that isn't ready with its place and why, then all in a line.
    pub fn tell(&self, ui: &dyn Ui) {
        let (ready, open): (Vec<&Ended>, Vec<&Ended>) = self.objects.iter().partition(|one| one.state.is_well());
        let (counted, others): (Vec<&Ended>, Vec<&Ended>) = open.into_iter().partition(|one| one.counts);
        for one in others {
            ui.note(&one.note(Level::Warning, &format!("is not ready: {}", words(&one.state))));
        }
        // Where something has failed, what was still on its way is no mistake.
        let (told, rest): (Vec<&Ended>, Vec<&Ended>) =
            counted.into_iter().partition(|one| self.end == End::TimedOut || one.is_over() || one.has_trouble());
        for one in &told {
            ui.note(&one.note(Level::Error, &one.headline()));
        }
        if let Some(why) = &self.away {
            ui.note(&Note::new(Level::Error, format!("the server was away when the wait ended: {why}")));
        }
        let all = ready.len() + told.len() + rest.len();
        let mut text = match self.end {
            End::Ready => format!("all {all} ready after {}", duration(self.took, Lang::En)),
            End::Failed => format!("the wait ended after {}: {} of {all} ready", seconds(self.took), ready.len()),
            End::TimedOut => format!("not ready within {}: {} of {all} ready", seconds(self.took), ready.len()),
        };
        if self.end == End::Ready {
            if all > 0 {
                let text = text.replace("all 1 ", "");
                ui.note(&Note::new(Level::Info, text));
            }
            return;
        }
        for (title, some) in [("ready", &ready), ("not ready", &told), ("still on their way", &rest)] {
            if !some.is_empty() {
                let names: Vec<String> = some.iter().map(|one| one.wanted.what()).collect();
                text.push_str(&format!("\n{title}: {}", names.join(", ")));
            }
        }
        ui.note(&Note::new(Level::Error, text));
    }
}

impl Ended {
    fn is_over(&self) -> bool {
        matches!(self.state, State::Failed(_) | State::Unreadable(_))
    }

    fn has_trouble(&self) -> bool {
        self.diagnosis.as_ref().is_some_and(|found| found.trouble.is_some())
    }

    fn headline(&self) -> String {
        let words = words(&self.state);
        match &self.state {
            State::Missing => "is not there".to_owned(),
            State::Unknown => "is not known: the server has not answered".to_owned(),
            State::Unreadable(_) => words,
            State::Failed(_) => format!("won't be ready: {words}"),
            _ => format!("is not ready: {words}"),
        }
    }

    /// A message about it at its place in the manifests, with the diagnosis below it.
    fn note(&self, level: Level, headline: &str) -> Note {
        let more = self.diagnosis.as_ref().map(|found| diagnosis::text(headline, found)).unwrap_or_default();
        Note { place: Some(self.wanted.spot()), ..Note::new(level, format!("{} {headline}{more}", self.wanted.what())) }
    }
}

#[cfg(test)]
mod tests;
