//! Infrastructure groups and services of a stack.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::decode::{Fields, Reader};
use super::hooks::ResourceHooks;
use super::schema;
use super::yaml::Node;

/// A group of manifests that is applied before the services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Infrastructure {
    /// The name that filters (`--only-infra`, `--skip-infra`) and `slotBootstrapInfra` use.
    pub name: String,
    /// Whether it is part of the stack, usually a template. It is left out where this is `false`, `0` or `no`.
    pub when: Option<String>,
    /// Its manifests, in this order.
    #[schemars(default, with = "Vec<schema::ManifestFile>")]
    pub manifests: Vec<String>,
    /// Steps around it.
    #[schemars(default)]
    pub hooks: ResourceHooks,
}

/// A service of the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// The name that filters (`--only-services`, `--skip-services`) use. `image` and `overlays` change the workload of this
    /// name.
    pub name: String,
    /// Whether it is part of the stack, usually a template. It is left out where this is `false`, `0` or `no`.
    pub when: Option<String>,
    /// Its manifests, in this order.
    #[schemars(default, with = "Vec<schema::ManifestFile>")]
    pub manifests: Vec<String>,
    /// Steps around it.
    #[schemars(default)]
    pub hooks: ResourceHooks,
    /// The image that its first container gets, and every init container that had the same image or none.
    pub image: Option<ServiceImage>,
    /// Where it answers. Kept for older files: codexctl writes it into no manifest.
    #[schemars(default, rename = "ingress", with = "schema::Ingress")]
    pub ingress_hosts: BTreeMap<String, String>,
    /// What differs in an environment, by the environment's name.
    #[schemars(default)]
    pub overlays: BTreeMap<String, Overlay>,
}

/// Where a service's image is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceImage {
    /// The image's name without a tag, such as `registry.example.com/shop/catalog`.
    pub repository: String,
    /// The tag, usually a template.
    pub tag_template: Option<String>,
}

/// What differs for a service in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Overlay {
    /// Persistent volume claims that are mounted. A volume or mount of the same name is replaced.
    pub pvc_mounts: Vec<PvcMount>,
    /// Folders of the host that are mounted. A volume or mount of the same name is replaced.
    pub host_mounts: Vec<HostMount>,
    /// Kinds of objects that are left out, such as `Ingress`; upper and lower case are the same.
    pub drop_kinds: Vec<String>,
}

/// A persistent volume claim mounted into a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PvcMount {
    /// The volume's name.
    pub name: String,
    /// The claim's name.
    pub claim_name: String,
    /// Where it is mounted in the container.
    pub mount_path: String,
    /// The folder of the claim that is mounted; without one all of it.
    pub sub_path: Option<String>,
    /// Whether the container may only read it.
    #[schemars(default)]
    pub read_only: bool,
}

/// A folder of the host mounted into a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostMount {
    /// The volume's name.
    pub name: String,
    /// The folder on the host.
    pub host_path: String,
    /// Where it is mounted in the container.
    pub mount_path: String,
    /// What Kubernetes expects at `hostPath`, and whether it makes it.
    #[schemars(default = "usual_host_path_type", extend("enum" = HOST_PATH_TYPES))]
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
                let made =
                    ServiceImage { repository: fields.written("repository"), tag_template: fields.text("tagTemplate") };
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

fn usual_host_path_type() -> String {
    "Directory".to_owned()
}

impl HostMount {
    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let types = HOST_PATH_TYPES.map(|name| (name, name));
        let made = Self {
            name: fields.required("name"),
            host_path: fields.required("hostPath"),
            mount_path: fields.required("mountPath"),
            host_path_type: fields.choice("hostPathType", &types).map_or_else(usual_host_path_type, str::to_owned),
        };
        fields.finish();
        Some(made)
    }
}
