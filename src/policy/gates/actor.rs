//! The gate `actor`: may whoever sent this event start a run?

use super::{Facts, Verdict};
use crate::answer::Answer;
use crate::event::Account;
use crate::github::Permission;
use crate::policy::triggers::Flow;

/// Why `--allowed-users` or `CODEXCTL_ALLOWED_USERS` can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedUsersError {
    /// Everybody was allowed, and with them everybody's bill.
    #[error(
        "with `*` anybody on GitHub could start runs at your cost: name the logins, or leave it empty to allow those with write permission"
    )]
    Everybody,
    /// Something that can't be a login.
    #[error("`{login}` is no GitHub login: write logins with commas between them, such as `ann,renovate[bot]`")]
    NoLogin {
        /// What stands there.
        login: String,
    },
}

/// Reads the comma list of logins; blanks around them and empty places don't count.
///
/// # Errors
/// [`AllowedUsersError`] for `*` and for what can't be a login.
pub fn parse_allowed_users(text: &str) -> Result<Vec<String>, AllowedUsersError> {
    let logins: Vec<String> =
        text.split(',').map(str::trim).filter(|login| !login.is_empty()).map(str::to_owned).collect();
    for login in &logins {
        if login.contains('*') {
            return Err(AllowedUsersError::Everybody);
        }
        // Letters, digits and hyphens; managed users of an enterprise have an underscore, bots end in `[bot]`.
        let name = login.strip_suffix("[bot]").unwrap_or(login);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(AllowedUsersError::NoLogin { login: login.chars().take(60).collect() });
        }
    }
    Ok(logins)
}

pub(super) fn judge(flow: Flow, facts: &Facts) -> Verdict {
    if flow == Flow::Cleanup {
        return Verdict::not_asked("a cleanup may be started by anybody who can close the issue or pull request");
    }
    if matches!(facts.event.as_str(), "push" | "schedule") {
        return Verdict::not_asked(format!("a {} comes from the repository itself", facts.event));
    }
    if !facts.token
        && let Some(user) = &facts.local_user
    {
        return Verdict::pass(format!("no GitHub token, so {user} at this machine is the actor"));
    }
    if facts.by_hand {
        return owner(facts);
    }
    let Some(sender) = &facts.sender else {
        return Verdict::stop("the event doesn't say who sent it");
    };
    let named = facts.allowed.iter().any(|login| login.eq_ignore_ascii_case(&sender.login));
    if !facts.token {
        return unasked(facts, sender, named);
    }
    // Whoever is a bot by either word is treated as one; GitHub's own word is what lets a named one in.
    if sender.bot || facts.is_bot == Answer::Known(true) {
        bot(facts, sender, named)
    } else {
        person(facts, sender, named)
    }
}

/// By hand the account of the token is the actor. No event means no loop, so that its own account may be the one that is named.
fn owner(facts: &Facts) -> Verdict {
    let owner = match &facts.viewer {
        Answer::Known(owner) => owner,
        Answer::Unknown(would) => return Verdict::unknown(would),
    };
    let login = format!("{}, whose token this is,", owner.login);
    if facts.allowed.iter().any(|named| named.eq_ignore_ascii_case(&owner.login)) {
        return Verdict::pass(format!("{login} is named in CODEXCTL_ALLOWED_USERS"));
    }
    if owner.bot {
        let list: Vec<&str> = facts.allowed.iter().map(String::as_str).chain([owner.login.as_str()]).collect();
        return Verdict::stop(format!(
            "without an event the account of the token starts the run, here the bot {}, and a bot has to be named: set \
             CODEXCTL_ALLOWED_USERS to {}, or give a token of your own as CODEXCTL_GH_PAT",
            owner.login,
            list.join(",")
        ));
    }
    if !facts.allowed.is_empty() {
        return Verdict::stop(format!(
            "{login} is not in CODEXCTL_ALLOWED_USERS: add it there, or give a token of somebody who is"
        ));
    }
    match &facts.permission {
        Answer::Known(permission) if *permission < Permission::Write => Verdict::stop(format!(
            "{login} has no write permission on {} ({}): ask for it, or give a token of somebody who has it",
            facts.repository,
            word(*permission)
        )),
        Answer::Known(permission) => {
            Verdict::pass(format!("{login} may write to {} ({})", facts.repository, word(*permission)))
        }
        Answer::Unknown(would) => Verdict::unknown(would),
    }
}

/// In a workflow without a token: the list alone can let somebody in, and a bot needs GitHub's word.
fn unasked(facts: &Facts, sender: &Account, named: bool) -> Verdict {
    let login = &sender.login;
    if named && !sender.bot {
        return Verdict::pass(format!("{login} is named in CODEXCTL_ALLOWED_USERS"));
    }
    if !facts.allowed.is_empty() && !sender.bot {
        return Verdict::stop(format!("{login} is not in CODEXCTL_ALLOWED_USERS"));
    }
    let way_out = if sender.bot { "give one" } else { "give one, or name them in CODEXCTL_ALLOWED_USERS" };
    Verdict::stop(format!("without a GitHub token nobody can say whether {login} may start a run: {way_out}"))
}

fn bot(facts: &Facts, sender: &Account, named: bool) -> Verdict {
    let login = &sender.login;
    if is_own(facts, sender) == Some(true) {
        return Verdict::stop(format!("{login} is codexctl's own account: a run must not start the next one"));
    }
    if !named {
        return Verdict::stop(format!(
            "{login} is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them"
        ));
    }
    match (&facts.is_bot, &facts.viewer) {
        (Answer::Known(false), _) => {
            Verdict::stop(format!("the event calls {login} a bot, and GitHub says it is none"))
        }
        (Answer::Unknown(would), _) | (_, Answer::Unknown(would)) => Verdict::unknown(would),
        (Answer::Known(true), Answer::Known(_)) => {
            Verdict::pass(format!("bot {login} is named in CODEXCTL_ALLOWED_USERS"))
        }
    }
}

fn person(facts: &Facts, sender: &Account, named: bool) -> Verdict {
    let login = &sender.login;
    let own = is_own(facts, sender);
    if own == Some(true) && matches!(&facts.viewer, Answer::Known(viewer) if viewer.bot) {
        return Verdict::stop(format!("{login} is codexctl's own account: a run must not start the next one"));
    }
    if named {
        // A bot's login may be in the list, so whether this is one has to be known.
        return match &facts.is_bot {
            Answer::Unknown(would) => Verdict::unknown(would),
            Answer::Known(_) => Verdict::pass(format!("{login} is named in CODEXCTL_ALLOWED_USERS")),
        };
    }
    if !facts.allowed.is_empty() {
        return Verdict::stop(format!("{login} is not in CODEXCTL_ALLOWED_USERS"));
    }
    if own == Some(true) {
        return Verdict::stop(format!(
            "{login} is codexctl's own account, which starts runs only if CODEXCTL_ALLOWED_USERS names it"
        ));
    }
    match (&facts.permission, &facts.is_bot, own) {
        (Answer::Known(permission), _, _) if *permission < Permission::Write => {
            Verdict::stop(format!("{login} has no write permission on {} ({})", facts.repository, word(*permission)))
        }
        (Answer::Unknown(would), _, _) | (_, Answer::Unknown(would), _) => Verdict::unknown(would),
        (_, _, None) => match &facts.viewer {
            Answer::Unknown(would) => Verdict::unknown(would),
            Answer::Known(_) => Verdict::stop("it is not known which account is codexctl's own"),
        },
        (Answer::Known(permission), Answer::Known(_), Some(_)) => {
            Verdict::pass(format!("{login} may write to {} ({})", facts.repository, word(*permission)))
        }
    }
}

/// Whether the sender is the account that codexctl writes as, where that is known.
fn is_own(facts: &Facts, sender: &Account) -> Option<bool> {
    facts.viewer.known().map(|viewer| viewer.login.eq_ignore_ascii_case(&sender.login))
}

fn word(permission: Permission) -> &'static str {
    match permission {
        Permission::None => "none",
        Permission::Read => "read",
        Permission::Write => "write",
        Permission::Admin => "admin",
    }
}
