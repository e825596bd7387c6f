//! The example project against a real API server.

use crate::scene::Scene;

#[test]
fn the_shop_is_valid_in_every_environment() {
    insta::assert_snapshot!(Scene::shop().validate(), @"
    exit 0
    ── stdout
    5 environments, 12 manifests, 28 objects: no errors, 1 warning, 1 note
    ── stderr
      ⚠ environments.dev.kubeconfig names ~/.kube/shop-dev.config, which is not there (environment
      │ dev)
    note: infrastructure without a namespace goes into the environment's: the Go tool left it to the context's default namespace
      13 places: deploy/codex/rbac-ai-repair.yaml:2, 7, 40, deploy/config.yaml:1, 10, deploy/ingress.yaml:3, deploy/postgres.yaml:2, 18 and 5 more
    ");
}

#[test]
fn the_shop_as_the_older_tool_had_it_is_valid_too() {
    let scene = Scene::shop();
    let ran = scene.call(&["validate", "-c", "older/services.yaml", "-o", "kv"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    environments=dev,staging,ai,ai-repair
    manifests=10
    objects=24
    errors=0
    warnings=7
    notices=7
    ");
}
