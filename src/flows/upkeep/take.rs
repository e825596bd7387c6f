//! Takes a slot from whoever works there: asked to end, then waited for, for a while.

use std::time::{Duration, Instant};

use super::{Upkeep, slot_name};
use crate::agent::verdict::Outcome as Word;
use crate::cli::Exit;
use crate::flows::lease::{Held, hold};
use crate::flows::stop::Stop;
use crate::policy::triggers::Flow;
use crate::slots::Record;
use crate::slots::lease::{Outcome, Taker, ask_to_end};
use crate::ui::Level;

use super::remains::Remains as _;

/// How often it is looked whether the other has ended.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a run may take to end once it is asked: it lets a push end and saves its work.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A run on this machine that does not hear us loses its agent after this time.
const DEAF: Duration = Duration::from_secs(90);

/// How long a lease is watched that may be a dead run's: a little longer than it lives without a sign of life.
const WATCH: Duration = Duration::from_secs(150);

/// What happens to whoever works on the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is asked to end and waited for.
    AskToEnd,
    /// It is left alone; a lease that shows no sign of life is taken.
    Watch,
    /// It is left alone.
    None,
}

/// What came of asking.
pub enum Take {
    /// The slot is ours; none where a dry run only looked.
    Held(Option<Held>),
    /// Another run works there.
    Busy {
        /// Who it is.
        holder: String,
        /// The flow that it runs.
        flow: String,
    },
    /// The slot is gone.
    Gone,
}

/// Takes the lease of a slot.
///
/// # Errors
/// The other does not end, the record can't be read or written, or this work is interrupted while it waits.
pub async fn take(upkeep: &Upkeep, record: &Record, patience: Patience) -> Result<Take, Stop> {
    let (store, clock) = (upkeep.store.as_ref(), upkeep.hands.clock.as_ref());
    let mut taker = Taker::new(record.slot, upkeep.holder.clone());
    let (began, mut deaf) = (Instant::now(), false);
    loop {
        let (holder, flow) = match taker.ask(store, clock).await.map_err(Stop::failed)? {
            Outcome::Gone => return Ok(Take::Gone),
            Outcome::Taken | Outcome::TakenOver { .. } if upkeep.dry => return Ok(Take::Held(None)),
            Outcome::TakenOver { from, why } => {
                upkeep.say(Level::Info, format!("{} was left by {from} ({why})", slot_name(record)));
                return Ok(Take::Held(Some(hold(
                    &upkeep.hands,
                    &upkeep.store,
                    record.slot,
                    &upkeep.holder,
                    &upkeep.cancel,
                ))));
            }
            Outcome::Taken => {
                return Ok(Take::Held(Some(hold(
                    &upkeep.hands,
                    &upkeep.store,
                    record.slot,
                    &upkeep.holder,
                    &upkeep.cancel,
                ))));
            }
            Outcome::Busy { holder, flow, .. } => (holder, flow),
        };
        let bound = match patience {
            Patience::AskToEnd => PATIENCE,
            Patience::Watch if !upkeep.dry => WATCH,
            Patience::Watch | Patience::None => return Ok(Take::Busy { holder, flow }),
        };
        if upkeep.dry {
            upkeep.hands.plan.add_state(format!("ask {holder} to end its {flow} on {}", slot_name(record)));
            return Ok(Take::Held(None));
        }
        if began.elapsed() > bound {
            if patience == Patience::Watch {
                return Ok(Take::Busy { holder, flow });
            }
            return Err(Stop::Failed {
                verdict: Word::TimedOut,
                why: too_long(record, &holder, &flow),
                exit: Exit::TimedOut,
                secret: false,
            });
        }
        if patience == Patience::AskToEnd {
            // Who cleans up is soon done by itself.
            if ![Flow::Cleanup.name(), Flow::Gc.name()].contains(&flow.as_str()) {
                ask_to_end(store, record.slot, &upkeep.holder.id).await.map_err(Stop::failed)?;
            }
            if began.elapsed() > DEAF && !deaf {
                deaf = true;
                upkeep.remains().end_work(record).await?;
            }
        }
        upkeep.hands.ui.progress(&format!("waiting for {}: {holder} runs {flow} there", slot_name(record)));
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = upkeep.cancel.cancelled() => return Err(Stop::Interrupted),
        }
    }
}

fn too_long(record: &Record, holder: &str, flow: &str) -> String {
    format!(
        "{} is held by {holder}, which runs {flow} there and did not end within {} minutes of being asked to: end it (cancel its \
         workflow run), then start this again",
        slot_name(record),
        PATIENCE.as_secs() / 60
    )
}
