//! Which kinds an API server serves, as its discovery says.

use std::collections::BTreeMap;

use kube::core::discovery::v2::APIGroupDiscoveryList;

/// The kinds of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Kinds by `apiVersion`, each with whether it is namespaced. The server's preferred version of a group comes first.
    served: Vec<(String, BTreeMap<String, bool>)>,
    /// Versions whose own server (an APIService) does not answer: nothing is known about their kinds.
    stale: Vec<String>,
}

impl Kinds {
    /// From the answers to `/api` and `/apis`.
    pub(super) fn of(lists: [APIGroupDiscoveryList; 2]) -> Self {
        let mut kinds = Self::default();
        for group in lists.into_iter().flat_map(|list| list.items) {
            let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
            for version in group.versions {
                let short = version.version.unwrap_or_default();
                let api_version = if name.is_empty() { short } else { format!("{name}/{short}") };
                if version.freshness.as_deref() == Some("Stale") {
                    kinds.stale.push(api_version.clone());
                }
                let known = version.resources.into_iter().filter_map(|resource| {
                    let kind = resource.response_kind?.kind.filter(|kind| !kind.is_empty())?;
                    Some((kind, resource.scope.as_deref() == Some("Namespaced")))
                });
                kinds.served.push((api_version, known.collect()));
            }
        }
        kinds
    }

    /// Whether objects of this kind live in a namespace; none where the cluster doesn't know the kind.
    pub fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.served.iter().find(|(version, _)| version == api_version)?.1.get(kind).copied()
    }

    /// Whether the cluster serves this version of a group at all.
    pub fn has_version(&self, api_version: &str) -> bool {
        self.served.iter().any(|(version, _)| version == api_version)
    }

    /// Whether the cluster serves a group in any version.
    pub fn has_group(&self, group: &str) -> bool {
        self.served.iter().any(|(version, _)| version.rsplit_once('/').map_or("", |(group, _)| group) == group)
    }

    /// Whether nothing can be said about a version's kinds, because their own server doesn't answer.
    pub fn is_stale(&self, api_version: &str) -> bool {
        self.stale.iter().any(|version| version == api_version)
    }

    /// The versions in which a kind is served, in whatever group, the preferred ones first.
    pub fn versions_of(&self, kind: &str) -> Vec<&str> {
        let with = self.served.iter().filter(|(_, kinds)| kinds.contains_key(kind));
        with.map(|(version, _)| version.as_str()).collect()
    }

    /// The kinds of one version, or of all.
    pub fn names<'k>(&'k self, api_version: Option<&'k str>) -> impl Iterator<Item = &'k str> {
        let some = self.served.iter().filter(move |(version, _)| api_version.is_none_or(|wanted| wanted == version));
        some.flat_map(|(_, kinds)| kinds.keys()).map(String::as_str)
    }

    /// Whether the server said nothing at all: one older than Kubernetes 1.27 answers in another form.
    pub(super) fn is_empty(&self) -> bool {
        self.served.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kinds() -> Kinds {
        let resource = |kind: &str, scope: &str| json!({"responseKind": {"group": "", "kind": kind}, "scope": scope});
        let version = |name: &str, freshness: &str, resources: &[Value]| json!({"version": name, "freshness": freshness, "resources": resources});
        let core = [resource("Pod", "Namespaced"), resource("Node", "Cluster")];
        let scaler = [resource("HorizontalPodAutoscaler", "Namespaced")];
        let core = json!({"items": [{"versions": [version("v1", "Current", &core)]}]});
        let others = json!({"items": [
            {"metadata": {"name": "autoscaling"}, "versions": [version("v2", "Current", &scaler), version("v1", "Current", &scaler)]},
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [version("v1beta1", "Stale", &[])]},
        ]});
        Kinds::of([core, others].map(|list| serde_json::from_value(list).unwrap()))
    }

    #[test]
    fn a_kind_has_the_scope_that_the_server_says() {
        let kinds = kinds();
        assert_eq!(kinds.namespaced("v1", "Pod"), Some(true));
        assert_eq!(kinds.namespaced("v1", "Node"), Some(false));
        assert_eq!(kinds.namespaced("v1", "Deployment"), None);
        assert_eq!(kinds.namespaced("apps/v1", "Pod"), None);
    }

    #[test]
    fn a_kind_is_found_in_all_its_versions_the_preferred_one_first() {
        assert_eq!(kinds().versions_of("HorizontalPodAutoscaler"), ["autoscaling/v2", "autoscaling/v1"]);
        assert_eq!(kinds().names(Some("v1")).collect::<Vec<_>>(), ["Node", "Pod"]);
        assert!(kinds().has_version("autoscaling/v1") && !kinds().has_version("autoscaling/v2beta1"));
    }

    #[test]
    fn a_version_whose_server_is_down_is_told_apart_from_one_that_is_not_there() {
        assert!(kinds().is_stale("metrics.k8s.io/v1beta1"));
        assert!(!kinds().is_stale("v1"));
    }
}
