//! Which cluster a command means: its settings, the environment's, and the places where kubectl looks.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::CommandError;
use super::call::Call;
use crate::cluster::{Cluster, Failure, Named, Patience, Places, Proxies, choose};
use crate::secrets::Secret;
use crate::stack::Loaded;
use crate::ui::{Level, Note};

/// Connects to the cluster of an environment. What was passed over on the way to it is told.
///
/// # Errors
/// No cluster is named, or the one that is can't be used: wrong configuration. It doesn't answer, or refuses who asks: a failure.
pub(super) async fn connect(call: &Call, loaded: &Loaded) -> Result<Cluster, CommandError> {
    let chosen = choose(&places(call, loaded)).await;
    for warning in chosen.warnings {
        call.ui.note(&Note::new(Level::Warning, warning));
    }
    let target = chosen.target.map_err(|failure| CommandError::new(with_hint(&failure)))?;
    let Some(target) = target else {
        return Err(CommandError::new(format!(
            "no cluster is named for the environment {0}\n\
             name one with --kubeconfig, environments.{0}.kubeconfig or KUBECONFIG",
            loaded.env.name
        )));
    };
    Cluster::connect(target, Patience::for_work()).await.map_err(|failure| CommandError::failed(with_hint(&failure)))
}

fn with_hint(failure: &Failure) -> String {
    failure.hint.as_ref().map_or_else(|| failure.text.clone(), |hint| format!("{failure}\n{hint}"))
}

/// The places where the cluster of an environment may be named, best first.
pub(super) fn places(call: &Call, loaded: &Loaded) -> Places {
    let settings = &call.settings;
    let said = |flag| settings.raw(flag).map(|(value, source)| Named { value, by: source.to_string() });
    let variable = |name: &str| loaded.vars.get(name).filter(|value| !value.is_empty());
    // Programs differ in the case in which they look for these.
    let proxy = |name: &str| variable(name).or_else(|| variable(&name.to_lowercase()));
    let secret = |name: &str| proxy(name).map(|value| Secret::new(value.to_owned()));
    Places {
        kubeconfig: said("kubeconfig").map(|said| Named { value: PathBuf::from(said.value), by: said.by }),
        context: said("context"),
        environment: loaded.env.name.clone(),
        environment_kubeconfig: loaded.env.kubeconfig.clone(),
        environment_context: loaded.env.context.clone(),
        kubeconfig_files: variable("KUBECONFIG").map(str::to_owned),
        home: variable("HOME").map(PathBuf::from),
        in_cluster: settings.variable("KUBERNETES_SERVICE_HOST").is_some(),
        proxies: Proxies {
            http: secret("HTTP_PROXY"),
            https: secret("HTTPS_PROXY"),
            none: proxy("NO_PROXY").map(str::to_owned),
        },
        interactive: std::io::stdin().is_terminal(),
    }
}
