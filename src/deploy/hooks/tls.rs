//! `codex.reuse-dev-tls-secret`: a slot's TLS certificate outlives the slot in staging's namespace, so that a new slot of the same
//! number doesn't ask its issuer, who counts, for another one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Around;
use super::failure::{Cause, Told};
use super::limit::Limit;
use super::secrets::{id, put};
use crate::clock::{Clock as _, SystemClock};
use crate::cluster::{Cluster, Error};
use crate::secrets::Secret;
use crate::stack::{Decided, GoDuration, LoadRequest, Loaded, RawStack, VarsInput};
use crate::ui::{Level, Note};

/// Seconds that the cluster has to make the certificate (spec 2.4).
const LONGEST: u32 = 240;

/// Brings the Secret from staging, or waits for it and keeps a copy there. Whatever goes wrong is a warning; only the end of everything
/// ends the step.
pub(super) async fn reuse(
    around: &Around<'_>,
    name: Option<String>,
    staging: Option<String>,
    limit: &Limit,
) -> Result<String, Cause> {
    let loaded = around.loaded;
    let Some(slot) = loaded.slot().filter(|slot| *slot > 0) else {
        return Ok("there is no slot, so there is nothing to do".to_owned());
    };
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let name = given(name).unwrap_or_else(|| format!("{}-dev-{slot}-tls", loaded.stack.project));
    let copy = match given(staging).map_or_else(|| staging_namespace(loaded), Ok) {
        Ok(staging) if staging == loaded.namespace => {
            return Ok("the slot is staging itself, so there is nothing to do".to_owned());
        }
        Ok(staging) => Copy { around, name: &name, here: &loaded.namespace, staging },
        Err(why) => {
            warn(around, format!("{name} is not reused: staging's namespace can't be told: {why}"));
            return Ok(String::new());
        }
    };
    let limit = limit.clone().at_most(Some(&GoDuration::seconds(LONGEST)));
    match limit.bound(copy.reuse(&limit)).await {
        Ok(detail) => Ok(detail),
        Err(Cause::Interrupted) => Err(Cause::Interrupted),
        Err(_) => {
            warn(around, format!("{name} is not there after {}: nothing made a certificate", limit.time()));
            Ok(String::new())
        }
    }
}

fn warn(around: &Around<'_>, text: String) {
    around.ui.note(&Note::new(Level::Warning, text));
}

/// A Secret and the two namespaces that it stands in.
struct Copy<'a> {
    around: &'a Around<'a>,
    name: &'a str,
    here: &'a str,
    staging: String,
}

impl Copy<'_> {
    async fn reuse(&self, limit: &Limit) -> String {
        let Self { around, name, here, staging } = self;
        let cluster = around.cluster;
        // One that is there may be newer than the copy: a certificate is renewed where it is used.
        let there = match certificate(cluster.get(&id(here, name)).await) {
            Ok(there) => there,
            Err(error) => return self.warned(&error, &format!("{name} in {here} can't be read")),
        };
        let kept = match certificate(cluster.get(&id(staging, name)).await) {
            Ok(kept) => kept,
            Err(error) => {
                self.warned(&error, &format!("{name} in {staging} can't be read"));
                None
            }
        };
        let mut detail = format!("{name} is there");
        let there = match (there, &kept) {
            (Some(there), _) => there,
            (None, Some(kept)) => {
                self.learn(kept);
                if let Err(error) = kept.put(cluster, here, name).await {
                    return self.warned(&error, &format!("{name} can't be copied to {here}"));
                }
                return format!("{name} comes from {staging}");
            }
            (None, None) => {
                around.ui.progress(&format!("waiting up to {} for {name} in {here}", limit.time()));
                let look = |object: Option<&Value>| object.and_then(Certificate::of);
                match cluster.until(&id(here, name), look).await {
                    Ok(made) => made,
                    Err(error) => return self.warned(&error, &format!("{name} in {here} can't be waited for")),
                }
            }
        };
        self.learn(&there);
        if kept.as_ref() != Some(&there) {
            match there.put(cluster, staging, name).await {
                Ok(()) => detail.push_str(&format!(", a copy is in {staging}")),
                Err(error) => return self.warned(&error, &format!("no copy of {name} can be kept in {staging}")),
            }
        }
        detail
    }

    /// A script that prints its key prints nothing.
    fn learn(&self, certificate: &Certificate) {
        for value in certificate.data.values() {
            self.around.redactor.add(&Secret::new(value.clone()));
        }
    }

    fn warned(&self, error: &Error, what: &str) -> String {
        warn(self.around, format!("{what}: {}", Told::of(self.around.cluster, error).text));
        String::new()
    }
}

/// What is copied of a Secret: neither owner nor labels, which belong to its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Certificate {
    kind: String,
    data: BTreeMap<String, String>,
}

impl Certificate {
    /// None where the Secret is still empty: issuers make it before they fill it.
    fn of(object: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let data: BTreeMap<_, _> =
            object["data"].as_object()?.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        let filled = |key: &str| data.get(key).is_some_and(|value| !value.is_empty());
        (filled("tls.crt") && filled("tls.key")).then(|| Self { kind: text(&object["type"]), data })
    }

    async fn put(&self, cluster: &Cluster, namespace: &str, name: &str) -> Result<(), Error> {
        put(cluster, namespace, name, &self.kind, &self.data).await
    }
}

fn certificate(found: Result<Option<Value>, Error>) -> Result<Option<Certificate>, Error> {
    Ok(found?.as_ref().and_then(Certificate::of))
}

/// Staging's namespace, by pattern or rule.
fn staging_namespace(loaded: &Loaded) -> Result<String, String> {
    let raw = RawStack::read(loaded.path()).map_err(|error| error.to_string())?;
    let process = loaded.vars.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let request = LoadRequest {
        path: loaded.path().to_owned(),
        env: "ai-staging".to_owned(),
        namespace: None,
        vars: VarsInput { process, ..VarsInput::default() },
        decided: Decided::default(),
        now: SystemClock.now(),
    };
    raw.namespace(&request).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_counts_once_its_key_and_certificate_are_in_it() {
        let secret =
            |data: Value| json!({"type": "kubernetes.io/tls", "metadata": {"labels": {"a": "b"}}, "data": data});
        let whole = Certificate::of(&secret(json!({"tls.crt": "YQ==", "tls.key": "Yg==", "ca.crt": "Yw=="})));
        assert_eq!(whole.map(|found| (found.kind, found.data.len())), Some(("kubernetes.io/tls".to_owned(), 3)));
        for empty in [json!({}), json!({"tls.crt": "YQ=="}), json!({"tls.crt": "YQ==", "tls.key": ""}), Value::Null] {
            assert_eq!(Certificate::of(&secret(empty)), None);
        }
    }
}
