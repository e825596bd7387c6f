//! `manage-env list`: all slots of the repository.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::call::Call;
use crate::cli::slots::{self, Ended, Ground};
use crate::flows::upkeep::age;
use crate::report::outputs::Outputs;
use crate::slots::Record;

const HEADS: [&str; 9] = ["SLOT", "ENV", "ISSUE", "PR", "PHASE", "AGE", "UNUSED", "BRANCH", "AT WORK"];

/// Lists them: of `--env`, else of all environments.
pub(super) async fn list(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, "list").await?;
    let records = ground.upkeep.records(&ground.named_or_all(call)).await?;
    let now = ground.upkeep.hands.clock.now();
    slots::result(call, &outputs(call, &records, now), Some(table(&records, now)))
}

/// Columns for people.
fn table(records: &[Record], now: DateTime<Utc>) -> String {
    if records.is_empty() {
        return "no slots\n".to_owned();
    }
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(records.iter().map(|record| row(record, now)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}", width = *width)).collect();
        // Writing to a String can't fail.
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

fn row(record: &Record, now: DateTime<Utc>) -> [String; 9] {
    let since = |then: DateTime<Utc>| age((now - then).to_std().unwrap_or_default());
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| format!("#{number}"));
    [
        record.slot.to_string(),
        record.env.clone(),
        number(record.issue),
        number(record.pr),
        record.phase.name().to_owned(),
        since(record.created_at),
        since(record.updated_at),
        record.branch.clone().unwrap_or_else(|| "-".to_owned()),
        record.lease.as_ref().map_or("-".to_owned(), |lease| format!("{} ({})", lease.holder, lease.flow)),
    ]
}

/// For programs: as JSON a list, else `slots` with all numbers and a few keys for each.
fn outputs(call: &Call, records: &[Record], now: DateTime<Utc>) -> Outputs {
    let mut outputs = Outputs::default();
    if call.settings.choice("output").ok().flatten() == Some("json") {
        outputs.set("slots", records.iter().map(|record| whole(record, now)).collect::<Vec<_>>());
        return outputs;
    }
    let numbers: Vec<String> = records.iter().map(|record| record.slot.to_string()).collect();
    outputs.set("slots", numbers.join(","));
    for record in records {
        if let Value::Object(fields) = whole(record, now) {
            for (name, value) in fields.into_iter().filter(|(name, _)| name != "slot") {
                outputs.set(&format!("slot_{}_{name}", record.slot), value);
            }
        }
    }
    outputs
}

fn whole(record: &Record, now: DateTime<Utc>) -> Value {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let seconds = |then: DateTime<Utc>| (now - then).num_seconds().max(0);
    json!({
        "slot": record.slot, "env": record.env, "namespace": record.namespace, "issue": record.issue, "pr": record.pr,
        "phase": record.phase.name(), "branch": record.branch, "created_at": time(record.created_at),
        "updated_at": time(record.updated_at), "age_seconds": seconds(record.created_at),
        "unused_seconds": seconds(record.updated_at), "holder": record.lease.as_ref().map(|lease| &lease.holder),
        "flow": record.lease.as_ref().map(|lease| &lease.flow),
    })
}
