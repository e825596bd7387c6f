//! What is applied, as it is sent: the objects of the chosen groups and services, in the order of their stages.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::hide::{Open, learn};
use super::render::{Objects, Sink, render_into};
use super::select::Selection;
use super::sets::Sets;
use super::waves::Wave;
use crate::cluster::Id;
use crate::manifests::{Manifest, Owner, OwnerKind, Scopes, json};
use crate::secrets::Redactor;
use crate::stack::yaml::Place;
use crate::stack::{Loaded, Renderer};

/// Says by which manifest an object was made last: what has the same digest and its fields is not sent again.
pub(super) const APPLIED: &str = "codexctl.dev/applied";

/// Says to which set of objects one belongs. Source: KEP-3659, "ApplySet member objects".
pub(super) const PART_OF: &str = "applyset.kubernetes.io/part-of";

/// Says whose an object is where several environments share a namespace, and so a set.
pub(super) const ENV: &str = "codexctl.dev/env";

/// One object that is to be.
#[derive(Debug)]
pub struct Planned {
    /// What names it.
    pub id: Id,
    /// When it is applied.
    pub wave: Wave,
    /// Who it belongs to.
    pub owner: Owner,
    /// The file as messages show it.
    pub file: Arc<Path>,
    /// Where it starts in the file as written.
    pub place: Place,
    /// The object as JSON. Text: a tree of it would need many times the memory.
    pub body: Box<str>,
}

impl Planned {
    /// The object as a tree.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Where it is written, for people.
    pub fn at(&self) -> String {
        format!("{}:{}", self.file.display(), self.place.line)
    }
}

/// The objects that belong to one group or service.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose they are.
    pub owner: Owner,
    /// Where they stand in [`Plan::objects`].
    pub objects: Range<usize>,
    /// Whether what comes behind it waits until it is applied and its `afterApply` steps are done.
    pub barrier: bool,
}

/// All that is to be.
#[derive(Debug, Default)]
pub struct Plan {
    /// The objects, as services.yaml orders them.
    pub objects: Vec<Planned>,
    /// Who they belong to, in the same order.
    pub parts: Vec<Part>,
}

impl Plan {
    /// Renders what is chosen, and has `redactor` hide what its Secrets hold. The other result is all that was told, without the objects.
    pub fn of(
        loaded: &Loaded,
        renderer: &Renderer,
        selection: &Selection<'_>,
        scopes: &dyn Scopes,
        sets: &Sets,
        redactor: &Redactor,
    ) -> (Self, Objects) {
        let mut taken = Taken { sets, open: Open::of(loaded), redactor, plan: Self::default() };
        let mut hooks = selection.chosen.iter().map(|item| (&item.owner, !item.hooks.after_apply.is_empty()));
        let objects = render_into(loaded, renderer, selection, scopes, &mut taken);
        let mut plan = taken.plan;
        plan.without_duplicates();
        // A group or service without objects may have hooks all the same.
        let mut found: HashMap<&Owner, Range<usize>> = HashMap::new();
        for (index, object) in plan.objects.iter().enumerate() {
            let range = found.entry(&object.owner).or_insert(index..index);
            range.end = index + 1;
        }
        let mut end = 0;
        plan.parts = hooks
            .by_ref()
            .map(|(owner, barrier)| {
                let objects = found.get(owner).cloned().unwrap_or(end..end);
                end = objects.end;
                Part { owner: owner.clone(), objects, barrier }
            })
            .collect();
        (plan, objects)
    }

    /// An object that is there twice is what it is the second time, as with kubectl. That it is there twice has been told.
    fn without_duplicates(&mut self) {
        let mut seen = HashSet::new();
        let keep: Vec<bool> = self.objects.iter().rev().map(|object| seen.insert(object.id.clone())).collect();
        let mut keep = keep.into_iter().rev();
        self.objects.retain(|_| keep.next().unwrap_or(true));
    }

    /// The stretches between barriers, each with the parts that it is made of: all objects of one are applied wave by wave.
    /// Infrastructure and services are never in the same.
    pub fn stretches(&self) -> Vec<&[Part]> {
        let ends = |(index, part): (usize, &Part)| {
            let next = self.parts.get(index + 1)?;
            (part.barrier || part.owner.kind != next.owner.kind).then_some(index + 1)
        };
        let mut found = Vec::new();
        let mut start = 0;
        for end in self.parts.iter().enumerate().filter_map(ends).chain([self.parts.len()]) {
            if start < end {
                found.push(&self.parts[start..end]);
            }
            start = end;
        }
        found
    }

    /// The kinds that definitions in the plan bring: group and kind.
    pub fn defined(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let definitions = self.objects.iter().filter(|object| &*object.id.kind == "CustomResourceDefinition");
        definitions
            .map(|object| {
                let body = object.value();
                (text(&body["spec"]["group"]), text(&body["spec"]["names"]["kind"]))
            })
            .collect()
    }

    /// Whether it has infrastructure, or services.
    pub fn has(&self, kind: OwnerKind) -> bool {
        self.parts.iter().any(|part| part.owner.kind == kind)
    }
}

/// Turns objects into what is sent as they are made.
struct Taken<'a> {
    sets: &'a Sets,
    open: Open<'a>,
    /// Values of Secrets are hidden wherever the cluster says them again: in events, in logs.
    redactor: &'a Redactor,
    plan: Plan,
}

impl Sink for Taken<'_> {
    fn secrets(&mut self, manifests: &[Manifest]) {
        learn(manifests, &self.open, self.redactor);
    }

    fn take(&mut self, manifests: Vec<Manifest>) {
        let made = manifests.into_iter().map(|manifest| {
            let Manifest { node, api_version, kind, name, namespace, file, place, owner } = manifest;
            let id = Id { api_version, kind, namespace, name };
            let env = id.namespace.is_some().then_some(&*self.sets.env);
            let body = body(json(&node), &self.sets.of(&id).id, env);
            Planned { wave: Wave::of(&id), id, owner, file, place, body }
        });
        self.plan.objects.extend(made);
    }
}

/// The object as it is sent: a member of its set, with the mark of what it was made by, and without what only servers write.
fn body(mut object: Value, set: &str, env: Option<&str>) -> Box<str> {
    if let Some(whole) = object.as_object_mut() {
        whole.remove("status");
        let metadata = whole.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Some(metadata) = metadata.as_object_mut() {
            for field in ["managedFields", "creationTimestamp", "generation", "selfLink"] {
                metadata.remove(field);
            }
        }
        put(whole, "labels", PART_OF, set);
        if let Some(env) = env {
            put(whole, "labels", ENV, env);
        }
    }
    marked(object)
}

/// With the mark of what it is made by.
pub(super) fn marked(mut object: Value) -> Box<str> {
    if let Some(whole) = object.as_object_mut() {
        if let Some(annotations) = whole["metadata"]["annotations"].as_object_mut() {
            annotations.remove(APPLIED);
        }
        let digest = Sha256::digest(Value::Object(whole.clone()).to_string());
        let digest: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        put(whole, "annotations", APPLIED, &digest);
    }
    object.to_string().into_boxed_str()
}

/// Sets a label or an annotation. Where these are no map, the server says so.
fn put(object: &mut Map<String, Value>, field: &str, key: &str, value: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let map = metadata.entry(field).or_insert(Value::Null);
    if map.is_null() {
        *map = Value::Object(Map::new());
    }
    if let Some(map) = map.as_object_mut() {
        map.insert(key.to_owned(), Value::from(value));
    }
}
