//! The namespace of an environment: named by the user, by the file's pattern, or by rule.

use super::error::Diagnostic;
use super::raw::RawStack;
use super::render::Renderer;
use super::yaml::Node;

/// What the namespace of a run is made of.
pub(super) struct Ask<'a> {
    pub(super) env: &'a str,
    pub(super) project: Option<&'a str>,
    pub(super) slot: Option<u32>,
    pub(super) explicit: Option<&'a str>,
}

/// Why there is no namespace.
pub(super) enum Failure {
    /// The pattern can't be rendered.
    Pattern(Box<Diagnostic>),
    /// What was found can't be a namespace.
    Name(Box<Diagnostic>),
}

/// Finds the namespace: `--namespace`, else the pattern, else the rule.
pub(super) fn resolve(raw: &RawStack, renderer: &Renderer, ask: &Ask<'_>) -> Result<String, Failure> {
    if let Some(name) = ask.explicit.filter(|name| !name.trim().is_empty()) {
        let name = name.trim().to_owned();
        return match wrong(&name) {
            None => Ok(name),
            Some(why) => {
                let error = Diagnostic::error(format!("`{name}` can't be a namespace: {why}"));
                Err(Failure::Name(Box::new(error.hint("it is named by --namespace or CODEXCTL_NAMESPACE"))))
            }
        };
    }
    if let Some(node) = pattern(raw, ask.env)
        && let Some(text) = node.as_str()
    {
        let rendered = renderer.value(raw, text).map_err(|error| {
            let text = format!("`namespace.patterns.{}`: {}", ask.env, error.message());
            Failure::Pattern(Box::new(Diagnostic::error(text).at(raw.path(), node.place)))
        })?;
        let name = rendered.trim().to_owned();
        if !name.is_empty() {
            return match wrong(&name) {
                None => Ok(name),
                Some(why) => {
                    let text =
                        format!("`namespace.patterns.{}` gives `{name}`, which can't be a namespace: {why}", ask.env);
                    Err(Failure::Name(Box::new(Diagnostic::error(text).at(raw.path(), node.place))))
                }
            };
        }
    }
    // Without a project there is no namespace; that the project is missing is told by validation.
    let Some(project) = ask.project else { return Ok(String::new()) };
    let slot = ask.slot.unwrap_or(0);
    let name = match ask.env {
        "ai" => format!("{project}-dev-{slot}"),
        "ai-repair" if raw.is_older() => format!("{project}-ai-repair-{slot}"),
        "ai-repair" => format!("{project}-ai-staging"),
        env => format!("{project}-{env}"),
    };
    match wrong(&name) {
        None => Ok(name),
        Some(why) => {
            let text = format!("project and environment give the namespace `{name}`, which can't be one: {why}");
            let error = Diagnostic::error(text).file(raw.path());
            Err(Failure::Name(Box::new(error.hint(format!("set `namespace.patterns.{}`", ask.env)))))
        }
    }
}

/// The pattern of an environment; in older files that of `staging` counts for `ai-staging` and the other way.
fn pattern<'a>(raw: &'a RawStack, env: &str) -> Option<&'a Node> {
    let patterns = raw.node().at(&["namespace", "patterns"])?;
    let other = if env == "staging" && raw.is_older() { patterns.get("ai-staging") } else { None };
    patterns.get(env).or(other)
}

/// Why a text is no namespace: RFC 1123's label, as Kubernetes wants it.
fn wrong(name: &str) -> Option<&'static str> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    if bytes.len() > 63 {
        return Some("it has more than 63 characters");
    }
    if !bytes.iter().all(|byte| word(*byte) || *byte == b'-') {
        return Some("it may have lower-case letters, digits and `-` only");
    }
    let ends = [bytes.first(), bytes.last()];
    (!ends.into_iter().all(|end| end.is_some_and(|byte| word(*byte))))
        .then_some("it must start and end with a letter or digit")
}
