//! `codexctl`: parse, run, exit code. Everything else is in the library.

/// In the static binary, which renders in half the time with it.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    codexctl_action::cli::main()
}
