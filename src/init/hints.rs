//! How a project is built and tested, by the files that its languages have: a first word to the agent.

use std::path::Path;

use serde_json::Value;

/// The files that tell, by their names.
pub(super) const FILES: [&str; 6] =
    ["Cargo.toml", "Makefile", "go.mod", "package.json", "pyproject.toml", "requirements.txt"];

/// At most so many lines: what the agent needs first, not an inventory.
const MOST: usize = 10;

/// One sentence for each file, given by their paths below `root`; those in upper folders first.
pub(super) fn hints(root: &Path, files: &[String]) -> Vec<String> {
    let mut files: Vec<&String> = files.iter().collect();
    files.sort_by_key(|file| (file.matches('/').count(), file.as_str()));
    let mut lines: Vec<String> = files.iter().filter_map(|file| hint(root, file, &files)).collect();
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("And {more} more in other folders."));
    }
    lines
}

fn hint(root: &Path, file: &str, all: &[&String]) -> Option<String> {
    let (folder, own) = file.rsplit_once('/').unwrap_or(("", file));
    let here = root.join(folder);
    let there = |name: &str| here.join(name).exists();
    let text = std::fs::read_to_string(root.join(file)).ok()?;
    let at_root = |name: &str| !folder.is_empty() && all.iter().any(|other| other.as_str() == name);
    let (what, commands): (&str, Vec<(String, &str)>) = match own {
        // A workspace at the root builds and tests its members.
        "Cargo.toml" if at_root("Cargo.toml") => return None,
        "Cargo.toml" => ("Rust", vec![("cargo build".into(), "builds"), ("cargo test".into(), "tests")]),
        "go.mod" => ("Go", vec![("go build ./...".into(), "builds"), ("go test ./...".into(), "tests")]),
        "package.json" => ("Node", node(&text, &there, root)?),
        "pyproject.toml" => ("Python", python(&text, &there)),
        "requirements.txt" if there("pyproject.toml") => return None,
        "requirements.txt" => {
            let tests = text.lines().any(|line| line.trim_start().starts_with("pytest"));
            let install = ("pip install -r requirements.txt".into(), "installs");
            let test = tests.then(|| ("python -m pytest".into(), "tests"));
            ("Python", std::iter::once(install).chain(test).collect())
        }
        "Makefile" => {
            let has =
                |target: &str| text.lines().any(|line| line.split(':').next() == Some(target) && line.contains(':'));
            let targets = [("build", "builds"), ("test", "tests"), ("lint", "checks the style")];
            let found = targets.into_iter().filter(|(target, _)| has(target));
            ("Make", found.map(|(target, does)| (format!("make {target}"), does)).collect())
        }
        _ => return None,
    };
    if commands.is_empty() {
        return None;
    }
    let commands: Vec<String> = commands.into_iter().map(|(command, does)| format!("`{command}` {does}")).collect();
    let place = if folder.is_empty() { String::new() } else { format!(" in {folder}/") };
    Some(format!("{what}{place} ({own}): {}.", commands.join(", ")))
}

/// None for a package that has nothing to install or run.
fn node(text: &str, there: &impl Fn(&str) -> bool, root: &Path) -> Option<Vec<(String, &'static str)>> {
    let package: Value = serde_json::from_str(text).ok()?;
    let has = |name: &str| there(name) || root.join(name).exists();
    let (runner, install) = if has("pnpm-lock.yaml") {
        ("pnpm", "pnpm install")
    } else if has("yarn.lock") {
        ("yarn", "yarn install")
    } else if has("bun.lock") || has("bun.lockb") {
        ("bun", "bun install")
    } else if has("package-lock.json") {
        ("npm", "npm ci")
    } else {
        ("npm", "npm install")
    };
    let mut commands = Vec::new();
    let some = |name: &str| package.get(name).and_then(Value::as_object).is_some_and(|names| !names.is_empty());
    if some("dependencies") || some("devDependencies") {
        commands.push((install.to_owned(), "installs"));
    }
    for (script, does) in [("build", "builds"), ("test", "tests"), ("lint", "checks the style")] {
        let line = package.get("scripts").and_then(|scripts| scripts.get(script)).and_then(Value::as_str);
        // `npm init` writes a script that only fails.
        if line.is_some_and(|line| !line.contains("no test specified")) {
            let command = if script == "test" && runner != "bun" { "test".to_owned() } else { format!("run {script}") };
            commands.push((format!("{runner} {command}"), does));
        }
    }
    (!commands.is_empty()).then_some(commands)
}

fn python(text: &str, there: &impl Fn(&str) -> bool) -> Vec<(String, &'static str)> {
    let (install, prefix) = if there("uv.lock") {
        ("uv sync", "uv run ")
    } else if there("poetry.lock") {
        ("poetry install", "poetry run ")
    } else {
        ("pip install -e .", "python -m ")
    };
    let mut commands = vec![(install.to_owned(), "installs")];
    if text.contains("pytest") {
        commands.push((format!("{prefix}pytest"), "tests"));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let telling = |path: &str| FILES.contains(&path.rsplit('/').next().unwrap());
        let paths: Vec<String> =
            files.iter().map(|(path, _)| (*path).to_owned()).filter(|path| telling(path)).collect();
        hints(folder.path(), &paths).join("\n")
    }

    #[test]
    fn every_language_has_its_commands() {
        insta::assert_snapshot!(shown(&[
            ("Cargo.toml", ""),
            ("crates/a/Cargo.toml", ""),
            ("Makefile", "test: build\n\tgo test\nbuild:\n.PHONY: lint\n"),
            ("go.mod", ""),
            ("tools/go.mod", ""),
            ("package.json", r#"{"scripts": {"test": "node --test"}}"#),
            ("api/pyproject.toml", "[tool.pytest.ini_options]\n"),
            ("api/uv.lock", ""),
            ("jobs/requirements.txt", "requests\npytest==8\n"),
        ]), @"
        Rust (Cargo.toml): `cargo build` builds, `cargo test` tests.
        Make (Makefile): `make build` builds, `make test` tests.
        Go (go.mod): `go build ./...` builds, `go test ./...` tests.
        Node (package.json): `npm test` tests.
        Python in api/ (pyproject.toml): `uv sync` installs, `uv run pytest` tests.
        Python in jobs/ (requirements.txt): `pip install -r requirements.txt` installs, `python -m pytest` tests.
        Go in tools/ (go.mod): `go build ./...` builds, `go test ./...` tests.
        ");
    }

    #[test]
    fn node_packages_use_the_manager_whose_lock_file_is_there() {
        let package = r#"{"scripts": {"build": "x", "test": "x", "lint": "x"}, "devDependencies": {"x": "1"}}"#;
        let mut out = String::new();
        for lock in ["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "none"] {
            out.push_str(&shown(&[("package.json", package), (lock, "")]));
            out.push('\n');
        }
        insta::assert_snapshot!(out, @"
        Node (package.json): `npm ci` installs, `npm run build` builds, `npm test` tests, `npm run lint` checks the style.
        Node (package.json): `pnpm install` installs, `pnpm run build` builds, `pnpm test` tests, `pnpm run lint` checks the style.
        Node (package.json): `yarn install` installs, `yarn run build` builds, `yarn test` tests, `yarn run lint` checks the style.
        Node (package.json): `bun install` installs, `bun run build` builds, `bun run test` tests, `bun run lint` checks the style.
        Node (package.json): `npm install` installs, `npm run build` builds, `npm test` tests, `npm run lint` checks the style.
        ");
    }

    #[test]
    fn what_has_nothing_to_run_is_not_told() {
        let stub = r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#;
        assert_eq!(shown(&[("package.json", stub), ("Makefile", "all:\n"), ("web/package.json", "{broken")]), "");
    }

    #[test]
    fn a_long_list_ends_with_how_many_more_there_are() {
        let files: Vec<String> = (10..25).map(|number| format!("service-{number}/go.mod")).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "")).collect();
        assert_eq!(shown(&files).lines().last(), Some("And 5 more in other folders."));
    }
}
