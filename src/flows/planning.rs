//! The flows `plan` and `plan-review` on this machine: an issue gets a plan, and the plan answers what people say of it (spec 4.3).

use super::steps::Step;
use super::steps::{acknowledge, agent, answers, check, fetch, gates, look, plan, prompt, report, root, slot};

/// The steps of `plan`, in order.
pub(super) fn plan() -> Vec<Box<dyn Step>> {
    let mut steps: Vec<Box<dyn Step>> =
        vec![Box::new(gates::Gates), Box::new(acknowledge::Acknowledge), Box::new(fetch::Fetch)];
    steps.extend(from_the_slot_on());
    steps.extend([Box::new(plan::PublishPlan) as Box<dyn Step>, Box::new(report::Tell)]);
    steps
}

/// The steps of `plan-review`, in order.
pub(super) fn review() -> Vec<Box<dyn Step>> {
    let mut steps: Vec<Box<dyn Step>> = vec![
        Box::new(gates::Gates),
        Box::new(acknowledge::Acknowledge),
        Box::new(fetch::Fetch),
        Box::new(root::FindRoot),
    ];
    steps.extend(from_the_slot_on());
    steps.extend([
        Box::new(plan::PublishPlan) as Box<dyn Step>,
        Box::new(answers::ReplyToComments),
        Box::new(report::Tell),
    ]);
    steps
}

fn from_the_slot_on() -> [Box<dyn Step>; 5] {
    [
        Box::new(slot::TakeSlot),
        Box::new(look::PlaceTree),
        Box::new(prompt::WritePrompt),
        Box::new(agent::RunAgent),
        Box::new(check::Check),
    ]
}
