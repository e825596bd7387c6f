//! A node as the JSON that Kubernetes reads, the way Go's `sigs.k8s.io/yaml` would have it.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::quality::FixedState;
use serde_json::{Map, Number, Value as Json};

use crate::stack::Resolved;
use crate::stack::yaml::{Node, Value};

/// Whole numbers up to this size are the same as a float and as an integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The node as JSON. A whole number written as a float (`1e3`) is a whole number, as in Go's JSON; a date is text. Infinities,
/// which JSON doesn't have and [`super::read`] refuses, are null.
pub fn json(node: &Node) -> Json {
    match &node.value {
        Value::Map(entries) => {
            let mut made = Map::with_capacity(entries.len());
            for (key, value) in entries {
                if let Some(key) = key.key() {
                    made.insert(key.into_owned(), json(value));
                }
            }
            Json::Object(made)
        }
        Value::Seq(items) => Json::Array(items.iter().map(json).collect()),
        Value::Scalar(scalar) => match &scalar.resolved {
            Resolved::Null => Json::Null,
            Resolved::Bool(truth) => Json::Bool(*truth),
            Resolved::Int(number) => Json::from(*number),
            Resolved::Uint(number) => Json::from(*number),
            Resolved::Float(number) => match whole(*number) {
                Some(number) => Json::from(number),
                None => Number::from_f64(*number).map_or(Json::Null, Json::Number),
            },
            Resolved::Timestamp(time) => Json::from(&**time),
            Resolved::Str => Json::from(&*scalar.text),
        },
    }
}

/// A number that nodes with the same JSON share, in whichever order their keys stand, and hardly any others: 64 bits.
pub(super) fn digest(node: &Node) -> u64 {
    let mut hasher = HASH.build_hasher();
    match &node.value {
        Value::Map(entries) => {
            let keyed = entries.iter().filter_map(|(key, value)| {
                let mut entry = HASH.build_hasher();
                key.key()?.hash(&mut entry);
                entry.write_u64(digest(value));
                Some(entry.finish())
            });
            // A sum: the order makes no difference.
            (0_u8, keyed.fold(0_u64, u64::wrapping_add)).hash(&mut hasher);
        }
        Value::Seq(items) => {
            (1_u8, items.len()).hash(&mut hasher);
            items.iter().for_each(|item| hasher.write_u64(digest(item)));
        }
        Value::Scalar(scalar) => match &scalar.resolved {
            Resolved::Null => 2_u8.hash(&mut hasher),
            Resolved::Bool(truth) => (3_u8, truth).hash(&mut hasher),
            Resolved::Int(number) => (4_u8, i128::from(*number)).hash(&mut hasher),
            Resolved::Uint(number) => (4_u8, i128::from(*number)).hash(&mut hasher),
            Resolved::Float(number) => match whole(*number) {
                Some(number) => (4_u8, i128::from(number)).hash(&mut hasher),
                None if number.is_finite() => (5_u8, number.to_bits()).hash(&mut hasher),
                None => 2_u8.hash(&mut hasher),
            },
            Resolved::Timestamp(text) => (6_u8, text).hash(&mut hasher),
            Resolved::Str => (6_u8, &scalar.text).hash(&mut hasher),
        },
    }
    hasher.finish()
}

/// Quick for the many short texts, and good: the sum of a mapping's entries needs bits that don't depend on each other.
const HASH: FixedState = FixedState::with_seed(0);

/// The whole number that a float is, where it is one exactly.
pub(super) fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::yaml::{Limits, parse};

    #[test]
    fn numbers_dates_and_keys_are_what_go_would_send() {
        let text = "a: [0644, 1e3, 1.5, -0.0, 18446744073709551615, 1e300, 2026-01-02, yes, ~, .inf]\n1: x\ntrue: y\n";
        let parsed = parse(text, &Limits::default());
        insta::assert_snapshot!(json(&parsed.documents[0]), @r#"{"a":[420,1000,1.5,0,18446744073709551615,1e+300,"2026-01-02T00:00:00Z","yes",null,null],"1":"x","true":"y"}"#);
    }

    #[test]
    fn nodes_share_a_digest_exactly_where_they_share_their_json() {
        let text = "[1, 1.0, 1e0, '1', 1.5, true, 'true', ~, '', .inf, 18446744073709551615, 1e300, 2026-01-02, \
                    '2026-01-02T00:00:00Z', [], {}, [1], [[1]], {a: 1, b: 2}, {b: 2, a: 1}, {a: 2, b: 1}, {1: a}, {'1': a}]";
        let parsed = parse(text, &Limits::default());
        let nodes = parsed.documents[0].items().unwrap();
        for one in nodes {
            for other in nodes {
                assert_eq!(digest(one) == digest(other), json(one) == json(other), "{one:?} {other:?}");
            }
        }
    }
}
