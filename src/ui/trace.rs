//! What the rooms trace (git's commands, requests to GitHub), told through the voice of the run.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{Level, Note, Ui};

/// Hands events of this program to a voice, which decides by its level what is shown. Other crates' events are not for its readers.
pub struct Trace {
    ui: Arc<dyn Ui>,
}

impl Trace {
    /// Speaks through this voice.
    pub fn new(ui: Arc<dyn Ui>) -> Self {
        Self { ui }
    }
}

impl Subscriber for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_CRATE_NAME")) && *metadata.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Nobody uses spans here, so one number serves all.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG | tracing::Level::TRACE => Level::Debug,
        };
        self.ui.note(&Note::new(level, line.message + &line.fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a String can't fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, ", {} {value:?}", name.trim_end_matches('_')),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Redactor;
    use crate::ui::Style;
    use crate::ui::plain::PlainUi;
    use std::io::Write;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_traced_event_is_a_line_of_its_level() {
        let log = Log::default();
        let ui = PlainUi::new(log.clone(), Level::Debug, Style { color: false }, Redactor::default());
        tracing::subscriber::with_default(Trace::new(Arc::new(ui)), || {
            tracing::debug!(command = "git fetch", code = 0, "git");
            tracing::warn!("the raw log can't be written");
            tracing::trace!("not shown");
        });
        insta::assert_snapshot!(String::from_utf8(log.0.lock().unwrap().clone()).unwrap(), @"
        debug: git, command git fetch, code 0
        warning: the raw log can't be written
        ");
    }
}
