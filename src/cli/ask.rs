//! A question to whoever sits at the terminal.

use std::io::{IsTerminal as _, Write as _};

use tokio::sync::oneshot;

use super::CommandError;

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, and takes `y` or `yes` for a yes; no answer is a no. None where `stopped` comes first.
///
/// # Errors
/// The terminal can't be written to or read.
pub(super) async fn agrees(question: &str, stopped: impl Future<Output = ()>) -> Result<Option<bool>, CommandError> {
    let mut output = std::io::stderr();
    let (tell, told) = oneshot::channel();
    let asked = write!(output, "{question} [y/N] ").and_then(|()| output.flush());
    // A thread that waits for a line can't be called back; nobody waits for this one's end, so Ctrl-C is heard meanwhile.
    std::thread::spawn(move || {
        let mut answer = String::new();
        // Nobody listens any more where somebody pressed Ctrl-C.
        let _ = tell.send(asked.and_then(|()| std::io::stdin().read_line(&mut answer)).map(|_| answer));
    });
    let answer = tokio::select! {
        told = told => told.unwrap_or_else(|_| Ok(String::new())),
        () = stopped => {
            // What follows begins a line of its own.
            let _ = writeln!(output);
            return Ok(None);
        }
    };
    let answer = answer.map_err(|error| CommandError::new(format!("nobody can be asked: {error}")))?;
    if !answer.ends_with('\n') {
        let _ = writeln!(output);
    }
    Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
}
