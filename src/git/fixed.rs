//! What holds for every git that we start: variables that pass, variables that are set, settings that win over any config.

use std::collections::BTreeMap;

/// Variables of the process that git and what it starts (ssh, the TLS library) need. Everything else stays out, so that
/// neither a `GIT_*` variable nor a secret reaches a child.
pub(super) const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];

/// What passes, in the words that git understands.
///
/// Git's TLS library does not look at `SSL_CERT_FILE`, and takes a proxy for plain http from the variable in small letters only:
/// both are told in git's own way, so that one setting counts for API and git alike.
/// Sources: <https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo>, <https://curl.se/libcurl/c/CURLOPT_PROXY.html>.
pub(super) fn passed(vars: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let own: Vec<_> = PASSED.iter().filter_map(|name| Some(((*name).to_owned(), vars.get(*name)?.clone()))).collect();
    let has = |name: &str| vars.get(name).is_some_and(|value| !value.is_empty());
    let translated =
        [("SSL_CERT_FILE", "GIT_SSL_CAINFO"), ("SSL_CERT_DIR", "GIT_SSL_CAPATH"), ("HTTP_PROXY", "http_proxy")];
    let more = translated.into_iter().filter(|(from, to)| has(from) && !has(to));
    let more: Vec<_> = more.map(|(from, to)| (to.to_owned(), vars[from].clone())).collect();
    own.into_iter().chain(more).collect()
}

/// Variables that hold for every git that we start.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("LC_ALL", "C"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_EDITOR", "false"),
    ("GIT_SEQUENCE_EDITOR", "false"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_ALLOW_PROTOCOL", "file:http:https:ssh"),
    // Without a terminal a question about a host key or a passphrase would wait for ever.
    ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
];

/// Settings given on each command line; they win over whatever a repository's own config says.
pub(super) const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.askPass=",
    "core.autocrlf=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=false",
    "credential.helper=",
    "protocol.ext.allow=never",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    // All that we keep can be made anew from the remote; without this ten thousand files cost ten thousand waits for the disk.
    "core.fsync=none",
    "gc.auto=0",
    "maintenance.auto=false",
    "init.defaultBranch=main",
    "advice.detachedHead=false",
    "safe.directory=*",
    // A transfer under 1 kB/s for a minute is a dead one.
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
];

/// The driver of the one filter that is allowed, given only where git-lfs is installed. Source: `git lfs install`.
pub(super) const LFS_SETTINGS: &[&str] = &[
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.smudge=git-lfs smudge --skip -- %f",
    "filter.lfs.process=git-lfs filter-process --skip",
    "filter.lfs.required=true",
    // Trees have pointers in place of objects that were there before; the server has those.
    "lfs.allowIncompletePush=true",
];
