//! A stack brought onto its cluster, from its namespace to what is left over: the order of spec 5.1.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::apply::{Applied, Applier, Change, Conflicts};
use super::destroy::{Deletion, Held, Reach, Stopped, delete_namespace, goes};
use super::hooks::{FailureKind, Hooks};
use super::live::Live;
use super::namespace::{self, Namespace};
use super::on_cluster::Served;
use super::plan::{Part, Plan, Planned};
use super::prune::prune;
use super::refused::Refused;
use super::render::{Objects, Sink, render_into};
use super::scaled::leave_out_replicas;
use super::select::{Item, Selection};
use super::sets::{Contents, Sets, announce};
use crate::cluster::{Cluster, Error, Id};
use crate::manifests::{Manifest, OwnerKind};
use crate::secrets::Redactor;
use crate::stack::{Diagnostic, HookStep, Loaded, Renderer, StackError, StackHooks};
use crate::ui::{Level, Note, StepEnd, Ui};

/// Everything that bringing a stack onto a cluster needs.
pub struct Rollout<'a> {
    /// services.yaml in the environment.
    pub loaded: &'a Loaded,
    /// Renders its files.
    pub renderer: &'a Renderer,
    /// What of it is chosen.
    pub selection: &'a Selection<'a>,
    /// The cluster.
    pub cluster: &'a Arc<Cluster>,
    /// Where progress is told.
    pub ui: &'a dyn Ui,
    /// How many objects are sent at once.
    pub concurrency: usize,
    /// What is done about fields of others.
    pub conflicts: Conflicts,
    /// The steps around it; none for somebody who only looks.
    pub hooks: Option<&'a Hooks<'a>>,
    /// Hides secrets; the same as the one in `ui`.
    pub redactor: &'a Redactor,
    /// Turns true when everything shall end.
    pub cancel: watch::Receiver<bool>,
}

/// What became of a stack's objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They were not there.
    pub created: usize,
    /// They were otherwise.
    pub changed: usize,
    /// They were so already.
    pub same: usize,
    /// They were left over, and are deleted.
    pub pruned: usize,
}

impl Counts {
    fn add(&mut self, change: Change) {
        match change {
            Change::Created => self.created += 1,
            Change::Changed => self.changed += 1,
            Change::Same => self.same += 1,
        }
    }

    /// In a line: `3 created, 1 changed, 40 as they were`.
    fn line(&self) -> String {
        let parts =
            [(self.created, "created"), (self.changed, "changed"), (self.same, "unchanged"), (self.pruned, "deleted")];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
    }
}

/// Why a stack is not, or not wholly, on its cluster.
#[derive(Debug)]
pub enum Unfinished {
    /// Mistakes, each at its place.
    Told(StackError),
    /// A step of a hook.
    Hook(FailureKind, StackError),
    /// Somebody asked for an end.
    Interrupted,
    /// What the cluster answered, in a sentence.
    Failed(String),
    /// The time is over; what was waited for.
    TimedOut(String),
}

impl Unfinished {
    /// In a sentence.
    pub fn in_short(&self) -> String {
        match self {
            Self::Told(error) | Self::Hook(_, error) => match error.diagnostics.as_slice() {
                [] => String::new(),
                [one] => one.text.clone(),
                [one, rest @ ..] => format!("{} (and {} more)", one.text, rest.len()),
            },
            Self::Interrupted => "interrupted".to_owned(),
            Self::Failed(text) | Self::TimedOut(text) => text.clone(),
        }
    }
}

/// What is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Objects that were deleted by themselves.
    pub objects: usize,
    /// Whether the namespace went, and all that was in it.
    pub namespace: bool,
}

impl Rollout<'_> {
    /// The objects as they are to be. Warnings about them are told.
    ///
    /// # Errors
    /// Something is wrong in the files, or the cluster is gone for too long.
    pub async fn plan(&self) -> Result<Plan, Unfinished> {
        let scopes = Served(self.cluster.kinds());
        let sets = Sets::of_stack(self.loaded);
        let (plan, objects) = Plan::of(self.loaded, self.renderer, self.selection, &scopes, &sets, self.redactor);
        let failed = objects.failed();
        let Objects { told, sources, .. } = objects;
        let told = StackError::new(told, sources);
        if failed {
            return Err(Unfinished::Told(told));
        }
        for one in &told.diagnostics {
            self.ui.note(&Note::about(one, told.picture(one)));
        }
        for (group, kind) in plan.defined() {
            self.cluster.expect(&group, &kind);
        }
        // An operator, a hook or somebody else may still be installing what no group of Kubernetes' own has.
        let kinds = self.cluster.kinds();
        for Planned { id, .. } in &plan.objects {
            if !kinds.has_group(id.group()) && id.group().contains('.') && !id.group().ends_with(".k8s.io") {
                self.cluster.expect(id.group(), &id.kind);
            }
        }
        Ok(plan)
    }

    /// Has the namespace there.
    ///
    /// # Errors
    /// The cluster refuses it, or is gone for too long.
    pub async fn namespace(&self) -> Result<Namespace, Unfinished> {
        let tell = |text: &str| self.ui.note(&Note::new(Level::Info, text));
        let made = namespace::ensure(self.cluster, self.loaded, &tell).await;
        made.map_err(|error| self.failed(&format!("the namespace {}", self.loaded.namespace), &error))
    }

    /// Has the server look at everything without keeping anything (spec 5.1, step 2).
    ///
    /// # Errors
    /// All that it would refuse.
    pub async fn preflight(&self, plan: &Plan) -> Result<(), Unfinished> {
        let title = "preflight";
        let begun = self.begin(title);
        let kinds = self.cluster.kinds();
        let namespaces: BTreeSet<&str> = plan
            .objects
            .iter()
            .filter(|object| &*object.id.kind == "Namespace")
            .map(|object| &*object.id.name)
            .filter(|name| *name != self.loaded.namespace)
            .collect();
        // What only this apply makes possible can't be asked yet.
        let later = |id: &Id| {
            kinds.resource(&id.api_version, &id.kind).is_none()
                || id.namespace.as_deref().is_some_and(|namespace| namespaces.contains(namespace))
        };
        let applier = Applier {
            cluster: self.cluster,
            concurrency: self.concurrency,
            conflicts: self.conflicts,
            dry_run: true,
            scaled: &Default::default(),
        };
        let mut refused = Vec::new();
        let mut unasked = Vec::new();
        let mut sent: Vec<&Planned> = Vec::new();
        for object in &plan.objects {
            if later(&object.id) { unasked.push(object.id.to_string()) } else { sent.push(object) }
        }
        refused.extend(applier.dry_run(&sent).await);
        if !unasked.is_empty() {
            let text = format!("not checked beforehand, as only this apply makes it possible: {}", unasked.join(", "));
            self.ui.note(&Note::new(Level::Notice, text));
        }
        let end = if refused.is_empty() { StepEnd::Done } else { StepEnd::Failed };
        let detail = format!("{} of {} objects would be refused", refused.len(), plan.objects.len());
        let detail = if refused.is_empty() { format!("{} objects", sent.len()) } else { detail };
        self.ui.step_ended(title, end, &detail, begun.elapsed());
        if refused.is_empty() { Ok(()) } else { Err(self.refused(&refused)) }
    }

    /// Applies the whole plan.
    ///
    /// # Errors
    /// Something was refused: what comes behind it was not begun. Or the cluster is gone for too long.
    pub async fn apply(&self, plan: &mut Plan, namespace: Namespace) -> Result<Counts, Unfinished> {
        let asking = |error: Error| self.failed("what is there", &error);
        let scaled = leave_out_replicas(self.cluster, &mut plan.objects).await.map_err(asking)?;
        let sets = Sets::of_stack(self.loaded);
        for (set, of_it) in [(&sets.environment, true), (&sets.project, false)] {
            let members = plan.objects.iter().filter(|object| object.id.namespace.is_some() == of_it);
            let contents = Contents::of(set, members);
            if of_it || !contents.kinds.is_empty() {
                self.state_namespace(set.parent.namespace.as_deref()).await?;
                announce(self.cluster, set, &contents)
                    .await
                    .map_err(|error| self.failed("the list of what is ours", &error))?;
            }
        }
        let fresh = (namespace == Namespace::Made).then_some(&*self.loaded.namespace);
        let live = Live::of(self.cluster, &plan.objects, fresh, self.concurrency).await.map_err(asking)?;
        let applier = Applier {
            cluster: self.cluster,
            concurrency: self.concurrency,
            conflicts: self.conflicts,
            dry_run: false,
            scaled: &scaled,
        };
        let mut counts = Counts::default();
        self.around_all(|hooks| &hooks.before_all, "beforeAll").await?;
        for item in &self.selection.chosen {
            self.around(item, &item.hooks.before_apply, "beforeApply").await?;
        }
        for parts in plan.stretches() {
            let title = title(parts);
            let begun = self.begin(&title);
            let mut of_stretch = Counts::default();
            let mut done = |planned: &Planned, applied: &Applied| {
                of_stretch.add(applied.change);
                self.tell(planned, applied);
            };
            let answer = applier.apply(&plan.objects, parts, &live, &self.cancel, &mut done).await;
            let end = if answer.is_ok() { StepEnd::Done } else { StepEnd::Failed };
            self.ui.step_ended(&title, end, &of_stretch.line(), begun.elapsed());
            counts.created += of_stretch.created;
            counts.changed += of_stretch.changed;
            counts.same += of_stretch.same;
            answer.map_err(|refused| self.refused(&refused))?;
            if *self.cancel.borrow() {
                return Err(Unfinished::Interrupted);
            }
            for item in self.selection.chosen.iter().filter(|item| parts.iter().any(|part| part.owner == item.owner)) {
                self.around(item, &item.hooks.after_apply, "afterApply").await?;
            }
        }
        self.around_all(|hooks| &hooks.after_all, "afterAll").await?;
        Ok(counts)
    }

    /// Runs a hook of the whole stack.
    async fn around_all(&self, of: impl Fn(&StackHooks) -> &[HookStep], name: &str) -> Result<(), Unfinished> {
        self.hook(of(&self.loaded.stack.hooks), name).await
    }

    /// Runs a hook of a group or service.
    async fn around(&self, item: &Item<'_>, steps: &[HookStep], name: &str) -> Result<(), Unfinished> {
        let list = match item.owner.kind {
            OwnerKind::Infrastructure => "infrastructure",
            OwnerKind::Service => "services",
        };
        self.hook(steps, &format!("{list}.{} {name}", item.owner.name)).await
    }

    async fn hook(&self, steps: &[HookStep], at: &str) -> Result<(), Unfinished> {
        let Some(hooks) = self.hooks else { return Ok(()) };
        hooks.run(steps, at).await.map_err(|failure| match failure.kind {
            FailureKind::Interrupted => Unfinished::Interrupted,
            kind => Unfinished::Hook(kind, StackError::new(vec![failure.told], self.loaded.sources().clone())),
        })
    }

    /// Deletes what an earlier apply made and this one no longer has.
    ///
    /// # Errors
    /// A deletion is refused, or the cluster is gone for too long.
    pub async fn prune(&self, plan: &Plan, data: bool) -> Result<usize, Unfinished> {
        let title = "prune";
        let begun = self.begin(title);
        let mut counts = Counts::default();
        let mut kept = Vec::new();
        let mut done = |left: &super::prune::Left| {
            if left.kept {
                kept.push(left.id.name.to_string());
            } else {
                counts.pruned += 1;
                self.ui.note(&Note::new(Level::Info, format!("deleted    {}", left.id)));
            }
        };
        let sets = Sets::of_stack(self.loaded);
        let pruned = prune(self.cluster, &sets, &plan.objects, data, &mut done).await;
        let end = if pruned.is_ok() { StepEnd::Done } else { StepEnd::Failed };
        self.ui.step_ended(title, end, &counts.line(), begun.elapsed());
        if !kept.is_empty() {
            let text = format!("left over, but kept for their data: {} (--prune-data deletes them)", kept.join(", "));
            self.ui.note(&Note::new(Level::Notice, text));
        }
        pruned.map_err(|(id, error)| {
            let what = id.map_or("what is left over".to_owned(), |id| format!("{id}, which is left over,"));
            self.failed(&what, &error)
        })?;
        Ok(counts.pruned)
    }

    /// Deletes what the plan has, services before infrastructure; without a filter the environment's list of what is ours too.
    ///
    /// # Errors
    /// A deletion is refused, something is held back for too long, or the cluster is gone for too long.
    pub async fn destroy(&self, plan: &Plan, reach: Reach, filtered: bool) -> Result<Removed, Unfinished> {
        let mut removed = Removed::default();
        let mut held = |held: &[Held]| {
            for Held { id, finalizers } in held {
                let by = if finalizers.is_empty() { "what depends on it".to_owned() } else { finalizers.join("; ") };
                self.ui.note(&Note::new(Level::Notice, format!("{id} is held back by {by}")));
            }
        };
        let goes = |planned: &Planned| goes(planned, self.loaded, reach);
        let env = Sets::of_stack(self.loaded).env;
        self.around_all(|hooks| &hooks.before_all, "beforeAll").await?;
        for item in self.selection.chosen.iter().rev() {
            self.around(item, &item.hooks.before_destroy, "beforeDestroy").await?;
        }
        for (stage, kind) in [("services", OwnerKind::Service), ("infrastructure", OwnerKind::Infrastructure)] {
            let parts: Vec<Part> = plan.parts.iter().filter(|part| part.owner.kind == kind).cloned().collect();
            if !parts.iter().any(|part| plan.objects[part.objects.clone()].iter().any(goes)) {
                continue;
            }
            let begun = self.begin(stage);
            let mut count = 0;
            let mut done = |planned: &Planned| {
                count += 1;
                self.ui.note(&Note::new(Level::Info, format!("deleted    {} ({})", planned.id, planned.at())));
            };
            let deletion =
                Deletion { cluster: self.cluster, plan, env: &env, goes: &goes, concurrency: self.concurrency };
            let deleted = deletion.delete(&parts, &mut done, &mut held).await;
            let end = if deleted.is_ok() { StepEnd::Done } else { StepEnd::Failed };
            let detail = if count == 0 { "nothing to do".to_owned() } else { format!("{count} deleted") };
            self.ui.step_ended(stage, end, &detail, begun.elapsed());
            removed.objects += count;
            deleted.map_err(|stopped| self.stopped(stopped))?;
            if *self.cancel.borrow() {
                return Err(Unfinished::Interrupted);
            }
        }
        for item in self.selection.chosen.iter().rev() {
            self.around(item, &item.hooks.after_destroy, "afterDestroy").await?;
        }
        self.around_all(|hooks| &hooks.after_all, "afterAll").await?;
        if reach.namespace && !filtered && self.is_own_namespace().await? {
            let begun = self.begin("namespace");
            let deleted = delete_namespace(self.cluster, &self.loaded.namespace, &mut held).await;
            let end = if deleted.is_ok() { StepEnd::Done } else { StepEnd::Failed };
            self.ui.step_ended("namespace", end, &self.loaded.namespace, begun.elapsed());
            removed.namespace = deleted.map_err(|stopped| self.stopped(stopped))?;
        } else if !filtered {
            let parent = Sets::of_stack(self.loaded).environment.parent;
            match self.cluster.delete(&parent, None).await {
                Err(error) if !error.is_forbidden() => return Err(self.failed("the list of what is ours", &error)),
                _ => {}
            }
        }
        Ok(removed)
    }

    /// Whether the namespace was made for this environment and slot: another environment may live in the same.
    async fn is_own_namespace(&self) -> Result<bool, Unfinished> {
        let id = namespace::id(&self.loaded.namespace);
        let found = match self.cluster.get(&id).await {
            Err(error) if error.is_forbidden() => return Ok(true),
            found => found.map_err(|error| self.failed(&id.to_string(), &error))?,
        };
        let Some(found) = found else { return Ok(false) };
        let label =
            |name: &str| found["metadata"]["labels"][format!("codexctl.dev/{name}")].as_str().map(str::to_owned);
        let other = label("env").is_some_and(|env| env != self.loaded.env.name)
            || label("slot") != self.loaded.slot().map(|slot| slot.to_string());
        if other {
            let text =
                format!("the namespace {} stays: it was not made for this environment alone", self.loaded.namespace);
            self.ui.note(&Note::new(Level::Notice, text));
        }
        Ok(!other)
    }

    fn stopped(&self, stopped: Stopped) -> Unfinished {
        match stopped {
            Stopped::Failed(Some(id), error) => self.failed(&id.to_string(), &error),
            Stopped::Failed(None, error) => self.failed("the deletion", &error),
            Stopped::Held(held) => {
                let told = held.iter().map(|Held { id, finalizers }| match finalizers.as_slice() {
                    [] => id.to_string(),
                    some => format!("{id} (held back by {})", some.join("; ")),
                });
                Unfinished::TimedOut(format!(
                    "still there when the time was over: {}\nwhoever set these finalizers has to take them away",
                    told.collect::<Vec<_>>().join(", ")
                ))
            }
        }
    }

    /// Where the set of cluster-scoped objects is kept; made where it is not there.
    async fn state_namespace(&self, name: Option<&str>) -> Result<(), Unfinished> {
        let Some(name) = name.filter(|name| *name != self.loaded.namespace) else { return Ok(()) };
        let id = namespace::id(name);
        let made = match self.cluster.get(&id).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {
                let body = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
                self.cluster.create(&id, &body, namespace::MANAGER).await
            }
            Err(error) => Err(error),
        };
        match made {
            // Somebody else made it, or has to.
            Err(error) if error.is_forbidden() || error.code() == Some(409) => Ok(()),
            made => made.map(drop).map_err(|error| self.failed(&format!("the namespace {name}"), &error)),
        }
    }

    fn begin(&self, title: &str) -> Instant {
        self.ui.step_started(title);
        Instant::now()
    }

    fn tell(&self, planned: &Planned, applied: &Applied) {
        let (level, what) = match applied.change {
            Change::Created => (Level::Info, "created"),
            Change::Changed => (Level::Info, "changed"),
            Change::Same => (Level::Debug, "unchanged"),
        };
        self.ui.note(&Note::new(level, format!("{what:<10} {} ({})", planned.id, planned.at())));
        for (owner, fields) in &applied.taken {
            let text = format!("{} of {} belonged to {owner} and is taken over", fields.join(", "), planned.id);
            self.ui.note(&Note::new(Level::Warning, text));
        }
    }

    fn failed(&self, what: &str, error: &Error) -> Unfinished {
        Unfinished::Failed(format!("{what}: {}", self.cluster.in_words(error)))
    }

    /// Refusals at their places: for these the files are read once more, as nothing of them was kept.
    pub fn refused(&self, refused: &[Refused]) -> Unfinished {
        let mut found = Wanted { of: refused.iter().map(|one| &one.id).collect(), nodes: BTreeMap::new() };
        let scopes = Served(self.cluster.kinds());
        let objects = render_into(self.loaded, self.renderer, self.selection, &scopes, &mut found);
        let mut told: Vec<Diagnostic> = Vec::new();
        let mut sources = objects.sources.clone();
        for one in refused {
            let shown = self.loaded.shown(one.file());
            let manifest = found.nodes.get(&one.id);
            told.extend(one.diagnostics(&shown, manifest.map(|manifest| &manifest.node)));
            sources.extend(objects.text(one.file()).map(|text| (PathBuf::from(&*shown), text)));
        }
        Unfinished::Told(StackError::new(told, sources))
    }
}

/// What a stretch of the plan is called: by its stage, and by its groups or services where these don't end together.
fn title(parts: &[Part]) -> String {
    let stage = match parts[0].owner.kind {
        OwnerKind::Infrastructure => "infrastructure",
        OwnerKind::Service => "services",
    };
    match parts {
        [one] if one.barrier => format!("{stage} {}", one.owner.name),
        _ => stage.to_owned(),
    }
}

/// Keeps the objects that something is told about.
struct Wanted<'a> {
    of: BTreeSet<&'a Id>,
    nodes: BTreeMap<Id, Manifest>,
}

impl Sink for Wanted<'_> {
    fn take(&mut self, manifests: Vec<Manifest>) {
        for manifest in manifests {
            let Manifest { api_version, kind, namespace, name, .. } = &manifest;
            let id = Id {
                api_version: Arc::clone(api_version),
                kind: Arc::clone(kind),
                namespace: namespace.clone(),
                name: Arc::clone(name),
            };
            if self.of.contains(&id) {
                self.nodes.insert(id, manifest);
            }
        }
    }

    fn tells_later(&self) -> bool {
        true
    }
}
