//! Who works on a slot: taking, renewing, checking and giving back its lease (spec 5.4).
//!
//! Clocks of two machines differ, so no time that another one wrote is compared with ours: a lease has expired when *we* have seen it
//! unchanged for two minutes on our own clock.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Error, Lease, Record, Store};
use crate::clock::Clock;

/// How often a holder renews its lease.
pub const RENEW_EVERY: Duration = Duration::from_secs(30);

/// How long a lease may stay unchanged before another run takes it: three renewals may get lost.
pub const EXPIRES_AFTER: TimeDelta = TimeDelta::minutes(2);

/// Whoever asks for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Run id and attempt as in `1234-2`, with `-post` behind it for whoever takes back what that run left, or `manual-<host>-<pid>`.
    pub id: String,
    /// The flow that it runs.
    pub flow: String,
    /// This machine's name: of a process on it we can see whether it lives.
    pub host: String,
}

impl Holder {
    /// The lease as this holder writes it over `before`: what it was asked for in its own lease stays.
    fn lease(&self, before: Option<&Lease>, now: DateTime<Utc>) -> Lease {
        let stop = before.filter(|lease| lease.holder == self.id).and_then(|lease| lease.stop.clone());
        Lease { holder: self.id.clone(), renewed_at: later(before, now), flow: self.flow.clone(), stop }
    }
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody had it, or we had it ourselves.
    Taken,
    /// It was taken from one who doesn't need it any more.
    TakenOver {
        /// Who had it.
        from: String,
        /// Why it could be taken, as a sentence part: `its process is gone`.
        why: &'static str,
    },
    /// Another run is at work.
    Busy {
        /// Who it is.
        holder: String,
        /// The flow that it runs.
        flow: String,
        /// From when on it can be taken, by our clock, if it shows no sign of life till then.
        until: DateTime<Utc>,
    },
    /// The slot has no record any more.
    Gone,
}

/// Asks for the lease of one slot, and remembers what it saw of another holder. Keep one for as long as you wait.
#[derive(Debug)]
pub struct Taker {
    slot: u32,
    holder: Holder,
    /// The other's lease as we saw it last, and when we saw it change.
    seen: Option<(Lease, DateTime<Utc>)>,
}

impl Taker {
    /// For this slot and this holder.
    pub fn new(slot: u32, holder: Holder) -> Self {
        Self { slot, holder, seen: None }
    }

    /// Asks once. While it answers [`Outcome::Busy`], ask again later, at least every [`RENEW_EVERY`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ask(&mut self, store: &dyn Store, clock: &dyn Clock) -> Result<Outcome, Error> {
        let now = clock.now();
        let mut outcome = Outcome::Gone;
        let slot = self.slot;
        let mut change = |record: &mut Record| {
            outcome = self.decide(record.lease.as_ref(), now);
            if !matches!(outcome, Outcome::Busy { .. }) {
                record.lease = Some(self.holder.lease(record.lease.as_ref(), now));
            }
            Ok(())
        };
        match store.change(slot, &mut change).await? {
            Some(_) => Ok(outcome),
            None => Ok(Outcome::Gone),
        }
    }

    fn decide(&mut self, lease: Option<&Lease>, now: DateTime<Utc>) -> Outcome {
        let Some(lease) = lease.filter(|lease| lease.holder != self.holder.id) else { return Outcome::Taken };
        let over = |why| Outcome::TakenOver { from: lease.holder.clone(), why };
        if let Some(why) = gives_way(&lease.holder, &self.holder.id, &self.holder.host) {
            return over(why);
        }
        // A clock that was set back would keep a dead lease for as long again: then the two minutes start anew.
        // That somebody asks the holder to end is no sign of its life.
        let same = |seen: &Lease| seen.holder == lease.holder && seen.renewed_at == lease.renewed_at;
        let since = match &self.seen {
            Some((seen, since)) if same(seen) && *since <= now => *since,
            _ => now,
        };
        self.seen = Some((lease.clone(), since));
        let until = since + EXPIRES_AFTER;
        if now >= until {
            return over("it has shown no sign of life for two minutes");
        }
        Outcome::Busy { holder: lease.holder.clone(), flow: lease.flow.clone(), until }
    }
}

/// Says that the holder is alive. Call it every [`RENEW_EVERY`], and before anything that can't be taken back.
///
/// # Errors
/// [`Error::LeaseLost`] when another run has it or the record is gone, else those of the store.
pub async fn renew(store: &dyn Store, clock: &dyn Clock, slot: u32, holder: &Holder) -> Result<(), Error> {
    let now = clock.now();
    let mut change = |record: &mut Record| {
        own(record, holder)?;
        record.lease = Some(holder.lease(record.lease.as_ref(), now));
        Ok(())
    };
    match store.change(slot, &mut change).await? {
        Some(_) => Ok(()),
        None => Err(lost(slot, "nobody (its record is gone)")),
    }
}

/// Asks whoever has the lease to end, in the name of `who`. Nobody, or `who` itself, is not asked.
///
/// # Errors
/// Those of the store.
pub async fn ask_to_end(store: &dyn Store, slot: u32, who: &str) -> Result<(), Error> {
    let mut change = |record: &mut Record| {
        if let Some(lease) = record.lease.as_mut().filter(|lease| lease.holder != who) {
            lease.stop = Some(who.to_owned());
        }
        Ok(())
    };
    store.change(slot, &mut change).await.map(drop)
}

/// Who asks this holder to end, if anybody does.
///
/// # Errors
/// Those of the store.
pub async fn asked_to_end(store: &dyn Store, slot: u32, holder: &Holder) -> Result<Option<String>, Error> {
    let records = store.list().await?;
    let lease = records.into_iter().find(|record| record.slot == slot).and_then(|record| record.lease);
    Ok(lease.filter(|lease| lease.holder == holder.id).and_then(|lease| lease.stop))
}

/// Whether the holder still has the lease, without touching it.
///
/// # Errors
/// As [`renew`].
pub async fn check(store: &dyn Store, slot: u32, holder: &Holder) -> Result<(), Error> {
    match store.list().await?.iter().find(|record| record.slot == slot) {
        Some(record) => own(record, holder),
        None => Err(lost(slot, "nobody (its record is gone)")),
    }
}

/// Gives the lease back. One that another run took meanwhile, or a record that is gone, is fine.
///
/// # Errors
/// Those of the store.
pub async fn release(store: &dyn Store, slot: u32, holder: &Holder) -> Result<(), Error> {
    let mut change = |record: &mut Record| {
        if own(record, holder).is_ok() {
            record.lease = None;
        }
        Ok(())
    };
    store.change(slot, &mut change).await.map(drop)
}

fn own(record: &Record, holder: &Holder) -> Result<(), Error> {
    match &record.lease {
        Some(lease) if lease.holder == holder.id => Ok(()),
        Some(lease) => Err(lost(record.slot, &lease.holder)),
        None => Err(lost(record.slot, "nobody (its lease was given back)")),
    }
}

fn lost(slot: u32, holder: &str) -> Error {
    Error::LeaseLost { slot, holder: holder.to_owned() }
}

/// A time that differs from the last one: a renewal has to be seen, even on a clock that was set back.
fn later(lease: Option<&Lease>, now: DateTime<Utc>) -> DateTime<Utc> {
    match lease {
        Some(lease) if lease.renewed_at >= now => lease.renewed_at + TimeDelta::milliseconds(1),
        _ => now,
    }
}

/// The ending of a holder that takes back what a run left.
const POST: &str = "-post";

/// The holder that takes back what this run left: it takes the run's leases at once, and a later attempt takes its.
pub fn post_of(run: &str) -> String {
    format!("{run}{POST}")
}

/// Why `other` need not be waited for by the holder `id` on the machine `host`, if there is a reason.
pub fn gives_way(other: &str, id: &str, host: &str) -> Option<&'static str> {
    let gone = || process_on(host, other).is_some_and(is_dead).then_some("its process is gone");
    supersedes(id, other).or_else(gone)
}

/// Why one holder takes over from another at once: it is a later attempt of the same run of GitHub Actions, or comes after its end.
fn supersedes(one: &str, other: &str) -> Option<&'static str> {
    let read = |id: &str| -> Option<(u64, u64, bool)> {
        let (id, post) = id.strip_suffix(POST).map_or((id, false), |id| (id, true));
        let (run, attempt) = id.split_once('-')?;
        Some((run.parse().ok()?, attempt.parse().ok()?, post))
    };
    let ((run, attempt, post), (same, earlier, earlier_post)) = (read(one)?, read(other)?);
    if run != same {
        return None;
    }
    if attempt > earlier {
        return Some("it is an earlier attempt of this run");
    }
    (attempt == earlier && post && !earlier_post).then_some("its step has ended")
}

/// The process of a `manual-<host>-<pid>` holder, where the host is this one. A host's name may hold hyphens.
fn process_on(host: &str, holder: &str) -> Option<i32> {
    let (named, pid) = holder.strip_prefix("manual-")?.rsplit_once('-')?;
    if named == host { pid.parse().ok().filter(|pid| *pid > 0) } else { None }
}

/// Whether there is no such process any more. One that ended and waits for its parent to notice is gone, too: in a container
/// nobody may ever notice.
fn is_dead(pid: i32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let Some(process) = Pid::from_raw(pid) else { return false };
    if test_kill_process(process) == Err(rustix::io::Errno::SRCH) {
        return true;
    }
    // The state is the first word behind the name, which stands in parentheses and may hold some itself (man 5 proc).
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('Z' | 'X'))
}

#[cfg(test)]
mod tests;
