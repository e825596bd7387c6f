//! Objects applied, wave by wave: what holds is not sent, the rest at once up to a limit (spec 5.1, step 3).

use std::collections::{BTreeMap, HashSet};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::live::{Known, Live, Seen};
use super::namespace;
use super::plan::{Part, Planned};
use super::refused::{Refused, owners};
use super::waves::Wave;
use crate::cluster::{Applying, Cluster, Error, Id, MANAGER};

/// Who owns the number of pods of a workload between codexctl and an autoscaler that has not decided yet.
const UNTIL_SCALED: &str = "codexctl-until-scaled";

/// Who else is us: what a manifest says counts for more.
const OUR_OTHERS: [&str; 2] = [UNTIL_SCALED, namespace::MANAGER];

/// How often an object is tried that changes under our hands.
const ATTEMPTS: usize = 8;

/// What is done about fields that somebody else owns with another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// The object is refused.
    Refuse,
    /// They are taken.
    Take,
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was otherwise.
    Changed,
    /// It was so already.
    Same,
}

/// An object that is as it should be.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Its place in the plan.
    pub index: usize,
    /// What became of it.
    pub change: Change,
    /// Whose fields were taken.
    pub taken: BTreeMap<String, Vec<String>>,
    /// The object as the server has it now; none where nothing was sent.
    pub live: Option<Value>,
}

/// Applies objects to a cluster.
pub struct Applier<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How many objects are sent at once.
    pub concurrency: usize,
    /// What is done about fields of others.
    pub conflicts: Conflicts,
    /// Whether the server only says what would come of it.
    pub dry_run: bool,
    /// Workloads whose number of pods an autoscaler decides.
    pub scaled: &'a HashSet<Id>,
}

impl Applier<'_> {
    /// How the server is only asked what would come of an object, whoever owns its fields.
    pub(super) fn asking() -> Applying<'static> {
        Applying { manager: MANAGER, force: true, dry_run: true }
    }

    /// Applies the objects of some parts of a plan, wave by wave. The wave in which something is refused is the last one; each
    /// object that is done is told to `done` at once. Where `cancel` turns true no further wave is begun.
    ///
    /// # Errors
    /// All objects that were refused.
    pub async fn apply(
        &self,
        objects: &[Planned],
        parts: &[Part],
        live: &Live,
        cancel: &watch::Receiver<bool>,
        done: &mut (dyn FnMut(&Planned, &Applied) + Send),
    ) -> Result<(), Vec<Refused>> {
        for wave in Wave::ALL {
            let of_parts = parts.iter().flat_map(|part| part.objects.clone());
            let indices: Vec<usize> = of_parts.filter(|index| objects[*index].wave == wave).collect();
            if *cancel.borrow() {
                return Ok(());
            }
            let mut refused = Vec::new();
            let mut sent = Vec::new();
            let each = indices.into_iter().map(|index| async move {
                let planned = &objects[index];
                (planned, self.one(index, planned, live.get(&planned.id)).await)
            });
            let mut answers = stream::iter(each).buffered(self.concurrency);
            while let Some((planned, answer)) = answers.next().await {
                match answer {
                    Ok(applied) => {
                        done(planned, &applied);
                        sent.push((planned, applied.change));
                    }
                    Err(error) => refused.push(Refused::of(self.cluster, planned, &error)),
                }
            }
            drop(answers);
            if wave == Wave::Definitions {
                for (planned, change) in sent {
                    if change != Change::Same
                        && &*planned.id.kind == "CustomResourceDefinition"
                        && let Err(error) = self.until_established(planned).await
                    {
                        refused.push(Refused::of(self.cluster, planned, &error));
                    }
                }
            }
            if !refused.is_empty() {
                return Err(in_order(refused));
            }
        }
        Ok(())
    }

    /// Asks about all of some objects at once: nothing of it is founded on what came before. What would be refused.
    pub async fn dry_run(&self, objects: &[&Planned]) -> Vec<Refused> {
        let mut each = Vec::with_capacity(objects.len());
        for (index, planned) in objects.iter().copied().enumerate() {
            each.push(async move { (planned, self.one(index, planned, Known::Unknown).await) });
        }
        let mut answers = stream::iter(each).buffered(self.concurrency);
        let mut refused = Vec::new();
        while let Some((planned, answer)) = answers.next().await {
            refused.extend(answer.err().map(|error| Refused::of(self.cluster, planned, &error)));
        }
        in_order(refused)
    }

    /// Applies one object.
    ///
    /// # Errors
    /// The cluster refuses it, or is gone for too long.
    pub async fn one(&self, index: usize, planned: &Planned, known: Known<'_>) -> Result<Applied, Error> {
        let mut seen = match known {
            Known::There(seen) => Some(seen.clone()),
            Known::Absent => None,
            Known::Unknown => self.look(planned).await?,
        };
        let same = Applied { index, change: Change::Same, taken: BTreeMap::new(), live: None };
        for attempt in 1.. {
            if seen.as_ref().is_some_and(|seen| seen.holds) {
                return Ok(same);
            }
            if let Some(patch) = seen.as_ref().and_then(|seen| seen.takeover.as_ref()).filter(|_| !self.dry_run) {
                match self.cluster.patch(&planned.id, patch).await {
                    Ok(_) => {}
                    // Somebody has changed it since: a controller that writes its status is enough.
                    Err(error) if matches!(error.code(), Some(404 | 409 | 422)) && attempt < ATTEMPTS => {
                        seen = self.look(planned).await?;
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            self.keep_replicas(planned, seen.as_ref()).await?;
            return self.send(index, planned, seen).await;
        }
        Ok(same)
    }

    async fn send(&self, index: usize, planned: &Planned, seen: Option<Seen>) -> Result<Applied, Error> {
        let takes = self.dry_run && seen.as_ref().is_some_and(|seen| seen.takeover.is_some());
        let how = Applying { manager: MANAGER, force: takes, dry_run: self.dry_run };
        let mut taken = BTreeMap::new();
        let live = match self.cluster.apply(&planned.id, &planned.body, how).await {
            Err(Error::Refused(status)) if status.code == 409 => {
                let causes = status.details.as_ref().map_or(&[][..], |details| &details.causes);
                let causes = causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
                taken = owners(causes.map(|cause| (cause.message.as_str(), cause.field.as_str())));
                let known = !taken.is_empty();
                taken.retain(|owner, _| !OUR_OTHERS.contains(&owner.as_str()));
                if !known || (self.conflicts == Conflicts::Refuse && !taken.is_empty()) {
                    return Err(Error::Refused(status));
                }
                self.cluster.apply(&planned.id, &planned.body, Applying { force: true, ..how }).await?
            }
            answer => answer?,
        };
        let change = match &seen {
            None => Change::Created,
            Some(seen) if live["metadata"]["resourceVersion"] == seen.version.as_str() => Change::Same,
            Some(_) => Change::Changed,
        };
        Ok(Applied { index, change, taken, live: Some(live) })
    }

    /// Looks at one object; none where it isn't there or may not be seen.
    async fn look(&self, planned: &Planned) -> Result<Option<Seen>, Error> {
        match self.cluster.get(&planned.id).await {
            Ok(live) => Ok(live.map(|live| Seen::of(planned, &live))),
            Err(error) if error.is_forbidden() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A number of pods that leaves codexctl's book and stands in no other would fall back to 1, until the autoscaler decides.
    /// Source: Kubernetes' documentation of server-side apply, "Transferring ownership".
    async fn keep_replicas(&self, planned: &Planned, seen: Option<&Seen>) -> Result<(), Error> {
        let Some(replicas) = seen.and_then(|seen| seen.replicas) else { return Ok(()) };
        if self.dry_run || !self.scaled.contains(&planned.id) {
            return Ok(());
        }
        let Id { api_version, kind, namespace, name } = &planned.id;
        let body = json!({
            "apiVersion": &**api_version,
            "kind": &**kind,
            "metadata": {"name": &**name, "namespace": namespace.as_deref()},
            "spec": {"replicas": replicas},
        });
        let how = Applying { manager: UNTIL_SCALED, force: true, dry_run: false };
        self.cluster.apply(&planned.id, &body.to_string(), how).await.map(drop)
    }

    /// Waits until a definition's kind is served.
    async fn until_established(&self, planned: &Planned) -> Result<(), Error> {
        let body = planned.value();
        let group = body["spec"]["group"].as_str().unwrap_or_default();
        let kind = body["spec"]["names"]["kind"].as_str().unwrap_or_default();
        let versions = body["spec"]["versions"].as_array().map_or(&[][..], Vec::as_slice);
        let served =
            versions.iter().find(|version| version["served"] == true).and_then(|version| version["name"].as_str());
        let Some(version) = served else { return Ok(()) };
        self.cluster.expect(group, kind);
        self.cluster.until_served(&format!("{group}/{version}"), kind).await.map(drop)
    }
}

/// As the files have them.
pub(super) fn in_order(mut refused: Vec<Refused>) -> Vec<Refused> {
    refused.sort_by(|one, other| one.order().cmp(&other.order()));
    refused
}
