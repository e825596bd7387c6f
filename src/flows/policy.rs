//! The publish policy of services.yaml, put before the pure judge of [`crate::policy::limits`].

mod links;

use std::path::Path;

use super::run::Run;
use super::stop::Stop;
use crate::policy::limits::{Change, ChangeKind, DEFAULT_PROTECTED, Options, Policy, Verdict};
use crate::publish::{Changed, Collected, Kind};
use crate::stack;

/// Judges the collected change.
///
/// # Errors
/// A glob of the policy can't be read.
pub(super) fn judge(run: &Run, collected: &Collected) -> Result<Verdict, Stop> {
    let Some(policy) = policy(run)? else { return Ok(Verdict::Allowed) };
    let config = config(run);
    let changes: Vec<Change> = collected.files.iter().map(|file| change(run, file, &config)).collect();
    Ok(policy.judge(&changes).verdict)
}

/// The protected ones among the files that a branch has changed as a whole.
///
/// # Errors
/// A glob of the policy can't be read.
pub(super) fn protected(run: &Run, changed: &[(String, Kind)]) -> Result<Vec<String>, Stop> {
    let Some(policy) = policy(run)? else { return Ok(Vec::new()) };
    let config = config(run);
    let file = |(path, kind): &(String, Kind)| Changed { path: path.clone(), kind: *kind, bytes: 0, lines: None };
    let changes: Vec<Change> = changed.iter().map(|changed| change(run, &file(changed), &config)).collect();
    Ok(policy.protected(&changes))
}

fn config(run: &Run) -> String {
    run.workplace.config_in_repository.to_string_lossy().into_owned()
}

/// The policy of the trusted services.yaml; none before that is read.
fn policy(run: &Run) -> Result<Option<Policy>, Stop> {
    let Some(loaded) = &run.found.stack else { return Ok(None) };
    let publish = &loaded.stack.publish;
    let config = config(run);
    let folder = run.workplace.config_in_repository.parent();
    // Globs of services.yaml's own files start at its folder, changed paths at the root of the repository.
    let within = |glob: String| match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => format!("{}/{glob}", globset::escape(&folder.to_string_lossy())),
        None => glob,
    };
    let own = loaded.own_files().into_iter().map(within).filter(|glob| *glob != globset::escape(&config));
    let usual = || DEFAULT_PROTECTED.map(str::to_owned).to_vec();
    let mut protected = publish.protected_paths.clone().unwrap_or_else(usual);
    protected.extend(own);
    let of = |protected: &[String]| {
        Policy::new(&Options {
            max_files: publish.max_files,
            max_bytes: publish.max_bytes.bytes(),
            protected,
            config: &config,
            named: &[],
            on_protected: publish.on_protected,
            skip: &publish.skip,
        })
        .map_err(|error| Stop::Usage(error.to_string()))
    };
    let mut judge = of(&protected)?;
    if let Some(trusted) = &run.found.trusted {
        let behind = links::behind(trusted, &config, |path| judge.is_protected(path));
        if !behind.is_empty() {
            protected.extend(behind);
            judge = of(&protected)?;
        }
    }
    Ok(Some(judge))
}

fn change(run: &Run, file: &Changed, config: &str) -> Change {
    let kind = if file.kind == Kind::Deleted { ChangeKind::Deleted } else { ChangeKind::File };
    let versions_only = file.path == config && file.kind == Kind::Modified && only_versions(run);
    Change { path: file.path.clone(), bytes: file.bytes, kind, versions_only }
}

/// Whether the agent's services.yaml differs from the one that it started from in `versions` alone.
fn only_versions(run: &Run) -> bool {
    let shown = &run.workplace.config_in_repository;
    let read = |root: &Path| {
        let path = root.join(shown);
        // A link in its place would leave the real text out of everybody's sight.
        let is_file = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        if is_file { std::fs::read_to_string(path).ok() } else { None }
    };
    let before = run.found.trusted.as_deref().and_then(read);
    // What was collected is what leaves; the agent's own tree might still change.
    let after = read(&run.workplace.state.join("publish").join(run.clone_name()));
    matches!((before, after), (Some(before), Some(after)) if stack::same_but_versions(&before, &after))
}
