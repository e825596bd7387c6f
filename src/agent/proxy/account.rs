//! The token account of a run: what was used, what requests on their way cost at least, and whether one more fits into the budget.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::agent::events::Usage;

/// What the run has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens of all answers together.
    pub usage: Usage,
    /// Input of the latest answer: what the next request costs at least.
    pub last_input: u64,
    /// Answers that told their usage.
    pub answers: u64,
}

/// The account that all requests of a run share.
pub(super) struct Account {
    /// Tokens of input and output together; none and 0 are no limit.
    budget: Option<u64>,
    spent: Mutex<Spent>,
    /// What requests that are on their way cost at least.
    reserved: Mutex<u64>,
    over: watch::Sender<bool>,
}

impl Account {
    /// An account that nothing was taken from yet.
    pub(super) fn new(budget: Option<u64>) -> Arc<Self> {
        let over = watch::Sender::new(false);
        Arc::new(Self { budget, spent: Mutex::default(), reserved: Mutex::default(), over })
    }

    pub(super) fn spent(&self) -> Spent {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns true when a request does not fit any more.
    pub(super) fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// Lets a request through and keeps aside what it costs at least; the budget where it would be passed. A context only grows, so
    /// the next request costs at least the input of the last one, and so do those that are on their way.
    pub(super) fn admit(self: &Arc<Self>, body: &[u8]) -> Result<Open, u64> {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = self.spent();
        let all = spent.usage.total().saturating_add(*reserved).saturating_add(spent.last_input);
        match self.budget.filter(|budget| *budget > 0 && all > *budget) {
            Some(budget) => {
                self.over.send_replace(true);
                Err(budget)
            }
            None => {
                let input = spent.last_input.max(words(body));
                *reserved = reserved.saturating_add(input);
                Ok(Open { account: Arc::clone(self), reserved: input, input, output: 0, owed: true })
            }
        }
    }

    fn add(&self, usage: Usage) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.usage = spent.usage.plus(usage);
        spent.last_input = usage.input;
        spent.answers += 1;
    }
}

/// A request on its way. Where its answer ends without having told its usage (cut, or nobody waited for it), what it costs at least
/// is counted: the model's side sends a bill all the same.
pub(super) struct Open {
    account: Arc<Account>,
    reserved: u64,
    input: u64,
    output: u64,
    owed: bool,
}

impl Open {
    /// The model has written so many tokens at least.
    pub(super) fn wrote(&mut self, output: u64) {
        self.output = output;
    }

    /// The answer told its usage. What was kept aside is free before the agent sees the answer's end and asks again.
    pub(super) fn told(&mut self, usage: Usage) {
        self.free();
        self.account.add(usage);
    }

    /// Nothing was asked of the model, or it refused: that costs nothing.
    pub(super) fn free(&mut self) {
        self.release();
        self.owed = false;
    }

    fn release(&mut self) {
        let mut reserved = self.account.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        *reserved = reserved.saturating_sub(std::mem::take(&mut self.reserved));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.release();
        if self.owed {
            let mut spent = self.account.spent.lock().unwrap_or_else(PoisonError::into_inner);
            let usage = Usage { input: self.input, output: self.output, ..Usage::default() };
            spent.usage = spent.usage.plus(usage);
        }
    }
}

/// The least that a request costs, in tokens: one a word. An image is one long word.
fn words(body: &[u8]) -> u64 {
    body.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() as u64
}
