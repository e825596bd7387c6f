//! `gotmpl` against Go's own text/template (the vectors), and what Go has no word for: the source map, the limits,
//! and that no text whatsoever makes it panic.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking, and how much it compared by printing"
)]

mod errors;
mod limits;
mod properties;
mod source_map;
mod values;
mod vector;

use codexctl_action::gotmpl::{Error, Funcs, Limits, Rendered, Template, Value};

/// Renders with Go's built-ins and the default limits.
fn render(text: &str, data: &Value) -> Result<Rendered, Error> {
    Template::parse("t", text, &Funcs::builtins())?.render(data, &Limits::default())
}

#[test]
fn every_committed_vector_gives_what_go_gives() {
    let report = vector::compare(include_str!("vectors/vectors.jsonl"));
    let shown = report.differences.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(report.differences.is_empty(), "{} differences\n{shown}", report.differences.len());
    assert!(report.compared > 6_000 && report.errors > 2_000, "too few vectors: {report:?}");
    assert!(report.complex * 100 < report.compared, "too many vectors are refused: {}", report.complex);
    println!("{} vectors, {} of them errors in Go", report.compared, report.errors);
}
