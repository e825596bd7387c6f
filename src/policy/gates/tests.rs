//! Every answer of every gate, word for word.

use insta::assert_snapshot;

use super::*;

fn account(login: &str, bot: bool) -> Account {
    Account { login: login.to_owned(), bot }
}

/// Everything is fine: ann may write and labelled issue 7.
fn facts() -> Facts {
    Facts {
        event: "issues".to_owned(),
        repository: "o/shop".to_owned(),
        sender: Some(account("ann", false)),
        allowed: Vec::new(),
        token: true,
        by_hand: false,
        local_user: Some("kim".to_owned()),
        permission: Answer::Known(Permission::Write),
        viewer: Answer::Known(account("codex-app[bot]", true)),
        is_bot: Answer::Known(false),
        issue: Some(IssueFacts { number: 7, open: Answer::Known(true) }),
        pull: None,
        delivery: "run 1234, attempt 1".to_owned(),
        handled: Answer::Known(false),
        running: Answer::Known(None),
    }
}

fn would<T>(what: &str) -> Answer<T> {
    Answer::Unknown(format!("would ask {what}"))
}

fn said(flow: Flow, gate: Gate, change: impl FnOnce(&mut Facts)) -> String {
    let mut facts = facts();
    change(&mut facts);
    let answers = judge(flow, &facts);
    answers.iter().find(|answer| answer.gate == gate).unwrap().verdict.to_string()
}

fn actor(change: impl FnOnce(&mut Facts)) -> String {
    said(Flow::Dev, Gate::Actor, change)
}

fn allow(facts: &mut Facts, users: &str) {
    facts.allowed = parse_allowed_users(users).unwrap();
}

fn send(facts: &mut Facts, login: &str, bot: bool) {
    facts.sender = Some(account(login, bot));
    facts.is_bot = Answer::Known(bot);
}

#[test]
fn by_hand_the_owner_of_the_token_is_the_actor() {
    let by_hand = |owner: Account, change: fn(&mut Facts)| {
        actor(|facts| {
            (facts.by_hand, facts.sender, facts.viewer) = (true, Some(owner.clone()), Answer::Known(owner));
            change(facts);
        })
    };
    let ann = || account("ann", false);
    assert_snapshot!(by_hand(ann(), |_| {}), @"pass: ann, whose token this is, may write to o/shop (write)");
    assert_snapshot!(by_hand(ann(), |facts| facts.permission = Answer::Known(Permission::Read)), @"stop: ann, whose token this is, has no write permission on o/shop (read): ask for it, or give a token of somebody who has it");
    assert_snapshot!(by_hand(ann(), |facts| allow(facts, "Ann")), @"pass: ann, whose token this is, is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(by_hand(ann(), |facts| allow(facts, "bob")), @"stop: ann, whose token this is, is not in CODEXCTL_ALLOWED_USERS: add it there, or give a token of somebody who is");
    assert_snapshot!(by_hand(ann(), |facts| facts.viewer = would("whose token this is")), @"unknown (would ask whose token this is)");
    let bot = || account("shop[bot]", true);
    assert_snapshot!(by_hand(bot(), |_| {}), @"stop: without an event the account of the token starts the run, here the bot shop[bot], and a bot has to be named: set CODEXCTL_ALLOWED_USERS to shop[bot], or give a token of your own as CODEXCTL_GH_PAT");
    assert_snapshot!(by_hand(bot(), |facts| allow(facts, "shop[bot]")), @"pass: shop[bot], whose token this is, is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(by_hand(ann(), |facts| facts.token = false), @"pass: no GitHub token, so kim at this machine is the actor");
}

#[test]
fn the_gates_are_asked_in_order_and_the_first_stop_counts() {
    let mut facts = facts();
    facts.allowed = vec!["bob".to_owned()];
    facts.issue = Some(IssueFacts { number: 7, open: Answer::Known(false) });
    let answers = judge(Flow::Dev, &facts);
    insta::assert_json_snapshot!(answers, @r##"
    [
      {
        "gate": "actor",
        "verdict": "stop",
        "why": "ann is not in CODEXCTL_ALLOWED_USERS"
      },
      {
        "gate": "state",
        "verdict": "stop",
        "why": "issue #7 is closed"
      },
      {
        "gate": "fork",
        "verdict": "not_asked",
        "why": "no pull request is involved"
      },
      {
        "gate": "duplicate",
        "verdict": "pass",
        "why": "no other run does dev for issue #7"
      }
    ]
    "##);
    assert_eq!(first_stop(&answers), Some((Gate::Actor, "ann is not in CODEXCTL_ALLOWED_USERS")));
    assert_eq!(first_stop(&answers[2..]), None);
}

#[test]
fn with_an_empty_list_write_permission_decides() {
    assert_snapshot!(actor(|_| ()), @"pass: ann may write to o/shop (write)");
    assert_snapshot!(actor(|f| f.permission = Answer::Known(Permission::Admin)), @"pass: ann may write to o/shop (admin)");
    assert_snapshot!(actor(|f| f.permission = Answer::Known(Permission::Read)), @"stop: ann has no write permission on o/shop (read)");
    assert_snapshot!(actor(|f| f.permission = Answer::Known(Permission::None)), @"stop: ann has no write permission on o/shop (none)");
    assert_snapshot!(actor(|f| f.permission = would("GitHub what ann may do")), @"unknown (would ask GitHub what ann may do)");
    assert_snapshot!(actor(|f| f.viewer = would("GitHub whose token this is")), @"unknown (would ask GitHub whose token this is)");
    assert_snapshot!(actor(|f| f.is_bot = would("GitHub whether ann is a bot")), @"unknown (would ask GitHub whether ann is a bot)");
    assert_snapshot!(actor(|f| f.sender = None), @"stop: the event doesn't say who sent it");
}

#[test]
fn a_list_decides_alone_and_ignores_case() {
    assert_snapshot!(actor(|f| allow(f, "bob, ANN ,")), @"pass: ann is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(actor(|f| { allow(f, "bob"); f.permission = Answer::Known(Permission::Admin); }), @"stop: ann is not in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(actor(|f| { allow(f, "ann"); f.permission = Answer::Known(Permission::None); }), @"pass: ann is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(actor(|f| { allow(f, "ann"); f.is_bot = would("GitHub whether ann is a bot"); }), @"unknown (would ask GitHub whether ann is a bot)");
}

#[test]
fn a_bot_starts_runs_only_by_its_exact_login_and_githubs_word() {
    assert_snapshot!(actor(|f| send(f, "renovate[bot]", true)), @"stop: renovate[bot] is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them");
    assert_snapshot!(actor(|f| { send(f, "renovate[bot]", true); allow(f, "renovate"); }), @"stop: renovate[bot] is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them");
    assert_snapshot!(actor(|f| { send(f, "renovate[bot]", true); allow(f, "renovate[bot]"); }), @"pass: bot renovate[bot] is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(actor(|f| { send(f, "renovate[bot]", true); allow(f, "renovate[bot]"); f.is_bot = Answer::Known(false); }), @"stop: the event calls renovate[bot] a bot, and GitHub says it is none");
    assert_snapshot!(actor(|f| { send(f, "renovate[bot]", true); allow(f, "renovate[bot]"); f.is_bot = would("GitHub"); }), @"unknown (would ask GitHub)");
    assert_snapshot!(actor(|f| { send(f, "renovate[bot]", true); allow(f, "renovate[bot]"); f.viewer = would("GitHub whose token this is"); }), @"unknown (would ask GitHub whose token this is)");
    // The payload says nothing, GitHub does.
    assert_snapshot!(actor(|f| f.is_bot = Answer::Known(true)), @"stop: ann is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them");
    // An ending alone makes no bot.
    assert_snapshot!(actor(|f| send(f, "robot-bot", false)), @"pass: robot-bot may write to o/shop (write)");
}

#[test]
fn codexctls_own_account_never_starts_a_run_as_a_bot_and_as_a_user_only_if_named() {
    assert_snapshot!(actor(|f| { send(f, "codex-app[bot]", true); allow(f, "codex-app[bot]"); }), @"stop: codex-app[bot] is codexctl's own account: a run must not start the next one");
    assert_snapshot!(actor(|f| { send(f, "codex-app[bot]", false); allow(f, "codex-app[bot]"); }), @"stop: codex-app[bot] is codexctl's own account: a run must not start the next one");
    assert_snapshot!(actor(|f| f.viewer = Answer::Known(account("Ann", false))), @"stop: ann is codexctl's own account, which starts runs only if CODEXCTL_ALLOWED_USERS names it");
    assert_snapshot!(actor(|f| { f.viewer = Answer::Known(account("ann", false)); allow(f, "ann"); }), @"pass: ann is named in CODEXCTL_ALLOWED_USERS");
}

#[test]
fn nobody_is_asked_where_the_repository_itself_or_this_machine_acts() {
    assert_snapshot!(actor(|f| { f.token = false; f.sender = None; }), @"pass: no GitHub token, so kim at this machine is the actor");
    assert_snapshot!(said(Flow::Deploy, Gate::Actor, |f| f.event = "push".to_owned()), @"not asked: a push comes from the repository itself");
    assert_snapshot!(said(Flow::Gc, Gate::Actor, |f| f.event = "schedule".to_owned()), @"not asked: a schedule comes from the repository itself");
    assert_snapshot!(said(Flow::Cleanup, Gate::Actor, |f| f.permission = Answer::Known(Permission::None)), @"not asked: a cleanup may be started by anybody who can close the issue or pull request");
    // A deployment by hand has an actor.
    assert_snapshot!(said(Flow::Deploy, Gate::Actor, |f| { f.event = "workflow_dispatch".to_owned(); f.permission = Answer::Known(Permission::Read); }), @"stop: ann has no write permission on o/shop (read)");
}

#[test]
fn a_workflow_without_token_lets_in_only_who_is_named() {
    let workflow = |change: fn(&mut Facts)| {
        actor(|f| {
            (f.token, f.local_user) = (false, None);
            change(f);
        })
    };
    assert_snapshot!(workflow(|_| ()), @"stop: without a GitHub token nobody can say whether ann may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(workflow(|f| allow(f, "bob")), @"stop: ann is not in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(workflow(|f| allow(f, "ann")), @"pass: ann is named in CODEXCTL_ALLOWED_USERS");
    assert_snapshot!(workflow(|f| { allow(f, "renovate[bot]"); send(f, "renovate[bot]", true); }), @"stop: without a GitHub token nobody can say whether renovate[bot] may start a run: give one");
    assert_snapshot!(workflow(|f| f.sender = None), @"stop: the event doesn't say who sent it");
}

#[test]
fn what_is_closed_is_not_worked_on() {
    let state = |flow, change: fn(&mut Facts)| said(flow, Gate::State, change);
    assert_snapshot!(state(Flow::Dev, |_| ()), @"pass: issue #7 is open");
    assert_snapshot!(state(Flow::Plan, |f| f.issue = Some(IssueFacts { number: 7, open: Answer::Known(false) })), @"stop: issue #7 is closed");
    assert_snapshot!(state(Flow::Repair, |f| f.issue = Some(IssueFacts { number: 7, open: would("GitHub for issue #7") })), @"unknown (would ask GitHub for issue #7)");
    assert_snapshot!(state(Flow::Dev, |f| f.issue = None), @"stop: the event names no issue");
    assert_snapshot!(state(Flow::Review, |f| f.pull = pull(true, Answer::Known(None))), @"pass: pull request #12 is open");
    // The issue of a review may be closed.
    assert_snapshot!(state(Flow::Review, |f| { f.pull = pull(false, Answer::Known(None)); f.issue = None; }), @"stop: pull request #12 is closed");
    assert_snapshot!(state(Flow::RepairReview, |_| ()), @"stop: the event names no pull request");
    assert_snapshot!(state(Flow::Cleanup, |_| ()), @"not asked: a cleanup is for what is closed");
    assert_snapshot!(state(Flow::Deploy, |_| ()), @"not asked: the flow deploy is about no issue");
}

fn pull(open: bool, head_repository: Answer<Option<String>>) -> Option<PullFacts> {
    Some(PullFacts { number: 12, open: Answer::Known(open), head_repository })
}

#[test]
fn a_forks_pull_request_is_never_worked_on() {
    let fork = |head: Answer<Option<String>>| said(Flow::Review, Gate::Fork, |f| f.pull = pull(true, head));
    assert_snapshot!(fork(Answer::Known(Some("O/Shop".to_owned()))), @"pass: the head of pull request #12 is in o/shop");
    assert_snapshot!(fork(Answer::Known(Some("eve/shop".to_owned()))), @"stop: pull request #12 comes from eve/shop, and codexctl works only on branches of o/shop");
    assert_snapshot!(fork(Answer::Known(None)), @"stop: pull request #12 comes from a fork that is gone");
    assert_snapshot!(fork(would("GitHub for pull request #12")), @"unknown (would ask GitHub for pull request #12)");
    assert_snapshot!(said(Flow::Dev, Gate::Fork, |_| ()), @"not asked: no pull request is involved");
    // Else a fork's branch called codex/issue-7 would clean up the slot of issue 7.
    assert_snapshot!(said(Flow::Cleanup, Gate::Fork, |f| f.pull = pull(false, Answer::Known(Some("eve/shop".to_owned())))), @"stop: pull request #12 comes from eve/shop, and codexctl works only on branches of o/shop");
}

#[test]
fn nothing_is_done_twice() {
    let twice = |change: fn(&mut Facts)| said(Flow::Dev, Gate::Duplicate, change);
    assert_snapshot!(twice(|_| ()), @"pass: no other run does dev for issue #7");
    assert_snapshot!(twice(|f| f.handled = Answer::Known(true)), @"stop: this delivery (run 1234, attempt 1) has been handled: set the label again to start anew");
    assert_snapshot!(twice(|f| f.running = Answer::Known(Some("run 1200, attempt 1".to_owned()))), @"stop: dev for issue #7 is running already (run 1200, attempt 1)");
    assert_snapshot!(twice(|f| { f.handled = would("GitHub for its marker"); f.running = Answer::Known(Some("run 9".to_owned())); }), @"stop: dev for issue #7 is running already (run 9)");
    assert_snapshot!(twice(|f| f.handled = would("GitHub for its marker")), @"unknown (would ask GitHub for its marker)");
    assert_snapshot!(said(Flow::Review, Gate::Duplicate, |f| { f.issue = None; f.pull = pull(true, Answer::Known(None)); }), @"pass: no other run does review for pull request #12");
    assert_snapshot!(said(Flow::Gc, Gate::Duplicate, |_| ()), @"not asked: the flow gc works for no issue");
}

#[test]
fn the_list_of_users_is_read_and_a_star_is_refused() {
    assert_eq!(
        parse_allowed_users(" ann ,, renovate[bot],b-ob_corp "),
        Ok(vec!["ann".to_owned(), "renovate[bot]".to_owned(), "b-ob_corp".to_owned()])
    );
    assert_eq!(parse_allowed_users(" , "), Ok(Vec::new()));
    let refused = |text: &str| parse_allowed_users(text).unwrap_err().to_string();
    assert_snapshot!(refused("ann, *"), @"with `*` anybody on GitHub could start runs at your cost: name the logins, or leave it empty to allow those with write permission");
    assert_snapshot!(refused("ann bob"), @"`ann bob` is no GitHub login: write logins with commas between them, such as `ann,renovate[bot]`");
    assert_snapshot!(refused("@ann"), @"`@ann` is no GitHub login: write logins with commas between them, such as `ann,renovate[bot]`");
}
