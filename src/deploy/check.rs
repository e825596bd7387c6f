//! What is rendered only when somebody needs it, looked at beforehand: hooks and images.

use super::file::file_error;
use super::image::{value, wrong_reference, wrong_tag};
use super::render::Objects;
use super::select::Selection;
use crate::stack::yaml::{Node, Problem, Value};
use crate::stack::{Build, Diagnostic, Image, Loaded, Renderer};

/// Checks hooks and images. Only what is told is in the result.
pub fn check(loaded: &Loaded, renderer: &Renderer, selection: &Selection<'_>) -> Objects {
    let mut checked = Objects::default();
    let hooks = selection.chosen.iter().filter_map(|item| item.node(loaded)?.get("hooks"));
    for hooks in loaded.node().get("hooks").into_iter().chain(hooks) {
        templates(loaded, renderer, hooks, &mut checked);
    }
    images(loaded, renderer, &mut checked);
    checked.sources.extend(loaded.sources().clone());
    checked
}

/// Renders every text below a node that is still a template after the file itself was rendered.
fn templates(loaded: &Loaded, renderer: &Renderer, node: &Node, checked: &mut Objects) {
    match &node.value {
        Value::Scalar(scalar) => {
            if let Err(error) = value(loaded, renderer, node, &scalar.text) {
                checked.told.push(*error);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| templates(loaded, renderer, item, checked)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| templates(loaded, renderer, value, checked)),
    }
}

fn images(loaded: &Loaded, renderer: &Renderer, checked: &mut Objects) {
    for (name, image) in &loaded.stack.images {
        let Some(node) = loaded.node().at(&["images", name]) else { continue };
        templates(loaded, renderer, node, checked);
        match image {
            Image::External { from, local } => {
                for (field, text) in [("from", from), ("local", local)] {
                    reference(loaded, renderer, node, (name, field), text, checked);
                }
            }
            Image::Build(build) => {
                reference(loaded, renderer, node, (name, "repository"), &build.repository, checked);
                let field = if build.tag.is_some() { "tag" } else { "tagTemplate" };
                if let Some(at) = node.get(field).filter(|at| !at.is_null()) {
                    tag(loaded, renderer, at, &format!("images.{name}.{field}"), checked);
                }
                sources_of(loaded, renderer, node, (name, build), checked);
            }
        }
    }
}

/// What would not be an image is a warning: only `images` needs it, and perhaps with variables that are not here now.
fn reference(
    loaded: &Loaded,
    renderer: &Renderer,
    node: &Node,
    (name, field): (&str, &str),
    text: &str,
    checked: &mut Objects,
) {
    let at = node.get(field).unwrap_or(node);
    // What can't be rendered has been told.
    let Ok(text) = value(loaded, renderer, at, text) else { return };
    let text = text.trim();
    let told = match wrong_reference(text) {
        _ if text.is_empty() => format!("`images.{name}.{field}` is empty when rendered"),
        Some(why) => format!("`images.{name}.{field}` is `{text}`, which is no image: {why}"),
        None => return,
    };
    checked.told.push(Diagnostic::of(loaded.path(), Problem::at(at, told).warning()));
}

/// The same for a tag that stands alone.
fn tag(loaded: &Loaded, renderer: &Renderer, at: &Node, field: &str, checked: &mut Objects) {
    let Ok(text) = value(loaded, renderer, at, at.as_str().unwrap_or_default()) else { return };
    let text = text.trim();
    let told = match wrong_tag(text) {
        _ if text.is_empty() => format!("`{field}` is empty when rendered"),
        Some(why) => format!("`{field}` is `{text}`: {why}"),
        None => return,
    };
    checked.told.push(Diagnostic::of(loaded.path(), Problem::at(at, told).warning()));
}

/// Dockerfile and folders of an image. Somebody who only renders needs none of them.
fn sources_of(loaded: &Loaded, renderer: &Renderer, node: &Node, (name, build): (&str, &Build), checked: &mut Objects) {
    let context = build.context.as_deref().unwrap_or(".");
    let dockerfile = build.dockerfile.clone().unwrap_or_else(|| format!("{context}/Dockerfile"));
    let mut wanted =
        vec![(node.get("context").unwrap_or(node), context), (node.get("dockerfile").unwrap_or(node), &dockerfile)];
    for (context, path) in &build.build_contexts {
        // BuildKit's contexts may be images and addresses too.
        if !path.contains("://") {
            wanted.push((node.at(&["buildContexts", context]).unwrap_or(node), path));
        }
    }
    for (at, path) in wanted {
        let Ok(path) = value(loaded, renderer, at, path) else { continue };
        if let Err(error) = loaded.locate(path.trim()) {
            let mut told = file_error(loaded, at, error);
            told.severity = crate::stack::Severity::Warning;
            told.text = format!("`images.{name}` can't be built: {}", told.text);
            checked.told.push(told);
        }
    }
}
