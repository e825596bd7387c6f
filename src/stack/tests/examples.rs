//! The example project's files load for each of their environments.

use std::path::PathBuf;

use super::super::{Builtin, HookAction, Image, RawStack, load};
use super::request;

fn example(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/shop").join(path)
}

/// Environment, namespace and warnings of every environment of a file.
fn survey(path: &str) -> String {
    let path = example(path);
    let raw = RawStack::read(&path).unwrap();
    let mut out = String::new();
    for env in raw.environment_names() {
        let mut request = request(env);
        request.path.clone_from(&path);
        request.decided.slot = Some(2);
        request.decided.issue = Some(7);
        match load(&request) {
            Ok(loaded) => {
                out.push_str(&format!(
                    "{env}: {} in {}, {} infrastructure groups, {} services\n",
                    loaded.env.chain.join(" from "),
                    loaded.namespace,
                    loaded.stack.infrastructure.len(),
                    loaded.stack.services.len()
                ));
                out.extend(loaded.warnings.iter().map(|warning| format!("  {warning}\n")));
            }
            Err(error) => out.push_str(&format!("{env}: {error}\n")),
        }
    }
    out.replace(&*path.to_string_lossy(), "services.yaml")
}

#[test]
fn the_shop_loads_for_all_its_environments() {
    insta::assert_snapshot!(survey("services.yaml"), @r"
    dev: dev in shop-dev, 7 infrastructure groups, 3 services
    ai-staging: ai-staging in shop-ai-staging, 7 infrastructure groups, 3 services
    ai: ai from ai-staging in shop-dev-2, 7 infrastructure groups, 3 services
    ai-repair: ai-repair from ai-staging in shop-ai-staging, 7 infrastructure groups, 3 services
    preview: preview from ai-staging in shop-preview, 7 infrastructure groups, 3 services
    ");
}

#[test]
fn the_shop_in_the_older_dialect_loads_for_all_its_environments() {
    insta::assert_snapshot!(survey("older/services.yaml"), @r"
    dev: dev in shop-dev, 3 infrastructure groups, 3 services
    staging: staging in shop-staging, 3 infrastructure groups, 3 services
    ai: ai from staging in shop-dev-2, 3 infrastructure groups, 3 services
    ai-repair: ai-repair from staging in shop-ai-repair-2, 3 infrastructure groups, 3 services
    ");
}

#[test]
fn the_shop_in_a_slot_says_what_its_file_says() {
    let path = example("services.yaml");
    let mut request = request("ai");
    request.path = path;
    request.decided.slot = Some(2);
    let loaded = load(&request).unwrap();
    assert_eq!(loaded.stack.project, "shop");
    assert_eq!(loaded.stack.max_slots, 5);
    assert_eq!(loaded.stack.base_domain["ai"], "ai.shop.example.com");
    let Image::Build(build) = &loaded.stack.images["codex"] else { panic!("codex is built") };
    assert_eq!(build.tag_template.as_deref(), Some("ai-staging-1.0.0"));
    let codex = loaded.stack.services.iter().find(|service| service.name == "codex").unwrap();
    assert_eq!(codex.overlays["ai"].pvc_mounts[0].sub_path.as_deref(), Some("codex/envs/2/src"));
    let postgres = loaded.stack.infrastructure.iter().find(|group| group.name == "postgres").unwrap();
    let HookAction::Use(Builtin::KubectlWait { kind, timeout, .. }) = &postgres.hooks.after_apply[0].action else {
        panic!("postgres is waited for")
    };
    assert_eq!((kind.as_str(), timeout.value().as_secs()), ("pod", 180));
    assert_eq!(loaded.stack.codex.mcp_servers.len(), 4);
    assert_eq!(loaded.vars.get("SHOP_CLUSTER_ISSUER"), Some("letsencrypt"));
    assert_eq!(loaded.stack.publish.max_bytes.bytes(), 1 << 20);
}
