//! `codexctl init`: services.yaml and the caller workflow for a repository, made from what is found in it, and the text of the
//! pull request that explains them.
//!
//! The text goes to the outbox first and the files follow: whatever a killed run left undone, the next one does, and a run that
//! finds nothing to do writes nothing.

use std::path::{Path, PathBuf};

use crate::github::outbox::Outbox;
use crate::github::{GitHub as _, WantedPull};
use crate::report::{Lang, TextError};

mod arrange;
mod existing;
mod found;
mod hints;
mod images;
mod name;
mod objects;
mod oddity;
mod release;
mod repository;
mod text;
mod write;

pub use existing::{Existing, existing};
pub use oddity::{Oddity, What};
pub use release::commit_of;
pub use repository::Repository;
use write::There;

/// The stack's description, relative to the repository.
pub const STACK: &str = "services.yaml";

/// The caller workflow, relative to the repository.
pub const WORKFLOW: &str = ".github/workflows/codexctl.yml";

/// The folder of workflows.
const WORKFLOWS: &str = ".github/workflows";

/// The branch that the text of the pull request names, and by which its file in the outbox is called.
const BRANCH: &str = "codexctl/init";

/// A page with an event to try the command with.
pub const EVENT: &str = text::EVENT;

/// Where codexctl lives.
pub const HOME: &str = text::HOME;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The repository's folder.
    pub folder: PathBuf,
    /// Whether to write over files that are there; they are kept beside the new ones.
    pub force: bool,
    /// The language of the pull request, and of prompts and comments later.
    pub lang: Lang,
    /// What git knows of the folder.
    pub repository: Repository,
    /// The commit of codexctl that the workflow calls, or the tag of a release whose commit nobody knows; none: what the gallery's calls.
    pub revision: Option<&'a str>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    Written,
    /// It is new, and what stood there before is kept under this path.
    Replaced(String),
    /// It stood there already, to the letter.
    Same,
    /// Another one stands there and stays.
    Kept,
    /// It is not needed: this workflow calls codexctl already.
    Called(String),
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The name of the project.
    pub project: String,
    /// The default branch, where git knows it.
    pub branch: Option<String>,
    /// What became of [`STACK`].
    pub stack: Done,
    /// What became of [`WORKFLOW`].
    pub workflow: Done,
    /// The text of the pull request, relative to the repository; none where nothing was written.
    pub pull: Option<String>,
    /// The names of the services in [`STACK`].
    pub services: Vec<String>,
    /// The names of the infrastructure groups in [`STACK`].
    pub infrastructure: Vec<String>,
    /// The names of the images in [`STACK`].
    pub images: Vec<String>,
    /// What its owner should look at.
    pub oddities: Vec<Oddity>,
}

/// Why nothing was written, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder isn't there, or is none.
    #[error("there is no folder {}: make it first, or name another one with --dir", .0.display())]
    NoFolder(PathBuf),
    /// The folder lies inside a repository, where GitHub doesn't look for workflows.
    #[error(
        "{} lies inside the repository {}, and GitHub reads workflows at the root only: name the root with --dir, or make the folder a repository with `git init`",
        .folder.display(), .root.display()
    )]
    Inside {
        /// The folder.
        folder: PathBuf,
        /// The repository's root.
        root: PathBuf,
    },
    /// A link on the way to a file leads out of the repository, or nowhere.
    #[error("{path} is a symbolic link that leads out of the repository or nowhere: remove it, and run this again")]
    Link {
        /// The link, relative to the repository.
        path: String,
    },
    /// A file stands where a folder must be.
    #[error("{path} is a file, and {wanted} needs a folder there: move it away, and run this again")]
    NotAFolder {
        /// The file, relative to the repository.
        path: String,
        /// The file that was to be written.
        wanted: String,
    },
    /// A folder stands where a file must be.
    #[error("{path} is a folder, and a file must be there: move it away, and run this again")]
    Folder {
        /// The folder, relative to the repository.
        path: String,
    },
    /// The disk says no.
    #[error("can't {doing} {path}: {source}. What is written is whole: run this again when that is put right")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file, relative to the repository.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The text of the pull request can't be put into the outbox.
    #[error(transparent)]
    Outbox(#[from] crate::github::Error),
    /// A template of ours is broken.
    #[error(transparent)]
    Text(#[from] TextError),
}

impl Error {
    /// Whether the command was used wrongly, and nothing failed.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::Outbox(_) | Self::Text(_))
    }
}

/// What the texts are made of besides what was found.
struct Plan<'a> {
    project: &'a str,
    project_from: &'a str,
    branch: Option<&'a str>,
    lang: Lang,
}

/// Checks the folder: it is there, and GitHub will find workflows in it.
///
/// # Errors
/// [`Error::NoFolder`], [`Error::Inside`].
pub fn check(folder: &Path) -> Result<(), Error> {
    if !folder.is_dir() {
        return Err(Error::NoFolder(folder.to_owned()));
    }
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if let Some(root) = real.ancestors().find(|at| is_repository(at)).filter(|root| *root != real) {
        return Err(Error::Inside { root: root.to_owned(), folder: real });
    }
    Ok(())
}

/// Whether git takes the folder for a work tree: `.git` is a file that names another place, or has a `HEAD`.
fn is_repository(folder: &Path) -> bool {
    let git = folder.join(".git");
    // `HEAD` was a link once, and leads nowhere before the first commit.
    git.is_file() || git.join("HEAD").symlink_metadata().is_ok()
}

/// Does it.
///
/// # Errors
/// [`Error`]; everything that can be seen beforehand is seen before the first file is written.
pub async fn init(request: &Request<'_>) -> Result<Outcome, Error> {
    let root = request.folder.as_path();
    check(root)?;
    // Two at once would take away each other's half-written files. Where the file system knows no locks, one of them fails.
    let _lock = lock(root).ok();
    let (project, project_from) = project(request);
    // A branch of a name that services.yaml can't have in a comment is as good as an unknown one.
    let branch = request.repository.branch.as_deref().filter(|name| name::can_stand(name));
    let plan = Plan { project: &project, project_from, branch, lang: request.lang };
    let found = found::look(root, &project);
    let texts = [(STACK, text::stack(&plan, &found)?), (WORKFLOW, text::workflow(request.revision))];
    let mut places = Vec::new();
    for (path, text) in &texts {
        places.push(write::look(root, path, text)?);
    }
    let caller = (places[1] == There::Nothing && !request.force).then(|| caller(root)).flatten();
    let writes = |there: There| there == There::Nothing || there == There::Other && request.force;
    // A file that is ours already counts as ours in the text, so that a run after a cut one writes the same text.
    let own = |there: There| there == There::Same || writes(there);
    let to_write = [writes(places[0]), writes(places[1]) && caller.is_none()];
    let mut pull = None;
    if to_write.contains(&true) {
        let body = text::pull(&plan, &found, own(places[0]), own(places[1]) && caller.is_none())?;
        pull = Some(put_pull(root, &plan, body).await?);
    }
    let mut done = Vec::new();
    for (((path, text), there), to_write) in texts.iter().zip(&places).zip(to_write) {
        done.push(match there {
            There::Nothing if to_write => write::create(root, path, text).map(|()| Done::Written)?,
            There::Other if to_write => Done::Replaced(write::replace(root, path, text)?),
            There::Same => Done::Same,
            There::Nothing => Done::Called(caller.clone().unwrap_or_default()),
            There::Other => Done::Kept,
        });
    }
    let (workflow, stack) = (done.pop().unwrap_or(Done::Kept), done.pop().unwrap_or(Done::Kept));
    let names = |groups: &[arrange::Group]| groups.iter().map(|group| group.name.clone()).collect();
    Ok(Outcome {
        branch: branch.map(str::to_owned),
        stack,
        workflow,
        pull,
        services: names(&found.arranged.services),
        infrastructure: names(&found.arranged.infrastructure),
        images: found.images.into_iter().map(|image| image.name).collect(),
        oddities: found.oddities,
        project,
    })
}

/// Waits until no other run writes into the folder; the lock is gone with what is given, or with the process.
fn lock(folder: &Path) -> std::io::Result<std::fs::File> {
    let folder = std::fs::File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// The project's name, and where it comes from.
fn project(request: &Request<'_>) -> (String, &'static str) {
    let origin = request.repository.origin.as_ref().and_then(|(_, name)| name::label(name, name::LONGEST_PROJECT));
    if let Some(name) = origin {
        return (name, "from the remote origin");
    }
    let real = request.folder.canonicalize().unwrap_or_else(|_| request.folder.clone());
    let folder = real.file_name().and_then(|name| name::label(&name.to_string_lossy(), name::LONGEST_PROJECT));
    match folder {
        Some(name) => (name, "from the folder's name"),
        None => ("project".to_owned(), "choose one"),
    }
}

/// A workflow that calls codexctl already: with another one, a label would start two runs.
fn caller(root: &Path) -> Option<String> {
    let mut names: Vec<String> = std::fs::read_dir(root.join(WORKFLOWS))
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".yml") || name.ends_with(".yaml"))
        .collect();
    names.sort();
    names.into_iter().map(|name| format!("{WORKFLOWS}/{name}")).find(|path| {
        let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains("codexctl"))
    })
}

/// Puts the text of the pull request into the outbox; gives its path.
async fn put_pull(root: &Path, plan: &Plan<'_>, body: String) -> Result<String, Error> {
    let outbox = Outbox::new(root.join(".codexctl/outbox"));
    let wanted = WantedPull {
        head: BRANCH.to_owned(),
        base: plan.branch.unwrap_or("main").to_owned(),
        title: text::title(plan.lang).to_owned(),
        body,
        draft: false,
        redraft: false,
        labels: Vec::new(),
        reviewers: Vec::new(),
    };
    let placed = outbox.put_pull(&wanted).await?.into_known().map(|placed| placed.url).unwrap_or_default();
    let shown = Path::new(&placed).strip_prefix(root).map(|path| path.display().to_string());
    Ok(shown.unwrap_or(placed))
}
