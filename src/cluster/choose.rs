//! Which cluster is meant: the kubeconfig and its context, by the order of spec 3.

use std::path::{Path, PathBuf};

use hyper_util::client::proxy::matcher::Matcher;
use kube::Config;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::failure::{Failure, in_words, is_missing};
use super::way::Way;
use crate::secrets::Secret;
use crate::stack::nearest;

/// A value with the name under which the user gave it, for messages: `--kubeconfig`, `CODEXCTL_KUBECONFIG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// The value.
    pub value: T,
    /// Who gave it.
    pub by: String,
}

/// The places where a cluster may be named. Nothing here reads the environment: it is handed in.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `--kubeconfig` or its variable.
    pub kubeconfig: Option<Named<PathBuf>>,
    /// `--context` or its variable.
    pub context: Option<Named<String>>,
    /// The environment's name in services.yaml.
    pub environment: String,
    /// `environments.<env>.kubeconfig`, ready to be opened.
    pub environment_kubeconfig: Option<PathBuf>,
    /// `environments.<env>.context`.
    pub environment_context: Option<String>,
    /// `KUBECONFIG`: one file or several, as in `PATH`.
    pub kubeconfig_files: Option<String>,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Whether this process runs in a pod that knows its API server (`KUBERNETES_SERVICE_HOST`).
    pub in_cluster: bool,
    /// How the server is reached.
    pub proxies: Proxies,
    /// Whether a credential plugin may ask the user.
    pub interactive: bool,
}

/// Proxies of the environment; a kubeconfig's own wins. Their addresses may hold a password.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `http://` addresses.
    pub http: Option<Secret>,
    /// For `https://` addresses.
    pub https: Option<Secret>,
    /// Hosts that are reached without one, as a comma list.
    pub none: Option<String>,
}

/// An API server and who asks it.
#[derive(Clone)]
pub struct Target {
    pub(super) config: Config,
    /// How programs reach it that are started.
    pub(super) way: Way,
    /// The server's address.
    pub server: String,
    /// Who asks, in words: "user `admin`".
    pub user: String,
    /// What tells this target from others of the same run.
    pub key: String,
}

impl Places {
    /// A path as users write it: from the home on.
    fn shown(&self, path: &Path) -> String {
        let home = self.home.as_deref().filter(|home| home.parent().is_some());
        match home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

/// What [`choose()`] found.
pub struct Chosen {
    /// The cluster; none where none is named anywhere.
    pub target: Result<Option<Target>, Failure>,
    /// What was passed over.
    pub warnings: Vec<String>,
}

/// One place that names a kubeconfig.
struct Candidate {
    files: Vec<PathBuf>,
    /// Who names it, for messages.
    by: String,
    missing: Missing,
}

/// What a file that isn't there means.
#[derive(Clone, Copy, PartialEq)]
enum Missing {
    /// The user named it: an error.
    Refused,
    /// A warning, and the next place is tried.
    Warned,
    /// The next place is tried.
    Silent,
}

impl Candidate {
    fn explicit(&self) -> bool {
        self.missing == Missing::Refused
    }

    /// The files as messages show them.
    fn shown(&self, places: &Places) -> String {
        self.files.iter().map(|file| places.shown(file)).collect::<Vec<_>>().join(", ")
    }

    /// One of the files, or all, and who named it.
    fn named(&self, file: &str) -> String {
        if self.by == file { file.to_owned() } else { format!("{file} ({})", self.by) }
    }
}

/// Finds the cluster. A kubeconfig that services.yaml names and that is not there is a warning, and the next place is tried: the
/// file travels into pods, where the cluster is at hand.
pub async fn choose(places: &Places) -> Chosen {
    let mut warnings = Vec::new();
    let target = find(places, &mut warnings).await;
    Chosen { target, warnings }
}

async fn find(places: &Places, warnings: &mut Vec<String>) -> Result<Option<Target>, Failure> {
    for candidate in candidates(places) {
        let Some(kubeconfig) = read(places, &candidate)? else {
            if candidate.missing == Missing::Warned {
                warnings.push(format!("{} names {}, which is not there", candidate.by, candidate.shown(places)));
            }
            continue;
        };
        // The environment's context goes with its own kubeconfig and those behind it, not with one that the user chose over it.
        let own = || places.environment_context.clone().filter(|_| !candidate.explicit());
        let named = |value| Named { value, by: format!("environments.{}.context", places.environment) };
        let context = places.context.clone().or_else(|| own().map(named));
        return target(places, &candidate, context.as_ref(), kubeconfig).await.map(Some);
    }
    if let Some(context) = &places.context {
        let text = format!("there is no kubeconfig that could have the context `{}` ({})", context.value, context.by);
        return Err(Failure { explicit: true, ..Failure::new(text).hint("name one with --kubeconfig") });
    }
    in_cluster(places)
}

/// The places in their order.
fn candidates(places: &Places) -> Vec<Candidate> {
    let mut found = Vec::new();
    if let Some(said) = &places.kubeconfig {
        found.push(Candidate { files: vec![said.value.clone()], by: said.by.clone(), missing: Missing::Refused });
    }
    if let Some(path) = &places.environment_kubeconfig {
        let by = format!("environments.{}.kubeconfig", places.environment);
        found.push(Candidate { files: vec![path.clone()], by, missing: Missing::Warned });
    }
    // As kubectl does it: several files, empty names and those that aren't there left out; where it is set, the home doesn't count.
    let several = places.kubeconfig_files.iter().flat_map(std::env::split_paths);
    let several: Vec<PathBuf> = several.filter(|path| !path.as_os_str().is_empty()).collect();
    if !several.is_empty() {
        found.push(Candidate { files: several, by: "KUBECONFIG".to_owned(), missing: Missing::Warned });
    } else if let Some(home) = &places.home {
        let file = home.join(".kube/config");
        found.push(Candidate { by: places.shown(&file), files: vec![file], missing: Missing::Silent });
    }
    found
}

/// The merged files of a candidate; none where none of them is there and that is no error.
fn read(places: &Places, candidate: &Candidate) -> Result<Option<Kubeconfig>, Failure> {
    let mut merged: Option<Kubeconfig> = None;
    for file in &candidate.files {
        let next = match Kubeconfig::read_from(file) {
            Ok(next) => next,
            Err(error) if is_missing(&error) && !candidate.explicit() => continue,
            Err(error) => return Err(unreadable(places, candidate, file, &error)),
        };
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|error| unreadable(places, candidate, file, &error))?,
        });
    }
    Ok(merged)
}

/// Parser messages show the text around a mistake, which in a kubeconfig may be a key: they are not passed on.
fn unreadable(places: &Places, candidate: &Candidate, file: &Path, error: &KubeconfigError) -> Failure {
    let shown = places.shown(file);
    let who = candidate.named(&shown);
    let failure = match error {
        KubeconfigError::ReadConfig(error, _) => Failure::new(format!("{who} can't be read: {}", in_words(error))),
        KubeconfigError::Parse(_) => Failure::new(format!("{who} is no kubeconfig"))
            .hint(format!("`kubectl config view --kubeconfig {shown}` says what is wrong with it")),
        error => Failure::new(format!("{who} can't be used: {error}")),
    };
    Failure { explicit: candidate.explicit(), ..failure }
}

async fn target(
    places: &Places,
    candidate: &Candidate,
    context: Option<&Named<String>>,
    mut kubeconfig: Kubeconfig,
) -> Result<Target, Failure> {
    let files = candidate.shown(places);
    // A context by flag in a kubeconfig that nobody named by flag: the flag is what can't be obeyed.
    let explicit = candidate.explicit() || places.context.is_some();
    let refuse = |failure: Failure| Failure { explicit, ..failure };
    let name = match context.map(|context| &context.value).or(kubeconfig.current_context.as_ref()) {
        Some(name) if !name.is_empty() => name.clone(),
        _ => {
            let failure = Failure::new(format!("{} has no current context", candidate.named(&files)));
            return Err(refuse(failure.hint("choose one with --context")));
        }
    };
    let Some(chosen) = kubeconfig.contexts.iter().find(|one| one.name == name).and_then(|one| one.context.clone())
    else {
        let by = context.map_or("its current-context", |context| &context.by);
        let failure = Failure::new(format!("{files} has no context `{name}` ({by})"));
        let names: Vec<&str> = kubeconfig.contexts.iter().map(|one| &*one.name).collect();
        return Err(refuse(match nearest(&name, names.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => failure,
            None => failure.hint(format!("it has {}", names.join(", "))),
        }));
    };
    let cluster =
        kubeconfig.clusters.iter().find(|one| one.name == chosen.cluster).and_then(|one| one.cluster.as_ref());
    let own_proxy = cluster.and_then(|cluster| cluster.proxy_url.as_ref()).is_some_and(|proxy| !proxy.is_empty());
    let way = Way::by(&candidate.files, &kubeconfig, &name);
    if !places.interactive {
        // As client-go does it: without a terminal a plugin that may ask is told not to.
        for user in kubeconfig.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut()?.exec.as_mut()) {
            user.interactive_mode = Some(ExecInteractiveMode::Never);
        }
    }
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| refuse(Failure::new(format!("context `{name}` of {files} can't be used: {error}"))))?;
    if !own_proxy {
        config.proxy_url = proxy(&places.proxies, &config.cluster_url);
    }
    let server = shown(&config.cluster_url);
    let user = chosen.user.filter(|user| !user.is_empty()).map_or("nobody".to_owned(), |user| format!("user `{user}`"));
    Ok(Target { config, way, server, user, key: format!("{files}\n{name}") })
}

/// The API server of the pod that this process runs in.
fn in_cluster(places: &Places) -> Result<Option<Target>, Failure> {
    if !places.in_cluster {
        return Ok(None);
    }
    let config =
        Config::incluster().map_err(|error| Failure::new(format!("this pod's API server can't be asked: {error}")))?;
    let server = shown(&config.cluster_url);
    let way = Way::Pod;
    Ok(Some(Target { config, way, server, user: "this pod's service account".to_owned(), key: String::new() }))
}

/// The proxy for an address. kube's own choice holds NO_PROXY against the proxy's name, not the server's.
fn proxy(proxies: &Proxies, server: &http::Uri) -> Option<http::Uri> {
    let of = |proxy: &Option<Secret>| proxy.as_ref().map(|proxy| proxy.expose().trim().to_owned()).unwrap_or_default();
    let matcher = Matcher::builder()
        .http(of(&proxies.http))
        .https(of(&proxies.https))
        .no(proxies.none.clone().unwrap_or_default())
        .build();
    matcher.intercept(server)?;
    let chosen = if server.scheme_str() == Some("http") { of(&proxies.http) } else { of(&proxies.https) };
    if chosen.contains("://") { chosen.parse().ok() } else { format!("http://{chosen}").parse().ok() }
}

fn shown(address: &http::Uri) -> String {
    address.to_string().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests;
