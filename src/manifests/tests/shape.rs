//! What the stack asks for, written into objects.

use crate::stack::{HostMount, PvcMount};

use super::super::{BuiltIn, Changes, Definitions, OwnerKind, Scopes, Secrets, Shaped, print, shape};
use super::{objects, read_for, told};

fn claim(name: &str, claim: &str, path: &str) -> PvcMount {
    PvcMount { name: name.to_owned(), claim_name: claim.to_owned(), mount_path: path.to_owned(), ..PvcMount::default() }
}

fn host(name: &str, host: &str, path: &str) -> HostMount {
    let kind = "Directory".to_owned();
    HostMount { name: name.to_owned(), host_path: host.to_owned(), mount_path: path.to_owned(), host_path_type: kind }
}

fn image(image: &str) -> Changes<'static> {
    Changes { image: Some(image.to_owned()), workload: Some("web"), ..Changes::default() }
}

/// The text after the changes, and what is said about them.
fn shaped(text: &str, changes: &Changes<'_>) -> (String, Shaped) {
    let mut manifests = objects(text);
    let shaped = shape(&mut manifests, changes, "shop-ai-3", &BuiltIn);
    (print(&manifests, Secrets::Hidden), shaped)
}

/// The object of a kind around a pod spec.
fn workload(api_version: &str, kind: &str, spec: &str) -> String {
    let head = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\n");
    match kind {
        "Pod" => format!("{head}spec: {spec}\n"),
        "CronJob" => format!("{head}spec: {{jobTemplate: {{spec: {{template: {{spec: {spec}}}}}}}}}\n"),
        _ => format!("{head}spec: {{template: {{spec: {spec}}}}}\n"),
    }
}

const KINDS: [(&str, &str); 8] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "ReplicationController"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
];

#[test]
fn the_image_goes_into_every_kind_of_workload() {
    for (api_version, kind) in KINDS {
        let (text, said) =
            shaped(&workload(api_version, kind, "{containers: [{name: a, image: old}]}"), &image("registry/web:1"));
        assert!(text.contains("image: registry/web:1\n") && said.problems.is_empty(), "{kind}\n{text}");
        assert_eq!(said.notes.len(), usize::from(kind != "Deployment"), "{kind}");
    }
    let (text, _) = shaped(&workload("example.com/v1", "Deployment", "{containers: [{image: old}]}"), &image("new"));
    assert!(text.contains("image: old"), "somebody else's kind");
}

#[test]
fn init_containers_follow_where_they_had_the_same_image_or_none() {
    let spec = "{initContainers: [{name: same, image: old}, {name: none}, {name: own, image: busybox}], \
                containers: [{name: web, image: old, args: [x]}, {name: sidecar, image: old}]}";
    let (text, said) = shaped(&workload("apps/v1", "Deployment", spec), &image("new"));
    assert_eq!(said, Shaped::default());
    insta::assert_snapshot!(text, @r#"
    # deploy/web.yaml:1 (service web)
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: shop-ai-3
    spec:
      template:
        spec:
          initContainers:
            - name: same
              image: new
            - name: "none"
              image: new
            - name: own
              image: busybox
          containers:
            - name: web
              image: new
              args:
                - x
            - name: sidecar
              image: old
    "#);
}

#[test]
fn only_the_workload_of_the_services_name_is_changed() {
    let other = workload("apps/v1", "Deployment", "{containers: [{image: old}]}").replace("web", "worker");
    let file = format!("{other}---\n{}", workload("apps/v1", "Deployment", "{containers: [{image: old}]}"));
    let (text, said) = shaped(&file, &image("new"));
    assert_eq!((text.matches("image: old").count(), text.matches("image: new").count()), (1, 1));
    assert_eq!(said, Shaped::default());
}

#[test]
fn image_and_mounts_that_nothing_takes_are_told() {
    let one = workload("apps/v1", "Deployment", "{containers: [{image: old}]}");
    insta::assert_snapshot!(told(&shaped(&one.replace("web", "wbe"), &image("new")).1.problems), @"
    deploy/web.yaml:3:18: warning: nothing takes the image of service `web`: the Deployment is named `wbe`
      name it `web`, or the service `wbe`
    ");
    insta::assert_snapshot!(told(&shaped(&one.replace("web", "frontend"), &image("new")).1.problems), @"
    deploy/web.yaml:3:18: warning: nothing takes the image of service `web`: the Deployment is named `frontend`
      name it `web`, or the service `frontend`
    ");
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    insta::assert_snapshot!(told(&shaped(service, &image("new")).1.problems), @"
    deploy/web.yaml:1:1: warning: nothing takes the image of service `web`
      that is for a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob or Pod named `web`, and its manifests have none
    ");
    insta::assert_snapshot!(told(&shaped(&workload("apps/v1", "Deployment", "{containers: []}"), &image("new")).1.problems), @"deploy/web.yaml:1:1: warning: Deployment `web` has no containers: image and mounts have nowhere to go");
    let dropped = ["Deployment".to_owned()];
    let changes = Changes { drop_kinds: &dropped, ..image("new") };
    assert_eq!(shaped(&one, &changes).1, Shaped::default(), "left out on purpose");
}

#[test]
fn mounts_replace_those_of_their_name_and_leave_the_others() {
    let spec = "
      initContainers:
      - name: prepare
        volumeMounts: [{name: code, mountPath: /old}]
      - name: proxy
        restartPolicy: Always
      containers:
      - name: web
        volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: code, mountPath: /app, subPath: x}
        - {name: code, mountPath: /lib}
        - {name: last, mountPath: /last}
      - name: sidecar
        volumeMounts: [{name: code, mountPath: /seen}]
      volumes:
      - {name: code, emptyDir: {}}
      - {name: tmp, emptyDir: {}}";
    let file = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:{spec}\n"
    );
    let claims = [
        PvcMount { sub_path: Some("src".to_owned()), read_only: true, ..claim("code", "workspace", "/app") },
        claim("code", "workspace", "/lib"),
    ];
    let hosts = [host("socket", "/run/x", "/run/x")];
    let changes = Changes { pvc_mounts: &claims, host_mounts: &hosts, workload: Some("web"), ..Changes::default() };
    let (text, said) = shaped(&file, &changes);
    assert_eq!(said, Shaped::default());
    insta::assert_snapshot!(text, @"
    # deploy/web.yaml:1 (service web)
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: shop-ai-3
    spec:
      template:
        spec:
          initContainers:
            - name: prepare
              volumeMounts:
                - name: code
                  mountPath: /app
                  subPath: src
                  readOnly: true
                - name: code
                  mountPath: /lib
                - name: socket
                  mountPath: /run/x
            - name: proxy
              restartPolicy: Always
          containers:
            - name: web
              volumeMounts:
                - name: tmp
                  mountPath: /tmp
                - name: code
                  mountPath: /app
                  subPath: src
                  readOnly: true
                - name: code
                  mountPath: /lib
                - name: last
                  mountPath: /last
                - name: socket
                  mountPath: /run/x
            - name: sidecar
              volumeMounts:
                - name: code
                  mountPath: /seen
          volumes:
            - name: code
              persistentVolumeClaim:
                claimName: workspace
            - name: tmp
              emptyDir: {}
            - name: socket
              hostPath:
                path: /run/x
                type: Directory
    ");
}

#[test]
fn a_claim_takes_the_place_of_a_stateful_sets_own() {
    let file = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  template: {spec: {containers: [{name: web}]}}\n\
                \x20 volumeClaimTemplates: [{metadata: {name: data}}, {metadata: {name: other}}]\n";
    let claims = [claim("data", "workspace", "/data")];
    let (text, said) = shaped(file, &Changes { pvc_mounts: &claims, workload: Some("web"), ..Changes::default() });
    insta::assert_snapshot!(text, @"
    # deploy/web.yaml:1 (service web)
    apiVersion: apps/v1
    kind: StatefulSet
    metadata:
      name: web
      namespace: shop-ai-3
    spec:
      template:
        spec:
          containers:
            - name: web
              volumeMounts:
                - name: data
                  mountPath: /data
          volumes:
            - name: data
              persistentVolumeClaim:
                claimName: workspace
      volumeClaimTemplates:
        - metadata:
            name: other
    ");
    insta::assert_snapshot!(told(&said.notes), @"deploy/web.yaml:1:1: warning: StatefulSet `web` gets the service's mounts: the Go tool set them in Deployments only");
}

#[test]
fn mounts_that_can_not_stand_together_are_told() {
    let spec = "{containers: [{name: web, volumeMounts: [{name: code, mountPath: /app/}]}], volumes: [{name: code}]}";
    let (claims, hosts) = ([claim("sources", "workspace", "/app")], [host("sources", "/src", "/src")]);
    let changes = Changes { pvc_mounts: &claims, host_mounts: &hosts, workload: Some("web"), ..Changes::default() };
    insta::assert_snapshot!(told(&shaped(&workload("apps/v1", "Deployment", spec), &changes).1.problems), @"
    deploy/web.yaml:4:25: error: two mounts of the service name different volumes `sources`
    deploy/web.yaml:4:66: error: `/app` of container `web` is taken by `code`: `sources` can't be mounted there too
      name the service's mount `code`: it then takes this one's place
    ");
    let spec = "{containers: [{name: web, volumeMounts: none}], volumes: {}}";
    insta::assert_snapshot!(told(&shaped(&workload("apps/v1", "Deployment", spec), &changes).1.problems), @"deploy/web.yaml:4:25: error: `volumes` must be a list: the service's mounts have nowhere to go");
}

#[test]
fn kinds_are_left_out_whatever_their_case_and_typos_are_told() {
    let file = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n";
    let drop = |kinds: &[&str]| {
        let kinds: Vec<_> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let (text, said) = shaped(file, &Changes { drop_kinds: &kinds, workload: Some("web"), ..Changes::default() });
        (text.matches("kind: ").count(), told(&said.problems))
    };
    assert_eq!(drop(&["INGRESS", "PodDisruptionBudget"]), (1, String::new()));
    assert_eq!(drop(&["Service", "ingress"]), (0, String::new()));
    insta::assert_snapshot!(drop(&["Ingres"]).1, @"
    deploy/web.yaml:1:1: warning: `dropKinds` of `web` names `Ingres`, and its manifests have none
      did you mean `Ingress`?
    ");
}

#[test]
fn objects_without_a_namespace_get_the_environments_and_cluster_wide_ones_none() {
    let file = "\
apiVersion: v1
kind: Service
metadata: {name: web, labels: {a: b}}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: elsewhere}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: ''}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: web, namespace: wrong}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: web}
";
    let (mut manifests, _) = read_for(OwnerKind::Infrastructure, "deploy/web.yaml", file);
    let said = shape(&mut manifests, &Changes::default(), "shop-ai-3", &BuiltIn);
    let namespaces: Vec<_> = manifests.iter().map(|one| one.namespace.as_deref().unwrap_or("-")).collect();
    assert_eq!(namespaces, ["shop-ai-3", "elsewhere", "shop-ai-3", "-", "wrong", "shop-ai-3"]);
    insta::assert_snapshot!(print(&manifests[..1], Secrets::Hidden), @"
    # deploy/web.yaml:1 (infrastructure web)
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: shop-ai-3
      labels:
        a: b
    ");
    insta::assert_snapshot!(told(&said.problems), @"
    deploy/web.yaml:19:34: warning: ClusterIssuer `web` lives in no namespace: `wrong` has no effect
      take `namespace` out
    ");
    insta::assert_snapshot!(told(&said.notes), @"
    deploy/web.yaml:1:1: warning: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
    deploy/web.yaml:9:1: warning: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
    deploy/web.yaml:21:1: warning: Widget `web` is taken to live in a namespace: Widget of example.com/v1 is in no built-in list, and a cluster was not asked
    deploy/web.yaml:21:1: warning: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
    ");
}

#[test]
fn definitions_of_the_stack_tell_the_scope_of_their_kinds() {
    let file = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Gadget}}
";
    let manifests = objects(file);
    let scopes = Definitions::of(&manifests, &BuiltIn);
    assert_eq!(scopes.namespaced("example.com/v1beta1", "Gadget"), Some(false));
    assert_eq!(scopes.namespaced("example.com/v1", "Widget"), None);
    assert_eq!(scopes.namespaced("v1", "Pod"), Some(true));
}
