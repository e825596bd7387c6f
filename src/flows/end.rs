//! How a run ends, well or not: the last word on the issue, the trigger label, saved work, and a slot that goes.

use super::progress;
use super::run::Run;
use super::stop::Stop;
use crate::agent::verdict::Outcome;
use crate::github::Thread;
use crate::policy::labels;
use crate::report::comments::Ending;
use crate::ui::Level;

/// Says on GitHub how the run ended and takes the trigger label off. `stop` is what ended it, where it did not end well.
///
/// # Errors
/// The comment or the label could not be written.
pub(super) async fn tell(run: &mut Run, stop: Option<&Stop>) -> Result<(), Stop> {
    let ending = ending(run, stop);
    let reason = match stop {
        Some(stop @ (Stop::Failed { .. } | Stop::Usage(_) | Stop::Config { .. } | Stop::Gate { .. })) => stop.why(),
        Some(Stop::Interrupted) | None => {
            run.found.verdict.as_ref().map(|verdict| verdict.reason.clone()).filter(|reason| !reason.is_empty())
        }
    };
    let label = run.issue.labels.iter().find(|label| labels::same(label, labels::DEV)).cloned();
    if let Some(label) = label {
        run.hands.github.remove_label(&Thread::Issue(run.issue.number), &label).await.map_err(Stop::failed)?;
    }
    // Last, because it is what tells a rerun that nothing is left to do.
    progress::write(run, Some((ending, reason))).await
}

/// The same after a failure, where nothing more can be done than to warn.
pub(super) async fn tell_failure(run: &mut Run, stop: &Stop) {
    if !run.rows.iter().any(|row| row.name == super::steps::acknowledge::NAME) {
        return; // Nothing was begun that GitHub shows.
    }
    if let Err(error) = tell(run, Some(stop)).await {
        run.say(Level::Warning, format!("the issue was not told: {}", error.headline()));
    }
}

/// The word for comments, outputs and summary.
pub(super) fn ending(run: &Run, stop: Option<&Stop>) -> Ending {
    match stop {
        Some(Stop::Interrupted) => Ending::Interrupted,
        Some(Stop::Usage(_) | Stop::Config { .. } | Stop::Gate { .. }) => Outcome::Failed.into(),
        Some(Stop::Failed { verdict, .. }) => (*verdict).into(),
        // In a dry run nobody worked, and what is shown is the good end.
        None => run.found.verdict.as_ref().map_or(Outcome::Done, |verdict| verdict.outcome).into(),
    }
}

/// Removes a slot: its folders first, the record last, so that a cut is found again.
pub(super) async fn destroy(run: &Run, slot: u32) {
    let folders = [run.slot_folder(), run.workplace.state.join("publish").join(run.clone_name())];
    for folder in folders {
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            run.say(Level::Warning, format!("can't remove {}: {error}", folder.display()));
            return;
        }
    }
    let Some(store) = &run.found.store else { return };
    if let Err(error) = store.remove(slot).await {
        run.say(Level::Warning, error.to_string());
    }
}
