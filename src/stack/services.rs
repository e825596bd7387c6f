//! Infrastructure groups and services of a stack.

use std::collections::BTreeMap;

use serde::Serialize;

use super::decode::{Fields, Reader};
use super::hooks::ResourceHooks;
use super::yaml::Node;

/// A group of manifests that is applied before services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Infrastructure {
    /// The name that filters use.
    pub name: String,
    /// A template; the group is left out where it renders `false`, `0` or `no`.
    pub when: Option<String>,
    /// Paths of manifests, relative to the stack file.
    pub manifests: Vec<String>,
    /// Hooks around it.
    pub hooks: ResourceHooks,
}

/// A service of the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// The name that filters use, and of the workload that `image` and mounts go into.
    pub name: String,
    /// A template; the service is left out where it renders `false`, `0` or `no`.
    pub when: Option<String>,
    /// Paths of manifests, relative to the stack file.
    pub manifests: Vec<String>,
    /// Hooks around it.
    pub hooks: ResourceHooks,
    /// The image of its first container.
    pub image: Option<ServiceImage>,
    /// Host names by environment; read for older files, never written into manifests.
    pub ingress_hosts: BTreeMap<String, String>,
    /// Changes by environment.
    pub overlays: BTreeMap<String, Overlay>,
}

/// Where a service's image is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceImage {
    /// The repository.
    pub repository: String,
    /// A template of the tag.
    pub tag_template: Option<String>,
}

/// Changes of a service in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlay {
    /// Claims that are mounted.
    pub pvc_mounts: Vec<PvcMount>,
    /// Host folders that are mounted.
    pub host_mounts: Vec<HostMount>,
    /// Kinds of objects that are left out, in any case.
    pub drop_kinds: Vec<String>,
}

/// A claim mounted into a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PvcMount {
    /// The volume's name.
    pub name: String,
    /// The claim.
    pub claim_name: String,
    /// Where it is mounted.
    pub mount_path: String,
    /// The folder in the claim.
    pub sub_path: Option<String>,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

/// A host folder mounted into a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostMount {
    /// The volume's name.
    pub name: String,
    /// The folder on the host.
    pub host_path: String,
    /// Where it is mounted.
    pub mount_path: String,
    /// Kubernetes' type of host path.
    pub host_path_type: String,
}

impl Infrastructure {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            name: fields.required("name"),
            when: fields.text("when"),
            manifests: manifests(&mut fields),
            hooks: fields.table("hooks", ResourceHooks::read).unwrap_or_default(),
        };
        fields.finish();
        Some(made)
    }
}

impl Service {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            name: fields.required("name"),
            when: fields.text("when"),
            manifests: manifests(&mut fields),
            hooks: fields.table("hooks", ResourceHooks::read).unwrap_or_default(),
            image: fields.table("image", |reader, node, path| {
                let mut fields = reader.fields(node, path)?;
                let made = ServiceImage {
                    repository: fields.required("repository"),
                    tag_template: fields.text("tagTemplate"),
                };
                fields.finish();
                Some(made)
            }),
            ingress_hosts: fields
                .table("ingress", |reader, node, path| {
                    let mut fields = reader.fields(node, path)?;
                    let hosts = fields.text_map("hosts");
                    fields.finish();
                    Some(hosts)
                })
                .unwrap_or_default(),
            overlays: fields.map("overlays", Overlay::read),
        };
        fields.finish();
        Some(made)
    }
}

fn manifests(fields: &mut Fields<'_, '_>) -> Vec<String> {
    fields.list("manifests", |reader, node, path| {
        let mut fields = reader.fields(node, path)?;
        let file = fields.required("path");
        fields.finish();
        Some(file)
    })
}

impl Overlay {
    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            pvc_mounts: fields.list("pvcMounts", PvcMount::read),
            host_mounts: fields.list("hostMounts", HostMount::read),
            drop_kinds: fields.texts("dropKinds").unwrap_or_default(),
        };
        fields.finish();
        Some(made)
    }
}

impl PvcMount {
    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            name: fields.required("name"),
            claim_name: fields.required("claimName"),
            mount_path: fields.required("mountPath"),
            sub_path: fields.text("subPath"),
            read_only: fields.truth("readOnly").unwrap_or(false),
        };
        fields.finish();
        Some(made)
    }
}

/// Kubernetes' types of host path: <https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types>.
const HOST_PATH_TYPES: [&str; 7] =
    ["Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice"];

impl HostMount {
    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let types = HOST_PATH_TYPES.map(|name| (name, name));
        let made = Self {
            name: fields.required("name"),
            host_path: fields.required("hostPath"),
            mount_path: fields.required("mountPath"),
            host_path_type: fields.choice("hostPathType", &types).unwrap_or("Directory").to_owned(),
        };
        fields.finish();
        Some(made)
    }
}
