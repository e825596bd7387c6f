//! Addresses of git remotes: without credentials, and what repository they name.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// The address of a remote, free of passwords and tokens, so that it may be shown and stand in argv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteUrl(String);

/// Why an address can't be used.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Nothing stands there, or something that git would take for an option.
    #[error("{0:?} is no address of a git remote: set the remote `origin` to an https, ssh or file address")]
    Shape(String),
    /// A way of transport that could start programs or isn't protected.
    #[error("git remotes by {0:?} are not used: set the remote `origin` to an https, ssh or file address")]
    Transport(String),
}

impl RemoteUrl {
    /// Reads an address as git would, takes credentials out of it, and makes a relative path absolute from `dir`.
    ///
    /// # Errors
    /// The address is empty, looks like an option, or names a transport other than file, http, https and ssh.
    pub fn parse(address: &str, dir: &Path) -> Result<Self, UrlError> {
        let address = address.trim();
        if address.is_empty() || address.starts_with('-') || address.contains(char::is_control) {
            return Err(UrlError::Shape(strip_credentials(address)));
        }
        if let Some((scheme, rest)) = address.split_once("://") {
            if !matches!(scheme, "http" | "https" | "ssh" | "file") {
                return Err(UrlError::Transport(scheme.to_owned()));
            }
            if scheme == "file" {
                return Ok(Self(format!("file://{rest}")));
            }
            let mut url = Url::parse(address).map_err(|_| UrlError::Shape(strip_credentials(address)))?;
            // Both only fail for addresses without a host, and those are no http or ssh addresses.
            let _ = url.set_password(None);
            if scheme != "ssh" {
                let _ = url.set_username("");
            }
            url.set_query(None);
            url.set_fragment(None);
            return Ok(Self(url.into()));
        }
        if let Some((transport, _)) = address.split_once("::") {
            return Err(UrlError::Transport(transport.to_owned()));
        }
        if scp_like(address).is_some() {
            return Ok(Self(address.to_owned()));
        }
        let path = Path::new(address);
        let path: PathBuf = if path.is_absolute() { path.to_owned() } else { dir.join(path) };
        Ok(Self(path.to_string_lossy().into_owned()))
    }

    /// The address, for git.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port of an http address, as git names them in its questions; a token goes over plain http to this
    /// machine only.
    pub fn site(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        (url.scheme() == "https" || url.scheme() == "http" && local).then(|| site_of(&self.0)).flatten()
    }

    /// Whether it is reached by ssh, which knows nothing of tokens and HTTP proxies.
    pub fn is_ssh(&self) -> bool {
        self.0.starts_with("ssh://") || !self.0.contains("://") && scp_like(&self.0).is_some()
    }

    /// Owner and name, where the address names a repository of a GitHub server.
    pub fn repo(&self) -> Option<(String, String)> {
        repo_from_url(&self.0)
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Scheme, host and port of an http address.
pub(super) fn site_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| format!("{}://{host}", url.scheme()), |p| format!("{}://{host}:{p}", url.scheme())))
}

/// Owner and name of the repository that an address names: `https://host/o/n(.git)`, `ssh://git@host(:port)/o/n`,
/// `git@host:o/n`, on any host. Local paths name none.
pub fn repo_from_url(address: &str) -> Option<(String, String)> {
    let path = if address.contains("://") {
        let url = Url::parse(address).ok()?;
        url.host_str()?;
        matches!(url.scheme(), "http" | "https" | "ssh").then(|| url.path().to_owned())?
    } else {
        scp_like(address)?.to_owned()
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (owner, name) = path.split_once('/')?;
    let sound = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    (sound(owner) && sound(name)).then(|| (owner.to_owned(), name.to_owned()))
}

/// The path of `[user@]host:path`. As for git, a slash before the first colon makes it a local path.
fn scp_like(address: &str) -> Option<&str> {
    let (host, path) = address.split_once(':')?;
    // One letter before the colon is a drive of Windows, not a host.
    (host.len() > 1 && !host.contains('/') && !path.is_empty()).then_some(path)
}

/// The address with anything between `://` and `@` gone, for texts about addresses that can't be read.
fn strip_credentials(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let from = rest[..end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[from..])
        }
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(address: &str) -> String {
        RemoteUrl::parse(address, Path::new("/base")).map_or_else(|error| error.to_string(), |url| url.to_string())
    }

    #[test]
    fn a_repository_is_read_from_every_form_of_address() {
        for address in [
            "https://github.com/codex-k8s/shop",
            "https://github.com/codex-k8s/shop.git",
            "https://github.com/codex-k8s/shop/",
            "https://user:token@github.example.com:8443/codex-k8s/shop.git",
            "ssh://git@github.com/codex-k8s/shop.git",
            "ssh://git@ssh.github.com:443/codex-k8s/shop.git",
            "git@github.com:codex-k8s/shop.git",
            "github.example.com:codex-k8s/shop",
        ] {
            assert_eq!(repo_from_url(address), Some(("codex-k8s".into(), "shop".into())), "{address}");
        }
        for address in [
            "/srv/git/codex-k8s/shop.git",
            "../shop.git",
            "file:///srv/o/shop.git",
            "https://github.com/o",
            "./a:b",
            "C:/x/y",
            "",
        ] {
            assert_eq!(repo_from_url(address), None, "{address}");
        }
        assert_eq!(repo_from_url("https://gitlab.com/group/sub/name"), None);
        assert_eq!(repo_from_url("git@github.com:o/../n"), None);
    }

    #[test]
    fn credentials_do_not_survive_parsing() {
        assert_eq!(parsed("https://u:ghp_secret@github.com/o/n.git?token=ghp_secret"), "https://github.com/o/n.git");
        assert_eq!(parsed("ssh://git:pass@github.com/o/n"), "ssh://git@github.com/o/n");
        assert_eq!(parsed("git@github.com:o/n.git"), "git@github.com:o/n.git");
        let broken = parsed("https://u:ghp_secret@/");
        assert!(!broken.contains("ghp_secret"), "{broken}");
    }

    #[test]
    fn a_relative_path_starts_at_the_work_tree() {
        assert_eq!(parsed("../origin.git"), "/base/../origin.git");
        assert_eq!(parsed("/srv/x.git"), "/srv/x.git");
    }

    #[test]
    fn transports_that_start_programs_are_refused() {
        insta::assert_snapshot!(parsed("ext::sh -c 'touch x'"), @r#"git remotes by "ext" are not used: set the remote `origin` to an https, ssh or file address"#);
        insta::assert_snapshot!(parsed("--upload-pack=touch"), @r#""--upload-pack=touch" is no address of a git remote: set the remote `origin` to an https, ssh or file address"#);
        insta::assert_snapshot!(parsed("git://host/x"), @r#"git remotes by "git" are not used: set the remote `origin` to an https, ssh or file address"#);
    }

    #[test]
    fn a_token_site_is_https_or_this_machine() {
        let site = |address: &str| RemoteUrl::parse(address, Path::new("/")).unwrap().site();
        assert_eq!(site("https://github.com/o/n"), Some("https://github.com".into()));
        assert_eq!(site("http://127.0.0.1:81/o/n"), Some("http://127.0.0.1:81".into()));
        assert_eq!(site("http://github.com/o/n"), None);
        assert_eq!(site("git@github.com:o/n"), None);
        assert_eq!(site("/srv/x.git"), None);
    }
}
