//! The GraphQL API, as far as codexctl asks it: a field that GitHub's type doesn't have is refused.

use serde_json::{Map, Value, json};

use super::Answer;
use super::model::{State, Token};
use super::query::{Document, Selection, parse};
use super::reviews;
use super::rights::may;

/// A place in the graph.
#[derive(Clone)]
enum Node {
    Query,
    Repository(String),
    /// Repository and number.
    Thread(String, u64),
    /// Repository, ids of this page, and the cursor of the next.
    Comments(String, Vec<u64>, Option<String>),
    Comment(String, u64),
    Viewer,
    /// Who wrote something.
    Author(String),
    PageInfo(Option<String>),
    /// Type and content of something that is all there.
    Json(&'static str, Value),
    List(Vec<Node>),
    Leaf(Value),
}

struct Fail {
    message: String,
    kind: Option<&'static str>,
    code: Option<&'static str>,
}

struct Asked<'a> {
    state: &'a State,
    token: &'a Token,
    document: Document,
    variables: Map<String, Value>,
}

pub(super) fn answer(state: &State, token: &Token, body: &Value) -> Answer {
    let question = || {
        let text = body["query"]
            .as_str()
            .ok_or_else(|| refused("A query attribute must be specified and must be a string.", "noQuery"))?;
        let document = parse(text).map_err(|reason| refused(&reason, "parseError"))?;
        let variables = body["variables"].as_object().cloned().unwrap_or_default();
        for (name, required) in &document.variables {
            if *required && variables.get(name).is_none_or(Value::is_null) {
                return Err(refused(&format!("Variable ${name} was provided invalid value"), "variableMismatch"));
            }
        }
        let set = document.set.clone();
        Asked { state, token, document, variables }.select(&Node::Query, &set)
    };
    match question() {
        Ok(data) => Answer::new(200, json!({"data": data})),
        Err(fail) => {
            let mut error = json!({"message": fail.message});
            if let Some(kind) = fail.kind {
                error["type"] = kind.into();
            }
            if let Some(code) = fail.code {
                error["extensions"] = json!({"code": code});
            }
            Answer::new(200, json!({"data": null, "errors": [error]}))
        }
    }
}

fn refused(message: &str, code: &'static str) -> Fail {
    Fail { message: message.to_owned(), kind: None, code: Some(code) }
}

fn typed(message: String, kind: &'static str) -> Fail {
    Fail { message, kind: Some(kind), code: None }
}

impl Asked<'_> {
    fn select(&self, node: &Node, set: &[Selection]) -> Result<Value, Fail> {
        match node {
            Node::List(nodes) => {
                return nodes.iter().map(|node| self.select(node, set)).collect::<Result<_, _>>().map(Value::Array);
            }
            Node::Leaf(value) if set.is_empty() || value.is_null() => return Ok(value.clone()),
            _ if set.is_empty() => {
                return Err(refused(&format!("{} must have selections", self.kind(node)), "selectionMismatch"));
            }
            _ => {}
        }
        let mut out = Map::new();
        for selection in set {
            let part = match selection {
                Selection::Field { alias, name, args, set } => {
                    let args: Map<String, Value> =
                        args.iter().map(|(key, arg)| (key.clone(), arg.value(&self.variables))).collect();
                    out.insert(alias.clone(), self.select(&self.field(node, name, &args)?, set)?);
                    continue;
                }
                Selection::Inline { on, set } => (self.kind(node) == *on).then_some(set),
                Selection::Spread(name) => {
                    let (on, set) = self.document.fragments.get(name).ok_or_else(|| {
                        refused(&format!("Fragment {name} was used, but not defined"), "useAndDefineFragment")
                    })?;
                    (self.kind(node) == *on).then_some(set)
                }
            };
            if let Some(set) = part
                && let Value::Object(more) = self.select(node, set)?
            {
                out.extend(more);
            }
        }
        Ok(Value::Object(out))
    }

    fn kind(&self, node: &Node) -> String {
        let kind = match node {
            Node::Query => "Query",
            Node::Repository(_) => "Repository",
            Node::Thread(repo, number) if self.state.repos[repo].issues[number].pull.is_some() => "PullRequest",
            Node::Thread(..) => "Issue",
            Node::Comments(..) => "IssueCommentConnection",
            Node::Comment(..) => "IssueComment",
            Node::Viewer => "User",
            Node::Author(login) => self.state.users.get(login).copied().unwrap_or("User"),
            Node::PageInfo(_) => "PageInfo",
            Node::Json(kind, _) => kind,
            Node::List(_) | Node::Leaf(_) => "Scalar",
        };
        kind.to_owned()
    }

    fn field(&self, node: &Node, name: &str, args: &Map<String, Value>) -> Result<Node, Fail> {
        let text = |key: &str| args.get(key).and_then(Value::as_str).unwrap_or_default();
        let leaf = |value: Value| Ok(Node::Leaf(value));
        if name == "__typename" && !matches!(node, Node::Json(..)) {
            return leaf(self.kind(node).into());
        }
        match (node, name) {
            (Node::Query, "viewer") => Ok(Node::Viewer),
            (Node::Query, "repository") => {
                let (owner, name) = (text("owner"), text("name"));
                let found = self
                    .state
                    .repo_key(owner, name)
                    .filter(|repo| may(self.state, repo, self.token, "metadata", "read"));
                found.map(Node::Repository).ok_or_else(|| {
                    typed(format!("Could not resolve to a Repository with the name '{owner}/{name}'."), "NOT_FOUND")
                })
            }
            (Node::Repository(repo), "issueOrPullRequest") => {
                let number = args.get("number").and_then(Value::as_u64).unwrap_or_default();
                if !may(self.state, repo, self.token, "issues", "read") {
                    return Err(typed("Resource not accessible by integration".to_owned(), "FORBIDDEN"));
                }
                let there = self.state.repos[repo].issues.contains_key(&number);
                let missing = || {
                    typed(
                        format!("Could not resolve to an issue or pull request with the number of {number}."),
                        "NOT_FOUND",
                    )
                };
                there.then(|| Node::Thread(repo.clone(), number)).ok_or_else(missing)
            }
            (Node::Repository(repo), "pullRequest") => {
                let number = args.get("number").and_then(Value::as_u64).unwrap_or_default();
                if !may(self.state, repo, self.token, "pull_requests", "read") {
                    return Err(typed("Resource not accessible by integration".to_owned(), "FORBIDDEN"));
                }
                let found = self.state.repos[repo].issues.get(&number).filter(|issue| issue.pull.is_some());
                let missing =
                    || typed(format!("Could not resolve to a PullRequest with the number of {number}."), "NOT_FOUND");
                found.map(|_| Node::Thread(repo.clone(), number)).ok_or_else(missing)
            }
            (
                Node::Thread(repo, number),
                "reviewThreads" | "reviews" | "labels" | "title" | "body" | "url" | "author" | "headRefName"
                | "baseRefName",
            ) if self.kind(node) == "PullRequest" => {
                let whole = reviews::pull(self.state, self.token, repo, *number);
                let page = self.page(&whole[name], args)?;
                Ok(json_node(name, page))
            }
            (Node::Json(kind, value), _) => match value.get(name) {
                Some(found) if *kind == "PageInfo" || !found.is_array() => Ok(json_node(name, found.clone())),
                Some(found) => {
                    let items = found.as_array().into_iter().flatten();
                    Ok(Node::List(items.map(|item| json_node(name, item.clone())).collect()))
                }
                None => Err(self.no_field(node, name)),
            },
            (Node::Thread(repo, number), "comments") => self.comments(repo, *number, args),
            (Node::Comments(repo, ids, _), "nodes") => {
                Ok(Node::List(ids.iter().map(|id| Node::Comment(repo.clone(), *id)).collect()))
            }
            (Node::Comments(_, _, next), "pageInfo") => Ok(Node::PageInfo(next.clone())),
            (Node::PageInfo(next), "hasNextPage") => leaf(next.is_some().into()),
            (Node::PageInfo(next), "endCursor") => leaf(next.clone().into()),
            (Node::Viewer, "login") => leaf(self.token.login.clone().into()),
            // An App's account has `[bot]` behind its login as a viewer and in REST, but not as an author here.
            (Node::Author(login), "login") => leaf(login.strip_suffix("[bot]").unwrap_or(login).into()),
            (Node::Comment(repo, id), _) => {
                let comment = &self.state.repos[repo].comments[id];
                match name {
                    "databaseId" => leaf((*id).into()),
                    "fullDatabaseId" => leaf(id.to_string().into()),
                    "body" => leaf(comment.body.clone().into()),
                    "url" => leaf(self.state.comment_url(repo, *id).into()),
                    "createdAt" => leaf(comment.created_at.clone().into()),
                    "lastEditedAt" => leaf(comment.edited_at.clone().into()),
                    "isMinimized" => leaf(comment.minimized.into()),
                    "viewerDidAuthor" => leaf((comment.author == self.token.login).into()),
                    "author" if !self.state.users.contains_key(&comment.author) => leaf(Value::Null),
                    "author" => Ok(Node::Author(comment.author.clone())),
                    _ => Err(self.no_field(node, name)),
                }
            }
            _ => Err(self.no_field(node, name)),
        }
    }

    /// A connection cut to the page that is asked for.
    fn page(&self, of: &Value, args: &Map<String, Value>) -> Result<Value, Fail> {
        let Some(nodes) = of.get("nodes").and_then(Value::as_array) else { return Ok(of.clone()) };
        let (from, size) = self.range(args)?;
        let rest: Vec<Value> = nodes.iter().skip(from).cloned().collect();
        let next = (rest.len() > size).then(|| format!("after-{}", from + size));
        let page: Vec<Value> = rest.into_iter().take(size).collect();
        Ok(json!({"nodes": page, "pageInfo": {"hasNextPage": next.is_some(), "endCursor": next}}))
    }

    /// Where a page begins, and how long it is.
    fn range(&self, args: &Map<String, Value>) -> Result<(usize, usize), Fail> {
        let first = args.get("first").and_then(Value::as_u64).unwrap_or_default();
        if !(1..=100).contains(&first) {
            return Err(typed(
                "You must provide a `first` or `last` value of 1 to 100 to properly paginate.".to_owned(),
                "EXCESSIVE_PAGINATION",
            ));
        }
        let from = args
            .get("after")
            .and_then(Value::as_str)
            .map_or(0, |cursor| cursor.strip_prefix("after-").unwrap().parse().unwrap());
        Ok((from, usize::try_from(first).unwrap().min(self.state.page)))
    }

    fn comments(&self, repo: &str, number: u64, args: &Map<String, Value>) -> Result<Node, Fail> {
        let (from, size) = self.range(args)?;
        let all =
            self.state.repos[repo].comments.iter().filter(|(_, comment)| comment.issue == number).map(|(id, _)| *id);
        let rest: Vec<u64> = all.skip(from).collect();
        let next = (rest.len() > size).then(|| format!("after-{}", from + size));
        Ok(Node::Comments(repo.to_owned(), rest.into_iter().take(size).collect(), next))
    }

    fn no_field(&self, node: &Node, name: &str) -> Fail {
        refused(&format!("Field '{name}' doesn't exist on type '{}'", self.kind(node)), "undefinedField")
    }
}

/// The type of a field's content, as far as a test can tell.
fn json_node(name: &str, value: Value) -> Node {
    if !value.is_object() {
        return Node::Leaf(value);
    }
    let kind = match name {
        "reviewThreads" => "PullRequestReviewThreadConnection",
        "reviews" => "PullRequestReviewConnection",
        "labels" => "LabelConnection",
        "comments" => "PullRequestReviewCommentConnection",
        "pageInfo" => "PageInfo",
        "author" => "User",
        _ => "Node",
    };
    Node::Json(kind, value)
}
