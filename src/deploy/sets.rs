//! Which objects are a stack's: those with the label of its set. The set's parent, a ConfigMap, says of which kinds and in which
//! namespaces there may be some.
//!
//! Source: KEP-3659, "ApplySet: kubectl apply --prune redesign"; names as kubectl 1.36 reads them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::namespace::is_label;
use super::plan::Planned;
use crate::cluster::{Applying, Cluster, Error, Id, MANAGER};
use crate::stack::Loaded;

/// The name of an environment's set; a project's has the project behind it.
const NAME: &str = "codexctl-applyset";

/// Who keeps the set, as kubectl wants to know it.
const TOOLING: &str = "codexctl/v1";

/// The fields by which a parent is known.
const ID: &str = "applyset.kubernetes.io/id";
const TOOL: &str = "applyset.kubernetes.io/tooling";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

/// A set of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The ConfigMap that stands for it.
    pub parent: Id,
    /// What its members are labelled with.
    pub id: String,
}

impl Set {
    fn named(name: &str, namespace: &str) -> Self {
        // "<name>.<namespace>.<kind>.<group>": the group of ConfigMaps is empty.
        let digest = Sha256::digest(format!("{name}.{namespace}.ConfigMap."));
        let parent = Id {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some(namespace.into()),
            name: name.into(),
        };
        Self { parent, id: format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(digest)) }
    }
}

/// The sets of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sets {
    /// What the environment's namespaces have of it.
    pub environment: Set,
    /// What belongs to the whole cluster: all environments of a project share it.
    pub project: Set,
    /// The environment, as objects are labelled with it.
    pub env: String,
}

impl Sets {
    /// The sets of a stack in one environment.
    pub fn of_stack(loaded: &Loaded) -> Self {
        let project = format!("{NAME}-{}", loaded.stack.project.to_lowercase());
        let plain = is_label(&project);
        let project = if plain { project } else { format!("{NAME}-{}", hex(&loaded.stack.project)) };
        Self {
            environment: Set::named(NAME, &loaded.namespace),
            project: Set::named(&project, loaded.stack.state.namespace()),
            env: if is_label(&loaded.env.name) { loaded.env.name.clone() } else { hex(&loaded.env.name) },
        }
    }

    /// The set that an object is a member of.
    pub fn of(&self, id: &Id) -> &Set {
        if id.namespace.is_some() { &self.environment } else { &self.project }
    }
}

/// A name for what can't be part of one.
fn hex(text: &str) -> String {
    Sha256::digest(text)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a parent says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Kinds with their groups: `Deployment.apps`, `ConfigMap`.
    pub(super) kinds: BTreeSet<String>,
    /// Namespaces besides the parent's own.
    pub(super) namespaces: BTreeSet<String>,
}

impl Contents {
    /// What some objects need, that are members of a set.
    pub(super) fn of<'p>(set: &Set, objects: impl IntoIterator<Item = &'p Planned>) -> Self {
        let mut found = Self::default();
        for Planned { id, .. } in objects {
            let group = id.group();
            found.kinds.insert(if group.is_empty() { id.kind.to_string() } else { format!("{}.{group}", id.kind) });
            let other = id.namespace.as_ref().filter(|namespace| Some(*namespace) != set.parent.namespace.as_ref());
            found.namespaces.extend(other.map(ToString::to_string));
        }
        found
    }

    fn read(parent: &Value) -> Self {
        let list = |name: &str| -> BTreeSet<String> {
            let text = parent["metadata"]["annotations"][name].as_str().unwrap_or_default();
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        Self { kinds: list(KINDS), namespaces: list(NAMESPACES) }
    }

    fn and(&self, other: &Self) -> Self {
        let union = |one: &BTreeSet<String>, other: &BTreeSet<String>| one | other;
        Self { kinds: union(&self.kinds, &other.kinds), namespaces: union(&self.namespaces, &other.namespaces) }
    }
}

/// Has the parent say that the set may contain these, besides all that it has said before. What it says then: the caller's own
/// contents where it may not be asked.
///
/// # Errors
/// The cluster is gone for too long. Lacking rights are no error.
pub(super) async fn announce(cluster: &Cluster, set: &Set, contents: &Contents) -> Result<Contents, Error> {
    let found = match cluster.get(&set.parent).await {
        Err(error) if error.is_forbidden() => return Ok(contents.clone()),
        found => found?,
    };
    let before = found.as_ref().map(Contents::read).unwrap_or_default();
    let all = before.and(contents);
    let known = found.as_ref().is_some_and(|found| found["metadata"]["annotations"][TOOL] == TOOLING);
    if contents.kinds.is_empty() && !known {
        return Ok(all);
    }
    if !known || all != before {
        write(cluster, set, &all).await?;
    }
    Ok(all)
}

/// Has the parent say exactly this. It never says less than before: another environment may have objects in the set.
///
/// # Errors
/// The cluster is gone for too long. Lacking rights are no error.
async fn write(cluster: &Cluster, set: &Set, contents: &Contents) -> Result<(), Error> {
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(",");
    let body = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": &*set.parent.name,
            "namespace": set.parent.namespace.as_deref(),
            "labels": {ID: set.id},
            "annotations": {TOOL: TOOLING, KINDS: list(&contents.kinds), NAMESPACES: list(&contents.namespaces)},
        },
    });
    let how = Applying { manager: MANAGER, force: true, dry_run: false };
    match cluster.apply(&set.parent, &body.to_string(), how).await {
        Err(error) if error.is_forbidden() => Ok(()),
        answer => answer.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sets_id_is_the_one_that_kubectl_computes() {
        // From kubectl's own test of the same rule: `echo -n "test.ns.ConfigMap." | sha256sum`, in base64 for addresses.
        let set = Set::named("codexctl-applyset", "shop");
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(b"codexctl-applyset.shop.ConfigMap."));
        assert_eq!(set.id, format!("applyset-{digest}-v1"));
        assert!(set.id.len() <= 63, "a label's value");
    }

    #[test]
    fn what_a_parent_says_is_read_back() {
        let parent = json!({"metadata": {"annotations": {KINDS: "ConfigMap,Deployment.apps", NAMESPACES: ""}}});
        let contents = Contents::read(&parent);
        assert_eq!(contents.kinds.iter().collect::<Vec<_>>(), ["ConfigMap", "Deployment.apps"]);
        assert!(contents.namespaces.is_empty());
    }
}
