//! Lines for a log that people read: one line a step, no cursor tricks. On GitHub's runners notes become annotations.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::{Level, Note, StepEnd, Style, Ui, took};
use crate::report::words::visible;
use crate::secrets::{Redactor, Secret, is_searchable};

/// Prints lines to a writer, standard error as a rule.
pub struct PlainUi<W: Write + Send> {
    out: Mutex<W>,
    least: Level,
    style: Style,
    redactor: Redactor,
    /// On GitHub: the random word that ends `::stop-commands::`.
    github: Option<String>,
    last_progress: Mutex<String>,
}

impl<W: Write + Send> PlainUi<W> {
    /// Lines without any workflow commands.
    pub fn new(out: W, least: Level, style: Style, redactor: Redactor) -> Self {
        Self { out: Mutex::new(out), least, style, redactor, github: None, last_progress: Mutex::default() }
    }

    /// Lines for GitHub's runner: notes become annotations, the agent's lines a group in which commands are off until `word`.
    ///
    /// Source: "Workflow commands for GitHub Actions". `word` must be random and known to nobody else.
    pub fn for_github(out: W, least: Level, style: Style, redactor: Redactor, word: String) -> Self {
        Self { github: Some(word), ..Self::new(out, least, style, redactor) }
    }

    fn line(&self, line: &str) {
        let line = self.redactor.redact(line);
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(out, "{line}");
    }

    /// A line that steers no terminal and can't be taken for a workflow command, whatever it holds.
    fn tame(&self, line: &str) -> String {
        let line = visible(&line.replace('\r', " "));
        if self.github.is_some() { no_command(&line) } else { line }
    }
}

impl<W: Write + Send> Ui for PlainUi<W> {
    fn step_started(&self, title: &str) {
        if self.least >= Level::Debug {
            self.line(&self.style.dim(&format!("… {title}")));
        }
    }

    fn step_ended(&self, title: &str, end: StepEnd, detail: &str, time: Duration) {
        let mark = self.style.mark(end);
        let detail = detail.lines().next().unwrap_or_default();
        let detail = if detail.is_empty() { String::new() } else { format!("  {}", self.tame(detail)) };
        let time = took(time);
        let time = if time.is_empty() { time } else { self.style.dim(&format!("  {time}")) };
        self.line(&format!("{mark} {title:<14}{detail}{time}"));
    }

    fn progress(&self, text: &str) {
        let mut last = self.last_progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != text {
            text.clone_into(&mut last);
            self.line(&self.style.dim(&format!("  {}", self.tame(text))));
        }
    }

    fn agent_started(&self) {
        if let Some(word) = &self.github {
            self.line("::group::The agent's work");
            self.line(&format!("::stop-commands::{word}"));
        }
    }

    fn agent_line(&self, line: &str) {
        for line in line.lines() {
            self.line(&format!("  │ {}", visible(&line.replace('\r', " "))));
        }
    }

    fn agent_ended(&self) {
        if let Some(word) = &self.github {
            self.line(&format!("::{word}::"));
            self.line("::endgroup::");
        }
    }

    fn note(&self, note: &Note) {
        if note.level > self.least {
            return;
        }
        if let (Some(_), Some(command)) = (&self.github, command(note.level)) {
            let place = match &note.place {
                Some(spot) => {
                    let line = spot.line.map_or(String::new(), |line| format!(",line={line}"));
                    let column = spot.column.map_or(String::new(), |column| format!(",col={column}"));
                    format!(" file={}{line}{column}", escape_property(&spot.file))
                }
                None => String::new(),
            };
            let text: Vec<String> = note.text.lines().map(|line| apart(&visible(line))).collect();
            self.line(&format!("::{command}{place}::{}", escape_data(&text.join("\n"))));
            return;
        }
        if let Some(picture) = &note.picture {
            picture.trim_end().lines().for_each(|line| self.line(&self.tame(line)));
            return;
        }
        let place = note.place.as_ref().map_or(String::new(), |spot| format!("{spot}: "));
        let label = self.style.label(note.level);
        for (at, text) in note.text.lines().enumerate() {
            if at == 0 {
                self.line(&format!("{label}{place}{}", self.tame(text)));
            } else {
                self.line(&format!("  {}", self.tame(text)));
            }
        }
    }

    fn mask(&self, value: &Secret) {
        if self.github.is_some() {
            ask_runner_to_hide(&self.out, value);
        }
        self.redactor.add(value);
    }
}

/// Asks the runner to hide a value, line by line as it looks for them. Not through a redactor: that would hide what the runner must see
/// once, before anything uses it.
pub(super) fn ask_runner_to_hide(out: &Mutex<impl Write>, value: &Secret) {
    let mut out = out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for line in value.expose().lines().filter(|line| is_searchable(line)) {
        let _ = writeln!(out, "::add-mask::{}", escape_data(line));
    }
}

/// A line that the runner can't take for a workflow command: it looks for `::` at the beginning, whatever blanks stand before it.
pub fn no_command(line: &str) -> String {
    let line = if line.trim_start().starts_with("::") { line.replacen("::", ":\u{200b}:", 1) } else { line.to_owned() };
    apart(&line)
}

/// Takes the runner's older commands apart: it looks for `##[` anywhere in a line.
fn apart(line: &str) -> String {
    line.replace("##[", "#\u{200b}#[")
}

fn command(level: Level) -> Option<&'static str> {
    match level {
        Level::Error => Some("error"),
        Level::Warning => Some("warning"),
        Level::Notice => Some("notice"),
        Level::Debug => Some("debug"),
        Level::Info => None,
    }
}

/// Escapes a workflow command's message. Source: `escapeData` of actions/toolkit's documentation.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a workflow command's property value, which `,` and `:` would end.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Spot;
    use insta::assert_snapshot;

    fn printed(github: bool, speak: impl Fn(&dyn Ui)) -> String {
        let redactor = Redactor::default();
        let style = Style { color: false };
        let mut bytes = Vec::new();
        {
            let ui: Box<dyn Ui + '_> = if github {
                Box::new(PlainUi::for_github(&mut bytes, Level::Info, style, redactor, "w0rd".to_owned()))
            } else {
                Box::new(PlainUi::new(&mut bytes, Level::Info, style, redactor))
            };
            speak(ui.as_ref());
        }
        // What nobody sees must be seen here.
        String::from_utf8(bytes).unwrap().replace('\u{200b}', "<ZWSP>")
    }

    fn a_run(ui: &dyn Ui) {
        ui.mask(&Secret::new("canary-token-1".to_owned()));
        ui.step_ended("gates", StepEnd::Done, "octocat may write", Duration::from_millis(1240));
        ui.progress("waiting for canary-token-1");
        ui.agent_started();
        ui.agent_line("::set-output name=x::y\n::error::not mine");
        ui.agent_ended();
        ui.note(&Note {
            level: Level::Error,
            text: "unknown field `modle`\ndid you mean `model`?".to_owned(),
            place: Some(Spot { file: "deploy/a,b.yaml".to_owned(), line: Some(3), column: Some(7) }),
            picture: None,
        });
        ui.note(&Note::new(Level::Debug, "not shown"));
        ui.step_ended("push", StepEnd::Failed, "::warning::injected", Duration::ZERO);
    }

    #[test]
    fn a_log_that_people_read() {
        assert_snapshot!(printed(false, a_run), @r"
        ✓ gates           octocat may write  1.2s
          waiting for <hidden>
          │ ::set-output name=x::y
          │ ::error::not mine
        error: deploy/a,b.yaml:3:7: unknown field `modle`
          did you mean `model`?
        ✗ push            ::warning::injected
        ");
    }

    #[test]
    fn on_github_notes_are_annotations_and_the_agent_can_give_no_command() {
        assert_snapshot!(printed(true, a_run), @r"
        ::add-mask::canary-token-1
        ✓ gates           octocat may write  1.2s
          waiting for <hidden>
        ::group::The agent's work
        ::stop-commands::w0rd
          │ ::set-output name=x::y
          │ ::error::not mine
        ::w0rd::
        ::endgroup::
        ::error file=deploy/a%2Cb.yaml,line=3,col=7::unknown field `modle`%0Adid you mean `model`?
        ✗ push            :<ZWSP>:warning::injected
        ");
    }

    #[test]
    fn the_runner_is_not_asked_to_hide_ordinary_words() {
        assert_eq!(printed(true, |ui| ui.mask(&Secret::new("1".to_owned()))), "");
        assert_eq!(
            printed(true, |ui| ui.mask(&Secret::new("long-enough\nshort".to_owned()))),
            "::add-mask::long-enough\n"
        );
    }

    #[test]
    fn words_of_others_do_not_steer_the_terminal() {
        for github in [false, true] {
            let text = printed(github, |ui| {
                let nasty = "a\u{1b}[2J\u{9b}31m\u{202e}\u{7}\tb";
                ui.step_ended("gates", StepEnd::Failed, nasty, Duration::ZERO);
                ui.progress(nasty);
                ui.agent_line(nasty);
                ui.note(&Note::new(Level::Notice, format!("one\r\n{nasty}")));
            });
            assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
            assert!(text.contains("\\u{1b}[2J"), "it is shown as what it is: {text}");
        }
    }
}
