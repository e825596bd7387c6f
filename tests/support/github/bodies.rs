//! What a request's body may hold, and how GitHub refuses another.

use serde_json::{Value, json};

use super::Answer;
use super::rest::{Call, Refused};

pub(super) fn body(call: &Call) -> Result<Value, Refused> {
    if call.text.is_empty() {
        return Ok(json!({}));
    }
    if !call.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Answer::error(415, "Unsupported content type: use application/json"));
    }
    let body: Value = serde_json::from_str(&call.text).map_err(|_| Answer::error(400, "Problems parsing JSON"))?;
    if body.is_object() { Ok(body) } else { Err(Answer::error(400, "Body should be a JSON object")) }
}

pub(super) fn invalid(error: &Value) -> Refused {
    let mut answer = Answer::error(422, "Validation Failed");
    answer.body["errors"] = json!([error]);
    answer
}

pub(super) fn wrong_type(name: &str, value: &Value, wanted: &str) -> Refused {
    Answer::error(422, &format!("Invalid request.\n\nFor 'properties/{name}', {value} is not {wanted}."))
}

pub(super) fn optional(body: &Value, name: &str) -> Result<Option<String>, Refused> {
    match &body[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(wrong_type(name, other, "a string")),
    }
}

pub(super) fn strings(body: &Value, name: &str) -> Result<Vec<String>, Refused> {
    let Value::Array(items) = &body[name] else { return Err(wrong_type(name, &body[name], "an array")) };
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, item, "a string")))
        .collect()
}

/// Names of labels, as texts or as objects with a name.
pub(super) fn label_names(body: &Value) -> Result<Vec<String>, Refused> {
    let Value::Array(items) = &body["labels"] else { return Err(wrong_type("labels", &body["labels"], "an array")) };
    let name = |item: &Value| {
        let name = item.as_str().or(item["name"].as_str()).ok_or_else(|| wrong_type("labels", item, "a string"))?;
        let bad = |code: &str| invalid(&json!({"resource": "Label", "field": "name", "code": code, "value": name}));
        match name.chars().count() {
            0 => Err(bad("missing_field")),
            1..=50 => Ok(name.to_owned()),
            _ => Err(bad("too_long")),
        }
    };
    items.iter().map(name).collect()
}

/// A title that is given; an empty one is refused.
pub(super) fn title_of(body: &Value, resource: &str) -> Result<Option<String>, Refused> {
    let title = optional(body, "title")?;
    match title.as_ref().map(|title| title.trim().chars().count()) {
        Some(0) => Err(invalid(&json!({"resource": resource, "field": "title", "code": "missing_field"}))),
        Some(257..) => {
            let message = "title is too long (maximum is 256 characters)";
            Err(invalid(&json!({"resource": resource, "field": "title", "code": "custom", "message": message})))
        }
        _ => Ok(title),
    }
}

/// A body that is given; one over 65,536 characters is refused.
pub(super) fn text_of(body: &Value, resource: &str) -> Result<Option<String>, Refused> {
    let text = optional(body, "body")?;
    if text.as_ref().is_some_and(|text| text.chars().count() > 65_536) {
        let message = "body is too long (maximum is 65536 characters)";
        return Err(invalid(&json!({"resource": resource, "field": "body", "code": "custom", "message": message})));
    }
    Ok(text)
}

pub(super) fn comment_body(body: &Value) -> Result<String, Refused> {
    let text = optional(body, "body")?.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(invalid(&json!({"resource": "IssueComment", "code": "missing_field", "field": "body"})));
    }
    if text.chars().count() > 65_536 {
        let message = "Body is too long (maximum is 65536 characters)";
        return Err(invalid(
            &json!({"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": message}),
        ));
    }
    Ok(text)
}

pub(super) fn reaction(body: &Value) -> Result<String, Refused> {
    let content = optional(body, "content")?.unwrap_or_default();
    if ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"].contains(&content.as_str()) {
        return Ok(content);
    }
    Err(invalid(&json!({"resource": "Reaction", "field": "content", "code": "invalid"})))
}
