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
fn work_on_text_is_limited_in_time_and_in_memory() {
    // Each of these would run for hours, or keep more text than there is memory for.
    let text = "{{$x := printf \"%1000000d\" 1}}";
    for endless in [
        format!("{text}{{{{range 5000000}}}}{{{{$y := html $x}}}}{{{{end}}}}"),
        format!("{text}{{{{$y := print $x}}}}{{{{range 5000000}}}}{{{{$z := eq $x $y}}}}{{{{end}}}}"),
        format!("{text}{{{{range 5000000}}}}{{{{$y := slice $x 1}}}}{{{{end}}}}"),
        format!("{{{{define \"a\"}}}}{text}{{{{template \"a\"}}}}{{{{end}}}}{{{{template \"a\"}}}}"),
        "{{range 5000000}}{{$x := printf \"%.1000000f\" 1.5}}{{end}}".to_owned(),
        "{{range 1000000000}}{{end}}".to_owned(),
        format!("{}x{}", "{{range 10}}".repeat(20), "{{end}}".repeat(20)),
    ] {
        let error = limited(&endless, &Limits::default()).expect_err("too much work");
        assert_eq!(error.kind(), ErrorKind::Limit, "{endless}: {error}");
        assert_eq!(error.message(), "more than 5000000 steps: is there a loop without end?", "{endless}");
    }
}

#[test]
fn one_call_that_asks_for_too_much_is_refused_at_once() {
    let error = limited("{{indent 1000000000 \"a\"}}", &Limits::default()).expect_err("a gigabyte of blanks");
    insta::assert_snapshot!(error, @r#"template: t:1:2: executing "t" at <indent 1000000000 "a">: error calling indent: text is longer than 67108864 bytes"#);
    // Go's own answer to a width beyond a million.
    assert_eq!(
        limited("{{printf \"%1000000000d\" 1}}", &Limits::default()).expect("Go's words"),
        "%!(NOVERB)%!(EXTRA int=1)"
    );
}

#[test]
fn recursion_with_many_scopes_and_variables_is_stopped_before_it_fills_the_memory() {
    for level in ["{{if true}}".repeat(40), "{{$x := 1}}".repeat(40)] {
        let ends = "{{end}}".repeat(level.matches("{{if").count());
        let text = format!("{{{{block \"a\" .}}}}{level}{{{{template \"a\" .}}}}{ends}{{{{end}}}}");
        let error = limited(&text, &Limits::default()).expect_err("endless recursion");
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(error.message(), "more than 1000000 scopes and variables: does a template call itself?");
    }
    let error =
        limited("{{block \"a\" .}}{{template \"a\" .}}{{end}}", &Limits::default()).expect_err("a block in itself");
    assert_eq!(error.message(), "exceeded maximum template depth (100000)");
}

#[test]
fn columns_deep_in_a_long_line_are_right() {
    let text = format!("é\n{}{{{{.Nope}}}}", "日本 text ".repeat(5_000));
    let error = render(&text, &Value::from("a")).expect_err("no field");
    let place = error.place().expect("a place");
    assert_eq!((place.line, place.column), (2, 40_003));
}

#[test]
fn the_default_limits_let_a_large_file_through() {
    let text = "line of text {{ 1 }}\n".repeat(50_000);
    let rendered = render(&text, &Value::Nil).expect("a megabyte");
    assert_eq!(rendered.text, "line of text 1\n".repeat(50_000));
}
