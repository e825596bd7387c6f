//! Stories about manifests: what comes out of a file, and what its author reads when something is wrong.

mod print;
mod read;
mod shape;

use std::path::Path;
use std::sync::Arc;

use crate::gotmpl::{Funcs, Limits, Rendered, Template, Value};

use super::{Found, Manifest, Owner, OwnerKind, Source};

fn rendered(text: &str) -> Rendered {
    let data = Value::string_map([("name", "web"), ("text", "first\n  second: third"), ("empty", "")]);
    Template::parse("t", text, &Funcs::builtins()).unwrap().render(&data, &Limits::default()).unwrap()
}

fn read_for(kind: OwnerKind, file: &str, text: &str) -> (Vec<Manifest>, Vec<Found>) {
    let rendered = rendered(text);
    let file: Arc<Path> = Arc::from(Path::new(file));
    let owner = Owner { kind, name: Arc::from("web") };
    let (manifests, problems) = super::read(&Source { file: Arc::clone(&file), rendered: &rendered, owner });
    (manifests, problems.into_iter().map(|problem| (Arc::clone(&file), problem)).collect())
}

/// The objects of a service's file that has no faults.
fn objects(text: &str) -> Vec<Manifest> {
    let (manifests, problems) = read_for(OwnerKind::Service, "deploy/web.yaml", text);
    assert_eq!(told(&problems), "");
    manifests
}

/// As compilers print it.
fn told(found: &[Found]) -> String {
    let lines = found.iter().map(|(file, problem)| {
        let hint = problem.hint.as_ref().map_or(String::new(), |hint| format!("\n  {hint}"));
        let earlier = problem.earlier.map_or(String::new(), |place| format!(" (first on line {})", place.line));
        let (place, text) = (problem.place, &problem.text);
        format!("{}:{}:{}: {}: {text}{earlier}{hint}", file.display(), place.line, place.column, problem.severity)
    });
    lines.collect::<Vec<_>>().join("\n")
}
