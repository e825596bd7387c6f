//! Variables: sources, spellings, protection, and what a run decides.

use std::path::Path;

use super::super::{Decided, LoadRequest, Loaded, RawStack, StackError, VarsInput};
use super::{request, vars};

/// A project folder with a stack file that names two files of variables.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).filter(|name| name.ends_with(".env")).collect();
        let text = format!("project: shop\nenvFiles: [{}]\n", names.join(", "));
        std::fs::write(folder.path().join("services.yaml"), text).unwrap();
        Self(folder)
    }

    fn load(&self, change: impl FnOnce(&mut LoadRequest)) -> Result<Loaded, StackError> {
        let path = self.0.path().join("services.yaml");
        let mut request = request("ai");
        change(&mut request);
        RawStack::read_as(&path, Path::new("services.yaml"))?.load(&request)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn warnings(&self, loaded: &Loaded) -> String {
        let texts: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        texts.join("\n").replace(&*self.0.path().to_string_lossy(), "ROOT")
    }
}

#[test]
fn later_sources_win_and_each_value_knows_where_it_came_from() {
    let project = Project::new(&[
        ("a.env", "P=a\nA=a\nB=a\nC=a\n"),
        ("b.env", "B=b\nC=b\n"),
        ("vars.yaml", "C: file\nD: file\n"),
    ]);
    let loaded = project
        .load(|request| {
            request.vars = VarsInput {
                process: vars(&[("P", "process"), ("Q", "process")]),
                var_file: Some(project.path("vars.yaml")),
                vars: Some("D=inline, E=inline".to_owned()),
            };
        })
        .unwrap();
    let line =
        |name: &str| format!("{name}={} from {}", loaded.vars.get(name).unwrap(), loaded.vars.source(name).unwrap());
    let lines: Vec<String> = ["Q", "P", "A", "B", "C", "D", "E", "CODEXCTL_ENV"].into_iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n").replace(&*project.0.path().to_string_lossy(), "ROOT"), @r"
    Q=process from the environment
    P=a from a.env:1
    A=a from a.env:2
    B=b from b.env:1
    C=file from ROOT/vars.yaml:1
    D=inline from --vars
    E=inline from --vars
    CODEXCTL_ENV=ai from this run
    ");
    let inline: Vec<_> = loaded.vars.inline().collect();
    assert_eq!(inline, [("D", "inline"), ("E", "inline")]);
    let given: Vec<_> = loaded.vars.given().collect();
    assert_eq!(given, [("C", "file"), ("D", "inline"), ("E", "inline")]);
}

#[test]
fn who_may_start_and_tokens_never_come_from_files_of_the_repository() {
    let project = Project::new(&[
        ("a.env", "CODEXCTL_ALLOWED_USERS=mallory\nAI_ALLOWED_USERS=mallory\nCODEXCTL_GH_PAT=x\nOTHER_PAT=x\nOK=1\n"),
        ("vars.yaml", "CODEXCTL_AGENT_COMMAND: evil\nGH_TOKEN: x\nALSO: 1\n"),
    ]);
    let loaded = project
        .load(|request| {
            request.vars.process = vars(&[("CODEXCTL_ALLOWED_USERS", "alice")]);
            request.vars.var_file = Some(project.path("vars.yaml"));
        })
        .unwrap();
    assert_eq!(loaded.vars.get("CODEXCTL_ALLOWED_USERS"), Some("alice"));
    for name in ["CODEXCTL_GH_PAT", "OTHER_PAT", "CODEXCTL_AGENT_COMMAND", "GH_TOKEN"] {
        assert_eq!(loaded.vars.get(name), None, "{name}");
    }
    assert_eq!((loaded.vars.get("OK"), loaded.vars.get("ALSO")), (Some("1"), Some("1")));
    insta::assert_snapshot!(project.warnings(&loaded), @r"
    ROOT/vars.yaml:1:1: warning: CODEXCTL_AGENT_COMMAND is not taken from a file of the repository
      hint: set it in the environment of the process
    ROOT/vars.yaml:2:1: warning: GH_TOKEN is not taken from a file of the repository
      hint: set it in the environment of the process
    a.env:1:1: warning: CODEXCTL_ALLOWED_USERS is not taken from a file of the repository
      hint: set it in the environment of the process
    a.env:2:1: warning: AI_ALLOWED_USERS is not taken from a file of the repository
      hint: set it in the environment of the process
    a.env:3:1: warning: CODEXCTL_GH_PAT is not taken from a file of the repository
      hint: set it in the environment of the process
    a.env:4:1: warning: OTHER_PAT is not taken from a file of the repository
      hint: set it in the environment of the process
    ");
}

#[test]
fn a_var_file_outside_the_repository_may_name_them() {
    let project = Project::new(&[]);
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("vars");
    std::fs::write(&file, "CODEXCTL_GH_PAT=from-the-runner\n").unwrap();
    let loaded = project.load(|request| request.vars.var_file = Some(file)).unwrap();
    assert_eq!(loaded.vars.get("CODEXCTL_GH_PAT"), Some("from-the-runner"));
}

#[test]
fn older_and_new_names_fill_each_other_and_an_older_one_is_told_once() {
    let project = Project::new(&[("a.env", "DEV_SLOTS_MAX=4\n")]);
    let loaded = project
        .load(|request| {
            request.vars.process = vars(&[
                ("REGISTRY_HOST", "old"),
                ("CODEXCTL_REGISTRY_HOST", ""),
                ("CODEXCTL_CODE_ROOT_BASE", "/new"),
                ("PROMPT_LANG", "ru"),
                ("BASE_DOMAIN_STAGING", "s.example.com"),
                ("CODEX_LOG_LEVEL", "debug"),
                ("CODEXCTL_LOG_LEVEL", "info"),
            ]);
        })
        .unwrap();
    let get = |name: &str| loaded.vars.get(name).unwrap_or("(unset)").to_owned();
    assert_eq!(get("CODEXCTL_REGISTRY_HOST"), "old");
    assert_eq!(get("CODE_ROOT_BASE"), "/new");
    assert_eq!((get("CODEXCTL_LANG"), get("CODEX_PROMPT_LANG")), ("ru".to_owned(), "ru".to_owned()));
    assert_eq!(get("CODEXCTL_BASE_DOMAIN_AI_STAGING"), "s.example.com");
    assert_eq!(get("CODEXCTL_DEV_SLOTS_MAX"), "4");
    assert_eq!((get("CODEX_LOG_LEVEL"), get("CODEXCTL_LOG_LEVEL")), ("debug".to_owned(), "info".to_owned()));
    insta::assert_snapshot!(project.warnings(&loaded), @r"
    warning: REGISTRY_HOST is the older name of CODEXCTL_REGISTRY_HOST
      hint: set CODEXCTL_REGISTRY_HOST
    warning: DEV_SLOTS_MAX is the older name of CODEXCTL_DEV_SLOTS_MAX
      hint: set CODEXCTL_DEV_SLOTS_MAX
    warning: PROMPT_LANG is the older name of CODEXCTL_LANG
      hint: set CODEXCTL_LANG
    warning: BASE_DOMAIN_STAGING is the older name of CODEXCTL_BASE_DOMAIN_AI_STAGING
      hint: set CODEXCTL_BASE_DOMAIN_AI_STAGING
    ");
}

#[test]
fn what_the_run_decided_stands_above_everything_under_both_names() {
    let project = Project::new(&[("a.env", "CODEXCTL_SLOT=9\nINFRA_UNHEALTHY=1\n")]);
    let decided = Decided {
        slot: Some(2),
        issue: Some(7),
        pr: Some(8),
        focus_issue: Some(6),
        repo: Some("acme/shop".to_owned()),
        branch: Some("codex/issue-7".to_owned()),
        lang: Some("en".to_owned()),
        infra_unhealthy: true,
        prompt_mode: Some("full".to_owned()),
    };
    let healthy = Decided { slot: Some(2), ..Decided::default() };
    let loaded = project.load(|request| request.decided = decided).unwrap();
    let decided: Vec<String> = loaded.vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(decided.join("\n"), @r"
    CODEXCTL_BRANCH=codex/issue-7
    CODEXCTL_ENV=ai
    CODEXCTL_FOCUS_ISSUE_NUMBER=6
    CODEXCTL_INFRA_UNHEALTHY=true
    CODEXCTL_ISSUE_NUMBER=7
    CODEXCTL_LANG=en
    CODEXCTL_NAMESPACE=shop-dev-2
    CODEXCTL_PROMPT_MODE=full
    CODEXCTL_PR_NUMBER=8
    CODEXCTL_REPO=acme/shop
    CODEXCTL_SLOT=2
    CODEX_PROMPT_LANG=en
    FOCUS_ISSUE_NUMBER=6
    INFRA_UNHEALTHY=1
    ISSUE_NUMBER=7
    PROMPT_LANG=en
    PROMPT_MODE=full
    PR_NUMBER=8
    SLOT=2
    ");
    let loaded = project.load(|request| request.decided = healthy).unwrap();
    assert_eq!((loaded.vars.get("INFRA_UNHEALTHY"), loaded.vars.get("CODEXCTL_SLOT")), (None, Some("2")));
}

#[test]
fn files_of_variables_that_cannot_be_read_are_told_without_their_text() {
    let project = Project::new(&[("a.env", "A=1\nghp_secret\n"), ("vars.yaml", "nonsense\nB: 2\n")]);
    let error = project.load(|request| request.vars.vars = Some("A".to_owned())).unwrap_err();
    insta::assert_snapshot!(error.to_string().replace(&*project.0.path().to_string_lossy(), "ROOT"), @r"
    --vars or CODEXCTL_VARS, item 1: expected `NAME=value`; a value with a comma goes into a var file
    a.env:2:1: expected `KEY=value`
    ");
    assert!(!error.graphical(false, 80).contains("ghp_secret"));

    std::fs::write(project.path("a.env"), "A=1\n").unwrap();
    let loaded = project.load(|request| request.vars.var_file = Some(project.path("vars.yaml"))).unwrap();
    insta::assert_snapshot!(project.warnings(&loaded), @"ROOT/vars.yaml:1:1: warning: this line has no effect: expected `key: value` or `KEY=value`");

    std::fs::remove_file(project.path("a.env")).unwrap();
    let error = project.load(|request| request.vars.var_file = Some("no/such/file".into())).unwrap_err();
    insta::assert_snapshot!(error, @r"
    no/such/file: the var file can't be read: there is no such file
      hint: it is named by --var-file or CODEXCTL_VAR_FILE
    services.yaml:2:12: envFiles: a.env: there is no such file
      hint: paths start at the folder of this file
    ");
}

#[test]
fn settings_read_the_merged_variables_before_anything_is_loaded() {
    let project = Project::new(&[("a.env", "DEV_SLOTS_MAX=4\nAI_ALLOWED_USERS=mallory\n")]);
    let raw = RawStack::read(&project.path("services.yaml")).unwrap();
    let (found, warnings) = raw.vars(&VarsInput::default()).unwrap();
    assert_eq!(found.get("CODEXCTL_DEV_SLOTS_MAX"), Some("4"));
    assert_eq!(found.get("CODEXCTL_ALLOWED_USERS"), None);
    assert_eq!(warnings.len(), 2, "an older name and a protected one");
}

#[test]
fn debug_shows_names_and_never_values() {
    let project = Project::new(&[]);
    let loaded = project.load(|request| request.vars.process = vars(&[("DB_PASSWORD", "hunter2hunter2")])).unwrap();
    let text = format!("{:?} {loaded:?}", loaded.vars);
    assert!(text.contains("DB_PASSWORD") && !text.contains("hunter2"), "{text}");
}

#[test]
fn templates_see_everything_that_a_run_knows() {
    let text = "project: shop\nversions: {web: 1.2}\nstorage: {data: {size: 2Gi, accessModes: [A, B]}}\ncodex:\n  model: m-1\n  \
                links: [{title: T, path: /p}]\n  timeouts: {exec: 5m}\n  mcp: {servers: [{name: s, type: cluster, service: {name: web}, \
                headers: {X: {envRef: E}}}]}\n";
    let loaded = super::load_with(text, "ai", &[("A", "1")]).unwrap();
    let extras = super::super::Extras {
        effort: "extra-high".parse().ok(),
        issue_comments: vec![super::super::IssueComment { id: 5, author: "alice".into(), ..Default::default() }],
        ..Default::default()
    };
    let template = "{{.Env}} {{.Namespace}} {{.Project}} {{.ProjectRoot}} {{.Slot}} {{.Now.Year}} {{index .EnvMap \"A\"}} \
        {{.Versions.web}} {{.Storage.Data.Size}} {{join .Storage.Data.AccessModes \"+\"}} {{if .Storage.Workspace}}w{{else}}none{{end}} \
        {{.Codex.Model}} {{.Codex.ModelReasoningEffort}} {{range .Codex.Links}}{{.Title}}{{.Path}}{{end}} {{.Codex.Timeouts.Exec}} \
        {{range .Codex.MCP.Servers}}{{.Name}} {{.Service.Port}}{{.Service.Path}} {{.Headers.X.EnvRef}}{{end}} \
        {{range .IssueComments}}{{.ID}} {{.Author}}{{end}} {{len .ReviewComments}} {{.Codex.ReviewMCPEnabled}}";
    let rendered = loaded.render("all", template, &extras).unwrap();
    insta::assert_snapshot!(rendered.text, @"ai shop-dev-3 shop /srv/shop 3 2026 1 1.2 2Gi A+B none m-1 xhigh T/p 5m s 80/mcp E 5 alice 0 false");
}

#[test]
fn without_a_list_the_stacks_own_files_are_protected_too() {
    let project = Project::new(&[("a.env", "A=1\n"), ("up.sh", "true\n"), ("down.sh", "true\n")]);
    let text = "project: shop\nenvFiles: [a.env]\nhooks:\n  beforeAll: [{run: 'bash ./up.sh deploy/web && true'}]\nservices:\n  \
                - {name: web, hooks: {beforeDestroy: [{run: \"sh 'down.sh'; sh up.sh\"}]}}\n";
    std::fs::write(project.path("services.yaml"), text).unwrap();
    let found = project.load(|_| {}).unwrap().protected_paths();
    insta::assert_snapshot!(found.join(" "), @".github/** **/AGENTS.md **/CODEOWNERS .codex/** **/.gitattributes .gitmodules services.yaml a.env up.sh down.sh");
    std::fs::write(project.path("services.yaml"), "project: shop\npublish: {protectedPaths: [docs/**]}\n").unwrap();
    assert_eq!(project.load(|_| {}).unwrap().protected_paths(), ["docs/**"]);
}
