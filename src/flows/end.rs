//! How a run ends, well or not: the last word on the issue, the trigger label, saved work, and a slot that goes.

use super::loading;
use super::progress;
use super::run::Run;
use super::stop::Stop;
use super::upkeep::{OnThisMachine, Remains as _};
use crate::agent::verdict::Outcome;
use crate::github::{Error, Thread};
use crate::policy::labels;
use crate::report::comments::Ending;
use crate::slots::Record;
use crate::ui::Level;

/// Says on GitHub how the run ended and takes the trigger label off; one that GitHub does not let us take off is told there, too.
/// `stop` is what ended the run, where it did not end well. False where the conversation is locked.
///
/// # Errors
/// The comment could not be written.
pub(super) async fn tell(run: &mut Run, stop: Option<&Stop>) -> Result<bool, Stop> {
    let ending = ending(run, stop);
    run.found.secret = matches!(stop, Some(Stop::Failed { secret: true, .. }));
    let reason = match stop {
        Some(stop @ (Stop::Failed { .. } | Stop::Usage(_) | Stop::Config { .. } | Stop::Gate { .. })) => stop.why(),
        Some(Stop::Interrupted) | None => {
            run.found.verdict.as_ref().map(|verdict| verdict.reason.clone()).filter(|reason| !reason.is_empty())
        }
    };
    let trigger = run.flow.label_taken_off();
    let label =
        run.about.issue_labels().iter().find(|label| trigger.is_some_and(|trigger| labels::same(label, trigger)));
    if let (Some(label), Some(number)) = (label.cloned(), run.about.issue_number()) {
        match run.hands.github.remove_label(&Thread::Issue(number), &label).await {
            Ok(()) => run.found.label_stays = None,
            // The outbox is ours to write.
            Err(error @ (Error::Interrupted { .. } | Error::Outbox { .. })) => return Err(Stop::failed(error)),
            Err(error) => {
                let take = format!("take the label {label} off issue #{number} by hand");
                run.say(Level::Warning, format!("{error}; {take} before you set it again"));
                run.found.label_stays = Some(label);
            }
        }
    }
    // Last, because it is what tells a rerun that nothing is left to do.
    progress::write(run, Some((ending, reason))).await
}

/// The same after a failure, where nothing more can be done than to warn.
pub(super) async fn tell_failure(run: &mut Run, stop: &Stop) {
    if !run.found.told_early && !run.rows.iter().any(|row| row.name == super::steps::acknowledge::NAME) {
        return; // Nothing was begun that GitHub shows.
    }
    if run.found.project.is_empty() {
        // Before services.yaml was fetched the one in the work tree tells the project, by which the next run finds this comment.
        run.found.project = loading::project_in_work_tree(run).unwrap_or_default();
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
pub(super) async fn destroy(run: &Run, record: &Record) {
    let remains = OnThisMachine { workplace: &run.workplace, place: run.hands.place.as_ref() };
    if let Err(stop) = remains.remove(record).await {
        run.say(Level::Warning, stop.headline());
        return;
    }
    let Some(store) = &run.found.store else { return };
    if let Err(error) = store.remove(record.slot).await {
        run.say(Level::Warning, error.to_string());
    }
}
