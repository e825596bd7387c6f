//! What was found and can't simply be used: told on the command line and as a comment in services.yaml.

use std::fmt;
use std::mem::discriminant;

/// At most so many files are named; the others are counted.
const NAMED: usize = 5;

/// Something that the project's owner should look at, with the files or folders that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// What it is.
    pub what: What,
    /// Paths that can stand in a comment.
    pub paths: Vec<String>,
}

/// Kinds of oddities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A manifest with `{{` in it, which codexctl reads as a Go template.
    Template,
    /// A manifest that is no YAML from this line on.
    Broken(usize),
    /// A file that is too big to be a manifest, or can't be read.
    Unread,
    /// A manifest whose path can't stand in services.yaml; the path given is that of its nearest folder that can.
    Name,
    /// A manifest with an object that the named file, which is listed, has as well.
    Again {
        /// Kind and name of the object.
        object: String,
        /// The file that is listed.
        first: String,
    },
    /// A Helm chart.
    Helm,
    /// A folder that Kustomize changes while it renders it.
    Kustomize,
    /// A listed manifest that names this namespace.
    Namespace(String),
    /// A listed manifest that makes this namespace.
    MakesNamespace(String),
    /// A file of Docker Compose.
    Compose,
}

impl Oddity {
    pub(super) fn new(what: What, path: &str) -> Self {
        Self { what, paths: vec![path.to_owned()] }
    }
}

/// One oddity for all of a kind, in the order of the first ones. Those that must be looked at one by one stay apart.
pub(super) fn gathered(oddities: Vec<Oddity>) -> Vec<Oddity> {
    let mut out: Vec<Oddity> = Vec::new();
    for oddity in oddities {
        let alike = |known: &&mut Oddity| match (&known.what, &oddity.what) {
            (What::Broken(_), _) => false,
            (What::Namespace(one), What::Namespace(other)) => one == other,
            (one, other) => discriminant(one) == discriminant(other),
        };
        match out.iter_mut().find(alike) {
            Some(known) => known
                .paths
                .extend(oddity.paths.into_iter().filter(|path| !known.paths.contains(path)).collect::<Vec<_>>()),
            None => out.push(oddity),
        }
    }
    out
}

impl fmt::Display for Oddity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = self.paths.len() == 1;
        let either = |single: &'static str, several: &'static str| if one { single } else { several };
        let (first, more) = self.paths.split_at(self.paths.len().min(NAMED));
        let paths = match more.len() {
            0 => first.join(", "),
            count => format!("{} and {count} more", first.join(", ")),
        };
        let out_of_it = either("is left out", "are left out");
        match &self.what {
            What::Template => {
                let hold = either("it holds", "they hold");
                write!(out, "{paths} {out_of_it}: {hold} double braces, which codexctl reads as a Go template")
            }
            What::Broken(line) => write!(out, "{paths} is left out: from line {line} on it is no YAML"),
            What::Unread => write!(out, "{paths} {out_of_it}: no text that can be read, or more than 1 MiB of it"),
            What::Name => {
                write!(out, "manifests in {paths} are left out: double braces or control characters in their paths")
            }
            What::Again { object, first } if one => {
                write!(out, "{paths} is left out: {object} stands in {first} too, and only one of them can be applied")
            }
            What::Again { .. } => write!(out, "{paths} are left out: what they hold stands in other files too"),
            What::Helm => {
                let are = either("is a Helm chart", "are Helm charts");
                write!(out, "{paths} {are}: write what `helm template` prints into a file, and list that")
            }
            What::Kustomize => {
                let change = either("needs", "need");
                write!(
                    out,
                    "{paths} {change} Kustomize: write what `kubectl kustomize` prints into a file, and list that"
                )
            }
            What::Namespace(name) => {
                let names = either("names", "name");
                write!(out, "{paths} {names} the namespace `{name}`: without that line a slot's objects are in its own")
            }
            What::MakesNamespace(name) => write!(
                out,
                "{paths} {} the namespace `{name}`: codexctl makes each environment's own, so this can go",
                either("makes", "make")
            ),
            What::Compose => write!(
                out,
                "{paths} {} found: codexctl does not read Docker Compose, services need Kubernetes manifests",
                either("was", "were")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_told_in_one_line() {
        let mut oddities = Vec::new();
        for path in ["a", "b", "c", "d", "e", "f", "g", "g"] {
            oddities.push(Oddity::new(What::Template, path));
        }
        for (path, line) in [("x", 1), ("y", 2)] {
            oddities.push(Oddity::new(What::Broken(line), path));
        }
        for (path, name) in [("x", "one"), ("y", "two"), ("z", "one")] {
            oddities.push(Oddity::new(What::Namespace(name.to_owned()), path));
        }
        for path in ["x", "y"] {
            oddities.push(Oddity::new(What::Again { object: "Deployment a".to_owned(), first: "w".to_owned() }, path));
        }
        let lines: Vec<String> = gathered(oddities).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        a, b, c, d, e and 2 more are left out: they hold double braces, which codexctl reads as a Go template
        x is left out: from line 1 on it is no YAML
        y is left out: from line 2 on it is no YAML
        x, z name the namespace `one`: without that line a slot's objects are in its own
        y names the namespace `two`: without that line a slot's objects are in its own
        x, y are left out: what they hold stands in other files too
        ");
    }
}
