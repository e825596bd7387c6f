//! What a branch has changed as a whole since it left another one, over all the runs and people that worked on it.

use super::collect::{Publisher, raw_entries};
use super::live::LiveSources;
use super::{Branched, Error, Kind, names};

/// The files that differ between the commit where both parted and the head, by path.
pub(super) async fn whole_change(live: &LiveSources, of: &Branched) -> Result<Vec<(String, Kind)>, Error> {
    names::check_commit(&of.from)?;
    names::check_commit(&of.head)?;
    let publisher = Publisher::open(live, &of.slot).await?;
    let parted = publisher.call(["merge-base", &of.from, &of.head]).allow(&[1]).run().await?.text();
    // In a shallow history the place may be out of sight: then more is told than changed, never less.
    let from = if parted.is_empty() { &of.from } else { &parted };
    let raw = publisher.call(["diff-tree", "-r", "-z", "--raw", "--no-renames", from, &of.head]).run().await?;
    Ok(raw_entries(&raw.stdout).map(|(path, kind)| (names::shown(path), kind)).collect())
}
