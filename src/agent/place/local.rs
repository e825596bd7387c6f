//! The agent on this machine: the real Codex binary, kept away from codexctl's secrets, ended in any case.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::probe::{Isolation, NOT_ROOT, Probe, Refused, free_uid};
use super::session::{Session, SessionEnd};
use super::setup::{self, AgentCommand};
use super::{AgentEnd, AgentRun, Cancel, Error, Place, Readiness, Resume, end_orphan, hidden, lent, limits, process};
use crate::agent::config::{self, BEARER_VARIABLE, Built, SandboxMode, Surroundings};
use crate::agent::events::{Totals, Usage};
use crate::agent::proxy::Proxy;
use crate::agent::result::AgentResult;
use crate::agent::verdict::Ended;
use crate::answer::Answer;
use crate::rights::can_be_root;
use crate::secrets::random_word;
use crate::ui::{Level, Note, Ui};

/// Where programs are looked for when the run names no PATH.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// This machine.
#[derive(Debug, Default)]
pub struct LocalPlace {
    command: Option<String>,
    allow_unsandboxed: bool,
    found: OnceCell<Isolation>,
}

impl LocalPlace {
    /// `command`: the value of `CODEXCTL_AGENT_COMMAND`, where it is set. `allow_unsandboxed`: the user accepts an agent that can
    /// read what codexctl knows.
    pub fn new(command: Option<String>, allow_unsandboxed: bool) -> Self {
        Self { command, allow_unsandboxed, found: OnceCell::new() }
    }

    /// What keeps the agent apart here; found out once.
    async fn isolation(&self, run: &AgentRun, command: &AgentCommand) -> Result<Isolation, Error> {
        self.found
            .get_or_try_init(|| async {
                let path = path_of(run);
                let uid = free_uid(&run.folder);
                let probe = Probe { command, home: &run.home, tree: &run.tree, path: &path, uid };
                let sandbox = match probe.sandbox().await {
                    Ok(found) => return Ok(found),
                    Err(why) => why,
                };
                let other_user = if can_be_root() {
                    open_passage(&run.passage)?;
                    hidden::close(run);
                    lend(run, uid)?;
                    let found = probe.other_user().await;
                    lent::take_back(&run.folder)?;
                    match found {
                        Ok(found) => return Ok(found),
                        Err(why) => why,
                    }
                } else {
                    NOT_ROOT.to_owned()
                };
                if self.allow_unsandboxed {
                    return Ok(Isolation::Nothing);
                }
                Err(Error::from(Refused { sandbox, other_user }))
            })
            .await
            .copied()
    }

    fn configure(run: &AgentRun, isolation: Isolation, base_url: &str) -> Result<Built, Error> {
        let sandbox = match isolation {
            Isolation::Sandbox => SandboxMode::WorkspaceWrite,
            Isolation::OtherUser { .. } | Isolation::Nothing => SandboxMode::DangerFullAccess,
        };
        // Where codexctl's own folders lie under /tmp, the agent must not be able to write there.
        let exclude_slash_tmp = run.folder.starts_with("/tmp");
        let writable = [run.writable.as_slice(), &[temp_folder(run)]].concat();
        let base_url = Some(base_url);
        let hidden = hidden::of(run);
        let around = Surroundings {
            base_url,
            tree: &run.tree,
            sandbox,
            writable: &writable,
            exclude_slash_tmp,
            hidden: &hidden,
            servers_in: Some(&run.home),
        };
        Ok(config::build(&run.config, &around)?)
    }

    /// The command with its whole environment.
    fn command(
        agent: &AgentCommand,
        run: &AgentRun,
        isolation: Isolation,
        proxy: &Proxy,
        built: &Built,
        mark: &str,
    ) -> Command {
        let mut command = limits::bounded(&agent.program, isolation.user());
        command.args(&agent.args).env_clear().current_dir(&run.tree);
        let mut loopback_named = false;
        for (name, value) in run.env.iter().chain(&built.env) {
            loopback_named |= name.eq_ignore_ascii_case("no_proxy");
            command.env(name, value.expose());
        }
        if !loopback_named {
            // Behind a company's proxy Codex would look for our loopback address there, and wait for ever.
            command.env("NO_PROXY", "127.0.0.1,localhost");
        }
        command
            .env("CODEX_HOME", &run.home)
            .env("TMPDIR", temp_folder(run))
            .env(BEARER_VARIABLE, proxy.bearer().expose())
            .env(process::MARK_VARIABLE, mark);
        if let Isolation::OtherUser { .. } = isolation {
            command.env("HOME", &run.home);
        }
        command
    }
}

/// Temporary files of the agent: beside its CODEX_HOME, so that Codex takes it (it refuses helpers under the temporary folder) and
/// so that they go with the slot.
fn temp_folder(run: &AgentRun) -> PathBuf {
    run.home.with_file_name("agent-tmp")
}

fn path_of(run: &AgentRun) -> String {
    let path = run.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.expose().clone());
    path.unwrap_or_else(|| USUAL_PATH.to_owned())
}

/// Lets others pass codexctl's folders without seeing what else is in them.
pub(super) fn open_passage(passage: &[PathBuf]) -> Result<(), Error> {
    for folder in passage {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))
            .map_err(Error::io("open the way through", folder))?;
    }
    Ok(())
}

/// Lends the agent's user all that it works with.
fn lend(run: &AgentRun, uid: u32) -> Result<(), Error> {
    lent::lend(&run.folder, uid, &[&run.tree, &run.home, &temp_folder(run)])
}

fn nothing_ran(ended: Ended, started: Instant) -> AgentEnd {
    AgentEnd {
        ended,
        totals: Totals::default(),
        result: None,
        resumed: false,
        usage: Usage::default(),
        log: None,
        took: started.elapsed(),
    }
}

#[async_trait]
impl Place for LocalPlace {
    async fn end_orphan(&self, folder: &Path) -> Result<(), Error> {
        end_orphan(folder).await.map(drop)
    }

    async fn prepare(&self, run: &AgentRun) -> Result<Readiness, Error> {
        // First of all: an agent that is still there could change what is looked at and given away below.
        end_orphan(&run.folder).await?;
        setup::make_folders(run)?;
        make_temp(&temp_folder(run))?;
        let warnings = Self::configure(run, Isolation::Sandbox, "http://127.0.0.1:0/v1")?.warnings;
        let command = match AgentCommand::find(self.command.as_deref(), &path_of(run)) {
            Ok(command) => command,
            // The run itself says that the agent is unavailable.
            Err(why) => return Ok(Readiness { isolation: None, command: Vec::new(), warnings: vec![why] }),
        };
        let isolation = self.isolation(run, &command).await?;
        Ok(Readiness { isolation: Some(isolation), command: vec![command.shown()], warnings })
    }

    async fn run(&self, run: &AgentRun, ui: &dyn Ui, cancel: Cancel) -> Result<Answer<AgentEnd>, Error> {
        let started = Instant::now();
        end_orphan(&run.folder).await?;
        setup::make_folders(run)?;
        make_temp(&temp_folder(run))?;
        let agent = match AgentCommand::find(self.command.as_deref(), &path_of(run)) {
            Ok(agent) => agent,
            Err(why) => return Ok(Answer::Known(nothing_ran(Ended::Unavailable(why), started))),
        };
        let isolation = self.isolation(run, &agent).await?;

        let proxy = Proxy::start(&run.upstream, run.budget).await?;
        for secret in [Some(proxy.bearer()), run.upstream.key.as_ref()].into_iter().flatten() {
            run.redactor.add(secret);
        }
        let built = Self::configure(run, isolation, &proxy.base_url())?;
        built.env.iter().for_each(|(_, value)| run.redactor.add(value));
        setup::write_files(run, built.text.expose())?;
        let user = isolation.user();
        let mark = random_word();
        // Looked for before the home is the agent's.
        let resume = run.resume.as_ref().filter(|resume| setup::thread_file(&run.home, &resume.thread).is_some());
        let proxy = &proxy;
        let starts = Starts { run, resume, agent: &agent, isolation, user, proxy, built: &built, mark: &mark, started };
        if let Some(uid) = user {
            lend(run, uid)?;
        }
        ui.agent_started();
        let end = starts.go(ui, cancel).await;
        ui.agent_ended();
        lent::take_back(&run.folder)?;
        let (SessionEnd { ended, mut totals, last_words, .. }, resumed) = end?;
        if totals.last_error.is_none() && !totals.turn_completed {
            totals.last_error = last_words;
        }
        // What Codex says of its way to the model is about the proxy, of which nobody knows.
        if totals.last_error.is_some()
            && let Some(trouble) = proxy.trouble()
        {
            totals.last_error = Some(trouble);
        }
        let result = totals.last_message.as_deref().and_then(AgentResult::parse);
        // The proxy saw every answer of this run and none of an earlier one; also of a run that was cut short.
        let usage = proxy.spent().usage;
        let log = Some(log_path(run));
        Ok(Answer::Known(AgentEnd { ended, totals, result, resumed, usage, log, took: started.elapsed() }))
    }
}

/// The starts of one run: in its thread, and in a new one where that is gone.
struct Starts<'a> {
    run: &'a AgentRun,
    /// The thread to go on with, where Codex still has it.
    resume: Option<&'a Resume>,
    agent: &'a AgentCommand,
    isolation: Isolation,
    user: Option<u32>,
    proxy: &'a Proxy,
    built: &'a Built,
    mark: &'a str,
    started: Instant,
}

impl Starts<'_> {
    /// Gives the end, and whether the thread that was asked for answered.
    async fn go(&self, ui: &dyn Ui, cancel: Cancel) -> Result<(SessionEnd, bool), Error> {
        let run = self.run;
        if let Some(resume) = &run.resume {
            if self.resume.is_some() {
                let tried = self.session(Some(&resume.thread), &resume.prompt).run(ui, cancel.clone()).await?;
                let lost =
                    matches!(tried.ended, Ended::Exited(_)) && (tried.wrong_thread || tried.totals.thread.is_none());
                if !lost {
                    return Ok((tried, true));
                }
            }
            let text = format!("the agent's thread {} is gone: a new one starts with the full prompt", resume.thread);
            ui.note(&Note::new(Level::Notice, text));
        }
        Ok((self.session(None, &run.prompt).run(ui, cancel).await?, false))
    }

    fn session<'s>(&'s self, thread: Option<&'s str>, prompt: &str) -> Session<'s> {
        let mut command = LocalPlace::command(self.agent, self.run, self.isolation, self.proxy, self.built, self.mark);
        command.args(setup::exec_args(self.run, &setup::schema_path(self.run), thread));
        Session {
            run: self.run,
            command,
            user: self.user,
            prompt: prompt.to_owned(),
            thread,
            mark: self.mark,
            log: log_path(self.run),
            deadline: self.started + self.run.timeout,
            proxy: self.proxy,
        }
    }
}

fn log_path(run: &AgentRun) -> PathBuf {
    run.folder.join("agent.jsonl")
}

fn make_temp(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io("make", folder))
}
