//! A model that follows a script, for demos and tries without a key: `cargo run --example scripted-model -- SCRIPT.json`.
//!
//! It listens on a free port of 127.0.0.1, prints its address for `OPENAI_BASE_URL` on standard output and stops on Ctrl-C, SIGTERM,
//! or, with `--until-stdin-closes`, when its standard input ends.

use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

#[path = "../tests/support/model.rs"]
mod model;

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "scripted-model: {error}");
            ExitCode::from(2)
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut until_stdin_closes = false;
    let mut path = None;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--until-stdin-closes" => until_stdin_closes = true,
            _ if path.is_none() => path = Some(argument),
            _ => path = None,
        }
    }
    let path = path.ok_or("say which script: scripted-model [--until-stdin-closes] SCRIPT.json")?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("can't read {path}: {error}"))?;
    let script: model::Script = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    let model = model::Model::start(script).await?;
    writeln!(std::io::stdout(), "{}", model.base_url())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let (closed, stdin_closes) = tokio::sync::oneshot::channel();
    if until_stdin_closes {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            let _ = closed.send(());
        });
    } else {
        // Never sent and never dropped: nothing to wait for.
        std::mem::forget(closed);
    }
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
        _ = stdin_closes => {}
    }
    Ok(())
}
