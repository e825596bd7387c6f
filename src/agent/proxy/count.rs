//! Finds the token usage in an answer of the Responses API while it passes.
//!
//! Streams tell it once, in `response.completed`, `response.incomplete` or `response.failed`; plain answers in `usage`.
//! Source: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use serde::Deserialize;

use crate::agent::events::Usage;

/// Longest line or body that is looked at; a last event repeats the whole answer, a few megabytes at most.
const LONGEST: usize = 64 << 20;

/// Events that tell the usage.
const TELLING: [&str; 3] = ["response.completed", "response.incomplete", "response.failed"];

#[derive(Deserialize)]
struct WireEvent {
    response: Option<WireAnswer>,
}

#[derive(Deserialize)]
struct WireAnswer {
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    input_tokens_details: Option<InputDetails>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: u64,
}

#[derive(Deserialize)]
struct OutputDetails {
    #[serde(default)]
    reasoning_tokens: u64,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        Self {
            input: wire.input_tokens,
            cached: wire.input_tokens_details.map_or(0, |details| details.cached_tokens),
            output: wire.output_tokens,
            reasoning: wire.output_tokens_details.map_or(0, |details| details.reasoning_tokens),
        }
    }
}

/// Looks at an answer piece by piece.
pub(super) struct Counter {
    events: bool,
    kept: Vec<u8>,
    /// What the `event:` line before the next data says: whether that data tells the usage. None where there was no such line.
    tells: Option<bool>,
    /// Events so far: while the model writes, one is about one token.
    pieces: u64,
}

impl Counter {
    /// For server-sent events.
    pub(super) fn events() -> Self {
        Self { events: true, kept: Vec::new(), tells: None, pieces: 0 }
    }

    /// For a plain JSON answer.
    pub(super) fn json() -> Self {
        Self { events: false, kept: Vec::new(), tells: None, pieces: 0 }
    }

    /// Takes a piece; gives the usage where the piece completes the event that tells it.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<Usage> {
        if self.kept.len() + chunk.len() > LONGEST {
            self.kept.clear();
            return None;
        }
        if !self.events {
            self.kept.extend_from_slice(chunk);
            return None;
        }
        let mut found = None;
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.kept.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.kept);
                found = self.line(&line).or(found);
                self.kept = line;
                self.kept.clear();
            }
        }
        found
    }

    /// The answer is over.
    pub(super) fn end(&mut self) -> Option<Usage> {
        let kept = std::mem::take(&mut self.kept);
        if self.events {
            return self.line(&kept);
        }
        serde_json::from_slice::<WireAnswer>(&kept).ok()?.usage.map(Usage::from)
    }

    /// How much the model has written at least, in tokens, where the answer was cut before it told.
    pub(super) fn written(&self) -> u64 {
        self.pieces
    }

    /// Looks at a line of a stream.
    fn line(&mut self, line: &[u8]) -> Option<Usage> {
        if let Some(name) = line.strip_prefix(b"event:") {
            self.tells = Some(TELLING.iter().any(|kind| name.trim_ascii() == kind.as_bytes()));
            return None;
        }
        let data = line.strip_prefix(b"data:")?;
        self.pieces += 1;
        // Most events are small pieces of text: only those that can tell the usage are parsed. Where the type stands in the data is
        // the server's choice.
        let named = || TELLING.iter().any(|kind| data.windows(kind.len()).any(|window| window == kind.as_bytes()));
        if !self.tells.take().unwrap_or_else(named) {
            return None;
        }
        serde_json::from_slice::<WireEvent>(data.trim_ascii()).ok()?.response?.usage.map(Usage::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"usage\":null}}\n\n\
        event: response.completed\r\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":7,\
        \"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens\":3,\"output_tokens_details\":{\"reasoning_tokens\":1}}}}\r\n\r\n";

    #[test]
    fn the_usage_is_found_however_the_stream_is_cut() {
        let want = Usage { input: 7, cached: 2, output: 3, reasoning: 1 };
        for size in 1..STREAM.len() {
            let mut counter = Counter::events();
            let found: Vec<Usage> = STREAM.as_bytes().chunks(size).filter_map(|chunk| counter.feed(chunk)).collect();
            assert_eq!(found, [want], "cut every {size} bytes");
            assert_eq!(counter.end(), None);
        }
    }

    #[test]
    fn a_stream_without_a_last_line_end_counts_too() {
        let mut counter = Counter::events();
        assert_eq!(counter.feed(STREAM.trim_end().as_bytes()), None);
        assert_eq!(counter.end().map(Usage::total), Some(10));
    }

    #[test]
    fn a_plain_answer_is_counted_at_its_end() {
        let mut counter = Counter::json();
        assert_eq!(counter.feed(br#"{"id":"r","usage":{"input_"#), None);
        assert_eq!(counter.feed(br#"tokens":5,"output_tokens":6}}"#), None);
        assert_eq!(counter.end().map(Usage::total), Some(11));
    }

    #[test]
    fn text_of_the_model_that_looks_like_an_event_does_not_count() {
        let mut counter = Counter::events();
        let fake = r#"data: {"type":"response.output_text.delta","delta":"response.completed {\"usage\":{\"input_tokens\":9}}"}"#;
        assert_eq!(counter.feed(format!("{fake}\n").as_bytes()), None);
    }

    #[test]
    fn the_usage_is_found_wherever_the_type_stands() {
        let answer =
            format!(r#"{{"instructions":"{}","usage":{{"input_tokens":5,"output_tokens":6}}}}"#, "x".repeat(4000));
        for event in ["event: response.completed\n", ""] {
            let mut counter = Counter::events();
            let stream = format!("{event}data: {{\"response\":{answer},\"type\":\"response.completed\"}}\n\n");
            assert_eq!(counter.feed(stream.as_bytes()).map(Usage::total), Some(11), "{event:?}");
        }
    }
}
