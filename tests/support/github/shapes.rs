//! Answers of the REST API with every field that GitHub's description asks for.

use serde_json::{Map, Value, json};

use super::model::{Issue, State};

/// Where something of the API is, for the fields that are called so: `comments_url` and the like.
fn links(base: &str, names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| (format!("{name}_url"), format!("{base}/{name}").into())).collect()
}

fn and(mut map: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        map.extend(more);
    }
    Value::Object(map)
}

/// Moments of things that a test put there without one.
pub(super) fn or_start(moment: &str) -> &str {
    if moment.is_empty() { "2026-01-01T00:00:00Z" } else { moment }
}

/// A text as a part of an address.
fn in_address(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A number for a text, the same each time.
fn number_of(text: &str) -> u32 {
    text.bytes().fold(7, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) >> 8
}

const OF_USER: [&str; 8] =
    ["events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred"];
const OF_REPO: [&str; 37] = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
];

impl State {
    pub(super) fn user_json(&self, login: &str) -> Value {
        let Some((login, kind)) = self.users.iter().find(|(known, _)| known.eq_ignore_ascii_case(login)) else {
            return Value::Null;
        };
        let (name, id) = (in_address(login), number_of(login));
        let url = format!("{}/users/{name}", self.url);
        let more = json!({
            "login": login, "id": id, "node_id": format!("U_{id}"), "type": kind, "site_admin": false, "url": url,
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}"), "gravatar_id": "",
            "html_url": format!("https://github.com/{name}"), "subscriptions_url": format!("{url}/subscriptions"),
        });
        and(links(&url, &OF_USER), more)
    }

    /// What is known to everybody about an account.
    pub(super) fn profile_json(&self, login: &str) -> Value {
        let Value::Object(user) = self.user_json(login) else { return Value::Null };
        let more = json!({
            "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
            "public_repos": 1, "public_gists": 0, "followers": 0, "following": 0,
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
        });
        and(user, more)
    }

    pub(super) fn repo_json(&self, repo: &str) -> Value {
        let (here, id) = (&self.repos[repo], self.position(repo));
        let (owner, name) = repo.split_once('/').unwrap();
        let url = format!("{}/repos/{repo}", self.url);
        let open = here.issues.values().filter(|issue| !issue.closed).count();
        let more = json!({
            "id": id, "node_id": format!("R_{id}"), "name": name, "full_name": repo, "owner": self.owner_json(owner),
            "private": here.private, "visibility": if here.private { "private" } else { "public" }, "archived": here.archived,
            "disabled": false, "fork": false, "description": null, "homepage": null, "language": null, "license": null,
            "default_branch": "main", "url": url, "html_url": format!("https://github.com/{repo}"), "mirror_url": null,
            "clone_url": format!("https://github.com/{repo}.git"), "git_url": format!("git://github.com/{repo}.git"),
            "ssh_url": format!("git@github.com:{repo}.git"), "svn_url": format!("https://github.com/{repo}"),
            "has_issues": here.has_issues, "has_projects": true, "has_wiki": false, "has_pages": false, "has_downloads": true,
            "has_discussions": false, "size": 1, "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0,
            "watchers_count": 0, "open_issues": open, "open_issues_count": open, "topics": [],
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "pushed_at": "2020-01-01T00:00:00Z",
        });
        and(links(&url, &OF_REPO), more)
    }

    /// A repository as its own address gives it, with what this account may do there.
    pub(super) fn whole_repo_json(&self, repo: &str, push: bool, admin: bool) -> Value {
        let mut json = self.repo_json(repo);
        json["network_count"] = 0.into();
        json["subscribers_count"] = 0.into();
        json["permissions"] = json!({"admin": admin, "maintain": admin, "push": push, "triage": push, "pull": true});
        json
    }

    fn owner_json(&self, owner: &str) -> Value {
        let known = self.user_json(owner);
        if !known.is_null() {
            return known;
        }
        let (url, id) = (format!("{}/users/{owner}", self.url), number_of(owner));
        let more = json!({
            "login": owner, "id": id, "node_id": format!("O_{id}"), "type": "Organization", "site_admin": false, "url": url,
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}"), "gravatar_id": "",
            "html_url": format!("https://github.com/{owner}"), "subscriptions_url": format!("{url}/subscriptions"),
        });
        and(links(&url, &OF_USER), more)
    }

    pub(super) fn labels_json(&self, repo: &str, names: &[String]) -> Value {
        let label = |name: &String| {
            let id = number_of(name);
            let url = format!("{}/repos/{repo}/labels/{}", self.url, in_address(name));
            json!({
                "id": id, "node_id": format!("LA_{id}"), "url": url, "name": name, "color": "ededed", "default": false,
                "description": "",
            })
        };
        names.iter().map(label).collect()
    }

    fn association(&self, repo: &str, login: &str) -> &'static str {
        if self.repos[repo].collaborators.contains_key(login) { "COLLABORATOR" } else { "NONE" }
    }

    /// What an issue and a pull request have in common.
    fn thread_json(&self, repo: &str, number: u64) -> Map<String, Value> {
        let issue = &self.repos[repo].issues[&number];
        let comments = self.repos[repo].comments.values().filter(|comment| comment.issue == number).count();
        let Value::Object(map) = json!({
            "number": number, "title": issue.title, "body": (!issue.body.is_empty()).then_some(&issue.body),
            "labels": self.labels_json(repo, &issue.labels), "state": state(issue), "user": self.user_json(&issue.author),
            "locked": issue.locked, "active_lock_reason": null, "assignee": null, "assignees": [], "milestone": null,
            "author_association": self.association(repo, &issue.author), "comments": comments,
            "created_at": or_start(&issue.created_at), "updated_at": or_start(&issue.updated_at),
            "closed_at": issue.closed.then(|| or_start(issue.closed_at.as_deref().unwrap_or(&issue.updated_at))),
        }) else {
            unreachable!("an object was just made")
        };
        map
    }

    pub(super) fn issue_json(&self, repo: &str, number: u64) -> Value {
        let issue = &self.repos[repo].issues[&number];
        let (kind, node) = if issue.pull.is_some() { ("pull", "PR") } else { ("issues", "I") };
        let (home, position) = (format!("{}/repos/{repo}", self.url), self.position(repo));
        let url = format!("{home}/issues/{number}");
        let reason = issue
            .state_reason
            .clone()
            .or_else(|| (issue.closed && issue.pull.is_none()).then(|| "completed".to_owned()));
        let more = json!({
            "id": position * 1_000_000 + usize::try_from(number).unwrap(), "node_id": format!("{node}_{position}_{number}"), "url": url,
            "html_url": format!("https://github.com/{repo}/{kind}/{number}"), "repository_url": home,
            "labels_url": format!("{url}/labels{{/name}}"), "state_reason": reason,
        });
        let mut json = and(links(&url, &["comments", "events"]), Value::Object(self.thread_json(repo, number)));
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if issue.pull.is_some() {
            let page = format!("https://github.com/{repo}/pull/{number}");
            json["pull_request"] = json!({
                "url": format!("{home}/pulls/{number}"), "html_url": page, "diff_url": format!("{page}.diff"),
                "patch_url": format!("{page}.patch"), "merged_at": null,
            });
        }
        json
    }

    pub(super) fn pull_json(&self, repo: &str, number: u64) -> Value {
        let issue = &self.repos[repo].issues[&number];
        let pull = issue.pull.as_ref().unwrap();
        let side = |of: &str, branch: &str| {
            let sha = self.repos.get(of).and_then(|repo| repo.git.sha(branch)).unwrap_or_else(|| "0".repeat(40));
            let there = self.repos.contains_key(of).then(|| self.repo_json(of));
            let owner = of.split('/').next().unwrap();
            json!({"ref": branch, "sha": sha, "repo": there, "label": format!("{owner}:{branch}"), "user": self.owner_json(owner)})
        };
        let (head, base) = (side(&pull.head_repo, &pull.head), side(repo, &pull.base));
        let reviewers: Vec<Value> = pull.requested_reviewers.iter().map(|login| self.user_json(login)).collect();
        let (home, page) = (format!("{}/repos/{repo}", self.url), format!("https://github.com/{repo}/pull/{number}"));
        let (url, issue_url) = (format!("{home}/pulls/{number}"), format!("{home}/issues/{number}"));
        let (review, statuses) =
            (format!("{home}/pulls/comments{{/number}}"), format!("{home}/statuses/{}", head["sha"].as_str().unwrap()));
        let link = |href: &str| json!({"href": href});
        let position = self.position(repo);
        let more = json!({
            "id": position * 1_000_000 + usize::try_from(number).unwrap(), "node_id": format!("PR_{position}_{number}"), "url": url,
            "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"), "issue_url": issue_url,
            "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"), "review_comment_url": review,
            "comments_url": format!("{issue_url}/comments"), "statuses_url": statuses, "draft": pull.draft, "merged": pull.merged,
            "merged_at": pull.merged.then(|| or_start(&issue.updated_at)), "merge_commit_sha": null, "merged_by": null,
            "head": head, "base": base, "requested_reviewers": reviewers, "requested_teams": [], "auto_merge": null,
            "mergeable": true, "rebaseable": true, "mergeable_state": "clean", "maintainer_can_modify": false,
            "review_comments": pull.threads.iter().map(|thread| thread.comments.len()).sum::<usize>(),
            "commits": 1, "additions": 1, "deletions": 0, "changed_files": 1,
            "_links": {
                "self": link(&url), "html": link(&page), "issue": link(&issue_url), "comments": link(&format!("{issue_url}/comments")),
                "review_comments": link(&format!("{url}/comments")), "review_comment": link(&review),
                "commits": link(&format!("{url}/commits")), "statuses": link(&statuses),
            },
        });
        and(self.thread_json(repo, number), more)
    }

    /// A pull request as lists give it: less is known of it there.
    pub(super) fn short_pull_json(&self, repo: &str, number: u64) -> Value {
        let mut json = self.pull_json(repo, number);
        let more = [
            "additions",
            "changed_files",
            "comments",
            "commits",
            "deletions",
            "maintainer_can_modify",
            "mergeable",
            "mergeable_state",
            "merged",
            "merged_by",
            "rebaseable",
            "review_comments",
        ];
        json.as_object_mut().unwrap().retain(|name, _| !more.contains(&name.as_str()));
        json
    }

    pub(super) fn review_json(&self, repo: &str, number: u64, id: u64, login: &str, state: &str, body: &str) -> Value {
        let url = format!("{}/repos/{repo}/pulls/{number}", self.url);
        let page = format!("https://github.com/{repo}/pull/{number}#pullrequestreview-{id}");
        json!({
            "id": id, "node_id": format!("PRR_{id}"), "user": self.user_json(login), "body": body, "state": state,
            "commit_id": "0".repeat(40), "html_url": page, "pull_request_url": url, "submitted_at": "2026-01-01T00:00:00Z",
            "author_association": self.association(repo, login),
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        })
    }

    pub(super) fn comment_url(&self, repo: &str, id: u64) -> String {
        let number = self.repos[repo].comments[&id].issue;
        let kind = if self.repos[repo].issues.get(&number).is_some_and(|issue| issue.pull.is_some()) {
            "pull"
        } else {
            "issues"
        };
        format!("https://github.com/{repo}/{kind}/{number}#issuecomment-{id}")
    }

    pub(super) fn comment_json(&self, repo: &str, id: u64) -> Value {
        let comment = &self.repos[repo].comments[&id];
        let home = format!("{}/repos/{repo}/issues", self.url);
        json!({
            "id": id, "node_id": format!("IC_{id}"), "body": comment.body, "user": self.user_json(&comment.author),
            "url": format!("{home}/comments/{id}"), "html_url": self.comment_url(repo, id),
            "issue_url": format!("{home}/{}", comment.issue), "author_association": self.association(repo, &comment.author),
            "created_at": comment.created_at, "updated_at": comment.edited_at.as_ref().unwrap_or(&comment.created_at),
        })
    }

    pub(super) fn reaction_json(&self, login: &str, content: &str) -> Value {
        let id = number_of(&format!("{login} {content}"));
        json!({
            "id": id, "node_id": format!("REA_{id}"), "user": self.user_json(login), "content": content,
            "created_at": "2026-01-01T00:00:00Z",
        })
    }

    pub(super) fn ref_json(&self, repo: &str, branch: &str, sha: &str) -> Value {
        let home = format!("{}/repos/{repo}/git", self.url);
        json!({
            "ref": format!("refs/heads/{branch}"), "node_id": format!("REF_{branch}"), "url": format!("{home}/refs/heads/{branch}"),
            "object": {"type": "commit", "sha": sha, "url": format!("{home}/commits/{sha}")},
        })
    }
}

pub(super) fn state(issue: &Issue) -> &'static str {
    if issue.closed { "closed" } else { "open" }
}
