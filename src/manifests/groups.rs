//! The kinds that are known without a cluster.
//!
//! Kubernetes' own: the types of `k8s.io/api`, `k8s.io/apiextensions-apiserver` and `k8s.io/kube-aggregator` 0.36 by their marker
//! `+genclient:nonNamespaced`. The operators': `spec.scope` of the definitions that each of them installs.

/// Where objects of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Namespaced,
    Cluster,
}

/// A group of Kubernetes itself, with all its kinds.
pub(super) struct Own {
    /// The group; empty for the core.
    name: &'static str,
    /// The version that manifests are written in today.
    version: &'static str,
    namespaced: &'static [&'static str],
    cluster: &'static [&'static str],
}

impl Own {
    /// What `apiVersion` says today.
    pub(super) fn api_version(&self) -> String {
        if self.name.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.name, self.version) }
    }

    /// All kinds of the group.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.namespaced.iter().chain(self.cluster).copied()
    }
}

const OWN: &[Own] = &[
    Own {
        name: "",
        version: "v1",
        namespaced: &[
            "Binding",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
        cluster: &["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
    },
    Own {
        name: "apps",
        version: "v1",
        namespaced: &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        cluster: &[],
    },
    Own { name: "batch", version: "v1", namespaced: &["CronJob", "Job"], cluster: &[] },
    Own { name: "autoscaling", version: "v2", namespaced: &["HorizontalPodAutoscaler"], cluster: &[] },
    Own {
        name: "networking.k8s.io",
        version: "v1",
        namespaced: &["Ingress", "NetworkPolicy"],
        cluster: &["IPAddress", "IngressClass", "ServiceCIDR"],
    },
    Own {
        name: "policy",
        version: "v1",
        namespaced: &["Eviction", "PodDisruptionBudget"],
        cluster: &["PodSecurityPolicy"],
    },
    Own {
        name: "rbac.authorization.k8s.io",
        version: "v1",
        namespaced: &["Role", "RoleBinding"],
        cluster: &["ClusterRole", "ClusterRoleBinding"],
    },
    Own {
        name: "storage.k8s.io",
        version: "v1",
        namespaced: &["CSIStorageCapacity"],
        cluster: &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    },
    Own {
        name: "scheduling.k8s.io",
        version: "v1",
        namespaced: &["PodGroup", "Workload"],
        cluster: &["PriorityClass"],
    },
    Own {
        name: "admissionregistration.k8s.io",
        version: "v1",
        namespaced: &[],
        cluster: &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    },
    Own { name: "apiextensions.k8s.io", version: "v1", namespaced: &[], cluster: &["CustomResourceDefinition"] },
    Own { name: "apiregistration.k8s.io", version: "v1", namespaced: &[], cluster: &["APIService"] },
    Own {
        name: "authentication.k8s.io",
        version: "v1",
        namespaced: &[],
        cluster: &["SelfSubjectReview", "TokenReview"],
    },
    Own {
        name: "authorization.k8s.io",
        version: "v1",
        namespaced: &["LocalSubjectAccessReview"],
        cluster: &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    },
    Own {
        name: "certificates.k8s.io",
        version: "v1",
        namespaced: &["PodCertificateRequest"],
        cluster: &["CertificateSigningRequest", "ClusterTrustBundle"],
    },
    Own { name: "coordination.k8s.io", version: "v1", namespaced: &["Lease", "LeaseCandidate"], cluster: &[] },
    Own { name: "discovery.k8s.io", version: "v1", namespaced: &["EndpointSlice"], cluster: &[] },
    Own { name: "events.k8s.io", version: "v1", namespaced: &["Event"], cluster: &[] },
    Own {
        name: "flowcontrol.apiserver.k8s.io",
        version: "v1",
        namespaced: &[],
        cluster: &["FlowSchema", "PriorityLevelConfiguration"],
    },
    Own { name: "imagepolicy.k8s.io", version: "v1alpha1", namespaced: &[], cluster: &["ImageReview"] },
    Own { name: "internal.apiserver.k8s.io", version: "v1alpha1", namespaced: &[], cluster: &["StorageVersion"] },
    Own { name: "node.k8s.io", version: "v1", namespaced: &[], cluster: &["RuntimeClass"] },
    Own {
        name: "resource.k8s.io",
        version: "v1",
        namespaced: &["ResourceClaim", "ResourceClaimTemplate"],
        cluster: &["DeviceClass", "DeviceTaintRule", "ResourcePoolStatusRequest", "ResourceSlice"],
    },
    Own { name: "storagemigration.k8s.io", version: "v1beta1", namespaced: &[], cluster: &["StorageVersionMigration"] },
];

/// A group of an operator: its cluster-scoped kinds, or `*` where all are. Its other kinds are namespaced.
type Operator = (&'static str, &'static [&'static str]);

const ALL: &[&str] = &["*"];

#[rustfmt::skip]
const OPERATORS: &[Operator] = &[
    // What Kubernetes no longer has, in older files.
    ("extensions", &["PodSecurityPolicy"]),
    // Kubernetes' own projects.
    ("autoscaling.k8s.io", &[]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("groupsnapshot.storage.k8s.io", &["VolumeGroupSnapshotClass", "VolumeGroupSnapshotContent"]),
    ("jobset.x-k8s.io", &[]),
    ("kueue.x-k8s.io", &["AdmissionCheck", "ClusterQueue", "Cohort", "MultiKueueCluster", "MultiKueueConfig",
        "ProvisioningRequestConfig", "ResourceFlavor", "Topology", "WorkloadPriorityClass"]),
    ("nfd.k8s-sigs.io", &["NodeFeatureRule"]),
    ("policy.networking.k8s.io", &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"]),
    ("secrets-store.csi.x-k8s.io", &[]),
    ("snapshot.storage.k8s.io", &["VolumeSnapshotClass", "VolumeSnapshotContent"]),
    ("wgpolicyk8s.io", &["ClusterPolicyReport"]),
    // Certificates and secrets.
    ("acme.cert-manager.io", &[]),
    ("bitnami.com", &[]),
    ("cert-manager.io", &["ClusterIssuer"]),
    ("external-secrets.io", &["ClusterExternalSecret", "ClusterPushSecret", "ClusterSecretStore"]),
    ("generators.external-secrets.io", &["ClusterGenerator"]),
    ("policy.cert-manager.io", &["CertificateRequestPolicy"]),
    ("secrets.hashicorp.com", &[]),
    ("spire.spiffe.io", &["ClusterFederatedTrustDomain", "ClusterSPIFFEID", "ClusterStaticEntry"]),
    ("trust.cert-manager.io", &["Bundle", "ClusterBundle"]),
    // Traffic and networks.
    ("cilium.io", &["CiliumBGPAdvertisement", "CiliumBGPClusterConfig", "CiliumBGPNodeConfig",
        "CiliumBGPNodeConfigOverride", "CiliumBGPPeerConfig", "CiliumBGPPeeringPolicy", "CiliumCIDRGroup",
        "CiliumClusterwideEnvoyConfig", "CiliumClusterwideNetworkPolicy", "CiliumEgressGatewayPolicy",
        "CiliumEndpointSlice", "CiliumExternalWorkload", "CiliumIdentity", "CiliumL2AnnouncementPolicy",
        "CiliumLoadBalancerIPPool", "CiliumNode", "CiliumPodIPPool"]),
    ("configuration.konghq.com", &["KongClusterPlugin", "KongLicense", "KongVault"]),
    ("crd.projectcalico.org", CALICO),
    ("elbv2.k8s.aws", &["IngressClassParams"]),
    ("k8s.cni.cncf.io", &[]),
    ("k8s.nginx.org", &[]),
    ("metallb.io", &[]),
    ("networking.istio.io", &[]),
    ("operator.tigera.io", &["APIServer", "Goldmane", "ImageSet", "Installation", "TigeraStatus", "Whisker"]),
    ("policy.linkerd.io", &[]),
    ("projectcalico.org", CALICO),
    ("projectcontour.io", &[]),
    ("security.istio.io", &[]),
    ("telemetry.istio.io", &[]),
    ("traefik.containo.us", &[]),
    ("traefik.io", &[]),
    // Delivery and scaling.
    ("argoproj.io", &["ClusterAnalysisTemplate", "ClusterWorkflowTemplate"]),
    ("eventing.keda.sh", &["ClusterCloudEventSource"]),
    ("helm.cattle.io", &[]),
    ("helm.toolkit.fluxcd.io", &[]),
    ("image.toolkit.fluxcd.io", &[]),
    ("karpenter.k8s.aws", ALL),
    ("karpenter.sh", ALL),
    ("keda.sh", &["ClusterTriggerAuthentication"]),
    ("kustomize.toolkit.fluxcd.io", &[]),
    ("notification.toolkit.fluxcd.io", &[]),
    ("serving.knative.dev", &[]),
    ("serving.kserve.io", &["ClusterServingRuntime", "ClusterStorageContainer"]),
    ("source.toolkit.fluxcd.io", &[]),
    ("tekton.dev", &["ClusterTask"]),
    ("triggers.tekton.dev", &["ClusterInterceptor", "ClusterTriggerBinding"]),
    // Watching and logs.
    ("fluentbit.fluent.io", &["ClusterFilter", "ClusterFluentBitConfig", "ClusterInput", "ClusterMultilineParser",
        "ClusterOutput", "ClusterParser"]),
    ("fluentd.fluent.io", &["ClusterFilter", "ClusterFluentdConfig", "ClusterInput", "ClusterOutput"]),
    ("grafana.integreatly.org", &[]),
    ("logging.banzaicloud.io", &["FluentbitAgent", "Logging", "LoggingRoute", "NodeAgent"]),
    ("monitoring.coreos.com", &[]),
    ("opentelemetry.io", &[]),
    ("operator.victoriametrics.com", &[]),
    // Data and storage.
    ("acid.zalan.do", &[]),
    ("elasticsearch.k8s.elastic.co", &[]),
    ("kafka.strimzi.io", &[]),
    ("kibana.k8s.elastic.co", &[]),
    ("longhorn.io", &[]),
    ("minio.min.io", &[]),
    ("mongodbcommunity.mongodb.com", &[]),
    ("postgresql.cnpg.io", &["ClusterImageCatalog"]),
    ("rabbitmq.com", &[]),
    ("velero.io", &[]),
    // Policies and platforms.
    ("apiextensions.crossplane.io", ALL),
    ("aquasecurity.github.io", &["ClusterComplianceReport", "ClusterConfigAuditReport", "ClusterInfraAssessmentReport",
        "ClusterRbacAssessmentReport", "ClusterSbomReport", "ClusterVulnerabilityReport"]),
    ("capsule.clastix.io", &["CapsuleConfiguration", "GlobalTenantResource", "Tenant"]),
    ("config.openshift.io", ALL),
    ("constraints.gatekeeper.sh", ALL),
    ("dapr.io", &[]),
    ("instancetype.kubevirt.io", &["VirtualMachineClusterInstancetype", "VirtualMachineClusterPreference"]),
    ("kyverno.io", &["ClusterCleanupPolicy", "ClusterPolicy", "GlobalContextEntry"]),
    ("mutations.gatekeeper.sh", ALL),
    ("nvidia.com", &["ClusterPolicy", "NVIDIADriver"]),
    ("oauth.openshift.io", ALL),
    ("operators.coreos.com", &["OLMConfig", "Operator"]),
    ("pkg.crossplane.io", ALL),
    ("policies.kyverno.io", &["DeletingPolicy", "GeneratingPolicy", "ImageValidatingPolicy", "MutatingPolicy",
        "ValidatingPolicy"]),
    ("project.openshift.io", ALL),
    ("quota.openshift.io", &["ClusterResourceQuota"]),
    ("route.openshift.io", &[]),
    ("security.openshift.io", &["RangeAllocation", "SecurityContextConstraints"]),
    ("templates.gatekeeper.sh", ALL),
    ("user.openshift.io", ALL),
];

const CALICO: &[&str] = &[
    "BGPConfiguration",
    "BGPFilter",
    "BGPPeer",
    "BlockAffinity",
    "CalicoNodeStatus",
    "ClusterInformation",
    "FelixConfiguration",
    "GlobalNetworkPolicy",
    "GlobalNetworkSet",
    "HostEndpoint",
    "IPAMBlock",
    "IPAMConfig",
    "IPAMHandle",
    "IPPool",
    "IPReservation",
    "KubeControllersConfiguration",
    "Profile",
    "StagedGlobalNetworkPolicy",
    "Tier",
];

/// Where objects of a kind live; none where the kind isn't known.
pub(super) fn scope(group: &str, kind: &str) -> Option<Scope> {
    if let Some(own) = own(group) {
        return match (own.namespaced.contains(&kind), own.cluster.contains(&kind)) {
            (true, _) => Some(Scope::Namespaced),
            (_, true) => Some(Scope::Cluster),
            // A newer Kubernetes has kinds that this list doesn't.
            _ => None,
        };
    }
    let (_, cluster) = OPERATORS.iter().find(|(name, _)| *name == group)?;
    let wide = *cluster == ALL || cluster.contains(&kind);
    Some(if wide { Scope::Cluster } else { Scope::Namespaced })
}

/// A group of Kubernetes itself.
pub(super) fn own(group: &str) -> Option<&'static Own> {
    OWN.iter().find(|own| own.name == group)
}

/// The group of Kubernetes that has a kind.
pub(super) fn home(kind: &str) -> Option<&'static Own> {
    OWN.iter().find(|own| own.kinds().any(|known| known == kind))
}

/// All kinds of Kubernetes itself.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    OWN.iter().flat_map(Own::kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_is_listed_twice_and_no_group_either() {
        let mut groups: Vec<_> =
            OWN.iter().map(|own| own.name).chain(OPERATORS.iter().map(|(name, _)| *name)).collect();
        let all = groups.len();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), all);
        for own in OWN {
            let mut kinds: Vec<_> = own.kinds().collect();
            let all = kinds.len();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), all, "{}", own.name);
        }
    }

    #[test]
    fn known_kinds_have_their_scope_and_unknown_ones_none() {
        let of = |group, kind| scope(group, kind);
        for (group, kind) in [
            ("", "Namespace"),
            ("", "PersistentVolume"),
            ("rbac.authorization.k8s.io", "ClusterRole"),
            ("storage.k8s.io", "StorageClass"),
            ("cert-manager.io", "ClusterIssuer"),
            ("constraints.gatekeeper.sh", "AnyConstraint"),
        ] {
            assert_eq!(of(group, kind), Some(Scope::Cluster), "{group} {kind}");
        }
        for (group, kind) in
            [("", "Pod"), ("apps", "Deployment"), ("cert-manager.io", "Issuer"), ("extensions", "Ingress")]
        {
            assert_eq!(of(group, kind), Some(Scope::Namespaced), "{group} {kind}");
        }
        for (group, kind) in [("example.com", "ClusterWidget"), ("apps", "Newcomer"), ("", "Deployment")] {
            assert_eq!(of(group, kind), None, "{group} {kind}");
        }
    }
}
