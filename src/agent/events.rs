//! Codex's JSON lines (`codex exec --json`) become typed events, one-line progress for people, and the totals of a run.
//!
//! Events that this version doesn't know, and lines that are no JSON, change nothing: they stay in the raw log only.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest progress line, in characters: about two rows of a wide terminal.
const LINE_LIMIT: usize = 200;

/// Tokens, as Codex counts them. Input includes cached input, output includes reasoning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens sent to the model.
    #[serde(rename = "input_tokens")]
    pub input: u64,
    /// Of these, read from the provider's cache.
    #[serde(rename = "cached_input_tokens")]
    pub cached: u64,
    /// Tokens that the model wrote.
    #[serde(rename = "output_tokens")]
    pub output: u64,
    /// Of these, spent on reasoning.
    #[serde(rename = "reasoning_output_tokens")]
    pub reasoning: u64,
}

impl Usage {
    /// Input and output together: what a budget counts.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// What was used since `start`: a resumed thread reports numbers from its very beginning.
    #[must_use]
    pub fn since(self, start: Self) -> Self {
        Self {
            input: self.input.saturating_sub(start.input),
            cached: self.cached.saturating_sub(start.cached),
            output: self.output.saturating_sub(start.output),
            reasoning: self.reasoning.saturating_sub(start.reasoning),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached: self.cached.saturating_add(other.cached),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A thread answers; new, or the one that was asked for.
    ThreadStarted {
        /// Its id.
        thread: String,
    },
    /// The model is asked.
    TurnStarted,
    /// A command begins.
    CommandStarted {
        /// The command as the model wrote it, without the shell around it.
        command: String,
    },
    /// A command ended.
    CommandEnded {
        /// The command.
        command: String,
        /// Its exit code; none where it never ran.
        exit_code: Option<i64>,
        /// Whether it could not even be started.
        broken: bool,
    },
    /// Files were changed by a patch.
    FilesChanged {
        /// Their paths.
        paths: Vec<String>,
    },
    /// The agent says something; the last one is its result.
    Message {
        /// What it says.
        text: String,
    },
    /// The agent thinks aloud.
    Reasoning {
        /// The summary of its thoughts.
        text: String,
    },
    /// An MCP server's tool was called.
    ToolCalled {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// Whether it failed.
        failed: bool,
    },
    /// Something that Codex wants to be known; a warning, no failure.
    Warning {
        /// What it says.
        text: String,
    },
    /// The stream stumbled; Codex tries again or gives up with [`Event::TurnFailed`].
    Error {
        /// What it says.
        text: String,
    },
    /// The turn is over.
    TurnCompleted {
        /// Tokens of the whole thread so far.
        usage: Usage,
    },
    /// The turn failed: the run did.
    TurnFailed {
        /// Why.
        text: String,
    },
}

impl Event {
    /// Reads one line; `None` for anything that this version has no use for.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match value["type"].as_str()? {
            "thread.started" => Some(Self::ThreadStarted { thread: value["thread_id"].as_str()?.to_owned() }),
            "turn.started" => Some(Self::TurnStarted),
            "turn.completed" => Some(Self::TurnCompleted {
                usage: value.get("usage").and_then(|usage| Usage::deserialize(usage).ok()).unwrap_or_default(),
            }),
            "turn.failed" => Some(Self::TurnFailed { text: plain_error(value["error"]["message"].as_str()?) }),
            "error" => Some(Self::Error { text: plain_error(value["message"].as_str()?) }),
            "item.started" => {
                let item = &value["item"];
                (item["type"] == "command_execution")
                    .then(|| Self::CommandStarted { command: inner_command(item["command"].as_str().unwrap_or("?")) })
            }
            "item.completed" => {
                let item = &value["item"];
                match item["type"].as_str()? {
                    "command_execution" => Some(Self::CommandEnded {
                        command: inner_command(item["command"].as_str().unwrap_or("?")),
                        exit_code: item["exit_code"].as_i64(),
                        broken: never_started(item),
                    }),
                    "agent_message" => Some(Self::Message { text: item["text"].as_str()?.to_owned() }),
                    "reasoning" => Some(Self::Reasoning { text: item["text"].as_str()?.to_owned() }),
                    "error" => Some(Self::Warning { text: text(&item["message"]) }),
                    "file_change" => Some(Self::FilesChanged {
                        paths: item["changes"]
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(|change| change["path"].as_str())
                            .map(str::to_owned)
                            .collect(),
                    }),
                    "mcp_tool_call" => Some(Self::ToolCalled {
                        server: text(&item["server"]),
                        tool: text(&item["tool"]),
                        failed: item["status"] == "failed",
                    }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// One readable line for people, or `None` where there is nothing to say.
    pub fn progress(&self) -> Option<String> {
        let line = match self {
            Self::CommandStarted { command } => format!("$ {command}"),
            Self::CommandEnded { command, broken: true, .. } => format!("could not start: {command}"),
            Self::CommandEnded { exit_code: Some(0), .. } | Self::TurnStarted | Self::ThreadStarted { .. } => {
                return None;
            }
            Self::CommandEnded { command, exit_code, .. } => match exit_code {
                Some(code) => format!("exit {code}: {command}"),
                None => format!("ended without exit code: {command}"),
            },
            Self::FilesChanged { paths } => format!("edited {}", paths.join(", ")),
            Self::Message { text } => match super::result::AgentResult::parse(text) {
                Some(result) => format!("{}: {}", result.status, result.summary),
                None => text.clone(),
            },
            Self::Reasoning { text } => format!("… {text}"),
            Self::ToolCalled { server, tool, failed } => {
                format!("{server}.{tool}{}", if *failed { " failed" } else { "" })
            }
            Self::Warning { text } => format!("note: {text}"),
            Self::Error { text } | Self::TurnFailed { text } => format!("error: {text}"),
            Self::TurnCompleted { .. } => return None,
        };
        Some(one_line(&line))
    }
}

/// The shell around a command says nothing to a reader: `/bin/bash -lc 'make test'` is `make test`.
fn inner_command(command: &str) -> String {
    let mut words = command.splitn(3, ' ');
    let (Some(shell), Some(flag), Some(rest)) = (words.next(), words.next(), words.next()) else {
        return command.to_owned();
    };
    if !(shell.ends_with("sh") && matches!(flag, "-lc" | "-c")) {
        return command.to_owned();
    }
    let quoted = |mark: char| rest.len() > 1 && rest.starts_with(mark) && rest.ends_with(mark);
    // Only a text in one pair of quotes is taken out of them: shell quoting of several parts is left as it is.
    if quoted('\'') && !rest[1..rest.len() - 1].contains('\'') {
        return rest[1..rest.len() - 1].to_owned();
    }
    if quoted('"') {
        return rest[1..rest.len() - 1].replace("\\\"", "\"").replace("\\\\", "\\");
    }
    rest.to_owned()
}

/// Whether a command failed before its first instruction. Codex reports a sandbox that can't be built as an ordinary failed command
/// whose output is bubblewrap's complaint, or with no exit code.
fn never_started(item: &Value) -> bool {
    let output = item["aggregated_output"].as_str().unwrap_or_default();
    let failed = item["status"] == "failed";
    let complaint = output.lines().next().is_some_and(|first| {
        ["bwrap: ", "codex-linux-sandbox: ", "error running landlock", "sandbox-exec: "]
            .iter()
            .any(|start| first.starts_with(start))
    });
    failed && (item["exit_code"].as_i64().is_none_or(|code| code < 0) || complaint)
}

/// The provider's JSON error as its message; any other text as it is.
fn plain_error(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|value| value["error"]["message"].as_str().map(str::to_owned))
        .unwrap_or_else(|| text.to_owned())
}

/// One line without control characters and terminal sequences, cut to a readable length.
pub fn one_line(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A terminal sequence: `ESC [ … letter`, `ESC ] … BEL`, or two characters (ECMA-48, 5.4 and 5.6).
            '\u{1b}' => match chars.next() {
                Some('[') => while chars.next().is_some_and(|next| !('@'..='~').contains(&next)) {},
                Some(']') => while chars.next().is_some_and(|next| next != '\u{7}' && next != '\u{1b}') {},
                _ => {}
            },
            '\n' | '\r' | '\t' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            // Bidirectional and zero-width characters make a line look like another.
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}') =>
                {}
            c => out.push(c),
        }
    }
    let out = out.trim();
    if out.chars().count() > LINE_LIMIT {
        out.chars().take(LINE_LIMIT - 1).chain(['…']).collect()
    } else {
        out.to_owned()
    }
}

/// What a run's events come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The thread that answers.
    pub thread: Option<String>,
    /// The agent's last message.
    pub last_message: Option<String>,
    /// The last error that was not overcome by a completed turn.
    pub last_error: Option<String>,
    /// Whether a turn failed.
    pub turn_failed: bool,
    /// Whether a turn came to its end.
    pub turn_completed: bool,
    /// Tokens of the whole thread, as the last completed turn says.
    pub usage: Usage,
    /// Commands that ended.
    pub commands: u64,
    /// Of these, how many could not be started.
    pub broken_commands: u64,
}

impl Totals {
    /// Takes one event in.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::ThreadStarted { thread } => self.thread = Some(thread.clone()),
            Event::Message { text } => self.last_message = Some(text.clone()),
            Event::CommandEnded { broken, .. } => {
                self.commands += 1;
                self.broken_commands += u64::from(*broken);
            }
            Event::Error { text } => self.last_error = Some(text.clone()),
            Event::TurnFailed { text } => {
                self.turn_failed = true;
                self.last_error = Some(text.clone());
            }
            Event::TurnCompleted { usage } => {
                self.turn_completed = true;
                self.last_error = None;
                self.usage = *usage;
            }
            Event::TurnStarted
            | Event::CommandStarted { .. }
            | Event::FilesChanged { .. }
            | Event::Reasoning { .. }
            | Event::ToolCalled { .. }
            | Event::Warning { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as Codex 0.169 wrote them.
    const RUN: &[&str] = &[
        r#"{"type":"thread.started","thread_id":"01a1"}"#,
        r#"{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `mock-model` not found."}}"#,
        r#"{"type":"turn.started"}"#,
        "warning: this is no JSON",
        r#"{"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'make test'","aggregated_output":"","exit_code":null,"status":"in_progress"}}"#,
        r#"{"type":"item.completed","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'make test'","aggregated_output":"no\n","exit_code":2,"status":"failed"}}"#,
        r#"{"type":"item.completed","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc \"echo \\\"a\\\"\"","aggregated_output":"bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)\n","exit_code":1,"status":"failed"}}"#,
        r#"{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"a.rs","kind":"add"},{"path":"b.rs","kind":"update"}],"status":"completed"}}"#,
        r#"{"type":"item.completed","item":{"id":"item_4","type":"mcp_tool_call","server":"docs","tool":"search","status":"failed"}}"#,
        r#"{"type":"some.future.event","x":1}"#,
        r#"{"type":"error","message":"Reconnecting... 1/2 (unexpected status 500)"}"#,
        r#"{"type":"item.completed","item":{"id":"item_5","type":"agent_message","text":"{\"status\":\"done\",\"summary\":\"Added the field.\"}"}}"#,
        r#"{"type":"turn.completed","usage":{"input_tokens":6000,"cached_input_tokens":600,"cache_write_input_tokens":0,"output_tokens":120,"reasoning_output_tokens":30}}"#,
    ];

    fn totals(lines: &[&str]) -> Totals {
        let mut totals = Totals::default();
        for event in lines.iter().filter_map(|line| Event::parse(line)) {
            totals.add(&event);
        }
        totals
    }

    #[test]
    fn a_run_reads_like_this() {
        let lines: Vec<String> =
            RUN.iter().filter_map(|line| Event::parse(line)).filter_map(|event| event.progress()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        note: Model metadata for `mock-model` not found.
        $ make test
        exit 2: make test
        could not start: echo "a"
        edited a.rs, b.rs
        docs.search failed
        error: Reconnecting... 1/2 (unexpected status 500)
        done: Added the field.
        "#);
    }

    #[test]
    fn totals_count_commands_and_forget_errors_that_were_overcome() {
        let totals = totals(RUN);
        assert_eq!(totals.thread.as_deref(), Some("01a1"));
        assert_eq!((totals.commands, totals.broken_commands), (2, 1));
        assert_eq!(totals.last_error, None);
        assert!(totals.turn_completed && !totals.turn_failed);
        assert_eq!(totals.usage.total(), 6120);
    }

    #[test]
    fn a_resumed_thread_counts_from_where_it_started() {
        let start = Usage { input: 3000, cached: 300, output: 60, reasoning: 15 };
        let used = totals(RUN).usage.since(start);
        assert_eq!(used, Usage { input: 3000, cached: 300, output: 60, reasoning: 15 });
        assert_eq!(start.since(totals(RUN).usage).total(), 0, "numbers that went back do not wrap");
    }

    #[test]
    fn a_failed_turn_gives_the_providers_own_words() {
        let totals = totals(&[
            r#"{"type":"error","message":"{\"error\": {\"message\": \"no such model\", \"type\": \"x\"}}"}"#,
            r#"{"type":"turn.failed","error":{"message":"{\"error\": {\"message\": \"no such model\", \"type\": \"x\"}}"}}"#,
        ]);
        assert!(totals.turn_failed);
        assert_eq!(totals.last_error.as_deref(), Some("no such model"));
    }

    #[test]
    fn lines_are_single_short_and_free_of_terminal_sequences() {
        assert_eq!(one_line("a\u{1b}[31mred\u{1b}[0m\nb\u{1b}]0;title\u{7}\r\tc\u{202e}\u{8}"), "ared b c");
        assert_eq!(one_line(&"я".repeat(500)).chars().count(), LINE_LIMIT);
        assert_eq!(one_line("\u{1b}"), "");
    }

    #[test]
    fn damaged_and_hostile_lines_are_nothing() {
        for line in
            ["", "{", "[]", "null", r#"{"type":1}"#, r#"{"type":"item.completed"}"#, r#"{"type":"turn.failed"}"#]
        {
            assert_eq!(Event::parse(line), None, "{line}");
        }
        assert_eq!(
            Event::parse(r#"{"type":"turn.completed","usage":{"input_tokens":-4}}"#),
            Some(Event::TurnCompleted { usage: Usage::default() })
        );
    }
}
