//! `codexctl init`.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::call::{Call, block_on};
use super::{CommandError, Exit, Outcome};
use crate::clock::{Clock as _, SystemClock};
use crate::git::Git;
use crate::init::{self, Done, Existing, Repository, Request, STACK, WORKFLOW};
use crate::report::outputs::Outputs;
use crate::report::template::{Escape, Text};
use crate::report::{Lang, words};
use crate::ui::{Level, Note};

static OUTCOME: Text = Text::new(
    "init/outcome.hbs",
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/init/outcome.hbs")),
    &[],
    Escape::Nothing,
    Lang::En,
);

#[derive(Serialize)]
struct View<'a> {
    nothing: bool,
    folder: String,
    project: &'a str,
    branch: Option<&'a str>,
    event: &'a str,
    pull: Option<&'a str>,
    files: Vec<FileView>,
}

#[derive(Serialize)]
struct FileView {
    /// With blanks behind it, so that what follows stands in a column.
    path: String,
    does: String,
}

/// Runs the command.
pub(super) fn init(call: &mut Call) -> Result<Outcome, CommandError> {
    let folder = PathBuf::from(call.settings.text("dir").unwrap_or_default());
    only_services_yaml(call)?;
    let force = call.settings.switch("force")?;
    let lang = call.settings.choice("lang")?.and_then(|code| code.parse().ok()).unwrap_or(Lang::En);
    // Asked before git is: git in a folder that isn't there says less.
    init::check(&folder)?;
    // The texts name paths from here on; git's own are those without links.
    let folder = folder.canonicalize().unwrap_or(folder);
    let ended = block_on(async {
        // Without a token git keeps nothing in its folder.
        let git = Git::new(call.settings.process(), Path::new("/nonexistent"), None, &call.redactor);
        let repository = Repository::of(&git, &folder).await;
        let revision = revision(call, &git).await;
        let revision = revision.as_deref();
        init::init(&Request { folder: folder.clone(), force, lang, repository, revision }).await
    })?;
    match ended {
        Ok(done) => said(call, &folder, &done),
        Err(error) if error.is_usage() => Err(CommandError::new(error)),
        Err(error) => {
            call.ui.note(&Note::new(Level::Error, error.to_string()));
            Ok(Outcome { text: String::new(), exit: Exit::Failed })
        }
    }
}

/// What the workflow calls: of a released codexctl its release, of any other one the commit that it was built from.
async fn revision(call: &Call, git: &Git) -> Option<String> {
    let tag = env!("CODEXCTL_RELEASE");
    if tag.is_empty() {
        // GitHub takes a commit by its whole name only.
        return Some(env!("CODEXCTL_COMMIT").to_owned()).filter(|commit| commit.len() == 40);
    }
    match init::commit_of(git, init::HOME, tag).await {
        Ok(commit) => Some(commit),
        Err(why) => {
            let text = format!(
                "the workflow calls codexctl by the tag {tag}, for nobody could say which commit that is: to pin it, write the commit in \
                 place of the tag. {why}"
            );
            call.ui.note(&Note::new(Level::Warning, text));
            Some(tag.to_owned())
        }
    }
}

/// Another name for the file would have to stand in the workflow and in every later call.
fn only_services_yaml(call: &Call) -> Result<(), CommandError> {
    match call.settings.raw("config") {
        Some((name, source)) if name.trim_start_matches("./") != STACK => Err(CommandError::new(format!(
            "{source}: init writes {STACK}, not `{name}`: leave it out, rename the file later and set CODEXCTL_CONFIG in the workflow"
        ))),
        _ => Ok(()),
    }
}

/// What was done, for people or for programs.
fn said(call: &Call, folder: &Path, done: &init::Outcome) -> Result<Outcome, CommandError> {
    let existing = matches!(done.stack, Done::Kept)
        .then(|| init::existing(&folder.join(STACK), call.settings.process(), SystemClock.now()));
    let new_stack = matches!(done.stack, Done::Written | Done::Replaced(_));
    if new_stack {
        for oddity in &done.oddities {
            call.ui.note(&Note::new(Level::Warning, oddity.to_string()));
        }
    }
    if let Some(Existing::Wrong(_)) = existing {
        let text = format!("{STACK} has mistakes: `codexctl validate` shows them");
        call.ui.note(&Note::new(Level::Warning, text));
    }
    let text = match call.settings.choice("output")? {
        Some(format @ ("json" | "kv")) => call.render(&outputs(folder, done, existing, format == "json"))?,
        _ => {
            let text = OUTCOME.render(&View {
                nothing: done.pull.is_none(),
                folder: folder.display().to_string(),
                project: &done.project,
                branch: done.branch.as_deref(),
                event: init::EVENT,
                pull: done.pull.as_deref(),
                files: files(done, existing),
            })?;
            call.redactor.redact(&text).into_owned()
        }
    };
    Ok(Outcome { text, exit: Exit::Done })
}

/// A line for each file.
fn files(done: &init::Outcome, existing: Option<Existing>) -> Vec<FileView> {
    let mut lines = vec![(STACK, stack_line(done, existing)), (WORKFLOW, workflow_line(&done.workflow))];
    if let Some(pull) = &done.pull {
        lines.push((pull, "written: the text of the pull request".to_owned()));
    }
    let width = lines.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0);
    lines.into_iter().map(|(path, does)| FileView { path: format!("{path:width$}"), does }).collect()
}

fn stack_line(done: &init::Outcome, existing: Option<Existing>) -> String {
    let counted = |names: &[String], one: &str, many: &str| {
        let count = names.len() as u64;
        (count > 0).then(|| format!("{count} {}", words::plural(count, one, many, many, Lang::En)))
    };
    let parts: Vec<String> = [
        counted(&done.infrastructure, "infrastructure group", "infrastructure groups"),
        counted(&done.services, "service", "services"),
        counted(&done.images, "image", "images"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let holds = if parts.is_empty() { "the agent works without a cluster".to_owned() } else { parts.join(", ") };
    match (&done.stack, existing) {
        (Done::Written | Done::Called(_), _) => format!("written: {holds}"),
        (Done::Replaced(kept), _) => format!("replaced: {holds}; what stood there is now {kept}"),
        (Done::Same, _) => "unchanged".to_owned(),
        (Done::Kept, Some(Existing::Works(count))) => format!(
            "stays: it is there already and works as it is, in {}",
            if count == 1 { "its environment".to_owned() } else { format!("all its {count} environments") }
        ),
        (Done::Kept, Some(Existing::Wrong(count))) => {
            format!(
                "stays: it is there already, with {count} {}",
                words::plural(count as u64, "mistake", "mistakes", "mistakes", Lang::En)
            )
        }
        (Done::Kept, None) => "stays: it is there already".to_owned(),
    }
}

fn workflow_line(done: &Done) -> String {
    match done {
        Done::Written => "written: the label [ai-dev] on an issue starts a run".to_owned(),
        Done::Replaced(kept) => format!("replaced; what stood there is now {kept}"),
        Done::Same => "unchanged".to_owned(),
        Done::Kept => "stays: it is there already".to_owned(),
        Done::Called(by) => format!("not written: {by} calls codexctl already, and a label would start two runs"),
    }
}

/// The same as keys. Lists are lists in JSON, and have commas in lines.
fn outputs(folder: &Path, done: &init::Outcome, existing: Option<Existing>, json: bool) -> Outputs {
    let list = |items: Vec<String>| if json { Value::from(items) } else { Value::from(items.join(",")) };
    let word = |done: &Done| match done {
        Done::Written => "written",
        Done::Replaced(_) => "replaced",
        Done::Same => "unchanged",
        Done::Kept => "kept",
        Done::Called(_) => "not-needed",
    };
    let kept = |done: &Done| match done {
        Done::Replaced(kept) => Some(kept.clone()),
        _ => None,
    };
    let mut outputs = Outputs::default();
    outputs.set("folder", folder.display().to_string());
    outputs.set("project", done.project.as_str());
    outputs.set("services_yaml", word(&done.stack));
    outputs.set(
        "services_yaml_mistakes",
        match existing {
            Some(Existing::Wrong(count)) => count,
            _ => 0,
        },
    );
    outputs.set("workflow", word(&done.workflow));
    outputs.set("kept_as", list([&done.stack, &done.workflow].into_iter().filter_map(kept).collect()));
    outputs.set("pull_text", done.pull.as_deref().unwrap_or_default());
    let new_stack = !matches!(done.stack, Done::Kept);
    let names = |names: &[String]| list(if new_stack { names.to_vec() } else { Vec::new() });
    outputs.set("infrastructure", names(&done.infrastructure));
    outputs.set("services", names(&done.services));
    outputs.set("images", names(&done.images));
    let next: &[&str] = match done.pull {
        Some(_) => &[
            "codexctl validate",
            "codexctl run --event event.json --dry-run",
            "secret OPENAI_API_KEY",
            "label [ai-dev]",
        ],
        None => &[],
    };
    outputs.set("next", list(next.iter().map(|step| (*step).to_owned()).collect()));
    outputs
}
