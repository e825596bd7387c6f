//! An environment with everything that it inherits.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::decode::nearest;
use super::raw::RawStack;
use super::types::{EnvironmentSpec, LocalRegistry, Stack};
use super::vars::Vars;
use super::yaml::{Node, Problem};

/// The environment of a run: its own values and, where it has none, those of the ones it is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Its name in the file.
    pub name: String,
    /// Itself and those that it is made from, nearest first.
    pub chain: Vec<String>,
    /// The kubeconfig with `~` and variables put in; a relative one starts at the project root.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it.
    pub context: Option<String>,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: Option<String>,
    /// Infrastructure that a new slot needs at once.
    pub slot_bootstrap_infra: Vec<String>,
    /// The registry on the developer's machine.
    pub local_registry: Option<LocalRegistry>,
}

/// Follows `from` from one environment. A file without environments has every one, with nothing set.
pub(super) fn resolve(
    stack: &Stack,
    raw: &RawStack,
    node: &Node,
    env: &str,
    vars: &Vars,
) -> Result<Environment, Problem> {
    if stack.environments.is_empty() {
        return Ok(Environment { name: env.to_owned(), chain: vec![env.to_owned()], ..Environment::default() });
    }
    let mut found = Environment { name: env.to_owned(), ..Environment::default() };
    let mut kubeconfig = None;
    let mut bootstrap = None;
    let mut current = env.to_owned();
    loop {
        let Some(spec) = stack.environments.get(&current) else {
            return Err(unknown(stack, node, &found.chain, &current));
        };
        found.chain.push(current.clone());
        let EnvironmentSpec {
            from,
            kubeconfig: path,
            context,
            image_pull_policy,
            slot_bootstrap_infra,
            local_registry,
        } = spec.clone();
        kubeconfig = kubeconfig.or(path);
        bootstrap = bootstrap.or(slot_bootstrap_infra);
        found.context = found.context.or(context);
        found.image_pull_policy = found.image_pull_policy.or(image_pull_policy);
        found.local_registry = found.local_registry.or(local_registry);
        let Some(from) = from else { break };
        let from = raw.env_name(&from).to_owned();
        if found.chain.contains(&from) {
            let text = format!("environments inherit in a circle: {} → {from}", found.chain.join(" → "));
            return Err(Problem::at(from_node(node, &current), text).hint("take one `from` of them away"));
        }
        current = from;
    }
    found.kubeconfig = kubeconfig.map(|path| expand(&path, raw.root(), vars));
    found.slot_bootstrap_infra = bootstrap.unwrap_or_default();
    Ok(found)
}

fn unknown(stack: &Stack, node: &Node, chain: &[String], missing: &str) -> Problem {
    let names: Vec<&str> = stack.environments.keys().map(String::as_str).collect();
    let hint = match nearest(missing, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? The file has {}", names.join(", ")),
        None => format!("the file has {}", names.join(", ")),
    };
    match chain.last() {
        None => {
            let at = node.entry("environments").map_or(node, |(key, _)| key);
            Problem::at(at, format!("there is no environment `{missing}`")).hint(hint)
        }
        Some(last) => {
            let text = format!(
                "environment `{last}` is made from `{missing}`, which is not there: {} → {missing}",
                chain.join(" → ")
            );
            Problem::at(from_node(node, last), text).hint(hint)
        }
    }
}

fn from_node<'a>(node: &'a Node, env: &str) -> &'a Node {
    node.at(&["environments", env, "from"]).unwrap_or(node)
}

/// Every environment's chain, so that `validate` and each load tell all that is wrong with any of them.
pub(super) fn check_all(stack: &Stack, raw: &RawStack, node: &Node, vars: &Vars) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for env in stack.environments.keys() {
        if let Err(problem) = resolve(stack, raw, node, env, vars)
            && !problems.iter().any(|known| known.place == problem.place || same_circle(known, &problem))
        {
            problems.push(problem);
        }
    }
    problems
}

/// A circle is told once, not from each environment in it.
fn same_circle(one: &Problem, other: &Problem) -> bool {
    let members = |problem: &Problem| {
        let chain = problem.text.strip_prefix("environments inherit in a circle: ")?;
        let names: Vec<&str> = chain.split(" → ").collect();
        let start = names.iter().position(|name| Some(name) == names.last())?;
        let mut ring = names[start..names.len() - 1].to_vec();
        ring.sort_unstable();
        Some(ring.join(" "))
    };
    members(one).is_some_and(|ring| members(other) == Some(ring))
}

/// Puts `~`, `$NAME` and `${NAME}` into a path. An unset variable is nothing, as in a shell.
pub fn expand(text: &str, root: &Path, vars: &Vars) -> PathBuf {
    let home = vars.get("HOME").unwrap_or_default();
    let text = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => text.to_owned(),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|body| body.split_once('}'));
        let (name, behind) = braced.unwrap_or_else(|| {
            let end = after.find(|found: char| !found.is_ascii_alphanumeric() && found != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        if name.is_empty() {
            out.push('$');
        } else {
            out.push_str(vars.get(name).unwrap_or_default());
        }
        rest = behind;
    }
    out.push_str(rest);
    root.join(out)
}
