//! This machine: the folder that state is kept in, room on its disk, proxies, certificates.

use std::path::Path;

use url::Url;

use super::{Finding, Patient};
use crate::blocked::explained;

const GIB: u64 = 1 << 30;
/// Codex by npx alone is 0.3 GB, a clone and the agent's tree of a middling repository as much again.
const TIGHT: u64 = 2 * GIB;
/// Below this the first fetch fails.
const FULL: u64 = GIB / 4;

pub(super) fn look(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match patient.settings.state_home() {
        Some(state) => {
            findings.push(writable(&state));
            findings.extend(room(&state));
        }
        None => findings.push(Finding::failed(
            "state folder",
            "neither XDG_STATE_HOME nor HOME is set",
            "Set HOME, or XDG_STATE_HOME to a folder that stays between runs",
        )),
    }
    findings.push(proxies(patient));
    findings.extend(certificates(patient));
    findings
}

/// Tried out: permissions, read-only mounts and quotas all show only then.
fn writable(state: &Path) -> Finding {
    const CHECK: &str = "state folder";
    let tried = std::fs::create_dir_all(state).and_then(|()| {
        let probe = state.join(format!(".doctor-{}", std::process::id()));
        std::fs::write(&probe, b"doctor")?;
        std::fs::remove_file(&probe)
    });
    match tried {
        Ok(()) => Finding::ok(CHECK, state.display().to_string()),
        Err(error) => Finding::failed(
            CHECK,
            format!("{} can't be written to: {}", state.display(), explained(state, error)),
            "Set XDG_STATE_HOME to a folder that can",
        ),
    }
}

fn room(state: &Path) -> Option<Finding> {
    const CHECK: &str = "disk";
    let there = state.ancestors().find(|folder| folder.exists())?;
    let found = rustix::fs::statvfs(there).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let text = format!("{} GB free at {}", tenths(free), there.display());
    let way_out = "Make room, or set XDG_STATE_HOME to a folder on another disk";
    Some(match free {
        free if free < FULL => Finding::failed(CHECK, text, way_out),
        free if free < TIGHT => Finding::warning(CHECK, text, way_out),
        _ => Finding::ok(CHECK, text),
    })
}

fn tenths(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / GIB;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn proxies(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "proxies";
    let mut used = Vec::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
        let small = name.to_lowercase();
        let Some(value) = patient.settings.variable(name).or_else(|| patient.settings.variable(&small)) else {
            continue;
        };
        // Programs take one without a scheme for http. It may hold a password: host and port alone are shown.
        let address = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            return Finding::failed(CHECK, format!("{name} is no address of a proxy"), "Use the form http://host:port");
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        used.push(format!("{name} {}{port}", url.host_str().unwrap_or_default()));
    }
    if used.is_empty() {
        return Finding::ok(CHECK, "none");
    }
    if let Some(none) = patient.settings.variable("NO_PROXY").or_else(|| patient.settings.variable("no_proxy")) {
        used.push(format!("not for {none}"));
    }
    Finding::ok(CHECK, format!("{}; for GitHub and git alike", used.join(", ")))
}

/// Only where somebody named a file or folder of certificates.
fn certificates(patient: &Patient<'_>) -> Option<Finding> {
    const CHECK: &str = "certificates";
    let (name, path) = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .find_map(|name| patient.settings.variable(name).map(|path| (*name, path)))?;
    let readable = match name {
        "SSL_CERT_FILE" => std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| {
            text.contains("-----BEGIN CERTIFICATE-----").then_some(()).ok_or("no certificate in it".to_owned())
        }),
        _ => std::fs::read_dir(path).map(drop).map_err(|error| error.to_string()),
    };
    Some(match readable {
        Ok(()) => Finding::ok(CHECK, format!("{name} {path}, for GitHub and git alike")),
        Err(why) => {
            Finding::failed(CHECK, format!("{name} names {path}: {why}"), "Name a PEM file with the CA certificates")
        }
    })
}
