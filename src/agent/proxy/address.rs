//! The address of the model's endpoint.

use url::{Host, Url};

use super::Error;

/// Whether an address can be the model's ([`Upstream::base`](super::Upstream::base)).
///
/// # Errors
/// [`Error::Base`] where it can't.
pub fn check_base(base: &str) -> Result<(), Error> {
    parse_base(base).map(drop)
}

/// The base without a slash at its end; only HTTP, and without a name and password in it.
pub(super) fn parse_base(base: &str) -> Result<Url, Error> {
    let refuse = |reason: &str| Error::Base { base: base.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(base.trim_end_matches('/')).map_err(|error| refuse(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("only http and https lead to a model"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Base {
            base: format!("{}://<hidden>@{}", url.scheme(), url.host_str().unwrap_or_default()),
            reason: "a key belongs into OPENAI_API_KEY, not into the address".to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must not have a query or a fragment"));
    }
    Ok(url)
}

/// The base as users write it.
pub(super) fn shown(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

/// Whether it is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
