//! A Lease: who works on an environment, so that two don't do it at once (spec 5.4).
//!
//! Whoever holds one renews it; one that has not changed for [`EXPIRES`], as seen from here, belongs to somebody who is gone. Clocks
//! of different machines are never compared. Source: client-go's leader election, which does the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::connect::Cluster;
use super::objects::Id;
use super::retry::Error;

/// How often a lease is renewed (spec 5.4).
const RENEWED: Duration = Duration::from_secs(30);

/// After how long without a change a lease counts for nothing (spec 5.4).
const EXPIRES: Duration = Duration::from_secs(120);

/// How often somebody else's lease is looked at.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// Whoever asks for a lease.
pub struct Asking<'a> {
    /// Who it is: no two at a time have the same.
    pub holder: &'a str,
    /// Whether another holder need not be waited for.
    pub gives_way: &'a (dyn Fn(&str) -> bool + Sync),
    /// Is told, once, who has it.
    pub wait: &'a (dyn Fn(&str) + Sync),
}

/// A lease that is held. It is renewed until it is given back.
pub struct Held {
    cluster: Arc<Cluster>,
    id: Id,
    holder: String,
    lost: Arc<AtomicBool>,
    renewing: JoinHandle<()>,
}

impl Cluster {
    /// Takes a lease, and waits for whoever has it. None where leases may not be used.
    ///
    /// # Errors
    /// The cluster is gone for too long, or the lease is not free in time.
    pub async fn hold(
        self: &Arc<Self>,
        namespace: &str,
        name: &str,
        asking: &Asking<'_>,
    ) -> Result<Option<Held>, Error> {
        let id = Id {
            api_version: "coordination.k8s.io/v1".into(),
            kind: "Lease".into(),
            namespace: Some(namespace.into()),
            name: name.into(),
        };
        let mut seen: Option<(String, Instant)> = None;
        let mut told = false;
        loop {
            let found = match self.get(&id).await {
                Err(error) if error.is_forbidden() => return Ok(None),
                found => found?,
            };
            let version =
                found.as_ref().and_then(|found| found["metadata"]["resourceVersion"].as_str()).map(str::to_owned);
            let other = found.as_ref().and_then(|found| found["spec"]["holderIdentity"].as_str()).unwrap_or_default();
            let since = match (&seen, &version) {
                (Some((before, since)), Some(now)) if before == now => since.elapsed(),
                _ => {
                    seen = version.clone().map(|version| (version, Instant::now()));
                    Duration::ZERO
                }
            };
            let free = other.is_empty() || other == asking.holder || since >= EXPIRES || (asking.gives_way)(other);
            if free {
                let body = body(&id, asking.holder, version.as_deref());
                let taken = if found.is_none() {
                    self.create(&id, &body, super::objects::MANAGER).await
                } else {
                    self.replace(&id, &body).await
                };
                match taken {
                    Ok(_) => return Ok(Some(self.held(id, asking.holder))),
                    Err(error) if error.is_forbidden() => return Ok(None),
                    // Not the lease is missing but its namespace, which asking again doesn't bring.
                    Err(error) if found.is_none() && error.code() == Some(404) => return Err(error),
                    // Somebody else was faster.
                    Err(error) if matches!(error.code(), Some(404 | 409)) => {}
                    Err(error) => return Err(error),
                }
                continue;
            }
            if !told {
                (asking.wait)(other);
                told = true;
            }
            if self.is_over() {
                return Err(Error::Failed(super::failure::Failure::new(format!(
                    "{other} still works on it ({name} in {namespace})"
                ))));
            }
            sleep(LOOKED_AT).await;
        }
    }

    fn held(self: &Arc<Self>, id: Id, holder: &str) -> Held {
        let lost = Arc::new(AtomicBool::new(false));
        let renewing = tokio::spawn(renew(Arc::clone(self), id.clone(), holder.to_owned(), Arc::clone(&lost)));
        Held { cluster: Arc::clone(self), id, holder: holder.to_owned(), lost, renewing }
    }
}

/// Renews a lease for as long as it is ours.
async fn renew(cluster: Arc<Cluster>, id: Id, holder: String, lost: Arc<AtomicBool>) {
    loop {
        sleep(RENEWED).await;
        match cluster.get(&id).await {
            Ok(Some(found)) if found["spec"]["holderIdentity"] == holder => {
                let version = found["metadata"]["resourceVersion"].as_str();
                // What fails now goes better the next time; three are missed before anybody else may take it.
                let _ = cluster.replace(&id, &body(&id, &holder, version)).await;
            }
            Ok(_) => {
                lost.store(true, Ordering::Relaxed);
                return;
            }
            Err(_) => {}
        }
    }
}

impl Held {
    /// Whether somebody else has taken it meanwhile: this process was too slow to renew it.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Gives it back. What goes wrong with that does no harm: it expires.
    pub async fn give_back(self) {
        self.renewing.abort();
        if let Ok(Some(found)) = self.cluster.get(&self.id).await
            && found["spec"]["holderIdentity"] == self.holder
        {
            let _ = self.cluster.delete(&self.id, found["metadata"]["uid"].as_str()).await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

fn body(id: &Id, holder: &str, version: Option<&str>) -> Value {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    json!({
        "apiVersion": &*id.api_version,
        "kind": &*id.kind,
        "metadata": {"name": &*id.name, "namespace": id.namespace.as_deref(), "resourceVersion": version},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": EXPIRES.as_secs(),
            "acquireTime": now,
            "renewTime": now,
        },
    })
}
