//! `codexctl`: parse, run, exit code. Everything else is in the library.

/// Rendering takes half the time with it in the static binary, and a tenth less in others (docs/performance.md).
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    codexctl_action::cli::main()
}
