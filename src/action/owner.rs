//! From root, as which the runner starts a container, to the owner of the workspace: what this run and its helpers write there belongs to
//! the runner's user, and root is out of their reach.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{DirBuilder, OpenOptions, create_dir_all, metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags, access};

use crate::rights::{as_root, become_user};
use crate::ui::{Level, Note};

const WORKSPACE: &str = "GITHUB_WORKSPACE";

/// Files that the runner reads what steps wrote to.
const COMMAND_FILES: [&str; 4] = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE", "GITHUB_ENV"];

/// Where an owner without a home has its state: below it, a folder for each.
const HOMES: &str = "/var/lib/codexctl";

/// Where state is below a home.
const STATE: &str = ".local/state";

/// Becomes the owner of the workspace where this process is root and the workspace isn't root's. Changes HOME and XDG_STATE_HOME in
/// `environment` where the owner can't use them, or an agent that is a third user could not enter. Gives what people should know.
///
/// # Errors
/// A sentence: nobody knows who the owner is.
pub fn become_owner(environment: &mut BTreeMap<String, String>) -> Result<Vec<Note>, String> {
    if !rustix::process::geteuid().is_root() {
        return Ok(Vec::new());
    }
    let workspace = environment.get(WORKSPACE).filter(|path| !path.is_empty()).ok_or_else(|| {
        format!(
            "{WORKSPACE} is not set: `codexctl action` was started as root and works as the owner of that folder. GitHub's runner \
             sets it; by hand, set it or start as another user"
        )
    })?;
    let found = metadata(workspace)
        .and_then(|found| if found.is_dir() { Ok(found) } else { Err(io::Error::other("it is no folder")) })
        .map_err(|error| format!("{WORKSPACE}: can't look whose {workspace} is: {error}"))?;
    let owner = Owner { uid: found.uid(), gid: found.gid() };
    let mut told = Vec::new();
    if owner.uid != 0 {
        if let Err(error) = become_user(owner.uid, owner.gid) {
            let text = format!(
                "can't become {owner} of {workspace} ({error}): what this run writes there belongs to root. A container needs the \
                 capabilities SETUID and SETGID, which Docker gives by default"
            );
            return Ok(vec![Note::new(Level::Warning, text)]);
        }
        for name in COMMAND_FILES {
            if let Some(path) = environment.get(name).filter(|path| !can_write(Path::new(path))) {
                // Where it fails, the first write to the file says so.
                let _ = as_root(|| owner.get(Path::new(path)));
            }
        }
    }
    told.extend(owner.find_home(environment));
    told.extend(owner.find_state(environment));
    Ok(told)
}

/// Whose the workspace is.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "uid {}, the owner", self.uid)
    }
}

impl Owner {
    /// A home that the owner can write in.
    fn find_home(self, environment: &mut BTreeMap<String, String>) -> Option<Note> {
        let given = environment.get("HOME").filter(|path| path.starts_with('/'));
        let trouble = match given {
            Some(path) if self.can_use(Path::new(path)) => return None,
            Some(path) => format!("{self} of the workspace, can't write to {path}"),
            None => "HOME is not set".to_owned(),
        };
        let own = Path::new(HOMES).join(self.uid.to_string());
        if !self.can_use(&own) {
            return Some(Note::new(Level::Warning, format!("{trouble}, and no home can be made at {}", own.display())));
        }
        environment.insert("HOME".to_owned(), own.display().to_string());
        Some(Note::new(Level::Notice, format!("{trouble}: HOME is {} from here on", own.display())))
    }

    /// A place for state that the owner can write in, and that an agent which is a third user can enter.
    fn find_state(self, environment: &mut BTreeMap<String, String>) -> Option<Note> {
        let given = environment.get("XDG_STATE_HOME").filter(|path| path.starts_with('/')).map(PathBuf::from);
        let state = given.or_else(|| Some(Path::new(environment.get("HOME")?).join(STATE)))?;
        if self.can_use(&state) && others_can_enter(&state) {
            return None;
        }
        let own = Path::new(HOMES).join(self.uid.to_string()).join(STATE);
        if !self.can_use(&own) {
            // Where the agent needs no user of its own, the given place may do.
            return None;
        }
        let text = format!("another user can't enter {}: state is in {} from here on", state.display(), own.display());
        environment.insert("XDG_STATE_HOME".to_owned(), own.display().to_string());
        Some(Note::new(Level::Info, text))
    }

    /// Gets a file of root's; never what a link leads to, and no file that has another name too.
    fn get(self, path: &Path) -> io::Result<()> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new().append(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        let found = file.metadata()?;
        if found.is_file() && found.nlink() == 1 && found.uid() == 0 {
            fchown(&file, Some(self.uid), Some(self.gid))?;
        }
        Ok(())
    }

    /// Whether the owner can write in a folder; one that isn't there is made.
    fn can_use(self, path: &Path) -> bool {
        let writes = || access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
        if writes() || (folder().recursive(true).create(path).is_ok() && writes()) {
            return true;
        }
        let made = as_root(|| match metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make(path),
            _ => Ok(()),
        });
        matches!(made, Ok(Ok(()))) && writes()
    }

    /// Makes a folder where only root can.
    fn make(self, path: &Path) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            create_dir_all(parent)?;
        }
        folder().create(path)?;
        chown(path, Some(self.uid), Some(self.gid))
    }
}

/// How folders are made that lead to the agent's tree: others can pass, and see nothing.
fn folder() -> DirBuilder {
    let mut folder = DirBuilder::new();
    folder.mode(0o711);
    folder
}

fn others_can_enter(path: &Path) -> bool {
    let open = |at: &Path| metadata(at).is_ok_and(|found| found.mode() & 0o001 != 0);
    path.canonicalize().is_ok_and(|path| path.ancestors().all(open))
}

fn can_write(path: &Path) -> bool {
    access(path, Access::WRITE_OK).is_ok()
}
