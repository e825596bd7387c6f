//! A service's mounts, written into its workload (spec 2.5).

use crate::stack::yaml::{Node, Problem, Value};

use super::{Changes, edit, workload};

/// A volume and where it is mounted.
struct Mount<'a> {
    name: &'a str,
    path: &'a str,
    sub_path: Option<&'a str>,
    read_only: bool,
    volume: Volume<'a>,
}

#[derive(PartialEq)]
enum Volume<'a> {
    Claim(&'a str),
    Host { path: &'a str, kind: &'a str },
}

impl Mount<'_> {
    fn volume(&self, at: &Node) -> Node {
        let source = match self.volume {
            Volume::Claim(claim) => {
                ("persistentVolumeClaim", edit::mapping([("claimName", edit::text(claim, at))], at))
            }
            Volume::Host { path, kind } => {
                ("hostPath", edit::mapping([("path", edit::text(path, at)), ("type", edit::text(kind, at))], at))
            }
        };
        edit::mapping([("name", edit::text(self.name, at)), source], at)
    }

    fn mount(&self, at: &Node) -> Node {
        let mut made =
            edit::mapping([("name", edit::text(self.name, at)), ("mountPath", edit::text(self.path, at))], at);
        if let Some(sub_path) = self.sub_path {
            edit::set(&mut made, "subPath", edit::text(sub_path, at), "");
        }
        if self.read_only {
            edit::set(&mut made, "readOnly", edit::truth(at), "");
        }
        made
    }
}

fn wanted<'a>(changes: &Changes<'a>) -> Vec<Mount<'a>> {
    let claims = changes.pvc_mounts.iter().map(|mount| Mount {
        name: &mount.name,
        path: &mount.mount_path,
        sub_path: mount.sub_path.as_deref(),
        read_only: mount.read_only,
        volume: Volume::Claim(&mount.claim_name),
    });
    let hosts = changes.host_mounts.iter().map(|mount| Mount {
        name: &mount.name,
        path: &mount.mount_path,
        sub_path: None,
        read_only: false,
        volume: Volume::Host { path: &mount.host_path, kind: &mount.host_path_type },
    });
    claims.chain(hosts).collect()
}

/// Writes the mounts into a workload: volumes and mounts of the same name are replaced, the others stay. The first container and
/// every init container get them; sidecars, also those that are written as init containers that go on running, stay as written.
pub(super) fn apply(node: &mut Node, path: &[&str], changes: &Changes<'_>, problems: &mut Vec<Problem>) -> bool {
    let wanted = wanted(changes);
    if wanted.is_empty() {
        return false;
    }
    claim_templates(node, &wanted);
    let Some(spec) = edit::at_mut(node, path).and_then(|template| edit::get_mut(template, "spec")) else {
        return false;
    };
    if !volumes(spec, &wanted, problems) {
        return false;
    }
    if let Some(container) = workload::first_container(spec) {
        mounts(container, &wanted, problems);
    }
    for container in workload::init_containers(spec) {
        if container.get("restartPolicy").and_then(Node::as_str) != Some("Always") {
            mounts(container, &wanted, problems);
        }
    }
    true
}

/// A StatefulSet's claim of the same name would win over the volume.
fn claim_templates(node: &mut Node, wanted: &[Mount<'_>]) {
    let Some(claims) = edit::at_mut(node, &["spec", "volumeClaimTemplates"]) else { return };
    let Value::Seq(items) = &mut claims.value else { return };
    items.retain(|claim| {
        let name = claim.at(&["metadata", "name"]).and_then(Node::as_str);
        wanted.iter().all(|mount| Some(mount.name) != name)
    });
}

fn volumes(spec: &mut Node, wanted: &[Mount<'_>], problems: &mut Vec<Problem>) -> bool {
    let at = at(spec);
    let mut told = Vec::new();
    let Some(list) = edit::list_mut(spec, "volumes") else {
        problems.push(Problem::at(&at, "`volumes` must be a list: the service's mounts have nowhere to go"));
        return false;
    };
    for (index, mount) in wanted.iter().enumerate() {
        if let Some(other) = wanted[..index].iter().find(|other| other.name == mount.name) {
            if other.volume != mount.volume {
                told.push(Problem::at(
                    &at,
                    format!("two mounts of the service name different volumes `{}`", mount.name),
                ));
            }
            continue;
        }
        replace(list, mount.name, [mount.volume(&at)]);
    }
    problems.extend(told);
    true
}

fn mounts(container: &mut Node, wanted: &[Mount<'_>], problems: &mut Vec<Problem>) {
    let at = at(container);
    let name = workload::name(container);
    let Some(list) = edit::list_mut(container, "volumeMounts") else {
        problems.push(Problem::at(&at, format!("`volumeMounts` of container `{name}` must be a list")));
        return;
    };
    let mut done: Vec<&str> = Vec::new();
    for mount in wanted {
        if !done.contains(&mount.name) {
            done.push(mount.name);
            let same = wanted.iter().filter(|other| other.name == mount.name);
            replace(list, mount.name, same.map(|mount| mount.mount(&at)));
        }
    }
    problems.extend(clashes(list, wanted, &name));
}

/// Puts items where the first of that name stood, else at the end, and takes all others of that name away.
fn replace(list: &mut Vec<Node>, name: &str, new: impl IntoIterator<Item = Node>) {
    let named = |node: &Node| node.get("name").and_then(Node::as_str) == Some(name);
    let at = list.iter().position(named).unwrap_or(list.len());
    list.retain(|node| !named(node));
    list.splice(at..at, new);
}

/// Two mounts in one place are refused by Kubernetes.
fn clashes(list: &[Node], wanted: &[Mount<'_>], container: &str) -> Vec<Problem> {
    let plain = |path: &str| path.trim_end_matches('/').to_owned();
    let mut found = Vec::new();
    for mount in wanted {
        let other = list.iter().find(|node| {
            let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
            plain(text("mountPath")) == plain(mount.path) && text("name") != mount.name
        });
        if let Some(other) = other {
            let theirs = other.get("name").and_then(Node::as_str).unwrap_or_default();
            let (ours, path) = (mount.name, mount.path);
            let text = format!(
                "`{path}` of container `{container}` is taken by `{theirs}`: `{ours}` can't be mounted there too"
            );
            found.push(
                Problem::at(other, text)
                    .hint(format!("name the service's mount `{theirs}`: it then takes this one's place")),
            );
        }
    }
    found
}

/// The place of a node, for what is put into it.
fn at(node: &Node) -> Node {
    Node { value: Value::Seq(Vec::new()), place: node.place, end: node.end, tag: None }
}
