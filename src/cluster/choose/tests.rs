//! The order in which clusters are looked for, told with kubeconfigs in a temporary folder.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A home with kubeconfigs, each with the context `NAME` for the server `https://NAME.example`.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn with(self, path: &str, contexts: &[&str]) -> Self {
        let list = |make: &dyn Fn(&str) -> String| contexts.iter().map(|name| make(name)).collect::<String>();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {}\nclusters:\n{}contexts:\n{}users:\n- name: ann\n  user: {{token: s3cr3t}}\n",
            contexts[0],
            list(&|name| format!("- name: {name}\n  cluster: {{server: \"https://{name}.example\"}}\n")),
            list(&|name| format!("- name: {name}\n  context: {{cluster: {name}, user: ann}}\n")),
        );
        self.holding(path, &text)
    }

    fn holding(self, path: &str, text: &str) -> Self {
        let file = self.file(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    fn places(&self) -> Places {
        Places { home: Some(self.folder.path().to_owned()), environment: "ai".to_owned(), ..Places::default() }
    }

    /// What is chosen, in words.
    fn chosen(&self, places: &Places) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let Chosen { target, warnings } = runtime.block_on(choose(places));
        let mut out: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
        out += &match target {
            Ok(Some(target)) => format!("{} as {}", target.server, target.user),
            Ok(None) => "none is named".to_owned(),
            Err(failure) => {
                let hint = failure.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                format!("{}: {}{hint}", if failure.explicit { "error" } else { "failure" }, failure.text)
            }
        };
        out.replace(&self.folder.path().display().to_string(), "~")
    }
}

fn named<T>(value: T, by: &str) -> Option<Named<T>> {
    Some(Named { value, by: by.to_owned() })
}

#[test]
fn the_first_place_that_names_a_cluster_wins() {
    let scene = Scene::new()
        .with("flag", &["flag"])
        .with("env", &["env"])
        .with("variable", &["variable"])
        .with(".kube/config", &["home"]);
    let mut places = scene.places();
    assert_eq!(scene.chosen(&places), "https://home.example as user `ann`");
    places.kubeconfig_files = Some(scene.file("variable").display().to_string());
    assert_eq!(scene.chosen(&places), "https://variable.example as user `ann`");
    places.environment_kubeconfig = Some(scene.file("env"));
    assert_eq!(scene.chosen(&places), "https://env.example as user `ann`");
    places.kubeconfig = named(scene.file("flag"), "--kubeconfig");
    assert_eq!(scene.chosen(&places), "https://flag.example as user `ann`");
}

#[test]
fn a_context_by_flag_wins_over_the_environments_which_does_not_reach_into_a_kubeconfig_by_flag() {
    let scene = Scene::new().with("flag", &["flag", "other"]).with(".kube/config", &["home", "other"]);
    let mut places = scene.places();
    places.environment_context = Some("other".to_owned());
    assert_eq!(scene.chosen(&places), "https://other.example as user `ann`");
    places.context = named("home".to_owned(), "--context");
    assert_eq!(scene.chosen(&places), "https://home.example as user `ann`");
    places.context = None;
    places.kubeconfig = named(scene.file("flag"), "--kubeconfig");
    assert_eq!(scene.chosen(&places), "https://flag.example as user `ann`");
}

#[test]
fn a_kubeconfig_of_services_yaml_that_is_not_there_is_a_warning_and_one_by_flag_an_error() {
    let scene = Scene::new().with(".kube/config", &["home"]);
    let mut places = scene.places();
    places.environment_kubeconfig = Some(scene.file("gone"));
    insta::assert_snapshot!(scene.chosen(&places), @"
    warning: environments.ai.kubeconfig names ~/gone, which is not there
    https://home.example as user `ann`
    ");
    places.kubeconfig = named(scene.file("gone"), "CODEXCTL_KUBECONFIG");
    insta::assert_snapshot!(scene.chosen(&places), @"error: ~/gone (CODEXCTL_KUBECONFIG) can't be read: it is not there");
}

#[test]
fn several_kubeconfigs_are_merged_as_kubectl_does_it_and_those_not_there_left_out() {
    let scene = Scene::new().with("one", &["one"]).with("two", &["two"]).with(".kube/config", &["home"]);
    let mut places = scene.places();
    let path = |name| scene.file(name).display().to_string();
    places.kubeconfig_files = Some(format!("{}::{}:{}", path("gone"), path("one"), path("two")));
    assert_eq!(scene.chosen(&places), "https://one.example as user `ann`");
    places.context = named("two".to_owned(), "--context");
    assert_eq!(scene.chosen(&places), "https://two.example as user `ann`");
    // What is set counts, even where nothing is there: another cluster than the one meant would be worse than none.
    places.kubeconfig_files = Some(path("gone"));
    places.context = None;
    insta::assert_snapshot!(scene.chosen(&places), @"
    warning: KUBECONFIG names ~/gone, which is not there
    none is named
    ");
}

#[test]
fn a_wrong_context_is_told_with_the_one_that_was_meant() {
    let scene = Scene::new().with(".kube/config", &["staging", "production"]);
    let mut places = scene.places();
    places.context = named("stagin".to_owned(), "--context");
    insta::assert_snapshot!(scene.chosen(&places), @"
    error: ~/.kube/config has no context `stagin` (--context)
    hint: did you mean `staging`?
    ");
    places.context = None;
    places.environment_context = Some("shop".to_owned());
    insta::assert_snapshot!(scene.chosen(&places), @"
    failure: ~/.kube/config has no context `shop` (environments.ai.context)
    hint: it has staging, production
    ");
}

#[test]
fn a_context_by_flag_needs_a_kubeconfig() {
    let scene = Scene::new();
    assert_eq!(scene.chosen(&scene.places()), "none is named");
    let places = Places { context: named("x".to_owned(), "--context"), ..scene.places() };
    insta::assert_snapshot!(scene.chosen(&places), @"
    error: there is no kubeconfig that could have the context `x` (--context)
    hint: name one with --kubeconfig
    ");
}

#[test]
fn a_kubeconfig_that_can_not_be_read_is_told_without_what_stands_in_it() {
    let scene = Scene::new()
        .holding("broken", "users:\n- name: ann\n  user: {token: s3cr3t\n")
        .holding("other", "contexts: s3cr3t\n")
        .holding("empty", "")
        .holding("folder/x", "")
        .holding("half", "current-context: a\ncontexts:\n- name: a\n  context: {cluster: b, user: s}\n");
    let mut told = String::new();
    for file in ["broken", "other", "empty", "folder", "half"] {
        let places = Places { kubeconfig: named(scene.file(file), "--kubeconfig"), ..scene.places() };
        told += &format!("{}\n", scene.chosen(&places));
    }
    assert!(!told.contains("s3cr3t"), "{told}");
    insta::assert_snapshot!(told, @"
    error: ~/broken (--kubeconfig) is no kubeconfig
    hint: `kubectl config view --kubeconfig ~/broken` says what is wrong with it
    error: ~/other (--kubeconfig) is no kubeconfig
    hint: `kubectl config view --kubeconfig ~/other` says what is wrong with it
    error: ~/empty (--kubeconfig) has no current context
    hint: choose one with --context
    error: ~/folder (--kubeconfig) can't be read: it is a folder
    error: context `a` of ~/half can't be used: failed to load the cluster of context: b
    ");
}

#[test]
fn a_proxy_is_used_for_the_servers_that_no_proxy_does_not_name() {
    let proxies = |https: &str, none: &str| Proxies {
        https: Some(Secret::new(https.to_owned())),
        http: None,
        none: Some(none.to_owned()),
    };
    let of = |proxies: &Proxies, server: &str| proxy(proxies, &server.parse().unwrap()).map(|proxy| proxy.to_string());
    let some = proxies("http://u:p@proxy:3128", "10.0.0.0/8,.internal");
    assert_eq!(of(&some, "https://api.example:6443").as_deref(), Some("http://u:p@proxy:3128/"));
    assert_eq!(of(&some, "https://10.1.2.3:6443"), None);
    assert_eq!(of(&some, "https://api.internal"), None);
    assert_eq!(of(&some, "http://api.example"), None);
    assert_eq!(of(&proxies("proxy:3128", ""), "https://api.example").as_deref(), Some("http://proxy:3128/"));
    assert_eq!(of(&Proxies::default(), "https://api.example"), None);
}
