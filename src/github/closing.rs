//! What a cleanup ends: issues are closed, branches deleted. Both may be sent again: doing them twice is doing them once.

use serde_json::json;

use super::client::{Reply, Request, Sent};
use super::live::Live;
use super::transport::segment;
use super::{Error, GitHub as _, Thread, wire};

impl Live {
    /// Closes an issue as completed; one that is closed stays as it is, whatever the reason was.
    pub(super) async fn close(&self, number: u64) -> Result<(), Error> {
        let thread = Thread::Issue(number);
        if self.issue(number).await?.into_known().is_none_or(|issue| !issue.open) {
            return Ok(());
        }
        let request = Request::Patch(
            self.path(&format!("/issues/{number}")),
            json!({"state": "closed", "state_reason": "completed"}),
        );
        self.api.ask(&self.intent("close", &thread), &request).await.map(drop)
    }

    /// Deletes a branch that points to this commit. GitHub's API can't do both at once, so it is asked right before.
    pub(super) async fn remove_branch(&self, branch: &str, commit: &str) -> Result<(), Error> {
        let intent = self.intent("delete", format!("branch {branch}"));
        let pieces: Option<Vec<String>> = branch.split('/').map(segment).collect();
        let Some(name) = pieces.map(|pieces| pieces.join("/")) else {
            return Err(Error::Missing { what: intent.what });
        };
        let mut attempt = 1;
        loop {
            // Also after a cut answer: somebody may have made the branch anew meanwhile.
            match self.head(&name, branch).await? {
                None => return Ok(()),
                Some(there) if there != commit => {
                    return Err(Error::Moved { branch: branch.to_owned(), was: commit.to_owned(), is: there });
                }
                Some(_) => {}
            }
            match self.api.send(&intent, &Request::Delete(self.path(&format!("/git/refs/heads/{name}")))).await? {
                Sent::Answered(reply) if reply.status < 300 || is_gone(&reply) => return Ok(()),
                Sent::Answered(reply) => return Err(self.api.refusal(&intent, &reply)),
                Sent::Unsure(why) => self.api.try_again(&intent, &mut attempt, &why).await?,
            }
        }
    }

    /// The commit that a branch points to, if it is there.
    async fn head(&self, name: &str, branch: &str) -> Result<Option<String>, Error> {
        let intent = self.intent("read", format!("branch {branch}"));
        let request = Request::Get(self.path(&format!("/git/ref/heads/{name}")));
        match self.api.settle(&intent, &request).await? {
            reply if reply.status < 300 => {
                let found: wire::Reference = self.api.read(&intent, &reply.body)?;
                Ok(Some(found.object.sha))
            }
            reply if reply.status == 404 => Ok(None),
            reply => Err(self.api.refusal(&intent, &reply)),
        }
    }
}

/// GitHub's answer to the deletion of a branch that isn't there is 422, in these words.
fn is_gone(reply: &Reply) -> bool {
    reply.status == 422 && reply.message().to_lowercase().contains("reference does not exist")
}
