//! The objects of an environment held against its cluster: does it know their kinds, have they the structure that it wants.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::survey::Checker;
use crate::cluster::{Chosen, Cluster, Failure, Kinds, Patience, Places, choose};
use crate::manifests::openapi::Document;
use crate::manifests::{BuiltIn, Found, Manifest, Scopes, json};
use crate::stack::yaml::{Node, Problem};
use crate::stack::{Diagnostic, nearest};
use crate::ui::Level;

/// The clusters of a stack's environments. Environments that share one ask it once.
pub struct Clusters {
    runtime: Rc<Runtime>,
    patience: Patience,
    known: HashMap<String, Rc<Known>>,
}

/// A cluster with the schemas that have been asked for, or why it can't be asked.
struct Known {
    cluster: Result<Cluster, Failure>,
    /// By `apiVersion`; none where the cluster publishes none.
    documents: RefCell<BTreeMap<String, Option<Document>>>,
    /// Why schemas could not be had.
    failed: RefCell<Option<String>>,
}

/// What looks at the objects of one environment.
pub struct OnCluster {
    runtime: Rc<Runtime>,
    known: Option<Rc<Known>>,
    notes: Vec<(Level, Diagnostic)>,
    /// Whether there was an object that nobody could check, as no cluster is named.
    missed: Cell<bool>,
}

impl Clusters {
    /// None of them asked yet.
    ///
    /// # Errors
    /// The system gives no means to wait for a network.
    pub fn new(patience: Patience) -> io::Result<Self> {
        let runtime = Rc::new(Builder::new_current_thread().enable_all().build()?);
        Ok(Self { runtime, patience, known: HashMap::new() })
    }

    /// The cluster of an environment, asked what it serves. Where it can't be asked, the checker's notes say why.
    pub fn checker(&mut self, places: &Places) -> OnCluster {
        let Chosen { target, warnings } = self.runtime.block_on(choose(places));
        let mut notes: Vec<_> =
            warnings.into_iter().map(|warning| (Level::Warning, Diagnostic::warning(warning))).collect();
        let known = match target {
            Ok(Some(target)) => {
                let (runtime, patience) = (&self.runtime, self.patience);
                let known = self.known.entry(target.key.clone()).or_insert_with(|| {
                    let cluster = runtime.block_on(Cluster::connect(target, patience));
                    Rc::new(Known { cluster, documents: RefCell::default(), failed: RefCell::default() })
                });
                notes.extend(known.cluster.as_ref().err().map(note));
                Some(Rc::clone(known))
            }
            Ok(None) => None,
            Err(failure) => {
                notes.push(note(&failure));
                None
            }
        };
        OnCluster { runtime: Rc::clone(&self.runtime), known, notes, missed: Cell::new(false) }
    }
}

/// A check that can do without a cluster goes on without it, but not without the one that the user asked for by name.
fn note(failure: &Failure) -> (Level, Diagnostic) {
    let (level, made) = if failure.explicit {
        (Level::Error, Diagnostic::error(failure.text.clone()))
    } else {
        (Level::Notice, Diagnostic::warning(format!("not checked against a cluster: {failure}")))
    };
    (level, Diagnostic { hint: failure.hint.clone(), ..made })
}

impl OnCluster {
    fn cluster(&self) -> Option<(&Known, &Cluster)> {
        let known = self.known.as_deref()?;
        Some((known, known.cluster.as_ref().ok()?))
    }

    /// Has the schemas of these versions at hand, as far as they can be had.
    fn fetch(&self, known: &Known, cluster: &Cluster, wanted: BTreeSet<&str>) {
        let mut documents = known.documents.borrow_mut();
        let missing: Vec<String> =
            wanted.into_iter().filter(|version| !documents.contains_key(*version)).map(str::to_owned).collect();
        let mut failed = known.failed.borrow_mut();
        match self.runtime.block_on(cluster.schemas(&missing)) {
            Ok(found) => {
                for version in missing {
                    let document = found.get(&version).map(|json| Document::read(json)).transpose();
                    let document = document.unwrap_or_else(|error| {
                        *failed = Some(format!("the schemas of {version} can't be read: {error}"));
                        None
                    });
                    documents.insert(version, document);
                }
            }
            Err(failure) => *failed = Some(failure.text),
        }
    }
}

impl Checker for OnCluster {
    fn scopes(&self) -> &dyn Scopes {
        self
    }

    fn check(&self, manifests: &[Manifest]) -> Vec<Found> {
        self.missed.set(self.known.is_none() && self.notes.is_empty() && !manifests.is_empty());
        let Some((known, cluster)) = self.cluster() else { return Vec::new() };
        let own = Definitions::of(manifests);
        let served = |manifest: &&Manifest| {
            !own.defines(manifest) && cluster.kinds().namespaced(&manifest.api_version, &manifest.kind).is_some()
        };
        self.fetch(known, cluster, manifests.iter().filter(served).map(|manifest| &*manifest.api_version).collect());
        let documents = known.documents.borrow();
        let mut found = Vec::new();
        for manifest in manifests {
            let problems = if own.defines(manifest) {
                own.check(manifest)
            } else if served(&manifest) {
                let document = documents.get(&*manifest.api_version).and_then(Option::as_ref);
                document.and_then(|document| document.check(&manifest.api_version, &manifest.kind, &manifest.node))
            } else {
                Some(vec![unknown(cluster, manifest)])
            };
            let problems = problems.unwrap_or_default().into_iter();
            found.extend(problems.map(|problem| (manifest.file.clone(), problem)));
        }
        found
    }

    fn notes(&self) -> Vec<(Level, Diagnostic)> {
        let mut notes = self.notes.clone();
        if self.missed.get() {
            let hint = "name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG";
            notes.push((Level::Notice, Diagnostic::warning("not checked against a cluster: none is named").hint(hint)));
        }
        if let Some((known, _)) = self.cluster()
            && let Some(failed) = &*known.failed.borrow()
        {
            notes.push((
                Level::Notice,
                Diagnostic::warning(format!("not checked against the cluster's schemas: {failed}")),
            ));
        }
        notes
    }
}

impl Scopes for OnCluster {
    fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        let Some((_, cluster)) = self.cluster() else { return BuiltIn.namespaced(api_version, kind) };
        Served(cluster.kinds()).namespaced(api_version, kind)
    }
}

/// What a cluster serves, and what is known of the rest.
pub struct Served(pub Arc<Kinds>);

impl Scopes for Served {
    fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        let said = self.0.namespaced(api_version, kind).or_else(|| BuiltIn.namespaced(api_version, kind));
        // What the cluster doesn't know is told elsewhere; where it lives makes no difference then.
        Some(said.unwrap_or(true))
    }
}

/// A kind that the cluster does not know.
fn unknown(cluster: &Cluster, manifest: &Manifest) -> Problem {
    let Manifest { api_version, kind, node, .. } = manifest;
    let (kinds, server) = (cluster.kinds(), cluster.server());
    let at = |field: &str| node.get(field).unwrap_or(node);
    if kinds.is_stale(api_version) {
        let text =
            format!("{server} can't say whether it knows `{kind}`: what serves `{api_version}` there does not answer");
        return Problem::at(at("apiVersion"), text).warning();
    }
    let elsewhere = kinds.versions_of(kind);
    let place = at(if kinds.has_version(api_version) { "kind" } else { "apiVersion" });
    let problem = Problem::at(place, format!("{server} has no kind `{kind}` in `{api_version}`"));
    let near = |within| nearest(kind, kinds.names(within)).filter(|near| *near != &**kind);
    if !kinds.has_group(manifest.group()) && manifest.group().contains('.') {
        // A hook or an operator may bring the definition, which no check can see.
        problem.hint("its CustomResourceDefinition is not installed there, and not in this stack").warning()
    } else if !elsewhere.is_empty() {
        let versions: Vec<String> = elsewhere.iter().map(|version| format!("`{version}`")).collect();
        problem.hint(format!("it has `{kind}` in {}", versions.join(", ")))
    } else if let Some(near) = near(Some(api_version)) {
        problem.hint(format!("did you mean `{near}`?"))
    } else {
        match near(None) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    }
}

/// The CustomResourceDefinitions of a stack: what they say counts, also where the cluster has older ones.
struct Definitions<'m> {
    /// Versions by group and kind, each with its schema where that can be read.
    known: HashMap<(&'m str, &'m str), BTreeMap<&'m str, Option<Document>>>,
}

impl<'m> Definitions<'m> {
    fn of(manifests: &'m [Manifest]) -> Self {
        let mut known = HashMap::new();
        for manifest in manifests {
            if &*manifest.kind != "CustomResourceDefinition" || manifest.group() != "apiextensions.k8s.io" {
                continue;
            }
            let text = |node: &'m Node, path: &[&str]| node.at(path).and_then(Node::as_str);
            let Some(group) = text(&manifest.node, &["spec", "group"]) else { continue };
            let Some(kind) = text(&manifest.node, &["spec", "names", "kind"]) else { continue };
            let versions = manifest.node.at(&["spec", "versions"]).and_then(Node::items).unwrap_or_default();
            let versions = versions.iter().filter_map(|version| {
                let name = text(version, &["name"])?;
                let schema = version.at(&["schema", "openAPIV3Schema"]).map(json);
                Some((name, schema.and_then(|schema| Document::of_definition(group, name, kind, schema).ok())))
            });
            known.insert((group, kind), versions.collect());
        }
        Self { known }
    }

    fn versions(&self, manifest: &'m Manifest) -> Option<&BTreeMap<&'m str, Option<Document>>> {
        self.known.get(&(manifest.group(), &*manifest.kind))
    }

    fn defines(&self, manifest: &'m Manifest) -> bool {
        self.versions(manifest).is_some()
    }

    fn check(&self, manifest: &'m Manifest) -> Option<Vec<Problem>> {
        let versions = self.versions(manifest)?;
        let version = manifest.api_version.rsplit('/').next().unwrap_or_default();
        match versions.get(version) {
            Some(document) => document.as_ref()?.check(&manifest.api_version, &manifest.kind, &manifest.node),
            None => {
                let text = format!("the stack's definition of `{}` has no version `{version}`", manifest.kind);
                let known: Vec<String> = versions.keys().map(|version| format!("`{version}`")).collect();
                let at = manifest.node.get("apiVersion").unwrap_or(&manifest.node);
                Some(vec![Problem::at(at, text).hint(format!("it has {}", known.join(", ")))])
            }
        }
    }
}
