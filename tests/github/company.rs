//! GitHub Enterprise in a company: its own CA and a proxy, for the API and for git alike.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use codexctl_action::event::Repository;
use codexctl_action::git::{Credentials, Git, RemoteUrl, Tokens};
use codexctl_action::github::GitHub as _;
use codexctl_action::github::live::Connection;
use codexctl_action::secrets::{Redactor, Secret};

use crate::git_http::GitHttp;
use crate::scene::{Scene, TOKEN};
use crate::stand::Stand;
use crate::tls::{TlsDoor, ca_file};

fn port_of(address: &str) -> u16 {
    url::Url::parse(address).unwrap().port().unwrap()
}

/// A folder with `codex-k8s/shop.git`, and a server of it for who has the token.
async fn remote(token: &str) -> (tempfile::TempDir, GitHttp) {
    let folder = tempfile::tempdir().unwrap();
    crate::stand::Git::new(&folder.path().join("codex-k8s/shop.git"));
    let server = GitHttp::start(folder.path(), token).await;
    (folder, server)
}

/// Codexctl's git with these variables, and a token for the server.
fn git(private: &Path, server: &str, token: &str, variables: &[(&str, &str)]) -> Git {
    let mut vars: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    vars.insert("PATH".into(), std::env::var("PATH").unwrap());
    let credentials = Credentials { token: Secret::new(token.to_owned()), server: server.to_owned() };
    Git::new(&vars, &private.join("private"), Some(credentials), &Redactor::default())
}

async fn branches(git: &Git, server: &str) -> Result<String, String> {
    let remote = RemoteUrl::parse(&format!("{server}/codex-k8s/shop.git"), Path::new("/")).unwrap();
    let call = git.call(["ls-remote", "--heads", "--", remote.as_str()]).remote(&remote);
    let output = call.run().await.map_err(|error| error.to_string())?;
    Ok(output.text().lines().filter_map(|line| line.split('\t').nth(1)).collect::<Vec<_>>().join(" "))
}

/// Certificates are a matter of the whole process: the test runs itself again with the company's CA.
#[test]
fn a_company_s_own_ca_counts_for_rest_graphql_and_git() {
    const CHILD: &str = "CODEXCTL_TEST_WITH_A_CA";
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "company::a_company_s_own_ca_counts_for_rest_graphql_and_git"]);
        child.env(CHILD, "1").env("SSL_CERT_FILE", ca_file()).env_remove("SSL_CERT_DIR");
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let scene = Scene::on(Stand::start_at("/api/v3"));
        let door = TlsDoor::to(port_of(&scene.stand.url())).await;
        let api_url = format!("https://localhost:{}/api/v3", door.port);
        let github = scene.connect(&Connection { api_url, ..scene.connection(TOKEN) }).unwrap();
        assert_eq!(github.issue(7).await.unwrap().into_known().unwrap().number, 7);
        assert_eq!(github.viewer().await.unwrap().into_known().unwrap().login, "github-actions[bot]");

        let (folder, server) = remote(TOKEN).await;
        let door = TlsDoor::to(port_of(&server.address)).await;
        let address = format!("https://localhost:{}", door.port);
        let ca = ca_file().display().to_string();
        let trusting = git(folder.path(), &address, TOKEN, &[("SSL_CERT_FILE", &ca)]);
        assert_eq!(branches(&trusting, &address).await.as_deref(), Ok("refs/heads/main"));
    });
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_token_and_the_way_out_is_named() {
    let scene = Scene::new();
    let door = TlsDoor::to(port_of(&scene.stand.url())).await;
    let address = format!("https://localhost:{}", door.port);
    let github = scene.connect(&Connection { api_url: address.clone(), ..scene.connection(TOKEN) }).unwrap();
    insta::assert_snapshot!(github.issue(7).await.unwrap_err(), @"can't reach GitHub: its certificate is not trusted (invalid peer certificate: UnknownIssuer). Name a file with the CA certificates of your GitHub or proxy in SSL_CERT_FILE");
    assert_eq!(github.requests(), 1, "no later attempt makes a certificate right");
    let (folder, _server) = remote(TOKEN).await;
    let error = branches(&git(folder.path(), &address, TOKEN, &[]), &address).await.unwrap_err();
    assert!(error.contains("SSL_CERT_FILE"), "{error}");
    assert!(scene.stand.log().is_empty());
}

#[tokio::test]
async fn git_goes_through_the_proxy_of_the_api_but_for_excepted_hosts() {
    let (folder, proxy) = remote(TOKEN).await;
    // Nobody listens on port 1: what arrives went through the proxy, which gets the whole address and serves it.
    let behind = "http://127.0.0.1:1";
    let through = git(folder.path(), behind, TOKEN, &[("HTTP_PROXY", &proxy.address)]);
    assert_eq!(branches(&through, behind).await.as_deref(), Ok("refs/heads/main"));
    let nowhere = [("HTTP_PROXY", behind), ("NO_PROXY", "127.0.0.1")];
    let direct = git(folder.path(), &proxy.address, TOKEN, &nowhere);
    assert_eq!(branches(&direct, &proxy.address).await.as_deref(), Ok("refs/heads/main"));
    // The variable in git's own spelling wins.
    let own = git(folder.path(), behind, TOKEN, &[("HTTP_PROXY", behind), ("http_proxy", &proxy.address)]);
    assert_eq!(branches(&own, behind).await.as_deref(), Ok("refs/heads/main"));
}

/// Gives the tokens of a list, the next one once the first is refused.
struct List(Mutex<Vec<&'static str>>);

#[async_trait]
impl Tokens for List {
    async fn token(&self) -> Result<Secret, String> {
        let left = self.0.lock().unwrap();
        left.first().map(|token| Secret::new((*token).to_owned())).ok_or_else(|| "the App was taken away".to_owned())
    }

    async fn refused(&self, token: &Secret) {
        self.0.lock().unwrap().retain(|other| other != token.expose());
    }
}

#[tokio::test]
async fn git_asks_for_a_fresh_token_before_each_call_and_once_more_when_it_is_refused() {
    let (folder, server) = remote("ghs_third0000000000").await;
    let list = |tokens: &[&'static str]| Arc::new(List(Mutex::new(tokens.to_vec())));
    let first = git(folder.path(), &server.address, "ghs_first0000000000", &[]);
    let fresh = first.with_tokens(list(&["ghs_third0000000000"]));
    assert_eq!(branches(&fresh, &server.address).await.as_deref(), Ok("refs/heads/main"));
    let second = first.with_tokens(list(&["ghs_second000000000", "ghs_third0000000000"]));
    assert_eq!(branches(&second, &server.address).await.as_deref(), Ok("refs/heads/main"));
    let wrong = first.with_tokens(list(&["ghs_wrong0000000000", "ghs_wrong1111111111", "ghs_third0000000000"]));
    assert!(branches(&wrong, &server.address).await.unwrap_err().contains("The token was refused"));
    let none = first.with_tokens(list(&[]));
    assert_eq!(branches(&none, &server.address).await, Err("git has no token: the App was taken away".into()));
}

#[tokio::test]
async fn the_api_takes_a_proxy_for_https_too_and_hides_its_password() {
    let scene = Scene::new();
    let mut connection = scene.connection(TOKEN);
    connection.api_url = "https://github.invalid".into();
    connection.proxies.https = Some(Secret::new("http://ann:canary-password@127.0.0.1:1".into()));
    let github = scene.connect(&connection).unwrap();
    let error = github.issue(7).await.unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "the proxy is asked, not the host: {error}");
    assert!(!error.contains("canary") && !scene.ears.heard().contains("canary"));
    let repository = Repository::named("codex-k8s/shop").unwrap();
    assert_eq!(github.full_name(), repository.full_name());
}
