//! What no single field can tell: names that must exist or differ, folders that must stay inside, swallowed lines.

use std::path::{Component, Path};

use super::decode::{Reader, named_twice, nearest};
use super::raw::{PLAIN_FIELDS, RawStack};
use super::types::{DataPaths, Stack};
use super::yaml::{Node, Problem};

/// Checks a stack as a whole; what is wrong is told to the reader.
pub(super) fn check(reader: &Reader, stack: &Stack, node: &Node, raw: &RawStack) {
    project(reader, stack, node);
    env_files(reader, raw.node());
    for (list, what) in [("infrastructure", "infrastructure groups"), ("services", "services")] {
        let items = node.get(list).and_then(Node::items).unwrap_or_default();
        let names = items.iter().filter_map(|item| item.get("name"));
        // Two of one name work, as they did for the Go tool; filters take both.
        for problem in named_twice(names.filter_map(|name| Some((name.as_str()?, name))), what) {
            reader.tell(problem.warning());
        }
    }
    bootstrap(reader, stack, node);
    env_names(reader, stack, node);
    if let Some(paths) = &stack.data_paths {
        data_paths(reader, paths, node);
    }
    swallowed(reader, node, raw);
}

/// The project is the value of a label on every object, and of one kind of file name.
fn project(reader: &Reader, stack: &Stack, node: &Node) {
    let name = stack.project.as_str();
    let ends = |found: Option<char>| found.is_none_or(|found| found.is_ascii_alphanumeric());
    let fits = name.len() <= 63
        && name.chars().all(|found| found.is_ascii_alphanumeric() || "-_.".contains(found))
        && ends(name.chars().next())
        && ends(name.chars().last());
    if !fits && let Some(node) = node.get("project") {
        let problem = Problem::at(node, format!("`{name}` can't be a project's name: it is a label on every object"));
        reader.tell(problem.hint("up to 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last"));
    }
}

/// Files of variables are read before there are variables.
fn env_files(reader: &Reader, node: &Node) {
    for item in node.get("envFiles").and_then(Node::items).unwrap_or_default() {
        if item.as_str().is_some_and(|text| text.contains("{{")) {
            let problem = Problem::at(item, "`envFiles` can't hold a template");
            reader.tell(problem.hint("these files are read first: templates see what they say"));
        }
    }
}

fn bootstrap(reader: &Reader, stack: &Stack, node: &Node) {
    let known: Vec<&str> = stack.infrastructure.iter().map(|group| group.name.as_str()).collect();
    for env in stack.environments.keys() {
        let items = node.at(&["environments", env, "slotBootstrapInfra"]).and_then(Node::items).unwrap_or_default();
        for item in items {
            let Some(name) = item.as_str().filter(|name| !name.is_empty() && !known.contains(name)) else { continue };
            let problem = Problem::at(item, format!("there is no infrastructure group `{name}`")).warning();
            reader.tell(match nearest(name, known.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
    }
}

/// Names of environments in overlays and patterns. `staging` and `ai-staging` stand for each other in older files.
fn env_names(reader: &Reader, stack: &Stack, node: &Node) {
    if stack.environments.is_empty() {
        return;
    }
    let known: Vec<&str> = stack.environments.keys().map(String::as_str).collect();
    let tell = |holder: Option<&Node>, what: &str| {
        for (key, _) in holder.and_then(Node::entries).unwrap_or_default() {
            let Some(name) = key.as_str() else { continue };
            if known.contains(&name) || ["ai", "ai-repair", "staging", "ai-staging"].contains(&name) {
                continue;
            }
            let problem = Problem::at(key, format!("{what} of `{name}`, but there is no such environment")).warning();
            reader.tell(match nearest(name, known.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("the file has {}", known.join(", "))),
            });
        }
    };
    tell(node.at(&["namespace", "patterns"]), "namespace pattern");
    for service in node.get("services").and_then(Node::items).unwrap_or_default() {
        tell(service.get("overlays"), "overlay");
    }
}

/// Folders that codexctl makes, empties and deletes: none may lie outside the root that the file names.
fn data_paths(reader: &Reader, paths: &DataPaths, node: &Node) {
    let Some(at) = node.get("dataPaths") else { return };
    let root = paths.root.as_deref().map(Path::new);
    if root.is_none() && (paths.env_dir.is_some() || !paths.dirs.is_empty()) {
        reader.tell(Problem::at(at, "`dataPaths.root` is missing").hint("no folder outside it is ever touched"));
        return;
    }
    let mut targets: Vec<&Node> = at.get("envDir").into_iter().collect();
    targets.extend(at.get("dirs").and_then(Node::items).unwrap_or_default());
    for target in targets {
        let Some(text) = target.as_str() else { continue };
        let path = Path::new(text);
        let climbs = path.components().any(|part| part == Component::ParentDir);
        let outside = path.is_absolute() && !root.is_some_and(|root| path.starts_with(root));
        if climbs || outside {
            let root = paths.root.as_deref().unwrap_or_default();
            reader.tell(Problem::at(target, format!("`{text}` is not below `dataPaths.root` ({root})")));
        }
    }
}

/// The fields whose line a trim marker at the end of the comment above takes into the comment.
fn taken(raw: &RawStack) -> impl Iterator<Item = (&Node, &Node)> {
    let entries = raw.node().entries().unwrap_or_default().iter();
    entries.map(|(key, value)| (key, value)).filter(|(key, _)| {
        let before = raw.text().get(..key.place.offset).unwrap_or_default().trim_end();
        let comment = before.lines().last().is_some_and(|line| line.trim_start().starts_with('#'));
        comment && before.ends_with("-}}")
    })
}

/// Why a file may be no YAML once it is rendered: a taken line had more below it, which now belongs to nothing.
pub(super) fn beheaded(raw: &RawStack) -> Vec<Problem> {
    let below = taken(raw).filter(|(key, value)| value.place.line > key.place.line);
    let told = below.map(|(key, _)| {
        let name = key.key().unwrap_or_default();
        let text =
            format!("the template above takes the line `{name}:` into its comment, and what stands below it is left");
        Problem::at(key, text).hint("let the line above end in `}}` instead of `-}}`")
    });
    told.collect()
}

/// For the plain fields the file as it stands steps in; any other field that is taken would be lost without a word.
fn swallowed(reader: &Reader, node: &Node, raw: &RawStack) {
    for (key, _) in taken(raw) {
        let Some(name) = key.as_str().filter(|name| !PLAIN_FIELDS.contains(name)) else { continue };
        if node.get(name).is_none() {
            let problem =
                Problem::at(key, format!("the template above takes `{name}` into its comment: it has no effect"));
            reader.tell(problem.warning().hint("let the line above end in `}}` instead of `-}}`"));
        }
    }
}
