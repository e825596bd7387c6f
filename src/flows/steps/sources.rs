//! Chooses the branch and lays out the agent's tree, with work of an earlier, unfinished run on top.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::event::{Pull, Subject};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::{authors, task};
use crate::publish::branch::{self, Choice, Chosen, Facts, PullFact};
use crate::publish::{AgentTree, SavedWork, TakenUp};
use crate::slots::Phase;
use crate::ui::Level;

/// Branch and tree.
pub struct PlaceSources;

#[async_trait]
impl Step for PlaceSources {
    fn name(&self) -> &'static str {
        "sources"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let chosen = choose(run).await?;
        let base_branch = run.base_branch();
        let base = run.found.heads.as_ref().and_then(|heads| heads.branches.get(&base_branch).cloned());
        let saved = saved_work(run, &chosen.branch);
        run.found.unopened = is_unopened(run, &chosen, base.as_deref()).await?;
        let begun = !is_pushed(run, &chosen).await?
            && run.found.slot.as_ref().is_some_and(|slot| {
                slot.branch.as_deref() == Some(chosen.branch.as_str())
                    && slot.phase >= Phase::Sources
                    && slot.phase < Phase::Published
            });
        let wanted = AgentTree {
            folder: run.slot_folder().join("tree"),
            branch: chosen.branch.clone(),
            start: chosen.head.clone().or_else(|| base.clone()).unwrap_or_else(|| base_branch.clone()),
            base: base.map(|commit| (base_branch.clone(), commit)),
            saved: saved.clone(),
            keep: begun,
            identity: authors::author(&run.settings),
        };
        run.found.open_pull = chosen.pull;
        let branch = chosen.branch.clone();
        super::slot::record(run, |slot| {
            slot.branch = Some(branch.clone());
            slot.pr = chosen.pull.or(slot.pr);
        })
        .await?;
        // An agent whose codexctl was killed may still write there.
        run.hands.place.end_orphan(&run.slot_folder().join("run")).await.map_err(Stop::failed)?;
        let tree = match run.hands.sources.agent_tree(&wanted).await.map_err(Stop::failed)? {
            Answer::Known(tree) => tree,
            Answer::Unknown(would) => {
                run.hands.plan.add_git(would, None);
                return Ok(Did::Skipped(format!("would be on branch {}", chosen.branch)));
            }
        };
        let mut said =
            format!("branch {}{}", chosen.branch, if chosen.head.is_some() { ", as it is on origin" } else { ", new" });
        if let Some(moved) = moved_since_review(run, &chosen) {
            said.push_str(", which moved since the review");
            run.say(Level::Notice, moved);
        }
        if tree.kept && chosen.head.as_ref().is_some_and(|head| *head != tree.start) {
            run.say(
                Level::Notice,
                format!(
                    "branch {} moved since the agent began: what is new there is merged at the push",
                    chosen.branch
                ),
            );
        }
        let taken_up = tree.taken_up.clone();
        run.found.tree = Some(tree);
        let kept_work = task::has_unfinished_work(run);
        match taken_up {
            TakenUp::Nothing if kept_work => {
                said.push_str(", with the unfinished work of the run before");
                // The kept tree holds what was saved of it: once it is published the copy must not come back.
                run.found.resumed_work = saved;
            }
            TakenUp::Nothing => {}
            TakenUp::Whole => {
                said.push_str(", with the saved work of the run before");
                run.found.resumed_work = saved;
            }
            TakenUp::LeftOut(why) => run.say(Level::Warning, why),
        }
        if !run.found.tree.as_ref().is_some_and(|tree| tree.kept) {
            super::slot::record(run, |slot| slot.pushed = None).await?;
        }
        super::slot::reached(run, Phase::Sources).await?;
        Ok(Did::Done(said))
    }
}

/// Whether another delivery pushed the slot's tree, and only what comes behind the push went wrong: nothing in it is unfinished.
async fn is_pushed(run: &Run, chosen: &Chosen) -> Result<bool, Stop> {
    let Some(slot) = &run.found.slot else { return Ok(false) };
    // The delivery that did it goes on where it stopped: behind the agent.
    let (Some(pushed), Some(head)) = (slot.pushed.as_ref().filter(|_| slot.phase <= Phase::Sources), &chosen.head)
    else {
        return Ok(false);
    };
    Ok(run.hands.sources.is_before(pushed, head).await.map_err(Stop::failed)?.into_known() == Some(true))
}

/// Whether the branch holds work that no pull request shows. Without a token nobody can say.
async fn is_unopened(run: &Run, chosen: &Chosen, base: Option<&str>) -> Result<bool, Stop> {
    let (Some(head), Some(base)) = (&chosen.head, base) else { return Ok(false) };
    if chosen.pull.is_some() || run.reviewed().is_some() || !run.hands.has_token {
        return Ok(false);
    }
    Ok(run.hands.sources.is_before(head, base).await.map_err(Stop::failed)?.into_known() == Some(false))
}

/// The branch of the reviewed pull request, as it is on the remote now.
fn of_pull(run: &Run, pull: &Pull) -> Result<Chosen, Stop> {
    let (branch, number) = (&pull.head_branch, pull.number);
    if *branch == run.default_branch() {
        return Err(Stop::failed(format!(
            "pull request #{number} comes from the default branch {branch}, and codexctl never pushes to that: open it from another branch"
        )));
    }
    let head = match &run.found.heads {
        Some(heads) => Some(heads.branches.get(branch).cloned().ok_or_else(|| {
            Stop::failed(format!(
                "branch {branch} of pull request #{number} is not on the remote any more: restore it, then submit the review again"
            ))
        })?),
        // Nobody to ask in a dry run: the event's word.
        None => Some(pull.head_sha.clone()).filter(|commit| !commit.is_empty()),
    };
    Ok(Chosen { branch: branch.clone(), head, pull: Some(number), passed: Vec::new() })
}

/// What a reader of the log has to know where the reviewer saw another state of the branch than the agent will.
fn moved_since_review(run: &Run, chosen: &Chosen) -> Option<String> {
    let Subject::ReviewSubmitted { pull, .. } = &run.event.subject else { return None };
    let (seen, now) = (pull.head_sha.as_str(), chosen.head.as_deref()?);
    let short = |commit: &str| commit.chars().take(7).collect::<String>();
    (run.reviewed().is_some() && !seen.is_empty() && seen != now).then(|| {
        format!(
            "branch {} moved since the review, from {} to {}: the agent works on what is there now",
            chosen.branch,
            short(seen),
            short(now)
        )
    })
}

/// The branch of the issue; pull requests are asked about one branch after the other, as far as needed.
async fn choose(run: &Run) -> Result<Chosen, Stop> {
    if let Some(pull) = run.reviewed() {
        return of_pull(run, pull);
    }
    let base = branch::issue_branch(run.about.number());
    let mut facts = Facts {
        branches: run.found.heads.as_ref().map(|heads| heads.branches.clone()).unwrap_or_default(),
        ..Facts::default()
    };
    loop {
        match branch::choose(&base, &facts) {
            Choice::Use(chosen) => return Ok(chosen),
            Choice::AskPulls(name) => {
                let pulls = run.hands.github.pulls_of(&name).await.map_err(Stop::failed)?;
                // Nobody to ask: the first branch is taken, as if there were no pull request.
                let pulls = pulls.into_known().unwrap_or_default();
                let pulls =
                    pulls.iter().map(|pull| PullFact { number: pull.number, open: pull.open, merged: pull.merged });
                facts.pulls.insert(name, pulls.collect());
            }
        }
    }
}

/// What an earlier run kept: a branch on the remote, else a patch in the outbox.
fn saved_work(run: &Run, branch: &str) -> Option<SavedWork> {
    if run.found.refused_before {
        return None;
    }
    let name = branch::wip_branch(branch);
    let on_remote = run.found.heads.as_ref().and_then(|heads| heads.branches.get(&name));
    if let Some(commit) = on_remote {
        return Some(SavedWork::Branch { name, commit: commit.clone() });
    }
    // With a token work is saved on the remote; a patch in the work tree could be anybody's then.
    let patch = run.workplace.outbox.join(branch::patch_name(branch));
    let ours = !run.hands.has_token && std::fs::symlink_metadata(&patch).is_ok_and(|found| found.is_file());
    ours.then_some(SavedWork::Patch(patch))
}
