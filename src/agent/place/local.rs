//! The agent on this machine: the real Codex binary, kept away from codexctl's secrets, ended in any case.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use async_trait::async_trait;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::probe::{Found, Isolation, Probe, Refused, uid_for};
use super::session::{Session, SessionEnd};
use super::setup::{self, AgentCommand};
use super::{AgentEnd, AgentRun, Cancel, Error, Place, Readiness, process};
use crate::agent::config::{self, BEARER_VARIABLE, Built, SandboxMode, Surroundings};
use crate::agent::events::{Totals, Usage};
use crate::agent::proxy::Proxy;
use crate::agent::result::AgentResult;
use crate::agent::verdict::Ended;
use crate::answer::Answer;
use crate::secrets::random_word;
use crate::ui::{Level, Note, Ui};

/// Where programs are looked for when the run names no PATH.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// This machine.
#[derive(Debug, Default)]
pub struct LocalPlace {
    command: Option<String>,
    allow_unsandboxed: bool,
    found: OnceCell<Found>,
}

impl LocalPlace {
    /// `command`: the value of `CODEXCTL_AGENT_COMMAND`, where it is set. `allow_unsandboxed`: the user accepts an agent that can
    /// read what codexctl knows.
    pub fn new(command: Option<String>, allow_unsandboxed: bool) -> Self {
        Self { command, allow_unsandboxed, found: OnceCell::new() }
    }

    /// What keeps the agent apart here; found out once.
    async fn isolation(&self, run: &AgentRun, command: &AgentCommand) -> Result<&Found, Error> {
        self.found
            .get_or_try_init(|| async {
                let path = path_of(run);
                let uid = uid_for(&run.folder);
                let probe = Probe { command, home: &run.home, tree: &run.tree, path: &path, uid };
                let sandbox = match probe.sandbox().await {
                    Ok(found) => return Ok(found),
                    Err(why) => why,
                };
                let other_user = if rustix::process::geteuid().is_root() {
                    open_passage(&run.passage)?;
                    give_to_agent(run, uid)?;
                    match probe.other_user().await {
                        Ok(found) => return Ok(found),
                        Err(why) => {
                            give_to_agent(run, 0)?;
                            why
                        }
                    }
                } else {
                    "only root can start the agent as another user".to_owned()
                };
                if self.allow_unsandboxed {
                    return Ok(Found { isolation: Isolation::Nothing, docker: false });
                }
                Err(Error::from(Refused { sandbox, other_user }))
            })
            .await
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
        let around = Surroundings { base_url, tree: &run.tree, sandbox, writable: &writable, exclude_slash_tmp };
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
        let mut command = Command::new(&agent.program);
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
        if let Isolation::OtherUser { uid } = isolation {
            // Without any other word std drops all supplementary groups when root changes the user.
            command.uid(uid).gid(uid).env("HOME", &run.home);
        }
        command
    }
}

/// Temporary files of the agent: beside its CODEX_HOME, so that Codex takes it (it refuses helpers under the temporary folder) and
/// so that they go with the slot.
fn temp_folder(run: &AgentRun) -> std::path::PathBuf {
    run.home.with_file_name("agent-tmp")
}

fn path_of(run: &AgentRun) -> String {
    let path = run.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.expose().clone());
    path.unwrap_or_else(|| USUAL_PATH.to_owned())
}

/// Lets others pass codexctl's folders without seeing what else is in them.
pub(super) fn open_passage(passage: &[std::path::PathBuf]) -> Result<(), Error> {
    for folder in passage {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))
            .map_err(Error::io("open the way through", folder))?;
    }
    Ok(())
}

fn give_to_agent(run: &AgentRun, uid: u32) -> Result<(), Error> {
    for folder in [run.tree.as_path(), run.home.as_path(), &temp_folder(run)] {
        setup::give_to(folder, uid, uid)?;
    }
    Ok(())
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
        process::end_orphan(folder).await.map(drop).map_err(Error::io("read the pid file in", folder))
    }

    async fn prepare(&self, run: &AgentRun) -> Result<Readiness, Error> {
        setup::make_folders(run)?;
        make_temp(&temp_folder(run))?;
        // First of all: an agent that is still there could change what is looked at and given away below.
        super::end_orphan(&run.folder).await.map_err(Error::io("read the pid file in", &run.folder))?;
        let mut warnings = Self::configure(run, Isolation::Sandbox, "http://127.0.0.1:0/v1")?.warnings;
        let command = match AgentCommand::find(self.command.as_deref(), &path_of(run)) {
            Ok(command) => command,
            // The run itself says that the agent is unavailable.
            Err(why) => return Ok(Readiness { isolation: None, command: Vec::new(), warnings: vec![why] }),
        };
        let found = self.isolation(run, &command).await?;
        if found.docker {
            warnings.push("the agent reaches Docker's socket, and who reaches it is root on this machine".to_owned());
        }
        Ok(Readiness { isolation: Some(found.isolation), command: vec![command.shown()], warnings })
    }

    async fn run(&self, run: &AgentRun, ui: &dyn Ui, cancel: Cancel) -> Result<Answer<AgentEnd>, Error> {
        let started = Instant::now();
        setup::make_folders(run)?;
        make_temp(&temp_folder(run))?;
        super::end_orphan(&run.folder).await.map_err(Error::io("read the pid file in", &run.folder))?;
        let agent = match AgentCommand::find(self.command.as_deref(), &path_of(run)) {
            Ok(agent) => agent,
            Err(why) => return Ok(Answer::Known(nothing_ran(Ended::Unavailable(why), started))),
        };
        let isolation = self.isolation(run, &agent).await?.isolation;

        let proxy = Proxy::start(&run.upstream, run.budget).await?;
        for secret in [Some(proxy.bearer()), run.upstream.key.as_ref()].into_iter().flatten() {
            run.redactor.add(secret);
        }
        let built = Self::configure(run, isolation, &proxy.base_url())?;
        built.env.iter().for_each(|(_, value)| run.redactor.add(value));
        setup::write_files(run, built.text.expose())?;
        if let Isolation::OtherUser { uid } = isolation {
            give_to_agent(run, uid)?;
        }
        let schema = setup::schema_path(run);
        let log = run.folder.join("agent.jsonl");
        let mark = random_word();
        let session = |thread: Option<&str>| {
            let mut command = Self::command(&agent, run, isolation, &proxy, &built, &mark);
            command.args(setup::exec_args(run, &schema, thread));
            command
        };

        let deadline = started + run.timeout;
        let mut resumed = false;
        let mut end: Option<SessionEnd> = None;
        ui.agent_started();
        if let Some(resume) = &run.resume {
            if setup::thread_file(&run.home, &resume.thread).is_some() {
                let tried = Session {
                    run,
                    command: session(Some(&resume.thread)),
                    prompt: resume.prompt.clone(),
                    thread: Some(&resume.thread),
                    mark: &mark,
                    log: log.clone(),
                    deadline,
                    proxy: &proxy,
                }
                .run(ui, cancel.clone())
                .await;
                match tried {
                    Ok(tried) => {
                        let lost = matches!(tried.ended, Ended::Exited(_))
                            && (tried.wrong_thread || tried.totals.thread.is_none());
                        resumed = !lost;
                        end = (!lost).then_some(tried);
                    }
                    Err(error) => {
                        ui.agent_ended();
                        return Err(error);
                    }
                }
            }
            if end.is_none() {
                let text =
                    format!("the agent's thread {} is gone: a new one starts with the full prompt", resume.thread);
                ui.note(&Note::new(Level::Notice, text));
            }
        }
        let end = match end {
            Some(end) => Ok(end),
            None => {
                Session {
                    run,
                    command: session(None),
                    prompt: run.prompt.clone(),
                    thread: None,
                    mark: &mark,
                    log: log.clone(),
                    deadline,
                    proxy: &proxy,
                }
                .run(ui, cancel)
                .await
            }
        };
        ui.agent_ended();
        let SessionEnd { ended, mut totals, last_words, .. } = end?;
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
        Ok(Answer::Known(AgentEnd { ended, totals, result, resumed, usage, log: Some(log), took: started.elapsed() }))
    }
}

fn make_temp(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io("make", folder))
}
