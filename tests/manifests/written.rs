//! What people write means what it meant to the Go tool: yaml.v3, and kubectl behind it.

use codexctl_action::manifests::json;
use codexctl_action::stack::Resolved;
use codexctl_action::stack::yaml::{Limits, Node, Value, parse};
use serde_json::Value as Json;

use crate::readers::{compare, go};
use crate::{generate, objects, rendered, shop};

/// Texts with something of YAML in each.
const WRITTEN: &[&str] = &[
    "a: &x {b: 1, c: [2]}\nd: *x\ne: {<<: *x, b: 3}\nf: {<<: [*x, {g: 4}], h: 5}\n",
    "<<: {a: 1}\nb: 2\n",
    "\u{feff}a: 1\r\nb: |\r\n  one\r\n  two\r\n",
    "---\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\n",
    "# nothing\n",
    "",
    "%YAML 1.1\n---\na: 1\n",
    "a: !!str 1\nb: !!int '2'\nc: !!float 3\nd: !!binary aGk=\ne: !custom 4\nf: !!null ''\ng: !!bool 'true'\nh: ! 5\n",
    "a: !!binary |\n  aGVs\n  bG8=\n",
    "1: a\n0x10: b\n-3: c\ntrue: d\n'1.0': e\n2026-01-02: f\n",
    "a: >\n  one\n  two\n\n  three\n\nb: >-\n  one\n   two\n  three\nc: >+\n  x\n\nd: |2\n    y\n",
    "a: |\n  no line break at the end",
    "a: 'one\n  two'\nb: \"one\\\n  two\\u0041\\x41\"\nc: one\n  two\n\n  three\n",
    "? a\n: b\n? |\n  c\n: - d\n  -\n  - - e\n    - f\n",
    "a: [1, [2, {b: c}], {d}, e: f]\ng: {h, i: , 'j':k}\n",
    "- a\n-\n  - b\n- c: d\n  e: f\n",
    "text\n",
    "a: # comment\n  b # not a key\nc: d#e\n",
    "a:\n- b\n-   - c\n\n    - d\n",
];

#[test]
fn what_is_written_is_read_as_the_go_tool_read_it() {
    let mut texts: Vec<String> = WRITTEN.iter().map(|text| (*text).to_owned()).collect();
    // Each as it stands, without quotes: most are fine, and where Go refuses one so do we.
    // A byte order mark inside a file is no text for us, and for YAML; yaml.v3 takes it.
    let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'];
    let plain = generate::NASTY.iter().filter(|text| !text.contains(breaks));
    texts.extend(plain.map(|text| format!("a: {text}\nb: [0]\n")));
    let shop: Vec<_> = shop::rendered();
    texts.extend(shop.iter().map(|(_, rendered)| rendered.text.clone()));
    let ours: Vec<Json> = texts.iter().map(|text| read(text)).collect();
    let theirs: Vec<Json> = go(&[], &texts).1.into_iter().map(refused).collect();
    compare("the Go tool", &texts, &ours, &theirs);
    let fine = ours.iter().filter(|one| one.is_array()).count();
    assert!(fine > 200 && ours.len() - fine > 20, "{fine} of {} are fine", ours.len());
    println!("{} texts, {} refused", texts.len(), ours.len() - fine);
}

fn read(text: &str) -> Json {
    let parsed = parse(&rendered(text).text, &Limits::default());
    let fine = parsed.problems.is_empty() && parsed.documents.iter().all(is_finite);
    if fine { parsed.documents.iter().map(json).collect() } else { Json::from(REFUSED) }
}

/// Whether JSON has all numbers of a node; `manifests::read` tells where it doesn't.
fn is_finite(node: &Node) -> bool {
    match &node.value {
        Value::Map(entries) => entries.iter().all(|(_, value)| is_finite(value)),
        Value::Seq(items) => items.iter().all(is_finite),
        Value::Scalar(scalar) => !matches!(scalar.resolved, Resolved::Float(number) if !number.is_finite()),
    }
}

const REFUSED: &str = "refused";

/// A refusal, whatever its words.
fn refused(answer: Json) -> Json {
    if answer.is_object() { Json::from(REFUSED) } else { answer }
}

#[test]
fn the_shop_has_no_faults_and_all_its_objects() {
    let all: usize = shop::rendered().iter().map(|(file, rendered)| objects(file, rendered).0.len()).sum();
    assert!(all > 100, "{all}");
}
