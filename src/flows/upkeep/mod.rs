//! Slots beyond a run: which there are, whose they are, and their end. Flows and commands share it.

mod branches; // branches of an issue that are no longer needed
mod comment; // the comment with a slot's links, and its last word
mod find; // which slots an issue, a pull request or a number has
mod free; // waiting until a slot is free
mod old; // slots that nobody needs any more
mod remains; // what a slot has beyond its record
mod save; // unfinished work is kept before its slot goes
mod take; // a slot's lease, and the end of whoever works there
mod untold; // last words that GitHub did not take, for later

use std::sync::Arc;
use std::time::Duration;

use super::cancel::Cancel;
use super::lease::Held;
use super::run::Hands;
use super::stop::Stop;
use super::workplace::Workplace;
use crate::agent::verdict::Outcome;
use crate::report::Lang;
use crate::settings::Settings;
use crate::slots::lease::Holder;
use crate::slots::{Phase, Record, Store};
use crate::stack::Publish;
use crate::ui::{Level, Note};

pub use branches::{Branches, issue_of, sweep};
pub use comment::{Links, body};
pub use find::{Found, Given, PullSeen, given, of};
pub use free::FreeSlot;
pub use old::{Old, old};
pub use remains::{OnThisMachine, Remains};
pub use save::unfinished;
pub use take::{Patience, Take, take};

pub use crate::report::comments::Because;

/// What work on slots needs, in a run or in a command of its own.
#[derive(Clone)]
pub struct Upkeep {
    /// Everything through which it touches the world.
    pub hands: Hands,
    /// The records.
    pub store: Arc<dyn Store>,
    /// The folders.
    pub workplace: Workplace,
    /// `owner/name`.
    pub repo: String,
    /// `project` of services.yaml.
    pub project: String,
    /// `publish` of services.yaml: what stays behind and how much may leave also where unfinished work is saved.
    pub publish: Publish,
    /// In whose name leases are taken.
    pub holder: Holder,
    /// The language of comments.
    pub lang: Lang,
    /// The run's page, where it has one.
    pub run_url: Option<String>,
    /// Whether only to say what would be done.
    pub dry: bool,
    /// Asks the work to end.
    pub cancel: Cancel,
}

/// A slot that is being destroyed: its lease is held until its record is gone.
pub struct Going {
    /// Its record.
    pub record: Record,
    /// Why it goes.
    pub because: Because,
    /// Its lease; none in a dry run.
    held: Option<Held>,
}

/// A slot that may be destroyed.
pub struct Candidate {
    /// Its record.
    pub record: Record,
    /// Why it goes.
    pub because: Because,
    /// What happens to whoever works there.
    pub patience: Patience,
}

/// What became of last words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// So many comments were written.
    pub written: usize,
    /// So many were refused.
    pub refused: usize,
}

/// How far the removal of slots is.
#[derive(Default)]
pub struct Removal {
    /// Those that shall go.
    pub candidates: Vec<Candidate>,
    /// Those that go, and are held.
    pub going: Vec<Going>,
    /// Those that are gone.
    pub gone: Vec<Record>,
    /// What went wrong with one of them; the others went on.
    pub failures: Vec<Stop>,
    /// Whether somebody was asked to end, who may have pushed work, or work was saved here.
    pub disturbed: bool,
    /// `publish` of services.yaml, for work that is saved.
    pub publish: Publish,
}

impl Removal {
    /// Takes the candidates and saves unfinished work. What goes wrong with one is kept for the end.
    ///
    /// # Errors
    /// The work is interrupted.
    pub async fn begin(&mut self, upkeep: &Upkeep, settings: &Settings) -> Result<(), Stop> {
        for Candidate { record, because, patience } in std::mem::take(&mut self.candidates) {
            if upkeep.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            self.disturbed |= record.lease.is_some();
            let going = match upkeep.begin(&record, because, patience).await {
                Ok(None) => continue,
                Ok(Some(going)) => going,
                Err(stop) => {
                    self.failed(upkeep, stop)?;
                    continue;
                }
            };
            // Where the work is over, nobody will go on with what is unfinished of it.
            let over = matches!(because, Because::Merged | Because::Closed);
            let saved = if over { Ok(None) } else { unfinished(upkeep, settings, &going.record).await };
            match saved {
                Ok(saved) => {
                    self.disturbed |= saved.is_some();
                    self.going.push(going);
                }
                Err(stop) => {
                    going.release(&upkeep.hands).await;
                    self.failed(upkeep, stop)?;
                }
            }
        }
        Ok(())
    }

    /// Removes everything that the slots have but their records.
    ///
    /// # Errors
    /// The work is interrupted.
    pub async fn destroy(&mut self, upkeep: &Upkeep) -> Result<(), Stop> {
        for going in std::mem::take(&mut self.going) {
            match upkeep.destroy(&going).await {
                Ok(()) => self.going.push(going),
                Err(stop) => {
                    going.release(&upkeep.hands).await;
                    self.failed(upkeep, stop)?;
                }
            }
        }
        Ok(())
    }

    /// Gives the comments about the environments their last word, also those of earlier work that GitHub did not take. One that can't
    /// be written keeps no slot: it is kept for later.
    pub async fn tell(&mut self, upkeep: &Upkeep) -> Told {
        let (mut told, failures) = untold::mend(upkeep).await;
        self.failures.extend(failures);
        for going in &self.going {
            let comment = match comment::gone_word(upkeep, going) {
                Ok(Some(comment)) => comment,
                Ok(None) => continue,
                Err(stop) => {
                    self.failures.push(stop);
                    continue;
                }
            };
            match comment::put(upkeep, &comment).await {
                Ok(there) => told.written += usize::from(there),
                Err(error) => {
                    told.refused += 1;
                    self.failures.extend(untold::keep(upkeep, &going.record, comment, &error));
                }
            }
        }
        told
    }

    /// Removes the records, or keeps them as those of empty slots.
    ///
    /// # Errors
    /// The work is interrupted.
    pub async fn forget(&mut self, upkeep: &Upkeep, kept: bool) -> Result<(), Stop> {
        for going in std::mem::take(&mut self.going) {
            let record = going.record.clone();
            match upkeep.forget(going, kept).await {
                Ok(()) => self.gone.push(record),
                Err(stop) => self.failed(upkeep, stop)?,
            }
        }
        Ok(())
    }

    /// Remembers what went wrong, and says it now: what follows may take long.
    fn failed(&mut self, upkeep: &Upkeep, stop: Stop) -> Result<(), Stop> {
        if matches!(stop, Stop::Interrupted) {
            return Err(stop);
        }
        upkeep.say(Level::Warning, stop.headline());
        self.failures.push(stop);
        Ok(())
    }

    /// What went wrong, as one.
    ///
    /// # Errors
    /// Anything did.
    pub fn end(&mut self) -> Result<(), Stop> {
        let mut failures = std::mem::take(&mut self.failures);
        if failures.len() < 2 {
            return failures.pop().map_or(Ok(()), Err);
        }
        let exit = failures[0].exit();
        let why: Vec<String> = failures.iter().map(Stop::headline).collect();
        Err(Stop::Failed { verdict: Outcome::Failed, why: why.join("\n"), exit, secret: false })
    }
}

impl Upkeep {
    /// The records of this repository in these environments, or in all where none is named.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn records(&self, envs: &[String]) -> Result<Vec<Record>, Stop> {
        let here = |record: &Record| {
            record.repo.eq_ignore_ascii_case(&self.repo) && (envs.is_empty() || envs.contains(&record.env))
        };
        Ok(self.store.list().await.map_err(Stop::failed)?.into_iter().filter(here).collect())
    }

    /// What slots of this runtime have beyond their records.
    pub fn remains(&self) -> OnThisMachine<'_> {
        OnThisMachine { workplace: &self.workplace, place: self.hands.place.as_ref() }
    }

    /// Takes the slot's lease and ends whoever works there; none where the slot is gone, or busy and not to be waited for.
    ///
    /// # Errors
    /// Whoever works there does not end, or the record can't be written.
    pub async fn begin(&self, record: &Record, because: Because, patience: Patience) -> Result<Option<Going>, Stop> {
        let name = slot_name(record);
        match take(self, record, patience).await? {
            Take::Gone => {
                self.say(Level::Info, format!("{name} is gone already"));
                Ok(None)
            }
            Take::Busy { holder, flow } => {
                self.say(Level::Notice, format!("{name} stays: {holder} runs {flow} there"));
                Ok(None)
            }
            Take::Held(held) => {
                // The record as it is now: whoever worked there may have written to it.
                let now = self.store.list().await.map_err(Stop::failed)?.into_iter();
                let Some(record) = now.into_iter().find(|now| now.slot == record.slot) else { return Ok(None) };
                if !self.dry {
                    self.remains().end_work(&record).await?;
                }
                Ok(Some(Going { record, because, held }))
            }
        }
    }

    /// Removes everything that the slot has but its record.
    ///
    /// # Errors
    /// Another run has the slot by now, or something can't be removed.
    pub async fn destroy(&self, going: &Going) -> Result<(), Stop> {
        if self.dry {
            for what in self.remains().list(&going.record) {
                self.hands.plan.add_state(format!("remove {what}"));
            }
            return Ok(());
        }
        if let Some(held) = &going.held {
            held.check().await?;
        }
        self.remains().remove(&going.record).await
    }

    /// The end of the record: removed, or `kept` as one whose slot has nothing any more, so that its number stays taken.
    ///
    /// # Errors
    /// The record can't be written.
    pub async fn forget(&self, going: Going, kept: bool) -> Result<(), Stop> {
        let name = slot_name(&going.record);
        let slot = going.record.slot;
        if self.dry {
            let what = if kept { format!("keep the record of {name}") } else { format!("remove the record of {name}") };
            self.hands.plan.add_state(what);
            return Ok(());
        }
        if kept {
            let now = self.hands.clock.now();
            let mut empty = |record: &mut Record| {
                (record.phase, record.updated_at) = (Phase::Allocated, now);
                (record.session, record.delivery, record.pushed, record.aside) = (None, None, None, None);
                Ok(())
            };
            self.store.change(slot, &mut empty).await.map_err(Stop::failed)?;
            self.say(Level::Info, format!("{name}: removed, its record stays (--with-configmap removes it, too)"));
        } else {
            self.store.remove(slot).await.map_err(Stop::failed)?;
            self.say(Level::Info, format!("{name}: removed"));
        }
        going.release(&self.hands).await;
        Ok(())
    }

    /// Says something to whoever reads the log.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        self.hands.ui.note(&Note::new(level, text));
    }
}

impl Going {
    /// Gives the lease back, where there is still a record that could carry it.
    pub async fn release(self, hands: &Hands) {
        if let Some(held) = self.held {
            held.release(hands).await;
        }
    }
}

/// How old something is, in one unit: whoever looks for a slot to remove needs no minutes of a week.
pub fn age(time: Duration) -> String {
    const HOUR: u64 = 60 * 60;
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds}s"),
        seconds @ ..HOUR => format!("{}m", seconds / 60),
        seconds if seconds < 48 * HOUR => format!("{}h", seconds / HOUR),
        seconds => format!("{}d", seconds / (24 * HOUR)),
    }
}

/// A slot as people are told of it.
pub fn slot_name(record: &Record) -> String {
    let of = match (record.issue, record.pr) {
        (Some(issue), _) => format!(", issue #{issue}"),
        (None, Some(pr)) => format!(", pull request #{pr}"),
        (None, None) => String::new(),
    };
    format!("slot {} ({}{of})", record.slot, record.env)
}
