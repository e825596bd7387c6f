//! What the model does in a story: commands for the agent to run, and what it hands in.

use serde_json::{Value, json};

use crate::model::{Script, Tokens, Turn};

/// The change that most stories ask for. Like an agent that looks first, it is made once.
pub(crate) const CHANGE: &str =
    "grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js";
/// A change that is another one each time.
pub(crate) const MORE: &str = "echo '// More and more.' >> services/checkout/cart.js";

/// A model that plays these turns again and again.
pub(crate) fn script(turns: Vec<Turn>) -> Script {
    Script { turns, repeat: true, ..Script::default() }
}

/// The agent runs a command to its end.
pub(crate) fn run(command: &str) -> Turn {
    Turn { run: vec![command.to_owned()], yield_ms: Some(30_000), ..Turn::default() }
}

/// The agent's command says in its tree that it waits (`*.log` is ignored by git there), and goes on when it is told to.
pub(crate) const WAITS: &str = "waits.log";
/// What tells it to.
pub(crate) const GO: &str = "go.log";

/// The agent makes its change, then waits until the story lets it go.
pub(crate) fn wait_for_go(change: &str) -> Turn {
    run(&format!("{change}; touch {WAITS}; until [ -e {GO} ]; do sleep 0.1; done; rm {WAITS} {GO}"))
}

/// The agent hands in its result.
pub(crate) fn result(status: &str, summary: &str) -> Turn {
    result_with(status, summary, &[])
}

/// The same with more fields, or other values for those that are there.
pub(crate) fn result_with(status: &str, summary: &str, fields: &[(&str, Value)]) -> Turn {
    let mut result = json!({
        "status": status, "summary": summary, "title": null, "body": null, "verification": null, "questions": [],
    });
    for (name, value) in fields {
        result[*name] = value.clone();
    }
    Turn { result: Some(result), ..Turn::default() }
}

/// One command, one result: the discount is there.
pub(crate) fn discount() -> Vec<Turn> {
    vec![run(CHANGE), done()]
}

/// The result of work that succeeded.
pub(crate) fn done() -> Turn {
    let fields = [
        ("title", json!("Give the promised discount")),
        ("body", json!("`priceCart` left the discount out.")),
        ("verification", json!("`node --test`: all pass.")),
    ];
    result_with("done", "Ten or more pieces of one product cost 10 % less.", &fields)
}

/// The same turn, dear.
pub(crate) fn with_tokens(turn: Turn, input: u64) -> Turn {
    Turn { usage: Tokens { input, ..Tokens::default() }, ..turn }
}
