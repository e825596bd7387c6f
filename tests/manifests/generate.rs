//! Nodes that are hard to print: every text that some reader takes for something else, as values and as keys, deep and shallow.

use std::sync::Arc;

use codexctl_action::stack::Resolved;
use codexctl_action::stack::yaml::{Node, Place, Scalar, Value};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::strategy::BoxedStrategy;

/// Texts that are something else without quotes, to one reader or another.
pub(crate) const NASTY: &[&str] = &[
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    " \n",
    "\n ",
    "\r",
    "\r\n",
    "a\rb",
    "a\r\nb\r\n",
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "False",
    "TRUE",
    "null",
    "Null",
    "NULL",
    "~",
    "none",
    "nil",
    "nan",
    "NaN",
    ".nan",
    ".NaN",
    "inf",
    ".inf",
    "-.Inf",
    "+.INF",
    "0",
    "-0",
    "+1",
    "007",
    "0644",
    "0o17",
    "0O17",
    "0x1F",
    "-0x1f",
    "0b101",
    "1_000",
    "_1",
    "1__0",
    "08",
    "09",
    "0.",
    ".0",
    ".5",
    "5.",
    "-.5",
    "1e3",
    "1E3",
    "1e+3",
    "1.0e3",
    "1.5e+3",
    "1e",
    "1e1000",
    "12e03",
    "0x",
    "0b",
    "0o",
    "1,000",
    "10L",
    "1.5f",
    "0x1p-2",
    "190:20:30",
    "1:30",
    "1:30:00",
    "-1:30",
    "1:60",
    "190:20:30.15",
    "2026-01-02",
    "2026-1-2",
    "2026-01-02T03:04:05Z",
    "2026-01-02 03:04:05.5 +2",
    "2026-01-02t03:04:05-01:00",
    "18446744073709551616",
    "9223372036854775808",
    "-9223372036854775809",
    "=",
    "==",
    "<<",
    "<",
    "<a",
    "<<a",
    "-",
    "--",
    "---",
    "--- a",
    "---\n",
    "a\n---\nb",
    "a\n...\nb",
    "...",
    ".",
    "..",
    "- a",
    "-a",
    "-1a",
    "-- a",
    "?",
    "? a",
    "?a",
    ":",
    ": a",
    ":a",
    "a:",
    "a: b",
    "a : b",
    "a :b",
    "a:b",
    "::",
    "#",
    "# a",
    "a #b",
    "a# b",
    "a#b",
    "&",
    "&a",
    "*",
    "*a",
    "!",
    "!a",
    "!!str a",
    "|",
    "|-",
    ">",
    "> a",
    "@",
    "@a",
    "`",
    "`a`",
    "%",
    "%YAML 1.1",
    "[",
    "[]",
    "[a]",
    "]",
    "{",
    "{}",
    "{a}",
    "}",
    ",",
    "a, b",
    "a,",
    "'",
    "''",
    "'a'",
    "\"",
    "\"a\"",
    "it's",
    "say \"hi\"",
    "\\",
    "\\n",
    "a\\",
    "C:\\x",
    "a\u{a0}b",
    "\u{a0}",
    "\u{feff}",
    "\u{feff}a",
    "\u{85}",
    "a\u{85}b",
    "\u{2028}",
    "a\u{2029}b",
    "\0",
    "\u{7}",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{80}",
    "\u{9f}",
    "\u{202e}abc",
    "\u{200b}",
    "\u{200d}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{e000}",
    "\u{10ffff}",
    "\u{1f600}",
    "👩\u{200d}💻",
    "Жук",
    "日本",
    "é",
    "e\u{301}",
    " a",
    "a ",
    "a  b",
    "a\n",
    "a\nb",
    "a\nb\n",
    "a\nb\n\n",
    "a\n\n\nb",
    "\na",
    "\n\na\n",
    " a\nb",
    "\ta\nb",
    "a\n b\n",
    "a\n\tb\n",
    "a \nb\n",
    "a\t\nb\n",
    "a\n \nb",
    "a\n  \n",
    "a\n\t\n",
    "  \na\n",
    "#a\nb\n",
    "- a\n- b\n",
    "a: 1\nb: 2\n",
    "|\n  a\n",
    "a\n\u{85}b",
    "a\n\u{feff}b",
    "{{ .a }}",
    "$(A)",
    "a=b",
    "a\u{3000}b",
    "\u{3000}a",
    "1 000",
    "1 ",
    "+",
    "+a",
    "(a)",
    "a(b)",
    "/a",
    "./a",
    "../a",
    "~/a",
    "~a",
    "http://a:80/b?c=d#e",
    "node --a='b'",
    "10Gi",
    "500m",
    "1.29.3",
    "10.0.0.1",
    "10.0.0.0/8",
    "::1",
    "[::1]:80",
    "a@b",
    "sha256:0123",
    "1a",
    "0xg",
    "1e5e",
    "0b2",
    "_",
    "+_",
    "._1",
    "._e+1",
    "-_1",
];

/// A text of any kind.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(NASTY).prop_map(str::to_owned),
        2 => prop::sample::select(&["a", "b c", "word", " ", "\n", ":", "#", "-", "\"", "'", "\t"][..]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any::<char>().prop_map(String::from),
    ];
    prop_oneof![
        4 => prop::sample::select(NASTY).prop_map(str::to_owned),
        4 => prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat()),
        1 => "[0-9a-fA-FxobeE_:.+,-]{1,9}",
        1 => "[yYnNoOfFtTrRuUeEsSlLaA]{1,5}",
        1 => "([ \\ta#-]{0,4}\n){1,5}[ \\ta]{0,3}",
        1 => (any::<char>(), 100..2000_usize).prop_map(|(char, count)| char.to_string().repeat(count)),
    ]
}

fn node(value: Value) -> Node {
    Node { value, place: Place::default(), end: 0, tag: None }
}

fn scalar(text: &str, resolved: Resolved) -> Node {
    node(Value::Scalar(Scalar { text: Arc::from(text), resolved, quoted: true }))
}

/// Any value without parts.
fn leaf() -> impl Strategy<Value = Node> {
    let finite = any::<f64>().prop_filter("JSON has it", |number| number.is_finite());
    let whole = (-1e22..1e22_f64).prop_map(f64::round);
    prop_oneof![
        12 => text().prop_map(|text| scalar(&text, Resolved::Str)),
        1 => Just(scalar("", Resolved::Null)),
        1 => any::<bool>().prop_map(|truth| scalar("", Resolved::Bool(truth))),
        1 => any::<i64>().prop_map(|number| scalar("", Resolved::Int(number))),
        1 => any::<u64>().prop_map(|number| scalar("", Resolved::Uint(number))),
        2 => prop_oneof![finite, whole, -10.0..10.0_f64].prop_map(|number| scalar("", Resolved::Float(number))),
    ]
}

/// A mapping with values that may hold others, four deep.
pub(crate) fn mapping() -> BoxedStrategy<Node> {
    let value = leaf().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| node(Value::Seq(items))),
            entries(inner, 0..5),
        ]
    });
    entries(value.boxed(), 1..6).boxed()
}

fn entries(value: BoxedStrategy<Node>, count: std::ops::Range<usize>) -> impl Strategy<Value = Node> {
    prop::collection::btree_map(text(), value, count).prop_map(|entries| {
        let entries = entries.into_iter().map(|(key, value)| (scalar(&key, Resolved::Str), value));
        node(Value::Map(entries.collect()))
    })
}

/// Every nasty text as a value, as an item and as a key.
pub(crate) fn every_nasty_text() -> Node {
    let values = NASTY.iter().map(|text| scalar(text, Resolved::Str));
    let pairs = NASTY.iter().map(|text| (scalar(text, Resolved::Str), scalar(text, Resolved::Str)));
    let deep = NASTY.iter().map(|text| {
        let key = || scalar(text, Resolved::Str);
        let inner = node(Value::Map(vec![(key(), node(Value::Seq(vec![key()])))]));
        node(Value::Seq(vec![key(), inner]))
    });
    let long = "k".repeat(1_500);
    let part = |name: &str, value: Value| (scalar(name, Resolved::Str), node(value));
    node(Value::Map(vec![
        part("values", Value::Seq(values.collect())),
        part("pairs", Value::Map(pairs.collect())),
        part("deep", Value::Seq(deep.collect())),
        part(
            &long,
            Value::Map(vec![
                part(&format!("{long}: "), Value::Seq(Vec::new())),
                part(&"\n".repeat(900), Value::Seq(vec![scalar(" a\n", Resolved::Str)])),
            ]),
        ),
    ]))
}
