//! The table of failures as Markdown, and its place in docs/architecture.md.

use std::path::{Path, PathBuf};

use super::Outcome;
use super::rows::{Again, Fails, NOTHING_FAILS};

/// Stands before and after the table.
const BEGIN: &str = "<!-- failures: made by `CODEXCTL_RENEW_DOCS=1 cargo test --test flows failures` -->\n";
const END: &str = "<!-- end of failures -->\n";

/// The slot's folder, as messages name it.
const SLOT: &str = "<scene>/state/codexctl/codex-k8s/shop/work/ai-1";

/// A message longer than this is cut.
const LONGEST: usize = 240;

/// The table.
pub(super) fn table(rows: &[Fails], outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| step | what goes wrong | exit | what is said | comments say | what is left | the same run afterwards |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut flow = None;
    for (row, outcome) in rows.iter().zip(outcomes) {
        if flow.replace(row.story.flow()) != Some(row.story.flow()) {
            line(&mut text, [&format!("**{}**", row.story.flow()), "", "", "", "", "", ""]);
            for (_, step, why) in NOTHING_FAILS.iter().filter(|(story, ..)| story.flow() == row.story.flow()) {
                line(&mut text, [step, why, "", "", "", "", ""]);
            }
        }
        let again = match row.again {
            Again::Same => "as if nothing had been".to_owned(),
            Again::Otherwise(0, words) => words.to_owned(),
            Again::Otherwise(exit, words) => format!("exit {exit}: {words}"),
        };
        let said = shorten(&outcome.said).replace(SLOT, "<slot>");
        let (comments, left) = (outcome.comments.join("; "), outcome.left.join(", "));
        line(&mut text, [row.step, row.what, &outcome.exit, &said, &comments, &left, &again]);
    }
    text
}

fn line(text: &mut String, cells: [&str; 7]) {
    let cells = cells.map(|cell| cell.replace('|', "\\|").replace('<', "&lt;"));
    text.push_str(&format!("| {} |\n", cells.join(" | ")).replace("  |", " |"));
}

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// The page as it is, and as it is with this table.
fn pages(table: &str) -> (PathBuf, String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let kept = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = kept.split_once(BEGIN).expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place for the table has an end");
    let made = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    (path, kept, made)
}

/// Writes the table into the page where `CODEXCTL_RENEW_DOCS` asks for it: also one that tells of mistakes, to be read.
pub(super) fn renew(table: &str) {
    if std::env::var_os("CODEXCTL_RENEW_DOCS").is_some() {
        let (path, _, made) = pages(table);
        std::fs::write(path, made).unwrap();
    }
}

/// Holds the page against the table.
pub(super) fn hold(table: &str) {
    let (_, kept, made) = pages(table);
    assert!(
        kept == made,
        "the table of failures in docs/architecture.md is stale; renew it: CODEXCTL_RENEW_DOCS=1 cargo test --test flows \
         failures\n{}",
        crate::killed::changes(&kept, &made)
    );
}
