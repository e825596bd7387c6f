//! What `manifests` prints, read back by other people's readers, and what it reads, held against Go's yaml.v3.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking, and how much it compared by printing"
)]
// This binary uses a part of what the shared helpers offer.
#![allow(dead_code, unreachable_pub, reason = "shared helpers")]

#[path = "../support/parts.rs"]
mod parts;

mod generate;
mod printed;
mod readers;
mod shop;
mod written;

use std::path::Path;
use std::sync::Arc;

use codexctl_action::gotmpl::{Funcs, Limits, Rendered, Template, Value};
use codexctl_action::manifests::{Manifest, Owner, OwnerKind, Source, read};
use codexctl_action::stack::yaml::{Node, Problem};

/// A text without templates, as if it had been rendered.
fn rendered(text: &str) -> Rendered {
    let quoted = text.replace("{{", "{{`{{`}}");
    let template = Template::parse("t", &quoted, &Funcs::builtins()).expect("no template");
    template.render(&Value::Nil, &Limits::default()).expect("nothing to fail")
}

/// The objects of a rendered file.
fn objects(file: &str, rendered: &Rendered) -> (Vec<Manifest>, Vec<Problem>) {
    let file: Arc<Path> = Arc::from(Path::new(file));
    read(&Source { file, rendered, owner: owner() })
}

fn owner() -> Owner {
    Owner { kind: OwnerKind::Service, name: Arc::from("web") }
}

/// An object that is not what Kubernetes wants, to be printed all the same.
fn manifest(node: Node) -> Manifest {
    let text = Arc::from("any");
    Manifest {
        place: node.place,
        node,
        api_version: Arc::clone(&text),
        kind: Arc::clone(&text),
        name: text,
        namespace: None,
        file: Arc::from(Path::new("deploy/web.yaml")),
        owner: owner(),
    }
}
