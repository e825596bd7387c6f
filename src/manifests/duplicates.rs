//! Objects that are there twice.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::stack::yaml::Problem;

use super::json::digest;
use super::{Found, Manifest};

/// Tells each object that an earlier one has the group, kind, namespace and name of, at the later one. To be asked once namespaces
/// are written in, over everything that is applied together, in order; it need not be there all at once.
///
/// A warning: `kubectl apply`, and with it the Go tool, lets the later one win, and stacks that live with that go on working.
#[derive(Debug, Default)]
pub struct Duplicates {
    seen: HashMap<Identity, Seen>,
}

/// Group, kind, namespace and name.
type Identity = (Arc<str>, Arc<str>, Option<Arc<str>>, Arc<str>);

/// What is kept of an object.
#[derive(Debug)]
struct Seen {
    file: Arc<Path>,
    line: usize,
    digest: u64,
}

impl Duplicates {
    /// Looks at the next objects.
    pub fn find(&mut self, manifests: &[Manifest]) -> Vec<Found> {
        let mut found = Vec::new();
        for manifest in manifests {
            let Manifest { kind, name, namespace, node, .. } = manifest;
            let identity = (Arc::from(manifest.group()), Arc::clone(kind), namespace.clone(), Arc::clone(name));
            let here = Seen { file: Arc::clone(&manifest.file), line: manifest.place.line, digest: digest(node) };
            let same = here.digest;
            let Some(first) = self.seen.insert(identity, here) else { continue };
            let place = format!("{}:{}", first.file.display(), first.line);
            let (text, hint) = if first.digest == same {
                (format!("{kind} `{name}` is there twice, first at {place}"), "one of the two can go")
            } else {
                let text = format!("{kind} `{name}` is there already, at {place}: they differ, and this one wins");
                (text, "keep one of the two, or give one another name")
            };
            let at = node.at(&["metadata", "name"]).unwrap_or(node);
            found.push((Arc::clone(&manifest.file), Problem::at(at, text).warning().hint(hint)));
        }
        found
    }
}
