//! `codexctl`: parse, run, exit code. Everything else is in the library.

fn main() -> std::process::ExitCode {
    codexctl_action::cli::main()
}
