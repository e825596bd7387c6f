//! The plan as a tree: a line for each fact, its details indented below it.

use super::{Decision, Gate, Plan, PlanAgent, PlanSlot, Target, Write};
use crate::answer::Answer;
use crate::report::words::visible;

pub(super) fn render(plan: &Plan) -> String {
    let mut branches = vec![event(plan), decision(&plan.decision)];
    if !plan.gates.is_empty() {
        let stopped = plan.gates.iter().find(|gate| gate.passed == Answer::Known(false));
        let head = match stopped {
            Some(gate) => format!("gates: `{}` stops the run", gate.name),
            None if plan.gates.iter().any(|gate| gate.passed.known().is_none()) => {
                "gates: pass, as far as known".to_owned()
            }
            None => "gates: pass".to_owned(),
        };
        branches.push(Node::branch(head, plan.gates.iter().map(gate).collect()));
    }
    branches.extend(plan.slot.as_ref().map(slot));
    branches.extend(plan.agent.as_ref().map(agent));
    if !plan.writes.is_empty() {
        let writes = plan.writes.iter().enumerate().map(|(at, each)| write(at + 1, each)).collect();
        branches.push(Node::branch("would write, in this order", writes));
    }
    if !plan.notes.is_empty() {
        branches.push(Node::branch("notes", plan.notes.iter().map(|note| Node::leaf(note.clone())).collect()));
    }
    let mut out = "dry run: nothing is started, nothing is written\n".to_owned();
    draw(&branches, "", &mut out);
    out
}

struct Node {
    head: String,
    below: Vec<Node>,
    /// The lines of a text that belongs to it.
    text: Vec<String>,
}

impl Node {
    fn leaf(head: impl Into<String>) -> Self {
        Self::branch(head, Vec::new())
    }

    fn branch(head: impl Into<String>, below: Vec<Self>) -> Self {
        Self { head: head.into(), below, text: Vec::new() }
    }

    /// A text of several lines, kept whole behind a bar.
    fn text(head: impl Into<String>, text: &str) -> Self {
        Self { head: head.into(), below: Vec::new(), text: text.lines().map(shown).collect() }
    }
}

fn draw(nodes: &[Node], indent: &str, out: &mut String) {
    for (at, node) in nodes.iter().enumerate() {
        let last = at + 1 == nodes.len();
        let (tee, bar) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        out.push_str(&format!("{indent}{tee}{}\n", shown(&node.head)));
        // Lines of a text have a bar of their own: branches on each would only be noise to the eye and to copying.
        for line in &node.text {
            out.push_str(format!("{indent}{bar}┊ {line}").trim_end());
            out.push('\n');
        }
        draw(&node.below, &format!("{indent}{bar}"), out);
    }
}

/// The text in one line, with what would move the cursor or turn the text shown as what it is.
fn shown(text: &str) -> String {
    visible(&text.replace('\n', " "))
}

fn event(plan: &Plan) -> Node {
    let event = &plan.event;
    let mut head = format!("event {}", event.name);
    for part in [event.repository.as_ref(), event.subject.as_ref()].into_iter().flatten() {
        head.push_str(&format!(" · {part}"));
    }
    if let Some(sender) = &event.sender {
        head.push_str(&format!(" · by {sender}"));
    }
    Node::leaf(head)
}

fn decision(decision: &Decision) -> Node {
    match decision {
        Decision::Nothing { reason } => Node::leaf(format!("nothing to do: {reason}")),
        Decision::NotAvailable { flow, reason } => {
            Node::branch(format!("flow {flow}: not available yet"), vec![Node::leaf(format!("because {reason}"))])
        }
        Decision::Flow { flow, env, kind, runtime, reason } => {
            let mut below = vec![
                Node::leaf(format!("because {reason}")),
                Node::leaf(format!("environment {env}, runtime {runtime}")),
            ];
            below.extend(kind.as_ref().map(|kind| Node::leaf(format!("prompt {kind}"))));
            Node::branch(format!("flow {flow}"), below)
        }
    }
}

fn gate(gate: &Gate) -> Node {
    let answer = match &gate.passed {
        Answer::Known(true) => "pass".to_owned(),
        Answer::Known(false) => "STOP".to_owned(),
        Answer::Unknown(why) => format!("unknown ({why})"),
    };
    let separator = if gate.detail.is_empty() { "" } else { " · " };
    Node::leaf(format!("{}: {answer}{separator}{}", gate.name, gate.detail))
}

fn slot(slot: &PlanSlot) -> Node {
    let state = if slot.existed { "there already" } else { "new" };
    let branch = match &slot.branch {
        Answer::Known(branch) => format!("branch {branch}"),
        Answer::Unknown(why) => format!("branch unknown ({why})"),
    };
    let mut below = vec![Node::leaf(branch)];
    // Without a pattern that can be rendered there is none; why stands in the notes.
    if !slot.namespace.is_empty() {
        below.push(Node::leaf(format!("namespace {}", slot.namespace)));
    }
    below.push(Node::leaf(format!("record {}", slot.record)));
    Node::branch(format!("slot {} ({state})", slot.number), below)
}

fn agent(agent: &PlanAgent) -> Node {
    let words: Vec<String> = agent.command.iter().map(|word| quoted(word)).collect();
    let mut below = vec![Node::leaf(words.join(" ")), Node::leaf(format!("in {}", agent.folder))];
    for (name, chosen) in [("model", &agent.model), ("effort", &agent.effort)] {
        below.push(Node::leaf(match chosen {
            Some(chosen) => format!("{name} {} ({})", chosen.value, chosen.from),
            None => format!("{name}: Codex's own default"),
        }));
    }
    let lines = agent.prompt.lines().count();
    let size = agent.prompt.len();
    below.push(Node::text(
        format!("prompt on standard input, from {} ({lines} lines, {size} bytes)", agent.template),
        &agent.prompt,
    ));
    Node::branch("agent", below)
}

/// A word of the command as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:=@%+,".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn write(number: usize, write: &Write) -> Node {
    let target = match write.target {
        Target::Git => "git",
        Target::GitHub => "GitHub",
        Target::State => "state",
    };
    let condition = write.condition.as_ref().map(|condition| format!(" ({condition})")).unwrap_or_default();
    Node::text(format!("{number}. {target}: {}{condition}", write.action), write.text.as_deref().unwrap_or_default())
}
