//! How GitHub is reached: addresses, proxies, certificates, and the HTTP client below octocrab. All values are handed in.

use std::time::Duration;

use url::Url;

use super::Error;
use crate::secrets::{Redactor, Secret};

/// No connection after this: GitHub accepts within a second or not at all.
const CONNECT: Duration = Duration::from_secs(10);
/// GitHub itself ends a request after 10 s, a proxy in between perhaps later.
const WHOLE: Duration = Duration::from_secs(60);

/// How to reach GitHub. All values are handed in; nothing here reads the environment.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `GITHUB_API_URL`; on Enterprise it ends in `/api/v3`.
    pub api_url: String,
    /// `GITHUB_GRAPHQL_URL`; without it derived from `api_url`.
    pub graphql_url: Option<String>,
    /// The token.
    pub token: Secret,
    /// `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
    pub proxies: Proxies,
}

/// Proxies; their addresses may hold a password.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `http://` addresses.
    pub http: Option<Secret>,
    /// For `https://` addresses.
    pub https: Option<Secret>,
    /// Hosts that are reached without one, as a comma list.
    pub none: Option<String>,
}

/// A piece of a path, safe whatever it holds; none for what an address can't hold as one piece.
pub(super) fn segment(text: &str) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_~.".contains(byte);
    let piece = text
        .bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect::<String>();
    (!matches!(piece.as_str(), "" | "." | "..")).then_some(piece)
}

/// The innermost reason: the outer ones only say that sending failed.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

pub(super) fn setup(reason: &str, way_out: &str) -> Error {
    Error::Setup { reason: reason.to_owned(), way_out: way_out.to_owned() }
}

pub(super) fn address(text: &str, variable: &str, example: &str) -> Result<Url, Error> {
    let way_out = format!("Set {variable} to an address such as {example}");
    let url =
        Url::parse(text.trim()).map_err(|reason| setup(&format!("{variable} is no address ({reason})"), &way_out))?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.has_host()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(setup(&format!("{variable} is no plain http or https address"), &way_out));
    }
    Ok(url)
}

/// GraphQL's address beside the REST API's: <https://docs.github.com/en/enterprise-server/graphql/guides/forming-calls-with-graphql>.
pub(super) fn graphql_of(rest: &Url) -> Url {
    let mut url = rest.clone();
    let path = rest.path().trim_end_matches('/');
    let parent = path.strip_suffix("/api/v3").map(|front| format!("{front}/api"));
    url.set_path(&format!("{}/graphql", parent.as_deref().unwrap_or(path)));
    url.set_query(None);
    url
}

/// The HTTP client below octocrab. Redirects are octocrab's, proxies the given ones only.
pub(super) fn transport(proxies: &Proxies, encrypted: bool, redactor: &Redactor) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(WHOLE);
    if !encrypted {
        // Without it an image without CA certificates could not even talk to a plain http address.
        builder = builder.tls_certs_only(std::iter::empty());
    }
    let none = proxies.none.as_deref().and_then(reqwest::NoProxy::from_string);
    type Make = fn(&str) -> reqwest::Result<reqwest::Proxy>;
    let kinds: [(&str, &Option<Secret>, Make); 2] = [
        ("HTTP_PROXY", &proxies.http, |url| reqwest::Proxy::http(url)),
        ("HTTPS_PROXY", &proxies.https, |url| reqwest::Proxy::https(url)),
    ];
    for (variable, proxy, make) in kinds {
        let Some(url) = proxy.as_ref().map(|proxy| proxy.expose().trim()).filter(|url| !url.is_empty()) else {
            continue;
        };
        // The address may hold a password, so it is never quoted.
        let bad = || setup(&format!("{variable} is no address of a proxy"), "Use the form http://host:port");
        if let Some(password) = Url::parse(url).ok().and_then(|url| url.password().map(str::to_owned)) {
            redactor.add(&Secret::new(password));
        }
        builder = builder.proxy(make(url).map_err(|_| bad())?.no_proxy(none.clone()));
    }
    builder.build().map_err(|reason| {
        setup(
            &format!("https can't be set up ({})", redactor.redact(&root_cause(&reason))),
            "Install CA certificates (Debian: ca-certificates) or name a file of them in SSL_CERT_FILE",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_graphql_is_beside_the_rest_api_also_on_enterprise() {
        for (rest, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://github.acme.com/api/v3", "https://github.acme.com/api/graphql"),
            ("https://acme.com/github/api/v3/", "https://acme.com/github/api/graphql"),
        ] {
            assert_eq!(graphql_of(&Url::parse(rest).expect("an address")).as_str(), graphql);
        }
    }

    #[test]
    fn a_piece_of_a_path_can_not_leave_its_place() {
        assert_eq!(segment("dependabot[bot]").as_deref(), Some("dependabot%5Bbot%5D"));
        assert_eq!(segment("a/../b?c#d%2F ä").as_deref(), Some("a%2F..%2Fb%3Fc%23d%252F%20%C3%A4"));
        for text in ["", ".", ".."] {
            assert_eq!(segment(text), None);
        }
    }
}
