//! The limits: every template ends, whatever it does.

use codexctl_action::gotmpl::{Error, ErrorKind, Funcs, Limits, MAX_PARENTHESES, Template, Time, Value};

use crate::render;

fn limited(text: &str, limits: &Limits) -> Result<String, Error> {
    let funcs =
        Funcs::with_helpers([].into_iter().collect::<std::collections::BTreeMap<_, _>>().into(), Time::from_unix(0, 0));
    Ok(Template::parse("t", text, &funcs)?.render(&Value::Nil, limits)?.text)
}

fn small() -> Limits {
    Limits { output: 1_000, steps: 1_000, depth: 10 }
}

#[test]
fn a_range_without_end_is_stopped() {
    let error = limited("a\n{{range 9223372036854775807}}{{end}}", &small()).expect_err("a loop");
    assert_eq!(error.kind(), ErrorKind::Limit);
    insta::assert_snapshot!(error, @r#"template: t:2:8: executing "t" at <9223372036854775807>: more than 1000 steps: is there a loop without end?"#);
}

#[test]
fn output_that_grows_too_long_is_stopped() {
    let error = limited("{{range 999}}some text{{end}}", &small()).expect_err("too much output");
    assert_eq!(error.kind(), ErrorKind::Limit);
    insta::assert_snapshot!(error.message(), @"output is longer than 1000 bytes");
}

#[test]
fn text_that_is_never_printed_is_limited_too() {
    for text in [
        "{{$x := \"0123456789\"}}{{range 20}}{{$x = print $x $x}}{{end}}",
        "{{$x := printf \"%5000d\" 1}}",
        "{{$x := printf \"%999[1]d%999[1]d\" 1}}",
        "{{$x := indent 5000 \"a\"}}",
        "{{$x := printf \"%900d\" 1 | html (printf \"%900d\" 1)}}",
        "{{$x := html (printf \"%0900d\" 1 | js \"<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\")}}",
    ] {
        let error = limited(text, &small()).expect_err(text);
        assert!(error.message().ends_with("text is longer than 1000 bytes"), "{text}: {error}");
    }
}

#[test]
fn recursion_without_end_is_stopped() {
    let text = "{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\" 1}}";
    let error = limited(text, &small()).expect_err("endless recursion");
    insta::assert_snapshot!(error, @r#"template: t:1:25: executing "a" at <{{template "a" .}}>: exceeded maximum template depth (10)"#);
    // Go's own depth needs no stack of ours.
    let error = limited(text, &Limits::default()).expect_err("endless recursion");
    assert_eq!(error.message(), "exceeded maximum template depth (100000)");
}

#[test]
fn recursion_within_the_limit_is_fine() {
    let text =
        "{{define \"a\"}}{{if .}}{{len .}}{{template \"a\" (slice . 1)}}{{end}}{{end}}{{template \"a\" \"12345\"}}";
    assert_eq!(limited(text, &small()).expect("ten calls"), "54321");
}

#[test]
fn deeply_nested_parentheses_are_an_error_and_need_little_stack() {
    let nested = |depth: usize| format!("{{{{{}1{}}}}}", "print (".repeat(depth), ")".repeat(depth));
    let run = move || {
        assert_eq!(limited(&nested(MAX_PARENTHESES), &Limits::default()).expect("as many as are allowed"), "1");
        let error = limited(&nested(MAX_PARENTHESES + 1), &Limits::default()).expect_err("one more");
        assert_eq!(error.to_string(), "template: t:1: max expression depth exceeded");
        let error = limited(&nested(1_000_000), &Limits::default()).expect_err("far more");
        assert_eq!(error.message(), "max expression depth exceeded");
    };
    // A quarter of what the threads of the asynchronous runtime have.
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(run).expect("a thread");
    thread.join().expect("no stack overflow");
}

#[test]
fn deeply_nested_structures_need_no_stack() {
    let depth = 20_000;
    let run = move || {
        for (open, close) in [
            ("{{if true}}", "{{end}}"),
            ("{{with 1}}", "{{end}}"),
            ("{{range 1}}", "{{end}}"),
            ("{{block \"b\" .}}", "{{end}}"),
        ] {
            // Every block has a name of its own.
            let opened: String = (0..if open.contains("block") { 2_000 } else { depth })
                .map(|at| open.replace("\"b\"", &format!("\"b{at}\"")))
                .collect();
            let closed = close.repeat(opened.matches("{{").count());
            assert_eq!(limited(&format!("{opened}x{closed}"), &Limits::default()).expect(open), "x");
            let error = limited(&opened, &Limits::default()).expect_err("no end");
            assert_eq!(error.to_string(), "template: t:1: unexpected EOF");
        }
        let chain = format!("{{{{if false}}}}{}{{{{else}}}}x{{{{end}}}}", "{{else if false}}".repeat(depth));
        assert_eq!(limited(&chain, &Limits::default()).expect("a chain of else if"), "x");
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(run).expect("a thread");
    thread.join().expect("no stack overflow");
}

#[test]
fn the_default_limits_let_a_large_file_through() {
    let text = "line of text {{ 1 }}\n".repeat(50_000);
    let rendered = render(&text, &Value::Nil).expect("a megabyte");
    assert_eq!(rendered.text, "line of text 1\n".repeat(50_000));
}
