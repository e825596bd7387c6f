//! The agent's clone: history to read and a branch to work on, and nothing that leads back to us.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::live::LiveSources;
use super::lock::Lock;
use super::{AgentTree, Error, PlacedTree, SavedWork, TakenUp, files, names, sources};

/// What stands beside a finished tree: without it the folder is half made.
#[derive(Debug, Serialize, Deserialize)]
struct Start {
    branch: String,
    start: String,
}

/// Makes the tree, or keeps the one that is there.
pub(super) async fn agent_tree(live: &LiveSources, wanted: &AgentTree) -> Result<PlacedTree, Error> {
    names::check_branch(&wanted.branch)?;
    sources::check_has(live, &wanted.start).await?;
    let folder = &wanted.folder;
    let lock = Lock::take(&files::beside(folder, ".lock")).await?;
    let marker = files::beside(folder, ".start.json");
    if wanted.keep
        && let Some(found) = read_start(&marker)
        && found.branch == wanted.branch
        && folder.is_dir()
    {
        let folder = folder.clone();
        return Ok(PlacedTree {
            folder,
            branch: found.branch,
            start: found.start,
            kept: true,
            taken_up: TakenUp::Nothing,
        });
    }
    files::remove(&marker)?;
    files::remove(folder)?;
    let made = files::beside(folder, ".new");
    files::remove(&made)?;
    std::fs::create_dir(&made).map_err(|source| Error::io("make", &made, source))?;
    clone(live, &lock, wanted, &made).await?;
    let taken_up = match &wanted.saved {
        Some(saved) => take_up(live, &lock, wanted, saved, &made).await?,
        None => TakenUp::Nothing,
    };
    // The reflogs name the folder that we fetched from.
    for leftover in ["logs", "SQUASH_MSG", "MERGE_MSG", "AUTO_MERGE", "ORIG_HEAD"] {
        files::remove(&made.join(".git").join(leftover))?;
    }
    files::put_in_place(&made, folder)?;
    let start = Start { branch: wanted.branch.clone(), start: wanted.start.clone() };
    files::write(&marker, &serde_json::to_vec_pretty(&start).unwrap_or_default())?;
    Ok(PlacedTree { folder: folder.clone(), branch: start.branch, start: start.start, kept: false, taken_up })
}

/// The branch that a finished tree is on and the commit that it started from; none where the tree is half made or not there.
pub fn start_of(folder: &Path) -> Option<(String, String)> {
    let found = read_start(&files::beside(folder, ".start.json")).filter(|_| folder.is_dir())?;
    Some((found.branch, found.start))
}

fn read_start(marker: &Path) -> Option<Start> {
    let found: Start = serde_json::from_slice(&std::fs::read(marker).ok()?).ok()?;
    names::check_commit(&found.start).ok()?;
    Some(found)
}

/// A clone over git's own transport: packs are copied, so neither alternates nor hard links lead to the mirror.
async fn clone(live: &LiveSources, lock: &Lock, wanted: &AgentTree, made: &Path) -> Result<(), Error> {
    let git = live.git();
    let run = |words: Vec<String>| git.call(words).dir(made).hold(lock.file()).run();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    run(words(&["init", "--quiet", "--template=", "--initial-branch=codexctl-unborn"])).await?;
    let mut fetch = words(&["fetch", "--quiet", "--no-tags", "--update-shallow", "--no-write-fetch-head", "--"]);
    fetch.push(live.mirror().display().to_string());
    fetch.push(format!("+{}:refs/heads/{}", wanted.start, wanted.branch));
    if let Some((name, commit)) = &wanted.base
        && *name != wanted.branch
    {
        names::check_branch(name)?;
        sources::check_has(live, commit).await?;
        fetch.push(format!("+{commit}:refs/heads/{name}"));
    }
    run(fetch).await?;
    run(words(&["symbolic-ref", "HEAD", &format!("refs/heads/{}", wanted.branch)])).await?;
    run(words(&["reset", "--quiet", "--hard", &wanted.start])).await?;
    run(words(&["config", "user.name", &wanted.identity.name])).await?;
    run(words(&["config", "user.email", &wanted.identity.email])).await?;
    Ok(())
}

/// Puts saved work on top of the start as changes that nobody committed yet.
async fn take_up(
    live: &LiveSources,
    lock: &Lock,
    wanted: &AgentTree,
    saved: &SavedWork,
    made: &Path,
) -> Result<TakenUp, Error> {
    let git = live.git();
    let result = match saved {
        SavedWork::Branch { name, commit } => {
            names::check_branch(name)?;
            sources::check_has(live, commit).await?;
            let from = live.mirror().display().to_string();
            let what = format!("+{commit}:refs/heads/{name}");
            git.call([
                "fetch",
                "--quiet",
                "--no-tags",
                "--update-shallow",
                "--no-write-fetch-head",
                "--",
                &from,
                &what,
            ])
            .dir(made)
            .hold(lock.file())
            .run()
            .await?;
            git.call(["merge", "--quiet", "--squash", "--no-commit", commit])
        }
        SavedWork::Patch(path) => git.call(["apply", "--3way", "--whitespace=nowarn", "--"]).args([path]),
    };
    let fits = result.dir(made).hold(lock.file()).allow(&[1, 128]).run().await?.code == 0;
    let undo: &[&str] = if fits { &["reset", "--quiet"] } else { &["reset", "--quiet", "--hard", &wanted.start] };
    git.call(undo).dir(made).hold(lock.file()).run().await?;
    if !fits {
        git.call(["clean", "-fdq"]).dir(made).hold(lock.file()).run().await?;
    }
    Ok(if fits {
        TakenUp::Whole
    } else {
        TakenUp::LeftOut(format!("the saved work does not fit on {} any more; it is still in {saved}", wanted.start))
    })
}
