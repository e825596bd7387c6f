//! `codexctl prompt render`: what the agent would be told, or its config.toml.

use std::sync::Arc;

use super::project::Project;
use super::{Call, CommandError, Exit, Outcome};
use crate::flows::preview::Preview;
use crate::flows::stop::Stop;
use crate::report::outputs::Outputs;
use crate::secrets::random_word;

/// Prints the prompt or the agent's configuration.
pub(super) fn render(call: &mut Call) -> Result<Outcome, CommandError> {
    let project = match Project::read(call) {
        Ok(project) => project,
        Err(refusal) => return refusal.outcome(),
    };
    let config = call.settings.switch("agent-config")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    let shown = runtime.block_on(async {
        let request = project.request_for("");
        let preview = Preview::open(&call.settings, &project.raw, request, Arc::clone(&call.ui)).await?;
        if config { preview.config().await.map(|toml| with("config", toml)) } else { prompt(&preview).await }
    });
    match shown {
        Ok((text, outputs)) => Ok(Outcome { text: print(call, text, &outputs)?, exit: Exit::Done }),
        Err(stop) => {
            super::run::tell(call, &stop);
            Ok(Outcome { text: String::new(), exit: stop.exit() })
        }
    }
}

fn with(key: &str, text: String) -> (String, Outputs) {
    let mut outputs = Outputs::default();
    outputs.set(key, text.as_str());
    (text, outputs)
}

async fn prompt(preview: &Preview) -> Result<(String, Outputs), Stop> {
    let prompt = preview.prompt().await?;
    let mut outputs = Outputs::default();
    outputs.set("template", prompt.template);
    outputs.set("kind", preview.kind().name());
    outputs.set("lang", preview.lang().code());
    outputs.set("left_out", prompt.left_out);
    outputs.set("threads_left_out", prompt.threads_left_out);
    outputs.set("cut", prompt.cut);
    outputs.set("prompt", prompt.text.as_str());
    Ok((prompt.text, outputs))
}

/// The text alone, or with what is known about it where `-o` asks for that.
fn print(call: &Call, mut text: String, outputs: &Outputs) -> Result<String, CommandError> {
    if call.settings.choice("output")? != Some("plain") {
        return call.render(outputs);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let text = call.redactor.redact(&text);
    // In a workflow's log a line that somebody wrote into an issue must not be taken for a command; in a file it is just a line.
    Ok(if call.settings.in_github_actions() && !into_file() {
        let word = random_word();
        format!("::stop-commands::{word}\n{text}::{word}::\n")
    } else {
        text.into_owned()
    })
}

/// Whether standard output is a file.
fn into_file() -> bool {
    rustix::fs::fstat(std::io::stdout())
        .is_ok_and(|found| rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::RegularFile)
}
