//! The samples cut and spoilt: whatever comes, there is an event or an error, and never a panic.

use codexctl_action::event::{EventError, Subject, parse};
use codexctl_action::policy::triggers::{Known, route};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::samples::{ROUTED, SAMPLES, Sample};

/// Reads and, where that works, decides. An error must be one line that a terminal can take.
fn goes_through(name: Option<&str>, bytes: &[u8]) {
    match parse(name, bytes) {
        Ok(event) => drop(route(&event, &Known::default())),
        Err(error) => {
            let text = error.to_string();
            assert!(text.len() < 1000 && !text.contains(char::is_control), "{text:?}");
        }
    }
}

#[test]
fn a_cut_sample_is_an_error_that_names_the_place() {
    for sample in SAMPLES.iter() {
        let bytes = sample.payload.to_string().into_bytes();
        for part in 1..12 {
            let cut = &bytes[..bytes.len() * part / 12];
            let error = parse(Some(&sample.event), cut).expect_err("half an object is no JSON");
            assert!(matches!(error, EventError::NotJson { line: 1, .. }), "{} {}: {error}", sample.event, sample.index);
        }
    }
}

/// For each event that can start a flow the first sample whose fields are really read.
fn routed() -> Vec<&'static Sample> {
    let is_read = |sample: &&Sample| {
        parse(Some(&sample.event), sample.payload.to_string().as_bytes())
            .is_ok_and(|event| event.subject != Subject::Other)
    };
    let first = |event: &&str| SAMPLES.iter().filter(|sample| sample.event == *event).find(is_read);
    let found: Vec<&Sample> = ROUTED.iter().filter_map(first).collect();
    assert_eq!(found.len(), ROUTED.len());
    found
}

/// Paths of all values, as JSON pointers.
fn paths(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        out.push(path.clone());
        paths(value, &path, out);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| below(&index.to_string(), value)),
        _ => {}
    }
}

/// What stands in for a value.
fn odd(kind: u8) -> Value {
    match kind {
        0 => Value::Null,
        1 => json!(-7),
        2 => json!(1e300),
        3 => json!([]),
        4 => json!({}),
        5 => json!(""),
        6 => json!("\0\u{1b}[31m\u{202e}\u{feff}"),
        7 => json!("x".repeat(100_000)),
        8 => json!(true),
        9 => json!([[[{"a": [null]}]]]),
        _ => json!(u64::MAX),
    }
}

#[test]
fn every_field_of_an_event_that_starts_a_flow_may_be_anything() {
    for sample in routed() {
        // Deeper ones are addresses and ids that nobody reads; the property below gets there by chance.
        let mut all = Vec::new();
        paths(&sample.payload, "", &mut all);
        for path in all.iter().filter(|path| path.matches('/').count() <= 3 && !path.ends_with("_url")) {
            for kind in [0, 1, 3, 4, 5, 6] {
                let mut payload = sample.payload.clone();
                *payload.pointer_mut(path).expect("the path is there") = odd(kind);
                goes_through(Some(&sample.event), payload.to_string().as_bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sample_with_a_few_values_replaced_goes_through(which: Index, places in prop::collection::vec((any::<Index>(), 0u8..11), 1..6), named: bool) {
        let sample = which.get(&SAMPLES);
        let mut payload = sample.payload.clone();
        for (place, kind) in places {
            let mut all = Vec::new();
            paths(&payload, "", &mut all);
            if !all.is_empty() {
                *payload.pointer_mut(&all[place.index(all.len())]).expect("the path is there") = odd(kind);
            }
        }
        goes_through(named.then_some(sample.event.as_str()), payload.to_string().as_bytes());
    }

    #[test]
    fn a_sample_with_a_few_bytes_flipped_goes_through(which: Index, flips in prop::collection::vec((any::<Index>(), 1u8..), 1..6)) {
        let sample = which.get(&SAMPLES);
        let mut bytes = sample.payload.to_string().into_bytes();
        let length = bytes.len();
        for (place, mask) in flips {
            bytes[place.index(length)] ^= mask;
        }
        goes_through(Some(&sample.event), &bytes);
        goes_through(None, &bytes);
    }

    #[test]
    fn any_bytes_go_through(name in prop::option::of("[a-z_]{0,20}|issues|push|schedule"), bytes: Vec<u8>) {
        goes_through(name.as_deref(), &bytes);
    }
}
