//! How a program that is started reaches the same cluster: by a kubeconfig of the user's, or by one that is written for it.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, NamedContext};

use super::connect::Cluster;
use crate::secrets::random_word;

/// How a cluster is reached.
#[derive(Clone)]
pub(super) enum Way {
    /// By a file whose current context is meant.
    File(PathBuf),
    /// By one context of a file, or of several.
    Context(Box<Kubeconfig>),
    /// As every program of this pod finds it.
    Pod,
}

impl Way {
    /// The way by a context of these files, which are merged in `kubeconfig`.
    pub(super) fn by(files: &[PathBuf], kubeconfig: &Kubeconfig, context: &str) -> Self {
        if let [file] = files
            && kubeconfig.current_context.as_deref() == Some(context)
            // Programs may start in another folder.
            && let Ok(file) = std::path::absolute(file)
        {
            return Self::File(file);
        }
        Self::Context(Box::new(only(kubeconfig, context)))
    }
}

/// Nothing but a context, with its cluster and its user. Paths in it are absolute since it was read.
fn only(kubeconfig: &Kubeconfig, context: &str) -> Kubeconfig {
    let contexts: Vec<NamedContext> =
        kubeconfig.contexts.iter().filter(|one| one.name == context).take(1).cloned().collect();
    let chosen = contexts.first().and_then(|one| one.context.as_ref());
    let is_its_cluster = |name: &str| chosen.is_some_and(|context| context.cluster == name);
    let is_its_user = |name: &str| chosen.is_some_and(|context| context.user.as_deref() == Some(name));
    Kubeconfig {
        api_version: Some("v1".to_owned()),
        kind: Some("Config".to_owned()),
        current_context: Some(context.to_owned()),
        clusters: kubeconfig.clusters.iter().filter(|one| is_its_cluster(&one.name)).cloned().collect(),
        auth_infos: kubeconfig.auth_infos.iter().filter(|one| is_its_user(&one.name)).cloned().collect(),
        contexts,
        ..Kubeconfig::default()
    }
}

/// A kubeconfig for programs that are started. What was written for them is removed when this is dropped.
#[derive(Debug)]
pub struct Lent {
    path: Option<PathBuf>,
    /// Whether the file is ours.
    written: bool,
}

impl Lent {
    /// The file, for `KUBECONFIG`; none in a pod, where programs find the API server as this one did.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(path) = self.path.as_ref().filter(|_| self.written) {
            // Gone already is what we want.
            let _ = fs::remove_file(path);
        }
    }
}

impl Cluster {
    /// A kubeconfig whose current context is this cluster, as the same user: the user's own file where that says it by itself, else one
    /// that is written into `folder`, for this user's eyes alone.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn lend(&self, folder: &Path) -> io::Result<Lent> {
        match &self.way {
            Way::Pod => Ok(Lent { path: None, written: false }),
            Way::File(path) => Ok(Lent { path: Some(path.clone()), written: false }),
            Way::Context(kubeconfig) => {
                // JSON is YAML too.
                let text = serde_json::to_vec(kubeconfig)?;
                let path = folder.join(format!("codexctl-kubeconfig-{}", random_word()));
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                let lent = Lent { path: Some(path), written: true };
                file.write_all(&text)?;
                Ok(lent)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kubeconfig() -> Kubeconfig {
        let context = |name: &str, cluster: &str, user: &str| json!({"name": name, "context": {"cluster": cluster, "user": user, "namespace": "n"}});
        let cluster = |name: &str| json!({"name": name, "cluster": {"server": format!("https://{name}")}});
        let user = |name: &str| json!({"name": name, "user": {"token": format!("token-of-{name}")}});
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "one",
            "clusters": [cluster("a"), cluster("b")],
            "users": [user("ann"), user("bob")],
            "contexts": [context("one", "a", "ann"), context("two", "b", "bob")],
        }))
        .unwrap()
    }

    #[test]
    fn a_file_whose_current_context_is_meant_is_lent_itself() {
        let is_file = |files: &[&str], context: &str| {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            matches!(Way::by(&files, &kubeconfig(), context), Way::File(path) if path.is_absolute())
        };
        assert!(is_file(&["a.yaml"], "one"));
        assert!(!is_file(&["a.yaml"], "two"));
        assert!(!is_file(&["a.yaml", "b.yaml"], "one"));
    }

    #[test]
    fn one_context_of_several_travels_alone() {
        let only = serde_json::to_value(only(&kubeconfig(), "two")).unwrap();
        assert_eq!(
            only,
            json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "two",
                "clusters": [{"name": "b", "cluster": {"server": "https://b"}}],
                "users": [{"name": "bob", "user": {"token": "token-of-bob"}}],
                "contexts": [{"name": "two", "context": {"cluster": "b", "user": "bob", "namespace": "n"}}],
            })
        );
    }
}
