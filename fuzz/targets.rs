//! What is fuzzed: readers of texts that others write. Each takes any bytes; a panic, an overflow, a place outside of the
//! text or a run without end is the bug. `run.rs` drives them on the stable toolchain, `fuzz_targets/` under cargo-fuzz.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use codexctl_action::event;
use codexctl_action::gotmpl::{Funcs, Limits, Struct, Template, Time, Value};
use codexctl_action::stack::yaml::{self, Node};
use codexctl_action::stack::{Decided, LoadRequest, RawStack, StackError, VarsInput};

/// Parses and renders a template; every byte of the result leads to a place in the template.
pub(crate) fn gotmpl(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let env = Arc::new(BTreeMap::from([("A".to_owned(), "1".to_owned())]));
    let funcs = Funcs::with_helpers(env, Time::from_unix(1_767_323_045, 0));
    let limits = Limits { output: 1 << 16, steps: 20_000, depth: 200 };
    let rendered = Template::parse("t", &text, &funcs).and_then(|template| template.render(&CONTEXT, &limits));
    match rendered {
        Ok(rendered) => {
            for offset in (0..=rendered.text.len() + 1).step_by(rendered.text.len() / 200 + 1) {
                assert!(text.is_char_boundary(rendered.map.origin(offset).offset));
            }
        }
        Err(error) => {
            let place = error.place().expect("the place of an error");
            assert!(text.is_char_boundary(place.offset) && place.line >= 1 && place.column >= 1);
        }
    }
}

static CONTEXT: LazyLock<Value> = LazyLock::new(|| {
    let link = Struct::build("config.Link").field("Title", "Docs").field("Path", "docs").finish();
    Struct::build("config.TemplateContext")
        .field("Env", "ai")
        .field("Slot", 3)
        .field("Now", Value::Time(Time::from_unix(-1, 999_999_999)))
        .field("Vars", Value::string_map([("A", "1"), ("B", "")]))
        .field("Strs", Value::strings(["a", "", "é"]))
        .field("Link", Value::pointer(link))
        .any("Any", Value::List(vec![Value::Nil, Value::Int(-1), Value::Float(f64::NAN), Value::from("x")]))
        .value()
});

/// Reads YAML; every node stands in the text.
pub(crate) fn yaml(data: &[u8]) {
    let limits = yaml::Limits { nodes: 20_000, alias_nodes: 2_000, alias_bytes: 1 << 16, ..yaml::Limits::default() };
    let Ok(text) = yaml::text(data.to_vec(), &limits) else { return };
    let parsed = yaml::parse(&text, &limits);
    for problem in &parsed.problems {
        assert!(problem.place.offset <= text.len() && problem.end <= text.len(), "{problem:?}");
    }
    parsed.documents.iter().for_each(|node| check(node, &text));
}

fn check(node: &Node, text: &str) {
    assert!(text.is_char_boundary(node.place.offset) && node.end <= text.len(), "{:?} to {}", node.place, node.end);
    node.items().unwrap_or_default().iter().for_each(|item| check(item, text));
    for (key, value) in node.entries().unwrap_or_default() {
        check(key, text);
        check(value, text);
    }
}

/// Loads a services.yaml for an environment; what is said of it stands in the file and can be drawn.
pub(crate) fn services(data: &[u8]) {
    // There is no such folder: no file of variables is read, whatever the text names.
    let request = request();
    let text = String::from_utf8_lossy(data).into_owned();
    let lines = text.split('\n').count();
    let told = |error: &StackError| {
        assert!(!error.graphical(false, 100).is_empty());
        assert!(error.diagnostics.iter().all(|one| one.line <= lines), "{error}");
    };
    match RawStack::from_text(text, PathBuf::from("/nonexistent/shop"), Path::new("services.yaml")) {
        Ok(raw) => match raw.load(&request) {
            Ok(loaded) => loaded.warnings.iter().for_each(|warning| assert!(!loaded.picture(warning).is_empty())),
            Err(error) => told(&error),
        },
        Err(error) => told(&error),
    }
}

fn request() -> LoadRequest {
    LoadRequest {
        path: PathBuf::from("services.yaml"),
        env: "ai".to_owned(),
        namespace: None,
        vars: VarsInput::default(),
        decided: Decided { slot: Some(3), ..Decided::default() },
        now: DateTime::<Utc>::UNIX_EPOCH,
    }
}

/// Reads the bytes as a file of `envFiles`, as a var file and as `--vars`.
pub(crate) fn vars(data: &[u8]) {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    let file = FOLDER.path().join("fuzz.env");
    // Some file systems flush a file that is overwritten; a new one costs nothing.
    let _ = std::fs::remove_file(&file);
    std::fs::write(&file, data).expect("a file");
    let text = "project: shop\nenvFiles: [fuzz.env]\n";
    let raw = RawStack::from_text(text, FOLDER.path().to_owned(), Path::new("services.yaml")).expect("a stack file");
    let inline = String::from_utf8_lossy(data).into_owned();
    for input in [VarsInput::default(), VarsInput { var_file: Some(file), vars: Some(inline), ..VarsInput::default() }]
    {
        match raw.vars(&input) {
            Ok((vars, _)) => assert!(vars.iter().all(|(name, _)| vars.source(name).is_some())),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Reads a webhook payload, with and without the event's name.
pub(crate) fn event(data: &[u8]) {
    for name in [None, Some("issues"), Some("pull_request_review"), Some("issue_comment"), Some("push")] {
        if let Err(error) = event::parse(name, data) {
            assert!(!error.to_string().is_empty());
        }
    }
}
