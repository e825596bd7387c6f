//! The reverse of an apply: services before infrastructure, and in each what others need last (spec 5.1).

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::namespace;
use super::plan::{ENV, Part, Plan, Planned};
use super::prune::is_data;
use super::waves::Wave;
use crate::cluster::{Cluster, Error, Id};
use crate::stack::Loaded;

/// How often is looked whether objects are gone.
const LOOKED_AT: Duration = Duration::from_millis(200);

/// From when on is told what holds them back.
const HELD_BACK: Duration = Duration::from_secs(5);

/// What is deleted beyond objects that can be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Claims.
    pub data: bool,
    /// The environment's namespace.
    pub namespace: bool,
    /// What belongs to the whole cluster, which all environments of the project share.
    pub cluster: bool,
}

/// What is in the way of a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// The object.
    pub(super) id: Id,
    /// Who has to let it go first.
    pub(super) finalizers: Vec<String>,
}

/// Why a deletion is not finished.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The cluster refuses it, or is gone for too long.
    Failed(Option<Id>, Error),
    /// The time is over, and these are still there.
    Held(Vec<Held>),
}

/// Whether an object is deleted with the environment.
pub(super) fn goes(planned: &Planned, loaded: &Loaded, reach: Reach) -> bool {
    let id = &planned.id;
    match &id.namespace {
        Some(_) => reach.data || !is_data(id),
        // The environment's own namespace comes last of all, and not as one of its objects.
        None => reach.cluster && !(&*id.kind == "Namespace" && *id.name == *loaded.namespace),
    }
}

/// Deletes objects of a plan.
pub(super) struct Deletion<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) plan: &'a Plan,
    /// The environment, as its objects are labelled with it.
    pub(super) env: &'a str,
    /// Which objects go.
    pub(super) goes: &'a (dyn Fn(&Planned) -> bool + Sync),
    /// How many are deleted at once.
    pub(super) concurrency: usize,
}

impl Deletion<'_> {
    /// Deletes the objects of some parts, the last wave first, and waits until they are gone. Each that was there is told to `done`,
    /// and once what holds others back to `held`.
    ///
    /// # Errors
    /// A deletion is refused, or something is still there when the cluster's patience ends.
    pub(super) async fn delete(
        &self,
        parts: &[Part],
        done: &mut (dyn FnMut(&Planned) + Send),
        held: &mut (dyn FnMut(&[Held]) + Send),
    ) -> Result<(), Stopped> {
        for wave in Wave::ALL.into_iter().rev() {
            let of_parts = parts.iter().rev().flat_map(|part| part.objects.clone().rev());
            let all = of_parts.map(|index| &self.plan.objects[index]);
            let mut each = Vec::new();
            for planned in all.filter(|object| object.wave == wave && (self.goes)(object)) {
                each.push(async move { (planned, self.one(&planned.id).await) });
            }
            let mut answers = stream::iter(each).buffered(self.concurrency);
            let mut going = Vec::new();
            while let Some((planned, there)) = answers.next().await {
                if there.map_err(|error| Stopped::Failed(Some(planned.id.clone()), error))? {
                    done(planned);
                    going.push(planned.id.clone());
                }
            }
            drop(answers);
            until_gone(self.cluster, going, held).await?;
        }
        Ok(())
    }

    /// Deletes an object, if it is there and no other environment has made it.
    async fn one(&self, id: &Id) -> Result<bool, Error> {
        let uid = match self.cluster.get(id).await {
            Ok(Some(live)) => {
                let env = live["metadata"]["labels"][ENV].as_str();
                if id.namespace.is_some() && env.is_some_and(|env| env != self.env) {
                    return Ok(false);
                }
                live["metadata"]["uid"].as_str().map(str::to_owned)
            }
            // A kind that is not served has no objects.
            Ok(None) | Err(Error::NoKind { .. }) => return Ok(false),
            Err(error) if error.is_forbidden() => None,
            Err(error) => return Err(error),
        };
        self.cluster.delete(id, uid.as_deref()).await
    }
}

/// Deletes a namespace with all that is in it, if it is there, and waits until it is gone.
///
/// # Errors
/// As [`delete`].
pub(super) async fn delete_namespace(
    cluster: &Cluster,
    name: &str,
    held: &mut (dyn FnMut(&[Held]) + Send),
) -> Result<bool, Stopped> {
    let id = namespace::id(name);
    let there = match cluster.delete(&id, None).await {
        // It is being deleted already.
        Err(error) if error.code() == Some(409) => true,
        there => there.map_err(|error| Stopped::Failed(Some(id.clone()), error))?,
    };
    if there {
        until_gone(cluster, vec![id], held).await?;
    }
    Ok(there)
}

/// Waits until objects are gone.
async fn until_gone(
    cluster: &Cluster,
    mut going: Vec<Id>,
    held: &mut (dyn FnMut(&[Held]) + Send),
) -> Result<(), Stopped> {
    let begun = Instant::now();
    let mut told = BTreeSet::new();
    loop {
        let mut left = Vec::new();
        for id in going {
            match cluster.get(&id).await {
                Ok(Some(live)) => left.push((id, live)),
                Ok(None) => {}
                // Who may delete but not look learns no more.
                Err(error) if error.is_forbidden() => {}
                Err(error) => return Err(Stopped::Failed(Some(id), error)),
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let over = cluster.is_over();
        if over || begun.elapsed() >= HELD_BACK {
            let back: Vec<Held> =
                left.iter().map(|(id, live)| Held { id: id.clone(), finalizers: finalizers(live) }).collect();
            if over {
                return Err(Stopped::Held(back));
            }
            let new: Vec<Held> = back.into_iter().filter(|held| told.insert(held.id.clone())).collect();
            if !new.is_empty() {
                held(&new);
            }
        }
        going = left.into_iter().map(|(id, _)| id).collect();
        sleep(LOOKED_AT).await;
    }
}

/// Who has to let an object go. Of a namespace its conditions name what is left in it.
fn finalizers(live: &Value) -> Vec<String> {
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let remaining = live["status"]["conditions"].as_array().into_iter().flatten().filter(|condition| {
        condition["status"] == "True"
            && ["NamespaceContentRemaining", "NamespaceFinalizersRemaining"]
                .iter()
                .any(|kind| condition["type"] == *kind)
    });
    let mut found = list(&live["metadata"]["finalizers"]);
    found.extend(remaining.filter_map(|condition| condition["message"].as_str().map(str::to_owned)));
    found
}
