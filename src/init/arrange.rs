//! Manifests as infrastructure groups and services: kinds, names and folders decide.
//!
//! * A file with a workload is a service by the workload's name: that is the workload which `image` and mounts go into.
//! * A file whose workloads keep data (StatefulSets, well-known databases) is an infrastructure group.
//! * Any other file belongs to the workload that its objects are named after, or that is alone in the same subfolder.
//! * What is left is infrastructure: a group for each subfolder, else for each file.

use std::collections::{BTreeMap, BTreeSet};

use super::name::{LONGEST, label, unused, yaml};
use super::objects::{Object, Role};
use super::oddity::{Oddity, What};

/// A file with the objects in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Its path below the root.
    pub(super) file: String,
    /// Its subfolder of the folder of manifests; none where it lies in that folder itself.
    pub(super) folder: Option<String>,
    /// The objects.
    pub(super) objects: Vec<Object>,
}

/// An infrastructure group or a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Its name.
    pub(super) name: String,
    /// Its files, as YAML values.
    pub(super) files: Vec<String>,
    /// The kinds in it, for a comment.
    pub(super) kinds: String,
}

/// Groups in the order in which they are applied, and services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arranged {
    pub(super) infrastructure: Vec<Group>,
    pub(super) services: Vec<Group>,
    pub(super) oddities: Vec<Oddity>,
}

/// Files on their way to be a group.
struct Draft {
    name: String,
    folder: Option<String>,
    manifests: Vec<Manifest>,
    service: bool,
}

/// Kinds that other objects need first, in groups of one place in the order; whatever is not named comes last.
const ORDER: [&[&str]; 3] = [
    &["Namespace", "CustomResourceDefinition"],
    &[
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "LimitRange",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "PriorityClass",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "Secret",
        "ServiceAccount",
        "StorageClass",
    ],
    &["StatefulSet"],
];

/// Arranges manifests, which come in the order of their paths.
pub(super) fn arrange(manifests: Vec<Manifest>) -> Arranged {
    let mut oddities = Vec::new();
    let manifests = once(manifests, &mut oddities);
    oddities.extend(manifests.iter().flat_map(fixed_namespaces));
    let (mut drafts, rest): (Vec<Draft>, Vec<Manifest>) = split(manifests);
    let mut groups: BTreeMap<String, Draft> = BTreeMap::new();
    for one in rest {
        if let Some(owner) = owner(&one, &drafts) {
            drafts[owner].manifests.push(one);
            continue;
        }
        let key = one.folder.clone().unwrap_or_else(|| one.file.clone());
        let name =
            one.folder.as_deref().and_then(|folder| folder.rsplit('/').next()).unwrap_or_else(|| stem(&one.file));
        let name = label(name, LONGEST).unwrap_or_else(|| "manifests".to_owned());
        let made = || Draft { name, folder: one.folder.clone(), manifests: Vec::new(), service: false };
        groups.entry(key).or_insert_with(made).manifests.push(one);
    }
    drafts.extend(groups.into_values());
    let (services, mut infrastructure): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| draft.service);
    infrastructure.sort_by_key(|draft| (rank(draft), draft.manifests[0].file.clone()));
    let finished = |drafts: Vec<Draft>| {
        let mut taken = BTreeSet::new();
        drafts.into_iter().map(|draft| finish(draft, &mut taken)).collect()
    };
    Arranged { infrastructure: finished(infrastructure), services: finished(services), oddities }
}

/// What keeps a file's objects out of the namespace of a slot. A name that is none, such as a placeholder, is not for us to tell.
fn fixed_namespaces(one: &Manifest) -> Vec<Oddity> {
    let sound = |name: &&String| label(name, LONGEST).as_ref() == Some(*name);
    let makes = one.objects.iter().find(|object| object.kind == "Namespace").map(|object| &object.name);
    let names = one.objects.iter().find_map(|object| object.namespace.as_ref());
    let makes = makes.filter(sound).map(|name| What::MakesNamespace(name.clone()));
    let names = names.filter(sound).map(|name| What::Namespace(name.clone()));
    makes.into_iter().chain(names).map(|what| Oddity::new(what, &one.file)).collect()
}

/// Leaves out a file that holds an object of an earlier one, as the folders of environments do.
fn once(manifests: Vec<Manifest>, oddities: &mut Vec<Oddity>) -> Vec<Manifest> {
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut kept = Vec::new();
    for one in manifests {
        let key = |object: &Object| (object.kind.clone(), object.name.clone());
        if let Some((object, first)) = one.objects.iter().find_map(|object| Some((object, seen.get(&key(object))?))) {
            let object = if super::name::can_stand(&object.name) { object.to_string() } else { object.kind.clone() };
            oddities.push(Oddity::new(What::Again { object, first: first.clone() }, &one.file));
            continue;
        }
        seen.extend(one.objects.iter().map(|object| (key(object), one.file.clone())));
        kept.push(one);
    }
    kept
}

/// Files with workloads become drafts, the others stay.
fn split(manifests: Vec<Manifest>) -> (Vec<Draft>, Vec<Manifest>) {
    let (mut drafts, mut rest) = (Vec::new(), Vec::new());
    for one in manifests {
        let of = |role: Role| -> Vec<&str> {
            one.objects.iter().filter(|object| object.role == role).map(|object| object.name.as_str()).collect()
        };
        let (services, stores) = (of(Role::Service), of(Role::Store));
        let name = match (services.as_slice(), stores.as_slice()) {
            ([], []) => {
                rest.push(one);
                continue;
            }
            ([name], _) | ([], [name]) => label(name, LONGEST),
            // Of several workloads none can lend its name.
            _ => label(stem(&one.file), LONGEST),
        };
        let service = !services.is_empty();
        let name = name.unwrap_or_else(|| "workloads".to_owned());
        drafts.push(Draft { name, folder: one.folder.clone(), manifests: vec![one], service });
    }
    (drafts, rest)
}

/// The workload that a file belongs to.
fn owner(one: &Manifest, drafts: &[Draft]) -> Option<usize> {
    let named_after = |draft: &Draft| {
        let own =
            |name: &str| name.strip_prefix(&draft.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        one.objects.iter().all(|object| own(&object.name))
    };
    // `web-admin` is named after `web-admin` rather than after `web`.
    let named = drafts.iter().enumerate().filter(|(_, draft)| named_after(draft));
    if let Some((at, _)) = named.max_by_key(|(_, draft)| draft.name.len()) {
        return Some(at);
    }
    let folder = one.folder.as_ref()?;
    let mut alone = drafts.iter().enumerate().filter(|(_, draft)| draft.folder.as_ref() == Some(folder));
    let (at, _) = alone.next()?;
    alone.next().is_none().then_some(at)
}

/// The place of a group in the order.
fn rank(draft: &Draft) -> usize {
    let of = |object: &Object| ORDER.iter().position(|kinds| kinds.contains(&object.kind.as_str()));
    let objects = draft.manifests.iter().flat_map(|one| &one.objects);
    let ranks = objects.map(|object| match object.role {
        Role::Store => 2,
        _ => of(object).unwrap_or(ORDER.len()),
    });
    // A database comes with its configuration: what it keeps decides.
    let ranks: Vec<usize> = ranks.collect();
    if ranks.contains(&0) {
        0
    } else if ranks.contains(&2) {
        2
    } else {
        ranks.into_iter().min().unwrap_or(ORDER.len())
    }
}

fn finish(mut draft: Draft, taken: &mut BTreeSet<String>) -> Group {
    draft.manifests.sort_by(|a, b| a.file.cmp(&b.file));
    let mut kinds: Vec<&str> = Vec::new();
    for object in draft.manifests.iter().flat_map(|one| &one.objects) {
        // A comment names kinds, not whatever stands in their place.
        if object.kind.chars().all(|found| found.is_ascii_alphanumeric()) && !kinds.contains(&object.kind.as_str()) {
            kinds.push(&object.kind);
        }
    }
    Group {
        kinds: kinds.join(", "),
        files: draft.manifests.iter().map(|one| yaml(&one.file)).collect(),
        name: unused(draft.name, taken),
    }
}

/// A file's name without its folder and its ending.
fn stem(file: &str) -> &str {
    let own = file.rsplit('/').next().unwrap_or(file);
    own.rsplit_once('.').map_or(own, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file by its path and its objects, as `Kind/name`; `Store/name` is a Deployment of a database.
    fn manifest(file: &str, objects: &[&str]) -> Manifest {
        let objects = objects.iter().map(|object| {
            let (kind, name) = object.split_once('/').unwrap();
            let (kind, role) = match kind {
                "Store" => ("Deployment", Role::Store),
                "StatefulSet" => (kind, Role::Store),
                "Deployment" | "CronJob" => (kind, Role::Service),
                _ => (kind, Role::Other),
            };
            Object { kind: kind.to_owned(), name: name.to_owned(), namespace: None, role }
        });
        let below = file.strip_prefix("k8s/").unwrap_or(file);
        let folder = below.rsplit_once('/').map(|(folder, _)| format!("k8s/{folder}"));
        Manifest { file: file.to_owned(), folder, objects: objects.collect() }
    }

    fn shown(manifests: &[Manifest]) -> String {
        let arranged = arrange(manifests.to_vec());
        let mut out = String::new();
        for (what, groups) in [("infrastructure", &arranged.infrastructure), ("service", &arranged.services)] {
            for group in groups {
                out.push_str(&format!("{what} {}: {} ({})\n", group.name, group.files.join(" "), group.kinds));
            }
        }
        arranged.oddities.iter().for_each(|oddity| out.push_str(&format!("{oddity}\n")));
        out
    }

    #[test]
    fn one_file_for_each_part_of_a_service_is_one_service() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/ingress.yaml", &["Ingress/shop"]),
            manifest("k8s/web-admin-service.yaml", &["Service/web-admin"]),
            manifest("k8s/web-admin.yaml", &["Deployment/web-admin"]),
            manifest("k8s/web-deployment.yaml", &["Deployment/web"]),
            manifest("k8s/web-hpa.yaml", &["HorizontalPodAutoscaler/web"]),
            manifest("k8s/web-service.yaml", &["Service/web", "ConfigMap/web-config"]),
        ]), @"
        infrastructure ingress: k8s/ingress.yaml (Ingress)
        service web-admin: k8s/web-admin-service.yaml k8s/web-admin.yaml (Service, Deployment)
        service web: k8s/web-deployment.yaml k8s/web-hpa.yaml k8s/web-service.yaml (Deployment, HorizontalPodAutoscaler, Service, ConfigMap)
        ");
    }

    #[test]
    fn a_folder_of_one_workload_is_one_service() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/api/config.yaml", &["ConfigMap/settings"]),
            manifest("k8s/api/deployment.yaml", &["Deployment/api"]),
            manifest("k8s/cert/cert.yaml", &["Certificate/tls"]),
            manifest("k8s/cert/issuer.yaml", &["Issuer/acme"]),
            manifest("k8s/two/a.yaml", &["Deployment/a"]),
            manifest("k8s/two/b.yaml", &["Deployment/b"]),
            manifest("k8s/two/shared.yaml", &["Secret/keys"]),
        ]), @"
        infrastructure two: k8s/two/shared.yaml (Secret)
        infrastructure cert: k8s/cert/cert.yaml k8s/cert/issuer.yaml (Certificate, Issuer)
        service api: k8s/api/config.yaml k8s/api/deployment.yaml (ConfigMap, Deployment)
        service a: k8s/two/a.yaml (Deployment)
        service b: k8s/two/b.yaml (Deployment)
        ");
    }

    #[test]
    fn infrastructure_stands_in_the_order_in_which_it_is_needed() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/a-ingress.yaml", &["Ingress/all"]),
            manifest("k8s/b-redis.yaml", &["Store/redis", "Service/redis"]),
            manifest("k8s/c-config.yaml", &["ConfigMap/all"]),
            manifest("k8s/d-postgres.yaml", &["ConfigMap/postgres", "StatefulSet/postgres"]),
            manifest("k8s/e-namespace.yaml", &["Namespace/shop"]),
        ]), @"
        infrastructure e-namespace: k8s/e-namespace.yaml (Namespace)
        infrastructure c-config: k8s/c-config.yaml (ConfigMap)
        infrastructure redis: k8s/b-redis.yaml (Deployment, Service)
        infrastructure postgres: k8s/d-postgres.yaml (ConfigMap, StatefulSet)
        infrastructure a-ingress: k8s/a-ingress.yaml (Ingress)
        k8s/e-namespace.yaml makes the namespace `shop`: codexctl makes each environment's own, so this can go
        ");
    }

    #[test]
    fn several_workloads_in_one_file_are_named_by_the_file() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/All In One.yaml", &["Deployment/a", "Deployment/b", "StatefulSet/db"]),
            manifest("k8s/one.yaml", &["Deployment/c", "StatefulSet/other"]),
        ]), @r#"
        service all-in-one: "k8s/All In One.yaml" (Deployment, StatefulSet)
        service c: k8s/one.yaml (Deployment, StatefulSet)
        "#);
    }

    #[test]
    fn what_stands_in_two_files_is_listed_once() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/dev/web.yaml", &["Deployment/web"]),
            manifest("k8s/prod/web.yaml", &["Deployment/web"]),
        ]), @"
        service web: k8s/dev/web.yaml (Deployment)
        k8s/prod/web.yaml is left out: Deployment web stands in k8s/dev/web.yaml too, and only one of them can be applied
        ");
    }

    #[test]
    fn names_that_no_object_can_have_are_cleaned_and_told_apart() {
        insta::assert_snapshot!(shown(&[
            manifest("k8s/a.yaml", &["Deployment/Web_1"]),
            manifest("k8s/b.yaml", &["CronJob/web 1"]),
            manifest("k8s/ж.yaml", &["ConfigMap/x"]),
        ]), @r#"
        infrastructure manifests: "k8s/ж.yaml" (ConfigMap)
        service web-1: k8s/a.yaml (Deployment)
        service web-1-2: k8s/b.yaml (CronJob)
        "#);
    }
}
