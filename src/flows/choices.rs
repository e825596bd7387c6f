//! Which model and how much effort: asked of everybody who may have a say.

use super::options::Given;
use super::run::Run;
use super::stop::Stop;
use crate::policy::models::{Choice, Effort, ModelError, Says, choose_effort, choose_model};
use crate::ui::Level;

/// What was chosen; none leaves it to config.toml, then to Codex.
#[derive(Debug, Clone, Default)]
pub(super) struct Choices {
    /// The model.
    pub model: Option<Choice<String>>,
    /// The effort.
    pub effort: Option<Choice<Effort>>,
}

/// Chooses and warns where labels disagree.
///
/// # Errors
/// A choice that can't be used; the message names who made it.
pub(super) fn choose(run: &mut Run) -> Result<(), Stop> {
    let codex = run.stack.as_ref().map(|stack| stack.stack.codex.clone()).unwrap_or_default();
    let model = choose_model(&says(&run.issue.labels, &run.options.model, codex.model.as_deref()));
    let effort = codex.model_reasoning_effort.map(Effort::name);
    let effort = choose_effort(&says(&run.issue.labels, &run.options.effort, effort));
    let usage = |error: ModelError| Stop::Usage(error.to_string());
    let (model, effort) = (model.map_err(usage)?, effort.map_err(usage)?);
    for warning in model.warnings.iter().chain(&effort.warnings) {
        run.say(Level::Warning, warning.clone());
    }
    run.choices = Choices { model: model.choice, effort: effort.choice };
    Ok(())
}

/// Everybody's word, in the order of spec 4.4.
fn says<'a>(labels: &'a [String], given: &'a Given, file: Option<&'a str>) -> Says<'a> {
    Says {
        flag: given.flag.as_deref(),
        issue_labels: labels,
        pull_labels: &[],
        variable: given.variable.as_deref(),
        file,
    }
}
