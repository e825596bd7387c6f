//! Secrets that are in the environment, or come up in the agent's work, are found nowhere afterwards.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use crate::command::Ran;
use crate::scene::{KEY, Scene, TOKEN, git};
use crate::script::{CHANGE, done, result_with, run};

const PASSWORD: &str = "canary-of-the-database-4711";

/// Every file below a folder, without the folders of these names.
fn all_files(folder: &Path, without: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && !without.contains(&name.as_str()) => {
                found.extend(all_files(&entry.path(), without));
            }
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// All places where the value stands: files of the scene, git objects, output.
pub(crate) fn places(scene: &Scene, ran: &Ran, value: &str, without: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let wanted = AhoCorasick::new([value]).unwrap();
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if text.contains(value) {
            found.push(name.to_owned());
        }
    }
    for file in all_files(&scene.path(""), without) {
        let bytes = std::fs::read(&file).unwrap();
        if wanted.is_match(&bytes) {
            found.push(file.strip_prefix(scene.path("")).unwrap().display().to_string());
        }
    }
    for repository in repositories(&scene.path(""), without) {
        if git(&repository, &["cat-file", "--batch-all-objects", "--batch", "--unordered"]).contains(value) {
            found.push(format!("objects of {}", repository.display()));
        }
    }
    found
}

fn repositories(folder: &Path, without: &[&str]) -> Vec<PathBuf> {
    if folder.join("HEAD").is_file() && folder.join("objects").is_dir() {
        return vec![folder.to_owned()];
    }
    let folders = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.file_type().unwrap().is_dir());
    let folders = folders.filter(|entry| !without.contains(&entry.file_name().to_string_lossy().as_ref()));
    folders.flat_map(|entry| repositories(&entry.path(), without)).collect()
}

/// A git that writes down how it is called.
fn listening_git(scene: Scene) -> (Scene, PathBuf) {
    let (folder, log) = (scene.path("bin"), scene.path("git-calls"));
    std::fs::create_dir_all(&folder).unwrap();
    let real = git(&scene.path("shop"), &["--exec-path"]);
    let shim = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\nexec '{real}/git' \"$@\"\n", log.display());
    std::fs::write(folder.join("git"), shim).unwrap();
    std::fs::set_permissions(folder.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    (scene.env("PATH", &path), log)
}

#[test]
fn tokens_and_keys_of_the_environment_are_found_nowhere() {
    let look = "env | sort; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | sort | head -200";
    let scene = Scene::new(vec![run(look), run(CHANGE), done()])
        .on_github()
        .env("SHOP_POSTGRES_PASSWORD", PASSWORD)
        .sandboxed();
    let (scene, calls) = listening_git(scene);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let calls = std::fs::read_to_string(calls).unwrap();
    assert!(calls.contains("push"), "git was not called through the shim:\n{calls}");
    let seen: String = scene.model.seen().iter().map(|seen| seen.body.to_string()).collect();
    assert!(seen.contains("CODEX_HOME"), "the agent did not look into its environment");
    for value in [TOKEN, KEY, PASSWORD] {
        assert_eq!(places(&scene, &ran, value, &[]), Vec::<String>::new(), "{value}");
        assert!(!seen.contains(value), "the model saw {value}");
        assert!(!scene.github().contains(value), "GitHub has {value}");
    }
}

#[test]
fn a_secret_in_the_agents_change_is_refused_and_named_by_its_place_alone() {
    let leak = format!("echo 'const password = \"{PASSWORD}\";' >> services/checkout/store.js");
    for on_github in [false, true] {
        let scene = Scene::new(vec![run(&leak), done()]).env("SHOP_POSTGRES_PASSWORD", PASSWORD);
        let scene = if on_github { scene.on_github() } else { scene };
        let ran = scene.run();
        assert_eq!(ran.exit, 1, "{}", ran.stderr);
        if !on_github {
            insta::assert_snapshot!(scene.told(&ran), @r#"
            exit 1
            ✓ gates           no GitHub token, so whoever sits at this machine is the actor
            ✓ acknowledge     eyes on issue #7
            ✓ fetch           main at <commit>
            ✓ slot            1 of ai, new
            ✓ sources         branch codex/issue-7, new
            ✓ prompt          dev_issue_en (built in), <n> characters
              │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
              │ $ echo 'const password = "<hidden>";' >> services/checkout/store.js
              │ done: Ten or more pieces of one product cost 10 % less.
            ✓ agent           1 command, 2,040 tokens
            ✓ check           done, 1 file, +1 −0
            ✗ commit          secrets would leave the run:
            note: the change that may not be published is set aside: <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch
            error: secrets would leave the run:
                services/checkout/store.js:93: a secret value of this run
              Take them out of the change and rotate those that are real
            flow: dev
            verdict: refused
            slot: 1
            namespace: shop-dev-1
            env: ai
            branch: codex/issue-7
            session_id: <thread>
            input_tokens: 2000
            output_tokens: 40
            duration_seconds: <time>
            summary_file: <scene>/shop/.codexctl/outbox/summary.md
            created: true
            recreated: false
            codexctl_new_env: true
            codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
            "#);
            insta::assert_snapshot!(scene.outbox(), @r#"
            === issue-7.comment-progress.md
            <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"refused","delivery":"<delivery>"} -->
            ### 🛑 Not published: the result breaks the publish policy

            > ```text
            > secrets would leave the run:
            >   services/checkout/store.js:93: a secret value of this run
            > Take them out of the change and rotate those that are real
            > ```

            <details><summary>What Codex said last</summary>

            Ten or more pieces of one product cost 10 % less.

            </details>

            **Set aside:** what Codex changed is not published. A copy lies in `set-aside/codex-issue-7-<tree>.patch` of codexctl's state folder on the machine of this run; the next run starts without it.

            **Next:** have it left out: say so in the issue. If it is real, revoke it. No setting lets it through: a false alarm you can commit to the default branch yourself, as only new lines are looked at. Then set the label `[ai-dev]` again.

            **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

            <details><summary>Steps</summary>

            - [x] Checks before the start
            - [x] Reaction on the issue
            - [x] Repository fetched
            - [x] Slot
            - [x] Sources
            - [x] Prompt
            - [x] Codex at work
            - [x] Publish policy
            - [ ] **Commit** ❌

            </details>
            === issue-7.labels.md
            - take off: [ai-dev]
            === issue-7.reaction.md
            👀 on issue #7
            === summary.md
            ## 🛑 refused: dev for #7

            Event `issues.labeled`: label \[ai-dev\] was set

            > ```text
            > secrets would leave the run:
            >   services/checkout/store.js:93: a secret value of this run
            > Take them out of the change and rotate those that are real
            > ```

            | | |
            | --- | --- |
            | Slot | 1 (`ai`) |
            | Cost | <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` |
            | Outbox | `.codexctl/outbox`: no GitHub token, so what would have been written there is in files |

            ### Steps

            | Step | | Time | |
            | --- | --- | --: | --- |
            | Checks before the start | ✅ | <time> | no GitHub token, so whoever sits at this machine is the actor |
            | Reaction on the issue | ✅ | <time> | eyes on issue #·7 |
            | Repository fetched | ✅ | <time> | main at <commit> |
            | Slot | ✅ | <time> | 1 of ai, new |
            | Sources | ✅ | <time> | branch codex/issue-7, new |
            | Prompt | ✅ | <time> | dev\_issue\_en (built in), <n> characters |
            | Codex at work | ✅ | <time> | 1 command, 2,040 tokens |
            | Publish policy | ✅ | <time> | done, 1 file, +1 −0 |
            | Commit | ❌ | <time> | secrets would leave the run: |

            ### Where to look

            - [Issue](https://github.com/codex-k8s/shop/issues/7)

            ### Changes

            1 file, +1 −0

            | File | + | − |
            | --- | --: | --: |
            | `services/checkout/store.js` | 1 | 0 |
            "#);
        }
        // The agent's own folders are its own, and what is set aside is for this machine's user alone.
        assert_eq!(
            places(&scene, &ran, PASSWORD, &["tree", "codex-home", "agent-tmp", "set-aside"]),
            Vec::<String>::new()
        );
        assert!(!scene.origin().contains("codex/"), "{}", scene.origin());
        if on_github {
            assert!(!scene.github().contains(PASSWORD));
        }
    }
}

#[test]
fn what_looks_like_a_token_in_the_agents_texts_is_refused_before_anything_leaves() {
    let shape = format!("ghp_{}", "x7Kd93mQp0ZtVb81RwLnYc5HsE2uGa4JfT6o");
    let fields = [("body", format!("The token is {shape}.").into())];
    let scene = Scene::new(vec![run(CHANGE), result_with("done", "Done.", &fields)]).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @r"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Done.
    ✓ agent           1 command, 2,040 tokens
    ✗ check           secrets would leave the run:
    error: secrets would leave the run:
      the agent's text of the pull request:1: GitHub token
    flow: dev
    verdict: refused
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### 🛑 Not published: the result breaks the publish policy

    > ```text
    > secrets would leave the run:
    > the agent's text of the pull request:1: GitHub token
    > ```

    **Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.

    **Next:** have it left out: say so in the issue. If it is real, revoke it. No setting lets it through: a false alarm you can commit to the default branch yourself, as only new lines are looked at. Then set the label `[ai-dev]` again.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [ ] **Publish policy** ❌

    </details>
    "#);
    assert!(!scene.everything().contains(&shape));
}

#[test]
fn a_known_secret_in_the_agents_texts_is_hidden() {
    let fields = [("title", "Discount".into()), ("body", format!("The password is {PASSWORD}.").into())];
    let scene = Scene::new(vec![run(CHANGE), result_with("done", "Done.", &fields)])
        .env("SHOP_POSTGRES_PASSWORD", PASSWORD)
        .on_github();
    let ran = scene.run();
    assert!(scene.github().contains("The password is <hidden>."), "{}", scene.github());
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Done.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    assert!(!scene.github().contains(PASSWORD), "{}", scene.github());
}

#[test]
fn a_token_by_its_shape_is_refused_too() {
    let shape = format!("ghp_{}", "x7Kd93mQp0ZtVb81RwLnYc5HsE2uGa4JfT6o");
    let scene = Scene::new(vec![run(&format!("echo 'token = \"{shape}\"' > services/checkout/config.js")), done()]);
    let ran = scene.run();
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    assert!(!scene.outbox().contains(&shape));
    assert!(!scene.origin().contains("codex/"));
}
