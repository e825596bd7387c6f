//! Runs the `git` program so that nothing but the command line decides what it does: no user or system configuration, no hooks,
//! no prompts, a scrubbed environment, and a token that only a matching server's question brings out.

mod askpass;
mod error;
mod fixed;
mod url;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

pub use self::error::{Cause, Error};
pub use self::url::{RemoteUrl, UrlError, repo_from_url};
use crate::blocked::explained;
use crate::group::Group;
use crate::secrets::{Redactor, Secret};

/// How long a command that talks to a remote may take: a first fetch of a big repository over a slow line fits.
const REMOTE_LIMIT: Duration = Duration::from_secs(30 * 60);
/// How long a local command may take; a checkout of a big tree on a slow disk fits.
const LOCAL_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Pauses before a remote command is tried again after a network error.
const BACKOFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// A token and the one server that may see it.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The token.
    pub token: Secret,
    /// The server's address as in `GITHUB_SERVER_URL`, such as `https://github.com`.
    pub server: String,
}

/// Where tokens come from that end after a while.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// One that is good for the next call.
    ///
    /// # Errors
    /// A sentence: there is none.
    async fn token(&self) -> Result<Secret, String>;

    /// The server did not accept this one.
    async fn refused(&self, token: &Secret);
}

/// A hardened `git`. Clones share everything.
#[derive(Clone)]
pub struct Git {
    inner: Arc<Inner>,
}

impl fmt::Debug for Git {
    // The environment may hold the password of a proxy.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Git")
    }
}

#[derive(Clone)]
struct Inner {
    program: PathBuf,
    env: Vec<(String, String)>,
    credentials: Option<Credentials>,
    /// Where a fresh token comes from, before each call that needs one.
    tokens: Option<Arc<dyn Tokens>>,
    private: PathBuf,
    redactor: Redactor,
    lfs: bool,
}

/// What a command gave.
#[derive(Debug)]
pub struct Output {
    /// The exit code: 0, or one that the call allowed.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
}

impl Output {
    /// Standard output as text without the blanks around it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
}

impl Git {
    /// A git for this process.
    ///
    /// `vars` is the environment of the process itself, never the merged variables: a file of the repository must not choose
    /// the program that runs. `private` is a folder of ours; the helper that answers for the token is kept in it. Errors of
    /// `private` show when a token is first needed.
    pub fn new(
        vars: &BTreeMap<String, String>,
        private: &Path,
        credentials: Option<Credentials>,
        redactor: &Redactor,
    ) -> Self {
        let env = fixed::passed(vars);
        if let Some(credentials) = &credentials {
            redactor.add(&credentials.token);
        }
        let on_path = |name: &str| {
            let mut files = std::env::split_paths(vars.get("PATH")?).map(|folder| folder.join(name));
            files.find(|file| file.is_absolute() && file.is_file())
        };
        let lfs = on_path("git-lfs").is_some();
        // By its path a program starts without a copy of our own process, which its name would need (posix_spawn has no search).
        let program = on_path("git").unwrap_or_else(|| "git".into());
        let (private, redactor) = (private.to_owned(), redactor.clone());
        Self { inner: Arc::new(Inner { program, env, credentials, tokens: None, private, redactor, lfs }) }
    }

    /// The same git with tokens that end: each call asks for one that is good for minutes to come.
    #[must_use]
    pub fn with_tokens(&self, tokens: Arc<dyn Tokens>) -> Self {
        let inner = Inner { tokens: Some(tokens), ..self.inner.as_ref().clone() };
        Self { inner: Arc::new(inner) }
    }

    /// Whether git-lfs is installed.
    pub fn has_lfs(&self) -> bool {
        self.inner.lfs
    }

    /// Whether a token is at hand for this remote.
    pub fn has_token_for(&self, remote: &RemoteUrl) -> bool {
        self.credentials_for(remote).is_some()
    }

    /// What is kept out of every text.
    pub fn redactor(&self) -> &Redactor {
        &self.inner.redactor
    }

    /// Starts to describe a command: its words after `git`.
    pub fn call<I, S>(&self, args: I) -> Call<'_>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        Call {
            git: self,
            args: args.into_iter().map(|arg| arg.as_ref().to_owned()).collect(),
            dir: None,
            env: Vec::new(),
            input: Input::Nothing,
            remote: None,
            allowed: &[],
            discover: false,
        }
    }

    /// The address of the remote `origin` of a work tree, without credentials; none where there is no such remote or no
    /// repository. A relative path is made absolute.
    ///
    /// # Errors
    /// Where git can't be started, or the address is one that we don't use.
    pub async fn origin_url(&self, dir: &Path) -> Result<Option<RemoteUrl>, Error> {
        let output =
            self.call(["config", "--get", "remote.origin.url"]).dir(dir).discover().allow(&[1, 128]).run().await?;
        let url = output.text();
        if output.code != 0 || url.is_empty() {
            return Ok(None);
        }
        Ok(Some(RemoteUrl::parse(&url, dir)?))
    }

    fn credentials_for(&self, remote: &RemoteUrl) -> Option<&Credentials> {
        let site = remote.site()?;
        self.inner.credentials.as_ref().filter(|known| url::site_of(&known.server).as_ref() == Some(&site))
    }
}

enum Input<'a> {
    Nothing,
    Bytes(Vec<u8>),
    Held(&'a File),
}

/// A command that is about to run.
#[must_use]
pub struct Call<'a> {
    git: &'a Git,
    args: Vec<OsString>,
    dir: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    input: Input<'a>,
    remote: Option<&'a RemoteUrl>,
    allowed: &'a [i32],
    discover: bool,
}

impl<'a> Call<'a> {
    /// Adds words.
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Runs in this folder, which is the repository or its work tree. Git looks nowhere else: without a repository there it
    /// fails, and does not work on one that the folder happens to lie in.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Lets git look for the repository in the folders above, as in a project that is a part of one.
    pub fn discover(mut self) -> Self {
        self.discover = true;
        self
    }

    /// Sets a variable of the child.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Gives this on standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Lets the child hold a locked file as its standard input: if this process is killed, the lock lives as long as the child.
    /// Without effect where the command has an input of its own.
    pub fn hold(mut self, lock: &'a File) -> Self {
        if matches!(self.input, Input::Nothing) {
            self.input = Input::Held(lock);
        }
        self
    }

    /// Talks to this remote: hands out the token if it is this server's, waits longer, and tries again on network errors.
    pub fn remote(mut self, remote: &'a RemoteUrl) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Exit codes besides 0 that are no failure.
    pub fn allow(mut self, codes: &'a [i32]) -> Self {
        self.allowed = codes;
        self
    }

    /// Runs the command to its end. When the future is dropped, the child and all that it started are killed.
    ///
    /// # Errors
    /// Git can't be started, takes too long, or ends with a code that isn't allowed; [`Error::cause`] says why.
    pub async fn run(self) -> Result<Output, Error> {
        let mut tries = 0;
        let mut renewed = false;
        loop {
            let credentials = self.credentials().await?;
            let result = self.once(credentials.as_ref()).await;
            match result {
                // An App's token can be revoked from outside; the next one is good again.
                Err(error) if error.cause() == Some(Cause::Auth) && !renewed => {
                    let (Some(tokens), Some(used)) = (&self.git.inner.tokens, &credentials) else { return Err(error) };
                    renewed = true;
                    tokens.refused(&used.token).await;
                }
                Err(error)
                    if self.remote.is_some() && error.cause() == Some(Cause::Network) && tries < BACKOFF.len() =>
                {
                    tracing::debug!(try_ = tries + 1, error = %error, "git: trying again");
                    tokio::time::sleep(BACKOFF[tries]).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    /// The command as people may see it.
    fn shown(&self) -> String {
        let words: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        self.git.inner.redactor.redact(&format!("git {}", words.join(" "))).into_owned()
    }

    /// The token for this call, if its remote is the server's that may see one.
    async fn credentials(&self) -> Result<Option<Credentials>, Error> {
        let Some(known) = self.remote.and_then(|remote| self.git.credentials_for(remote)) else { return Ok(None) };
        match &self.git.inner.tokens {
            Some(tokens) => {
                let token = tokens.token().await.map_err(|reason| Error::Token { reason })?;
                Ok(Some(Credentials { token, ..known.clone() }))
            }
            None => Ok(Some(known.clone())),
        }
    }

    async fn once(&self, credentials: Option<&Credentials>) -> Result<Output, Error> {
        let started = Instant::now();
        let limit = if self.remote.is_some() { REMOTE_LIMIT } else { LOCAL_LIMIT };
        let mut command = self.command(credentials)?;
        let mut child = command.spawn().map_err(|source| self.not_started(source))?;
        let guard = Group::of(&child);
        let result = tokio::time::timeout(limit, self.talk(&mut child)).await;
        let Ok(result) = result else {
            drop(guard);
            return Err(Error::TooLong { command: self.shown(), seconds: limit.as_secs() });
        };
        let (code, stdout, stderr) = result.map_err(|source| Error::Talk { command: self.shown(), source })?;
        guard.disarm();
        tracing::debug!(command = %self.shown(), code, ms = started.elapsed().as_millis(), "git");
        if code == 0 || self.allowed.contains(&code) {
            return Ok(Output { code, stdout });
        }
        let said = self.git.inner.redactor.redact(&String::from_utf8_lossy(&stderr)).into_owned();
        let told = self.remote.map(|remote| (remote, self.git.has_token_for(remote)));
        tracing::debug!(said = %said.trim_end(), "git failed");
        Err(Error::failed(&self.shown(), code, &said, &String::from_utf8_lossy(&stdout), told))
    }

    /// The system says the same of a program that is not there and of a folder that can't be entered.
    fn not_started(&self, source: std::io::Error) -> Error {
        match self.dir.as_deref().filter(|dir| std::fs::read_dir(dir).is_err()) {
            Some(dir) => Error::Folder { path: dir.display().to_string(), source: explained(dir, source) },
            None => Error::Start { source },
        }
    }

    fn command(&self, credentials: Option<&Credentials>) -> Result<Command, Error> {
        let mut command = Command::new(&self.git.inner.program);
        command.arg0("git");
        command.env_clear().envs(self.git.inner.env.iter().map(|(name, value)| (name, value)));
        command.envs(fixed::FIXED.iter().copied());
        for setting in fixed::SETTINGS {
            command.args(["-c", setting]);
        }
        if self.git.inner.lfs {
            fixed::LFS_SETTINGS.iter().for_each(|setting| {
                command.args(["-c", setting]);
            });
        }
        if let Some(credentials) = credentials {
            askpass::hand_over(&mut command, credentials, &self.git.inner.private)?;
        }
        // Where this process stands may be a work tree whose config redirects addresses or adds headers.
        let dir = self.dir.as_deref().unwrap_or(Path::new("/"));
        command.current_dir(dir);
        if !self.discover {
            command.env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap_or(dir));
        }
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(match &self.input {
            Input::Nothing => Stdio::null(),
            Input::Bytes(_) => Stdio::piped(),
            Input::Held(file) => {
                Stdio::from(file.try_clone().map_err(|source| Error::Talk { command: self.shown(), source })?)
            }
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        Ok(command)
    }

    async fn talk(&self, child: &mut Child) -> std::io::Result<(i32, Vec<u8>, Vec<u8>)> {
        let (mut stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let write = async {
            if let (Some(pipe), Input::Bytes(bytes)) = (&mut stdin, &self.input) {
                // A git that stops reading says why on standard error; the broken pipe says nothing more.
                let _ = pipe.write_all(bytes).await;
            }
            drop(stdin);
            Ok::<_, std::io::Error>(())
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let read_out = async {
            if let Some(pipe) = &mut stdout {
                pipe.read_to_end(&mut out).await?;
            }
            Ok(())
        };
        let read_err = async {
            if let Some(pipe) = &mut stderr {
                pipe.read_to_end(&mut err).await?;
            }
            Ok(())
        };
        tokio::try_join!(write, read_out, read_err)?;
        let status = child.wait().await?;
        Ok((status.code().unwrap_or(-1), out, err))
    }
}
