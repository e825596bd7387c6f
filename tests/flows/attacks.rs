//! What an agent might leave in its tree, by the real Codex: nothing of it is carried out, nothing from outside is published, and the run
//! says what it left out. Each story is told twice: in Codex's own sandbox, and as another user.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::codex::program;
use crate::command::Ran;
use crate::model::Turn;
use crate::scene::{KEY, Scene, TOKEN, git};
use crate::script::{CHANGE, done, run};

/// The shop with an agent that is kept apart, in each of the ways there are.
fn apart(turns: impl Fn() -> Vec<Turn>) -> Vec<Scene> {
    let in_the_sandbox = Scene::new(turns()).on_github().sandboxed();
    // Only root can make it another user; a machine where these tests run as somebody else shows the rest.
    let root = rustix::process::geteuid().is_root();
    let other = root.then(|| Scene::new(turns()).on_github().sandboxed().with_another_user_only());
    std::iter::once(in_the_sandbox).chain(other).collect()
}

impl Scene {
    /// Codex's own sandbox does not start, and all that is on the way to the agent's folders can be passed, as on a runner.
    fn with_another_user_only(self) -> Self {
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::create_dir_all(self.path("state/codexctl")).unwrap();
        for folder in self.path("state").ancestors().take(3) {
            std::fs::set_permissions(folder, open.clone()).unwrap();
        }
        let (codex, wrapper) = (self.path("codex-for-all"), self.path("codex-wrapper"));
        std::fs::hard_link(program(), &codex).or_else(|_| std::fs::copy(program(), &codex).map(drop)).unwrap();
        let script = format!("#!/bin/sh\n[ \"$1\" = sandbox ] && exit 1; exec '{}' \"$@\"\n", codex.display());
        std::fs::write(&wrapper, script).unwrap();
        std::fs::set_permissions(&wrapper, open).unwrap();
        self.env("CODEXCTL_AGENT_COMMAND", &wrapper.display().to_string())
    }
}

/// The agent runs a script of the project. A command that says `rm -f` itself Codex would not even start.
fn run_script() -> Turn {
    run(&format!("sh {SCRIPT}"))
}

const SCRIPT: &str = "tools/attack.sh";

/// What a run said, without what its agent did.
fn said(scene: &Scene, ran: &Ran) -> String {
    let log = Regex::new(r"\d{8}T\d{6}Z").unwrap().replace_all(&scene.log(ran), "<time>").into_owned();
    log.lines().filter(|line| !line.trim_start().starts_with("│ ")).collect::<Vec<_>>().join("\n")
}

/// Every way to have a git run a program, set in the agent's own clone; then links, pipes and names that are none of a tree's.
const TRAPS: &str = r#"
trap=$PWD/trap.log; printf '#!/bin/sh\necho "$0 $*" >> SPRUNG\ncat\n' > $trap; chmod 755 $trap
for key in core.fsmonitor core.sshCommand core.pager core.editor core.askPass core.gitProxy credential.helper diff.external gpg.program \
  filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.command diff.evil.textconv merge.evil.driver uploadpack.packObjectsHook
do git config $key $trap; done
git config core.hooksPath $PWD/hooks.log; git config commit.gpgSign true; git config include.path $PWD/more.log
mkdir -p .git/hooks hooks.log; for hook in pre-commit post-checkout pre-push reference-transaction post-index-change
do cp $trap .git/hooks/$hook; cp $trap hooks.log/$hook; done
echo '* filter=evil diff=evil merge=evil' > .git/info/attributes
mkdir -p .git/objects/info; echo OUTSIDE/objects > .git/objects/info/alternates
git config url.file:///OUTSIDE.insteadOf file; git config remote.origin.url file:///OUTSIDE; git config core.worktree /
echo '* filter=evil diff=evil merge=evil' > services/.gitattributes; echo 'cart.js filter=of-the-user' > services/checkout/.gitattributes
ln -s /etc/passwd passwd; ln -s OUTSIDE folder; ln -s ../../../../../outside up; ln -s .git/config config
mkfifo pipe; ln OUTSIDE/file hard 2>/dev/null || { echo x > one; ln one hard; rm -f two; ln one two; }
printf x > "$(printf 'two\nlines')"; printf x > "$(printf 'red\033[31m')"
mkdir -p vendor/x vendor/y/.GIT; echo 'gitdir: OUTSIDE' > vendor/x/.git; echo '[core]' > vendor/y/.GIT/config
cp $trap node; mkdir -p .codex; true
"#;

#[test]
fn nothing_in_the_agents_tree_is_carried_out_or_leads_outside() {
    let mut told = Vec::new();
    for scene in apart(|| vec![run_script(), run(CHANGE), done()]) {
        let outside = scene.path("outside");
        std::fs::create_dir_all(outside.join("objects")).unwrap();
        std::fs::write(outside.join("file"), "FROM OUTSIDE\n").unwrap();
        let paths = [("SPRUNG", scene.path("sprung")), ("OUTSIDE", outside)];
        // A filter that codexctl's user has for work of their own is none that others may start.
        let trap = format!("touch '{}'; cat", scene.path("sprung").display());
        for (program, ours) in
            [("clean", "home/.gitconfig"), ("smudge", "home/.gitconfig"), ("process", "home/.config/git/config")]
        {
            let file = scene.path(ours);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let setting = format!("filter.of-the-user.{program}");
            git(&scene.path(""), &["config", "--file", &file.display().to_string(), &setting, &trap]);
        }
        let script = paths
            .iter()
            .fold(TRAPS.trim().to_owned(), |text, (name, path)| text.replace(name, &path.display().to_string()));
        scene.somebody_pushes("main", SCRIPT, &script);
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        assert!(!scene.path("sprung").exists(), "{}", std::fs::read_to_string(scene.path("sprung")).unwrap());
        let origin = scene.path("origin.git");
        let changed = git(&origin, &["diff", "--stat=100", "main", "codex/issue-7"]);
        assert!(!git(&origin, &["log", "-p", "codex/issue-7"]).contains("FROM OUTSIDE"));
        told.push(format!("{}\n{changed}", said(&scene, &ran)));
    }
    for told in told {
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r"
        exit 0
        ✓ gates           octocat may write to codex-k8s/shop (write)
        ✓ acknowledge     eyes on issue #7
        ✓ fetch           main at <commit>
        ✓ slot            1 of ai, new
        ✓ sources         branch codex/issue-7, new
        ✓ prompt          dev_issue_en (built in), <n> characters
        ✓ agent           2 commands, 3,060 tokens
        warning: config: left out: a symbolic link into a `.git`
        warning: folder: left out: a symbolic link with an absolute target
        warning: hard: left out: a file with more than one hard link, it may come from outside the tree
        warning: one: left out: a file with more than one hard link, it may come from outside the tree
        warning: passwd: left out: a symbolic link with an absolute target
        warning: pipe: left out: a named pipe, a socket or a device
        warning: red\u{1b}[31m: left out: the name has control characters
        warning: two: left out: a file with more than one hard link, it may come from outside the tree
        warning: two\nlines: left out: the name has control characters
        warning: up: left out: a symbolic link that leads out of the tree
        warning: vendor/x/.git: left out: a name that git or a file system takes for `.git`
        warning: vendor/y/.GIT: left out: a name that git or a file system takes for `.git`
        ✓ check           done, 4 files, +6 −0
        ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
        ✓ push            new branch codex/issue-7
        ✓ pull            https://github.com/codex-k8s/shop/pull/8
        ✓ comment         pull request #8, issue #7
         node                             | 3 +++
         services/.gitattributes          | 1 +
         services/checkout/.gitattributes | 1 +
         services/checkout/cart.js        | 1 +
         4 files changed, 6 insertions(+)
        ");
        }
    }
}

/// An archive with a file above the folder it is unpacked in, one at an absolute path, and one through a link that stands before it; the
/// same once more as people pack it.
const ARCHIVE: &str = r#"
mkdir pack.log; echo FROM AN ARCHIVE > pack.log/file; ln -s OUTSIDE pack.log/way
tar --create --file=bundle.tar --directory=pack.log way
for name in ../../unpacked-above OUTSIDE/unpacked-absolute way/unpacked-through
do tar --append --absolute-names --file=bundle.tar --directory=pack.log --transform="s|^file$|$name|" file; done
gzip --keep bundle.tar; rm -r pack.log
"#;

/// What lies below a folder and has a name with this in it.
fn named(folder: &Path, part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_name().to_string_lossy().contains(part) {
            found.push(entry.path());
        }
        if entry.file_type().unwrap().is_dir() {
            found.extend(named(&entry.path(), part));
        }
    }
    found
}

#[test]
fn an_archive_whose_files_lie_outside_is_published_as_the_file_that_it_is() {
    for scene in apart(|| vec![run_script(), run(CHANGE), done()]) {
        let outside = scene.path("outside");
        std::fs::create_dir_all(&outside).unwrap();
        // Where it would be unpacked by somebody who may write there.
        std::fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o777)).unwrap();
        scene.somebody_pushes("main", SCRIPT, &ARCHIVE.replace("OUTSIDE", &outside.display().to_string()));
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let origin = scene.path("origin.git");
        insta::allow_duplicates! { insta::assert_snapshot!(git(&origin, &["diff", "--numstat", "main", "codex/issue-7"]), @"
        -	-	bundle.tar
        -	-	bundle.tar.gz
        1	0	services/checkout/cart.js
        "); }
        assert_eq!(named(&scene.path(""), "unpacked-"), Vec::<PathBuf>::new());

        // It would have done what it says.
        let victim = scene.path("victim/some/folder");
        std::fs::create_dir_all(&victim).unwrap();
        let unpack = "git -C \"$0\" cat-file blob codex/issue-7:bundle.tar.gz | tar --extract --gzip --absolute-names";
        let unpacked = Command::new("sh").args(["-c", unpack]).arg(&origin).current_dir(&victim).status().unwrap();
        assert!(unpacked.success());
        let above = scene.path("victim/unpacked-above");
        assert_eq!(named(&scene.path("victim"), "unpacked-"), [above]);
        let mut there = named(&outside, "unpacked-");
        there.sort();
        assert_eq!(there, ["absolute", "through"].map(|end| outside.join(format!("unpacked-{end}"))));
    }
}

#[test]
fn a_file_of_a_gigabyte_is_refused_and_so_are_a_hundred_thousand_small_ones() {
    for scene in apart(|| vec![run("truncate -s 1G huge.bin"), done()]) {
        let ran = scene.run();
        insta::allow_duplicates! { insta::assert_snapshot!(said(&scene, &ran), @"
        exit 1
        ✓ gates           octocat may write to codex-k8s/shop (write)
        ✓ acknowledge     eyes on issue #7
        ✓ fetch           main at <commit>
        ✓ slot            1 of ai, new
        ✓ sources         branch codex/issue-7, new
        ✓ prompt          dev_issue_en (built in), <n> characters
        ✓ agent           1 command, 2,040 tokens
        ✗ check           the changed files have more than 67108864 bytes: raise publish.maxBytes, add what is generated to .gitignore or publish.skip
        note: the change that may not be published is set aside: <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<time>
        slot 1 is kept: <scene>/state/codexctl/codex-k8s/shop/work/ai-1
        error: the changed files have more than 67108864 bytes: raise publish.maxBytes, add what is generated to .gitignore or publish.skip
        "); }
        assert!(!scene.origin().contains("codex/"), "{}", scene.origin());
    }
    // It makes no difference as whom, and takes its time.
    for scene in apart(|| vec![run("mkdir many && cd many && seq 100000 | xargs touch"), done()]).into_iter().take(1) {
        let ran = scene.run();
        insta::allow_duplicates! { insta::assert_snapshot!(said(&scene, &ran), @"
        exit 1
        ✓ gates           octocat may write to codex-k8s/shop (write)
        ✓ acknowledge     eyes on issue #7
        ✓ fetch           main at <commit>
        ✓ slot            1 of ai, new
        ✓ sources         branch codex/issue-7, new
        ✓ prompt          dev_issue_en (built in), <n> characters
        ✓ agent           1 command, 2,040 tokens
        ✗ check           more than 10000 files changed: raise publish.maxFiles, add what is generated to .gitignore or publish.skip
        note: the change that may not be published is set aside: <scene>/state/codexctl/codex-k8s/shop/set-aside/codex-issue-7-<tree>.patch
        slot 1 is kept: <scene>/state/codexctl/codex-k8s/shop/work/ai-1
        error: more than 10000 files changed: raise publish.maxFiles, add what is generated to .gitignore or publish.skip
        "); }
        assert!(!scene.origin().contains("codex/"), "{}", scene.origin());
    }
}

#[test]
fn an_agent_can_neither_end_codexctl_nor_read_what_it_knows() {
    // Told its number on the way, it tries everything that a process can do to another one, and looks for keys where codexctl has some.
    let attack = "until [ -e pid.log ]; do sleep 0.1; done; read P < pid.log; rm -f pid.log; \
                  for signal in STOP TERM KILL; do kill -$signal $P; done; \
                  tr '\\0' '\\n' < /proc/$P/environ; cat /proc/$P/maps /proc/$P/cmdline; ls /proc/$P/fd /proc/$P/cwd/; \
                  cat ../run/* ../../../slots/* ../../../publish/*/.git/config ../../../mirror.git/config ../../../git/askpass/*; \
                  echo '{}' > ../../../slots/1.json; echo '{}' > ../kept.json; rm -rf ../run ../../../publish ../../../mirror.git; \
                  env; cat $CODEX_HOME/auth.json ~/.netrc; echo I have $((40 + 2)) of them";
    for scene in apart(|| vec![run_script(), run(CHANGE), done()]) {
        scene.somebody_pushes("main", SCRIPT, attack);
        let running = scene.start();
        let tree = scene.tree();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(180);
        while !tree.join("services").exists() {
            assert!(std::time::Instant::now() < until, "the agent never came to its tree");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // Beside and renamed: the agent reads it as soon as it is there.
        std::fs::write(scene.path("pid"), running.pid().as_raw_nonzero().to_string()).unwrap();
        std::fs::set_permissions(scene.path("pid"), std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::rename(scene.path("pid"), tree.join("pid.log")).unwrap();
        let ran = running.end();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let heard: String = scene.model.seen().iter().map(|seen| seen.body.to_string()).collect();
        assert!(heard.contains("I have 42 of them"), "{heard}");
        for secret in [KEY, TOKEN] {
            assert!(!heard.contains(secret), "the agent found {secret}");
        }
        // A line of the mirror's settings, of the answer to git's question for the token, and of a slot's record.
        for read in ["allowAnySHA1InWant", "CODEXCTL_ASKPASS_SITE", "\\\"holder\\\""] {
            assert!(!heard.contains(read), "the agent read {read}");
        }
        assert!(scene.origin().contains("branch codex/issue-7\n"), "{}", scene.origin());
    }
}
