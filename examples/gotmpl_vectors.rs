//! Compares vectors from standard input, as `go run . gen SEED COUNT` in `tests/gotmpl/vectors` writes them, with what
//! we do. Ends with status 1 when something differs.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/gotmpl/vector.rs"]
mod vector;

use std::io::Read as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines).expect("vectors on standard input");
    let report = vector::compare(&lines);
    for difference in report.differences.iter().take(40) {
        println!("{difference}");
    }
    println!(
        "{} vectors compared, {} of them errors in Go, {} refused for complex constants, {} differences",
        report.compared,
        report.errors,
        report.complex,
        report.differences.len()
    );
    if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
