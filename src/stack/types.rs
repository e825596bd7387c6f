//! The stack as types: what services.yaml says, after rendering and validation.

use std::collections::BTreeMap;

use serde::Serialize;

use super::codex::Codex;
use super::decode::{Fields, Reader};
use super::hooks::StackHooks;
use super::images::Image;
use super::publish::Publish;
use super::services::{Infrastructure, Service};
use super::yaml::Node;

/// A stack: infrastructure, services, images, hooks and the agent's settings of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The project's name; slots, namespaces and labels carry it.
    pub project: String,
    /// Files of variables (dotenv), relative to this file.
    pub env_files: Vec<String>,
    /// The registry that images are pushed to.
    pub registry: Option<String>,
    /// Versions by name, for `.Versions` of templates.
    pub versions: BTreeMap<String, String>,
    /// The most slots at a time; 0: no limit.
    pub max_slots: u32,
    /// The domain of each environment.
    pub base_domain: BTreeMap<String, String>,
    /// Templates for the namespace of each environment.
    pub namespace_patterns: BTreeMap<String, String>,
    /// Named variants of the stack.
    pub environments: BTreeMap<String, EnvironmentSpec>,
    /// Where slot records are kept.
    pub state: State,
    /// Sizes and classes of volumes, for `.Storage` of templates.
    pub storage: Storage,
    /// Host folders that exist before apply; older files.
    pub data_paths: Option<DataPaths>,
    /// Images that are copied or built.
    pub images: BTreeMap<String, Image>,
    /// Groups of manifests that are applied before services, in this order.
    pub infrastructure: Vec<Infrastructure>,
    /// Services, in this order.
    pub services: Vec<Service>,
    /// Hooks around the whole stack.
    pub hooks: StackHooks,
    /// The agent's settings.
    pub codex: Codex,
    /// What may leave a run.
    pub publish: Publish,
}

/// One environment as the file has it, before `from` is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSpec {
    /// The environment whose values count where this one has none.
    pub from: Option<String>,
    /// Path of a kubeconfig; `~` and `$VAR` are put in.
    pub kubeconfig: Option<String>,
    /// The context in it.
    pub context: Option<String>,
    /// Read for older files, never written into manifests.
    pub image_pull_policy: Option<String>,
    /// Infrastructure that a new slot needs at once.
    pub slot_bootstrap_infra: Option<Vec<String>>,
    /// Read for older files, never written into manifests.
    pub local_registry: Option<LocalRegistry>,
}

/// A registry on the developer's machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalRegistry {
    /// Whether there is one.
    pub enabled: bool,
    /// The name of its container.
    pub name: Option<String>,
    /// Its port.
    pub port: Option<u16>,
}

/// Where slot records are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Which store; none: what the runtime has.
    pub backend: Option<StateBackend>,
    /// The namespace of the records' ConfigMaps; none: `codex-system`.
    pub configmap_namespace: Option<String>,
    /// What the ConfigMaps' names start with; none: `codex-env-`.
    pub configmap_prefix: Option<String>,
    /// The folder of the file store; none: the user's state folder.
    pub dir: Option<String>,
}

impl State {
    /// The namespace of the records' ConfigMaps.
    pub fn namespace(&self) -> &str {
        self.configmap_namespace.as_deref().unwrap_or("codex-system")
    }

    /// What the ConfigMaps' names start with.
    pub fn prefix(&self) -> &str {
        self.configmap_prefix.as_deref().unwrap_or("codex-env-")
    }

    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            backend: fields.choice("backend", &[("configmap", StateBackend::Configmap), ("file", StateBackend::File)]),
            configmap_namespace: fields.text("configmapNamespace"),
            configmap_prefix: fields.text("configmapPrefix"),
            dir: fields.text("dir"),
        };
        fields.finish();
        Some(made)
    }
}

/// A store of slot records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StateBackend {
    /// ConfigMaps of the cluster; runtime kubernetes.
    Configmap,
    /// Files; runtime local.
    File,
}

/// Volumes of the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// The sources.
    pub workspace: Option<Volume>,
    /// What services keep.
    pub data: Option<Volume>,
    /// The registry's images.
    pub registry: Option<Volume>,
}

/// Size and class of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// A Kubernetes quantity: `5Gi`.
    pub size: Option<String>,
    /// The storage class; none: the cluster's default.
    pub storage_class: Option<String>,
    /// `ReadWriteOnce`, `ReadWriteMany`, …
    pub access_modes: Vec<String>,
}

/// Host folders of older files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataPaths {
    /// The folder that none of them may leave.
    pub root: Option<String>,
    /// The environment's own folder.
    pub env_dir: Option<String>,
    /// Folders below the environment's own, else below `root`.
    pub dirs: Vec<String>,
}

/// Reads a whole stack; what is wrong is told to the reader.
pub(super) fn read(reader: &Reader, node: &Node) -> Option<Stack> {
    let mut fields = reader.fields(node, "")?;
    let stack = Stack {
        project: fields.required("project"),
        env_files: fields.texts("envFiles").unwrap_or_default(),
        registry: fields.text("registry"),
        versions: fields.text_map("versions"),
        max_slots: fields.number("maxSlots", 0, u32::MAX.into()).and_then(|most| most.try_into().ok()).unwrap_or(0),
        base_domain: fields.text_map("baseDomain"),
        namespace_patterns: fields.table("namespace", read_patterns).unwrap_or_default(),
        environments: fields.map("environments", read_environment),
        state: fields.table("state", State::read).unwrap_or_default(),
        storage: fields.table("storage", read_storage).unwrap_or_default(),
        data_paths: fields.table("dataPaths", read_data_paths),
        images: fields.map("images", Image::read),
        infrastructure: fields.list("infrastructure", Infrastructure::read),
        services: fields.list("services", Service::read),
        hooks: fields.table("hooks", StackHooks::read).unwrap_or_default(),
        codex: fields.table("codex", Codex::read).unwrap_or_default(),
        publish: fields.table("publish", Publish::read).unwrap_or_default(),
    };
    fields.finish();
    Some(stack)
}

fn read_patterns(reader: &Reader, node: &Node, path: &str) -> Option<BTreeMap<String, String>> {
    let mut fields = reader.fields(node, path)?;
    let patterns = fields.text_map("patterns");
    fields.finish();
    Some(patterns)
}

fn read_environment(reader: &Reader, node: &Node, path: &str) -> Option<EnvironmentSpec> {
    const POLICIES: [(&str, &str); 3] = [("Always", "Always"), ("IfNotPresent", "IfNotPresent"), ("Never", "Never")];
    let mut fields = reader.fields(node, path)?;
    let made = EnvironmentSpec {
        from: fields.text("from"),
        kubeconfig: fields.text("kubeconfig"),
        context: fields.text("context"),
        image_pull_policy: fields.choice("imagePullPolicy", &POLICIES).map(str::to_owned),
        slot_bootstrap_infra: fields.texts("slotBootstrapInfra"),
        local_registry: fields.table("localRegistry", |reader, node, path| {
            let mut fields = reader.fields(node, path)?;
            let made = LocalRegistry {
                enabled: fields.truth("enabled").unwrap_or(false),
                name: fields.text("name"),
                port: port(&mut fields, "port"),
            };
            fields.finish();
            Some(made)
        }),
    };
    fields.finish();
    Some(made)
}

/// A TCP port.
pub(super) fn port(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<u16> {
    fields.number(name, 1, u16::MAX.into()).and_then(|port| u16::try_from(port).ok())
}

fn read_storage(reader: &Reader, node: &Node, path: &str) -> Option<Storage> {
    let mut fields = reader.fields(node, path)?;
    let made = Storage {
        workspace: fields.table("workspace", read_volume),
        data: fields.table("data", read_volume),
        registry: fields.table("registry", read_volume),
    };
    fields.finish();
    Some(made)
}

fn read_volume(reader: &Reader, node: &Node, path: &str) -> Option<Volume> {
    let mut fields = reader.fields(node, path)?;
    let made = Volume {
        size: fields.text("size"),
        storage_class: fields.text("storageClass"),
        access_modes: fields.texts("accessModes").unwrap_or_default(),
    };
    fields.finish();
    Some(made)
}

fn read_data_paths(reader: &Reader, node: &Node, path: &str) -> Option<DataPaths> {
    let mut fields = reader.fields(node, path)?;
    let made = DataPaths {
        root: fields.text("root"),
        env_dir: fields.text("envDir"),
        dirs: fields.texts("dirs").unwrap_or_default(),
    };
    fields.finish();
    Some(made)
}
