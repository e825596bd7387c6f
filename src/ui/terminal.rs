//! A terminal with somebody in front of it: the step at work turns a spinner at the bottom, finished ones stand above it.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::plain::PlainUi;
use super::{Level, Line, Note, StepEnd, Style, Ui};
use crate::report::words::visible;
use crate::secrets::{Redactor, Secret};

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// The longest line beside the spinner; a longer one would wrap and leave its rest on the screen.
const WIDEST: usize = 100;

/// Writes finished lines through [`PlainUi`] and keeps the present step beside a spinner.
pub struct TerminalUi {
    plain: PlainUi<std::io::Stderr>,
    spinner: Mutex<Option<(ProgressBar, String)>>,
    table: Mutex<Option<ProgressBar>>,
    style: Style,
    redactor: Redactor,
}

impl TerminalUi {
    /// Speaks to standard error.
    pub fn new(least: Level, style: Style, redactor: Redactor) -> Self {
        let plain = PlainUi::new(std::io::stderr(), least, style, redactor.clone());
        Self { plain, spinner: Mutex::default(), table: Mutex::default(), style, redactor }
    }

    /// Lets something be printed above the spinner.
    fn above(&self, print: impl FnOnce(&PlainUi<std::io::Stderr>)) {
        let spinner = self.spinner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let table = self.table.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match spinner.as_ref().map(|(bar, _)| bar).or(table.as_ref()) {
            Some(bar) => bar.suspend(|| print(&self.plain)),
            None => print(&self.plain),
        }
    }

    /// A line of a table as it stands on the screen.
    fn drawn(&self, line: &Line) -> String {
        let mark = line.mark.map_or_else(|| self.style.dim("…"), |mark| self.style.mark(mark));
        let text = visible(&self.redactor.redact(&line.text));
        let cut = text.chars().count() > WIDEST;
        let text: String = text.chars().take(WIDEST).chain(cut.then_some('…')).collect();
        format!("{mark} {text}")
    }
}

impl Ui for TerminalUi {
    fn step_started(&self, title: &str) {
        let mut spinner = self.spinner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(title.to_owned());
        bar.enable_steady_tick(TURN);
        *spinner = Some((bar, title.to_owned()));
    }

    fn step_ended(&self, title: &str, end: StepEnd, detail: &str, took: Duration) {
        let table = self.table.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(table) = table.as_ref() {
            return table.suspend(|| self.plain.step_ended(title, end, detail, took));
        }
        let mut spinner = self.spinner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((bar, _)) = spinner.take() {
            bar.finish_and_clear();
        }
        self.plain.step_ended(title, end, detail, took);
    }

    fn progress(&self, text: &str) {
        let spinner = self.spinner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match spinner.as_ref() {
            Some((bar, title)) => {
                let text = format!("{title}  {}", self.redactor.redact(text));
                bar.set_message(text.chars().filter(|c| !c.is_control()).take(WIDEST).collect::<String>());
            }
            None => {
                drop(spinner);
                self.above(|plain| plain.progress(text));
            }
        }
    }

    fn table(&self, lines: &[Line]) -> bool {
        let mut table = self.table.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if lines.is_empty() {
            if let Some(bar) = table.take() {
                bar.finish_and_clear();
            }
            return true;
        }
        let bar = table.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(lines.iter().map(|line| self.drawn(line)).collect::<Vec<_>>().join("\n"));
        bar.tick();
        true
    }

    fn agent_started(&self) {}

    fn agent_line(&self, line: &str) {
        self.above(|plain| plain.agent_line(line));
    }

    fn agent_ended(&self) {}

    fn note(&self, note: &Note) {
        self.above(|plain| plain.note(note));
    }

    fn mask(&self, value: &Secret) {
        self.plain.mask(value);
    }
}
