//! Which model and how much effort: asked of everybody who may have a say.

use super::options::Given;
use super::run::Run;
use super::stop::Stop;
use crate::policy::models::{Choice, Effort, ModelError, Origin, Says, choose_effort, choose_model};
use crate::stack::Codex;
use crate::ui::Level;

/// What was chosen; none leaves it to config.toml, then to Codex.
#[derive(Debug, Clone, Default)]
pub(super) struct Choices {
    /// The model.
    pub model: Option<Choice<String>>,
    /// The effort.
    pub effort: Option<Choice<Effort>>,
}

/// Chooses for a run and warns where labels disagree.
///
/// # Errors
/// A choice that can't be used; the message names who made it.
pub(super) fn choose(run: &mut Run) -> Result<(), Stop> {
    let codex = run.found.stack.as_ref().map(|stack| &stack.stack.codex);
    let (choices, warnings) =
        of(run.about.issue_labels(), run.about.pull_labels(), &run.options.model, &run.options.effort, codex)
            .map_err(Stop::Usage)?;
    for warning in warnings {
        run.say(Level::Warning, warning);
    }
    run.found.choices = choices;
    Ok(())
}

/// Looks at what flags and variables say, as far as no label says otherwise: that takes no file.
///
/// # Errors
/// A sentence: a choice that can't be used, and who made it. Wrong labels are told later, on the issue.
pub(super) fn check_given(run: &Run) -> Result<(), String> {
    let labels = (run.about.issue_labels(), run.about.pull_labels());
    let says = |given| Says { issue_labels: labels.0, pull_labels: labels.1, ..says(given, None) };
    let wrong = [choose_model(&says(&run.options.model)).err(), choose_effort(&says(&run.options.effort)).err()];
    let given = wrong.into_iter().flatten().find(|error| {
        let (ModelError::Model { from, .. } | ModelError::Effort { from, .. }) = error;
        matches!(from, Origin::Flag(_) | Origin::Variable(_))
    });
    given.map_or(Ok(()), |error| Err(error.to_string()))
}

/// Chooses by labels of issue and pull request, by what was given, and by services.yaml. Gives warnings too.
///
/// # Errors
/// A sentence: a choice that can't be used, and who made it.
pub(super) fn of(
    issue_labels: &[String],
    pull_labels: &[String],
    model: &Given,
    effort: &Given,
    codex: Option<&Codex>,
) -> Result<(Choices, Vec<String>), String> {
    let says = |given, file| Says { issue_labels, pull_labels, ..says(given, file) };
    let model = choose_model(&says(model, codex.and_then(|codex| codex.model.as_deref())));
    let of_file = codex.and_then(|codex| codex.model_reasoning_effort).map(Effort::name);
    let effort = choose_effort(&says(effort, of_file));
    let text = |error: ModelError| error.to_string();
    let (model, mut effort) = (model.map_err(text)?, effort.map_err(text)?);
    let mut warnings = model.warnings;
    warnings.append(&mut effort.warnings);
    Ok((Choices { model: model.choice, effort: effort.choice }, warnings))
}

/// Flag, variable and file; labels stand between them (spec 4.4).
fn says<'a>(given: &'a Given, file: Option<&'a str>) -> Says<'a> {
    Says { flag: given.flag.as_deref(), variable: given.variable.as_deref(), file, ..Says::default() }
}
