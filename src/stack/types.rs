//! The stack as types: what services.yaml says, after rendering and validation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::codex::Codex;
use super::decode::{Fields, Reader};
use super::hooks::StackHooks;
use super::images::Image;
use super::publish::Publish;
use super::schema;
use super::services::{Infrastructure, Service};
use super::yaml::Node;

/// A stack: infrastructure, services, images, hooks and the agent's settings of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The project's name. Namespaces, slots and the labels of every object carry it: up to 63 letters, digits, `-`, `_` and
    /// `.`, a letter or digit first and last.
    #[schemars(extend("pattern" = schema::LABEL_VALUE))]
    pub project: String,
    /// Files of variables (`NAME=value` a line), relative to this file. They are read first, so their names hold no template.
    #[schemars(default, with = "Vec<schema::PlainPath>")]
    pub env_files: Vec<String>,
    /// The registry that images are pushed to. Kept for older files: codexctl does nothing with it.
    pub registry: Option<String>,
    /// Versions by name. Templates read them: `{{ index .Versions "node" }}`.
    #[schemars(default)]
    pub versions: BTreeMap<String, String>,
    /// The most slots that may be in use at a time; 0: no limit.
    #[schemars(default)]
    pub max_slots: u32,
    /// The domain of each environment, by the environment's name. Templates read it: `{{ index .BaseDomain "dev" }}`.
    #[schemars(default)]
    pub base_domain: BTreeMap<String, String>,
    /// How the namespaces are called.
    #[schemars(default, rename = "namespace", with = "schema::Namespace")]
    pub namespace_patterns: BTreeMap<String, String>,
    /// The environments that the stack runs in, by name. A file without any has every environment, with nothing set.
    #[schemars(default)]
    pub environments: BTreeMap<String, EnvironmentSpec>,
    /// Where codexctl keeps its records of slots.
    #[schemars(default)]
    pub state: State,
    /// Sizes and classes of volumes, for your manifests: `{{ .Storage.Data.Size }}`.
    #[schemars(default)]
    pub storage: Storage,
    /// Folders on the host that exist before anything is applied; for stacks that keep their data in `hostPath` volumes.
    pub data_paths: Option<DataPaths>,
    /// The images that the stack needs, by name: copied from another registry, or built.
    #[schemars(default, with = "BTreeMap<String, schema::Image>")]
    pub images: BTreeMap<String, Image>,
    /// Groups of manifests that are applied before the services, in this order.
    #[schemars(default)]
    pub infrastructure: Vec<Infrastructure>,
    /// The services, applied in this order.
    #[schemars(default)]
    pub services: Vec<Service>,
    /// Steps before and after everything else.
    #[schemars(default)]
    pub hooks: StackHooks,
    /// How the agent works: model, prompt, timeouts, MCP servers, budget.
    #[schemars(default)]
    pub codex: Codex,
    /// What may leave a run. codexctl checks it before anything is pushed.
    #[schemars(default)]
    pub publish: Publish,
}

/// One environment, as the file has it before `from` is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default, rename = "Environment")]
pub struct EnvironmentSpec {
    /// The environment whose values count where this one has none of its own.
    pub from: Option<String>,
    /// The kubeconfig file. `~` and `$VARIABLE` are put in; a relative path starts at this file.
    pub kubeconfig: Option<String>,
    /// The context in that kubeconfig; without one its current context counts.
    pub context: Option<String>,
    /// When nodes pull images. Read and inherited, but never written into manifests.
    #[schemars(extend("enum" = PULL_POLICIES))]
    pub image_pull_policy: Option<String>,
    /// Names of the infrastructure groups that a new slot needs before its sources arrive.
    pub slot_bootstrap_infra: Option<Vec<String>>,
    /// A registry on the developer's machine. Read and inherited, but never written into manifests.
    pub local_registry: Option<LocalRegistry>,
}

/// A registry on the developer's machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct LocalRegistry {
    /// Whether there is one.
    pub enabled: bool,
    /// The name of its container.
    pub name: Option<String>,
    /// Its port on this machine.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
}

/// Where codexctl keeps its records of slots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct State {
    /// The store. Without one: ConfigMaps where a cluster is used, files where none is.
    pub backend: Option<StateBackend>,
    /// The namespace of the ConfigMaps.
    #[schemars(extend("default" = Self::NAMESPACE))]
    pub configmap_namespace: Option<String>,
    /// What the names of the ConfigMaps start with.
    #[schemars(extend("default" = Self::PREFIX))]
    pub configmap_prefix: Option<String>,
    /// The folder of the file store; without one the user's state folder.
    pub dir: Option<String>,
}

impl State {
    const NAMESPACE: &str = "codex-system";
    const PREFIX: &str = "codex-env-";

    /// The namespace of the records' ConfigMaps.
    pub fn namespace(&self) -> &str {
        self.configmap_namespace.as_deref().unwrap_or(Self::NAMESPACE)
    }

    /// What the ConfigMaps' names start with.
    pub fn prefix(&self) -> &str {
        self.configmap_prefix.as_deref().unwrap_or(Self::PREFIX)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum StateBackend {
    /// ConfigMaps of the cluster: everyone who works with the cluster shares them.
    Configmap,
    /// Files on this machine.
    File,
}

/// Volumes of the stack. Nothing is made of them but what your manifests make: `{{ .Storage.Data.Size }}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(default)]
pub struct Storage {
    /// The volume of the sources: `.Storage.Workspace`.
    pub workspace: Option<Volume>,
    /// The volume of what services keep: `.Storage.Data`.
    pub data: Option<Volume>,
    /// The volume of the registry's images: `.Storage.Registry`.
    pub registry: Option<Volume>,
}

/// Size and class of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Volume {
    /// A Kubernetes quantity, such as `5Gi`.
    pub size: Option<String>,
    /// The storage class; without one the cluster's default.
    pub storage_class: Option<String>,
    /// Kubernetes' access modes: `ReadWriteOnce`, `ReadWriteMany`, ….
    pub access_modes: Vec<String>,
}

/// Folders on the host. The hook `codex.ensure-data-dirs` makes them; they are emptied when a slot is made anew and deleted
/// with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct DataPaths {
    /// The folder that none of the others may lie outside of. It has to be there if one of them is.
    pub root: Option<String>,
    /// The environment's own folder.
    pub env_dir: Option<String>,
    /// Folders below `envDir`, without one below `root`.
    pub dirs: Vec<String>,
}

/// When nodes pull images: <https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy>.
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

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
    let mut fields = reader.fields(node, path)?;
    let made = EnvironmentSpec {
        from: fields.text("from"),
        kubeconfig: fields.text("kubeconfig"),
        context: fields.text("context"),
        image_pull_policy: fields.choice("imagePullPolicy", &PULL_POLICIES.map(|name| (name, name))).map(str::to_owned),
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
