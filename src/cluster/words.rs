//! Kinds by the words that kubectl takes for them.

use super::connect::Cluster;
use super::kinds::{Kinds, Resource};
use super::retry::Error;

/// A kind that a word means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

impl Kinds {
    /// The kind that a word means to kubectl: kind, plural, singular or short name in any case, alone or with a group
    /// (`deployments.apps`), the beginning of one (`ingress.networking`), or version and group (`deployments.v1.apps`).
    ///
    /// Of several the server's first one, as with kubectl; a whole word goes before a short one.
    pub fn meant(&self, word: &str) -> Option<Meant> {
        let word = word.trim().to_lowercase();
        let (name, of) = word.split_once('.').unwrap_or((&word, ""));
        let whole = |kind: &str, resource: &Resource| {
            resource.plural == name || resource.singular == name || kind.to_lowercase() == name
        };
        let short = |_: &str, resource: &Resource| resource.short.iter().any(|short| short == name);
        let exact = |group: &str, version: &str| of.is_empty() || of == group || of == format!("{version}.{group}");
        let begun = |group: &str, _: &str| group.starts_with(of);
        let find = |is: &dyn Fn(&str, &Resource) -> bool, fits: &dyn Fn(&str, &str) -> bool| {
            self.all().find(|(api_version, kind, resource)| {
                let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
                fits(group, version) && is(kind, resource)
            })
        };
        let found = find(&whole, &exact).or_else(|| find(&short, &exact));
        let found = found.or_else(|| find(&whole, &begun)).or_else(|| find(&short, &begun));
        found.map(|(api_version, kind, resource)| Meant {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespaced: resource.namespaced,
        })
    }

    /// The words for one of each kind, for hints.
    pub fn singulars(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(_, _, resource)| resource.singular.as_str()).filter(|word| !word.is_empty())
    }
}

impl Cluster {
    /// The kind that a word means to kubectl. One that is not known is asked for anew: it may have come since.
    ///
    /// # Errors
    /// The server doesn't answer.
    pub async fn meant(&self, word: &str) -> Result<Option<Meant>, Error> {
        if let Some(meant) = self.kinds().meant(word) {
            return Ok(Some(meant));
        }
        self.refresh_kinds().await?;
        Ok(self.kinds().meant(word))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kinds() -> Kinds {
        let resource = |kind: &str, plural: &str, short: &[&str]| {
            json!({
                "resource": plural, "singularResource": kind.to_lowercase(), "shortNames": short, "scope": "Namespaced",
                "responseKind": {"kind": kind},
            })
        };
        let group = |name: &str, versions: &[&str], resources: &[Value]| {
            let versions: Vec<Value> =
                versions.iter().map(|version| json!({"version": version, "resources": resources})).collect();
            json!({"metadata": {"name": name}, "versions": versions})
        };
        let core = [resource("Pod", "pods", &["po"]), resource("Event", "events", &["ev"])];
        let others = [
            group("apps", &["v1"], &[resource("Deployment", "deployments", &["deploy"])]),
            group("events.k8s.io", &["v1"], &[resource("Event", "events", &["ev"])]),
            group(
                "autoscaling",
                &["v2", "v1"],
                &[resource("HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"])],
            ),
            group("networking.k8s.io", &["v1"], &[resource("Ingress", "ingresses", &["ing"])]),
            group("example.com", &["v1"], &[resource("Po", "pos", &[])]),
        ];
        let lists = [json!({"items": [group("", &["v1"], &core)]}), json!({"items": others})];
        Kinds::of(lists.map(|list| serde_json::from_value(list).unwrap()))
    }

    #[test]
    fn a_kind_is_found_by_every_word_that_kubectl_takes() {
        let kinds = kinds();
        let found =
            |word: &str| kinds.meant(word).map_or_else(String::new, |m| format!("{} {}", m.api_version, m.kind));
        for (word, is) in [
            ("deploy", "apps/v1 Deployment"),
            ("Deployment", "apps/v1 Deployment"),
            ("DEPLOYMENTS", "apps/v1 Deployment"),
            (" deployment ", "apps/v1 Deployment"),
            ("deployments.apps", "apps/v1 Deployment"),
            ("deploy.apps", "apps/v1 Deployment"),
            ("Deployment.v1.apps", "apps/v1 Deployment"),
            ("deployments.v1beta1.apps", ""),
            ("deployments.batch", ""),
            ("ev", "v1 Event"),
            ("event.events.k8s.io", "events.k8s.io/v1 Event"),
            ("hpa", "autoscaling/v2 HorizontalPodAutoscaler"),
            ("hpa.v1.autoscaling", "autoscaling/v1 HorizontalPodAutoscaler"),
            ("ingress.networking", "networking.k8s.io/v1 Ingress"),
            ("pod", "v1 Pod"),
            // A kind of this name stands before the short name of another.
            ("po", "example.com/v1 Po"),
            ("pods.v1.", "v1 Pod"),
            ("deploiment", ""),
            ("", ""),
        ] {
            assert_eq!(found(word), is, "{word:?}");
        }
    }
}
