//! `codexctl apply` and `codexctl ci apply`: the stack of an environment onto its cluster.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::call::{Call, block_on};
use super::cluster::connect;
use super::hooks::OnServer;
use super::live::watch_signals;
use super::project::{Project, Refusal, filters, told};
use super::{CommandError, Exit, Outcome};
use crate::cluster::{Asking, Cluster, Error, Held, Persistence};
use crate::deploy::hooks::{Around, FailureKind, Hooks, Preflight};
use crate::deploy::wait::{End, Limits, Shown, WaitOptions, Wanted, wait};
use crate::deploy::{Conflicts, Counts, Filters, Namespace, Plan, Rollout, Selection, Unfinished, select};
use crate::flows::cancel::Cancel;
use crate::flows::hook_comments::HookComments;
use crate::flows::identity::{host, run_id};
use crate::github::live::{RealWait, Wait};
use crate::report::Lang;
use crate::report::outputs::Outputs;
use crate::report::words::duration;
use crate::slots::lease::gives_way;
use crate::stack::{Decided, Extras, LoadRequest, Loaded, Renderer};
use crate::ui::{Level, Note};

/// How long the whole may take where neither flag nor services.yaml says it (spec 3).
pub(super) const USUAL_WAIT: Duration = Duration::from_secs(600);

/// How an apply goes, as flags and variables say.
struct How {
    conflicts: Conflicts,
    preflight: bool,
    /// Whether what is left over is deleted, and whether claims are too.
    prune: Option<bool>,
    wait: Option<WaitOptions>,
    applies: Attempts,
    waits: Attempts,
}

/// How often something is tried.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    most: u64,
    /// The pause before the second.
    pause: Duration,
    doubles: bool,
}

impl Attempts {
    const ONE: Self = Self { most: 1, pause: Duration::ZERO, doubles: false };

    /// The pause after an attempt; none after the last.
    fn pause(self, attempt: u64) -> Option<Duration> {
        let factor = if self.doubles { 1_u32 << attempt.saturating_sub(1).min(10) } else { 1 };
        (attempt < self.most).then(|| self.pause.saturating_mul(factor))
    }
}

/// Runs `apply`.
pub(super) fn apply(call: &mut Call) -> Result<Outcome, CommandError> {
    applied(call, false).or_else(Refusal::outcome)
}

/// Runs `ci apply`: agents scale and edit in their slots, and what they took is taken back with a warning.
pub(super) fn ci_apply(call: &mut Call) -> Result<Outcome, CommandError> {
    applied(call, true).or_else(Refusal::outcome)
}

fn applied(call: &mut Call, ci: bool) -> Result<Outcome, Refusal> {
    let ground = Ground::open(call)?;
    let how = how(call, &ground, ci)?;
    let cancel = Cancel::default();
    let ended = block_on(async {
        let deployed = async {
            let cluster = ground.connect(call).await?;
            let selection = ground.selection();
            let bare = ground.rollout(call, &cluster, &selection, how.conflicts, &cancel)?;
            let check = OnServer { rollout: ground.rollout(call, &cluster, &selection, how.conflicts, &cancel)? };
            let comments = ground.comments(call);
            let hooks = ground.hooks(call, &cluster, &comments, Some(&check), &cancel);
            let rollout = Rollout { hooks: Some(&hooks), ..bare };
            let brought = bring(call, &ground, &rollout, &how).await;
            let ended = match (brought, &how.wait) {
                (Ok((counts, plan)), Some(options)) => {
                    let waited = until_ready(call, &rollout, &plan, options, how.waits).await;
                    waited.map(|end| (counts, Some(end)))
                }
                (Ok((counts, _)), None) => Ok((counts, None)),
                (Err(unfinished), _) => Err(unfinished),
            };
            comments.close().await;
            Ok(ended?)
        };
        until_stopped(&cancel, deployed).await
    })?;
    match ended {
        Ok((counts, waited)) => {
            let done = call.done(&outputs(&ground.loaded, counts, waited))?;
            Ok(match waited {
                Some(End::Failed) => Outcome { exit: Exit::Failed, ..done },
                Some(End::TimedOut) => Outcome { exit: Exit::TimedOut, ..done },
                Some(End::Ready) | None => done,
            })
        }
        Err(ended) => ended.outcome(call),
    }
}

fn how(call: &Call, ground: &Ground, ci: bool) -> Result<How, CommandError> {
    let settings = &call.settings;
    let prunes = settings.switch("prune")?;
    if prunes && ground.filters != Filters::default() {
        let text = "--prune deletes what this apply no longer has, and a filter leaves out what is still wanted: give one of the two";
        return Err(CommandError::new(text));
    }
    let data = settings.switch("prune-data")?;
    let (waits, all) = settings.switch_or("wait")?;
    let timeout = ground.patience(call)?;
    let options = WaitOptions { timeout, all, limits: Limits::of(settings)?, redactor: call.redactor.clone() };
    let attempts = |retries, pause, doubles| -> Result<Attempts, CommandError> {
        let most = settings.number(retries)?.unwrap_or(1);
        Ok(Attempts { most, pause: settings.duration(pause)?.unwrap_or_default(), doubles })
    };
    Ok(How {
        conflicts: if ci || settings.switch("force-conflicts")? { Conflicts::Take } else { Conflicts::Refuse },
        preflight: settings.switch("preflight")?,
        prune: prunes.then_some(data),
        wait: waits.then_some(options),
        applies: if ci { attempts("apply-retries", "apply-backoff", true)? } else { Attempts::ONE },
        waits: if ci { attempts("wait-retries", "wait-backoff", false)? } else { Attempts::ONE },
    })
}

/// Brings the stack onto its cluster, as often as it takes. Nobody else works on it meanwhile.
async fn bring(call: &Call, ground: &Ground, rollout: &Rollout<'_>, how: &How) -> Result<(Counts, Plan), Unfinished> {
    let namespace = rollout.namespace().await?;
    let lease = ground.hold(call, rollout.cluster).await?;
    let mut attempt = 1;
    let ended = loop {
        // What a first attempt has begun is there for the second.
        let namespace = if attempt == 1 { namespace } else { Namespace::There };
        match once(rollout, namespace, how).await {
            Err(unfinished @ (Unfinished::Told(_) | Unfinished::Failed(_))) => match how.applies.pause(attempt) {
                Some(pause) => {
                    let why = unfinished.in_short();
                    let text = format!(
                        "attempt {attempt} of {} failed, the next one comes in {}: {why}",
                        how.applies.most,
                        duration(pause, Lang::En)
                    );
                    call.ui.note(&Note::new(Level::Warning, text));
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
                None => break Err(unfinished),
            },
            ended => break ended,
        }
    };
    if let Some(lease) = lease {
        if lease.is_lost() {
            let text = "somebody else took the lease meanwhile, as this process was too slow to renew it: look at what is there with codexctl diff";
            call.ui.note(&Note::new(Level::Warning, text));
        }
        lease.give_back().await;
    }
    ended
}

async fn once(rollout: &Rollout<'_>, namespace: Namespace, how: &How) -> Result<(Counts, Plan), Unfinished> {
    let mut plan = rollout.plan().await?;
    if how.preflight {
        rollout.preflight(&plan).await?;
    }
    let mut counts = rollout.apply(&mut plan, namespace).await?;
    if let Some(data) = how.prune {
        counts.pruned = rollout.prune(&plan, data).await?;
    }
    Ok((counts, plan))
}

/// Waits until the stack is ready, as often as is asked.
async fn until_ready(
    call: &Call,
    rollout: &Rollout<'_>,
    plan: &Plan,
    options: &WaitOptions,
    attempts: Attempts,
) -> Result<End, Unfinished> {
    let wanted: Vec<Wanted> = plan.objects.iter().map(Wanted::planned).collect();
    let mut attempt = 1;
    loop {
        let mut cancel = rollout.cancel.clone();
        let mut shown = Shown::new(call.ui.as_ref());
        let waited = tokio::select! {
            waited = wait(rollout.cluster, &wanted, options, &mut shown) => waited,
            _ = cancel.wait_for(|cancelled| *cancelled) => return Err(Unfinished::Interrupted),
        };
        match attempts.pause(attempt).filter(|_| waited.end != End::Ready) {
            Some(pause) => {
                let text = format!(
                    "wait {attempt} of {} ended without everything ready, the next one comes in {}",
                    attempts.most,
                    duration(pause, Lang::En)
                );
                call.ui.note(&Note::new(Level::Warning, text));
                tokio::time::sleep(pause).await;
                attempt += 1;
            }
            None => {
                waited.tell(call.ui.as_ref());
                return Ok(waited.end);
            }
        }
    }
}

fn outputs(loaded: &Loaded, counts: Counts, waited: Option<End>) -> Outputs {
    let mut outputs = Outputs::default();
    outputs.set("env", loaded.env.name.as_str());
    outputs.set("namespace", loaded.namespace.as_str());
    outputs.set("objects_created", counts.created.to_string());
    outputs.set("objects_changed", counts.changed.to_string());
    outputs.set("objects_unchanged", counts.same.to_string());
    outputs.set("objects_deleted", counts.pruned.to_string());
    if let Some(end) = waited {
        outputs.set("infra_ready", (end == End::Ready).to_string());
    }
    outputs
}

/// What all commands about a stack on its cluster begin with.
pub(super) struct Ground {
    /// services.yaml in the environment.
    pub(super) loaded: Loaded,
    /// Renders its files.
    pub(super) renderer: Renderer,
    /// What the user chose.
    pub(super) filters: Filters,
    /// Whether the slot has a namespace of its own: another slot would have another one.
    pub(super) own_namespace: bool,
}

/// Why a command about a cluster does not end well.
pub(super) enum Ended {
    /// Mistakes, or what the cluster answered.
    Unfinished(Unfinished),
    /// It could not be begun.
    Refused(CommandError),
}

impl<E: Into<CommandError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Unfinished> for Ended {
    fn from(unfinished: Unfinished) -> Self {
        Self::Unfinished(unfinished)
    }
}

impl Ended {
    /// Tells it; the command fails.
    pub(super) fn outcome(self, call: &Call) -> Result<Outcome, Refusal> {
        let exit = match self {
            Self::Unfinished(Unfinished::Told(error)) => {
                drop(told(call, &error));
                Exit::Failed
            }
            Self::Unfinished(Unfinished::Hook(kind, error)) => {
                drop(told(call, &error));
                match kind {
                    FailureKind::Wrong => Exit::Usage,
                    FailureKind::Failed => Exit::Failed,
                    FailureKind::TimedOut => Exit::TimedOut,
                    FailureKind::Interrupted => Exit::Interrupted,
                }
            }
            Self::Unfinished(Unfinished::Failed(text)) => {
                call.ui.note(&Note::new(Level::Error, text));
                Exit::Failed
            }
            Self::Unfinished(Unfinished::TimedOut(text)) => {
                call.ui.note(&Note::new(Level::Error, text));
                Exit::TimedOut
            }
            Self::Unfinished(Unfinished::Interrupted) => {
                let text = "interrupted: what is done stays done, and the same command goes on from there";
                call.ui.note(&Note::new(Level::Warning, text));
                Exit::Interrupted
            }
            Self::Refused(error) => return Err(error.into()),
        };
        Ok(Outcome { text: String::new(), exit })
    }
}

impl Ground {
    /// Reads services.yaml for the environment that is named.
    pub(super) fn open(call: &mut Call) -> Result<Self, Refusal> {
        let project = Project::read(call)?;
        let Some(request) = project.request() else { return Err(super::render::no_environment(&project.raw).into()) };
        let loaded = project.raw.load(&request).map_err(|error| told(call, &error))?;
        let of_slot = |slot| {
            let decided = Decided { slot: Some(slot), ..request.decided.clone() };
            project.raw.namespace(&LoadRequest { decided, ..request.clone() }).ok()
        };
        let by_slot = request.namespace.is_none() && of_slot(1) != of_slot(2);
        if by_slot && loaded.slot().is_none() {
            let env = &loaded.env.name;
            let text = format!("each slot of {env} has a namespace of its own: name one with --slot");
            return Err(CommandError::new(text).into());
        }
        for warning in &loaded.warnings {
            call.ui.note(&Note::about(warning, loaded.picture(warning)));
        }
        let renderer = loaded.renderer(&Extras::default()).map_err(CommandError::new)?;
        let own_namespace = by_slot || request.namespace.is_some();
        Ok(Self { loaded, renderer, filters: filters(call), own_namespace })
    }

    /// What of the stack is chosen.
    pub(super) fn selection(&self) -> Selection<'_> {
        select(&self.loaded, &self.renderer, &self.filters)
    }

    /// Connects to the environment's cluster, to be asked persistently.
    pub(super) async fn connect(&self, call: &Call) -> Result<Arc<Cluster>, CommandError> {
        let cluster = connect(call, &self.loaded).await?;
        let request = call.settings.duration("request-timeout")?.unwrap_or(USUAL_WAIT);
        let ui = Arc::clone(&call.ui);
        let tell = Arc::new(move |text: &str| ui.note(&Note::new(Level::Warning, text)));
        let until = Instant::now() + self.patience(call)?;
        Ok(Arc::new(cluster.persistent(Persistence { until, request, tell })))
    }

    /// How long the whole may take.
    fn patience(&self, call: &Call) -> Result<Duration, CommandError> {
        let own = || self.loaded.stack.codex.timeouts.deploy_wait.as_ref().map(|time| time.value());
        Ok(call.settings.duration("wait-timeout")?.or_else(own).unwrap_or(USUAL_WAIT))
    }

    /// Brings what is chosen onto the cluster.
    pub(super) fn rollout<'a>(
        &'a self,
        call: &'a Call,
        cluster: &'a Arc<Cluster>,
        selection: &'a Selection<'a>,
        conflicts: Conflicts,
        cancel: &Cancel,
    ) -> Result<Rollout<'a>, CommandError> {
        let concurrency = call.settings.number("concurrency")?.unwrap_or(16);
        Ok(Rollout {
            loaded: &self.loaded,
            renderer: &self.renderer,
            selection,
            cluster,
            ui: call.ui.as_ref(),
            concurrency: usize::try_from(concurrency).unwrap_or(usize::MAX),
            conflicts,
            hooks: None,
            redactor: &call.redactor,
            cancel: cancel.receiver(),
        })
    }

    /// Where comments of hooks go.
    pub(super) fn comments<'a>(&'a self, call: &'a Call) -> HookComments<'a> {
        let wait: Arc<dyn Wait> = Arc::new(RealWait);
        HookComments::new(&call.settings, &self.loaded, &call.ui, &call.redactor, &wait)
    }

    /// The steps around the stack.
    pub(super) fn hooks<'a>(
        &'a self,
        call: &'a Call,
        cluster: &'a Cluster,
        comments: &'a HookComments<'a>,
        preflight: Option<&'a dyn Preflight>,
        cancel: &Cancel,
    ) -> Hooks<'a> {
        Hooks::new(Around {
            loaded: &self.loaded,
            renderer: &self.renderer,
            cluster,
            comments,
            preflight,
            ui: &call.ui,
            redactor: &call.redactor,
            cancel: cancel.receiver(),
        })
    }

    /// Takes the environment's lease: two at once would undo each other's work.
    pub(super) async fn hold(&self, call: &Call, cluster: &Arc<Cluster>) -> Result<Option<Held>, Unfinished> {
        let name = match self.loaded.slot() {
            Some(slot) => format!("codexctl-slot-{slot}"),
            None => format!("codexctl-{}", self.loaded.env.name.to_lowercase()),
        };
        let (holder, machine) = (run_id(&call.settings), host());
        let gives_way = |other: &str| gives_way(other, &holder, &machine).is_some();
        let wait = |other: &str| {
            let text = format!("{other} works on {}: waiting until it is done", self.loaded.namespace);
            call.ui.note(&Note::new(Level::Notice, text));
        };
        let asking = Asking { holder: &holder, gives_way: &gives_way, wait: &wait };
        let held = cluster.hold(&self.loaded.namespace, &name, &asking).await;
        match held {
            // Without a namespace there is nobody else either.
            Err(error) if error.code() == Some(404) => Ok(None),
            held => held
                .map_err(|error: Error| Unfinished::Failed(format!("the lease {name}: {}", cluster.in_words(&error)))),
        }
    }
}

/// How long work that was asked to end may take for it: a script's processes are ended, requests that are under way come back.
const LAST_WORDS: Duration = Duration::from_secs(7);

/// Does the work until it ends, or shortly after a signal.
pub(super) async fn until_stopped<T>(
    cancel: &Cancel,
    work: impl Future<Output = Result<T, Ended>>,
) -> Result<T, Ended> {
    watch_signals(cancel);
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = cancel.cancelled() => {
            tokio::time::timeout(LAST_WORDS, work).await.unwrap_or(Err(Unfinished::Interrupted.into()))
        }
    }
}
