//! Which infrastructure groups and services count: filters and `when` (spec 2.4, 2.5).

use std::sync::Arc;

use crate::manifests::{Owner, OwnerKind};
use crate::stack::yaml::{Node, Problem};
use crate::stack::{Diagnostic, Loaded, Renderer, ResourceHooks, Service, nearest, template_error};

/// A list of names as a user gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The flag or variable that gave it, for messages.
    pub source: String,
    /// The names, in any case.
    pub names: Vec<String>,
}

impl Names {
    /// Takes a comma list; none where it names nothing.
    pub fn parse(source: impl Into<String>, list: &str) -> Option<Self> {
        let names: Vec<String> =
            list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!names.is_empty()).then(|| Self { source: source.into(), names })
    }

    fn holds(&self, name: &str) -> bool {
        self.names.iter().any(|listed| same(listed, name))
    }

    /// Whether the list says `all`, and nothing is called that.
    fn is_all(&self, known: &[&str]) -> bool {
        self.holds(ALL) && !known.iter().any(|name| same(name, ALL))
    }
}

/// The word that stands for every name.
const ALL: &str = "all";

/// What a user says about one list. Both parts count: what is in `only` and not in `skip` is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Nothing but these.
    pub only: Option<Names>,
    /// All but these.
    pub skip: Option<Names>,
}

/// What a user says about both lists; each leaves the other alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Infrastructure groups.
    pub infrastructure: Filter,
    /// Services.
    pub services: Filter,
}

/// An infrastructure group or a service.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// What it is and its name.
    pub owner: Owner,
    /// Its place in its list.
    pub index: usize,
    /// Paths of its manifests, relative to the project root.
    pub manifests: &'a [String],
    /// The hooks around it.
    pub hooks: &'a ResourceHooks,
    /// The service, if it is one.
    pub service: Option<&'a Service>,
    when: Option<&'a str>,
}

impl Item<'_> {
    /// Its node in services.yaml.
    pub fn node<'n>(&self, loaded: &'n Loaded) -> Option<&'n Node> {
        let list = match self.owner.kind {
            OwnerKind::Infrastructure => "infrastructure",
            OwnerKind::Service => "services",
        };
        loaded.node().get(list)?.items()?.get(self.index)
    }
}

/// What is chosen of a stack.
#[derive(Debug, Clone, Default)]
pub struct Selection<'a> {
    /// What counts, in the order in which it is applied: infrastructure, then services, each as in the file.
    pub chosen: Vec<Item<'a>>,
    /// What filters would take, but its `when` leaves out.
    pub left_out: Vec<Item<'a>>,
    /// What is wrong with the filters or with a `when`.
    pub told: Vec<Diagnostic>,
}

/// Chooses groups and services.
pub fn select<'a>(loaded: &'a Loaded, renderer: &Renderer, filters: &Filters) -> Selection<'a> {
    let mut found = Selection::default();
    let groups = loaded.stack.infrastructure.iter().enumerate().map(|(index, group)| Item {
        owner: Owner { kind: OwnerKind::Infrastructure, name: Arc::from(group.name.as_str()) },
        index,
        manifests: &group.manifests,
        hooks: &group.hooks,
        service: None,
        when: group.when.as_deref(),
    });
    let services = loaded.stack.services.iter().enumerate().map(|(index, service)| Item {
        owner: Owner { kind: OwnerKind::Service, name: Arc::from(service.name.as_str()) },
        index,
        manifests: &service.manifests,
        hooks: &service.hooks,
        service: Some(service),
        when: service.when.as_deref(),
    });
    for (items, filter, what) in [
        (groups.collect::<Vec<_>>(), &filters.infrastructure, "infrastructure group"),
        (services.collect(), &filters.services, "service"),
    ] {
        let known: Vec<&str> = items.iter().map(|item| &*item.owner.name).collect();
        unknown_names(filter, &known, what, &mut found.told);
        let takes = taker(filter, &known);
        let taken: Vec<Item<'_>> = items.iter().filter(|item| takes(&item.owner.name)).cloned().collect();
        for item in taken {
            match is_wanted(loaded, renderer, &item) {
                Ok(true) => found.chosen.push(item),
                Ok(false) => {
                    found.told.extend(asked_for_in_vain(loaded, filter, &item, what));
                    found.left_out.push(item);
                }
                Err(error) => found.told.push(*error),
            }
        }
    }
    found
}

/// The filter as a question.
fn taker<'f>(filter: &'f Filter, known: &[&str]) -> impl Fn(&str) -> bool + use<'f> {
    let all = |names: &Option<Names>| names.as_ref().is_some_and(|names| names.is_all(known));
    let (all_only, all_skip) = (all(&filter.only), all(&filter.skip));
    move |name| {
        let only = filter.only.as_ref().is_none_or(|names| all_only || names.holds(name));
        let skip = filter.skip.as_ref().is_some_and(|names| all_skip || names.holds(name));
        only && !skip
    }
}

/// A name that nobody has is a slip: a warning, and in an `only` list of such names alone an error, as nothing would be left.
fn unknown_names(filter: &Filter, known: &[&str], what: &str, told: &mut Vec<Diagnostic>) {
    for (names, only) in [(&filter.only, true), (&filter.skip, false)] {
        let Some(names) = names else { continue };
        let unknown: Vec<&String> = names
            .names
            .iter()
            .filter(|name| !known.iter().any(|known| same(known, name)) && !same(name, ALL))
            .collect();
        let fatal = only && unknown.len() == names.names.len();
        for name in unknown {
            let text = format!("{}: there is no {what} `{name}`", names.source);
            let made = if fatal { Diagnostic::error(text) } else { Diagnostic::warning(text) };
            told.push(made.hint(match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("services.yaml has no {what}s"),
                None => format!("there are {}", known.join(", ")),
            }));
        }
    }
}

fn asked_for_in_vain(loaded: &Loaded, filter: &Filter, item: &Item<'_>, what: &str) -> Option<Diagnostic> {
    let names = filter.only.as_ref().filter(|names| names.holds(&item.owner.name))?;
    let text = format!("{}: the {what} `{}` is not part of {}", names.source, item.owner.name, loaded.env.name);
    Some(Diagnostic::warning(text).hint("its `when` leaves it out"))
}

/// Whether an item's `when` lets it in: everything but `false`, `0` and `no`, nothing included (spec 2.4).
fn is_wanted(loaded: &Loaded, renderer: &Renderer, item: &Item<'_>) -> Result<bool, Box<Diagnostic>> {
    let Some(when) = item.when else { return Ok(true) };
    // It was rendered with the file; what it may have left to render sees the whole context.
    let rendered = if when.contains("{{") {
        let rendered = renderer.text("when", when).map_err(|error| {
            let node = item.node(loaded).and_then(|node| node.get("when")).unwrap_or(loaded.node());
            Box::new(inside_value(loaded, node, &error))
        })?;
        rendered.text
    } else {
        when.to_owned()
    };
    Ok(!["false", "0", "no"].iter().any(|no| rendered.trim().eq_ignore_ascii_case(no)))
}

/// What is wrong with the template in a value of services.yaml, at that value.
pub(super) fn inside_value(loaded: &Loaded, node: &Node, error: &crate::gotmpl::Error) -> Diagnostic {
    let told = template_error(loaded.path(), error);
    let problem = Problem { hint: told.hint, ..Problem::at(node, told.text) };
    Diagnostic::of(loaded.path(), problem)
}

fn same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_names_nothing_is_no_filter() {
        assert_eq!(Names::parse("--only-services", " , ,"), None);
        let names = Names::parse("--only-services", " a, B ,,").unwrap();
        assert_eq!(names.names, ["a", "B"]);
        assert!(names.holds("A") && names.holds("b") && !names.holds("c"));
    }

    #[test]
    fn all_is_every_name_unless_something_is_called_that() {
        let skip = |list: &str| Filter { only: None, skip: Names::parse("--skip-infra", list) };
        assert!(!taker(&skip("all"), &["redis"])("redis"));
        let named = taker(&skip("ALL"), &["redis", "all"])("redis");
        assert!(named && !taker(&skip("ALL"), &["redis", "all"])("all"));
    }
}
