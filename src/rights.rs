//! As whom this process works: the owner of a workspace, and root again for a moment where only root can do a thing.
//!
//! Linux keeps users per thread, and the system calls behind this module change one thread only; one that is started later works as
//! the one that starts it. So a process changes its user before its second thread, and is root again only on a thread that lives for
//! one piece of work. What a program starts never gets root back: `exec` takes the effective user for the saved one (credentials(7)).

use std::io;

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use tokio::process::{Child, Command};

/// Becomes another user and group without supplementary groups. Root stays in this process's reach, for [`as_root`] alone.
///
/// # Errors
/// Not root, or root without the capabilities for it; or there is another thread already, which would stay what it is.
pub fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("another thread runs already"));
    }
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    Ok(set_thread_res_uid(uid, uid, Uid::ROOT)?)
}

/// Does a piece of work as root, on a thread of its own that ends with it.
///
/// # Errors
/// Root is out of reach.
pub fn as_root<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("root".to_owned()).spawn_scoped(scope, || {
            if !geteuid().is_root() {
                set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)?;
            }
            Ok(work())
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Whether [`as_root`] would work.
pub fn can_be_root() -> bool {
    as_root(|| ()).is_ok()
}

/// Starts a program as another user, with the group of the same number and no other, and without any way to more rights: programs
/// that the system starts as their owner (`sudo`) are for it like any other.
///
/// # Errors
/// Root is out of reach, or the program does not start.
///
/// # Panics
/// Outside of a runtime, as [`Command::spawn`].
pub fn spawn_as(command: &mut Command, uid: u32) -> io::Result<Child> {
    let runtime = tokio::runtime::Handle::current();
    as_root(|| {
        let _here = runtime.enter();
        set_no_new_privs(true)?;
        // Without any other word std drops all supplementary groups when root changes the user.
        command.uid(uid).gid(uid).spawn()
    })?
}
