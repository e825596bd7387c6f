//! The image of a service as its workload names it.

use super::select::{Item, inside_value};
use crate::stack::yaml::{Node, Problem};
use crate::stack::{Diagnostic, Loaded, Renderer};

/// `repository:tag`, or the repository alone where there is no tag; none where the service names no image, or a variable of its
/// repository isn't set.
///
/// What would not be an image is a warning: it may depend on a variable that only a later run has.
pub(super) fn reference(
    loaded: &Loaded,
    renderer: &Renderer,
    item: &Item<'_>,
    told: &mut Vec<Diagnostic>,
) -> Option<String> {
    let image = item.service?.image.as_ref()?;
    let node = item.node(loaded).and_then(|node| node.get("image")).unwrap_or(loaded.node());
    let mut render = |field: &str, text: &str| {
        let at = node.get(field).unwrap_or(node);
        value(loaded, renderer, at, text).map_err(|error| told.push(*error)).ok()
    };
    let repository = render("repository", &image.repository)?;
    let tag = match &image.tag_template {
        Some(template) => Some(render("tagTemplate", template)?),
        None => None,
    };
    let repository = repository.trim();
    if repository.is_empty() {
        let text = format!("the image of `{}` has an empty repository: what the manifest says stays", item.owner.name);
        let at = node.get("repository").unwrap_or(node);
        told.push(Diagnostic::of(loaded.path(), Problem::at(at, text).warning()));
        return None;
    }
    let reference = match tag.as_deref().map(str::trim) {
        Some(tag) if !tag.is_empty() => format!("{repository}:{tag}"),
        _ => repository.to_owned(),
    };
    let name = &item.owner.name;
    if let Some(why) = wrong_reference(&reference) {
        let text = format!("the image of `{name}` would be `{reference}`, which is no image: {why}");
        told.push(Diagnostic::of(loaded.path(), Problem::at(node, text).warning()));
    } else if image.tag_template.is_none() && node.get("tagTemplate").is_some_and(|at| !at.is_null()) {
        let text = format!("the tag of `{name}` is empty: its image is `{reference}`, whatever is latest there");
        let at = node.get("tagTemplate").unwrap_or(node);
        told.push(Diagnostic::of(loaded.path(), Problem::at(at, text).warning()));
    }
    Some(reference)
}

/// A value of services.yaml. It was rendered with the file; what it may have left to render sees the whole context.
pub(super) fn value(loaded: &Loaded, renderer: &Renderer, at: &Node, text: &str) -> Result<String, Box<Diagnostic>> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    match renderer.text("value", text) {
        Ok(rendered) => Ok(rendered.text),
        Err(error) => Err(Box::new(inside_value(loaded, at, &error))),
    }
}

/// Why a text is no reference to an image.
///
/// Source: the grammar of <https://pkg.go.dev/github.com/distribution/reference>.
pub(super) fn wrong_reference(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.contains(char::is_whitespace) {
        return Some("it has blanks in it");
    }
    if text.contains("<no value>") {
        return Some("a template found no value");
    }
    let (text, digest) = text.split_once('@').map_or((text, None), |(text, digest)| (text, Some(digest)));
    if digest.is_some_and(|digest| !digest.contains(':')) {
        return Some("a digest is written as `sha256:…`");
    }
    let start = text.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match text[start..].split_once(':') {
        Some((name, tag)) => (format!("{}{name}", &text[..start]), Some(tag)),
        None => (text.to_owned(), None),
    };
    if let Some(tag) = tag
        && let Some(why) = wrong_tag(tag)
    {
        return Some(why);
    }
    // The first part may be a host with a port and capitals.
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => &name,
    };
    let part = |part: &str| {
        let word = |found: char| found.is_ascii_lowercase() || found.is_ascii_digit();
        part.starts_with(word) && part.ends_with(word) && part.chars().all(|found| word(found) || "._-".contains(found))
    };
    (!path.split('/').all(part)).then_some("a repository has lower-case letters, digits, `.`, `_`, `-` and `/` only")
}

/// Why a text is no tag.
pub(super) fn wrong_tag(tag: &str) -> Option<&'static str> {
    let word = |found: char| found.is_ascii_alphanumeric() || found == '_';
    if tag.len() > 128 {
        return Some("a tag has at most 128 characters");
    }
    let fits = tag.starts_with(word) && tag.chars().all(|found| word(found) || found == '.' || found == '-');
    (!fits).then_some("a tag has letters, digits, `_`, `.` and `-` only and starts with none of the last two")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_images_are_known_from_other_texts() {
        for right in [
            "busybox",
            "localhost:32000/shop/catalog:ai-staging-1.0.0",
            "Registry.Example.com/a/b_c__d:V1",
            "ghcr.io/org/name@sha256:0123",
            "registry:5000/x:1@sha256:0123",
        ] {
            assert_eq!(wrong_reference(right), None, "{right}");
        }
        for wrong in [
            "",
            ":1",
            "a b",
            "Shop/catalog",
            "shop/catalog:",
            "shop/catalog:-1",
            "shop//catalog",
            "x:<no value>",
            "x@1",
        ] {
            assert!(wrong_reference(wrong).is_some(), "{wrong}");
        }
    }
}
