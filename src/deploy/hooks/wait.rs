//! `kubectl.wait`: until an object of the cluster has a condition, is there, or is gone.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::failure::{Cause, Told};
use super::limit::Limit;
use crate::cluster::{Cluster, Id, Meant};
use crate::stack::nearest;

/// So long a kind that the cluster does not know is waited for: a CustomResourceDefinition is served a moment after it was applied.
/// After that it is more likely a slip of the pen.
const LATE_KIND: Duration = Duration::from_secs(30);

/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// What is waited for, as the step says it.
pub(super) struct Asked {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) condition: String,
}

/// The forms of kubectl's `--for`, but for `jsonpath`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Goal {
    /// A condition of this type has this status.
    Condition { name: String, status: String },
    /// The object is there.
    Create,
    /// The object is gone.
    Delete,
}

impl Goal {
    /// Reads `Available`, `Available=false`, `condition=Ready=Unknown`, `create`, `delete`.
    /// Source: `kubectl wait --help`; as there, case doesn't matter.
    fn parse(text: &str) -> Result<Self, Told> {
        let text = text.trim();
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("create") {
            return Ok(Self::Create);
        }
        if is("delete") {
            return Ok(Self::Delete);
        }
        let rest = text.strip_prefix("condition=").unwrap_or(text);
        let (name, status) = rest.split_once('=').unwrap_or((rest, "True"));
        let (name, status) = (name.trim(), status.trim().trim_matches(['\'', '"']));
        if name.is_empty() || status.is_empty() || name.eq_ignore_ascii_case("jsonpath") {
            let told = Told::new(format!("`{text}` is no condition that it can wait for"));
            return Err(told.hint("`Available`, `Ready=False` and the like, `create` or `delete`"));
        }
        Ok(Self::Condition { name: name.to_owned(), status: status.to_owned() })
    }

    /// Whether an object has come so far.
    fn is_reached(&self, object: Option<&Value>) -> bool {
        match (self, object) {
            (Self::Delete, object) => object.is_none(),
            (Self::Create, object) => object.is_some(),
            (Self::Condition { .. }, None) => false,
            (Self::Condition { name, status }, Some(object)) => {
                let wanted = |condition: &&Value| text(condition, "type").eq_ignore_ascii_case(name);
                let Some(condition) = conditions(object).iter().find(wanted) else { return false };
                text(condition, "status").eq_ignore_ascii_case(status) && is_current(object, condition)
            }
        }
    }

    /// As a sentence goes on after the object's name.
    fn missed(&self) -> String {
        match self {
            Self::Condition { name, status } if status.eq_ignore_ascii_case("true") => format!("is not `{name}`"),
            Self::Condition { name, status } => format!("is not `{name}={status}`"),
            Self::Create => "is not there".to_owned(),
            Self::Delete => "is still there".to_owned(),
        }
    }

    fn reached(&self) -> String {
        match self {
            Self::Condition { name, status } if status.eq_ignore_ascii_case("true") => format!("is {name}"),
            Self::Condition { name, status } => format!("is {name}={status}"),
            Self::Create => "is there".to_owned(),
            Self::Delete => "is gone".to_owned(),
        }
    }
}

/// Waits.
pub(super) async fn wait(cluster: &Cluster, asked: &Asked, limit: &Limit) -> Result<String, Cause> {
    let goal = Goal::parse(&asked.condition)?;
    let name = asked.name.trim();
    if name.is_empty() {
        return Err(Told::new("`with.name` is empty when rendered").into());
    }
    let meant = kind(cluster, &asked.kind, limit).await?;
    let namespace = meant.namespaced.then(|| asked.namespace.trim());
    let shown = match namespace {
        Some(namespace) => format!("{} `{name}` in `{namespace}`", meant.kind),
        None => format!("{} `{name}`", meant.kind),
    };
    let id = Id {
        api_version: Arc::from(meant.api_version.as_str()),
        kind: Arc::from(meant.kind.as_str()),
        namespace: namespace.map(Arc::from),
        name: Arc::from(name),
    };
    let mut last = None;
    let look = |object: Option<&Value>| {
        last = Some(object.map(state));
        goal.is_reached(object).then_some(())
    };
    match limit.bound(cluster.until(&id, look)).await {
        Ok(Ok(())) => Ok(format!("{shown} {}", goal.reached())),
        Ok(Err(error)) => Err(Told::of(cluster, &error).into()),
        Err(Cause::TimedOut(_)) => {
            let told = Told::new(format!("{shown} {} after {}", goal.missed(), limit.time()));
            Err(Cause::TimedOut(match (last, &goal) {
                (Some(Some(state)), _) => told.hint(state),
                (Some(None), Goal::Condition { .. }) => told.hint("it is not there at all"),
                (Some(None), _) => told,
                (None, _) => told.hint(format!("{} could not be asked for it", cluster.server())),
            }))
        }
        Err(cause) => Err(cause),
    }
}

/// The kind that a word means, which may be served a little later.
async fn kind(cluster: &Cluster, word: &str, limit: &Limit) -> Result<Meant, Cause> {
    let until = Instant::now() + LATE_KIND;
    let mut unknown = false;
    loop {
        let over = match limit.bound(cluster.meant(word)).await {
            Ok(Ok(Some(meant))) => return Ok(meant),
            Ok(Err(error)) => return Err(Told::of(cluster, &error).into()),
            Ok(Ok(None)) => {
                unknown = true;
                if Instant::now() < until {
                    limit.bound(sleep(LOOK)).await.err()
                } else {
                    Some(no_kind(cluster, word).into())
                }
            }
            Err(cause) => Some(cause),
        };
        match over {
            None => {}
            Some(Cause::TimedOut(_)) if unknown => return Err(Cause::TimedOut(no_kind(cluster, word))),
            Some(cause) => return Err(cause),
        }
    }
}

fn no_kind(cluster: &Cluster, word: &str) -> Told {
    let (word, kinds) = (word.trim(), cluster.kinds());
    let told = Told::new(format!("{} has no kind `{word}`", cluster.server()));
    match nearest(&word.to_lowercase(), kinds.singulars()) {
        Some(near) => told.hint(format!("did you mean `{near}`?")),
        None => told.hint("is its CustomResourceDefinition installed there?"),
    }
}

fn conditions(object: &Value) -> &[Value] {
    object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

/// Whether a condition is about the object as it is now, as kubectl asks: its own `observedGeneration`, else the status's.
fn is_current(object: &Value, condition: &Value) -> bool {
    let own = condition["observedGeneration"].as_i64();
    let observed = own.or_else(|| object["status"]["observedGeneration"].as_i64());
    match (object["metadata"]["generation"].as_i64(), observed) {
        (Some(generation), Some(observed)) => observed >= generation,
        _ => true,
    }
}

/// What an object says of itself.
fn state(object: &Value) -> String {
    let conditions = conditions(object);
    let mut said: Vec<String> = conditions
        .iter()
        .map(|condition| {
            let (name, status) = (text(condition, "type"), text(condition, "status"));
            let why = [text(condition, "reason"), text(condition, "message")];
            let why: Vec<&str> = why.into_iter().filter(|part| !part.is_empty()).collect();
            let old = if is_current(object, condition) { "" } else { ", of an earlier generation" };
            if why.is_empty() {
                format!("{name}={status}{old}")
            } else {
                format!("{name}={status}{old} ({})", why.join(": "))
            }
        })
        .collect();
    if said.is_empty() {
        said.push("none".to_owned());
    }
    let mut told = format!("its conditions: {}", said.join(", "));
    if let Some(phase) = object["status"]["phase"].as_str() {
        told.push_str(&format!("; its phase: {phase}"));
    }
    let finalizers: Vec<&str> =
        object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if object["metadata"]["deletionTimestamp"].is_string() {
        told.push_str("; it is being deleted");
        if !finalizers.is_empty() {
            told.push_str(&format!(", held back by {}", finalizers.join(", ")));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_are_read_in_the_forms_of_kubectl() {
        let condition = |name: &str, status: &str| Goal::Condition { name: name.to_owned(), status: status.to_owned() };
        let read = |text: &str| Goal::parse(text).map_err(|told| told.text);
        for (text, goal) in [
            ("Available", condition("Available", "True")),
            (" condition=Ready ", condition("Ready", "True")),
            ("Ready=False", condition("Ready", "False")),
            ("condition=Ready='false'", condition("Ready", "false")),
            ("delete", Goal::Delete),
            ("Create", Goal::Create),
        ] {
            assert_eq!(read(text), Ok(goal), "{text}");
        }
        for text in ["", "=", "Ready=", "jsonpath={.status.phase}=Running"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    fn object(generation: i64, condition: &Value) -> Value {
        json!({"metadata": {"generation": generation}, "status": {"observedGeneration": 2, "conditions": [condition]}})
    }

    #[test]
    fn a_condition_of_an_earlier_generation_does_not_count() {
        let available = Goal::parse("available").unwrap();
        let yes = json!({"type": "Available", "status": "True"});
        assert!(available.is_reached(Some(&object(2, &yes))));
        assert!(!available.is_reached(Some(&object(3, &yes))));
        let own = json!({"type": "Available", "status": "True", "observedGeneration": 3});
        assert!(available.is_reached(Some(&object(3, &own))));
        assert!(!available.is_reached(Some(&object(2, &json!({"type": "Available", "status": "False"})))));
        assert!(!available.is_reached(Some(&object(2, &json!({"type": "Ready", "status": "True"})))));
        assert!(!available.is_reached(None));
        let not = Goal::parse("Available=false").unwrap();
        assert!(not.is_reached(Some(&object(2, &json!({"type": "Available", "status": "False"})))));
        assert!(!not.is_reached(Some(&json!({"metadata": {}}))), "one that says nothing says neither");
    }

    #[test]
    fn there_and_gone_are_asked_of_the_object_itself() {
        let there = json!({"metadata": {}});
        assert!(Goal::Create.is_reached(Some(&there)) && !Goal::Create.is_reached(None));
        assert!(Goal::Delete.is_reached(None) && !Goal::Delete.is_reached(Some(&there)));
    }

    #[test]
    fn an_object_tells_its_conditions_phase_and_what_holds_it_back() {
        let said = [
            state(&json!({"metadata": {}, "spec": {}})),
            state(&object(
                3,
                &json!({"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "Deployment does not have minimum availability."}),
            )),
            state(
                &json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/hold"]}, "status": {"phase": "Terminating"}}),
            ),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        its conditions: none
        its conditions: Available=False, of an earlier generation (MinimumReplicasUnavailable: Deployment does not have minimum availability.)
        its conditions: none; its phase: Terminating; it is being deleted, held back by example.com/hold
        ");
    }
}
