//! The other readers, each started once for many texts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::parts;

/// What a reader says of each text: the values of its documents, or an object with `error`.
pub(crate) type Answers = Vec<Json>;

/// What kubectl makes of printed texts, and what the Go tool, with kubectl behind it, made of written ones.
pub(crate) fn go(printed: &[String], written: &[String]) -> (Answers, Answers) {
    let asked = json!({ "printed": printed, "written": written });
    let answer = run(&mut Command::new(parts::cached("bin/readback", "readers")), &asked);
    let part = |name: &str| answer[name].as_array().cloned().unwrap_or_else(|| panic!("no {name} in {answer}"));
    (part("printed"), part("written"))
}

/// What Python's readers make of texts, by name.
pub(crate) fn python(texts: &[String]) -> BTreeMap<String, Answers> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/readback/readback.py");
    let answer = run(Command::new(parts::cached("python/bin/python", "readers")).arg(script), &json!(texts));
    let readers = answer.as_object().unwrap_or_else(|| panic!("no readers in {answer}"));
    readers.iter().map(|(name, all)| (name.clone(), all.as_array().cloned().unwrap_or_default())).collect()
}

fn run(command: &mut Command, asked: &Json) -> Json {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the reader starts");
    let mut stdin = child.stdin.take().expect("its stdin");
    let asked = asked.to_string();
    // The readers read all before they write.
    stdin.write_all(asked.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The first place in which two values differ for JSON's readers: a number is what it counts, however it is written.
fn difference(one: &Json, other: &Json) -> Option<String> {
    match (one, other) {
        (Json::Number(a), Json::Number(b)) if equal(a, b) => None,
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (a, b))| Some(format!("[{at}]{}", difference(a, b)?)))
        }
        (Json::Object(a), Json::Object(b)) if a.len() == b.len() && a.keys().all(|key| b.contains_key(key)) => {
            a.iter().find_map(|(key, value)| {
                let key_shown: String = key.chars().take(40).collect();
                Some(format!("[{key_shown:?}]{}", difference(value, &b[key])?))
            })
        }
        _ if one == other => None,
        _ => Some(format!("\n{}\n{}", short(one), short(other))),
    }
}

fn equal(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    let whole = |number: &serde_json::Number| number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        // serde_json reads a float to the last digit but one. That it is printed to the last, our own reader shows.
        _ => one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| (one - other).abs() <= one.abs() * 1e-15),
    }
}

fn short(value: &Json) -> String {
    value.to_string().chars().take(600).collect()
}

/// Panics with what a reader takes for something else.
pub(crate) fn compare(reader: &str, texts: &[String], wanted: &[Json], answers: &[Json]) {
    assert_eq!((texts.len(), texts.len()), (wanted.len(), answers.len()), "{reader} answered all");
    let differ: Vec<_> = std::iter::zip(texts, std::iter::zip(wanted, answers))
        .filter_map(|(text, (wanted, got))| {
            let text: String = text.chars().take(80).collect();
            Some(format!("{text:?}\n{}", difference(wanted, got)?))
        })
        .collect();
    let shown = differ.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(differ.is_empty(), "{} texts differ: ours, then {reader}\n{shown}", differ.len());
}
