//! Chooses the branch and lays out the agent's tree, with work of an earlier, unfinished run on top.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
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
        let default = run.default_branch();
        let base = run.found.heads.as_ref().and_then(|heads| heads.default_commit().map(str::to_owned));
        let saved = saved_work(run, &chosen.branch);
        let begun = run.found.slot.as_ref().is_some_and(|slot| {
            slot.branch.as_deref() == Some(chosen.branch.as_str())
                && slot.phase >= Phase::Sources
                && slot.phase < Phase::Published
        });
        let wanted = AgentTree {
            folder: run.slot_folder().join("tree"),
            branch: chosen.branch.clone(),
            start: chosen.head.clone().or_else(|| base.clone()).unwrap_or_else(|| default.clone()),
            base: base.map(|commit| (default.clone(), commit)),
            saved: saved.clone(),
            keep: begun,
            identity: authors::author(&run.settings),
        };
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
        super::slot::reached(run, Phase::Sources).await?;
        Ok(Did::Done(said))
    }
}

/// The branch of the issue; pull requests are asked about one branch after the other, as far as needed.
async fn choose(run: &Run) -> Result<Chosen, Stop> {
    let base = branch::issue_branch(run.issue.number);
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
