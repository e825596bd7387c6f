//! `codex.ensure-codex-secrets`: what the agent's pod takes from Secrets, made from the variables that are set.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Around;
use super::failure::Told;
use crate::cluster::{Applying, Cluster, Error, Id, MANAGER};
use crate::stack::{GithubAccess, Vars};
use crate::ui::{Level, Note};

/// The Secrets with their keys, which are named like the variables. Manifests of older files know the token by its older name; one of
/// the two names fills the other.
const SECRETS: [(&str, &[&str]); 3] = [
    ("openai-secret", &["OPENAI_API_KEY"]),
    (GITHUB, &["CODEXCTL_GH_PAT", "CODEX_GH_PAT"]),
    ("context7-secret", &["CONTEXT7_API_KEY"]),
];

const GITHUB: &str = "github-secret";

/// Makes or updates them in the environment's namespace.
pub(super) async fn ensure(around: &Around<'_>) -> Result<String, Told> {
    let (loaded, cluster) = (around.loaded, around.cluster);
    let mut made = Vec::new();
    for (name, data) in wanted(&loaded.vars) {
        let data = data.into_iter().map(|(key, value)| (key.to_owned(), STANDARD.encode(value))).collect();
        let put = put(cluster, &loaded.namespace, name, "Opaque", &data).await;
        put.map_err(|error| {
            let told = Told::of(cluster, &error);
            Told { text: format!("{name} in {}: {}", loaded.namespace, told.text), ..told }
        })?;
        made.push(name);
    }
    if made.contains(&GITHUB) && loaded.stack.codex.github_access != GithubAccess::Write {
        let text = format!(
            "{GITHUB} in {} holds the GitHub token: pods that use it, and whoever may read Secrets there, can write with it
\
             where the agent shall not have it, name the token GH_TOKEN instead of CODEXCTL_GH_PAT",
            loaded.namespace
        );
        around.ui.note(&Note::new(Level::Notice, text));
    }
    Ok(if made.is_empty() { "none of its variables is set".to_owned() } else { made.join(", ") })
}

/// The Secrets that have something in them.
fn wanted(vars: &Vars) -> impl Iterator<Item = (&'static str, Vec<(&'static str, &str)>)> {
    SECRETS.into_iter().filter_map(|(name, keys)| {
        let value = |key: &&'static str| Some((*key, vars.get(key).map(str::trim).filter(|value| !value.is_empty())?));
        let data: Vec<_> = keys.iter().filter_map(value).collect();
        (!data.is_empty()).then_some((name, data))
    })
}

/// Makes or updates a Secret; the values of `data` are in base64.
pub(super) async fn put(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    kind: &str,
    data: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let object = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "codexctl"},
        },
        "type": kind,
        "data": data,
    });
    // An older codexctl made them with kubectl, and a certificate's own controller may have been there first.
    let how = Applying { manager: MANAGER, force: true, dry_run: false };
    cluster.apply(&id(namespace, name), &object.to_string(), how).await.map(drop)
}

/// What names a Secret.
pub(super) fn id(namespace: &str, name: &str) -> Id {
    Id {
        api_version: Arc::from("v1"),
        kind: Arc::from("Secret"),
        namespace: Some(Arc::from(namespace)),
        name: Arc::from(name),
    }
}
