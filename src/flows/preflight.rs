//! What would stop a run later, looked at before it costs anything: a model's name, the token's rights, the model's key and address.

use super::choices;
use super::run::Run;
use super::stop::Stop;
use crate::agent::proxy;
use crate::answer::Answer;
use crate::slots::Lane;
use crate::ui::Level;

/// Looks at all of it. What a person can put right is told on the issue, too, where the token may write there.
///
/// # Errors
/// The token can't write where this flow has to, a model or an effort that was given is none, or no model can be asked.
pub(super) async fn look(run: &mut Run) -> Result<(), Stop> {
    // A flow without a prompt has no agent, and costs nothing.
    if run.flow.kind().is_none() {
        return Ok(());
    }
    if let Some(why) = rights(run).await? {
        return stop(run, why);
    }
    if let Err(why) = choices::check_given(run) {
        run.found.told_early = true;
        return Err(Stop::Usage(why));
    }
    match model(run) {
        Some(why) => {
            run.found.told_early = true;
            stop(run, why)
        }
        None => Ok(()),
    }
}

/// A dry run shows all the rest, too.
fn stop(run: &Run, why: String) -> Result<(), Stop> {
    if !run.options.dry_run {
        return Err(Stop::Usage(why));
    }
    run.say(Level::Warning, format!("a run would stop here: {why}"));
    Ok(())
}

/// Why the token can't do what the flow ends with; none where it can, or where GitHub doesn't tell.
async fn rights(run: &Run) -> Result<Option<String>, Stop> {
    if !run.hands.has_token || !run.options.publishes() {
        return Ok(None);
    }
    let Answer::Known(standing) = run.hands.github.standing().await.map_err(Stop::failed)? else { return Ok(None) };
    let repo = run.repo();
    if standing.archived {
        return Ok(Some(format!("{repo} is archived, nothing can be written there: unarchive it in its Settings")));
    }
    // A plan is comments, which whoever may read may write.
    if standing.may_push == Some(false) && run.lane() == Lane::Work {
        return Ok(Some(format!(
            "{} may not push to {repo}, so the work could not be published: give the account write access, or use another token",
            standing.account.login
        )));
    }
    Ok(None)
}

/// Why no model can be asked.
fn model(run: &Run) -> Option<String> {
    let base = run.settings.variable("OPENAI_BASE_URL");
    if let Some(error) = base.and_then(|base| proxy::check_base(base).err()) {
        return Some(error.to_string());
    }
    let key = run.settings.model_key().filter(|key| !key.expose().is_empty());
    (base.is_none() && key.is_none()).then(|| {
        "OPENAI_API_KEY is not set, so no model can be asked: set it (in a workflow from a secret of the repository), or set \
         OPENAI_BASE_URL to a model that asks for no key"
            .to_owned()
    })
}
