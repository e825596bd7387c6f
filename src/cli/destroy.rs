//! `codexctl destroy`: the reverse of apply.

use super::apply::{Ground, until_stopped};
use super::ask::{agrees, can_ask};
use super::call::{Call, block_on};
use super::project::Refusal;
use super::{CommandError, Exit, Outcome};
use crate::deploy::{Conflicts, Filters, Reach, Removed, Rollout, Unfinished};
use crate::flows::cancel::Cancel;
use crate::report::outputs::Outputs;
use crate::ui::{Level, Note};

/// Runs the command.
pub(super) fn destroy(call: &mut Call) -> Result<Outcome, CommandError> {
    destroyed(call).or_else(Refusal::outcome)
}

/// How it ended.
enum End {
    Removed(Removed),
    Declined,
}

fn destroyed(call: &mut Call) -> Result<Outcome, Refusal> {
    let ground = Ground::open(call)?;
    let filtered = ground.filters != Filters::default();
    let agreed = call.settings.switch("yes")?;
    let with_data = call.settings.switch("with-data")?;
    let slot = ground.loaded.slot().is_some() && ground.own_namespace;
    let reach = Reach {
        // A slot that has a namespace of its own is gone as a whole.
        data: with_data || (slot && !filtered),
        namespace: if ground.loaded.slot().is_some() { slot } else { with_data },
        cluster: call.settings.switch("cluster-scoped")?,
    };
    if reach.cluster && !agreed {
        let text = "--cluster-scoped deletes what all environments of the project share: give --yes with it";
        return Err(CommandError::new(text).into());
    }
    if !agreed && !can_ask() {
        let text = "destroy deletes what the environment has, and nobody can be asked here: give --yes";
        return Err(CommandError::new(text).into());
    }
    let cancel = Cancel::default();
    let ended = block_on(async {
        let work = async {
            let cluster = ground.connect(call).await?;
            let selection = ground.selection();
            let bare = ground.rollout(call, &cluster, &selection, Conflicts::Take, &cancel)?;
            let comments = ground.comments(call);
            let hooks = ground.hooks(call, &cluster, &comments, None, &cancel);
            let rollout = Rollout { hooks: Some(&hooks), ..bare };
            let plan = rollout.plan().await?;
            if !agreed {
                let what = match (reach.data, reach.namespace) {
                    (true, true) => "with all its data and its namespace",
                    (true, false) => "with its data, but for its namespace",
                    _ => "but for its data and its namespace",
                };
                let question = format!(
                    "Delete {} from {} ({}), {what}?",
                    ground.loaded.env.name,
                    ground.loaded.namespace,
                    cluster.server()
                );
                match agrees(&question, cancel.cancelled()).await? {
                    Some(true) => {}
                    Some(false) => return Ok(End::Declined),
                    None => return Err(Unfinished::Interrupted.into()),
                }
            }
            let lease = ground.hold(call, &cluster).await?;
            let removed = rollout.destroy(&plan, reach, filtered).await;
            if let Some(lease) = lease {
                lease.give_back().await;
            }
            comments.close().await;
            Ok(End::Removed(removed?))
        };
        until_stopped(&cancel, work).await
    })?;
    match ended {
        Ok(End::Removed(removed)) => {
            let mut outputs = Outputs::default();
            outputs.set("env", ground.loaded.env.name.as_str());
            outputs.set("namespace", ground.loaded.namespace.as_str());
            outputs.set("objects_deleted", removed.objects.to_string());
            outputs.set("namespace_deleted", removed.namespace.to_string());
            Ok(call.done(&outputs)?)
        }
        Ok(End::Declined) => {
            call.ui.note(&Note::new(Level::Info, "nothing was deleted"));
            Ok(Outcome { text: String::new(), exit: Exit::Failed })
        }
        Err(ended) => ended.outcome(call),
    }
}
