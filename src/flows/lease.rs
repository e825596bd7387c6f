//! Holds a slot's lease while a run lasts: taken or waited for, renewed in the background, given back at the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::cancel::Cancel;
use super::run::Hands;
use super::stop::Stop;
use crate::slots::lease::{self, Holder, Outcome, RENEW_EVERY, Taker};
use crate::slots::{Error, Record, Store};
use crate::ui::{Level, Note};

/// How often a waiting run asks again, and a holder looks whether it is asked to end; both shall be seen soon, and a file is cheap to read.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// A lease that is held.
pub struct Held {
    store: Arc<dyn Store>,
    slot: u32,
    holder: Holder,
    renewing: JoinHandle<()>,
}

/// What came of asking.
pub(super) enum Asked {
    /// We have it.
    Held(Held),
    /// Another run has it and was not waited for.
    Busy {
        /// Who it is.
        holder: String,
        /// The flow that it runs.
        flow: String,
    },
    /// The slot is gone.
    Gone,
}

/// Asks for the lease of a slot. Another flow's run is waited for unless `wait` is off; the same flow's never is.
///
/// # Errors
/// The store fails, or the run is interrupted while it waits.
pub(super) async fn take(
    hands: &Hands,
    store: &Arc<dyn Store>,
    record: &Record,
    holder: Holder,
    wait: bool,
    cancel: &Cancel,
) -> Result<Asked, Stop> {
    let mut taker = Taker::new(record.slot, holder.clone());
    loop {
        match taker.ask(store.as_ref(), hands.clock.as_ref()).await.map_err(Stop::failed)? {
            Outcome::Taken => break,
            Outcome::TakenOver { from, why } => {
                hands.ui.note(&Note::new(
                    Level::Info,
                    format!("slot {} was left by {from} ({why}): going on with it", record.slot),
                ));
                break;
            }
            Outcome::Gone => return Ok(Asked::Gone),
            Outcome::Busy { holder: other, flow, .. } if !wait || flow == holder.flow => {
                return Ok(Asked::Busy { holder: other, flow });
            }
            Outcome::Busy { holder: other, flow, .. } => {
                hands.ui.progress(&format!("waiting for slot {}: {other} runs {flow} there", record.slot));
                tokio::select! {
                    () = tokio::time::sleep(ASK_EVERY) => {}
                    () = cancel.cancelled() => return Err(Stop::Interrupted),
                }
            }
        }
    }
    Ok(Asked::Held(hold(hands, store, record.slot, &holder, cancel)))
}

/// Keeps a lease that was just taken.
pub(super) fn hold(hands: &Hands, store: &Arc<dyn Store>, slot: u32, holder: &Holder, cancel: &Cancel) -> Held {
    let renewing = renew(hands.clone(), Arc::clone(store), slot, holder.clone(), cancel.clone());
    Held { store: Arc::clone(store), slot, holder: holder.clone(), renewing }
}

/// Renews until the lease is lost; then the run ends, because another one works in its tree now.
fn renew(hands: Hands, store: Arc<dyn Store>, slot: u32, holder: Holder, cancel: Cancel) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut renewed = Instant::now();
        let mut told = false;
        loop {
            tokio::time::sleep(ASK_EVERY).await;
            // A store that can't be read for a moment is asked again.
            let asked = lease::asked_to_end(store.as_ref(), slot, &holder).await.ok().flatten();
            if let Some(who) = asked.filter(|_| !told) {
                told = true;
                hands
                    .ui
                    .note(&Note::new(Level::Notice, format!("slot {slot} is being cleaned up ({who}): this run ends")));
                cancel.cancel();
            }
            if renewed.elapsed() < RENEW_EVERY {
                continue;
            }
            renewed = Instant::now();
            match lease::renew(store.as_ref(), hands.clock.as_ref(), slot, &holder).await {
                Ok(()) => {}
                Err(lost @ Error::LeaseLost { .. }) => {
                    hands.ui.note(&Note::new(Level::Error, lost.to_string()));
                    cancel.cancel();
                    return;
                }
                // A store that can't be written for a moment: three more tries fit into the lease.
                Err(error) => hands.ui.note(&Note::new(Level::Warning, format!("the lease was not renewed: {error}"))),
            }
        }
    })
}

impl Held {
    /// Whether it is still ours.
    ///
    /// # Errors
    /// Another run has it.
    pub(super) async fn check(&self) -> Result<(), Stop> {
        lease::check(self.store.as_ref(), self.slot, &self.holder).await.map_err(Stop::failed)
    }

    /// Gives it back.
    pub(super) async fn release(self, hands: &Hands) {
        self.renewing.abort();
        if let Err(error) = lease::release(self.store.as_ref(), self.slot, &self.holder).await {
            let slot = self.slot;
            let text = format!("the lease of slot {slot} was not given back, the next run takes it over: {error}");
            hands.ui.note(&Note::new(Level::Warning, text));
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}
