//! `pr review-apply`: what lies in a slot's folder becomes a commit on a pull request's branch, by the same rules as a run's work.

use std::path::{Path, PathBuf};

use super::run::Run;
use super::steps::{Step, commit, fetch, linked, notice, push, taken};
use crate::report::outputs::Outputs;

/// The steps for the sources in this folder.
pub fn steps(folder: PathBuf) -> Vec<Box<dyn Step>> {
    vec![
        Box::new(taken::CheckPull),
        Box::new(linked::FindIssue),
        Box::new(fetch::Fetch),
        Box::new(taken::HoldSlot),
        Box::new(taken::TakeOver { folder }),
        Box::new(commit::MakeCommit),
        Box::new(push::PushCommit),
        Box::new(notice::PutNotice),
        Box::new(taken::TellApplied),
    ]
}

/// The folder with the sources of a slot, or of an environment that all slots share (spec 5.5).
pub fn folder(base: &Path, env: &str, slot: Option<u32>) -> Result<PathBuf, String> {
    match (env, slot) {
        ("ai", Some(slot)) => Ok(base.join(slot.to_string()).join("src")),
        ("ai", None) => Err("pr review-apply has to know whose work is meant: give --slot".to_owned()),
        ("ai-repair", _) => {
            // A repair works in staging; older files call that `staging`.
            let now = base.join("ai-staging/src");
            let older = base.join("staging/src");
            Ok(if !now.exists() && older.exists() { older } else { now })
        }
        (other, _) => Ok(base.join(other).join("src")),
    }
}

/// What the command hands on.
pub fn outputs(run: &Run) -> Outputs {
    let mut outputs = Outputs::default();
    outputs.set("verdict", run.found.verdict.as_ref().map(|verdict| verdict.outcome.to_string()));
    outputs.set("branch", run.branch().map(str::to_owned));
    outputs.set("commit", super::texts::commit(run).map(str::to_owned));
    outputs.set("pr_number", run.about.pull_number());
    outputs.set("pr_url", run.found.pull.as_ref().map(|pull| pull.url.clone()));
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_has_its_folder() {
        let base = tempfile::tempdir().unwrap();
        let folder =
            |env, slot| folder(base.path(), env, slot).map(|path| path.strip_prefix(base.path()).unwrap().to_owned());
        assert_eq!(folder("ai", Some(3)), Ok("3/src".into()));
        assert!(folder("ai", None).is_err());
        assert_eq!(folder("ai-repair", Some(3)), Ok("ai-staging/src".into()));
        assert_eq!(folder("dev", None), Ok("dev/src".into()));
        std::fs::create_dir_all(base.path().join("staging/src")).unwrap();
        assert_eq!(folder("ai-repair", None), Ok("staging/src".into()));
    }
}
