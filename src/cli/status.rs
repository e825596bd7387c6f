//! `codexctl status`: what is there of an environment, what is ready or why not, and the pods that have something to tell.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::apply::Ground;
use super::call::{Call, block_on};
use super::cluster::connect;
use super::live::watch_signals;
use super::project::{Refusal, told};
use super::{CommandError, Exit, Outcome};
use crate::deploy::status::{PodStanding, Standing, Status, follow, status};
use crate::deploy::wait::{Shown, State, Wanted, words};
use crate::deploy::{Open, Served, Sink, learn, render_into};
use crate::flows::cancel::Cancel;
use crate::manifests::{Manifest, Owner};
use crate::report::Lang;
use crate::report::outputs::Outputs;
use crate::report::words::{plural, visible};
use crate::secrets::Redactor;
use crate::stack::{Loaded, StackError};
use crate::ui::{Level, Note};

/// Runs the command.
pub(super) fn run(call: &mut Call) -> Result<Outcome, CommandError> {
    match shown(call) {
        Ok(outcome) => Ok(outcome),
        Err(refusal) => refusal.outcome(),
    }
}

fn shown(call: &mut Call) -> Result<Outcome, Refusal> {
    let watch = call.settings.switch("watch")?;
    let ground = Ground::open(call)?;
    let (call, loaded) = (&*call, &ground.loaded);
    block_on(async {
        let cluster = connect(call, loaded).await?;
        let wanted = wanted(call, &ground, &Served(cluster.kinds()))?;
        let found = if watch {
            let cancel = Cancel::default();
            watch_signals(&cancel);
            let mut shown = Shown::new(&*call.ui);
            follow(&cluster, &wanted, &call.redactor, &mut shown, cancel.cancelled()).await
        } else {
            status(&cluster, &wanted, &call.redactor).await.map_err(|failure| CommandError::failed(failure.text))?
        };
        for lack in &found.lacks {
            call.ui.note(&Note::new(Level::Notice, format!("not known: {lack}")));
        }
        let exit = match found.is_ready() {
            _ if watch => Exit::Interrupted,
            true => Exit::Done,
            false => Exit::Failed,
        };
        Ok(Outcome { text: text(call, loaded, cluster.server(), &found)?, exit })
    })?
}

/// Keeps of the objects what names them, and hides from now on what their Secrets hold: events may repeat it.
struct Names<'a> {
    redactor: &'a Redactor,
    open: Open<'a>,
    wanted: Vec<(Wanted, Owner)>,
}

impl Sink for Names<'_> {
    fn secrets(&mut self, manifests: &[Manifest]) {
        learn(manifests, &self.open, self.redactor);
    }

    fn take(&mut self, manifests: Vec<Manifest>) {
        self.wanted.extend(manifests.iter().map(|manifest| (Wanted::of(manifest), manifest.owner.clone())));
    }
}

/// The objects that the environment wants.
fn wanted(call: &Call, ground: &Ground, served: &Served) -> Result<Vec<(Wanted, Owner)>, Refusal> {
    let mut names = Names { redactor: &call.redactor, open: Open::of(&ground.loaded), wanted: Vec::new() };
    let objects = render_into(&ground.loaded, &ground.renderer, &ground.selection(), served, &mut names);
    let failed = objects.failed();
    let found = StackError::new(objects.told, objects.sources);
    let refusal = told(call, &found);
    if failed { Err(refusal) } else { Ok(names.wanted) }
}

fn text(call: &Call, loaded: &Loaded, server: &str, found: &Status) -> Result<String, CommandError> {
    let text = match call.settings.choice("output")? {
        Some("json") => {
            let whole = json!({
                "env": loaded.env.name,
                "namespace": loaded.namespace,
                "server": server,
                "ready": found.is_ready(),
                "objects": found.objects.iter().map(object).collect::<Vec<_>>(),
            });
            serde_json::to_string_pretty(&whole).map_err(CommandError::new)? + "\n"
        }
        Some("kv") => {
            let count = Count::of(found);
            let open = found.objects.iter().filter(|one| one.counts && !one.state.is_well());
            let open: Vec<String> = open.map(|one| one.wanted.what()).collect();
            let mut outputs = Outputs::default();
            outputs.set("ready", found.is_ready());
            outputs.set("namespace", loaded.namespace.as_str());
            outputs.set("objects", count.objects as u64);
            outputs.set("there", count.there as u64);
            outputs.set("workloads", count.workloads as u64);
            outputs.set("workloads_ready", count.ready as u64);
            outputs.set("not_ready", open.join(", "));
            return call.render(&outputs);
        }
        _ => people(loaded, server, found),
    };
    Ok(call.redactor.redact(&text).into_owned())
}

/// How many there are.
struct Count {
    objects: usize,
    there: usize,
    workloads: usize,
    ready: usize,
}

impl Count {
    fn of(found: &Status) -> Self {
        let workloads = || found.objects.iter().filter(|one| one.wanted.is_workload());
        Self {
            objects: found.objects.len(),
            there: found.objects.iter().filter(|one| !one.state.is_missing()).count(),
            workloads: workloads().count(),
            ready: workloads().filter(|one| one.state.is_well()).count(),
        }
    }
}

/// A word for programs, and what there is to say.
fn state(state: &State) -> (&'static str, Option<&str>) {
    match state {
        State::Unknown => ("unknown", None),
        State::Missing => ("missing", None),
        State::Unreadable(why) => ("unreadable", Some(why)),
        State::There => ("there", None),
        State::Ready(what) => ("ready", Some(what)),
        State::Waiting(why) => ("waiting", Some(why)),
        State::Failed(why) => ("failed", Some(why)),
    }
}

fn object(one: &Standing) -> Value {
    let (state, text) = state(&one.state);
    json!({
        "apiVersion": &*one.wanted.api_version,
        "kind": &*one.wanted.kind,
        "namespace": one.wanted.namespace.as_deref(),
        "name": &*one.wanted.name,
        "file": one.wanted.file.to_string_lossy(),
        "line": one.wanted.line,
        "owner": { "kind": one.owner.kind.as_str(), "name": &*one.owner.name },
        "state": state,
        "text": text.filter(|text| !text.is_empty()),
        "pods": one.pods,
    })
}

/// A mark, what it is, how it stands; below a workload the pods that are not ready, or about which there was a warning.
fn people(loaded: &Loaded, server: &str, found: &Status) -> String {
    let mut out = format!("{} in namespace {} on {server}\n", loaded.env.name, loaded.namespace);
    let width = found.objects.iter().map(|one| named(one, loaded).chars().count()).max().unwrap_or_default();
    let mut last = None;
    // Writing into a String can't fail.
    for one in &found.objects {
        if last != Some(&one.owner) {
            let _ = writeln!(out, "{} {}", one.owner.kind.as_str(), one.owner.name);
            last = Some(&one.owner);
        }
        let mark = match &one.state {
            State::Ready(_) | State::There => "✓",
            State::Failed(_) | State::Missing | State::Unreadable(_) => "✗",
            State::Waiting(_) | State::Unknown => "…",
        };
        let _ = writeln!(out, "  {mark} {:width$}  {}", named(one, loaded), visible(&words(&one.state)));
        for pod in one.pods.iter().filter(|pod| !pod.ready || pod.warning.is_some()) {
            let _ = writeln!(out, "      {}", visible(&line(pod)));
            if let Some(warning) = &pod.warning {
                let _ = writeln!(out, "        {}", visible(&warning.line()));
            }
        }
    }
    let count = Count::of(found);
    let of = |count: usize, one, many| plural(count as u64, one, many, many, Lang::En);
    let _ = write!(out, "{} of {} {} there", count.there, count.objects, of(count.objects, "object", "objects"));
    if count.workloads > 0 {
        let what = of(count.workloads, "workload", "workloads");
        let _ = write!(out, ", {} of {} {what} ready", count.ready, count.workloads);
    }
    out.push('\n');
    out
}

/// With its namespace where that is not the environment's.
fn named(one: &Standing, loaded: &Loaded) -> String {
    match one.wanted.namespace.as_deref().filter(|namespace| *namespace != loaded.namespace) {
        Some(namespace) => format!("{} in {namespace}", one.wanted.what()),
        None => one.wanted.what(),
    }
}

fn line(pod: &PodStanding) -> String {
    let restarts = match pod.restarts {
        0 => String::new(),
        1 => ", 1 restart".to_owned(),
        many => format!(", {many} restarts"),
    };
    format!("pod {}  {}{restarts}", pod.name, pod.state)
}
