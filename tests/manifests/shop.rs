//! The manifests of the example project, in both dialects and every environment.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use codexctl_action::gotmpl::Rendered;
use codexctl_action::manifests::Manifest;
use codexctl_action::stack::{Decided, Extras, LoadRequest, VarsInput, load};

use crate::objects;

/// Stack files and the environments that they know.
const STACKS: [(&str, &[&str]); 2] = [
    ("services.yaml", &["ai", "ai-repair", "ai-staging", "dev", "preview"]),
    ("older/services.yaml", &["ai", "ai-repair", "dev", "staging"]),
];

/// Every rendered manifest: its path and text.
pub(crate) fn rendered() -> Vec<(String, Rendered)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let mut found = Vec::new();
    for (file, environments) in STACKS {
        for env in environments {
            found.extend(rendered_for(&root.join(file), env));
        }
    }
    found
}

fn rendered_for(path: &Path, env: &str) -> Vec<(String, Rendered)> {
    let process = [("SHOP_TLS", "yes"), ("SHOP_POSTGRES_PASSWORD", "canary: \"quoted\" # not a comment")];
    let process = process.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let request = LoadRequest {
        path: path.to_owned(),
        env: env.to_owned(),
        namespace: None,
        vars: VarsInput { process, ..VarsInput::default() },
        decided: Decided { slot: Some(3), ..Decided::default() },
        now: DateTime::from_timestamp(1_767_319_445, 0).expect("a time"),
    };
    let loaded = load(&request).unwrap_or_else(|error| panic!("{env}: {error}"));
    let groups = loaded.stack.infrastructure.iter().flat_map(|group| &group.manifests);
    let files = groups.chain(loaded.stack.services.iter().flat_map(|service| &service.manifests));
    let render = |file: &String| {
        let text = loaded.read_file(file).expect("the file");
        let rendered = loaded.render(file, &text, &Extras::default()).unwrap_or_else(|error| panic!("{file}: {error}"));
        (file.clone(), rendered)
    };
    files.map(render).collect()
}

/// The objects of each file.
pub(crate) fn all() -> Vec<Vec<Manifest>> {
    let read = |(file, rendered): (String, Rendered)| {
        let (objects, problems) = objects(&file, &rendered);
        assert_eq!(problems, [], "{file}");
        objects
    };
    rendered().into_iter().map(read).collect()
}
