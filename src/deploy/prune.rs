//! What an earlier apply of the environment made and this one no longer has is deleted, and nothing else (spec 5.1, step 5).

use std::collections::HashSet;

use super::plan::{ENV, PART_OF, Planned};
use super::sets::{Contents, Sets, announce};
use super::waves::Wave;
use crate::cluster::{Cluster, Error, Id};

/// What is left of a set beyond the objects that are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which one.
    pub id: Id,
    /// Its uid: another object of the same name is none of ours.
    pub uid: String,
    /// Whether it stays, as it holds data and nobody asked for that to go.
    pub kept: bool,
}

/// Finds what is left over, in the order in which it is deleted.
///
/// # Errors
/// The cluster is gone for too long. Kinds that may not be listed are left out.
pub(super) async fn left_over(
    cluster: &Cluster,
    sets: &Sets,
    objects: &[Planned],
    data: bool,
) -> Result<Vec<Left>, Error> {
    let set = &sets.environment;
    let wanted: HashSet<(&str, &str, Option<&str>, &str)> = objects.iter().map(|object| key(&object.id)).collect();
    let contents = announce(cluster, set, &Contents::default()).await?;
    let kinds = cluster.kinds();
    let mut found = Vec::new();
    for group_kind in &contents.kinds {
        let (kind, group) = group_kind.split_once('.').unwrap_or((group_kind, ""));
        // A kind that is gone took its objects along.
        let Some(api_version) = kinds.preferred(group, kind) else { continue };
        let own = set.parent.namespace.as_deref().map(str::to_owned);
        let namespaces: Vec<Option<String>> = if kinds.namespaced(&api_version, kind) == Some(true) {
            own.into_iter().chain(contents.namespaces.iter().cloned()).map(Some).collect()
        } else {
            vec![None]
        };
        for namespace in namespaces {
            let mut each = |live: serde_json::Value| {
                let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_owned();
                let id = Id {
                    api_version: api_version.as_str().into(),
                    kind: kind.into(),
                    namespace: namespace.as_deref().map(Into::into),
                    name: text("name").into(),
                };
                let deleted = !live["metadata"]["deletionTimestamp"].is_null();
                if !deleted && !wanted.contains(&key(&id)) {
                    found.push(Left { uid: text("uid"), kept: !data && is_data(&id), id });
                }
            };
            let labels = format!("{PART_OF}={},{ENV}={}", set.id, sets.env);
            match cluster.list((&api_version, kind), namespace.as_deref(), Some(&labels), &mut each).await {
                Err(error) if error.is_forbidden() || error.code() == Some(404) => {}
                listed => listed?,
            }
        }
    }
    found.sort_by(|one, other| (Wave::of(&other.id), &one.id).cmp(&(Wave::of(&one.id), &other.id)));
    Ok(found)
}

/// Deletes what is left over. Each that is gone is told to `done`.
///
/// # Errors
/// The cluster refuses a deletion, or is gone for too long.
pub async fn prune(
    cluster: &Cluster,
    sets: &Sets,
    objects: &[Planned],
    data: bool,
    done: &mut (dyn FnMut(&Left) + Send),
) -> Result<(), (Option<Id>, Error)> {
    let left = left_over(cluster, sets, objects, data).await.map_err(|error| (None, error))?;
    for one in &left {
        if !one.kept {
            match cluster.delete(&one.id, Some(&one.uid)).await {
                // Somebody else was faster.
                Err(error) if error.code() == Some(409) => {}
                deleted => {
                    deleted.map_err(|error| (Some(one.id.clone()), error))?;
                }
            }
        }
        done(one);
    }
    Ok(())
}

/// Whether an object holds what can't be made again.
pub(super) fn is_data(id: &Id) -> bool {
    &*id.kind == "PersistentVolumeClaim" && id.group().is_empty()
}

/// The version makes no other object.
fn key(id: &Id) -> (&str, &str, Option<&str>, &str) {
    (id.group(), &id.kind, id.namespace.as_deref(), &id.name)
}
