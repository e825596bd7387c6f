//! The same run where people read Russian, and where a workflow runs it.

use crate::scene::Scene;
use crate::script::discount;

#[test]
fn in_russian_everything_that_people_read_is_russian() {
    let scene = Scene::new(discount()).env("CODEXCTL_LANG", "ru");
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.outbox(), @r#"
    === issue-7.comment-progress.md
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ Готово: изменения в ветке `codex/issue-7`

    Ten or more pieces of one product cost 10 % less.

    **Что дальше:** проверьте ветку. Нужны правки — напишите в комментарии к #7, что изменить, и снова поставьте метку `[ai-dev]`.

    **Затраты:** <time> · токены: 2 000 на входе (из кэша 200), 40 на выходе · 1 ход · `mock-model`

    <details><summary>Шаги</summary>

    - [x] Проверки перед запуском
    - [x] Реакция на задачу
    - [x] Репозиторий получен
    - [x] Слот
    - [x] Исходники
    - [x] Промпт
    - [x] Работа Codex
    - [x] Правила публикации
    - [x] Коммит
    - [x] Push
    - [x] Pull request
    - [x] Комментарии

    </details>
    === issue-7.labels.md
    - take off: [ai-dev]
    === issue-7.reaction.md
    👀 on issue #7
    === pull-codex-issue-7.comment-environment.md
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7"} -->
    ### ⚪ Живое окружение не развёрнуто

    Запуск по #7 шёл без кластера (режим `local`, окружение `ai`, слот 1). Чтобы попробовать изменения, возьмите ветку:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    Нужны правки — напишите в комментарии к #7, что изменить, и снова поставьте метку `[ai-dev]`.
    === pull-codex-issue-7.md
    ---
    title: "Give the promised discount"
    head: "codex/issue-7"
    base: "main"
    draft: true
    labels: ["codex"]
    reviewers: ["octocat"]
    ---

    `priceCart` left the discount out.

    ## Проверка

    `node --test`: all pass.

    ---
    <sub>Написал Codex по задаче #7, опубликовал codexctl · <time> · токены: 2 000 на входе (из кэша 200), 40 на выходе · 1 ход · `mock-model`</sub>

    Closes #7
    === summary.md
    ## ✅ готово: dev по #7

    Событие `issues.labeled`: поставлена метка \[ai-dev\]

    | | |
    | --- | --- |
    | Слот | 1 (`ai`) |
    | Pull request | в outbox, черновик, ветка `codex/issue-7` |
    | Коммит | `<commit>` |
    | Затраты | <time> · токены: 2 000 на входе (из кэша 200), 40 на выходе · 1 ход · `mock-model` |
    | Outbox | `.codexctl/outbox`: токена GitHub нет, и всё, что было бы записано туда, лежит в файлах |

    ### Шаги

    | Шаг | | Время | |
    | --- | --- | --: | --- |
    | Проверки перед запуском | ✅ | <time> | токена GitHub нет: запускает тот, кто за этой машиной |
    | Реакция на задачу | ✅ | <time> | 👀 на задаче #·7 |
    | Репозиторий получен | ✅ | <time> | main на <commit> |
    | Слот | ✅ | <time> | 1 в окружении ai, новый |
    | Исходники | ✅ | <time> | ветка codex/issue-7, новая |
    | Промпт | ✅ | <time> | dev\_issue\_ru (встроенный), символов: <n> |
    | Работа Codex | ✅ | <time> | команд: 1, токенов: 2 040 |
    | Правила публикации | ✅ | <time> | готово, файлов: 1, +1 −0 |
    | Коммит | ✅ | <time> | <commit>  feat: Cart total ignores the quantity discount (#·7) |
    | Push | ✅ | <time> | новая ветка codex/issue-7 |
    | Pull request | ✅ | <time> | .codexctl/outbox/pull-codex-issue-7.md |
    | Комментарии | ✅ | <time> | PR ветки codex/issue-7, задача #·7 |

    ### Куда смотреть

    - [Задача](https://github.com/codex-k8s/shop/issues/7)

    ### Изменения

    1 файл, +1 −0

    | Файл | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |
    "#);
    let prompt = scene.model.seen()[0].body["input"].to_string();
    assert!(prompt.contains("Что сдать") || prompt.contains("Задача"), "{prompt}");
}

#[test]
fn in_a_workflow_the_runners_files_get_outputs_and_summary() {
    let scene = Scene::new(discount()).on_github();
    let (outputs, summary) = (scene.path("outputs"), scene.path("summary.md"));
    let scene = scene
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_RUN_ID", "42")
        .env("GITHUB_RUN_ATTEMPT", "1")
        .env("GITHUB_OUTPUT", &outputs.display().to_string())
        .env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      kept apart by Codex's own sandbox (workspace-write, network on)
    ::group::The agent's work
    ::stop-commands::<word>
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ::<word>::
    ::endgroup::
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    insta::assert_snapshot!(scene.plain(&std::fs::read_to_string(summary).unwrap()), @r"
    ## ✅ done: dev for #7 → #8

    Event `issues.labeled`: label \[ai-dev\] was set

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Pull request | #8, draft, branch `codex/issue-7` |
    | Commit | `<commit>` |
    | Cost | <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` |
    | GitHub requests | <n> |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | octocat may write to codex-k8s/shop (write) |
    | Reaction on the issue | ✅ | <time> | eyes on issue #·7 |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slot | ✅ | <time> | 1 of ai, new |
    | Sources | ✅ | <time> | branch codex/issue-7, new |
    | Prompt | ✅ | <time> | dev\_issue\_en (built in), <n> characters |
    | Codex at work | ✅ | <time> | 1 command, 2,040 tokens |
    | Publish policy | ✅ | <time> | done, 1 file, +1 −0 |
    | Commit | ✅ | <time> | <commit>  feat: Cart total ignores the quantity discount (#·7) |
    | Push | ✅ | <time> | new branch codex/issue-7 |
    | Pull request | ✅ | <time> | https://github.com/codex-k8s/shop/pull/8 |
    | Comments | ✅ | <time> | pull request #·8, issue #·7 |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)
    - [Pull request](https://github.com/codex-k8s/shop/pull/8)
    - [Run](https://github.com/codex-k8s/shop/actions/runs/42)

    ### Changes

    1 file, +1 −0

    | File | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |
    ");
    let outputs = std::fs::read_to_string(outputs).unwrap();
    assert!(outputs.contains("pr_number") && outputs.contains("codex/issue-7"), "{outputs}");
}
