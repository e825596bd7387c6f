//! Lays out the tree that a planning agent looks into: the default branch as it is, in a folder of its own. Nothing of it is ever taken
//! over, and the tree of unfinished work on the issue stays as it is.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::authors;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::publish::AgentTree;
use crate::slots::Phase;

/// The tree of a plan.
pub struct PlaceTree;

#[async_trait]
impl Step for PlaceTree {
    fn name(&self) -> &'static str {
        "sources"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let branch = run.default_branch();
        let head = run.found.heads.as_ref().and_then(|heads| heads.default_commit().map(str::to_owned));
        let phase = run.found.slot.as_ref().map_or(Phase::Allocated, |slot| slot.phase_of(run.lane()));
        let wanted = AgentTree {
            folder: run.work_folder().join("tree"),
            branch: branch.clone(),
            start: head.unwrap_or_else(|| branch.clone()),
            base: None,
            saved: None,
            keep: phase >= Phase::Sources,
            identity: authors::author(&run.settings),
        };
        // An agent whose codexctl was killed may still write there, whatever it worked on.
        for folder in [run.slot_folder(), run.work_folder()] {
            run.hands.place.end_orphan(&folder.join("run")).await.map_err(Stop::failed)?;
        }
        let tree = match run.hands.sources.agent_tree(&wanted).await.map_err(Stop::failed)? {
            Answer::Known(tree) => tree,
            Answer::Unknown(_) => return Ok(Did::Skipped(format!("would clone {branch} to look into"))),
        };
        let said = format!("{branch} at {}, to look into", &tree.start[..tree.start.len().min(7)]);
        run.found.tree = Some(tree);
        super::slot::reached(run, Phase::Sources).await?;
        Ok(Did::Done(said))
    }
}
