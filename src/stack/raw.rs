//! What a stack file says before it is rendered: the plain fields that must be known to find slot and variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::decode::Reader;
use super::error::{Diagnostic, Sources, StackError};
use super::publish::Publish;
use super::types::State;
use super::vars::{env_file, reason};
use super::yaml::{self, Limits, Node, Place};

/// Top-level fields that count as they stand in the file. Where rendering loses one, this is what stands in for it.
pub(super) const PLAIN_FIELDS: [&str; 5] = ["project", "envFiles", "versions", "baseDomain", "namespace"];

/// A stack file as it stands, read but not rendered.
#[derive(Debug, Clone)]
pub struct RawStack {
    shown: PathBuf,
    root: PathBuf,
    text: Arc<str>,
    node: Node,
}

impl RawStack {
    /// Reads a stack file.
    ///
    /// # Errors
    /// Says that the file is missing, unreadable, empty, too big or not UTF-8. Broken YAML is told by [`RawStack::load`].
    pub fn read(path: &Path) -> Result<Self, StackError> {
        Self::read_as(path, path)
    }

    /// The same for a file that its reader knows under another path: `shown` is what messages say.
    ///
    /// # Errors
    /// As [`RawStack::read`].
    pub fn read_as(path: &Path, shown: &Path) -> Result<Self, StackError> {
        let fail = |text: String| StackError::one(Diagnostic::error(text).file(shown).hint(CONFIG_HINT));
        let bytes = std::fs::read(path).map_err(|error| {
            let first = error.kind() == std::io::ErrorKind::NotFound && path.ends_with("services.yaml");
            let hint = if first {
                format!("`codexctl init` writes a first one; {CONFIG_HINT}")
            } else {
                CONFIG_HINT.to_owned()
            };
            let text = format!("can't be read: {}", reason(&error));
            StackError::one(Diagnostic::error(text).file(shown).hint(hint))
        })?;
        let text =
            yaml::text(bytes, &Limits::default()).map_err(|problem| StackError::one(Diagnostic::of(shown, problem)))?;
        let root = std::path::absolute(path).map_err(|error| fail(error.to_string()))?;
        let root = root.parent().unwrap_or(Path::new("/")).to_owned();
        Self::from_text(text, root, shown)
    }

    /// Takes the text of a stack file whose relative paths start at `root`.
    ///
    /// # Errors
    /// Says that there is nothing in it.
    pub fn from_text(text: impl Into<Arc<str>>, root: PathBuf, shown: &Path) -> Result<Self, StackError> {
        let text = text.into();
        if text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#')) {
            let error = Diagnostic::error("there is nothing in the file").file(shown);
            return Err(StackError::one(error.hint("the least it can say is `project: NAME`")));
        }
        let node = plain_fields(&text);
        Ok(Self { shown: shown.to_owned(), root, text, node })
    }

    /// The path that messages show.
    pub fn path(&self) -> &Path {
        &self.shown
    }

    /// The project root: the folder of the file. Every relative path of the stack starts here.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file's text, without byte order mark.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    pub(super) fn sources(&self) -> Sources {
        Sources::from([(self.shown.clone(), Arc::clone(&self.text))])
    }

    /// The project's name, if it stands there plainly.
    pub fn project(&self) -> Option<&str> {
        let project = self.node.get("project")?.as_str()?;
        // Text with blanks is no name: a template, or a broken file whose next lines were read as its end.
        (!project.is_empty() && !project.contains(char::is_whitespace)).then_some(project)
    }

    /// The files of variables, with their places.
    pub(super) fn env_files(&self) -> Vec<(String, Place)> {
        let items = self.node.get("envFiles").and_then(Node::items).unwrap_or_default();
        items.iter().filter_map(|item| Some((item.as_str()?.to_owned(), item.place))).collect()
    }

    /// The same without the files of variables that can't be used, and why: for who wants to hear all that is wrong at once.
    #[must_use]
    pub fn without_broken_env_files(mut self) -> (Self, Vec<Diagnostic>) {
        let mut told = Vec::new();
        for (name, place) in self.variable_files().iter().filter(|(name, _)| !name.trim().is_empty()) {
            if let Err(why) = env_file(&self.root, name, *place, &self.shown) {
                told.push((*place, *why));
            }
        }
        if let yaml::Value::Map(entries) = &mut self.node.value {
            let files = entries.iter_mut().find(|(key, _)| key.as_str() == Some("envFiles"));
            if let Some(yaml::Value::Seq(items)) = files.map(|(_, list)| &mut list.value) {
                items.retain(|item| !told.iter().any(|(place, _)| *place == item.place));
            }
        }
        (self, told.into_iter().map(|(_, why)| why).collect())
    }

    /// The versions by name, as they stand.
    pub fn versions(&self) -> BTreeMap<String, String> {
        texts(self.node.get("versions"))
    }

    /// The domains by environment, as they stand: templates are not rendered.
    pub fn base_domain(&self) -> BTreeMap<String, String> {
        texts(self.node.get("baseDomain"))
    }

    /// The namespace templates by environment.
    pub fn namespace_patterns(&self) -> BTreeMap<String, String> {
        texts(self.node.at(&["namespace", "patterns"]))
    }

    /// The names of the environments, in the order of the file.
    pub fn environment_names(&self) -> Vec<&str> {
        let entries = self.node.get("environments").and_then(Node::entries).unwrap_or_default();
        entries.iter().filter_map(|(key, _)| key.as_str()).collect()
    }

    /// The most slots at a time, if it stands there plainly; 0: no limit.
    pub fn max_slots(&self) -> Option<u32> {
        self.node.get("maxSlots")?.as_str()?.parse().ok()
    }

    /// The language of prompts and comments, if it stands there plainly as one that there is.
    pub fn prompt_lang(&self) -> Option<&'static str> {
        let named = self.node.at(&["codex", "promptLang"])?.as_str()?.trim().to_ascii_lowercase();
        ["en", "ru"].into_iter().find(|lang| *lang == named)
    }

    /// Where slot records are kept, as it stands; a value that holds a template counts as missing, and
    /// [`RawStack::load`] gives the rendered one.
    pub fn state(&self) -> State {
        let plain = |text: Option<String>| text.filter(|text| !text.contains("{{"));
        let found = self.node.get("state").and_then(|node| State::read(&Reader::default(), node, "state"));
        let state = found.unwrap_or_default();
        State {
            backend: state.backend,
            configmap_namespace: plain(state.configmap_namespace),
            configmap_prefix: plain(state.configmap_prefix),
            dir: plain(state.dir),
        }
    }

    /// What may leave a run, as it stands; globs that hold a template count as missing.
    pub fn publish(&self) -> Publish {
        let found = self.node.get("publish").and_then(|node| Publish::read(&Reader::default(), node, "publish"));
        let mut publish = found.unwrap_or_default();
        publish.skip.retain(|glob| !glob.contains("{{"));
        publish
    }

    /// Whether the file knows an environment: by `environments`, or, where it has none, by patterns and domains.
    pub(super) fn knows(&self, env: &str) -> bool {
        let names = self.environment_names();
        if !names.is_empty() {
            return names.contains(&env);
        }
        self.namespace_patterns().contains_key(env) || self.base_domain().contains_key(env)
    }

    /// Whether this is an older file, in which `staging` stands for `ai-staging`.
    pub fn is_older(&self) -> bool {
        self.knows("staging") && !self.knows("ai-staging")
    }

    /// The name that an environment has in this file: in older files `staging` for `ai-staging`.
    pub fn env_name<'e>(&self, asked: &'e str) -> &'e str {
        if asked == "ai-staging" && self.is_older() { "staging" } else { asked }
    }
}

/// Where the path of the file comes from.
const CONFIG_HINT: &str = "--config or CODEXCTL_CONFIG names another file";

/// The values of a mapping that are text.
fn texts(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.and_then(Node::entries).unwrap_or_default();
    let text = |(key, value): &(Node, Node)| Some((key.key()?.into_owned(), value.as_str()?.to_owned()));
    entries.iter().filter_map(text).collect()
}

/// The file's mapping; of a file that is no YAML before it is rendered, the plain fields that are.
fn plain_fields(text: &str) -> Node {
    let limits = Limits::default();
    let whole = yaml::parse(text, &limits);
    let nothing = |entries| Node { value: yaml::Value::Map(entries), ..Node::null(yaml::place_of(text, 0)) };
    if whole.over_limit {
        // Rendering won't make it smaller.
        return nothing(Vec::new());
    }
    if let Some(node) = whole.documents.into_iter().next()
        && node.entries().is_some()
    {
        return node;
    }
    let mut wanted = PLAIN_FIELDS.to_vec();
    wanted.extend(["environments", "state", "maxSlots", "codex", "publish"]);
    let mut found = Vec::new();
    for name in wanted {
        let parsed = yaml::parse(&only(text, name), &limits);
        if let Some(yaml::Value::Map(entries)) = parsed.documents.into_iter().next().map(|node| node.value) {
            found.extend(entries);
        }
    }
    nothing(found)
}

/// The text with everything but one top-level field made a comment, so that places stay.
fn only(text: &str, name: &str) -> String {
    let mut keep = false;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // Comments, deeper lines and a list's items belong to the field above them.
        if !line.starts_with(|first: char| first.is_whitespace() || first == '#' || first == '-') {
            keep = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        }
        if keep {
            out.push_str(line);
        } else {
            let body = line.trim_end_matches(['\n', '\r']);
            out.extend(std::iter::repeat_n('#', body.len()));
            out.push_str(&line[body.len()..]);
        }
    }
    out
}
