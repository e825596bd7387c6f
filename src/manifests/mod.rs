//! Kubernetes manifests: the objects of rendered files, with what the stack asks of them written in, as text again.
//!
//! [`read`] makes objects of a file, [`shape`] writes image, mounts and namespace into them, [`Duplicates`] finds those that
//! are there twice, [`print()`] is what `render` shows, [`json`] what Kubernetes is sent. All of it is pure: which kinds have
//! a namespace is asked of a [`Scopes`].

mod check;
mod duplicates;
mod edit;
mod groups;
mod json;
mod mounts;
pub mod openapi;
mod print;
mod read;
mod scalar;
mod scopes;
mod secret;
mod shape;
mod workload;

use std::path::Path;
use std::sync::Arc;

use crate::gotmpl::Rendered;
use crate::stack::yaml::{Node, Place, Problem};
use crate::stack::{HostMount, PvcMount};

pub use duplicates::Duplicates;
pub use json::json;
pub use print::{Secrets, print, text};
pub use read::read;
pub use scopes::{BuiltIn, Definitions, Scopes};
pub use shape::shape;

/// What a manifest belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerKind {
    /// A group of `infrastructure`.
    Infrastructure,
    /// One of `services`.
    Service,
}

impl OwnerKind {
    /// As services.yaml's users say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Service => "service",
        }
    }
}

/// Who a manifest belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Group or service.
    pub kind: OwnerKind,
    /// Its name in services.yaml.
    pub name: Arc<str>,
}

/// A rendered file of a group or service.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The file as messages show it, relative to the project root.
    pub file: Arc<Path>,
    /// The text and where it comes from in the file as written.
    pub rendered: &'a Rendered,
    /// Who names the file.
    pub owner: Owner,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The object, with places in the file as written.
    pub node: Node,
    /// `apiVersion`, for example `apps/v1`.
    pub api_version: Arc<str>,
    /// `kind`, for example `Deployment`.
    pub kind: Arc<str>,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `metadata.namespace`, where it has one that isn't empty.
    pub namespace: Option<Arc<str>>,
    /// The file as messages show it.
    pub file: Arc<Path>,
    /// Where the object starts in the file as written.
    pub place: Place,
    /// Who it belongs to.
    pub owner: Owner,
}

impl Manifest {
    /// The API group: `apps` of `apps/v1`, empty for Kubernetes' core.
    pub fn group(&self) -> &str {
        group(&self.api_version)
    }
}

/// The group of an `apiVersion`.
pub(super) fn group(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// What the stack asks for beyond a group's or service's files (spec 2.5); the default, nothing, for infrastructure.
#[derive(Debug, Clone, Default)]
pub struct Changes<'a> {
    /// The service's image, whole.
    pub image: Option<String>,
    /// Claims to mount.
    pub pvc_mounts: &'a [PvcMount],
    /// Host folders to mount.
    pub host_mounts: &'a [HostMount],
    /// Kinds to leave out, in any case.
    pub drop_kinds: &'a [String],
    /// The name of the workload that image and mounts go into: the service's.
    pub workload: Option<&'a str>,
}

/// What [`shape`] has to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shaped {
    /// What is wrong or has no effect.
    pub problems: Vec<Found>,
    /// What nobody need change, told by `validate`: where the result differs from the Go tool's (spec 11), and what was
    /// taken for granted. All are warnings.
    pub notes: Vec<Found>,
}

/// A problem and the file it is in.
pub type Found = (Arc<Path>, Problem);

#[cfg(test)]
mod tests;
