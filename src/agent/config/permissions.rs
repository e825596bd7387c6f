//! What commands can reach in Codex's own sandbox, as a permission profile: all that `workspace-write` lets them, less what is hidden.
//!
//! `workspace-write` alone lets them read whatever this user can read, and talk to every socket that this user may talk to. A Codex
//! that knows no profiles goes by `sandbox_mode`, which stays beside them; the probe finds out what that one reaches.
//! Source: <https://developers.openai.com/codex/permissions>.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::piece::section;

/// Name of our profile.
const PROFILE: &str = "codexctl";

/// Puts the profile into a configuration whose `sandbox_workspace_write` is complete, and has Codex use it.
pub(super) fn add(table: &mut Table, tree: &Path, hidden: &[PathBuf]) {
    let sandbox = section(table, "sandbox_workspace_write");
    let switch = |name: &str| sandbox.get(name).and_then(Value::as_bool);
    let network = switch("network_access").unwrap_or(false);
    let slash_tmp = !switch("exclude_slash_tmp").unwrap_or(false);
    let roots = sandbox.get("writable_roots").and_then(Value::as_array).into_iter().flatten();
    let writable: Vec<PathBuf> = roots.filter_map(Value::as_str).map(PathBuf::from).collect();
    let profile = profile(tree, &writable, slash_tmp, network, hidden);
    section(table, "permissions").insert(PROFILE.to_owned(), Value::Table(profile));
    table.insert("default_permissions".to_owned(), PROFILE.into());
}

/// A whole configuration with nothing but the profile, for a look at what it lets through.
pub(in crate::agent) fn alone(tree: &Path, hidden: &[PathBuf]) -> String {
    let mut table = Table::new();
    table.insert("sandbox_mode".to_owned(), "workspace-write".into());
    section(&mut table, "sandbox_workspace_write").insert("network_access".to_owned(), true.into());
    add(&mut table, tree, hidden);
    table.to_string()
}

fn profile(tree: &Path, writable: &[PathBuf], slash_tmp: bool, network: bool, hidden: &[PathBuf]) -> Table {
    let mut files = Table::new();
    let mut set = |path: &Path, access: &str| files.insert(path.display().to_string(), access.into());
    set(Path::new("/"), "read");
    if slash_tmp {
        set(Path::new("/tmp"), "write");
    }
    for path in hidden {
        set(path, "none");
    }
    // Of two that name the same place the later one counts: where the agent works is never hidden from it.
    for path in writable.iter().map(PathBuf::as_path).chain([tree]) {
        set(path, "write");
    }
    let mut profile = Table::new();
    profile.insert("filesystem".to_owned(), Value::Table(files));
    let mut net = Table::new();
    net.insert("enabled".to_owned(), network.into());
    profile.insert("network".to_owned(), Value::Table(net));
    profile
}
