//! Whatever is printed, every reader reads back.

use codexctl_action::manifests::{Manifest, Secrets, json, print};
use codexctl_action::stack::yaml::{Limits, parse};
use proptest::prelude::Strategy as _;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value as Json;

use crate::readers::{compare, go, python};
use crate::{generate, manifest, shop};

/// Objects of one stream: separators, and blocks that end where one stands.
const STREAM: usize = 8;

/// Random objects: enough that each kind of text meets each kind of place, few enough for Python's slow readers.
const OBJECTS: usize = 160;

#[test]
fn every_reader_reads_back_what_is_printed() {
    let mut manifests: Vec<Manifest> = vec![manifest(generate::every_nasty_text())];
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed()));
    let strategy = generate::mapping();
    for _ in 0..OBJECTS {
        manifests.push(manifest(strategy.new_tree(&mut runner).expect("an object").current()));
    }
    let mut texts: Vec<String> = manifests.chunks(STREAM).map(|some| print(some, Secrets::Shown)).collect();
    let mut wanted: Vec<Json> =
        manifests.chunks(STREAM).map(|some| some.iter().map(|one| json(&one.node)).collect()).collect();
    for objects in shop::all() {
        texts.push(print(&objects, Secrets::Shown));
        wanted.push(objects.iter().map(|one| json(&one.node)).collect());
    }
    compare("codexctl", &texts, &wanted, &texts.iter().map(|text| own(text)).collect::<Vec<_>>());
    compare("kubectl", &texts, &wanted, &go(&texts, &[]).0);
    let readers = python(&texts);
    assert_eq!(readers.keys().collect::<Vec<_>>(), ["PyYAML", "libyaml", "ruamel.yaml"]);
    for (name, answers) in &readers {
        compare(name, &texts, &wanted, answers);
    }
    println!("{} streams, {} bytes, 5 readers", texts.len(), texts.iter().map(String::len).sum::<usize>());
}

/// The seed of the random objects: always the same, unless `READBACK_SEED` gives a number.
fn seed() -> [u8; 32] {
    let number: u64 = std::env::var("READBACK_SEED").map_or(1, |text| text.parse().expect("READBACK_SEED is a number"));
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Our own reader.
fn own(text: &str) -> Json {
    let parsed = parse(text, &Limits::default());
    match parsed.problems.first() {
        Some(problem) => serde_json::json!({ "error": problem.text, "line": problem.place.line }),
        None => parsed.documents.iter().map(json).collect(),
    }
}
