//! Values as callers put them together.

use codexctl_action::gotmpl::{
    Dict, Error, Funcs, Rendered, Slice, SourceMap, Struct, StructType, Template, Time, Type, Value,
};

use crate::render;

fn text(template: &str, data: &Value) -> String {
    render(template, data).expect("a template that renders").text
}

#[test]
fn a_struct_must_have_the_fields_of_its_type() {
    let ty = StructType::new("config.Link", &[("Title", Type::String), ("Path", Type::String)]);
    let link = Struct::new(&ty, vec!["Docs".into(), "docs".into()]).expect("a link");
    assert_eq!(
        text("{{.Title}} {{.}} {{printf \"%#v\" .}}", &link.clone().into()),
        r#"Docs {Docs docs} config.Link{Title:"Docs", Path:"docs"}"#
    );
    let short = Struct::new(&ty, vec!["Docs".into()]).expect_err("a field is missing");
    insta::assert_snapshot!(short, @"config.Link has 2 fields, but 1 values were given");
    let wrong = Struct::new(&ty, vec!["Docs".into(), 1.into()]).expect_err("of another type");
    insta::assert_snapshot!(wrong, @"Path: expected string, got int");
    assert!(Value::structs(&ty, vec![link, Struct::build("x").finish()]).is_err());
}

#[test]
fn fields_can_be_read_and_set() {
    let mut data = Struct::build("c.Ctx").field("Env", "dev").any("Extra", Value::Nil).finish();
    assert_eq!(data.get("Env"), Some(&Value::from("dev")));
    assert_eq!(data.get("Nope"), None);
    assert!(data.set("Env", "prod") && data.set("Extra", 5));
    assert!(!data.set("Env", 5), "a field keeps its type");
    assert!(!data.set("Nope", 5));
    assert_eq!(text("{{.Env}} {{.Extra}}", &data.into()), "prod 5");
}

#[test]
fn missing_blocks_are_nil_pointers() {
    let ty = StructType::new("config.Block", &[("Size", Type::String)]);
    let block = Struct::new(&ty, vec!["10Gi".into()]).expect("a block");
    let data = Struct::build("config.Storage")
        .field("Data", Value::pointer(block))
        .field("Registry", Value::nil_pointer(&ty))
        .value();
    assert_eq!(text("{{.Data.Size}} {{if .Registry}}yes{{else}}no{{end}} {{.Registry}}", &data), "10Gi no <nil>");
    let error = render("{{.Registry.Size}}", &data).expect_err("a field of nothing");
    assert_eq!(error.message(), "nil pointer evaluating *config.Block.Size");
}

#[test]
fn maps_and_lists_show_their_types() {
    let vars = Value::named_string_map("env.Vars", [("B", "2"), ("A", "1")]);
    assert_eq!(text("{{.}} {{printf \"%T\" .}} {{.A}} {{.nope}}", &vars), "map[A:1 B:2] env.Vars 1 <no value>");
    let list = Value::Slice(Slice::new(Type::Int, vec![1.into(), 2.into()]).expect("ints"));
    assert_eq!(text("{{.}} {{printf \"%T\" .}}", &list), "[1 2] []int");
    assert!(Slice::new(Type::Int, vec!["1".into()]).is_err());
    assert!(Dict::new(None, Type::Int, [("a".to_owned(), "1".into())].into()).is_err());
    assert_eq!(text("{{printf \"%T\" .}}", &Value::List(vec![])), "[]interface {}");
}

#[test]
fn time_prints_as_go_prints_it() {
    let time = Time::from_unix(1_767_323_045, 0);
    assert_eq!(time.to_string(), "2026-01-02 03:04:05 +0000 UTC");
    assert_eq!(time.format("Mon, 02 Jan 2006 15:04:05 MST"), "Fri, 02 Jan 2026 03:04:05 UTC");
    assert_eq!(Time::from_unix(-1, 500_000_000).to_string(), "1969-12-31 23:59:59.5 +0000 UTC");
    assert_eq!(Time::from_unix(951_782_400, 0).format("2006-01-02 002"), "2000-02-29 060");
    assert_eq!(Time::from_unix(-62_135_596_800, 0).to_string(), "0001-01-01 00:00:00 +0000 UTC");
    assert_eq!(
        text("{{.}} {{.Unix}} {{.Month}} {{printf \"%d\" .Month}}", &time.into()),
        "2026-01-02 03:04:05 +0000 UTC 1767323045 January 1"
    );
}

#[test]
fn templates_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Template>();
    shared::<Funcs>();
    shared::<Value>();
    shared::<SourceMap>();
    shared::<Rendered>();
    shared::<Error>();
    let template = Template::parse("t", "{{.}}", &Funcs::builtins()).expect("a template");
    let threads: Vec<_> = (0..4_i64)
        .map(|number| {
            let template = template.clone();
            std::thread::spawn(move || template.render(&number.into(), &Default::default()).expect("a number").text)
        })
        .collect();
    let texts: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    assert_eq!(texts, ["0", "1", "2", "3"]);
}
