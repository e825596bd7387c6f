//! What the agent's commands can't even read in Codex's own sandbox: sockets that lead out of it, and keys of the user.
//!
//! The sandbox keeps other processes out of sight and the disk from being written. It does not keep a command from asking a service
//! of this user to do it instead: Docker and its kind start anything as root, a user's systemd and tmux start anything as the user.

use std::fs;
use std::path::{Path, PathBuf};

use super::AgentRun;

/// Docker's socket, which is root for whoever may write to it.
const DOCKER: [&str; 2] = ["/run/docker.sock", "/var/run/docker.sock"];

/// Folders of sockets: other container engines, the user's own services (systemd, D-Bus, Podman, keys), terminals, the screen.
const SOCKETS: [&str; 8] = [
    "/run/containerd",
    "/run/crio",
    "/run/dbus",
    "/run/podman",
    "/run/screen",
    "/run/user",
    "/tmp/.X11-unix",
    "/tmp/.ICE-unix",
];

/// How folders of sockets begin that tmux and ssh-agent make below `/tmp`.
const IN_TMP: [&str; 2] = ["tmux-", "ssh-"];

/// Where tools keep keys in a home.
const IN_HOME: [&str; 13] = [
    ".Xauthority",
    ".aws",
    ".azure",
    ".codex",
    ".config/codex",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".docker",
    ".git-credentials",
    ".gnupg",
    ".kube",
    ".ssh",
];

/// What a probe asks for: without a run there are only the sockets.
pub(super) fn sockets() -> Vec<PathBuf> {
    let in_tmp = fs::read_dir("/tmp").into_iter().flatten().flatten().filter(|entry| {
        let name = entry.file_name();
        IN_TMP.iter().any(|begin| name.as_encoded_bytes().starts_with(begin.as_bytes()))
    });
    let in_tmp: Vec<PathBuf> = in_tmp.map(|entry| entry.path()).collect();
    there(DOCKER.into_iter().chain(SOCKETS).map(PathBuf::from).chain(in_tmp))
}

/// What a run's commands can't read.
pub(super) fn of(run: &AgentRun) -> Vec<PathBuf> {
    let home = run.env.iter().find(|(name, _)| name == "HOME").map(|(_, value)| PathBuf::from(value.expose()));
    let keys = home.iter().flat_map(|home| IN_HOME.iter().map(|name| home.join(name)));
    there(sockets().into_iter().chain(keys).chain(run.hidden.iter().cloned()))
}

/// Those that exist, by the names that have no links in them: the sandbox refuses to hide what a link leads to.
fn there(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        paths.filter_map(|path| fs::canonicalize(path).ok()).filter(|path| path != Path::new("/")).collect();
    found.sort();
    found.dedup();
    found
}

/// Closes what is hidden to all users but its owner, for an agent that is another user. What isn't ours is its owner's to close, and
/// what the agent's own tree lies in stays passable.
pub(super) fn close(run: &AgentRun) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    for path in run.hidden.iter().filter(|path| !run.tree.starts_with(path)) {
        let Ok(found) = fs::symlink_metadata(path) else { continue };
        if !found.is_symlink() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 != 0 {
            let closed = fs::Permissions::from_mode(found.mode() & 0o700);
            if let Err(error) = fs::set_permissions(path, closed) {
                tracing::warn!("can't close {} to other users: {error}", path.display());
            }
        }
    }
}
