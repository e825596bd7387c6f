//! Shows within seconds that the event was seen: an eyes reaction.

use async_trait::async_trait;

use super::{Did, Step};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::ui::Level;

/// From this step on people see that a run began, and have to be told how it ends.
pub const NAME: &str = "acknowledge";

/// Puts the eyes on the triggering issue.
pub struct Acknowledge;

#[async_trait]
impl Step for Acknowledge {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let on = run.about.reacted();
        match run.hands.github.react(&on).await {
            Ok(()) => Ok(Did::Done(format!("eyes on {on}"))),
            Err(error) => {
                // A missing reaction is no reason to leave the work undone.
                run.say(Level::Warning, error.to_string());
                Ok(Did::Skipped("GitHub took no reaction".to_owned()))
            }
        }
    }
}
