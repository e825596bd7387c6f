//! Properties that hold for every text: no panic, and text without actions stays as it is.

use std::sync::Arc;

use codexctl_action::gotmpl::{Funcs, Limits, Struct, Template, Time, Value};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

/// Pieces of templates in any order: most are wrong, many are nearly right.
fn template() -> impl Strategy<Value = String> {
    let pieces = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        "{{- ",
        " -}}",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "block",
        "template",
        "break",
        "continue",
        "nil",
        "true",
        ".",
        ".A",
        ".B.C",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "|",
        "(",
        ")",
        "\"",
        "\"s\"",
        "`",
        "'a'",
        "1",
        "-1",
        "0x",
        "1.5",
        "1e9",
        "_",
        " ",
        "\n",
        "\t",
        "/*",
        "*/",
        "printf",
        "\"%v%d%*s%[2]q\"",
        "index",
        "slice",
        "len",
        "eq",
        "lt",
        "and",
        "or",
        "not",
        "html",
        "js",
        "urlquery",
        "call",
        "print",
        "join",
        "indent",
        "default",
        "now",
        ".Format",
        "\"2006\"",
        "é",
        "\u{feff}",
        "\0",
        "\\",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| c.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn data() -> Value {
    let inner =
        Struct::build("main.Inner").field("C", 1.5).field("D", Value::NilOf(Value::strings([""]).type_of())).finish();
    Struct::build("main.Data")
        .field("A", "text")
        .field("B", Value::pointer(inner))
        .field("E", Value::string_map([("k", "v")]))
        .any("F", Value::List(vec![Value::Nil, Value::Int(1), Value::Time(Time::from_unix(-1, 999_999_999))]))
        .value()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_template_makes_it_panic(text in template()) {
        let funcs = Funcs::with_helpers(Arc::default(), Time::from_unix(0, 0));
        let limits = Limits { output: 100_000, steps: 10_000, depth: 100 };
        match Template::parse("t", &text, &funcs) {
            Ok(template) => match template.render(&data(), &limits) {
                Ok(rendered) => {
                    for at in 0..=rendered.text.len() + 1 {
                        let place = rendered.map.origin(at);
                        assert!(text.is_char_boundary(place.offset), "{place:?}");
                    }
                }
                Err(error) => {
                    assert!(error.place().is_some_and(|place| place.offset <= text.len()));
                    assert!(error.to_string().ends_with(error.message()));
                }
            },
            Err(error) => assert!(error.place().is_some_and(|place| place.offset <= text.len())),
        }
    }

    #[test]
    fn any_text_at_all_is_answered(text in any::<String>()) {
        let rendered = Template::parse("t", &text, &Funcs::builtins()).and_then(|t| t.render(&data(), &Limits::default()));
        if !text.contains("{{") {
            let rendered = rendered.expect("plain text");
            prop_assert_eq!(&rendered.text, &text);
            for (at, _) in text.char_indices() {
                prop_assert_eq!(rendered.map.origin(at).offset, at);
            }
        }
    }

    #[test]
    fn printf_of_any_format_is_answered(format in "[%a-zA-Z0-9 +#.*\\[\\]-]{0,30}", number in any::<i64>(), float in any::<f64>(), text in any::<String>()) {
        let data = Value::Map([
            ("format".to_owned(), Value::from(format)),
            ("args".to_owned(), Value::List(vec![Value::Int(number), Value::Float(float), Value::from(text)])),
        ].into());
        let template = "{{printf .format .args (index .args 0) (index .args 1) (index .args 2)}}";
        let limits = Limits { output: 10_000_000, ..Limits::default() };
        let rendered = Template::parse("t", template, &Funcs::builtins()).and_then(|t| t.render(&data, &limits));
        assert!(rendered.is_ok() || rendered.is_err_and(|error| error.message().contains("longer than")));
    }

    #[test]
    fn floats_print_so_that_they_read_back_the_same(float in any::<f64>()) {
        if float.is_finite() {
            let data = Value::Float(float);
            let text = crate::render("{{.}} {{printf \"%e\" .}}{{printf \" %x\" .}}", &data).expect("a float").text;
            let mut parts = text.split(' ');
            prop_assert_eq!(parts.next().and_then(|text| text.parse::<f64>().ok()).map(f64::to_bits), Some(float.to_bits()));
            // And a hexadecimal float is a constant of the same value.
            let hex = parts.nth(1).unwrap_or_default().to_owned();
            let again = crate::render(&format!("{{{{{hex}}}}}"), &Value::Nil).expect("a constant").text;
            prop_assert_eq!(again, crate::render("{{.}}", &data).expect("a float").text);
        }
    }
}
