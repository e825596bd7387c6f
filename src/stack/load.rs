//! From a stack file and the sources of variables to a typed stack: render, parse, validate, resolve.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::gotmpl::{self, Funcs, SourceMap, Value};
use crate::policy::limits::DEFAULT_PROTECTED;

use super::codex::Codex;
use super::context::{self, Extras, Parts};
use super::decode::Reader;
use super::environment::{self, Environment};
use super::error::{Diagnostic, PICTURE_WIDTH, Severity, Sources, StackError, render};
use super::namespace::{self, Ask, Failure};
use super::publish;
use super::raw::{PLAIN_FIELDS, RawStack};
use super::render::{Renderer, template_error};
use super::types::{self, Stack, Storage};
use super::validate;
use super::vars::{Decided, Vars, VarsInput};
use super::yaml::{self, Node, Place, Problem};

/// What a stack is loaded for.
#[derive(Clone)]
pub struct LoadRequest {
    /// The path of the stack file.
    pub path: PathBuf,
    /// The environment as the user named it.
    pub env: String,
    /// `--namespace`, which wins over the file.
    pub namespace: Option<String>,
    /// Where variables come from.
    pub vars: VarsInput,
    /// What the run decided.
    pub decided: Decided,
    /// The time that templates see.
    pub now: DateTime<Utc>,
}

/// A stack, ready for use.
#[derive(Clone)]
pub struct Loaded {
    /// What the file says.
    pub stack: Stack,
    /// The environment with what it inherits.
    pub env: Environment,
    /// The namespace of the run.
    pub namespace: String,
    /// The merged variables, with what the run decided.
    pub vars: Vars,
    /// What has no effect or is written in an older way.
    pub warnings: Vec<Diagnostic>,
    /// The project root, where relative paths start.
    pub root: PathBuf,
    /// The file after rendering. It may hold secrets.
    pub rendered: String,
    /// Leads from [`Loaded::rendered`] to the file as written.
    pub map: SourceMap,
    path: PathBuf,
    slot: Option<u32>,
    now: DateTime<Utc>,
    sources: Sources,
    node: Arc<Node>,
    older: bool,
}

/// Names and numbers, never values of variables or rendered text.
impl fmt::Debug for Loaded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Loaded")
            .field("path", &self.path)
            .field("project", &self.stack.project)
            .field("env", &self.env.name)
            .field("namespace", &self.namespace)
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}

/// Loads a stack: reads the file, merges variables, finds the namespace, renders, parses, validates, resolves.
///
/// # Errors
/// Everything that is wrong with the file, each with its place in the file as written.
pub fn load(request: &LoadRequest) -> Result<Loaded, StackError> {
    RawStack::read(&request.path)?.load(request)
}

/// A file that holds together.
struct Typed {
    stack: Stack,
    env: Environment,
    rendered: gotmpl::Rendered,
    node: Node,
}

/// What is known before the file is rendered.
struct Prepared {
    env: String,
    vars: Vars,
    namespace: String,
    /// Why the pattern of the namespace can't be rendered. Where the whole file can't either, that tells it better.
    pattern: Option<Diagnostic>,
    /// Why what was found can't be a namespace. Where the file doesn't know the environment, that tells it better.
    name: Option<Diagnostic>,
    renderer: Option<Renderer>,
}

impl RawStack {
    /// The namespace of an environment and slot, without rendering the file.
    ///
    /// # Errors
    /// A pattern that can't be rendered, or a name that can't be a namespace.
    pub fn namespace(&self, request: &LoadRequest) -> Result<String, StackError> {
        let mut told = Vec::new();
        let mut prepared = self.prepare(request, &mut told);
        told.extend(prepared.pattern.take());
        told.extend(prepared.name.take());
        told.retain(|one| one.severity == Severity::Error);
        if told.is_empty() { Ok(prepared.namespace) } else { Err(StackError::new(told, self.sources())) }
    }

    /// Loads the stack; `request.path` is not read again.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&self, request: &LoadRequest) -> Result<Loaded, StackError> {
        let mut told = Vec::new();
        let mut prepared = self.prepare(request, &mut told);
        let names = self.environment_names();
        let unknown = !names.is_empty() && !names.contains(&prepared.env.as_str());
        let name = prepared.name.take();
        let found = prepared.renderer.as_ref().and_then(|renderer| self.typed(&prepared, renderer, &mut told));
        // Of an environment that is not there, that is all to say.
        let silent = unknown && told.iter().any(|one| one.severity == Severity::Error);
        told.extend(name.filter(|_| !silent));
        let failed = told.iter().any(|one| one.severity == Severity::Error);
        let (Some(Typed { stack, env, rendered, node }), false) = (found, failed) else {
            return Err(StackError::new(told, self.sources()));
        };
        Ok(Loaded {
            stack,
            env,
            namespace: prepared.namespace,
            vars: prepared.vars,
            warnings: StackError::new(told, Sources::new()).diagnostics,
            root: self.root().to_owned(),
            rendered: rendered.text,
            map: rendered.map,
            path: self.path().to_owned(),
            slot: request.decided.slot,
            now: request.now,
            sources: self.sources(),
            node: Arc::new(node),
            older: self.is_older(),
        })
    }

    /// The merged variables before a run decides anything: settings look here for the slot, the issue and the like.
    /// Warnings come along; [`RawStack::load`] tells them again.
    ///
    /// # Errors
    /// Files of variables that can't be read.
    pub fn vars(&self, input: &VarsInput) -> Result<(Vars, Vec<Diagnostic>), StackError> {
        let mut told = Vec::new();
        let vars = Vars::merge(self.root(), &self.variable_files(), self.path(), input, &mut told);
        if told.iter().any(|one| one.severity == Severity::Error) {
            return Err(StackError::new(told, self.sources()));
        }
        Ok((vars, told))
    }

    /// The files of variables that can be read before anything is rendered.
    pub(super) fn variable_files(&self) -> Vec<(String, Place)> {
        self.env_files().into_iter().filter(|(name, _)| !name.contains("{{")).collect()
    }

    /// Variables, namespace and context.
    fn prepare(&self, request: &LoadRequest, told: &mut Vec<Diagnostic>) -> Prepared {
        let env = self.env_name(&request.env).to_owned();
        let mut vars = Vars::merge(self.root(), &self.variable_files(), self.path(), &request.vars, told);
        vars.decide(&env, &request.decided);
        let slot = request.decided.slot;
        let (mut versions, mut base_domain) = (self.versions(), self.base_domain());
        let make = |vars: &Vars, namespace: &str, versions: &BTreeMap<_, _>, base_domain: &BTreeMap<_, _>| {
            let parts = Parts {
                env: &env,
                namespace,
                project: self.project().unwrap_or_default(),
                root: self.root(),
                slot,
                now: request.now,
                vars,
                versions,
                base_domain,
                storage: &Storage::default(),
                codex: &Codex::default(),
                extras: &Extras::default(),
            };
            let funcs = Funcs::with_helpers(vars.to_map(), context::time(request.now));
            context::make(&parts).map(|context| Renderer { funcs, context })
        };
        let mut namespace = String::new();
        let first = match make(&vars, "", &versions, &base_domain) {
            Ok(first) => first,
            Err(error) => {
                told.push(Diagnostic::error(error.to_string()).file(self.path()));
                return Prepared { env, vars, namespace, pattern: None, name: None, renderer: None };
            }
        };
        // Domains and versions may hold templates themselves; one that can't be rendered alone stays as it stands, and
        // what is wrong with it is told when the whole file is rendered.
        for value in versions.values_mut().chain(base_domain.values_mut()) {
            if let Ok(rendered) = first.value(self, value) {
                *value = rendered;
            }
        }
        let second = make(&vars, "", &versions, &base_domain);
        let ask = Ask { env: &env, project: self.project(), slot, explicit: request.namespace.as_deref() };
        let (mut pattern, mut unfit) = (None, None);
        match namespace::resolve(self, second.as_ref().unwrap_or(&first), &ask) {
            Ok(name) => namespace = name,
            Err(Failure::Pattern(error)) => pattern = Some(*error),
            Err(Failure::Name(error)) => unfit = Some(*error),
        }
        if !namespace.is_empty() {
            vars.set_namespace(&namespace);
        }
        let renderer = match make(&vars, &namespace, &versions, &base_domain) {
            Ok(renderer) => Some(renderer),
            Err(error) => {
                told.push(Diagnostic::error(error.to_string()).file(self.path()));
                None
            }
        };
        Prepared { env, vars, namespace, pattern, name: unfit, renderer }
    }

    /// Renders, parses, validates and resolves. Everything that is wrong goes into `told`.
    fn typed(&self, prepared: &Prepared, renderer: &Renderer, told: &mut Vec<Diagnostic>) -> Option<Typed> {
        let rendered = match renderer.file(self) {
            Ok(rendered) => rendered,
            Err(errors) => {
                told.extend(errors.iter().map(|error| template_error(self.path(), error)));
                return None;
            }
        };
        told.extend(prepared.pattern.clone());
        let mut parsed = yaml::parse(&rendered.text, &yaml::Limits::default());
        for mut problem in parsed.problems {
            problem.map_places(&rendered.map);
            told.push(Diagnostic::of(self.path(), problem));
        }
        if parsed.documents.is_empty() {
            // After a syntax error there is no document; without one the file rendered to nothing but comments.
            if told.iter().all(|one| one.severity == Severity::Warning) {
                parsed.documents.push(Node::null(Place::default()));
            } else {
                told.extend(validate::beheaded(self).into_iter().map(|problem| Diagnostic::of(self.path(), problem)));
                return None;
            }
        }
        if let Some(second) = parsed.documents.get(1) {
            let text = "a second document starts here: only the first one counts";
            told.push(Diagnostic::of(self.path(), Problem::here(second.place.origin(&rendered.map), text).warning()));
        }
        let mut node = parsed.documents.swap_remove(0);
        node.map_places(&rendered.map);
        if node.is_null() {
            node.value = yaml::Value::Map(Vec::new());
        }
        self.stand_in(&mut node, renderer, told);
        let reader = Reader::default();
        let stack = types::read(&reader, &node);
        let mut env = None;
        if let Some(stack) = &stack {
            validate::check(&reader, stack, &node, self);
            for problem in environment::check_all(stack, self, &node, &prepared.vars) {
                reader.tell(problem);
            }
            match environment::resolve(stack, self, &node, &prepared.env, &prepared.vars) {
                Ok(found) => env = Some(found),
                // A circle is told above already, and told again it is dropped as a repetition.
                Err(problem) if stack.environments.contains_key(&prepared.env) => drop(problem),
                Err(problem) => reader.tell(problem),
            }
        }
        told.extend(reader.into_problems().into_iter().map(|problem| Diagnostic::of(self.path(), problem)));
        Some(Typed { stack: stack?, env: env?, rendered, node })
    }

    /// Puts the plain fields back that rendering lost: variables and namespace came from them already, so leaving them out
    /// now would only half take them away.
    fn stand_in(&self, node: &mut Node, renderer: &Renderer, told: &mut Vec<Diagnostic>) {
        let missing: Vec<_> = PLAIN_FIELDS.iter().filter(|name| node.get(name).is_none()).collect();
        let yaml::Value::Map(entries) = &mut node.value else { return };
        for name in missing {
            let Some((key, value)) = self.node().entry(name) else { continue };
            let mut value = value.clone();
            self.render_texts(&mut value, renderer, told);
            entries.push((key.clone(), value));
        }
    }

    /// Renders the texts of a node that stood in.
    fn render_texts(&self, node: &mut Node, renderer: &Renderer, told: &mut Vec<Diagnostic>) {
        match &mut node.value {
            yaml::Value::Scalar(scalar) if scalar.text.contains("{{") => match renderer.value(self, &scalar.text) {
                Ok(text) => scalar.text = Arc::from(text),
                Err(error) => told.push(Diagnostic::of(
                    self.path(),
                    Problem { end: node.end, ..Problem::here(node.place, error.message()) },
                )),
            },
            yaml::Value::Scalar(_) => {}
            yaml::Value::Seq(items) => items.iter_mut().for_each(|item| self.render_texts(item, renderer, told)),
            yaml::Value::Map(entries) => {
                entries.iter_mut().for_each(|(_, value)| self.render_texts(value, renderer, told));
            }
        }
    }
}

impl Loaded {
    /// The context of manifests, hooks and prompts: all that the stack says, and what the run adds.
    ///
    /// # Errors
    /// None in practice; see the template engine's own error.
    pub fn context(&self, extras: &Extras) -> Result<Value, gotmpl::Error> {
        self.context_with(&self.vars, extras)
    }

    /// The same with other variables.
    fn context_with(&self, vars: &Vars, extras: &Extras) -> Result<Value, gotmpl::Error> {
        context::make(&Parts {
            env: &self.env.name,
            namespace: &self.namespace,
            project: &self.stack.project,
            root: &self.root,
            slot: self.slot,
            now: self.now,
            vars,
            versions: &self.stack.versions,
            base_domain: &self.stack.base_domain,
            storage: &self.stack.storage,
            codex: &self.stack.codex,
            extras,
        })
    }

    /// The functions of manifests, hooks and prompts.
    pub fn funcs(&self) -> Funcs {
        Funcs::with_helpers(self.vars.to_map(), context::time(self.now))
    }

    /// Renders a text of the project: a manifest, a hook's script, a tag.
    ///
    /// # Errors
    /// What is wrong with the template, at its place in `text`; `name` is what the message calls it.
    pub fn render(&self, name: &str, text: &str, extras: &Extras) -> Result<gotmpl::Rendered, gotmpl::Error> {
        self.renderer(extras)?.text(name, text)
    }

    /// Functions and context of manifests, hooks and prompts, for many texts.
    ///
    /// # Errors
    /// As [`Loaded::context`].
    pub fn renderer(&self, extras: &Extras) -> Result<Renderer, gotmpl::Error> {
        Ok(Renderer { funcs: self.funcs(), context: self.context(extras)? })
    }

    /// The file's nodes after rendering, with their places in the file as written: for what is told about a field later on.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The text of the stack file as written, for pictures.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What a table by environment has for this one. In older files, which know no `ai-staging`, that name stands for `staging`.
    pub fn of_env<'t, T>(&self, table: &'t BTreeMap<String, T>) -> Option<&'t T> {
        let other = (self.older && self.env.name == "staging").then_some("ai-staging");
        table.get(&self.env.name).or_else(|| table.get(other?))
    }

    /// Renders a project's prompt template, `short` or whole. It sees no secret: what a prompt says goes to the model and into logs.
    ///
    /// # Errors
    /// What is wrong with the template, at its place in the file and with a hint.
    pub fn render_prompt(
        &self,
        file: &Path,
        text: &str,
        short: bool,
        extras: &Extras,
    ) -> Result<gotmpl::Rendered, Diagnostic> {
        let mut vars = self.vars.without_secrets();
        vars.set_prompt_mode(if short { "short" } else { "full" });
        let funcs = Funcs::with_helpers(vars.to_map(), context::time(self.now));
        gotmpl::Template::parse(&file.to_string_lossy(), text, &funcs)
            .and_then(|template| template.render(&self.context_with(&vars, extras)?, &gotmpl::Limits::default()))
            .map_err(|error| template_error(file, &error))
    }

    /// Globs of paths that a run must not change unseen: what the file lists, else [`DEFAULT_PROTECTED`] and the stack's own
    /// files. Paths are relative to the project root.
    pub fn protected_paths(&self) -> Vec<String> {
        if let Some(listed) = &self.stack.publish.protected_paths {
            return listed.clone();
        }
        let mut found = DEFAULT_PROTECTED.map(str::to_owned).to_vec();
        found.extend(self.own_files());
        found
    }

    /// The stack's own files: itself, its envFiles, its hook scripts. Relative to the project root.
    pub fn own_files(&self) -> Vec<String> {
        let file = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        publish::own_files(&self.stack, &file, &self.root)
    }

    /// The stack file, as messages show it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The slot that the stack was loaded for.
    pub fn slot(&self) -> Option<u32> {
        self.slot
    }

    /// One of the warnings with its source line, for a person.
    pub fn picture(&self, one: &Diagnostic) -> String {
        render(std::slice::from_ref(one), &self.sources, false, PICTURE_WIDTH)
    }
}
