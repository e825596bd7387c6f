//! Hooks: scripts and built-in steps around the stack, its groups and its services.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::decode::{Reader, nearest, shown};
use super::schema;
use super::units::GoDuration;
use super::yaml::{Node, Place, Problem};

/// Steps before and after everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct StackHooks {
    /// Before anything is applied.
    pub before_all: Vec<HookStep>,
    /// After everything is applied.
    pub after_all: Vec<HookStep>,
}

/// Steps around an infrastructure group or a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct ResourceHooks {
    /// Before it is applied.
    pub before_apply: Vec<HookStep>,
    /// After it is applied. What comes next in the stack waits for these steps.
    pub after_apply: Vec<HookStep>,
    /// Before it is deleted.
    pub before_destroy: Vec<HookStep>,
    /// After it is deleted.
    pub after_destroy: Vec<HookStep>,
}

/// One step of a hook: a script (`run`) or a built-in step (`use`, with its settings in `with`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookStep {
    /// What the log calls it.
    pub name: Option<String>,
    /// Whether it runs, usually a template. It is left out where this is `false`, `0`, `no`, or there but empty.
    pub when: Option<String>,
    /// How long it may take.
    pub timeout: Option<GoDuration>,
    /// Whether the rest goes on when it fails.
    #[schemars(default)]
    pub continue_on_error: bool,
    /// What it does.
    #[schemars(flatten, with = "schema::Action")]
    pub action: HookAction,
    /// Where it stands in the file as written.
    #[serde(skip)]
    #[schemars(skip)]
    pub place: Place,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HookAction {
    /// A bash script, a template.
    Run(String),
    /// A built-in step.
    Use(Builtin),
}

/// The built-in steps. Their texts are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Builtin {
    /// Waits until an object of the cluster has a condition.
    #[serde(rename_all = "camelCase")]
    #[schemars(rename = "kubectl.wait")]
    KubectlWait {
        /// The object's kind as kubectl takes it: short (`deploy`), plural, with its group, in any case.
        kind: String,
        /// The object's name.
        name: String,
        /// Its namespace; without one the environment's.
        namespace: Option<String>,
        /// The condition to wait for: `Available`, `Ready=False` and the like; or `create` until the object is there, `delete` until it
        /// is gone.
        #[schemars(default = "usual_condition")]
        condition: String,
        /// How long to wait.
        #[schemars(default = "usual_wait")]
        timeout: GoDuration,
    },
    /// Writes a comment on an issue or a pull request, and edits it when the step runs again. One of `pr` and `issue` has to be
    /// there; where both name a number, the pull request gets it. Without a token it goes to `.codexctl/outbox`.
    #[schemars(rename = "github.comment", with = "schema::Comment")]
    GithubComment {
        /// Where it is written.
        on: CommentTarget,
        /// The number of the issue or the pull request; may be empty where the step's `when` is false.
        number: String,
        /// The text.
        body: String,
    },
    /// Makes the secrets `openai-secret` (`OPENAI_API_KEY`), `github-secret` (`CODEXCTL_GH_PAT`) and `context7-secret`
    /// (`CONTEXT7_API_KEY`) from the variables that are set.
    #[schemars(rename = "codex.ensure-codex-secrets")]
    EnsureCodexSecrets,
    /// Copies the slot's TLS secret from staging if it is there and the slot has none yet, else waits up to 240 s for the cluster to
    /// make it and keeps a copy in staging. It never fails the step.
    #[serde(rename_all = "camelCase")]
    #[schemars(rename = "codex.reuse-dev-tls-secret")]
    ReuseDevTlsSecret {
        /// The secret's name; without one `<project>-dev-<slot>-tls`.
        secret_name: Option<String>,
        /// Staging's namespace; without one what `namespace.patterns` gives.
        staging_namespace: Option<String>,
    },
    /// Waits.
    Sleep {
        /// How long.
        duration: GoDuration,
    },
    /// Checks what the stack needs before anything is applied.
    Preflight,
    /// Makes the folders of `dataPaths`, open to every user (mode 0777). A link below `dataPaths.root` is not followed.
    #[schemars(rename = "codex.ensure-data-dirs")]
    EnsureDataDirs,
    /// Checks that ports 80 and 443 of this machine and the slot's host answer.
    #[schemars(rename = "codex.check-dev-host-ports")]
    CheckDevHostPorts,
}

/// What a comment is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommentTarget {
    /// An issue.
    Issue,
    /// A pull request.
    Pr,
}

fn usual_condition() -> String {
    "Available".to_owned()
}

fn usual_wait() -> GoDuration {
    GoDuration::seconds(1200)
}

/// The names that `use` takes.
pub const BUILTINS: [&str; 8] = [
    "kubectl.wait",
    "github.comment",
    "codex.ensure-codex-secrets",
    "codex.reuse-dev-tls-secret",
    "sleep",
    "preflight",
    "codex.ensure-data-dirs",
    "codex.check-dev-host-ports",
];

impl Builtin {
    /// The name that `use` takes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::KubectlWait { .. } => "kubectl.wait",
            Self::GithubComment { .. } => "github.comment",
            Self::EnsureCodexSecrets => "codex.ensure-codex-secrets",
            Self::ReuseDevTlsSecret { .. } => "codex.reuse-dev-tls-secret",
            Self::Sleep { .. } => "sleep",
            Self::Preflight => "preflight",
            Self::EnsureDataDirs => "codex.ensure-data-dirs",
            Self::CheckDevHostPorts => "codex.check-dev-host-ports",
        }
    }
}

impl HookStep {
    /// The step's name, else what it does.
    pub fn title(&self) -> &str {
        match (&self.name, &self.action) {
            (Some(name), _) => name,
            (None, HookAction::Use(builtin)) => builtin.name(),
            (None, HookAction::Run(_)) => "run",
        }
    }

    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let name = fields.text("name");
        // Templates of the file are rendered by now: what gave nothing is empty, and the step doesn't run.
        let when = fields.text_or_empty("when");
        let timeout = fields.duration("timeout");
        let continue_on_error = fields.truth("continueOnError").unwrap_or(false);
        let run = fields.text("run");
        let uses = fields.text("use");
        let with = fields.node("with");
        // The Go tool takes `use: run` for a script, and its examples say it.
        let uses = uses.filter(|uses| uses != "run");
        let action = match (run, uses) {
            (Some(_), Some(uses)) => {
                let text = format!("`{path}` has both `run` and `use: {uses}`");
                fields.tell(Problem::at(fields.node, text).hint("make two steps of it"));
                None
            }
            // A script that a template left empty is left out, as the Go tool does.
            (None, None) if fields.node("run").or(fields.node("use")).is_some() => None,
            (None, None) => {
                let problem =
                    Problem::at(fields.node, format!("`{path}` does nothing: it has neither `run` nor `use`"));
                fields.tell(problem.warning());
                None
            }
            (Some(script), None) => Some(HookAction::Run(script)),
            (None, Some(uses)) => {
                let at = fields.node("use").unwrap_or(fields.node);
                let empty = Node::null(fields.node.place);
                read_builtin(reader, &uses, at, with.unwrap_or(&empty), &fields.path("with")).map(HookAction::Use)
            }
        };
        if let (Some(with), Some(HookAction::Run(_))) = (with, &action) {
            fields.tell(Problem::at(with, format!("`{path}.with` has no effect beside `run`")).warning());
        }
        fields.finish();
        Some(Self { name, when, timeout, continue_on_error, action: action?, place: node.place })
    }
}

fn read_builtin(reader: &Reader, uses: &str, at: &Node, with: &Node, path: &str) -> Option<Builtin> {
    if !BUILTINS.contains(&uses) {
        let known = BUILTINS.map(|name| format!("`{name}`")).join(", ");
        let hint = match nearest(uses, BUILTINS) {
            Some(near) => format!("did you mean `{near}`? Known: {known}"),
            None => format!("known: {known}"),
        };
        reader.tell(Problem::at(at, format!("there is no built-in step {}", shown(at))).hint(hint));
        return None;
    }
    let mut fields = reader.fields(with, path)?;
    let made = match uses {
        "kubectl.wait" => Some(Builtin::KubectlWait {
            kind: fields.required("kind"),
            name: fields.required("name"),
            namespace: fields.text("namespace"),
            condition: fields.text("condition").unwrap_or_else(usual_condition),
            timeout: fields.duration("timeout").unwrap_or_else(usual_wait),
        }),
        "github.comment" => {
            let pr = fields.node("pr").and_then(|node| reader.text(node, &format!("{path}.pr")));
            let issue = fields.node("issue").and_then(|node| reader.text(node, &format!("{path}.issue")));
            let body = fields.required("body");
            // The Go tool writes on the pull request where both are set.
            let target = match (pr, issue) {
                (Some(number), issue) if !number.is_empty() || issue.is_none() => Some((CommentTarget::Pr, number)),
                (_, Some(number)) => Some((CommentTarget::Issue, number)),
                _ => {
                    let problem = Problem::at(at, format!("`{path}` names neither `issue` nor `pr`"));
                    reader.tell(
                        problem.hint("say where the comment goes: `pr: '{{ envOr \"CODEXCTL_PR_NUMBER\" \"\" }}'`"),
                    );
                    None
                }
            };
            target.map(|(on, number)| Builtin::GithubComment { on, number, body })
        }
        "codex.reuse-dev-tls-secret" => Some(Builtin::ReuseDevTlsSecret {
            secret_name: fields.text("secretName"),
            staging_namespace: fields.text("stagingNamespace"),
        }),
        "sleep" => {
            let duration = fields.duration("duration");
            if duration.is_none() && with.get("duration").is_none_or(Node::is_null) {
                reader
                    .tell(Problem::at(at, format!("`{path}.duration` is missing")).hint("for example `duration: 10s`"));
            }
            duration.map(|duration| Builtin::Sleep { duration })
        }
        "codex.ensure-codex-secrets" => Some(Builtin::EnsureCodexSecrets),
        "codex.ensure-data-dirs" => Some(Builtin::EnsureDataDirs),
        "codex.check-dev-host-ports" => Some(Builtin::CheckDevHostPorts),
        _ => Some(Builtin::Preflight),
    };
    fields.finish();
    made
}

impl StackHooks {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            before_all: fields.list("beforeAll", HookStep::read),
            after_all: fields.list("afterAll", HookStep::read),
        };
        fields.finish();
        Some(made)
    }
}

impl ResourceHooks {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            before_apply: fields.list("beforeApply", HookStep::read),
            after_apply: fields.list("afterApply", HookStep::read),
            before_destroy: fields.list("beforeDestroy", HookStep::read),
            after_destroy: fields.list("afterDestroy", HookStep::read),
        };
        fields.finish();
        Some(made)
    }

    /// All steps, in the order of the hooks.
    pub fn steps(&self) -> impl Iterator<Item = &HookStep> {
        let lists = [&self.before_apply, &self.after_apply, &self.before_destroy, &self.after_destroy];
        lists.into_iter().flatten()
    }
}

impl fmt::Display for CommentTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Issue => "issue",
            Self::Pr => "pull request",
        })
    }
}
