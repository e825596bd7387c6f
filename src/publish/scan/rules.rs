//! Shapes of well-known tokens, each with the public source of its form.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

/// A rule: what it finds, its pattern, and how many different characters the find must have, so that `ghp_xxxx…` in a text about
/// tokens is none.
struct Rule {
    name: &'static str,
    pattern: &'static str,
    varied: usize,
}

const fn rule(name: &'static str, pattern: &'static str) -> Rule {
    Rule { name, pattern, varied: 12 }
}

const RULES: &[Rule] = &[
    // docs.github.com, "About authentication to GitHub", token formats: ghp_, gho_, ghu_, ghs_, ghr_.
    rule("GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    // The same page: fine-grained personal access tokens.
    rule("GitHub fine-grained token", r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    // platform.openai.com/docs, API keys: sk-…, sk-proj-…, sk-svcacct-…, sk-admin-….
    rule("OpenAI key", r"\bsk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})"),
    // docs.anthropic.com, API keys: sk-ant-….
    rule("Anthropic key", r"\bsk-ant-[A-Za-z0-9_-]{24,}"),
    // docs.aws.amazon.com, IAM identifiers, unique ID prefixes: AKIA long-lived, ASIA temporary access keys.
    Rule { name: "AWS access key", pattern: r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b", varied: 6 },
    // docs.aws.amazon.com, "Manage access keys": a secret access key is 40 characters of base64.
    rule("AWS secret key", r#"(?i)aws.{0,20}(?:secret|sk).{0,20}['"\s:=]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#),
    // api.slack.com, "Token types": xoxb-, xoxp-, xoxa-, xoxr-, xoxe-, xapp-.
    Rule { name: "Slack token", pattern: r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{20,}", varied: 8 },
    // api.slack.com, "Incoming webhooks".
    Rule {
        name: "Slack webhook",
        pattern: r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
        varied: 12,
    },
    // cloud.google.com, "API keys": AIza and 35 characters.
    rule("Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    // developers.google.com, OAuth client secrets: GOCSPX-.
    rule("Google client secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    // RFC 7468 and RFC 4716, OpenSSH's own and PGP's armor: the head of a private key.
    Rule { name: "private key", pattern: r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----", varied: 0 },
    // github.blog, "Announcing npm's new access token format": npm_ and 36 characters.
    rule("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    // PyPI's help page, "API tokens": pypi- and a macaroon in base64, whose first bytes are always the same.
    rule("PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    // docs.stripe.com/keys: secret and restricted keys, live; test keys can't move money but are not for others either.
    rule("Stripe key", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{20,}"),
    // docs.stripe.com/webhooks: signing secrets.
    rule("Stripe webhook secret", r"\bwhsec_[A-Za-z0-9]{32,}"),
    // docs.gitlab.com, "Token overview", prefixes.
    rule("GitLab token", r"\bgl(?:pat|ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{20,}"),
    // docs.docker.com, personal access tokens.
    rule("Docker token", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    // docs.sendgrid.com, API keys: SG., 22 and 43 characters.
    rule("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    // twilio.com/docs, API keys: SK and 32 hexadecimal digits.
    Rule { name: "Twilio key", pattern: r"\bSK[0-9a-f]{32}\b", varied: 8 },
    // huggingface.co/docs, access tokens: hf_.
    rule("Hugging Face token", r"\bhf_[A-Za-z]{34}\b"),
    // docs.digitalocean.com, tokens: dop_v1_, doo_v1_, dor_v1_ and 64 hexadecimal digits.
    Rule { name: "DigitalOcean token", pattern: r"\bdo[opr]_v1_[0-9a-f]{64}\b", varied: 8 },
    // core.telegram.org/bots: number, colon, 35 characters that begin with AA.
    rule("Telegram bot token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    // developer.hashicorp.com/vault, tokens: hvs., hvb., hvr.
    rule("Vault token", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    // RFC 7519: three parts of base64url, header and claims are JSON objects.
    rule("JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    // learn.microsoft.com, storage account connection strings.
    rule("Azure storage key", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    // RFC 3986, user information of an address with a password in it.
    Rule {
        name: "password in an address",
        pattern: r#"\b[a-z][a-z0-9+.-]*://[^\s/:@'"<>${}%]+:[^\s/:@'"<>${}%]{12,}@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"#,
        varied: 12,
    },
];

/// Values that vendors print in their documentation. Source: the pages named above.
const EXAMPLES: &[&str] = &["EXAMPLE", "example"];

static SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(RULES.iter().map(|rule| rule.pattern)).ok());

/// One pattern, compiled when the set says that it is needed.
fn single(index: usize) -> Option<&'static Regex> {
    static ALL: LazyLock<Vec<std::sync::OnceLock<Option<Regex>>>> =
        LazyLock::new(|| RULES.iter().map(|_| std::sync::OnceLock::new()).collect());
    ALL[index].get_or_init(|| Regex::new(RULES[index].pattern).ok()).as_ref()
}

/// Lines, from 1, and names of all rules that a text meets.
pub(super) fn find(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let Some(set) = SET.as_ref() else { return found };
    for index in set.matches(text) {
        let rule = &RULES[index];
        for hit in single(index).into_iter().flat_map(|pattern| pattern.find_iter(text)) {
            if is_real(hit.as_str(), rule) {
                let line = text[..hit.start()].matches('\n').count() + 1;
                if !found.contains(&(line, rule.name)) {
                    found.push((line, rule.name));
                }
            }
        }
    }
    found.sort_unstable();
    found
}

fn is_real(value: &str, rule: &Rule) -> bool {
    let mut characters: Vec<_> = value.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() >= rule.varied && !EXAMPLES.iter().any(|example| value.contains(example))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random characters, put together here so that no scanner takes this file for a leak.
    fn noise(length: usize) -> String {
        "q7Rz2Kp9Vx4Lw8Tn1Ybm5Hc3JdG6sFaE0uXoPiWkZvNtMlBrQyCjDhUgSfAeIx".chars().cycle().take(length).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(SET.is_some());
        assert!((0..RULES.len()).all(|index| single(index).is_some()));
    }

    #[test]
    fn each_well_known_token_is_found_by_its_rule() {
        let hex = |length: usize| "0f1e2d3c4b5a6978".chars().cycle().take(length).collect::<String>();
        let cases = [
            ("GitHub token", format!("ghp_{}", noise(36))),
            ("GitHub token", format!("ghs_{}", noise(36))),
            ("GitHub fine-grained token", format!("github_pat_{}", noise(82))),
            ("OpenAI key", format!("sk-proj-{}", noise(48))),
            ("OpenAI key", format!("sk-{}", noise(48))),
            ("Anthropic key", format!("sk-ant-{}", noise(40))),
            ("AWS access key", format!("AKIA{}", "Q7ZK2PVX4LWTN5HC")),
            ("AWS secret key", format!("aws_secret_access_key = \"{}\"", noise(40))),
            ("Slack token", format!("xoxb-{}", noise(40))),
            (
                "Slack webhook",
                format!("https://hooks.slack.com/services/T{}/B{}/{}", "0A1B2C3D4", "5E6F7G8H9", noise(24)),
            ),
            ("Google API key", format!("AIza{}", noise(35))),
            ("Google client secret", format!("GOCSPX-{}", noise(28))),
            ("private key", format!("-----BEGIN {} KEY-----", "OPENSSH PRIVATE")),
            ("private key", format!("-----BEGIN {} KEY-----", "PRIVATE")),
            ("npm token", format!("npm_{}", noise(36))),
            ("PyPI token", format!("pypi-AgE{}", noise(60))),
            ("Stripe key", format!("sk_live_{}", noise(24))),
            ("GitLab token", format!("glpat-{}", noise(20))),
            ("Docker token", format!("dckr_pat_{}", noise(27))),
            ("SendGrid key", format!("SG.{}.{}", noise(22), noise(43))),
            ("Twilio key", format!("SK{}", hex(32))),
            ("DigitalOcean token", format!("dop_v1_{}", hex(64))),
            ("Telegram bot token", format!("123456789:AA{}", noise(33))),
            ("JSON web token", format!("eyJ{}.eyJ{}.{}", noise(20), noise(20), noise(30))),
            ("password in an address", format!("postgres://shop:{}@db.shop.dev/x", noise(16))),
        ];
        for (name, value) in cases {
            let found = find(&format!("first\nkey: {value} \n"));
            assert!(found.contains(&(2, name)), "{name}: {found:?}");
        }
    }

    #[test]
    fn placeholders_and_ordinary_code_are_no_secrets() {
        for text in [
            format!("ghp_{}", "x".repeat(36)),
            format!("AKIA{}", "IOSFODNN7EXAMPLE"),
            "sk-learn and sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
            "https://user:password@example.com/".to_owned(),
            "postgres://shop:${DB_PASSWORD}@db:5432/shop".to_owned(),
            "-----BEGIN PUBLIC KEY-----".to_owned(),
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            "integrity sha512-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789==".to_owned(),
        ] {
            assert_eq!(find(&text), [], "{text}");
        }
    }
}
