//! In which order objects of one stage are applied: what others need comes first (spec 5.1, step 3).

use crate::cluster::Id;

/// A wave. All objects of one are applied at once, and before those of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wave {
    /// Namespaces and definitions of kinds, which are waited for.
    Definitions,
    /// What belongs to the whole cluster, and rights.
    Cluster,
    /// What pods read, and what bounds them.
    Config,
    /// Claims.
    Storage,
    /// Names by which pods are found.
    Services,
    /// Whatever runs or makes something run, and kinds that nobody knows.
    Workloads,
    /// What lets the world in, and webhooks: they need what is behind them.
    Exposure,
}

impl Wave {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Definitions,
        Self::Cluster,
        Self::Config,
        Self::Storage,
        Self::Services,
        Self::Workloads,
        Self::Exposure,
    ];

    /// The wave of an object.
    pub fn of(id: &Id) -> Self {
        match (id.group(), &*id.kind) {
            ("", "Namespace") | ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definitions,
            ("admissionregistration.k8s.io", _)
            | ("apiregistration.k8s.io", "APIService")
            | ("networking.k8s.io" | "extensions", "Ingress")
            | ("gateway.networking.k8s.io", _) => Self::Exposure,
            ("rbac.authorization.k8s.io", _) | ("", "ServiceAccount") => Self::Cluster,
            ("", "ConfigMap" | "Secret" | "LimitRange" | "ResourceQuota")
            | ("networking.k8s.io", "NetworkPolicy")
            | ("policy", "PodDisruptionBudget") => Self::Config,
            ("", "PersistentVolumeClaim") => Self::Storage,
            ("", "Service" | "Endpoints") | ("discovery.k8s.io", "EndpointSlice") => Self::Services,
            _ if id.namespace.is_none() => Self::Cluster,
            _ => Self::Workloads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_need_comes_first() {
        let wave = |api_version: &str, kind: &str, namespace: Option<&str>| {
            Wave::of(&Id {
                api_version: api_version.into(),
                kind: kind.into(),
                namespace: namespace.map(Into::into),
                name: "a".into(),
            })
        };
        let shop = Some("shop");
        let order = [
            wave("v1", "Namespace", None),
            wave("apiextensions.k8s.io/v1", "CustomResourceDefinition", None),
            wave("storage.k8s.io/v1", "StorageClass", None),
            wave("rbac.authorization.k8s.io/v1", "Role", shop),
            wave("v1", "ServiceAccount", shop),
            wave("v1", "Secret", shop),
            wave("v1", "PersistentVolumeClaim", shop),
            wave("v1", "Service", shop),
            wave("apps/v1", "Deployment", shop),
            wave("example.com/v1", "Widget", shop),
            wave("networking.k8s.io/v1", "Ingress", shop),
            wave("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", None),
        ];
        assert!(order.is_sorted());
        assert_eq!(order[0], Wave::ALL[0]);
        assert_eq!(order[order.len() - 1], Wave::ALL[Wave::ALL.len() - 1]);
    }
}
