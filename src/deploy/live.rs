//! What of a plan is there already: one list a kind tells, and of each object only what applying it needs is kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use super::holds::holds;
use super::plan::Planned;
use super::takeover::{owns_replicas, takeover};
use crate::cluster::{Cluster, Error, Id};

/// What is known of an object of the plan.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its uid.
    pub uid: String,
    /// Its version: it changes with the object.
    pub version: String,
    /// Whether it is what the plan says.
    pub holds: bool,
    /// What hands kubectl's fields over, where it has some.
    pub takeover: Option<Value>,
    /// How many pods a workload has, where codexctl alone owns that number.
    pub replicas: Option<u64>,
}

impl Seen {
    /// Looks at an object.
    pub fn of(planned: &Planned, live: &Value) -> Self {
        let holds = holds(live, &planned.value());
        let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_owned();
        Self {
            uid: text("uid"),
            version: text("resourceVersion"),
            holds,
            takeover: (!holds).then(|| takeover(live)).flatten(),
            replicas: live["spec"]["replicas"].as_u64().filter(|_| owns_replicas(live)),
        }
    }
}

/// The objects of a kind in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Shelf {
    api_version: Arc<str>,
    kind: Arc<str>,
    namespace: Option<Arc<str>>,
}

impl Shelf {
    fn of(id: &Id) -> Self {
        let Id { api_version, kind, namespace, .. } = id;
        Self { api_version: Arc::clone(api_version), kind: Arc::clone(kind), namespace: namespace.clone() }
    }
}

/// What of a plan is there.
#[derive(Debug, Default)]
pub struct Live {
    seen: HashMap<Id, Seen>,
    /// What may not be listed: each object is asked for by itself, when its turn comes.
    unlisted: HashSet<Shelf>,
}

/// What the survey knows of one object.
pub enum Known<'a> {
    /// It is there.
    There(&'a Seen),
    /// It is not there.
    Absent,
    /// Nothing is known.
    Unknown,
}

/// What was found on one shelf; none where nobody may look.
type Found = Option<Vec<(Id, Seen)>>;

impl Live {
    /// Looks at all objects of a plan. Those in `fresh`, a namespace that was made just now, are not there.
    ///
    /// # Errors
    /// The cluster is gone for too long.
    pub async fn of(
        cluster: &Cluster,
        objects: &[Planned],
        fresh: Option<&str>,
        concurrency: usize,
    ) -> Result<Self, Error> {
        let mut shelves: BTreeMap<Shelf, Vec<&Planned>> = BTreeMap::new();
        for object in objects.iter().filter(|object| fresh.is_none() || object.id.namespace.as_deref() != fresh) {
            // What the cluster doesn't serve yet has no objects.
            if cluster.kinds().resource(&object.id.api_version, &object.id.kind).is_some() {
                shelves.entry(Shelf::of(&object.id)).or_default().push(object);
            }
        }
        let mut looks = Vec::with_capacity(shelves.len());
        for (shelf, wanted) in &shelves {
            looks.push(async move { (shelf, look(cluster, shelf, wanted).await) });
        }
        let mut answers = stream::iter(looks).buffer_unordered(concurrency);
        let mut live = Self::default();
        while let Some((shelf, found)) = answers.next().await {
            match found? {
                Some(found) => live.seen.extend(found),
                None => drop(live.unlisted.insert(shelf.clone())),
            }
        }
        Ok(live)
    }

    /// What is known of an object.
    pub fn get(&self, id: &Id) -> Known<'_> {
        match self.seen.get(id) {
            Some(seen) => Known::There(seen),
            None if self.unlisted.contains(&Shelf::of(id)) => Known::Unknown,
            None => Known::Absent,
        }
    }
}

/// So few objects of the whole cluster are asked for one by one: a cluster's definitions of kinds are huge, and a stack has few.
const FEW: usize = 8;

/// Looks at the objects of one shelf.
async fn look(cluster: &Cluster, shelf: &Shelf, wanted: &[&Planned]) -> Result<Found, Error> {
    let mut found = Vec::new();
    if shelf.namespace.is_none() && wanted.len() <= FEW {
        for planned in wanted {
            match cluster.get(&planned.id).await {
                Ok(Some(live)) => found.push((planned.id.clone(), Seen::of(planned, &live))),
                Ok(None) => {}
                Err(error) if error.is_forbidden() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        return Ok(Some(found));
    }
    let by_name: HashMap<&str, &Planned> = wanted.iter().map(|planned| (&*planned.id.name, *planned)).collect();
    let mut each = |live: Value| {
        if let Some(planned) = live["metadata"]["name"].as_str().and_then(|name| by_name.get(name)) {
            found.push((planned.id.clone(), Seen::of(planned, &live)));
        }
    };
    let listed = cluster.list((&shelf.api_version, &shelf.kind), shelf.namespace.as_deref(), None, &mut each).await;
    match listed {
        Ok(()) => Ok(Some(found)),
        Err(error) if error.is_forbidden() => Ok(None),
        // The namespace, or the kind, is gone.
        Err(error) if error.code() == Some(404) => Ok(Some(found)),
        Err(error) => Err(error),
    }
}
