//! `codexctl action` as a container runs it: the first process there, root, in a workspace that belongs to the runner's user. These
//! stories need root themselves, as the container action does, and say so where they have none.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use regex::Regex;
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::codex::program;
use crate::command::{Codexctl, Ran, Running};
use crate::scene::{KEY, Scene};
use crate::script::{CHANGE, done, run, wait_for_go};
use crate::shims::which;

/// The runner's user and its group.
const RUNNER: (u32, u32) = (1001, 1002);

/// All that is in a folder, links as links.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.symlink_metadata().unwrap().is_dir() {
            found.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

fn give(folder: &Path, (uid, gid): (u32, u32)) {
    all_in(folder).iter().for_each(|path| lchown(path, Some(uid), Some(gid)).unwrap());
}

/// What belongs to others than the runner's user.
fn strangers(folders: &[PathBuf]) -> Vec<(PathBuf, u32, u32)> {
    let all = folders.iter().flat_map(|folder| all_in(folder));
    let owned = all.map(|path| path.symlink_metadata().map(|meta| (path, meta.uid(), meta.gid())).unwrap());
    owned.filter(|(_, uid, gid)| (*uid, *gid) != RUNNER).collect()
}

/// A shop that belongs to the runner's user, and an agent whose sandbox finds no user namespaces, as in Docker's containers.
fn workspace(scene: Scene) -> Scene {
    assert!(geteuid().is_root(), "a container starts as root: run this test as root");
    let root = scene.path("");
    for folder in [root.parent().unwrap(), &root] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // Set-up may have put Codex below a home that nobody else may enter.
    let codex = scene.path("codex");
    std::fs::hard_link(program(), &codex).or_else(|_| std::fs::copy(program(), &codex).map(drop)).unwrap();
    scene.variables();
    for part in ["shop", "origin.git", "home"] {
        give(&scene.path(part), RUNNER);
    }
    in_docker(scene, "")
}

/// Codex without user namespaces, after something that a shell does first.
fn in_docker(scene: Scene, first: &str) -> Scene {
    let wrapper = scene.path("codex-in-docker");
    let codex = scene.path("codex");
    let text = format!("#!/bin/sh\n[ \"$1\" = sandbox ] && exit 1\n{first}\nexec '{}' \"$@\"\n", codex.display());
    std::fs::write(&wrapper, text).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    scene.env("CODEXCTL_AGENT_COMMAND", &wrapper.display().to_string())
}

/// The step of the workflow.
fn step(scene: &Scene) -> Codexctl {
    let shop = scene.path("shop");
    scene.call_of(&["action"]).env("GITHUB_WORKSPACE", &shop).env("GITHUB_EVENT_PATH", shop.join("events/dev.json"))
}

/// The first process of the container, seen from here.
fn first_process(running: &Running) -> Pid {
    Running::child_of(running.pid())
}

/// Everything as the story's own git wants it.
fn take_over(scene: &Scene) {
    give(&scene.path("origin.git"), (0, 0));
}

/// The log without the agent's commands: whether the one that was cut is heard of depends on the moment.
fn log(scene: &Scene, ran: &Ran) -> String {
    scene.log(ran).lines().filter(|line| !line.starts_with("  │ $")).map(|line| format!("{line}\n")).collect()
}

/// What the runner's user finds after the step.
fn kept(scene: &Scene) -> [PathBuf; 4] {
    ["shop", "origin.git", "home", "state"].map(|part| scene.path(part))
}

/// Puts before git a note of as whom it runs, and whether root is in its reach. Codex asks git too, as the agent.
fn noting_git(scene: Scene) -> (Scene, PathBuf) {
    let (shims, notes) = (scene.path("bin"), scene.path("notes"));
    for made in [&shims, &notes] {
        std::fs::create_dir(made).unwrap();
        std::fs::set_permissions(made, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let text = format!(
        "#!/bin/sh\nexec 9>'{notes}'/$$\nsed -n 's/^\\(Uid\\|Gid\\|Groups\\|CapPrm\\|CapEff\\):/\\1/p' /proc/$$/status >&9\n\
         setpriv --reuid 0 true 2>/dev/null && echo root >&9\nexec 9>&- '{git}' \"$@\"\n",
        notes = notes.display(),
        git = which("git").unwrap().display()
    );
    std::fs::write(shims.join("git"), text).unwrap();
    std::fs::set_permissions(shims.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", shims.display(), std::env::var("PATH").unwrap());
    (scene.env("PATH", &path), notes)
}

/// The different notes of [`noting_git`], with the agent's number as a word.
fn noted(notes: &Path) -> Vec<String> {
    let notes = std::fs::read_dir(notes).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let all: BTreeSet<String> =
        notes.map(|note| with_agents(&note.split_whitespace().collect::<Vec<_>>().join(" "))).collect();
    all.into_iter().collect()
}

/// A text with the numbers of agents as a word.
fn with_agents(text: &str) -> String {
    Regex::new(r"\b6[1-5]\d{3}\b").unwrap().replace_all(text, "<agent>").into_owned()
}

/// What the agent looks at, a line each, into `look.log` (`*.log` is ignored by git there).
fn look(scene: &Scene) -> String {
    let lines = [
        "echo $(id -u; id -g; id -G)".to_owned(),
        "sed -n 's/^\\(Groups\\|NoNewPrivs\\|CapPrm\\|CapEff\\):[[:space:]]*/\\1 /p' /proc/self/status".to_owned(),
        "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'codexctl action' && echo codexctl is seen".to_owned(),
        format!("echo keys $(cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c '{KEY}')"),
        "ls ../run".to_owned(),
        "ls ..".to_owned(),
        "touch ../x".to_owned(),
        format!("touch '{}'", scene.path("shop/x").display()),
        "kill 1".to_owned(),
        "kill -s 0 2".to_owned(),
        "(sh -c 'sleep 0.2' &); sleep 0.4".to_owned(),
        "for i in $(seq 100); do z=$(cat /proc/[0-9]*/status 2>/dev/null | grep -c '^State:.Z'); [ $z = 0 ] && break; sleep 0.05; done"
            .to_owned(),
        "echo zombies $z".to_owned(),
    ];
    format!("{CHANGE}\n({}) > look.log 2>&1; chmod 600 look.log", lines.join("\n"))
}

#[test]
fn a_run_works_as_the_workspace_s_owner_and_its_agent_as_a_third_who_reaches_neither() {
    let scene = workspace(Scene::new(vec![]));
    let turns = vec![run(&look(&scene)), done()];
    let (scene, notes) = noting_git(scene.playing(turns));
    let output = scene.path("output");
    std::fs::write(&output, "").unwrap();
    let ran = step(&scene).env("GITHUB_OUTPUT", &output).first_in_a_container().run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(strangers(&kept(&scene)), []);
    assert_eq!(strangers(std::slice::from_ref(&output)), []);
    assert!(std::fs::read_to_string(&output).unwrap().contains("codex/issue-7"));
    insta::assert_snapshot!(noted(&notes).join("\n"), @"
    Uid 1001 1001 1001 1001 Gid 1002 1002 1002 1002 Groups CapPrm 0000000000000000 CapEff 0000000000000000
    Uid <agent> <agent> <agent> <agent> Gid <agent> <agent> <agent> <agent> Groups CapPrm 0000000000000000 CapEff 0000000000000000
    ");
    let looked = std::fs::read_to_string(scene.tree().join("look.log")).unwrap();
    take_over(&scene);
    insta::assert_snapshot!(scene.plain(&with_agents(&looked)), @"
    <agent> <agent> <agent>
    Groups 
    CapPrm 0000000000000000
    CapEff 0000000000000000
    NoNewPrivs 1
    codexctl is seen
    keys 0
    ls: cannot open directory '../run': Permission denied
    ls: cannot open directory '..': Permission denied
    touch: cannot touch '../x': Permission denied
    touch: cannot touch '<scene>/shop/x': Permission denied
    /usr/bin/bash: line 10: kill: (1) - Operation not permitted
    /usr/bin/bash: line 11: kill: (2) - Operation not permitted
    zombies 0
    ");
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 0
    codexctl 0.1.0: run
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            .codexctl/outbox/pull-codex-issue-7.md
    ✓ comment         the pull request of codex/issue-7, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn sigterm_ends_an_agent_that_does_not_want_to_and_the_work_is_kept_for_the_owner() {
    let scene = workspace(Scene::new(vec![wait_for_go(CHANGE), done()]));
    let scene = in_docker(scene, "trap '' TERM");
    let running = step(&scene).first_in_a_container().start();
    scene.until_the_agent_waits();
    kill_process(first_process(&running), Signal::TERM).unwrap();
    let ran = running.end();
    assert_eq!(strangers(&kept(&scene)), []);
    take_over(&scene);
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 130
    codexctl 0.1.0: run
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ✗ agent           interrupted
    warning: interrupted
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    codex-issue-7-wip.patch
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    summary.md
    ");
}

#[test]
fn a_run_that_does_not_end_is_ended_after_the_second_signal() {
    let scene = workspace(Scene::new(vec![wait_for_go(CHANGE), done()]));
    let running = step(&scene).first_in_a_container().start();
    scene.until_the_agent_waits();
    let first = first_process(&running);
    let codexctl = Running::child_of(first);
    kill_process(codexctl, Signal::STOP).unwrap();
    kill_process(first, Signal::TERM).unwrap();
    kill_process(first, Signal::INT).unwrap();
    assert_eq!(running.end().exit, 137);
}

#[test]
fn an_owner_who_can_not_use_root_s_home_gets_one() {
    let scene = workspace(Scene::new(vec![run(CHANGE), done()]));
    let closed = scene.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let homeless = step(&scene).env("HOME", &closed).without("XDG_STATE_HOME");
    let ran = homeless.first_in_a_container_after("mount -t tmpfs none /var/lib").run();
    assert_eq!(std::fs::read_dir(&closed).unwrap().count(), 0);
    take_over(&scene);
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 0
    codexctl 0.1.0: run
    note: uid 1001, the owner of the workspace, can't write to <scene>/closed: HOME is /var/lib/codexctl/1001 from here on
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            .codexctl/outbox/pull-codex-issue-7.md
    ✓ comment         the pull request of codex/issue-7, issue #7
    ");
}

#[test]
fn root_needs_to_know_whose_the_workspace_is_and_stays_root_where_it_is_root_s() {
    let scene = workspace(Scene::new(vec![run(CHANGE), done()]));
    ["shop", "origin.git", "home"].iter().for_each(|part| give(&scene.path(part), (0, 0)));
    let told = |step: Codexctl| scene.plain(&step.run().stderr);
    insta::assert_snapshot!(told(step(&scene).without("GITHUB_WORKSPACE")), @"
    codexctl 0.1.0: action
    error: GITHUB_WORKSPACE is not set: `codexctl action` was started as root and works as the owner of that folder. GitHub's runner sets it; by hand, set it or start as another user
    ");
    insta::assert_snapshot!(told(step(&scene).env("GITHUB_WORKSPACE", scene.path("nowhere"))), @"
    codexctl 0.1.0: action
    error: GITHUB_WORKSPACE: can't look whose <scene>/nowhere is: No such file or directory (os error 2)
    ");
    // Root's home, which nobody else may enter, as containers have it.
    std::fs::set_permissions(scene.path("home"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let plain = step(&scene).without("XDG_STATE_HOME");
    let ran = plain.first_in_a_container_after("mount -t tmpfs none /var/lib").run();
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 0
    codexctl 0.1.0: run
    another user can't enter <scene>/home/.local/state: state is in /var/lib/codexctl/0/.local/state from here on
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            .codexctl/outbox/pull-codex-issue-7.md
    ✓ comment         the pull request of codex/issue-7, issue #7
    ");
    let owners: BTreeSet<u32> = strangers(&[scene.path("shop"), scene.path("origin.git"), scene.path("home")])
        .iter()
        .map(|(_, uid, _)| *uid)
        .collect();
    assert_eq!(owners, BTreeSet::from([0]), "root's, and nothing is the agent's any more");
}

#[test]
fn the_first_process_hands_on_exit_codes() {
    assert_eq!(Codexctl::new(&["version"]).first_in_a_container().run().exit, 0);
    assert_eq!(Codexctl::new(&["no-such-command"]).first_in_a_container().run().exit, 2);
}
