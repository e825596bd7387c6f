//! YAML means what it means to Go's yaml.v3.

use super::super::scalar::{Resolved, plain};
use super::super::yaml::{Limits, Node, Value, parse};

fn shown(node: &Node) -> String {
    match &node.value {
        Value::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.key().unwrap(), shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Scalar(scalar) => match &scalar.resolved {
            Resolved::Null => "null".to_owned(),
            Resolved::Bool(truth) => truth.to_string(),
            Resolved::Int(number) => number.to_string(),
            Resolved::Uint(number) => format!("{number}u"),
            Resolved::Float(number) => format!("{number:?}"),
            Resolved::Timestamp(time) => format!("time {time}"),
            Resolved::Str => format!("{:?}", scalar.text),
        },
    }
}

fn read(text: &str) -> String {
    let parsed = parse(text, &Limits::default());
    if parsed.problems.is_empty() {
        return parsed.documents.iter().map(shown).collect::<Vec<_>>().join(" --- ");
    }
    let problems = parsed.problems.iter();
    problems
        .map(|problem| format!("{}:{} {}", problem.place.line, problem.place.column, problem.text))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn scalars_resolve_as_yaml_v3_resolves_them() {
    let cases = [
        ("0644", "420"),
        ("0o644", "420"),
        ("-0o17", "-15"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("1_000", "1000"),
        ("+12", "12"),
        ("-0", "0"),
        ("09", "9.0"),
        ("18446744073709551615", "18446744073709551615u"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("1e", "\"1e\""),
        ("1.2.3", "\"1.2.3\""),
        ("--1", "\"--1\""),
        ("0x", "\"0x\""),
        ("0x-1", "\"0x-1\""),
        ("1e400", "\"1e400\""),
        (".5_0", "0.5"),
        (".inf", "inf"),
        ("yes", "\"yes\""),
        ("off", "\"off\""),
        ("y", "\"y\""),
        ("True", "true"),
        ("tRUE", "\"tRUE\""),
        ("~", "null"),
        ("Null", "null"),
        ("12:30:45", "\"12:30:45\""),
        ("2026-01-02", "time 2026-01-02T00:00:00Z"),
        ("2026-1-2", "time 2026-01-02T00:00:00Z"),
        ("2026-01-02 03:04:05.5", "time 2026-01-02T03:04:05.5Z"),
        ("2026-01-02T03:04:05+02:00", "time 2026-01-02T03:04:05+02:00"),
        ("2026-01-02T03:04:05Z", "time 2026-01-02T03:04:05Z"),
        ("2026-01-02T3:4:5Z", "time 2026-01-02T03:04:05Z"),
        ("2026-01-02t03:04:05z", "\"2026-01-02t03:04:05z\""),
        ("2026-01-02T03:04:05+0200", "\"2026-01-02T03:04:05+0200\""),
        ("2026-13-02", "\"2026-13-02\""),
    ];
    for (text, wanted) in cases {
        assert_eq!(read(&format!("- {text}\n")), format!("[{wanted}]"), "{text}");
    }
    assert_eq!((plain(""), plain("-")), (Resolved::Null, Resolved::Str));
}

#[test]
fn quotes_and_tags_decide_before_the_text_does() {
    assert_eq!(
        read("['1', \"true\", !!str 5, !!int '5', !custom 7, !!binary aGk=, ! 8, ! '9']"),
        "[\"1\", \"true\", \"5\", 5, \"7\", \"hi\", 8, \"9\"]"
    );
    assert_eq!(read("!!int five"), "1:7 `five` is not what its tag `!!int` says");
    assert_eq!(read("!!float 1"), "1.0");
}

#[test]
fn merges_give_way_to_what_the_mapping_says_and_to_earlier_ones() {
    assert_eq!(
        read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *a}\n"),
        "{a: {x: 1, y: 1}, b: {y: 2, z: 2}, c: {x: 3, y: 1, z: 2}, d: {x: 1, y: 1}}"
    );
    assert_eq!(read("'<<': 1"), "{<<: 1}");
    assert_eq!(read("<<: 1"), "1:5 `<<` merges a mapping or a list of mappings");
}

#[test]
fn documents_come_one_by_one_and_empty_ones_are_null() {
    assert_eq!(read("a: 1\n---\n---\nb: 2\n...\n"), "{a: 1} --- null --- {b: 2}");
    assert_eq!(read("# nothing\n"), "");
}

#[test]
fn keys_are_what_json_has() {
    assert_eq!(read("1: a\n0x10: b\ntrue: c\n~: d\n"), "{1: \"a\", 16: \"b\", true: \"c\", null: \"d\"}");
    assert_eq!(read("? [a]\n: 1\n"), "1:3 a list can't be a key");
    assert_eq!(read("1: a\n'1': b\n"), "2:1 `1` is set twice");
}

#[test]
fn places_count_characters_and_bytes() {
    let parsed = parse("é: [ß, x]\n", &Limits::default());
    let items = parsed.documents[0].entries().unwrap()[0].1.items().unwrap();
    let place = items[1].place;
    assert_eq!((place.line, place.column, place.offset, items[1].end), (1, 8, 9, 10));
}

#[test]
fn block_texts_keep_their_lines() {
    assert_eq!(read("a: |\n  one\n  two"), "{a: \"one\\ntwo\"}", "the file ends without a line break");
    assert_eq!(read("\ta: 1\n"), "1:2 a tab stands where YAML wants spaces");
    assert_eq!(read("a: |\n  one\n  two\nb: >-\n  one\n  two\n"), "{a: \"one\\ntwo\\n\", b: \"one two\"}");
}

#[test]
fn a_file_of_too_many_values_is_refused() {
    let limits = Limits { nodes: 4, ..Limits::default() };
    assert!(parse("[1, 2, 3]", &limits).problems.is_empty());
    let parsed = parse("[1, 2, 3, 4]\n", &limits);
    assert_eq!(parsed.problems[0].text, "the file has more than 4 values");
    assert!(parsed.over_limit && parsed.documents.is_empty());
}

#[test]
fn the_end_of_a_file_is_no_line_of_a_block_text() {
    assert_eq!(read("a: |\n  one\n   "), "{a: \"one\\n \"}", "blanks beyond the indentation");
    assert_eq!(read("a: |\n  one\n  "), "{a: \"one\\n\"}", "blanks of the indentation alone");
    assert_eq!(read("a: |\r  one\r"), "{a: \"one\\n\"}", "a line end of old Macs");
}

#[test]
fn lines_of_a_quoted_text_may_stand_left_of_their_key_as_in_yaml_v3() {
    // Templates make such texts: `value: '{{ .Notes }}'` where the notes have several lines.
    assert_eq!(read("a:\n  b: 'one\ntwo\n\nthree'\n  c: 1\n"), "{a: {b: \"one two\\nthree\", c: 1}}");
    assert_eq!(
        read("a:\r\n  - \"x\r\n \\\"y\\\" 'z'\r\nend\" # c\r\n  - é\r\n"),
        "{a: [\"x \\\"y\\\" 'z' end\", \"é\"]}"
    );
    assert_eq!(read("a: 'it''s\n\"b\"'\nc: \"d\ne\"\nf: g\n"), "{a: \"it's \\\"b\\\"\", c: \"d e\", f: \"g\"}");
    assert_eq!(read("a: 'x\r  y\rz'\rb: 1\r"), "{a: \"x y z\", b: 1}", "lines of old Macs");
    let parsed = parse("é: 'ä\nö' \nb: [x, ü]\nb: 2\n", &Limits::default());
    let items = parsed.documents[0].get("b").unwrap().items().unwrap();
    assert_eq!((items[1].place.line, items[1].place.column, items[1].place.offset), (3, 8, 20));
    assert_eq!(read("é: 'ä\nö' \nb: [x, ü]\nb: 2\n"), "4:1 `b` is set twice");
    // One that is never closed is told as before.
    assert_eq!(read("a: 'x\nb: y\n"), "2:1 this line belongs to a quoted text that starts above it");
}

#[test]
fn no_text_makes_the_reader_panic() {
    use proptest::prelude::{ProptestConfig, proptest};
    proptest!(ProptestConfig::with_cases(300), |(text in "[ -~\\n\\t&*<{}\\[\\]:'\"|>é-]{0,80}")| {
        let parsed = parse(&text, &Limits::default());
        for node in &parsed.documents {
            assert!(node.end <= text.len() && text.is_char_boundary(node.place.offset));
        }
    });
}
