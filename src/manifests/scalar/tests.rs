//! What stands without quotes, in which quotes, and in blocks.

use super::*;
use std::sync::Arc;

fn shown(resolved: Resolved, text: &str) -> String {
    let mut out = String::new();
    value(&mut out, &Scalar { text: Arc::from(text), resolved, quoted: true }, 2);
    out
}

#[test]
fn only_what_no_reader_can_mistake_stands_without_quotes() {
    for plain in [
        "web",
        "web:8080",
        "http://web/a?b=c&d#e",
        "10Gi",
        "500m",
        "--save",
        "-c",
        "/data",
        "./run.sh",
        "$(HOSTNAME)",
        "a b",
        "a#b",
        "app.kubernetes.io/name",
        "<hidden>",
        "Жук",
        "1h30m",
        "node 1",
        "a, b [c] {d}",
        "it's",
        "10.0.0.0/8",
    ] {
        assert_eq!(shown(Resolved::Str, plain), plain);
    }
    for quoted in [
        "",
        " ",
        "y",
        "No",
        "ON",
        "off",
        "True",
        "null",
        "~",
        "=",
        "<<",
        "-",
        "--",
        "---",
        "--- a",
        "...",
        "- a",
        "? a",
        ": a",
        "0644",
        "0o644",
        "0x1F",
        "0b1",
        "1_000",
        "1:30",
        "1:30:00",
        "1e3",
        "1.5",
        ".5",
        "5.",
        ".inf",
        "-.INF",
        "nan",
        "+1",
        "2026-01-02",
        "2026-01-02 03:04:05",
        "10.0.0.1",
        "1.29.3",
        "12e03",
        "a: b",
        "a:",
        "a #b",
        "a ",
        " a",
        "*a",
        "&a",
        "!a",
        "@a",
        "`a",
        "%a",
        "[a]",
        "{a}",
        "#a",
        "|",
        ">",
        "'a'",
        "1,000",
        "10L",
        "_",
        "+_",
        "._1",
        "._e+1",
        "—",
        "a\u{a0}b",
    ] {
        let out = shown(Resolved::Str, quoted);
        assert!(out.starts_with(['"', '\'']), "{quoted} is {out}");
    }
}

#[test]
fn quotes_are_those_that_need_no_escapes() {
    let cases = [
        ("yes", "\"yes\""),
        ("say \"yes\"", "say \"yes\""),
        ("\"yes\"", "'\"yes\"'"),
        ("'\"", "'''\"'"),
        ("\\d: x", "'\\d: x'"),
        ("a\tb", "\"a\\tb\""),
        ("\n", "\"\\n\""),
        ("a\r\nb", "\"a\\r\\nb\""),
        (
            "\0\u{7f}\u{85}\u{2028}\u{feff}\u{202e}\u{fffe}\u{10fffe}",
            "\"\\x00\\x7f\\x85\\u2028\\ufeff\\u202e\\ufffe\\U0010fffe\"",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(shown(Resolved::Str, text), wanted);
    }
}

#[test]
fn blocks_keep_their_first_blanks_and_their_last_line_breaks() {
    let cases = [
        ("a\nb\n", "|\n  a\n  b"),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\n\n", "|+\n  a\n\n"),
        ("  a\nb\n", "|2\n    a\n  b"),
        ("\n\ta\n", "|2\n\n  \ta"),
        ("a\n  ", "\"a\\n  \""),
        ("a\n \nb\n", "|\n  a\n   \n  b"),
    ];
    for (text, wanted) in cases {
        assert_eq!(shown(Resolved::Str, text), wanted);
    }
}

#[test]
fn floats_have_a_point_unless_they_are_whole() {
    let cases = [
        (1000.0, "1000"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e21, "1.0e+21"),
        (1.5e-9, "0.0000000015"),
        (1.234e-30, "1.234e-30"),
        (1e300, "1.0e+300"),
        (18_446_744_073_709_551_616.0, "18446744073709552000.0"),
        (f64::NEG_INFINITY, "-.inf"),
        (f64::NAN, ".nan"),
    ];
    for (number, wanted) in cases {
        assert_eq!(shown(Resolved::Float(number), ""), wanted);
    }
    assert_eq!(shown(Resolved::Uint(u64::MAX), ""), "18446744073709551615");
}

#[test]
fn a_long_key_is_announced() {
    let mut out = String::new();
    assert!(key(&mut out, &"k".repeat(129)) && out.starts_with("? k"));
    assert!(!key(&mut out, "no") && out.ends_with("\"no\""));
}
