//! What a repository holds: one walk over its files, those that git ignores left out.

use std::path::Path;

use ignore::WalkBuilder;

use super::arrange::{Arranged, Manifest, arrange};
use super::hints;
use super::images::{Image, images, is_dockerfile};
use super::name::can_stand;
use super::objects::{self, BIGGEST};
use super::oddity::{Oddity, What, gathered};
use crate::stack::yaml;

/// Folders whose YAML files are looked at, wherever they lie.
pub(super) const MANIFEST_FOLDERS: [&str; 9] =
    ["deploy", "deployment", "deployments", "infra", "infrastructure", "k8s", "kube", "kubernetes", "manifests"];

/// Folders of others' sources, of results, and of things to try out.
const NOT_OURS: [&str; 13] = [
    "build",
    "dist",
    "docs",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "target",
    "test",
    "testdata",
    "tests",
    "third_party",
    "vendor",
];

/// Folders inside each other that are looked into; `services/web/deploy/base/web.yaml` has four.
const DEPTH: usize = 6;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) arranged: Arranged,
    pub(super) images: Vec<Image>,
    /// How it is built and tested, a sentence each.
    pub(super) hints: Vec<String>,
    /// What its owner should look at.
    pub(super) oddities: Vec<Oddity>,
}

/// Looks at a repository. What can't be read is left out.
pub(super) fn look(root: &Path, project: &str) -> Found {
    let files = files(root);
    let named = |names: &dyn Fn(&str) -> bool| -> Vec<String> {
        files.iter().filter(|file| names(own(file)) && can_stand(file)).cloned().collect()
    };
    let mut oddities = Vec::new();
    let manifests = manifests(root, &files, &mut oddities);
    let mut arranged = arrange(manifests);
    oddities.append(&mut arranged.oddities);
    oddities.extend(named(&is_compose).into_iter().map(|file| Oddity::new(What::Compose, &file)));
    Found {
        arranged,
        images: images(root, &named(&is_dockerfile), project),
        hints: hints::hints(root, &named(&|name| hints::FILES.contains(&name))),
        oddities: gathered(oddities),
    }
}

/// The paths of all files below the root, in their order.
fn files(root: &Path) -> Vec<String> {
    let mut walk = WalkBuilder::new(root);
    // What git itself would ignore, but nothing of this machine's own settings: the same repository gives the same files.
    walk.max_depth(Some(DEPTH))
        .follow_links(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false);
    walk.filter_entry(|entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        !folder || entry.depth() == 0 || !NOT_OURS.iter().any(|name| entry.file_name() == *name)
    });
    let mut files: Vec<String> = walk
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.to_owned()))
        .collect();
    files.sort();
    files
}

/// The manifests among the files; what looks like one and can't be used is told.
fn manifests(root: &Path, files: &[String], oddities: &mut Vec<Oddity>) -> Vec<Manifest> {
    let folder = |file: &str| file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut closed: Vec<String> = Vec::new();
    for file in files.iter().filter(|file| can_stand(file) && manifest_folder(file).is_some()) {
        if own(file) == "Chart.yaml" {
            oddities.push(Oddity::new(What::Helm, &folder(file)));
            closed.push(folder(file) + "/");
        } else if matches!(own(file), "kustomization.yaml" | "kustomization.yml") && changes(root, file) {
            oddities.push(Oddity::new(What::Kustomize, &folder(file)));
            closed.push(folder(file) + "/");
        }
    }
    let candidates = files.iter().filter(|file| {
        let yaml = [".yaml", ".yml"].iter().any(|ending| file.ends_with(ending));
        yaml && !is_compose(own(file)) && !closed.iter().any(|folder| file.starts_with(folder.as_str()))
    });
    let mut found = Vec::new();
    for file in candidates {
        let Some(top) = manifest_folder(file) else { continue };
        if !can_stand(file) {
            let sound = folder(file).split('/').take_while(|part| can_stand(part)).collect::<Vec<_>>().join("/");
            oddities.push(Oddity::new(What::Name, &sound));
            continue;
        }
        let text = match text(&root.join(file)) {
            Some(text) if text.contains("{{") => {
                oddities.push(Oddity::new(What::Template, file));
                continue;
            }
            Some(text) => text,
            None => {
                oddities.push(Oddity::new(What::Unread, file));
                continue;
            }
        };
        match objects::read(&text) {
            Ok(Some(objects)) => {
                let folder = Some(folder(file)).filter(|folder| folder.len() > top);
                found.push(Manifest { file: file.clone(), folder, objects });
            }
            Ok(None) => {}
            Err(line) => oddities.push(Oddity::new(What::Broken(line), file)),
        }
    }
    found
}

/// The length of the path of the outermost folder of manifests that a file lies in.
fn manifest_folder(file: &str) -> Option<usize> {
    let mut end = 0;
    let (folders, _) = file.rsplit_once('/')?;
    folders.split('/').find_map(|part| {
        end += part.len() + 1;
        MANIFEST_FOLDERS.contains(&part).then_some(end - 1)
    })
}

/// Whether a kustomization does more than to name its resources.
fn changes(root: &Path, file: &str) -> bool {
    let Some(text) = text(&root.join(file)) else { return true };
    let parsed = yaml::parse(&text, &yaml::Limits::default());
    let Some(entries) = parsed.documents.first().and_then(yaml::Node::entries) else { return true };
    let harmless = ["apiVersion", "kind", "metadata", "namespace", "resources"];
    !entries.iter().all(|(key, _)| key.as_str().is_some_and(|key| harmless.contains(&key)))
}

/// The text of a file that is small enough.
fn text(path: &Path) -> Option<String> {
    let small = std::fs::metadata(path).is_ok_and(|found| found.len() <= BIGGEST);
    let bytes = small.then(|| std::fs::read(path).ok()).flatten()?;
    yaml::text(bytes, &yaml::Limits::default()).ok()
}

fn own(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The names that Docker Compose looks for, and those of its overrides.
fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or_default();
    ["docker-compose", "compose"]
        .iter()
        .any(|first| stem.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_folder_of_manifests_counts() {
        let found = |file: &str| manifest_folder(file).map(|end| file[..end].to_owned());
        assert_eq!(found("deploy/web.yaml").as_deref(), Some("deploy"));
        assert_eq!(found("services/web/k8s/base/web.yaml").as_deref(), Some("services/web/k8s"));
        assert_eq!(found("infra/k8s/web.yaml").as_deref(), Some("infra"));
        assert_eq!(found("deploy.yaml"), None);
        assert_eq!(found("redeploy/web.yaml"), None);
    }

    #[test]
    fn files_of_docker_compose_are_known_by_their_names() {
        for name in ["compose.yaml", "docker-compose.yml", "docker-compose.override.yml"] {
            assert!(is_compose(name), "{name}");
        }
        for name in ["composer.yaml", "compose.json", "my-compose.yml"] {
            assert!(!is_compose(name), "{name}");
        }
    }
}
