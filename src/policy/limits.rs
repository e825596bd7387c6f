//! What may leave a run: how much, and which files only with a reader's eye on them (spec 2.4 `publish`, 7.4).

mod names;

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Serialize;

use self::names::same_place;

/// `publish.maxFiles` where it isn't set.
pub const DEFAULT_MAX_FILES: u64 = 100;

/// `publish.maxBytes` where it isn't set, in mebibytes.
pub const DEFAULT_MAX_MEBIBYTES: u32 = 4;

/// `publish.skip` where it isn't set: folders that codexctl and its hooks use.
pub const DEFAULT_SKIP: [&str; 2] = [".codexctl/**", ".bin/**"];

/// `publish.protectedPaths` where it isn't set. The config file, hook scripts and envFiles that it names are added by their names
/// ([`Options::config`], [`Options::named`]). Attributes count in every folder, as git reads them there.
pub const DEFAULT_PROTECTED: [&str; 6] =
    [".github/**", "**/AGENTS.md", "**/CODEOWNERS", ".codex/**", "**/.gitattributes", ".gitmodules"];

/// What to do with changes to protected paths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnProtected {
    /// The pull request says so at its top and stays a draft.
    #[default]
    Draft,
    /// Nothing is published.
    Refuse,
}

/// The policy as services.yaml has it, defaults put in.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The most files that may change.
    pub max_files: u64,
    /// The most bytes that changed files may have together.
    pub max_bytes: u64,
    /// Globs of protected paths.
    pub protected: &'a [String],
    /// The config file, relative to the root: protected unless only its `versions` change.
    pub config: &'a str,
    /// Hook scripts and envFiles that the config file names: protected too.
    pub named: &'a [String],
    /// What to do with changes to protected paths.
    pub on_protected: OnProtected,
    /// Globs of paths that are not published.
    pub skip: &'a [String],
}

/// What a changed path is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// A file, new or changed.
    File,
    /// A symbolic link, new or changed.
    Link,
    /// Gone.
    Deleted,
    /// A pointer to a commit of another repository; always protected (spec 7.3).
    Submodule,
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the root, with `/`.
    pub path: String,
    /// The size that it has now; 0 when it is gone.
    pub bytes: u64,
    /// What it is now.
    pub kind: ChangeKind,
    /// For the config file: only its `versions` differ. The caller compares; here it is a word to trust.
    pub versions_only: bool,
}

/// What may happen with the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Publish.
    Allowed,
    /// Publish as a draft that names these protected paths at its top.
    Draft {
        /// The paths, sorted.
        protected: Vec<String>,
    },
    /// Publish nothing.
    Refused {
        /// Why, as a sentence without a full stop.
        reason: String,
    },
}

/// The verdict, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// What may happen.
    pub verdict: Verdict,
    /// What would be published.
    pub kept: Vec<&'a Change>,
    /// Paths that `publish.skip` leaves out.
    pub skipped: Vec<&'a str>,
}

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A glob is none.
    #[error("publish.{field}: `{glob}` is no glob: {reason}")]
    Glob {
        /// `protectedPaths` or `skip`.
        field: &'static str,
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A size is none.
    #[error(
        "`{text}` is no size: write bytes (4194304), or a number with k, M, G (thousands) or Ki, Mi, Gi (1024s), such as 4Mi"
    )]
    Size {
        /// What stands there.
        text: String,
    },
}

/// A policy that is ready to judge.
#[derive(Debug, Clone)]
pub struct Policy {
    max_files: u64,
    max_bytes: u64,
    protected: GlobSet,
    named: Vec<String>,
    config: String,
    on_protected: OnProtected,
    skip: GlobSet,
}

impl Policy {
    /// Makes a policy ready.
    ///
    /// # Errors
    /// [`PolicyError::Glob`] for a glob that is none.
    pub fn new(options: &Options<'_>) -> Result<Self, PolicyError> {
        Ok(Self {
            max_files: options.max_files,
            max_bytes: options.max_bytes,
            // On macOS and Windows `.GitHub/` is `.github/`, and whoever checks it out there gets the protected file.
            protected: globs("protectedPaths", &with_folders(options.protected), true)?,
            named: options.named.iter().map(|path| same_place(path)).collect(),
            config: same_place(options.config),
            on_protected: options.on_protected,
            skip: globs("skip", options.skip, false)?,
        })
    }

    /// Judges a list of changes.
    pub fn judge<'a>(&self, changes: &'a [Change]) -> Outcome<'a> {
        let (skipped, kept): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| self.skip.is_match(&change.path));
        let skipped = skipped.into_iter().map(|change| change.path.as_str()).collect();
        let verdict = self.verdict(&kept);
        Outcome { verdict, kept, skipped }
    }

    fn verdict(&self, kept: &[&Change]) -> Verdict {
        if let Some(change) = kept.iter().find(|change| leaves_the_tree(&change.path)) {
            return Verdict::Refused { reason: format!("{:?} is no path that a repository may hold", change.path) };
        }
        let files = kept.len() as u64;
        if files > self.max_files {
            let reason = format!(
                "{files} files changed{}, publish.maxFiles allows {}: raise it, or add what is generated to .gitignore or publish.skip",
                most(kept),
                self.max_files
            );
            return Verdict::Refused { reason };
        }
        let bytes = kept.iter().fold(0_u64, |sum, change| sum.saturating_add(change.bytes));
        if bytes > self.max_bytes {
            let largest = kept.iter().max_by_key(|change| change.bytes).map_or("", |change| change.path.as_str());
            let reason = format!(
                "changed files have {bytes} bytes, publish.maxBytes allows {} (the largest is {largest})",
                self.max_bytes
            );
            return Verdict::Refused { reason };
        }
        let protected = self.protected(kept.iter().copied());
        match (protected.is_empty(), self.on_protected) {
            (true, _) => Verdict::Allowed,
            (false, OnProtected::Draft) => Verdict::Draft { protected },
            (false, OnProtected::Refuse) => Verdict::Refused {
                reason: format!("protected paths changed, and publish.onProtected is refuse: {}", protected.join(", ")),
            },
        }
    }

    /// The protected paths among changes, each once, by name.
    pub fn protected<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Vec<String> {
        let protected = changes.into_iter().filter(|change| self.protects(change));
        let mut protected: Vec<String> = protected.map(|change| change.path.clone()).collect();
        protected.sort();
        protected.dedup();
        protected
    }

    fn protects(&self, change: &Change) -> bool {
        let is_config = same_place(&change.path) == self.config;
        // Another spelling of the config file's name is another file, and no word about its `versions` is about it.
        let versions_only = change.versions_only && change.path.trim_start_matches("./").to_lowercase() == self.config;
        change.kind == ChangeKind::Submodule || (is_config && !versions_only) || self.is_protected(&change.path)
    }

    /// Whether a path is protected by a glob or by its name. The config file has a rule of its own, which a glob of the user's may
    /// still make stricter.
    pub fn is_protected(&self, path: &str) -> bool {
        let place = same_place(path);
        self.named.contains(&place)
            || self.protected.is_match(path)
            || self.protected.is_match(&place)
            // It may stand for any name, and which one only the file system of a checkout knows.
            || path.split(['/', '\\']).any(names::is_short_name)
    }
}

/// Reads a size: bytes, or with a unit of 1000 (`k`, `M`, `G`, with or without `B`) or of 1024 (`Ki`, `Mi`, `Gi`).
///
/// # Errors
/// [`PolicyError::Size`] for anything else, fractions and what doesn't fit in 64 bits included.
pub fn parse_size(text: &str) -> Result<u64, PolicyError> {
    let wrong = || PolicyError::Size { text: text.chars().take(40).collect() };
    let trimmed = text.trim();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let factor: u64 = match unit.strip_suffix('b').unwrap_or(&unit) {
        "" => 1,
        "k" => 1000,
        "m" => 1000 * 1000,
        "g" => 1000 * 1000 * 1000,
        "ki" => 1 << 10,
        "mi" => 1 << 20,
        "gi" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

/// The globs, and for each of all that is in a folder the folder itself: a link in its place would swap all of it.
fn with_folders(list: &[String]) -> Vec<String> {
    let folders = list.iter().filter_map(|glob| glob.strip_suffix("/**")).filter(|folder| !folder.is_empty());
    list.iter().map(String::as_str).chain(folders).map(str::to_owned).collect()
}

fn globs(field: &'static str, list: &[String], any_case: bool) -> Result<GlobSet, PolicyError> {
    let wrong = |glob: &str, error: &globset::Error| PolicyError::Glob {
        field,
        glob: glob.to_owned(),
        reason: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for text in list {
        let text = names::composed(text.trim_start_matches("./"));
        // `*` stays within a folder, as people know it from gitignore and workflows; `**` crosses them.
        let glob = GlobBuilder::new(&text).literal_separator(true).case_insensitive(any_case).build();
        set.add(glob.map_err(|error| wrong(&text, &error))?);
    }
    set.build().map_err(|error| wrong(&list.join(", "), &error))
}

/// Whether a path leads out of the tree or into git's own folder. The collector refuses these too; this is the second lock.
fn leaves_the_tree(path: &str) -> bool {
    path.is_empty()
        || path.contains('\0')
        || path
            .split('/')
            .any(|part| part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git"))
}

/// Where most of the changes are: usually a folder that should be ignored.
fn most(kept: &[&Change]) -> String {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for change in kept {
        if let Some((folder, _)) = change.path.split_once('/') {
            *folders.entry(folder).or_default() += 1;
        }
    }
    match folders.into_iter().max_by_key(|(_, count)| *count) {
        Some((folder, count)) => format!(" ({count} of them in {folder}/)"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
