//! Errors as a user reads them, and the places they lead to.

use codexctl_action::gotmpl::{ErrorKind, Funcs, Limits, Place, Struct, Value};

use crate::render;

fn data() -> Value {
    Struct::build("config.Context").field("Env", "dev").field("Vars", Value::string_map([("A", "1")])).value()
}

#[test]
fn a_missing_field_is_told_with_line_and_column() {
    let error = render("a: 1\nb: {{ .Nope }}\n", &data()).expect_err("no such field");
    insta::assert_snapshot!(error, @r#"template: t:2:6: executing "t" at <.Nope>: can't evaluate field Nope in type config.Context"#);
    assert_eq!(error.message(), "can't evaluate field Nope in type config.Context");
    assert_eq!(error.context(), Some(".Nope"));
    assert_eq!(error.template(), "t");
    assert_eq!(error.kind(), ErrorKind::Exec);
    assert_eq!(error.place(), Some(Place { line: 2, column: 7, offset: 11 }));
}

#[test]
fn columns_of_places_count_characters_where_go_counts_bytes() {
    let error = render("ключ: {{ .Nope }}", &data()).expect_err("no such field");
    insta::assert_snapshot!(error, @r#"template: t:1:13: executing "t" at <.Nope>: can't evaluate field Nope in type config.Context"#);
    assert_eq!(error.place(), Some(Place { line: 1, column: 10, offset: 13 }));
}

#[test]
fn a_mistake_in_the_syntax_is_told_with_its_line() {
    let error = render("a\n\n  {{ if .Env }}x{{ els }}\n", &data()).expect_err("no such word");
    insta::assert_snapshot!(error, @r#"template: t:3: function "els" not defined"#);
    assert_eq!(error.kind(), ErrorKind::Parse);
    assert_eq!(error.context(), None);
    assert_eq!(error.place(), Some(Place { line: 3, column: 20, offset: 22 }));
}

#[test]
fn an_action_left_open_is_told_with_the_line_it_started_at() {
    let error = render("{{ print\n1\n", &data()).expect_err("no end");
    insta::assert_snapshot!(error, @"template: t:3: unclosed action started at t:1");
    assert_eq!(error.place().map(|place| place.line), Some(3));
}

#[test]
fn an_error_in_a_called_template_names_both() {
    let error = render("{{define \"row\"}}\n{{index . 5}}{{end}}{{template \"row\" \"abc\"}}", &data())
        .expect_err("out of range");
    insta::assert_snapshot!(error, @r#"template: t:2:2: executing "row" at <index . 5>: error calling index: index out of range: 5"#);
}

#[test]
fn complex_constants_are_refused() {
    for text in ["{{1i}}", "{{1+2i}}", "{{0i}}"] {
        let error = render(text, &data()).expect_err(text);
        assert!(error.message().starts_with("complex constants are not supported: "), "{error}");
    }
}

/// All that is said of a template, a line each.
fn all(text: &str) -> String {
    let errors = codexctl_action::gotmpl::render("t", text, &Funcs::builtins(), &data(), &Limits::default());
    match errors {
        Ok(rendered) => rendered.text,
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn every_wrong_value_is_told_at_its_place() {
    insta::assert_snapshot!(all("{{ nope }}\n{{- .No -}}\n  é {{ len 1 }} {{ .Vars.A | nope2 }}\n{{range .Env}}{{end}}{{ .No }}"), @r#"
    template: t:1: function "nope" not defined
    template: t:3: function "nope2" not defined
    template: t:2:4: executing "t" at <.No>: can't evaluate field No in type config.Context
    template: t:3:8: executing "t" at <len 1>: error calling len: len of type int
    template: t:4:8: executing "t" at <.Env>: range can't iterate over dev
    "#);
    assert_eq!(all("{{ .Env }}"), "dev");
}

#[test]
fn nothing_is_guessed_behind_a_broken_structure_or_a_variable_that_is_not_set() {
    for text in [
        "{{ if nope }}{{ .No }}{{ end }}",
        "{{ $x := nope }}{{ $x }}",
        "{{ print \"}}\" .No }}{{ .No }}",
        "{{ end }}{{ nope }}",
        "{{ .No",
    ] {
        assert_eq!(all(text).lines().count(), 1, "{text}: {}", all(text));
    }
}
