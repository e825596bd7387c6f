//! Takes typed values out of nodes and collects everything that is wrong on the way, each at its place.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::scalar::Resolved;
use super::units::{GoDuration, Size};
use super::yaml::{Node, Problem, Scalar};

/// Collects what is wrong while values are taken out.
#[derive(Default)]
pub(super) struct Reader {
    found: RefCell<Vec<Problem>>,
    /// Every field that was asked for, by its path, with what it may be: the schema has to say the same.
    #[cfg(test)]
    pub(super) asked: RefCell<std::collections::BTreeSet<(String, String)>>,
}

impl Reader {
    /// Everything that was found, in the order it was met.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.found.into_inner()
    }

    pub(super) fn tell(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// Opens a mapping. Anything else is told; null is an empty mapping.
    pub(super) fn fields<'a, 'r>(&'r self, node: &'a Node, path: &str) -> Option<Fields<'a, 'r>> {
        let entries = match node.entries() {
            Some(entries) => entries,
            None if node.is_null() => &[],
            None => {
                let text = if path.is_empty() {
                    format!("the file must be a mapping, not {}", node.kind())
                } else {
                    format!("`{path}` must be a mapping, not {}", shown(node))
                };
                self.tell(Problem::at(node, text).hint("write its fields below it: `name: value`"));
                return None;
            }
        };
        Some(Fields { reader: self, node, entries, path: path.to_owned(), known: Vec::new() })
    }

    /// The text of a scalar. A number or a boolean is its text, as yaml.v3 gives it to a string.
    pub(super) fn text(&self, node: &Node, path: &str) -> Option<String> {
        let found = node.as_str().map(str::to_owned);
        if found.is_none() && !node.is_null() {
            self.tell(Problem::at(node, format!("`{path}` must be text, not {}", shown(node))));
        }
        found
    }

    /// The items of a list; null is an empty one.
    pub(super) fn items<'a>(&self, node: &'a Node, path: &str) -> &'a [Node] {
        match node.items() {
            Some(items) => items,
            None if node.is_null() => &[],
            None => {
                let problem = Problem::at(node, format!("`{path}` must be a list, not {}", shown(node)));
                self.tell(problem.hint("write each item on a line of its own, after `- `"));
                &[]
            }
        }
    }
}

/// The fields of one mapping. Taking a field makes it known; [`Fields::finish`] tells those that nobody knows.
pub(super) struct Fields<'a, 'r> {
    pub(super) reader: &'r Reader,
    pub(super) node: &'a Node,
    entries: &'a [(Node, Node)],
    path: String,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a, '_> {
    /// The full name of a field.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Keeps what a field may be, for the test of the schema.
    #[cfg(test)]
    fn asked(&self, name: &str, what: &str) {
        self.reader.asked.borrow_mut().insert((self.path(name), what.to_owned()));
    }

    /// A field's node; none where it is missing or null.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'a Node> {
        #[cfg(test)]
        self.asked(name, "any");
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let entry = self.entries.iter().find(|(key, _)| key.key().as_deref() == Some(name));
        entry.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub(super) fn tell(&self, problem: Problem) {
        self.reader.tell(problem);
    }

    /// Text; an empty one counts as missing, as it does for a Go string.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        #[cfg(test)]
        self.asked(name, "text");
        let node = self.node(name)?;
        self.reader.text(node, &self.path(name)).filter(|text| !text.is_empty())
    }

    /// Text of which an empty one says something too: a template that gave nothing.
    pub(super) fn text_or_empty(&mut self, name: &'static str) -> Option<String> {
        #[cfg(test)]
        self.asked(name, "text");
        let node = self.node(name)?;
        self.reader.text(node, &self.path(name))
    }

    /// Text that has to be there.
    pub(super) fn required(&mut self, name: &'static str) -> String {
        #[cfg(test)]
        self.asked(name, "required");
        let before = self.reader.found.borrow().len();
        let found = self.text(name);
        if found.is_none() && self.reader.found.borrow().len() == before {
            let place = self.entries.iter().find(|(key, _)| key.key().as_deref() == Some(name));
            let place = place.map_or(self.node, |(key, _)| key);
            self.tell(Problem {
                end: place.place.offset,
                ..Problem::at(place, format!("`{}` is missing", self.path(name)))
            });
        }
        found.unwrap_or_default()
    }

    /// Text that has to be written, but may render to nothing where a variable isn't set.
    pub(super) fn written(&mut self, name: &'static str) -> String {
        match self.node(name).and_then(Node::as_str) {
            Some("") => String::new(),
            _ => self.required(name),
        }
    }

    /// `true` or `false`, also in quotes, where a template gave it.
    pub(super) fn truth(&mut self, name: &'static str) -> Option<bool> {
        #[cfg(test)]
        self.asked(name, "boolean");
        let node = self.node(name)?;
        let scalar = node.scalar();
        match scalar.map(|scalar| (&scalar.resolved, &*scalar.text)) {
            Some((Resolved::Bool(truth), _)) => Some(*truth),
            Some((Resolved::Str, "true")) => Some(true),
            Some((Resolved::Str, "false")) => Some(false),
            Some((Resolved::Str, "")) => None,
            _ => {
                let text = format!("`{}` must be true or false, not {}", self.path(name), shown(node));
                let problem = Problem::at(node, text);
                let meant = scalar.and_then(|scalar| older_boolean(&scalar.text));
                self.tell(match meant {
                    Some(meant) => problem.hint(format!("in YAML 1.2 this is text; write `{meant}`")),
                    None => problem,
                });
                None
            }
        }
    }

    /// A whole number of a range, also in quotes, where a template gave it.
    pub(super) fn number(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        #[cfg(test)]
        self.asked(name, &format!("number {}", range(least, most)));
        let node = self.node(name)?;
        let found = node.scalar().and_then(whole);
        if node.as_str() == Some("") {
            return None;
        }
        match found {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) => {
                let text = format!("`{}` must be {}, not {}", self.path(name), range(least, most), shown(node));
                self.tell(Problem::at(node, text));
                None
            }
            None => {
                let text = format!("`{}` must be a whole number, not {}", self.path(name), shown(node));
                let problem = Problem::at(node, text);
                self.tell(problem.hint(range(least, most)));
                None
            }
        }
    }

    /// A duration in Go's form.
    pub(super) fn duration(&mut self, name: &'static str) -> Option<GoDuration> {
        #[cfg(test)]
        self.asked(name, "duration");
        let node = self.node(name)?;
        let text = self.reader.text(node, &self.path(name)).filter(|text| !text.trim().is_empty())?;
        let found = GoDuration::parse(&text);
        if found.is_none() {
            let text = format!("`{}` must be a duration, not {}", self.path(name), shown(node));
            self.tell(Problem::at(node, text).hint("write it as Go does: 90s, 45m, 1h30m"));
        }
        found
    }

    /// An amount of bytes.
    pub(super) fn size(&mut self, name: &'static str) -> Option<Size> {
        #[cfg(test)]
        self.asked(name, "size");
        let node = self.node(name)?;
        let text = self.reader.text(node, &self.path(name)).filter(|text| !text.trim().is_empty())?;
        let found = Size::parse(&text);
        if found.is_none() {
            let text = format!("`{}` must be an amount of bytes, not {}", self.path(name), shown(node));
            self.tell(Problem::at(node, text).hint("write it as Kubernetes does: 512Ki, 4Mi, 1Gi"));
        }
        found
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        #[cfg(test)]
        self.asked(name, &either(&words.iter().map(|(word, _)| *word).collect::<Vec<_>>()));
        let node = self.node(name)?;
        let text = self.reader.text(node, &self.path(name)).filter(|text| !text.is_empty())?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let text = format!("`{}` must be {}, not {}", self.path(name), either(&names), shown(node));
        let problem = Problem::at(node, text);
        let near = node.as_str().and_then(|text| nearest(text, names.iter().copied()));
        self.tell(match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        });
        None
    }

    /// A list of texts; null items are left out.
    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        #[cfg(test)]
        self.asked(name, "texts");
        let node = self.node(name)?;
        let path = self.path(name);
        let items = self.reader.items(node, &path).iter().enumerate();
        Some(items.filter_map(|(index, item)| self.reader.text(item, &format!("{path}[{index}]"))).collect())
    }

    /// Texts by name.
    pub(super) fn text_map(&mut self, name: &'static str) -> BTreeMap<String, String> {
        #[cfg(test)]
        self.asked(name, "texts by name");
        self.map(name, |reader, node, path| Some(reader.text(node, path).unwrap_or_default()))
    }

    /// Anything by name.
    pub(super) fn map<T>(
        &mut self,
        name: &'static str,
        mut take: impl FnMut(&Reader, &'a Node, &str) -> Option<T>,
    ) -> BTreeMap<String, T> {
        #[cfg(test)]
        self.asked(name, "by name");
        let Some(node) = self.node(name) else { return BTreeMap::new() };
        let path = self.path(name);
        let Some(fields) = self.reader.fields(node, &path) else { return BTreeMap::new() };
        let entries = fields.entries.iter();
        entries
            .filter_map(|(key, value)| {
                let key = key.key()?.into_owned();
                let value = take(self.reader, value, &format!("{path}.{key}"))?;
                Some((key, value))
            })
            .collect()
    }

    /// A list of anything.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        mut take: impl FnMut(&Reader, &'a Node, &str) -> Option<T>,
    ) -> Vec<T> {
        #[cfg(test)]
        self.asked(name, "list");
        let Some(node) = self.node(name) else { return Vec::new() };
        let path = self.path(name);
        let items = self.reader.items(node, &path).iter().enumerate();
        items.filter_map(|(index, item)| take(self.reader, item, &format!("{path}[{index}]"))).collect()
    }

    /// A mapping of its own.
    pub(super) fn table<T>(
        &mut self,
        name: &'static str,
        take: impl FnOnce(&Reader, &'a Node, &str) -> Option<T>,
    ) -> Option<T> {
        #[cfg(test)]
        self.asked(name, "mapping");
        let node = self.node(name)?;
        take(self.reader, node, &self.path(name))
    }

    /// Tells the fields that nobody took.
    pub(super) fn finish(self) {
        for (key, _) in self.entries {
            let Some(name) = key.key() else { continue };
            // `x-…` is where YAML's users keep anchors and notes of their own, as Compose files do.
            if self.known.contains(&name.as_ref()) || name.starts_with("x-") {
                continue;
            }
            let problem = Problem::at(key, format!("unknown field `{}`", self.path(&name))).warning();
            self.tell(match nearest(&name, self.known.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("known here: {}", self.known.join(", "))),
            });
        }
    }
}

/// A node as an error shows it: its text where it is short, else its kind.
pub(super) fn shown(node: &Node) -> String {
    match node.scalar() {
        Some(Scalar { resolved: Resolved::Null, .. }) => "empty".to_owned(),
        Some(scalar) if scalar.text.is_empty() => "empty".to_owned(),
        Some(scalar) if scalar.text.chars().count() <= 60 && !scalar.text.contains('\n') => {
            format!("`{}`", scalar.text)
        }
        _ => node.kind().to_owned(),
    }
}

/// The name that a mistyped one most likely meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', '.'], "");
    let wanted = plain(name);
    let length = wanted.chars().count();
    // A third of the letters wrong is a typo, more is another word.
    let near = |distance: usize, known: &str| distance * 3 <= known.len().max(3);
    let scored = known.into_iter().filter_map(|known| {
        let plain = plain(known);
        // Texts differ by no less than their lengths do: most need no closer look.
        near(plain.chars().count().abs_diff(length), known)
            .then(|| (strsim::damerau_levenshtein(&wanted, &plain), known))
    });
    scored
        .filter(|(distance, known)| near(*distance, known))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Names that stand twice, each with the place where it stood first.
pub(super) fn named_twice<'n>(names: impl Iterator<Item = (&'n str, &'n Node)>, what: &str) -> Vec<Problem> {
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, node) in names.filter(|(name, _)| !name.is_empty()) {
        if let Some(earlier) = seen.get(name) {
            let mut problem = Problem::at(node, format!("two {what} are named `{name}`"));
            problem.earlier = Some(earlier.place);
            found.push(problem);
        } else {
            seen.insert(name, node);
        }
    }
    found
}

/// `a`, `b` or `c`.
pub(super) fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [many @ .., last] => {
            let many: Vec<String> = many.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", many.join(", "))
        }
    }
}

pub(super) fn range(least: u64, most: u64) -> String {
    if most >= u32::MAX.into() { format!("{least} or more") } else { format!("a number from {least} to {most}") }
}

fn whole(scalar: &Scalar) -> Option<u64> {
    match &scalar.resolved {
        Resolved::Int(number) => u64::try_from(*number).ok(),
        Resolved::Uint(number) => Some(*number),
        Resolved::Str => match super::scalar::plain(scalar.text.trim()) {
            Resolved::Int(number) => u64::try_from(number).ok(),
            _ => None,
        },
        _ => None,
    }
}

/// What YAML 1.1 read as a boolean.
fn older_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" => Some(true),
        "n" | "no" | "off" => Some(false),
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
