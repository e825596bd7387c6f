//! The texts of what is written: services.yaml, the caller workflow, the pull request. Their templates are files.

use serde::Serialize;

use super::Plan;
use super::arrange::Group;
use super::found::{Found, MANIFEST_FOLDERS};
use super::name::yaml;
use crate::report::template::{Escape, Text, Texts, texts};
use crate::report::{Lang, TextError};
use crate::stack::SCHEMA_ID;

/// The project's page.
pub(super) const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// Where the reference of services.yaml stands.
const DOCS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/services-yaml.md");

/// An event to try the command with.
pub(super) const EVENT: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/examples/shop/events/dev.json");

/// Manifests of an agent's pod.
const AGENT: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/examples/shop/deploy/codex");

/// The caller as it stands in the gallery.
const CALLER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/workflows-templates/ai.yml"));

/// What the gallery's caller calls, up to the revision.
const CALLED: &str = "/.github/workflows/ai.yml@";

static STACK: Text = Text::new(
    "init/services.yaml.hbs",
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/init/services.yaml.hbs")),
    &[],
    Escape::Nothing,
    Lang::En,
);

static PULL: Texts = texts!("init", "pull", Escape::Markdown, []);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StackView<'a> {
    schema: &'a str,
    docs: &'a str,
    project: String,
    project_name: &'a str,
    project_from: &'a str,
    branch: &'a str,
    lang: &'a str,
    /// Whether there are manifests, and with them a stack to deploy.
    stack: bool,
    /// Whether there is a stack without the agent's own pod.
    without_agent: bool,
    agent: &'a str,
    folders: String,
    oddities: Vec<String>,
    images: Vec<ImageView<'a>>,
    infrastructure: Vec<GroupView<'a>>,
    services: Vec<GroupView<'a>>,
    hints: &'a [String],
}

#[derive(Serialize)]
struct ImageView<'a> {
    name: String,
    plain: &'a str,
    dockerfile: &'a str,
    context: &'a str,
}

#[derive(Serialize)]
struct GroupView<'a> {
    name: String,
    kinds: &'a str,
    files: &'a [String],
    image: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PullView<'a> {
    home: &'a str,
    docs: &'a str,
    event: &'a str,
    workflow: &'a str,
    own_stack: bool,
    own_workflow: bool,
    stack: bool,
    infrastructure: usize,
    services: usize,
    images: usize,
    oddities: usize,
}

/// The text of services.yaml.
pub(super) fn stack(plan: &Plan<'_>, found: &Found) -> Result<String, TextError> {
    let (infrastructure, services) = (&found.arranged.infrastructure, &found.arranged.services);
    STACK.render(&StackView {
        schema: SCHEMA_ID,
        docs: DOCS,
        project: yaml(plan.project),
        project_name: plan.project,
        project_from: plan.project_from,
        branch: plan.branch.unwrap_or("the default branch"),
        lang: plan.lang.code(),
        stack: has_stack(found),
        without_agent: has_stack(found) && !services.iter().any(|service| service.name == "codex"),
        agent: AGENT,
        folders: MANIFEST_FOLDERS.join(", "),
        oddities: found.oddities.iter().map(ToString::to_string).collect(),
        images: found
            .images
            .iter()
            .map(|image| ImageView {
                name: yaml(&image.name),
                plain: &image.name,
                dockerfile: &image.dockerfile,
                context: &image.context,
            })
            .collect(),
        infrastructure: infrastructure.iter().map(|one| view(one, None)).collect(),
        services: services.iter().map(|one| view(one, image_of(one, found))).collect(),
        hints: &found.hints,
    })
}

fn view<'a>(group: &'a Group, image: Option<&'a str>) -> GroupView<'a> {
    GroupView { name: yaml(&group.name), kinds: &group.kinds, files: &group.files, image }
}

/// The image that a service runs: the one of its name, or the only one there is for the only service.
fn image_of<'a>(service: &Group, found: &'a Found) -> Option<&'a str> {
    let only = found.arranged.services.len() == 1 && found.images.len() == 1;
    found.images.iter().find(|image| only || image.name == service.name).map(|image| image.name.as_str())
}

fn has_stack(found: &Found) -> bool {
    !found.arranged.infrastructure.is_empty() || !found.arranged.services.is_empty()
}

/// The caller workflow, which calls the codexctl of this commit, or of the tag of its version. Without one, as in a build from a tarball,
/// it calls what the gallery does.
pub(super) fn workflow(revision: Option<&str>) -> String {
    let Some((revision, (before, after))) = revision.zip(CALLER.split_once(CALLED)) else { return CALLER.to_owned() };
    let (_, after) = after.split_once('\n').unwrap_or_default();
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let note = if revision == version { String::new() } else { format!(" # {version}") };
    format!("{before}{CALLED}{revision}{note}\n{after}")
}

/// The text of the pull request.
pub(super) fn pull(plan: &Plan<'_>, found: &Found, own_stack: bool, own_workflow: bool) -> Result<String, TextError> {
    PULL.render(
        plan.lang,
        &PullView {
            home: HOME,
            docs: DOCS,
            event: EVENT,
            workflow: super::WORKFLOW,
            own_stack,
            own_workflow,
            stack: has_stack(found),
            infrastructure: found.arranged.infrastructure.len(),
            services: found.arranged.services.len(),
            images: found.images.len(),
            oddities: found.oddities.len(),
        },
    )
}

/// The title of the pull request.
pub(super) fn title(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Let Codex work on issues",
        Lang::Ru => "Codex берётся за задачи",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_names_the_commit_that_it_calls() {
        let pinned = workflow(Some("0123456789abcdef"));
        let lines: Vec<&str> = pinned.lines().filter(|line| line.contains(CALLED)).collect();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            lines,
            [format!("    uses: codex-k8s/codexctl-action/.github/workflows/ai.yml@0123456789abcdef # v{version}")]
        );
        assert_eq!(pinned.lines().count(), CALLER.lines().count());
        let tag = format!("v{version}");
        let tagged = workflow(Some(&tag));
        assert!(tagged.contains(&format!("/ai.yml@{tag}\n")), "{tagged}");
        assert_eq!(workflow(None), CALLER);
    }
}
