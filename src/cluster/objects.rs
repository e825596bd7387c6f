//! Objects of a cluster: listed, read, applied, deleted. Each request is sent again while that may help (see [`super::retry`]).

use std::fmt;
use std::sync::Arc;

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::connect::Cluster;
use super::kinds::{Resource, collection};
use super::retry::Error;

/// Who owns the fields that codexctl sets.
pub const MANAGER: &str = "codexctl";

/// How many objects of a kind are asked for at once, as kubectl does: a bigger page is only more memory.
const PAGE: usize = 500;

/// What names one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// `apps/v1`.
    pub api_version: Arc<str>,
    /// `Deployment`.
    pub kind: Arc<str>,
    /// Where it lives; none for what belongs to the whole cluster.
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind, self.name)
    }
}

impl Id {
    /// The API group: empty for Kubernetes' core.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }
}

/// How an object is applied.
#[derive(Debug, Clone, Copy)]
pub struct Applying<'a> {
    /// Who owns the fields from then on.
    pub manager: &'a str,
    /// Whether fields that another manager owns with another value are taken from it.
    pub force: bool,
    /// Whether the server only says what would come of it.
    pub dry_run: bool,
}

impl Cluster {
    /// All objects of a kind, in a namespace or everywhere, that have these labels (none: all), handed over one by one.
    ///
    /// # Errors
    /// The kind is not served, or the server refuses or is gone for too long. What was handed over by then is not all.
    pub async fn list(
        &self,
        (api_version, kind): (&str, &str),
        namespace: Option<&str>,
        labels: Option<&str>,
        each: &mut (dyn FnMut(Value) + Send),
    ) -> Result<(), Error> {
        let served = self.served(api_version, kind).await?;
        let path = path(api_version, &served, namespace, None);
        let mut next = String::new();
        loop {
            let mut query = vec![("limit", PAGE.to_string())];
            query.extend(labels.map(|labels| ("labelSelector", labels.to_owned())));
            query.extend((!next.is_empty()).then(|| ("continue", next.clone())));
            let mut page = match self.send(Method::GET, &path, &query, None).await {
                // The server forgot this list between two pages: the rest is had by beginning again.
                Err(error) if error.code() == Some(410) && !next.is_empty() => {
                    next.clear();
                    continue;
                }
                page => page?,
            };
            for mut item in page["items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
                // Items of a list leave out what the list says of all.
                item["apiVersion"] = Value::from(api_version);
                item["kind"] = Value::from(kind);
                each(item);
            }
            match page["metadata"]["continue"].as_str() {
                Some(more) if !more.is_empty() => next = more.to_owned(),
                _ => return Ok(()),
            }
        }
    }

    /// An object; none where it is not there.
    ///
    /// # Errors
    /// The kind is not served, or the server refuses or is gone for too long.
    pub async fn get(&self, id: &Id) -> Result<Option<Value>, Error> {
        let path = self.path(id).await?;
        missing(self.send(Method::GET, &path, &[], None).await)
    }

    /// Makes the object what `body` says, by server-side apply; the object as it is then.
    ///
    /// # Errors
    /// The kind is not served, or the server refuses or is gone for too long.
    pub async fn apply(&self, id: &Id, body: &str, how: Applying<'_>) -> Result<Value, Error> {
        let path = self.path(id).await?;
        let mut query = vec![("fieldManager", how.manager.to_owned()), ("fieldValidation", "Strict".to_owned())];
        query.extend(how.force.then(|| ("force", "true".to_owned())));
        query.extend(how.dry_run.then(|| ("dryRun", "All".to_owned())));
        self.send(Method::PATCH, &path, &query, Some(("application/apply-patch+yaml", body.to_owned()))).await
    }

    /// Makes an object that must not be there yet, its fields owned by `manager`.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; 409 where it is there.
    pub async fn create(&self, id: &Id, body: &Value, manager: &str) -> Result<Value, Error> {
        let served = self.served(&id.api_version, &id.kind).await?;
        let path = path(&id.api_version, &served, id.namespace.as_deref(), None);
        let query = [("fieldManager", manager.to_owned())];
        self.send(Method::POST, &path, &query, Some(("application/json", body.to_string()))).await
    }

    /// Writes an object whole. Its `resourceVersion` says on which state that is founded.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; 409 where the object has changed meanwhile.
    pub async fn replace(&self, id: &Id, body: &Value) -> Result<Value, Error> {
        let path = self.path(id).await?;
        let query = [("fieldManager", MANAGER.to_owned())];
        self.send(Method::PUT, &path, &query, Some(("application/json", body.to_string()))).await
    }

    /// Changes an object by a JSON patch (RFC 6902).
    ///
    /// # Errors
    /// As [`Cluster::apply`].
    pub async fn patch(&self, id: &Id, patch: &Value) -> Result<Value, Error> {
        let path = self.path(id).await?;
        let query = [("fieldManager", MANAGER.to_owned())];
        self.send(Method::PATCH, &path, &query, Some(("application/json-patch+json", patch.to_string()))).await
    }

    /// Changes some fields of an object (RFC 7396), which `manager` owns from then on.
    ///
    /// # Errors
    /// As [`Cluster::apply`].
    pub async fn merge(&self, id: &Id, patch: &Value, manager: &str) -> Result<Value, Error> {
        let path = self.path(id).await?;
        let query = [("fieldManager", manager.to_owned())];
        self.send(Method::PATCH, &path, &query, Some(("application/merge-patch+json", patch.to_string()))).await
    }

    /// Deletes an object, if it is still the one with this uid. Whether it was there.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; 409 where another object has its name now.
    pub async fn delete(&self, id: &Id, uid: Option<&str>) -> Result<bool, Error> {
        let path = self.path(id).await?;
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        if let Some(uid) = uid {
            options["preconditions"] = json!({"uid": uid});
        }
        let deleted = self.send(Method::DELETE, &path, &[], Some(("application/json", options.to_string()))).await;
        missing(deleted).map(|found| found.is_some())
    }

    /// Where an object is found on the server.
    async fn path(&self, id: &Id) -> Result<String, Error> {
        let served = self.served(&id.api_version, &id.kind).await?;
        Ok(path(&id.api_version, &served, id.namespace.as_deref(), Some(&id.name)))
    }

    /// How a kind is served. One that a hook or an earlier object brings may come late.
    async fn served(&self, api_version: &str, kind: &str) -> Result<Resource, Error> {
        if let Some(served) = self.kinds().resource(api_version, kind) {
            return Ok(served.clone());
        }
        self.until_served(api_version, kind).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<(&'static str, String)>,
    ) -> Result<Value, Error> {
        let address = if query.is_empty() {
            path.to_owned()
        } else {
            let pairs = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            format!("{path}?{pairs}")
        };
        self.ask(|| async {
            let mut request = http::Request::builder().method(&method).uri(&address);
            let mut bytes = Vec::new();
            if let Some((kind, body)) = &body {
                request = request.header(CONTENT_TYPE, *kind);
                bytes.extend_from_slice(body.as_bytes());
            }
            self.client().request::<Value>(request.body(bytes).map_err(kube::Error::HttpError)?).await
        })
        .await
    }
}

/// The address of a kind's objects, or of one of them. Names come from files: what would be another path is encoded.
pub(super) fn path(api_version: &str, resource: &Resource, namespace: Option<&str>, name: Option<&str>) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut path = collection(api_version, resource, namespace.map(encoded).as_deref());
    if let Some(name) = name {
        path.push('/');
        path.push_str(&encoded(name));
    }
    path
}

/// What is not there is no mistake.
fn missing(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Err(error) if error.code() == Some(404) => Ok(None),
        answer => answer.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_where_its_kind_is_served() {
        let of = |plural: &str, namespaced| Resource { namespaced, plural: plural.to_owned(), ..Resource::default() };
        let deployment = path("apps/v1", &of("deployments", true), Some("shop"), Some("web"));
        assert_eq!(deployment, "/apis/apps/v1/namespaces/shop/deployments/web");
        assert_eq!(path("v1", &of("pods", true), None, None), "/api/v1/pods");
        assert_eq!(path("v1", &of("nodes", false), Some("shop"), Some("a")), "/api/v1/nodes/a");
    }

    #[test]
    fn a_name_is_never_another_path() {
        let of = Resource { namespaced: true, plural: "configmaps".to_owned(), ..Resource::default() };
        let path = path("v1", &of, Some("shop"), Some("../secrets/x?dryRun=All"));
        assert_eq!(path, "/api/v1/namespaces/shop/configmaps/..%2Fsecrets%2Fx%3FdryRun%3DAll");
    }
}
