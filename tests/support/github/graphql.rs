//! The GraphQL API, as far as codexctl asks it: a field that GitHub's type doesn't have is refused.

use serde_json::{Map, Value, json};

use super::model::{State, Token};
use super::query::{Document, Selection, parse};
use super::rights::{may, viewer_permission};
use super::{Answer, graph, mutations};

/// A place in the graph.
enum Place {
    Query,
    Mutation,
    Repository(String),
    /// Something that is all there: lists in it are still cut to the page that is asked for.
    There(Value),
}

pub(super) struct Fail {
    message: String,
    /// Where it is set, only this field fails, and is null.
    kind: Option<&'static str>,
    code: Option<&'static str>,
}

struct Asked<'a> {
    state: &'a mut State,
    token: &'a Token,
    document: &'a Document,
    variables: Map<String, Value>,
    path: Vec<String>,
    errors: Vec<Value>,
}

pub(super) fn answer(state: &mut State, token: &Token, body: &Value) -> Answer {
    let mut question = || {
        let text = body["query"]
            .as_str()
            .ok_or_else(|| refused("A query attribute must be specified and must be a string.", "noQuery"))?;
        let document = parse(text).map_err(|reason| refused(&reason, "parseError"))?;
        let variables = body["variables"].as_object().cloned().unwrap_or_default();
        for (name, kind) in &document.variables {
            if kind.ends_with('!') && variables.get(name).is_none_or(Value::is_null) {
                let message = format!("Variable ${name} of type {kind} was provided invalid value");
                return Err(refused(&message, "variableMismatch"));
            }
        }
        let root = if document.mutation { Place::Mutation } else { Place::Query };
        let mut asked = Asked { state, token, document: &document, variables, path: Vec::new(), errors: Vec::new() };
        let data = asked.select(&root, &document.set)?;
        Ok((data, asked.errors))
    };
    match question() {
        Ok((data, errors)) if errors.is_empty() => Answer::new(200, json!({"data": data})),
        Ok((data, errors)) => Answer::new(200, json!({"data": data, "errors": errors})),
        Err(fail) => Answer::new(200, json!({"errors": [fail.json(&[])]})),
    }
}

pub(super) fn refused(message: &str, code: &'static str) -> Fail {
    Fail { message: message.to_owned(), kind: None, code: Some(code) }
}

pub(super) fn typed(message: &str, kind: &'static str) -> Fail {
    Fail { message: message.to_owned(), kind: Some(kind), code: None }
}

pub(super) fn forbidden() -> Fail {
    typed("Resource not accessible by integration", "FORBIDDEN")
}

impl Fail {
    fn json(&self, path: &[String]) -> Value {
        let mut error = json!({"message": self.message, "locations": [{"line": 1, "column": 1}]});
        if let Some(kind) = self.kind {
            error["type"] = kind.into();
            error["path"] = json!(path);
        }
        if let Some(code) = self.code {
            error["extensions"] = json!({"code": code});
        }
        error
    }
}

impl Asked<'_> {
    fn select(&mut self, place: &Place, set: &[Selection]) -> Result<Value, Fail> {
        if let Place::There(value) = place {
            match value {
                Value::Array(items) => {
                    let items = items.iter().map(|item| self.select(&Place::There(item.clone()), set));
                    return items.collect::<Result<_, _>>().map(Value::Array);
                }
                Value::Object(_) => {}
                Value::Null => return Ok(Value::Null),
                _ if set.is_empty() => return Ok(value.clone()),
                _ => return Err(refused("Selections can't be made on scalars", "selectionMismatch")),
            }
        }
        if set.is_empty() {
            let (kind, name) = (kind_of(place), self.path.last().cloned().unwrap_or_default());
            let message = format!(
                "Field must have selections (field '{name}' returns {kind} but has no selections. Did you mean '{name} {{ ... }}'?)"
            );
            return Err(refused(&message, "selectionMismatch"));
        }
        let mut out = Map::new();
        for selection in set {
            let (on, set) = match selection {
                Selection::Field { alias, name, args, set } => {
                    let args = args.iter().map(|(key, arg)| (key.clone(), arg.value(&self.variables))).collect();
                    self.path.push(alias.clone());
                    let found = self.field(place, name, &args).and_then(|found| self.select(&found, set));
                    let found = match found {
                        Err(fail) if fail.kind.is_some() => {
                            self.errors.push(fail.json(&self.path));
                            Value::Null
                        }
                        found => found?,
                    };
                    self.path.pop();
                    out.insert(alias.clone(), found);
                    continue;
                }
                Selection::Inline { on, set } => (on, set),
                Selection::Spread(name) => {
                    let unknown =
                        || refused(&format!("Fragment {name} was used, but not defined"), "useAndDefineFragment");
                    let (on, set) = self.document.fragments.get(name).ok_or_else(unknown)?;
                    (on, set)
                }
            };
            if is(&kind_of(place), on)
                && let Value::Object(more) = self.select(place, set)?
            {
                out.extend(more);
            }
        }
        Ok(Value::Object(out))
    }

    fn field(&mut self, place: &Place, name: &str, args: &Map<String, Value>) -> Result<Place, Fail> {
        let text = |key: &str| args.get(key).and_then(Value::as_str).unwrap_or_default();
        if name == "__typename" {
            return Ok(Place::There(kind_of(place).into()));
        }
        match (place, name) {
            (Place::Query, "viewer") => Ok(Place::There(
                json!({"__typename": "User", "id": format!("U_{}", self.token.login), "login": self.token.login}),
            )),
            (Place::Query, "repository") => {
                let (owner, name) = (text("owner"), text("name"));
                let found = self.state.repo_key(owner, name);
                let found = found.filter(|repo| may(self.state, repo, self.token, "metadata", "read"));
                let missing = format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
                found.map(Place::Repository).ok_or_else(|| typed(&missing, "NOT_FOUND"))
            }
            (Place::Repository(repo), "nameWithOwner") => Ok(Place::There(repo.clone().into())),
            (Place::Repository(repo), "isArchived") => Ok(Place::There(self.state.repos[repo].archived.into())),
            (Place::Repository(repo), "viewerPermission") => {
                Ok(Place::There(viewer_permission(self.state, repo, self.token).into()))
            }
            (Place::Repository(repo), "isPrivate") => Ok(Place::There(self.state.repos[repo].private.into())),
            (Place::Repository(repo), "issue" | "pullRequest" | "issueOrPullRequest") => {
                let number = args.get("number").and_then(Value::as_u64).unwrap_or_default();
                self.thread(repo, name, number).map(Place::There)
            }
            (Place::Mutation, _) => {
                mutations::carry_out(self.state, self.token, name, &args["input"]).map(Place::There)
            }
            (Place::There(value), _) => {
                let found = value.get(name).ok_or_else(|| no_field(place, name))?;
                self.page(name, found, args).map(Place::There)
            }
            _ => Err(no_field(place, name)),
        }
    }

    fn thread(&self, repo: &str, name: &str, number: u64) -> Result<Value, Fail> {
        let area = if name == "pullRequest" { "pull_requests" } else { "issues" };
        if !may(self.state, repo, self.token, area, "read") {
            return Err(forbidden());
        }
        let what = match name {
            "issue" => "an Issue",
            "pullRequest" => "a PullRequest",
            _ => "an issue or pull request",
        };
        let fits = |pull: bool| name == "issueOrPullRequest" || pull == (name == "pullRequest");
        match self.state.repos[repo].issues.get(&number) {
            Some(issue) if fits(issue.pull.is_some()) => Ok(graph::thread(self.state, self.token, repo, number)),
            _ => Err(typed(&format!("Could not resolve to {what} with the number of {number}."), "NOT_FOUND")),
        }
    }

    /// A connection cut to the page that is asked for; anything else as it is.
    fn page(&self, name: &str, of: &Value, args: &Map<String, Value>) -> Result<Value, Fail> {
        let Some(nodes) = of.get("nodes").and_then(Value::as_array) else { return Ok(of.clone()) };
        let size = |key: &str| args.get(key).and_then(Value::as_u64);
        let Some(asked) = size("first").or(size("last")) else {
            let message =
                format!("You must provide a `first` or `last` value to properly paginate the `{name}` connection.");
            return Err(typed(&message, "MISSING_PAGINATION_BOUNDARIES"));
        };
        if !(1..=100).contains(&asked) {
            let message = format!(
                "Requesting {asked} records on the `{name}` connection exceeds the `first` limit of 100 records."
            );
            return Err(typed(&message, "EXCESSIVE_PAGINATION"));
        }
        let size = usize::try_from(asked).unwrap().min(self.state.page);
        let after = args.get("after").and_then(Value::as_str);
        let from: usize = match (after, args.contains_key("last")) {
            (Some(cursor), _) => cursor.strip_prefix("after-").and_then(|at| at.parse().ok()).ok_or_else(|| {
                typed(&format!("`{cursor}` does not appear to be a valid cursor."), "INVALID_CURSOR_ARGUMENTS")
            })?,
            (None, true) => nodes.len().saturating_sub(size),
            (None, false) => 0,
        };
        let page: Vec<Value> = nodes.iter().skip(from).take(size).cloned().collect();
        let (end, more) = (from + page.len(), nodes.len() > from + page.len());
        let cursor = |at: usize| (!page.is_empty()).then(|| format!("after-{at}"));
        let info = json!({
            "__typename": "PageInfo", "hasNextPage": more, "hasPreviousPage": from > 0, "startCursor": cursor(from), "endCursor": cursor(end),
        });
        let mut of = of.clone();
        of["pageInfo"] = info;
        of["nodes"] = Value::Array(page);
        Ok(of)
    }
}

fn kind_of(place: &Place) -> String {
    match place {
        Place::Query => "Query".to_owned(),
        Place::Mutation => "Mutation".to_owned(),
        Place::Repository(_) => "Repository".to_owned(),
        Place::There(value) => value["__typename"].as_str().unwrap_or("Scalar").to_owned(),
    }
}

/// Whether a type is another one or belongs to it.
fn is(kind: &str, on: &str) -> bool {
    kind == on
        || match on {
            "Node" => true,
            "Actor" => ["User", "Bot"].contains(&kind),
            "Comment" | "Reactable" | "Minimizable" => kind.ends_with("Comment") || kind == "PullRequestReview",
            _ => false,
        }
}

fn no_field(place: &Place, name: &str) -> Fail {
    refused(&format!("Field '{name}' doesn't exist on type '{}'", kind_of(place)), "undefinedField")
}
