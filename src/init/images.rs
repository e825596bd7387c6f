//! Dockerfiles: what each builds, and from which folder.

use std::collections::BTreeSet;
use std::path::Path;

use super::name::{LONGEST, label, unused, yaml};

/// An image that a Dockerfile builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    /// Its name: the folder's, or the Dockerfile's ending.
    pub(super) name: String,
    /// The Dockerfile, as a YAML value.
    pub(super) dockerfile: String,
    /// The folder that it is built from, as a YAML value.
    pub(super) context: String,
}

/// Whether a file's name is a Dockerfile's: `Dockerfile`, `Dockerfile.web`, `web.Dockerfile`, `Containerfile`.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let whole = |name: &str| matches!(name, "Dockerfile" | "Containerfile");
    whole(name)
        || name.split_once('.').is_some_and(|(first, rest)| {
            whole(first) && rest != "dockerignore" && !rest.is_empty() || whole(rest) && !first.is_empty()
        })
}

/// The images of the Dockerfiles below `root`, given by their paths relative to it, in that order.
pub(super) fn images(root: &Path, files: &[String], project: &str) -> Vec<Image> {
    let mut taken = BTreeSet::new();
    files
        .iter()
        .map(|file| {
            let (folder, own) = file.rsplit_once('/').unwrap_or(("", file));
            let ending = own.split('.').find(|part| !matches!(*part, "Dockerfile" | "Containerfile"));
            let named = ending.or_else(|| folder.rsplit('/').next().filter(|folder| !folder.is_empty()));
            let name = named.and_then(|name| label(name, LONGEST)).unwrap_or_else(|| project.to_owned());
            Image {
                name: unused(name, &mut taken),
                dockerfile: yaml(file),
                context: if from_root(root, file, folder) { ".".to_owned() } else { yaml(folder) },
            }
        })
        .collect()
}

/// Whether a Dockerfile is built from the repository's root: the first file that it copies is found there and not beside it.
fn from_root(root: &Path, file: &str, folder: &str) -> bool {
    if folder.is_empty() {
        return true;
    }
    // What can't be read can't be built either, wherever it is built from.
    let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
    let copied = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let copies = words.next().is_some_and(|word| matches!(word.to_ascii_uppercase().as_str(), "COPY" | "ADD"));
        let mut words = words.filter(|word| !word.starts_with("--chown") && !word.starts_with("--chmod"));
        let first = words.next()?;
        // A flag such as --from copies from elsewhere; `.` and patterns fit every folder.
        (copies && !first.starts_with(['-', '[', '/']) && !first.contains(['*', '?', '$', ':']) && first != ".")
            .then_some(first.trim_start_matches("./"))
    });
    for source in copied {
        match (root.join(folder).join(source).exists(), root.join(source).exists()) {
            (true, _) => return false,
            (false, true) => return true,
            (false, false) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles_are_known() {
        for name in ["Dockerfile", "Dockerfile.web", "web.Dockerfile", "Containerfile"] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in ["Dockerfile.dockerignore", "Dockerfiles", "dockerfile.md", ".Dockerfile", "Dockerfile."] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }

    #[test]
    fn an_image_is_named_by_its_folder_and_built_from_where_its_files_are() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("Dockerfile", "FROM scratch\n");
        put("web/Dockerfile", "FROM scratch\nCOPY --from=build /a /a\nCOPY . .\nCOPY --chown=1:1 package.json ./\n");
        put("web/package.json", "{}");
        put("package.json", "{}");
        put("services/api/Dockerfile", "FROM scratch\ncopy services/api/*.go .\nCOPY services/api/go.mod ./\n");
        put("services/api/go.mod", "");
        put("docker/Dockerfile.worker", "FROM scratch\nADD nothing ./\n");
        let files: Vec<String> =
            ["Dockerfile", "docker/Dockerfile.worker", "services/api/Dockerfile", "web/Dockerfile"]
                .map(str::to_owned)
                .into();
        let shown: Vec<_> = images(folder.path(), &files, "shop")
            .into_iter()
            .map(|one| format!("{}: {} from {}", one.name, one.dockerfile, one.context))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        shop: Dockerfile from .
        worker: docker/Dockerfile.worker from docker
        api: services/api/Dockerfile from .
        web: web/Dockerfile from web
        ");
    }
}
