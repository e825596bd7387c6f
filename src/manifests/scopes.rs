//! Which kinds live in a namespace.

use std::collections::HashMap;

use super::groups::{self, Scope};
use super::{Manifest, group};

/// Tells whether a kind is namespaced. A cluster's discovery is one, [`BuiltIn`] is what stands in for it offline.
pub trait Scopes {
    /// Whether objects of this kind live in a namespace; none where nothing is known about it.
    fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool>;
}

/// What is known without a cluster: Kubernetes' own kinds, and the groups of widely used operators.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

impl Scopes for BuiltIn {
    fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        groups::scope(group(api_version), kind).map(|scope| scope == Scope::Namespaced)
    }
}

/// The CustomResourceDefinitions of a stack, which tell the scope of their kinds themselves, and another [`Scopes`] for the rest.
pub struct Definitions<'a> {
    known: HashMap<(String, String), bool>,
    rest: &'a dyn Scopes,
}

impl<'a> Definitions<'a> {
    /// Takes the definitions out of all objects of a stack.
    pub fn of<'m>(manifests: impl IntoIterator<Item = &'m Manifest>, rest: &'a dyn Scopes) -> Self {
        let known = manifests.into_iter().filter_map(|manifest| {
            let ours = &*manifest.kind == "CustomResourceDefinition" && manifest.group() == "apiextensions.k8s.io";
            let text = |path: &[&str]| manifest.node.at(path).and_then(|node| node.as_str());
            let namespaced = match text(&["spec", "scope"]).filter(|_| ours)? {
                "Namespaced" => true,
                "Cluster" => false,
                _ => return None,
            };
            let kind = text(&["spec", "names", "kind"])?;
            Some(((text(&["spec", "group"])?.to_owned(), kind.to_owned()), namespaced))
        });
        Self { known: known.collect(), rest }
    }
}

impl Scopes for Definitions<'_> {
    fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        if self.known.is_empty() {
            return self.rest.namespaced(api_version, kind);
        }
        let name = (group(api_version).to_owned(), kind.to_owned());
        self.known.get(&name).copied().or_else(|| self.rest.namespaced(api_version, kind))
    }
}
