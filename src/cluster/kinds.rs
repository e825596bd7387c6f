//! Which kinds an API server serves, as its discovery says.

use std::collections::BTreeMap;

use kube::core::discovery::v2::APIGroupDiscoveryList;

/// What a server says about a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// The name of its collection in addresses: `deployments`.
    pub plural: String,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// The word for one: `deployment`.
    pub singular: String,
    /// The words for those in a hurry: `deploy`.
    pub short: Vec<String>,
}

/// The kinds of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Kinds by `apiVersion`. The server's preferred version of a group comes first.
    served: Vec<(String, BTreeMap<String, Resource>)>,
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
                    let namespaced = resource.scope.as_deref() == Some("Namespaced");
                    let (plural, singular) = (resource.resource?, resource.singular_resource.unwrap_or_default());
                    Some((kind, Resource { plural, namespaced, singular, short: resource.short_names }))
                });
                kinds.served.push((api_version, known.collect()));
            }
        }
        kinds
    }

    /// Whether objects of this kind live in a namespace; none where the cluster doesn't know the kind.
    pub fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        Some(self.resource(api_version, kind)?.namespaced)
    }

    /// What the cluster says about a kind; none where it doesn't know it.
    pub fn resource(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        self.served.iter().find(|(version, _)| version == api_version)?.1.get(kind)
    }

    /// The address of a kind's objects: those of a namespace, or where the kind has none or none is given those of the cluster.
    pub fn collection(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Option<String> {
        Some(collection(api_version, self.resource(api_version, kind)?, namespace))
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

    /// The version of a group in which the server likes a kind best.
    pub fn preferred(&self, group: &str, kind: &str) -> Option<String> {
        let of_group = |version: &str| version.rsplit_once('/').map_or("", |(group, _)| group) == group;
        let found = self.served.iter().find(|(version, kinds)| of_group(version) && kinds.contains_key(kind));
        found.map(|(version, _)| version.clone())
    }

    /// The kinds of one version, or of all.
    pub fn names<'k>(&'k self, api_version: Option<&'k str>) -> impl Iterator<Item = &'k str> {
        let some = self.served.iter().filter(move |(version, _)| api_version.is_none_or(|wanted| wanted == version));
        some.flat_map(|(_, kinds)| kinds.keys()).map(String::as_str)
    }

    /// All of them, each with its version, in the server's order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, &Resource)> {
        let of = self.served.iter().map(|(version, kinds)| (version.as_str(), kinds));
        of.flat_map(|(version, kinds)| kinds.iter().map(move |(kind, resource)| (version, kind.as_str(), resource)))
    }

    /// Whether the server said nothing at all: one older than Kubernetes 1.27 answers in another form.
    pub(super) fn is_empty(&self) -> bool {
        self.served.is_empty()
    }
}

/// The address of a kind's objects. Source: Kubernetes, "API concepts", resource URIs.
pub(super) fn collection(api_version: &str, resource: &Resource, namespace: Option<&str>) -> String {
    let root = if api_version.contains('/') { "apis" } else { "api" };
    match namespace.filter(|_| resource.namespaced) {
        Some(namespace) => format!("/{root}/{api_version}/namespaces/{namespace}/{}", resource.plural),
        None => format!("/{root}/{api_version}/{}", resource.plural),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kinds() -> Kinds {
        let resource = |kind: &str, scope: &str| json!({"resource": kind.to_lowercase() + "s", "responseKind": {"group": "", "kind": kind}, "scope": scope});
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
    fn objects_have_the_address_that_the_server_says() {
        let at = |api_version, kind, namespace| kinds().collection(api_version, kind, namespace);
        assert_eq!(at("v1", "Pod", Some("shop")).as_deref(), Some("/api/v1/namespaces/shop/pods"));
        assert_eq!(at("v1", "Pod", None).as_deref(), Some("/api/v1/pods"));
        assert_eq!(at("v1", "Node", Some("shop")).as_deref(), Some("/api/v1/nodes"));
        let scalers = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
        assert_eq!(at("autoscaling/v2", "HorizontalPodAutoscaler", Some("shop")).as_deref(), Some(scalers));
        assert_eq!(at("v1", "Deployment", None), None);
    }

    #[test]
    fn a_version_whose_server_is_down_is_told_apart_from_one_that_is_not_there() {
        assert!(kinds().is_stale("metrics.k8s.io/v1beta1"));
        assert!(!kinds().is_stale("v1"));
    }
}
