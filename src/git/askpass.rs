//! Hands a token to git by `GIT_ASKPASS`: it stands in one child's environment, never in argv, an address or a file.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{Credentials, Error, url};
use crate::blocked::explained;

/// The user name that GitHub takes with any token.
/// Source: "Authenticating as a GitHub App installation", HTTP-based git access.
const USER: &str = "x-access-token";

/// Answers the two questions of git, and the same as git-lfs words them, for one server and no other: a redirect to a stranger
/// gets nothing.
const SCRIPT: &str = r##"#!/bin/sh
# Written by codexctl: answers git for one server. The token is in the environment of that git alone.
case "$1" in
"Username for '$CODEXCTL_ASKPASS_SITE': " | "Username for \"$CODEXCTL_ASKPASS_SITE\"" | "Username for \"$CODEXCTL_ASKPASS_SITE/"*)
  printf '%s\n' "$CODEXCTL_ASKPASS_USER" ;;
"Password for '$CODEXCTL_ASKPASS_USER_SITE': " | "Password for \"$CODEXCTL_ASKPASS_USER_SITE\"" | "Password for \"$CODEXCTL_ASKPASS_USER_SITE/"*)
  printf '%s\n' "$CODEXCTL_ASKPASS_TOKEN" ;;
*) exit 1 ;;
esac
"##;

/// Gives the token to this command.
pub(super) fn hand_over(command: &mut Command, credentials: &Credentials, private: &Path) -> Result<(), Error> {
    let script = script(private).map_err(|source| Error::Private {
        path: private.display().to_string(),
        source: explained(&private.join("askpass"), source),
    })?;
    let site = url::site_of(&credentials.server).unwrap_or_default();
    let user_site = site.replacen("://", &format!("://{USER}@"), 1);
    command.env("GIT_ASKPASS", script);
    command.env("CODEXCTL_ASKPASS_SITE", site).env("CODEXCTL_ASKPASS_USER_SITE", user_site);
    command.env("CODEXCTL_ASKPASS_USER", USER).env("CODEXCTL_ASKPASS_TOKEN", credentials.token.expose());
    Ok(())
}

/// The helper's path; written where it is missing or not as it should be.
fn script(private: &Path) -> std::io::Result<PathBuf> {
    let folder = private.join("askpass");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let path = folder.join("answer.sh");
    let sound = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.mode() & 0o777 == 0o700)
        && fs::read(&path).is_ok_and(|text| text == SCRIPT.as_bytes());
    if !sound {
        // Beside and renamed: another run may be starting the script right now.
        let fresh = folder.join(format!("answer.{}.new", std::process::id()));
        let _ = fs::remove_file(&fresh);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(&fresh)?;
        file.write_all(SCRIPT.as_bytes())?;
        drop(file);
        fs::rename(&fresh, &path)?;
    }
    Ok(path)
}
