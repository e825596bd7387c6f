//! Sentences of gates and steps in Russian, for people who read a summary or a comment. Rooms that make them speak English, as logs do;
//! this catalogue knows the sentences by their English text, as gettext does. What it doesn't know stays English.

use super::Lang;

/// The headline of a step that a gate stopped.
const GATE: &str = "gate {}: {}";

/// English and Russian; `{}` stands for a name or number, `{0}` for the first of them. The first that fits counts.
static RUSSIAN: &[(&str, &str)] = &[
    // Why a flow was chosen.
    ("label {} was set", "поставлена метка {0}"),
    ("a comment asks for it", "об этом просит комментарий"),
    ("a review requests changes", "ревью просит правок"),
    ("the event {} asks for it", "об этом просит событие {0}"),
    ("--flow asks for it", "так указано в --flow"),
    ("prompt run asks for {}", "prompt run просит {0}"),
    // The gate `actor`.
    (
        "no GitHub token, so whoever sits at this machine is the actor",
        "токена GitHub нет: запускает тот, кто за этой машиной",
    ),
    ("no GitHub token, so {} at this machine is the actor", "токена GitHub нет: запускает {0}, кто за этой машиной"),
    (
        "a cleanup may be started by anybody who can close the issue or pull request",
        "уборку запускает любой, кто может закрыть задачу или PR",
    ),
    ("a {} comes from the repository itself", "событие {0} исходит от самого репозитория"),
    ("the event doesn't say who sent it", "в событии не сказано, кто его вызвал"),
    (
        "{}, whose token this is, is named in CODEXCTL_ALLOWED_USERS",
        "{0}, чей это токен, есть в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "{}, whose token this is, is not in CODEXCTL_ALLOWED_USERS",
        "{0}, чей это токен, не указан в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "{}, whose token this is, is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them",
        "{0}, чей это токен, — бот, а боты запускают, только если они указаны в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "{}, whose token this is, has no write permission on {} ({})",
        "у {0}, чей это токен, нет права записи в {1} (есть: {2})",
    ),
    ("{}, whose token this is, may write to {} ({})", "у {0}, чей это токен, есть право записи в {1} ({2})"),
    ("bot {} is named in CODEXCTL_ALLOWED_USERS", "бот {0} указан в CODEXCTL_ALLOWED_USERS"),
    ("{} is named in CODEXCTL_ALLOWED_USERS", "{0} есть в CODEXCTL_ALLOWED_USERS"),
    ("{} is not in CODEXCTL_ALLOWED_USERS", "{0} не указан в CODEXCTL_ALLOWED_USERS"),
    (
        "without a GitHub token nobody can say whether {} may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS",
        "без токена GitHub не узнать, можно ли {0} запускать: дайте токен или укажите логин в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "without a GitHub token nobody can say whether {} may start a run: give one",
        "без токена GitHub не узнать, можно ли {0} запускать: дайте токен",
    ),
    (
        "{} is codexctl's own account: a run must not start the next one",
        "{0} — учётная запись самого codexctl: запуск не должен вызывать следующий",
    ),
    (
        "{} is codexctl's own account, which starts runs only if CODEXCTL_ALLOWED_USERS names it",
        "{0} — учётная запись самого codexctl, она запускает, только если указана в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "{} is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them",
        "{0} — бот, а боты запускают, только если они указаны в CODEXCTL_ALLOWED_USERS",
    ),
    (
        "the event calls {} a bot, and GitHub says it is none",
        "событие называет {0} ботом, а GitHub говорит, что это не бот",
    ),
    ("it is not known which account is codexctl's own", "неизвестно, под какой учётной записью работает codexctl"),
    ("{} has no write permission on {} ({})", "у {0} нет права записи в {1} (есть: {2})"),
    ("{} may write to {} ({})", "у {0} есть право записи в {1} ({2})"),
    // The other gates.
    ("issue #{} is open", "задача #{0} открыта"),
    ("issue #{} is closed", "задача #{0} закрыта"),
    ("pull request #{} is open", "PR #{0} открыт"),
    ("pull request #{} is closed", "PR #{0} закрыт"),
    ("the event names no issue", "в событии нет задачи"),
    ("the event names no pull request", "в событии нет PR"),
    (
        "pull request #{} comes from {}, and codexctl works only on branches of {}",
        "PR #{0} из репозитория {1}, а codexctl работает только с ветками {2}",
    ),
    ("pull request #{} comes from a fork that is gone", "PR #{0} из форка, которого больше нет"),
    (
        "this delivery ({}) has been handled: set the label again to start anew",
        "это событие ({0}) уже обработано: чтобы начать заново, поставьте метку ещё раз",
    ),
    (
        "this delivery ({}) has been handled: submit another review to start anew",
        "это событие ({0}) уже обработано: чтобы начать заново, отправьте новое ревью",
    ),
    (
        "this delivery ({}) has been handled: write another comment to start anew",
        "это событие ({0}) уже обработано: чтобы начать заново, напишите новый комментарий",
    ),
    ("{} for issue #{} is running already ({})", "{0} по задаче #{1} уже выполняется ({2})"),
    ("{} for pull request #{} is running already ({})", "{0} по PR #{1} уже выполняется ({2})"),
    // Why files were left out.
    ("a name that git or a file system takes for `.git`", "имя, которое git или файловая система примет за `.git`"),
    ("a symbolic link with an absolute target", "символическая ссылка на абсолютный путь"),
    ("a symbolic link that leads out of the tree", "символическая ссылка за пределы репозитория"),
    ("a symbolic link into a `.git`", "символическая ссылка внутрь `.git`"),
    ("a named pipe, a socket or a device", "именованный канал, сокет или устройство"),
    ("a file with a setuid or setgid bit", "файл с битом setuid или setgid"),
    (
        "a file with more than one hard link, it may come from outside the tree",
        "файл с несколькими жёсткими ссылками: он может быть не из репозитория",
    ),
    ("it can't be read", "не читается"),
    ("the path is too deep or too long", "путь слишком глубокий или слишком длинный"),
    ("the name has control characters", "в имени управляющие символы"),
    ("files at the place of a submodule", "файлы на месте подмодуля"),
    // Where to look.
    ("Issue", "Задача"),
    ("Pull request", "Pull request"),
    ("Plan", "План"),
    ("Run", "Запуск"),
    // Why a run did not end well.
    ("codex.timeouts.exec was over before the agent had ended", "codex.timeouts.exec вышел, а агент ещё работал"),
    (
        "the next request would have gone over codex.budget.tokens",
        "следующий запрос вышел бы за пределы codex.budget.tokens",
    ),
    (
        "none of the agent's {} commands could be started: Codex's sandbox does not work here",
        "не удалось запустить ни одной из команд агента (их {0}): песочница Codex здесь не работает",
    ),
    (
        "Codex says that the turn failed, without a reason",
        "Codex сообщает, что ход завершился с ошибкой, но не говорит почему",
    ),
    ("Codex ended with exit code 0 without having finished its turn", "Codex завершился с кодом 0, не закончив хода"),
    (
        "Codex ended with exit code 0 without a change and without a word",
        "Codex завершился с кодом 0, ничего не изменив и ничего не сказав",
    ),
    ("Codex ended with exit code {}: {}", "Codex завершился с кодом {0}: {1}"),
    ("Codex ended with exit code {}", "Codex завершился с кодом {0}"),
    ("Codex was ended by a signal from outside", "Codex остановлен сигналом извне"),
    (
        "secrets would leave the run:\n  {}\nTake them out of the change and rotate those that are real",
        "из запуска ушли бы секреты:\n  {0}\nУберите их из изменений и перевыпустите настоящие",
    ),
    ("secrets would leave the run:\n{}", "из запуска ушли бы секреты:\n{0}"),
    ("a text of the agent looked like a secret and was left out", "в тексте агента было похожее на секрет, он опущен"),
    (
        "protected paths changed, and publish.onProtected is refuse: {}",
        "изменены защищённые файлы, а publish.onProtected — refuse: {0}",
    ),
    (
        "the changed files have more than {} bytes: raise publish.maxBytes, add what is generated to .gitignore or publish.skip",
        "изменённые файлы занимают больше {0} байт: увеличьте publish.maxBytes или добавьте то, что генерируется, в .gitignore или publish.skip",
    ),
    (
        "the agent's tree has more than {} entries that git does not ignore: add what is generated to .gitignore",
        "в каталоге агента больше {0} записей, которые git не игнорирует: добавьте то, что генерируется, в .gitignore",
    ),
    (
        "{} is kept in Git LFS and git-lfs is not installed: install it where codexctl runs, or keep such files out of the change",
        "{0} хранится в Git LFS, а git-lfs не установлен: установите его там, где работает codexctl, или не меняйте такие файлы",
    ),
    (
        "branch {} moved while the agent worked, and both changed {}. The work is on {}: merge it by hand, or delete that branch and start again",
        "ветка {0} ушла вперёд, пока агент работал, и там, и здесь изменено: {1}. Работа лежит в {2}: влейте её вручную или удалите эту ветку и начните заново",
    ),
    (
        "branch {} of pull request #{} is not on the remote any more: restore it, then submit the review again",
        "ветки {0} PR #{1} больше нет на origin: восстановите её и отправьте ревью ещё раз",
    ),
    ("branch {} of pull request #{} is not on the remote any more", "ветки {0} PR #{1} больше нет на origin"),
    (
        "pull request #{} comes from the default branch {}, and codexctl never pushes to that: open it from another branch",
        "PR #{0} открыт из основной ветки {1}, а туда codexctl ничего не пишет: откройте его из другой ветки",
    ),
    (
        "the remote's default branch {} has no commit yet: push a first one",
        "в основной ветке {0} на origin ещё нет ни одного коммита: отправьте первый",
    ),
    (
        "slot {} is now worked on by {}: this run stops before it changes anything more",
        "слотом {0} теперь занят {1}: этот запуск останавливается и больше ничего не меняет",
    ),
    ("{} has {} mistakes", "ошибок в {0}: {1}"),
    // What steps say when slots go.
    ("there is none", "нет ни одного"),
    ("no slot to remove", "удалять нечего"),
    ("{} to remove, {} stay", "удалить: {0}, остаются: {1}"),
    ("{} to remove", "удалить: {0}"),
    ("no slot is held", "занятых слотов нет"),
    ("{} slots held", "занято слотов: {0}"),
    ("{} slot held", "занято слотов: {0}"),
    ("{} slots could not be taken", "не удалось занять слотов: {0}"),
    ("{} slot could not be taken", "не удалось занять слотов: {0}"),
    ("{} slots could not be removed", "не удалось удалить слотов: {0}"),
    ("{} slot could not be removed", "не удалось удалить слотов: {0}"),
    ("slot {} ({}, issue #{})", "слот {0} ({1}, задача #{2})"),
    ("slot {} ({}, pull request #{})", "слот {0} ({1}, PR #{2})"),
    ("nothing to delete", "удалять нечего"),
    ("deleted {}", "удалены: {0}"),
    ("would be deleted with a token: {}", "с токеном были бы удалены: {0}"),
    ("{} could not be deleted", "не удалось удалить: {0}"),
    ("no pull request was closed", "PR не закрывали"),
    ("pull request #{} was not merged", "PR #{0} не влит"),
    ("the branch names no issue", "имя ветки не указывает на задачу"),
    ("#{} is closed", "#{0} закрыта"),
    ("#{} could not be closed", "#{0} не удалось закрыть"),
    ("would be closed with a token: #{}", "с токеном была бы закрыта #{0}"),
    ("no comment about an environment", "комментариев об окружении нет"),
    ("no slot was removed", "слоты не удалены"),
    ("{} slots removed", "удалено слотов: {0}"),
    ("{} slot removed", "удалено слотов: {0}"),
    ("it is no branch of codexctl's", "это не ветка codexctl"),
    // What a plan's step says, one after the other.
    ("written", "записан"),
    ("as it is", "прежний"),
    ("{} new issues", "новых задач: {0}"),
    ("{} new issue", "новых задач: {0}"),
    ("{} issues edited", "изменено задач: {0}"),
    ("{} issue edited", "изменено задач: {0}"),
    ("{} things left", "не выполнено: {0}"),
    ("{} thing left", "не выполнено: {0}"),
    // What steps say.
    ("eyes on issue #{}", "👀 на задаче #{0}"),
    ("eyes on comment {}", "👀 на комментарии {0}"),
    ("eyes on the review of pull request #{}", "👀 на ревью PR #{0}"),
    ("GitHub took no reaction", "GitHub не принял реакцию"),
    ("{} is read from the work tree", "{0} читается из рабочего каталога"),
    ("{} of {}, new", "{0} в окружении {1}, новый"),
    ("{} of {}, as it was", "{0} в окружении {1}, прежний"),
    (
        "branch {}, new, with the unfinished work of the run before",
        "ветка {0}, новая, с незаконченной работой прошлого запуска",
    ),
    (
        "branch {}, new, with the saved work of the run before",
        "ветка {0}, новая, с сохранённой работой прошлого запуска",
    ),
    ("branch {}, new", "ветка {0}, новая"),
    (
        "branch {}, as it is on origin, with the unfinished work of the run before",
        "ветка {0} как на origin, с незаконченной работой прошлого запуска",
    ),
    (
        "branch {}, as it is on origin, with the saved work of the run before",
        "ветка {0} как на origin, с сохранённой работой прошлого запуска",
    ),
    ("branch {}, as it is on origin", "ветка {0} как на origin"),
    ("{} (built in), {} characters, {} comments", "{0} (встроенный), символов: {1}, комментариев: {2}"),
    ("{} (built in), {} characters, {} comment", "{0} (встроенный), символов: {1}, комментариев: {2}"),
    ("{} (built in), {} characters", "{0} (встроенный), символов: {1}"),
    ("{}, {} characters, {} comments", "{0}, символов: {1}, комментариев: {2}"),
    ("{}, {} characters, {} comment", "{0}, символов: {1}, комментариев: {2}"),
    ("{}, {} characters", "{0}, символов: {1}"),
    ("{} commands, {} tokens, in the run before", "команд: {0}, токенов: {1}, в прошлом запуске"),
    ("{} command, {} tokens, in the run before", "команд: {0}, токенов: {1}, в прошлом запуске"),
    ("could not start", "не запустился"),
    ("ran out of time after {} commands, {} tokens", "вышло время; команд: {0}, токенов: {1}"),
    ("ran out of time after {} command, {} tokens", "вышло время; команд: {0}, токенов: {1}"),
    ("ran out of tokens after {} commands, {} tokens", "исчерпан бюджет; команд: {0}, токенов: {1}"),
    ("ran out of tokens after {} command, {} tokens", "исчерпан бюджет; команд: {0}, токенов: {1}"),
    ("ended badly after {} commands, {} tokens", "завершился с ошибкой; команд: {0}, токенов: {1}"),
    ("ended badly after {} command, {} tokens", "завершился с ошибкой; команд: {0}, токенов: {1}"),
    ("{} commands, {} tokens", "команд: {0}, токенов: {1}"),
    ("{} command, {} tokens", "команд: {0}, токенов: {1}"),
    ("done, {} files, +{} −{}", "готово, файлов: {0}, +{1} −{2}"),
    ("done, {} file, +{} −{}", "готово, файлов: {0}, +{1} −{2}"),
    ("blocked, {} files, +{} −{}", "ждёт ответа, файлов: {0}, +{1} −{2}"),
    ("blocked, {} file, +{} −{}", "ждёт ответа, файлов: {0}, +{1} −{2}"),
    ("done", "готово"),
    ("no-change", "без изменений"),
    ("blocked", "ждёт ответа"),
    ("{} is named after no issue", "имя ветки {0} не указывает на задачу"),
    (
        "issue #{} can't be read without a token: the pull request stands alone",
        "без токена задачу #{0} не прочитать: есть только PR",
    ),
    ("there is no issue #{}", "задачи #{0} нет"),
    ("no pull request", "нет PR"),
    ("no protected file was changed", "защищённые файлы не изменены"),
    ("#{} names the protected files", "в #{0} названы защищённые файлы"),
    ("{} answered, {} resolved", "отвечено: {0}, закрыто: {1}"),
    ("{} at {}, to look into", "{0} на {1}, для чтения"),
    ("nobody to answer", "отвечать некому"),
    ("{} comments answered", "отвечено на комментарии: {0}"),
    ("{} comment answered", "отвечено на комментарии: {0}"),
    ("nothing to commit", "нечего фиксировать"),
    ("nothing changed", "ничего не изменилось"),
    ("no commit", "нет коммита"),
    ("new branch {}", "новая ветка {0}"),
    ("branch {} has it already", "в ветке {0} он уже есть"),
    ("branch {} had moved: merged with {}", "ветка {0} ушла вперёд: слито с {1}"),
    ("branch {}", "ветка {0}"),
    ("{}, updated", "{0}, обновлён"),
    ("the pull request of {}, issue #{}", "PR ветки {0}, задача #{1}"),
    ("pull request #{}, issue #{}", "PR #{0}, задача #{1}"),
    ("pull request #{}", "PR #{0}"),
    ("issue #{}", "задача #{0}"),
    (
        "nothing is published (--no-publish): the work is in {}",
        "ничего не опубликовано (--no-publish): работа лежит в {0}",
    ),
    ("no issue", "нет задачи"),
    ("no change", "без изменений"),
    ("{} answered, {} resolved, {} refused", "отвечено: {0}, закрыто: {1}, отказано: {2}"),
    ("{} files, +{} −{}", "файлов: {0}, +{1} −{2}"),
    ("{} file, +{} −{}", "файлов: {0}, +{1} −{2}"),
    ("{} comments", "комментариев: {0}"),
    ("{} comment", "комментариев: {0}"),
    ("interrupted", "прервано"),
    (GATE, "проверка {0}: {1}"),
];

/// The sentence in the reader's language.
pub fn said(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => text.to_owned(),
        // A row first: a name in a sentence may be anything, the other sentences of the row, too.
        Lang::Ru => listed(text, "; ")
            .or_else(|| listed(text, ", "))
            .or_else(|| russian(text))
            .or_else(|| head(text))
            .unwrap_or_else(|| text.to_owned()),
    }
}

/// `main at 0e43ba3`: nothing but a branch and a commit, where a sentence could have any words on both sides.
fn head(text: &str) -> Option<String> {
    let (branch, commit) = text.split_once(" at ")?;
    let is_commit = commit.len() == 7 && commit.chars().all(|char| char.is_ascii_hexdigit());
    (is_commit && !branch.contains(char::is_whitespace)).then(|| format!("{branch} на {commit}"))
}

/// Sentences in a row, all of them known.
fn listed(text: &str, between: &str) -> Option<String> {
    if !text.contains(between) {
        return None;
    }
    let all: Option<Vec<String>> = text.split(between).map(russian).collect();
    all.map(|all| all.join(between))
}

fn russian(text: &str) -> Option<String> {
    RUSSIAN.iter().find_map(|(english, russian)| {
        let found = names(english, text)?;
        let mut pieces = russian.split('{');
        let mut out = pieces.next()?.to_owned();
        for piece in pieces {
            let (at, rest) = piece.split_once('}')?;
            let name = *found.get(at.parse::<usize>().ok()?)?;
            // A gate's own sentence stands in the headline of the step that it stopped.
            out += &self::russian(name).filter(|_| *english == GATE).unwrap_or_else(|| number(name));
            out += rest;
        }
        Some(out)
    })
}

/// A name as it is; in a number thousands stand apart as Russian writes them.
fn number(name: &str) -> String {
    let is_number = name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|char| char.is_ascii_digit() || char == ',');
    if is_number { name.replace(',', "\u{a0}") } else { name.to_owned() }
}

/// What stands at the places of a pattern; none where the text is no such sentence.
fn names<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let at = if pieces.peek().is_some() { rest.find(piece)? } else { rest.strip_suffix(piece)?.len() };
        let name = &rest[..at];
        if name.is_empty() || name.trim() != name {
            return None;
        }
        found.push(name);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_known_is_told_in_russian_with_its_names() {
        let told = |text| said(text, Lang::Ru);
        assert_eq!(
            told("octocat may write to codex-k8s/shop (write)"),
            "у octocat есть право записи в codex-k8s/shop (write)"
        );
        assert_eq!(told("branch codex/issue-7, new"), "ветка codex/issue-7, новая");
        assert_eq!(told("1 command, 2,040 tokens"), "команд: 1, токенов: 2\u{a0}040");
        assert_eq!(told("gate state: issue #7 is closed"), "проверка state: задача #7 закрыта");
        assert_eq!(said("issue #7 is closed", Lang::En), "issue #7 is closed");
    }

    #[test]
    fn a_branch_with_its_commit_and_sentences_in_a_row_are_told_in_russian() {
        let told = |text| said(text, Lang::Ru);
        assert_eq!(told("main at 0e43ba3"), "main на 0e43ba3");
        assert_eq!(told("written, 2 new issues, 1 thing left"), "записан, новых задач: 2, не выполнено: 1");
        assert_eq!(
            told("slot 1 (ai, issue #7); slot 2 (ai, pull request #8)"),
            "слот 1 (ai, задача #7); слот 2 (ai, PR #8)"
        );
    }

    #[test]
    fn why_a_run_failed_is_told_in_russian_over_several_lines() {
        assert_eq!(
            said(
                "secrets would leave the run:\n  a.js:1: a token\n  b.js:2: a key\nTake them out of the change and rotate those that are real",
                Lang::Ru
            ),
            "из запуска ушли бы секреты:\n  a.js:1: a token\n  b.js:2: a key\nУберите их из изменений и перевыпустите настоящие"
        );
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        for text in [
            "",
            "look at main",
            "written, as nobody knows",
            "issue # is closed",
            "branch ",
            "{0} {}",
            "can't reach GitHub: no route",
        ] {
            assert_eq!(said(text, Lang::Ru), text);
        }
    }

    #[test]
    fn a_name_that_reads_like_a_place_stays_a_name() {
        assert_eq!(said("{1} may write to {0} ({2})", Lang::Ru), "у {1} есть право записи в {0} ({2})");
    }

    #[test]
    fn each_sentence_stands_once_and_uses_all_its_names() {
        for (at, (english, russian)) in RUSSIAN.iter().enumerate() {
            assert_eq!(RUSSIAN.iter().filter(|(other, _)| other == english).count(), 1, "{english}");
            for name in 0..english.matches("{}").count() {
                assert!(russian.contains(&format!("{{{name}}}")), "{english}");
            }
            // None before it takes its sentences away.
            let example = english.replace("{}", "x");
            assert!(RUSSIAN[..at].iter().all(|(before, _)| names(before, &example).is_none()), "{english}");
        }
    }
}
