//! Issues that codexctl makes for a plan: found by their marker in issues of the token's own account, made once, edited there only.

use serde_json::json;

use super::client::{Request, Sent};
use super::comments::same_text;
use super::live::Live;
use super::markers::{self, Found, Marker};
use super::{Error, PlacedIssue, Thread, WantedIssue, wire};
use crate::event::Issue;

/// Kinds of markers of such issues begin so; behind it stands the key of the title that the issue was made with.
pub const KIND: &str = "issue-";

/// The marker of an issue that was made for a plan.
pub fn marker_of(issue: &Issue) -> Option<Marker> {
    match markers::parse(&issue.body) {
        Found::Marker(marker) if marker.kind.starts_with(KIND) => Some(*marker),
        _ => None,
    }
}

impl Live {
    /// Issues that this token's account made for the plan of this root, oldest first.
    pub(super) async fn read_plan_issues(&self, root: u64) -> Result<Vec<Issue>, Error> {
        let intent = self.intent("list", format!("the issues of the plan of #{root}"));
        let login = self.own_login().await?;
        let creator: String = url::form_urlencoded::byte_serialize(login.as_bytes()).collect();
        let query = format!("creator={creator}&state=all&sort=created&direction=asc&per_page=100");
        let all: Vec<wire::WireIssue> = self.api.get_all(&intent, &self.path(&format!("/issues?{query}"))).await?;
        let mut found = Vec::new();
        // GitHub ignores a filter that it can't read.
        for issue in all.into_iter().filter(|issue| issue.is_by(&login) && !issue.is_pull()).map(Issue::from) {
            if let Found::Newer(newer) = markers::parse(&issue.body)
                && newer.is_about(KIND, root)
            {
                return Err(Error::Newer { place: Thread::Issue(issue.number).to_string(), found: newer.schema });
            }
            if marker_of(&issue).is_some_and(|marker| marker.number == root && self.is_here(&marker.repo)) {
                found.push(issue);
            }
        }
        found.sort_by_key(|issue| issue.number);
        self.plans.lock().await.insert(root, found.clone());
        Ok(found)
    }

    /// Makes the issue, or edits the one that is named.
    pub(super) async fn place_issue(&self, wanted: &WantedIssue) -> Result<PlacedIssue, Error> {
        let _one_at_a_time = self.writing.lock().await; // two that find nothing would make two
        match wanted.number {
            Some(number) => self.edit_issue(number, wanted).await,
            None => self.make_issue(wanted).await,
        }
    }

    /// Looks, then writes, and after a write whose end nobody knows looks again.
    async fn make_issue(&self, wanted: &WantedIssue) -> Result<PlacedIssue, Error> {
        let intent = self.intent("open", format!("the issue {:?}", wanted.title));
        let Found::Marker(marker) = markers::parse(&wanted.marker) else {
            return Err(Error::Unreachable { action: intent.action, reason: "it has no marker".to_owned() });
        };
        let mut attempt = 1;
        let mut tried = false;
        loop {
            // What this run has seen or made itself counts as long as every write was answered.
            let seen = self.plans.lock().await.get(&marker.number).cloned();
            let there = match seen {
                Some(there) => there,
                None => self.read_plan_issues(marker.number).await?,
            };
            let same = |issue: &&Issue| marker_of(issue).is_some_and(|found| found.same_comment(&marker));
            if let Some(issue) = there.iter().find(same) {
                return Ok(PlacedIssue { number: Some(issue.number), url: issue.url.clone(), existed: !tried });
            }
            let body = json!({"title": wanted.title, "body": wanted.body, "labels": wanted.labels});
            match self.api.send(&intent, &Request::Post(self.path("/issues"), body)).await? {
                Sent::Answered(reply) if reply.status < 300 => {
                    let made: wire::WireIssue = self.api.read(&intent, &reply.body)?;
                    let made = Issue::from(made);
                    let placed = PlacedIssue { number: Some(made.number), url: made.url.clone(), existed: false };
                    self.plans.lock().await.entry(marker.number).or_default().push(made);
                    return Ok(placed);
                }
                Sent::Answered(reply) => return Err(self.api.refusal(&intent, &reply)),
                Sent::Unsure(why) => {
                    tried = true;
                    self.plans.lock().await.remove(&marker.number);
                    self.api.try_again(&intent, &mut attempt, &why).await?;
                }
            }
        }
    }

    /// Gives an issue another text, if it is still one that codexctl made for this plan.
    async fn edit_issue(&self, number: u64, wanted: &WantedIssue) -> Result<PlacedIssue, Error> {
        let intent = self.intent("edit", Thread::Issue(number));
        let path = self.path(&format!("/issues/{number}"));
        let there: wire::WireIssue = self.api.get(&intent, &path).await?;
        let own = there.is_by(&self.own_login().await?) && !there.is_pull();
        let there = Issue::from(there);
        let ours = match (marker_of(&there), markers::parse(&wanted.marker)) {
            (Some(found), Found::Marker(wanted)) => own && there.number == number && found.same_comment(&wanted),
            _ => false,
        };
        if !ours {
            return Err(Error::Refused {
                action: intent.action,
                reason: "codexctl changes only issues that it made for this plan".to_owned(),
                way_out: "Change it by hand".to_owned(),
            });
        }
        if !same_text(&there.body, &wanted.body) {
            // An edit that is made twice is the same edit: one whose end nobody knows is sent again.
            self.api.ask(&intent, &Request::Patch(path, json!({"body": wanted.body}))).await?;
        }
        Ok(PlacedIssue { number: Some(number), url: there.url, existed: true })
    }

    fn is_here(&self, repo: &str) -> bool {
        repo.eq_ignore_ascii_case(&format!("{}/{}", self.owner, self.name))
    }
}
