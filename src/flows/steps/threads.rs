//! Answers the review threads that the agent was told of, each once, and resolves those that it says are done.

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::result::ThreadAnswer;
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::github::{Answered, Error, ThreadReply, markers};
use crate::publish::Pushed;
use crate::report::Lang;
use crate::report::comments::thread_answer;
use crate::ui::Level;

/// The answers in the threads.
pub struct AnswerThreads;

#[async_trait]
impl Step for AnswerThreads {
    fn name(&self) -> &'static str {
        "threads"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().map(|pull| pull.number) else {
            return Ok(Did::Skipped("no pull request".to_owned()));
        };
        let Some(agent) = &run.found.agent else {
            let threads = match run.found.threads.len() {
                0 => "the review threads".to_owned(),
                1 => "1 review thread".to_owned(),
                count => format!("{count} review threads"),
            };
            let what = format!("answer {threads} of pull request #{pull}, and resolve those that the agent calls done");
            run.hands.plan.add(what, None);
            return Ok(Did::Skipped("nothing is answered".to_owned()));
        };
        let given = agent.result.as_ref().map(|result| result.threads.clone()).unwrap_or_default();
        let (wanted, strange) = sort(&given, &run.found.threads);
        let silent = run.found.threads.iter().filter(|id| !wanted.iter().any(|answer| answer.id == **id)).count();
        let published = is_published(run);
        super::slot::still_ours(run).await?;
        let (mut answered, mut resolved, mut refused, mut asked) = (0, 0, Vec::new(), 0);
        let mut no_right = Vec::new();
        for answer in wanted {
            let reply = put(run, pull, answer, published);
            if reply.body.is_none() && !reply.resolve {
                continue;
            }
            asked += 1;
            match run.hands.github.answer_thread(&reply).await {
                Ok(Answer::Known(did)) => {
                    answered += usize::from(reply.body.is_some() && did != Answered::ResolvedByOthers);
                    resolved += usize::from(reply.resolve && did != Answered::ResolvedByOthers);
                }
                Ok(Answer::Unknown(_)) => {}
                // The work is out: one thread that is gone or closed to us must not make a failure of it.
                Err(error @ (Error::Missing { .. } | Error::Refused { .. })) => {
                    run.say(Level::Warning, error.to_string());
                    refused.push(error.to_string());
                    no_right.extend(matches!(error, Error::Refused { .. }).then_some(error));
                }
                Err(error) => return Err(Stop::failed(error)),
            }
        }
        // Nobody got an answer: that is the token's fault, not a thread's. A run that failed may be repeated, a finished one may not.
        if no_right.len() == asked
            && let Some(error) = no_right.pop()
        {
            return Err(Stop::failed(error));
        }
        let left_out = run.found.prompts.as_ref().map_or(0, |prompts| prompts.full.threads_left_out);
        let lang = run.lang();
        let left = left(lang, &Left { strange, silent, left_out });
        run.found.left.extend(left);
        let not = match refused.len() {
            0 => String::new(),
            count => format!(", {count} refused"),
        };
        run.found.left.extend(refused);
        Ok(Did::Done(format!("{answered} answered, {resolved} resolved{not}")))
    }
}

/// Answers to threads that the agent was told of, the last word for each; and how many are for others.
fn sort<'a>(given: &'a [ThreadAnswer], told: &[String]) -> (Vec<&'a ThreadAnswer>, usize) {
    let mut wanted: Vec<&ThreadAnswer> = Vec::new();
    let mut strange = 0;
    for answer in given {
        if !told.contains(&answer.id) {
            strange += 1;
            continue;
        }
        wanted.retain(|there| there.id != answer.id);
        wanted.push(answer);
    }
    (wanted, strange)
}

/// Whether the work that an answer speaks of is where the reviewer sees it.
fn is_published(run: &Run) -> bool {
    matches!(run.found.pushed, Some(Pushed::Done { .. } | Pushed::AlreadyThere { .. } | Pushed::Merged { .. }))
}

fn put(run: &Run, pull: u64, answer: &ThreadAnswer, published: bool) -> ThreadReply {
    // A second attempt at the same review finds what the first one wrote.
    let asked = run.about.review.map_or_else(|| run.identity.delivery.clone(), |review| format!("review-{review}"));
    let state = markers::State { delivery: Some(asked), ..markers::State::default() };
    let marker = markers::marker("reply", &run.repo(), &run.found.project, pull, &state);
    let text = answer.reply.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let body = text.and_then(|text| {
        thread_answer(&marker, text, run.about.issue_number(), run.identity.run_url.as_deref(), run.lang())
    });
    ThreadReply { pull, thread: answer.id.clone(), marker, body, resolve: answer.resolved && published }
}

/// What people have to know about threads without an answer.
struct Left {
    /// Answers to threads that the agent was not told of.
    strange: usize,
    /// Threads that it was told of and gave no answer to.
    silent: usize,
    /// Threads that did not fit into the prompt.
    left_out: usize,
}

fn left(lang: Lang, of: &Left) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |count: usize, en: [&str; 2], ru: &str| {
        if count > 0 {
            lines.push(match lang {
                Lang::En => format!("{count} {}", if count == 1 { en[0] } else { en[1] }),
                Lang::Ru => format!("{ru}: {count}"),
            });
        }
    };
    say(
        of.silent,
        ["review thread got no answer from Codex", "review threads got no answer from Codex"],
        "обсуждения, на которые Codex не ответил",
    );
    say(
        of.left_out,
        [
            "review thread did not fit into the prompt (--context-budget): resolve some and submit another review",
            "review threads did not fit into the prompt (--context-budget): resolve some and submit another review",
        ],
        "обсуждения, которые не поместились в промпт (--context-budget), — закройте часть и отправьте ещё одно ревью",
    );
    say(
        of.strange,
        ["answer names no open thread of this pull request", "answers name no open thread of this pull request"],
        "ответы, для которых в этом PR нет открытого обсуждения",
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: &str, reply: &str) -> ThreadAnswer {
        ThreadAnswer { id: id.to_owned(), reply: Some(reply.to_owned()), resolved: true }
    }

    #[test]
    fn only_threads_of_the_prompt_are_answered_and_each_once() {
        let given = [answer("A", "first"), answer("X", "whose?"), answer("B", "b"), answer("A", "second")];
        let (wanted, strange) = sort(&given, &["A".to_owned(), "B".to_owned(), "C".to_owned()]);
        let said: Vec<_> = wanted.iter().map(|answer| (answer.id.as_str(), answer.reply.as_deref().unwrap())).collect();
        assert_eq!(said, [("B", "b"), ("A", "second")]);
        assert_eq!(strange, 1);
    }

    #[test]
    fn what_has_no_answer_is_said_in_both_languages() {
        let of = Left { strange: 1, silent: 2, left_out: 3 };
        insta::assert_snapshot!(left(Lang::En, &of).join("\n"), @"
        2 review threads got no answer from Codex
        3 review threads did not fit into the prompt (--context-budget): resolve some and submit another review
        1 answer names no open thread of this pull request
        ");
        insta::assert_snapshot!(left(Lang::Ru, &of).join("\n"), @"
        обсуждения, на которые Codex не ответил: 2
        обсуждения, которые не поместились в промпт (--context-budget), — закройте часть и отправьте ещё одно ревью: 3
        ответы, для которых в этом PR нет открытого обсуждения: 1
        ");
        assert_eq!(left(Lang::En, &Left { strange: 0, silent: 0, left_out: 0 }), Vec::<String>::new());
    }
}
