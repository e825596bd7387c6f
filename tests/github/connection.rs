//! Addresses, proxies, certificates and tokens: how GitHub is reached, and what is said when it can't be.

use std::process::Command;

use codexctl_action::github::GitHub as _;
use codexctl_action::github::live::{Connection, Proxies};
use codexctl_action::secrets::Secret;

use crate::scene::{REPO, Scene, TOKEN, own, progress, wanted_pull};
use crate::stand::{Fault, Stand};

#[tokio::test]
async fn on_enterprise_rest_has_a_path_and_graphql_is_beside_it() {
    let scene = Scene::on(Stand::start_at("/api/v3"));
    let github = scene.github();
    github.viewer().await.unwrap();
    github.put_comment(&progress("agent", "working")).await.unwrap();
    assert_eq!(github.put_pull(&wanted_pull()).await.unwrap().into_known().unwrap().number, Some(8));
    scene.stand.state().page = 1;
    assert_eq!(github.pulls_of("codex/issue-7").await.unwrap().into_known().unwrap().len(), 1);
}

#[tokio::test]
async fn a_base_path_that_looks_like_a_route_is_still_put_in_front() {
    let scene = Scene::on(Stand::start_at("/rep"));
    let mut connection = scene.connection(TOKEN);
    connection.graphql_url = Some(connection.api_url.replace("/rep", "/graphql"));
    let github = scene.connect(&connection).unwrap();
    assert_eq!(github.issue(7).await.unwrap().into_known().unwrap().number, 7);
    assert_eq!(github.viewer().await.unwrap().into_known().unwrap().login, "github-actions[bot]");
}

#[tokio::test]
async fn a_proxy_is_used_where_it_is_given_and_not_for_hosts_that_are_excepted() {
    // To a proxy a plain request comes with the whole address: the stand-in serves it all the same.
    let scene = Scene::new();
    let mut connection = scene.connection(TOKEN);
    connection.api_url = "http://github.invalid".into();
    connection.proxies.http = Some(Secret::new(scene.stand.url()));
    assert_eq!(scene.connect(&connection).unwrap().issue(7).await.unwrap().into_known().unwrap().number, 7);
    let direct = Connection { api_url: scene.stand.url(), ..connection };
    let nowhere =
        Proxies { http: Some(Secret::new("http://127.0.0.1:1".into())), none: Some("127.0.0.1".into()), https: None };
    let direct = Connection { proxies: nowhere, ..direct };
    assert_eq!(scene.connect(&direct).unwrap().issue(7).await.unwrap().into_known().unwrap().number, 7);
}

#[tokio::test]
async fn what_can_not_work_is_said_before_anything_is_sent_and_quotes_no_secret() {
    let scene = Scene::new();
    let good = scene.connection(TOKEN);
    let proxy = Proxies { http: Some(Secret::new("http://user:canary-pass word@:x".into())), ..Proxies::default() };
    let mut texts = Vec::new();
    for connection in [
        Connection { token: Secret::new("canary\ntoken".into()), ..good.clone() },
        Connection { token: Secret::new("  ".into()), ..good.clone() },
        Connection { api_url: "github.com".into(), ..good.clone() },
        Connection { api_url: "https://canary:pass@github.com".into(), ..good.clone() },
        Connection { graphql_url: Some("ftp://x/graphql".into()), ..good.clone() },
        Connection { proxies: proxy, ..good },
    ] {
        texts.push(scene.connect(&connection).err().map(|error| error.to_string()).unwrap_or_default());
    }
    assert!(!texts.concat().contains("canary"));
    insta::assert_snapshot!(texts.join("\n"), @"
    can't reach GitHub: the token is empty or has characters that no token has. Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN again, without quotes or line breaks
    can't reach GitHub: the token is empty or has characters that no token has. Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN again, without quotes or line breaks
    can't reach GitHub: GITHUB_API_URL is no address (relative URL without a base). Set GITHUB_API_URL to an address such as https://api.github.com
    can't reach GitHub: GITHUB_API_URL is no plain http or https address. Set GITHUB_API_URL to an address such as https://api.github.com
    can't reach GitHub: GITHUB_GRAPHQL_URL is no plain http or https address. Set GITHUB_GRAPHQL_URL to an address such as https://api.github.com/graphql
    can't reach GitHub: HTTP_PROXY is no address of a proxy. Use the form http://host:port
    ");
}

#[tokio::test]
async fn the_token_is_in_no_error_and_no_note() {
    let scene = Scene::new();
    let leaky: &'static str = Box::leak(format!("{TOKEN} may not do this").into_boxed_str());
    scene.stand.fail_next("GET *", Fault::Status(422, leaky));
    let error = scene.github().issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"GitHub refuses to read issue #7 in codex-k8s/shop: <hidden> may not do this. Nothing was changed; if the request looks right, please report it to codexctl");
    assert!(!scene.ears.heard().contains("canary"));
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirect_to_another_host() {
    let (scene, elsewhere) = (Scene::new(), Stand::start());
    scene.stand.fail_next("GET *", Fault::Redirect(307, format!("{}/repos/codex-k8s/shop/issues/7", elsewhere.url())));
    scene.github().issue(7).await.unwrap_err();
    let requests = elsewhere.state().requests.clone();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].with_token);
    assert!(scene.stand.state().requests[0].with_token);
}

#[tokio::test]
async fn nobody_answers_at_the_address() {
    let scene = Scene::new();
    // Port 1 is nobody's here; a free one could be taken by another test at the same moment.
    let connection = Connection { api_url: "http://127.0.0.1:1".into(), ..scene.connection(TOKEN) };
    let error = scene.connect(&connection).unwrap().issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"can't read issue #7 in codex-k8s/shop: no answer from GitHub (Connection refused (os error 111)), 5 times in a row; check the network and https://www.githubstatus.com, then start the run again");
}

/// Certificates are a matter of the whole process: the test runs itself again in an environment without any.
#[test]
fn without_ca_certificates_plain_http_works_and_https_says_what_is_missing() {
    const CHILD: &str = "CODEXCTL_TEST_WITHOUT_CERTIFICATES";
    if std::env::var_os(CHILD).is_none() {
        let name = "connection::without_ca_certificates_plain_http_works_and_https_says_what_is_missing";
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", name])
            .env(CHILD, "1")
            .env("SSL_CERT_FILE", "/dev/null")
            .env("SSL_CERT_DIR", "/dev/null");
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        return;
    }
    let scene = Scene::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let issue = runtime.block_on(async { scene.github().issue(7).await });
    assert_eq!(issue.unwrap().into_known().unwrap().number, 7);
    let https = Connection { api_url: "https://api.github.com".into(), ..scene.connection(TOKEN) };
    insta::assert_snapshot!(scene.connect(&https).err().unwrap().to_string(), @"can't reach GitHub: https can't be set up (unexpected error: No CA certificates were loaded from the system). Install CA certificates (Debian: ca-certificates) or name a file of them in SSL_CERT_FILE");
}

#[tokio::test]
async fn a_whole_dev_run_takes_few_requests() {
    let scene = Scene::new();
    scene.stand.state().add_comment(REPO, 7, "grace", "it is the session cookie");
    let github = scene.github();
    dev_run(&github).await;
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    POST /graphql → 200
    GET /users/github-actions%5Bbot%5D → 200
    GET /repos/codex-k8s/shop/collaborators/ada/permission → 200
    POST /repos/codex-k8s/shop/issues/7/reactions → 201
    POST /graphql → 200
    POST /graphql → 200
    POST /repos/codex-k8s/shop/issues/7/comments → 201
    POST /graphql → 200
    GET /repos/codex-k8s/shop/pulls?head=codex-k8s:codex%2Fissue-7&state=all&sort=created&direction=desc&per_page=100 → 200
    POST /graphql → 200
    PATCH /repos/codex-k8s/shop/issues/comments/102 → 200
    GET /repos/codex-k8s/shop/collaborators/ada/permission → 304
    GET /repos/codex-k8s/shop/pulls?head=codex-k8s:codex%2Fissue-7&state=open&sort=created&direction=desc&per_page=100 → 200
    POST /repos/codex-k8s/shop/pulls → 201
    POST /repos/codex-k8s/shop/issues/8/labels → 200
    POST /repos/codex-k8s/shop/pulls/8/requested_reviewers → 201
    POST /graphql → 200
    POST /repos/codex-k8s/shop/issues/8/comments → 201
    POST /graphql → 200
    PATCH /repos/codex-k8s/shop/issues/comments/102 → 200
    DELETE /repos/codex-k8s/shop/issues/7/labels/%5Bai-dev%5D → 200
    ");
    assert_eq!(github.requests(), scene.stand.log().len() as u64);
    assert!(github.requests() < 25);
    assert_eq!(github.unchanged(), 1, "who may write is asked again before publishing, and costs nothing");
}

/// What the flow `dev` asks and writes, in its order.
async fn dev_run(github: &codexctl_action::github::live::Live) {
    use codexctl_action::github::{Reacted, Thread};
    github.viewer().await.unwrap();
    github.permission("ada").await.unwrap();
    github.react(&Reacted::Issue(7)).await.unwrap();
    github.own_comment(&Thread::Issue(7), "progress", &progress("sources", "").marker).await.unwrap();
    github.put_comment(&progress("sources", "1")).await.unwrap();
    github.pulls_of("codex/issue-7").await.unwrap();
    github.comments(7).await.unwrap();
    github.put_comment(&progress("agent", "2")).await.unwrap();
    github.permission("ada").await.unwrap();
    let pull = github.put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    let environment = own("environment", Thread::Pull(pull.number.unwrap()), "published", "links");
    github.put_comment(&environment).await.unwrap();
    github.put_comment(&progress("published", "3")).await.unwrap();
    github.remove_label(&Thread::Issue(7), "[ai-dev]").await.unwrap();
}
