//! Names that variables had in older versions: the one table, for settings and for a stack's variables alike.

use std::collections::BTreeMap;

/// Older names of variables and the names they have now (spec 3). Each fills the other where only one is set.
pub const OLDER_NAMES: [(&str, &str); 17] = [
    ("REGISTRY_HOST", "CODEXCTL_REGISTRY_HOST"),
    ("CODE_ROOT_BASE", "CODEXCTL_CODE_ROOT_BASE"),
    ("DEV_SLOTS_MAX", "CODEXCTL_DEV_SLOTS_MAX"),
    ("PROMPT_MODE", "CODEXCTL_PROMPT_MODE"),
    ("PROMPT_CONTINUATION", "CODEXCTL_PROMPT_CONTINUATION"),
    ("FOCUS_ISSUE_NUMBER", "CODEXCTL_FOCUS_ISSUE_NUMBER"),
    ("CODEX_GH_PAT", "CODEXCTL_GH_PAT"),
    ("CODEX_GH_USERNAME", "CODEXCTL_GH_USERNAME"),
    ("CODEX_LOG_LEVEL", "CODEXCTL_LOG_LEVEL"),
    ("CODEX_WORKSPACE_UID", "CODEXCTL_WORKSPACE_UID"),
    ("CODEX_WORKSPACE_GID", "CODEXCTL_WORKSPACE_GID"),
    ("AI_ALLOWED_USERS", "CODEXCTL_ALLOWED_USERS"),
    ("CODEX_PROMPT_LANG", "CODEXCTL_LANG"),
    ("PROMPT_LANG", "CODEXCTL_LANG"),
    ("BASE_DOMAIN_DEV", "CODEXCTL_BASE_DOMAIN_DEV"),
    ("BASE_DOMAIN_AI", "CODEXCTL_BASE_DOMAIN_AI"),
    ("BASE_DOMAIN_STAGING", "CODEXCTL_BASE_DOMAIN_AI_STAGING"),
];

/// Sets today's name wherever only an older one is set. Gives which older name each of them came from.
pub(super) fn fill(variables: &mut BTreeMap<String, String>) -> BTreeMap<&'static str, &'static str> {
    let mut filled = BTreeMap::new();
    for (old, new) in OLDER_NAMES {
        if let (Some(value), false) = (variables.get(old).cloned(), variables.contains_key(new)) {
            variables.insert(new.to_owned(), value);
            filled.insert(new, old);
        }
    }
    filled
}
