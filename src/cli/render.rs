//! `codexctl render`: the objects of an environment as they would be applied, or one template with the stack's context.

use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Call;
use super::project::{Project, Refusal, filters, told};
use super::{CommandError, Exit, Outcome};
use crate::deploy::{Open, Sink, hide, hide_text, learn, render_into, select};
use crate::manifests::{BuiltIn, Manifest, Secrets, json as to_json, print};
use crate::secrets::Redactor;
use crate::stack::yaml::{self, Limits, Problem};
use crate::stack::{Diagnostic, Extras, FileError, Loaded, RawStack, Renderer, StackError, template_error};
use crate::ui::{Level, Note};

/// Runs the command.
pub(super) fn render(call: &mut Call) -> Result<Outcome, CommandError> {
    match rendered(call) {
        Ok(text) => Ok(Outcome { text, exit: Exit::Done }),
        Err(refusal) => refusal.outcome(),
    }
}

fn rendered(call: &mut Call) -> Result<String, Refusal> {
    let json = match call.settings.choice("output")? {
        Some("kv") => {
            return Err(CommandError::new(
                "-o kv: manifests are no keys and values; leave it out for YAML, or take json",
            )
            .into());
        }
        output => output == Some("json"),
    };
    let shown = call.settings.switch("show-secrets")?;
    let project = Project::read(call)?;
    let Some(request) = project.request() else { return Err(no_environment(&project.raw).into()) };
    let loaded = ManuallyDrop::new(project.raw.load(&request).map_err(|error| told(call, &error))?);
    // As much as the loaded stack again, and no longer needed.
    drop(project);
    for warning in &loaded.warnings {
        call.ui.note(&Note::about(warning, loaded.picture(warning)));
    }
    if loaded.slot().is_none() && (loaded.env.name == "ai" || loaded.namespace.ends_with("-0")) {
        let text = format!("no --slot: templates see slot 0, and the namespace is {}", loaded.namespace);
        call.ui.note(&Note::new(Level::Notice, text));
    }
    let renderer = loaded.renderer(&Extras::default()).map_err(CommandError::new)?;
    match call.settings.text("file") {
        Some(path) => file(call, &loaded, &renderer, &path, json, shown),
        None => objects(call, &loaded, &renderer, json, shown),
    }
}

pub(super) fn no_environment(raw: &RawStack) -> CommandError {
    let names = raw.environment_names();
    let there = if names.is_empty() { String::new() } else { format!(": the file has {}", names.join(", ")) };
    CommandError::new(format!("which environment? Name it with --env or CODEXCTL_ENV{there}"))
}

/// All objects that are chosen.
fn objects(call: &Call, loaded: &Loaded, renderer: &Renderer, json: bool, shown: bool) -> Result<String, Refusal> {
    let selection = select(loaded, renderer, &filters(call));
    let redactor = (!shown).then_some(&call.redactor);
    let mut printed = Printed { redactor, open: Open::of(loaded), json, text: String::new(), first: true };
    if json {
        let whole = json!({
            "env": loaded.env.name,
            "namespace": loaded.namespace,
            "slot": loaded.slot(),
            "documents": [],
        });
        printed.text = format!("{whole:#}");
        printed.text.truncate(printed.text.len() - NO_DOCUMENTS.len());
    }
    let objects = render_into(loaded, renderer, &selection, &BuiltIn, &mut printed);
    let failed = objects.failed();
    let found = StackError::new(objects.told, objects.sources);
    let refusal = told(call, &found);
    if failed {
        return Err(refusal);
    }
    if printed.first {
        let text = format!("no objects: no manifest of {} is chosen", loaded.env.name);
        call.ui.note(&Note::new(Level::Notice, text));
    }
    Ok(printed.end())
}

/// The objects as text, which grows with each group and service: no more than theirs are in memory at once.
struct Printed<'a> {
    /// None where secrets are shown.
    redactor: Option<&'a Redactor>,
    open: Open<'a>,
    json: bool,
    text: String,
    /// Whether no object was there yet.
    first: bool,
}

/// How JSON ends where there are no objects.
const NO_DOCUMENTS: &str = "[]\n}";

impl Sink for Printed<'_> {
    /// What is printed is about as long as what was written. Memory that is not used in the end is never touched; to grow bit by bit
    /// would need the text twice.
    fn expect(&mut self, bytes: usize) {
        self.text.reserve(bytes + bytes / 4);
    }

    fn secrets(&mut self, manifests: &[Manifest]) {
        if let Some(redactor) = self.redactor {
            learn(manifests, &self.open, redactor);
        }
    }

    fn take(&mut self, mut manifests: Vec<Manifest>) {
        if let Some(redactor) = self.redactor {
            hide(&mut manifests, redactor);
        }
        if manifests.is_empty() {
            return;
        }
        if self.json {
            for manifest in &manifests {
                self.text.push_str(if self.first { "[\n    " } else { ",\n    " });
                // Text in JSON has no line ends of its own.
                self.text
                    .push_str(&format!("{:#}", document(manifest, self.redactor.is_none())).replace('\n', "\n    "));
                self.first = false;
            }
        } else {
            self.text.push_str(if self.first { "" } else { "---\n" });
            let secrets = if self.redactor.is_none() { Secrets::Shown } else { Secrets::Hidden };
            self.text.push_str(&print(&manifests, secrets));
            self.first = false;
        }
    }
}

impl Printed<'_> {
    /// The whole text.
    fn end(mut self) -> String {
        if self.json {
            self.text.push_str(if self.first { NO_DOCUMENTS } else { "\n  ]\n}" });
            self.text.push('\n');
        }
        self.text
    }
}

fn document(manifest: &Manifest, shown: bool) -> Value {
    let object = if shown { to_json(&manifest.node) } else { as_printed(manifest) };
    json!({
        "file": manifest.file.to_string_lossy(),
        "line": manifest.place.line,
        "owner": { "kind": manifest.owner.kind.as_str(), "name": &*manifest.owner.name },
        "object": object,
    })
}

/// What the YAML shows of an object: the same is hidden in both.
fn as_printed(manifest: &Manifest) -> Value {
    let text = print(std::slice::from_ref(manifest), Secrets::Hidden);
    yaml::parse(&text, &Limits::default()).documents.first().map_or(Value::Null, to_json)
}

fn pretty(value: &Value) -> Result<String, Refusal> {
    Ok(serde_json::to_string_pretty(value).map_err(CommandError::new)? + "\n")
}

/// One template, as it renders: nothing is added, nothing but secrets is taken away, and of manifests the data of Secrets.
fn file(
    call: &Call,
    loaded: &Loaded,
    renderer: &Renderer,
    path: &str,
    json: bool,
    shown: bool,
) -> Result<String, Refusal> {
    if Path::new(path).extension().is_some_and(|found| found == "hbs") {
        let text =
            format!("--file: {path} is written in Handlebars; `codexctl prompt render --template {path}` renders it");
        return Err(CommandError::new(text).into());
    }
    let (name, written) = if path == "-" {
        (Path::new("standard input").to_owned(), standard_input().map_err(|error| told(call, &error))?)
    } else {
        match loaded.file(path) {
            Ok(file) => (loaded.shown(&file.path), file.text),
            Err(FileError::Path { text, hint }) => {
                let hint = hint.map_or(String::new(), |hint| format!("\n{hint}"));
                return Err(CommandError::new(format!("--file: {text}{hint}")).into());
            }
            Err(FileError::Content { path, problem }) => {
                let one = Diagnostic::of(&loaded.shown(&path), *problem);
                return Err(told(call, &StackError::new(vec![one], Default::default())));
            }
        }
    };
    let rendered = renderer.text(&name.to_string_lossy(), &written).map_err(|error| {
        let one = template_error(&name, &error);
        told(call, &StackError::new(vec![one], [(name.clone(), Arc::from(written.as_str()))].into()))
    })?;
    let text = if shown {
        rendered.text
    } else {
        hide_text(&rendered.text, &Open::of(loaded), &call.redactor).ok_or_else(|| {
            CommandError::new(format!(
                "--file: {} has a Secret and is no valid YAML once it is rendered, so what to hide can't be told; \
                 --show-secrets prints all of it",
                name.display()
            ))
        })?
    };
    if !json {
        return Ok(text);
    }
    let name = name.display().to_string();
    pretty(
        &json!({ "env": loaded.env.name, "namespace": loaded.namespace, "slot": loaded.slot(), "file": name, "text": text }),
    )
}

/// A template that is piped in, bounded as files are.
fn standard_input() -> Result<String, StackError> {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(limits.bytes as u64 + 1).read_to_end(&mut bytes);
    let problem = |error: std::io::Error| Problem::here(Default::default(), format!("can't be read: {error}"));
    let text = read.map_err(problem).and_then(|_| yaml::text(bytes, &limits));
    text.map_err(|problem| {
        StackError::new(vec![Diagnostic::of(Path::new("standard input"), problem)], Default::default())
    })
}
