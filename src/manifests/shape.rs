//! What the stack asks of a group's or service's objects, written into them (spec 2.5).

use std::sync::Arc;

use crate::stack::nearest;
use crate::stack::yaml::{Node, Problem};

use super::{Changes, Manifest, OwnerKind, Scopes, Shaped, edit, mounts, workload};

/// Leaves kinds out, sets the service's image and mounts, and puts objects without a namespace into `namespace`. `manifests` are
/// those of one group or service. A kind that `scopes` doesn't know is taken as namespaced, as nearly all are, and noted.
pub fn shape(manifests: &mut Vec<Manifest>, changes: &Changes<'_>, namespace: &str, scopes: &dyn Scopes) -> Shaped {
    let mut shaped = Shaped::default();
    // What is dropped on purpose is missed by nobody.
    lost(manifests, changes, &mut shaped);
    drop_kinds(manifests, changes, &mut shaped);
    for manifest in manifests {
        if changes.workload == Some(&*manifest.name) {
            fit(manifest, changes, &mut shaped);
        }
        place(manifest, namespace, scopes, &mut shaped);
    }
    shaped
}

/// The kinds with a pod template, as messages say them.
const WORKLOADS: &str = "Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob or Pod";

/// Tells image or mounts that no workload takes.
fn lost(manifests: &[Manifest], changes: &Changes<'_>, shaped: &mut Shaped) {
    let what = match (&changes.image, changes.pvc_mounts.is_empty() && changes.host_mounts.is_empty()) {
        (Some(_), true) => "the image",
        (Some(_), false) => "the image and mounts",
        (None, false) => "the mounts",
        (None, true) => return,
    };
    let (Some(service), Some(first)) = (changes.workload, manifests.first()) else { return };
    let workloads = || manifests.iter().filter(|one| workload::template_path(&one.api_version, &one.kind).is_some());
    if workloads().any(|one| &*one.name == service) {
        return;
    }
    let near = nearest(service, workloads().map(|one| &*one.name));
    let near = near.and_then(|near| workloads().find(|one| &*one.name == near));
    let mut all = workloads();
    let at = near.or_else(|| all.next().filter(|_| all.next().is_none()));
    let named = at.and_then(|one| one.node.at(&["metadata", "name"]));
    let problem = match (at, named) {
        (Some(one), Some(node)) => {
            let Manifest { kind, name, .. } = one;
            let text = format!("nothing takes {what} of service `{service}`: the {kind} is named `{name}`");
            Problem::at(node, text).hint(format!("name it `{service}`, or the service `{name}`"))
        }
        _ => Problem::here(first.place, format!("nothing takes {what} of service `{service}`"))
            .hint(format!("that is for a {WORKLOADS} named `{service}`, and its manifests have none")),
    };
    shaped.problems.push((Arc::clone(&at.unwrap_or(first).file), problem.warning()));
}

fn drop_kinds(manifests: &mut Vec<Manifest>, changes: &Changes<'_>, shaped: &mut Shaped) {
    if changes.drop_kinds.is_empty() {
        return;
    }
    for dropped in changes.drop_kinds {
        // A kind that isn't there may be meant for another environment; one that is nearly there is mistyped.
        let same = |one: &Manifest| one.kind.eq_ignore_ascii_case(dropped);
        if let Some(first) = manifests.first()
            && !manifests.iter().any(same)
            && let Some(near) = nearest(dropped, manifests.iter().map(|one| &*one.kind))
        {
            let owner = &first.owner.name;
            let text = format!("`dropKinds` of `{owner}` names `{dropped}`, and its manifests have none");
            let problem = Problem::here(first.place, text).warning().hint(format!("did you mean `{near}`?"));
            shaped.problems.push((Arc::clone(&first.file), problem));
        }
    }
    manifests.retain(|one| !changes.drop_kinds.iter().any(|kind| one.kind.eq_ignore_ascii_case(kind)));
}

/// Image and mounts, into the workload of the service's name.
fn fit(manifest: &mut Manifest, changes: &Changes<'_>, shaped: &mut Shaped) {
    let Manifest { kind, name, api_version, .. } = &*manifest;
    let Some(path) = workload::template_path(api_version, kind) else { return };
    if changes.image.is_none() && changes.pvc_mounts.is_empty() && changes.host_mounts.is_empty() {
        return;
    }
    let what = format!("{kind} `{name}`");
    let only_ours = &**kind != "Deployment";
    let spec = edit::at_mut(&mut manifest.node, path).and_then(|template| edit::get_mut(template, "spec"));
    let Some(spec) =
        spec.filter(|spec| spec.get("containers").and_then(Node::items).is_some_and(|all| !all.is_empty()))
    else {
        let problem =
            Problem::here(manifest.place, format!("{what} has no containers: image and mounts have nowhere to go"));
        shaped.problems.push((Arc::clone(&manifest.file), problem.warning()));
        return;
    };
    let mut done = Vec::new();
    if let Some(image) = &changes.image
        && workload::set_image(spec, image)
    {
        done.push("image");
    }
    let mut told = Vec::new();
    if mounts::apply(&mut manifest.node, path, changes, &mut told) {
        done.push("mounts");
    }
    shaped.problems.extend(told.into_iter().map(|problem| (Arc::clone(&manifest.file), problem)));
    if only_ours && !done.is_empty() {
        let text =
            format!("{what} gets the service's {}: the Go tool set them in Deployments only", done.join(" and "));
        shaped.notes.push((Arc::clone(&manifest.file), Problem::here(manifest.place, text).warning()));
    }
}

/// Puts an object into the environment's namespace, unless it names one or lives in none.
fn place(manifest: &mut Manifest, namespace: &str, scopes: &dyn Scopes, shaped: &mut Shaped) {
    let Manifest { api_version, kind, name, file, .. } = &*manifest;
    let namespaced = scopes.namespaced(api_version, kind);
    if let Some(own) = &manifest.namespace {
        if namespaced == Some(false)
            && let Some(at) = manifest.node.at(&["metadata", "namespace"])
        {
            let text = format!("{kind} `{name}` lives in no namespace: `{own}` has no effect");
            shaped.problems.push((Arc::clone(file), Problem::at(at, text).warning().hint("take `namespace` out")));
        }
        return;
    }
    if namespaced == Some(false) {
        return;
    }
    let here = manifest.place;
    let mut note = |text: String| {
        let note = (Arc::clone(file), Problem::here(here, text).warning());
        shaped.notes.push(note);
    };
    if namespaced.is_none() {
        note(format!(
            "{kind} `{name}` is taken to live in a namespace: {kind} of {api_version} is in no built-in list, and a cluster was not asked"
        ));
    }
    if manifest.owner.kind == OwnerKind::Infrastructure {
        // The same words for every object: `validate` tells them once, with all places.
        note(
            "infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace"
                .to_owned(),
        );
    }
    let value = Arc::<str>::from(namespace);
    if let Some(metadata) = edit::get_mut(&mut manifest.node, "metadata") {
        let node = edit::text(namespace, metadata);
        edit::set(metadata, "namespace", node, "name");
        manifest.namespace = Some(value);
    }
}
