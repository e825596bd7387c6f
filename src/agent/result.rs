//! What the agent hands in at its end: one JSON Schema for each shape of task, and the reading of its last message.
//!
//! The schema goes to the model with `strict: true`. That mode takes only schemas in which every object lists all its properties as
//! required and allows no others; a value that may be missing is nullable instead.
//! Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::policy::triggers::Kind;

/// What kind of work is handed in. Issue and review prompts of the same flow differ in what may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `plan_issue`: a plan and perhaps issues to open.
    Plan,
    /// `plan_review`: an edited plan, edits of its issues, answers to comments.
    PlanReview,
    /// `dev_issue`, `ai-repair_issue`: a change in the tree and the pull request's text.
    Work,
    /// `dev_review`, `ai-repair_review`: a change in the tree and answers to review threads.
    Review,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Self; 4] = [Self::Plan, Self::PlanReview, Self::Work, Self::Review];

    /// What a prompt of this kind asks for.
    pub const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::PlanIssue => Self::Plan,
            Kind::PlanReview => Self::PlanReview,
            Kind::DevIssue | Kind::AiRepairIssue => Self::Work,
            Kind::DevReview | Kind::AiRepairReview => Self::Review,
        }
    }

    /// Whether a change of files is what this work is about.
    pub fn changes_files(self) -> bool {
        matches!(self, Self::Work | Self::Review)
    }

    /// The properties that are asked for, in the order of the schema.
    fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Plan => &["status", "summary", "plan", "questions", "issues"],
            Self::PlanReview => &["status", "summary", "plan", "questions", "issues", "edits", "replies"],
            Self::Work => &["status", "summary", "title", "body", "verification", "questions"],
            Self::Review => &["status", "summary", "verification", "questions", "threads"],
        }
    }

    /// The JSON Schema for `codex exec --output-schema`.
    pub fn schema(self) -> Value {
        object(self.properties().iter().map(|name| (*name, property(name))))
    }
}

/// A closed object: all properties required, nothing additional.
fn object<'a>(properties: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let properties: Map<String, Value> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A list of closed objects.
fn list(description: &str, properties: &[(&str, Value)]) -> Value {
    json!({
        "type": "array",
        "description": description,
        "items": object(properties.iter().map(|(name, schema)| (*name, schema.clone()))),
    })
}

/// The schema of one top-level property.
fn property(name: &str) -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let maybe = |description: &str| json!({ "type": ["string", "null"], "description": description });
    match name {
        "status" => json!({
            "type": "string",
            "enum": ["done", "blocked", "nothing-to-do"],
            "description": "done: the task is finished. blocked: it can't go on without an answer; say what is missing in questions. \
                            nothing-to-do: nothing had to change; say in summary how you know.",
        }),
        "summary" => text("One to three sentences for the issue: what was done and why that way."),
        "title" => {
            maybe("Title of the pull request, under 70 characters, without issue number; null: the issue's title.")
        }
        "body" => {
            maybe("Text of the pull request in Markdown: what changed, why, what a reviewer should look at first.")
        }
        "verification" => maybe("What was run to check the work and what it gave; null where nothing could be run."),
        "plan" => {
            maybe("The whole plan in Markdown as it shall stand in the plan comment; null: leave the present one.")
        }
        "questions" => json!({
            "type": "array",
            "items": { "type": "string" },
            "description": "Questions to people that must be answered before the work can go on; empty if there are none.",
        }),
        "threads" => list(
            "One entry for each review thread of the task.",
            &[
                ("id", text("The thread's id as the task gives it.")),
                ("reply", maybe("The answer to write into the thread, in Markdown; null: no answer.")),
                ("resolved", json!({ "type": "boolean", "description": "Whether what it asks for is done." })),
            ],
        ),
        "issues" => list(
            "Issues to open, only where the task asks for sub-issues.",
            &[
                ("title", text("The issue's title.")),
                ("body", text("The issue's text in Markdown.")),
                (
                    "labels",
                    json!({ "type": "array", "items": { "type": "string" }, "description": "Labels to set, of feature, bug, doc, debt, idea and epic." }),
                ),
            ],
        ),
        "edits" => list(
            "Issues of this plan, made by codexctl, whose text shall change.",
            &[
                ("issue", json!({ "type": "integer", "description": "The issue's number." })),
                ("body", text("Its whole new text in Markdown.")),
            ],
        ),
        _ => list(
            "Answers to comments of the task.",
            &[
                ("comment", json!({ "type": "integer", "description": "The comment's number as the task gives it." })),
                ("body", text("The answer in Markdown.")),
            ],
        ),
    }
}

/// The agent's own word on its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Finished.
    Done,
    /// It needs an answer first.
    Blocked,
    /// The repository is as the task asks already.
    NothingToDo,
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Done => "done",
            Self::Blocked => "blocked",
            Self::NothingToDo => "nothing-to-do",
        })
    }
}

/// What the agent says of one review thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadAnswer {
    /// The thread's id.
    pub id: String,
    /// The answer to write, Markdown.
    pub reply: Option<String>,
    /// Whether what it asks for is done.
    pub resolved: bool,
}

/// An issue that the agent proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// Its text, Markdown.
    pub body: String,
    /// Labels to set.
    pub labels: Vec<String>,
}

/// A new text of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueEdit {
    /// The issue's number.
    pub issue: u64,
    /// Its whole new text, Markdown.
    pub body: String,
}

/// An answer to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentReply {
    /// The comment's number.
    pub comment: u64,
    /// The answer, Markdown.
    pub body: String,
}

/// What the agent handed in. Fields that its shape doesn't ask for are empty. All texts are the agent's: untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentResult {
    /// Its own word on the task.
    pub status: Status,
    /// What was done, one to three sentences.
    pub summary: String,
    /// The pull request's title.
    #[serde(default)]
    pub title: Option<String>,
    /// The pull request's text.
    #[serde(default)]
    pub body: Option<String>,
    /// What was run and what it gave.
    #[serde(default)]
    pub verification: Option<String>,
    /// The plan.
    #[serde(default)]
    pub plan: Option<String>,
    /// Questions to people.
    #[serde(default)]
    pub questions: Vec<String>,
    /// Answers to review threads.
    #[serde(default)]
    pub threads: Vec<ThreadAnswer>,
    /// Issues to open.
    #[serde(default)]
    pub issues: Vec<NewIssue>,
    /// Issues to edit.
    #[serde(default)]
    pub edits: Vec<IssueEdit>,
    /// Comments to answer.
    #[serde(default)]
    pub replies: Vec<CommentReply>,
}

impl AgentResult {
    /// Reads the agent's last message; `None` where it is no such JSON. A Markdown code fence around it is taken off: models that
    /// don't know the strict mode write one.
    pub fn parse(last_message: &str) -> Option<Self> {
        let text = last_message.trim();
        let text = text
            .strip_prefix("```")
            .and_then(|rest| rest.strip_suffix("```"))
            .map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner));
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What strict mode refuses, as a list of places.
    fn strict_faults(schema: &Value, place: &str, faults: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if required != properties.keys().map(String::as_str).collect::<Vec<_>>() {
                faults.push(format!("{place}: required is not all properties"));
            }
            if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                faults.push(format!("{place}: open"));
            }
            for (name, inner) in properties {
                strict_faults(inner, &format!("{place}.{name}"), faults);
            }
        }
        if let Some(items) = schema.get("items") {
            strict_faults(items, &format!("{place}[]"), faults);
        }
    }

    #[test]
    fn every_schema_is_what_strict_mode_takes() {
        for shape in Shape::ALL {
            let mut faults = Vec::new();
            strict_faults(&shape.schema(), "$", &mut faults);
            assert_eq!(faults, Vec::<String>::new(), "{shape:?}");
        }
        let mut faults = Vec::new();
        strict_faults(&json!({ "properties": { "a": {} }, "required": [] }), "$", &mut faults);
        assert_eq!(faults.len(), 2, "the check itself finds faults");
    }

    #[test]
    fn the_shapes_together_ask_for_everything_that_codexctl_can_carry_out() {
        let mut asked: Vec<&str> = Shape::ALL.iter().flat_map(|shape| shape.properties()).copied().collect();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(
            asked,
            [
                "body",
                "edits",
                "issues",
                "plan",
                "questions",
                "replies",
                "status",
                "summary",
                "threads",
                "title",
                "verification"
            ]
        );
    }

    #[test]
    fn a_repair_asks_for_the_same_as_work_on_an_issue() {
        let shapes = Kind::ALL.map(|kind| format!("{kind}: {:?}", Shape::of_kind(kind)));
        insta::assert_snapshot!(shapes.join("\n"), @r"
        plan_issue: Plan
        plan_review: PlanReview
        dev_issue: Work
        dev_review: Review
        ai-repair_issue: Work
        ai-repair_review: Review
        ");
    }

    #[test]
    fn a_result_is_read_with_or_without_a_fence() {
        let text = r#"{"status":"nothing-to-do","summary":"It is there.","title":null,"body":null,"verification":null,"questions":[]}"#;
        let plain = AgentResult::parse(text).unwrap();
        assert_eq!((plain.status, plain.summary.as_str()), (Status::NothingToDo, "It is there."));
        assert_eq!(AgentResult::parse(&format!("```json\n{text}\n```")), Some(plain));
    }

    #[test]
    fn anything_else_is_no_result() {
        for text in ["", "I fixed it.", "{}", r#"{"status":"perfect","summary":"x"}"#, "[1]", "null"] {
            assert_eq!(AgentResult::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_schema_of_each_shape_reads_like_this() {
        for shape in Shape::ALL {
            let schema = serde_json::to_string_pretty(&shape.schema()).unwrap();
            insta::assert_snapshot!(format!("schema_{shape:?}"), schema);
        }
    }
}
