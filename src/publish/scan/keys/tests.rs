//! That keys are found, and nothing else is.

use super::*;

/// Random characters, put together here so that no scanner takes this file for a leak.
fn noise(length: usize) -> String {
    "q7Rz2Kp9Vx4Lw8Tn1Ybm5Hc3JdG6sFaE0uXoPiWkZvNtMlBrQyCjDhUgSfAeIx".chars().cycle().take(length).collect()
}

fn found(path: Option<&str>, text: &str) -> Vec<(usize, &'static str)> {
    find(path, text.as_bytes())
}

#[test]
fn every_form_is_read_and_every_expression_compiles() {
    assert!(FINDER.words.is_some());
    for (index, key) in FINDER.keys.iter().enumerate() {
        assert!(FINDER.compiled(index).is_some(), "{}: {}", key.name, key.form);
        let called: Vec<_> = FINDER.called.iter().flatten().filter(|(called, _)| *called == index).collect();
        assert!(!called.is_empty(), "nothing calls for {}: {}", key.name, key.form);
    }
    let short: Vec<_> = FINDER.words.iter().map(AhoCorasick::min_pattern_len).collect();
    assert_eq!(short, [2], "a word of one letter would be everywhere");
}

#[test]
fn keys_of_well_known_providers_are_found() {
    let hex = |length: usize| "0f1e2d3c4b5a6978".chars().cycle().take(length).collect::<String>();
    for (name, value) in [
        ("GitHub token", format!("ghp_{}", noise(36))),
        ("GitHub token", format!("ghs_{}", noise(36))),
        ("GitHub fine-grained token", format!("github_pat_{}", noise(82))),
        ("OpenAI key", format!("sk-proj-{}", noise(48))),
        ("OpenAI key", format!("sk-{}", noise(48))),
        ("Anthropic key", format!("sk-ant-{}", noise(40))),
        ("AWS access key", format!("AKIA{}", "Q7ZK2PVX4LWTN5HC")),
        ("AWS secret key", format!("aws_secret_access_key = \"{}\"", noise(40))),
        ("Google client secret", format!("GOCSPX-{}", noise(28))),
        ("Google API key", format!("AIza{}", noise(35))),
        ("Docker token", format!("dckr_pat_{}", noise(27))),
        ("Telegram bot token", format!("918273645:AA{}", noise(33))),
        ("JSON web token", format!("eyJ{}.eyJ{}.{}", noise(20), noise(20), noise(30))),
        ("password in an address", format!("postgres://shop:{}@db.shop.dev/x", noise(16))),
        ("Slack bot token", format!("xoxb-{}-{}-{}", "918273645012", "402938475610", noise(24))),
        ("Slack webhook", format!("https://hooks.slack.com/services/T{}/B{}/{}", "0A1B2C3D4", "5E6F7G8H9", noise(24))),
        ("npm token", format!("npm_{}", noise(36))),
        ("PyPI token", format!("pypi-AgEIcHlwaS5vcmc{}", noise(60))),
        ("GitLab personal token", format!("glpat-{}", noise(20))),
        ("SendGrid key", format!("SG.{}.{}", noise(22), noise(43))),
        ("Twilio key", format!("SK{}", hex(32))),
        ("DigitalOcean token", format!("dop_v1_{}", hex(64))),
        ("Stripe key", format!("sk_live_{}", noise(24))),
        ("Azure storage key", format!("AccountKey={}==", noise(86))),
        ("private key", format!("-----BEGIN {0} KEY-----\n{1}\n{1}\n-----END {0} KEY-----", "RSA PRIVATE", noise(60))),
    ] {
        let found = found(None, &format!("first\nkey: {value} \n"));
        assert!(found.iter().any(|(line, rule)| (2..=3).contains(line) && *rule == name), "{name}: {found:?}");
    }
}

#[test]
fn a_find_has_the_line_of_the_key_and_its_name() {
    let token = format!("npm_{}", "aB3dE6gH9".repeat(4));
    assert_eq!(found(None, &format!("one\n\n_authToken={token}\n")), [(3, "npm token")]);
    assert_eq!(found(None, &format!("one {}", token.replace("npm", "nom"))), []);
}

#[test]
fn a_token_ends_and_begins_where_it_does() {
    let token = format!("npm_{}", noise(36));
    for text in [format!("\\n{token}\\n"), format!("?t%3D{token}&x=1"), format!("'{token}'"), token.clone()] {
        assert_eq!(found(None, &text), [(1, "npm token")], "{text}");
    }
    assert_eq!(found(None, &format!("x{token}")), []);
    assert_eq!(found(None, &format!("{token}x")), []);
}

#[test]
fn a_key_without_a_form_is_known_by_its_name() {
    let value = "0f1e2d3c4b5a69780f1e2d3c4b5a6971";
    for text in [
        format!("ALGOLIA_ADMIN_KEY={value}"),
        format!("algoliaKey: \"{value}\","),
        format!("  \"algolia-key\" => '{value}'"),
        format!("initAlgolia(\"{value}\")").replace('(', ", "),
    ] {
        assert_eq!(found(None, &text), [(1, "Algolia key")], "{text}");
    }
    for text in [format!("key = {value}"), format!("algolia = {value}0"), format!("algolia = {}", "a".repeat(32))] {
        assert_eq!(found(None, &text), [], "{text}");
    }
}

#[test]
fn placeholders_and_ordinary_code_are_no_secrets() {
    for text in [
        format!("ghp_{}", "x".repeat(36)),
        format!("npm_{}", "x".repeat(36)),
        format!("ghp_{}", "1234567890abcdefghijklmnopqrstuvwxyz"),
        format!("AKIA{}", "IOSFODNN7EXAMPLE"),
        "sk-learn and sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        "https://user:password@example.com/".to_owned(),
        "postgres://shop:${DB_PASSWORD}@db:5432/shop".to_owned(),
        "-----BEGIN PUBLIC KEY-----".to_owned(),
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        "integrity sha512-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789==".to_owned(),
        "cloudflare/workers-rs = 1d3f5a79c8e0b2d4f6a8097b5c3d1e2f40516273".to_owned(),
        "if !s.ReadUint16LengthPrefixed(&extensions) {".to_owned(),
        format!("Dx+EAAAAAAB{}", noise(53)),
        "twitter = someVeryLongNameOfOurs".to_owned(),
        "curl -H 'Authorization: Bearer YOUR_API_TOKEN' https://api.shop.dev".to_owned(),
        "curl -u \"$USER_NAME:$API_KEY_2\" https://api.shop.dev".to_owned(),
    ] {
        assert_eq!(found(None, &text), [], "{text}");
    }
}

#[test]
fn what_begins_like_a_square_token_within_base64_is_none() {
    let token = format!("EAAA{}", noise(60));
    for text in
        [format!("SQUARE={token}"), format!("token: \"{token}\","), format!("{token}\n"), format!("EAAA{}", noise(22))]
    {
        assert_eq!(found(None, &text), [(1, "Square token")], "{text}");
    }
    let line = noise(76);
    for text in [
        format!("{}/{token}\n", noise(30)),
        format!("sha512-{token}=="),
        format!("{token}/{}", noise(9)),
        format!("url(data:font/woff2;base64,{token})"),
        format!("{line}\n{token}\n"),
        format!("{token}\n{line}\n"),
        // A table of FlatBuffers, whose first number is 16.
        "schema = \"EAAAAAAACgAMAAYABQAIAAoAAAAAAQQADAAAAAgACAAAAAQA\"".to_owned(),
    ] {
        assert_eq!(found(None, &text), [], "{text}");
    }
}

#[test]
fn random_bytes_in_base64_are_no_token_wherever_they_begin_like_one() {
    // A small generator of its own: the same bytes in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for _ in 0..20_000 {
        let length = 26 + usize::try_from(next() % 400).unwrap();
        let mut blob: Vec<u8> = (0..length).map(|_| ALPHABET[usize::try_from(next() % 64).unwrap()]).collect();
        // At any place but the very first, where nothing tells it from a key.
        let at = 1 + usize::try_from(next()).unwrap() % (length - 5);
        blob[at..at + 4].copy_from_slice(b"EAAA");
        let lines: Vec<_> = blob.chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let text = lines.join("\n") + "\n";
        assert!(!found(None, &text).iter().any(|(_, name)| *name == "Square token"), "{text}");
    }
}

#[test]
fn credentials_in_a_command_are_found_over_its_lines() {
    let text = format!("curl -s \\\n  -H \"Authorization: Bearer {}\" \\\n  https://api.shop.dev", noise(30));
    assert_eq!(found(None, &text), [(2, "credentials in a curl command")]);
    let text = format!("curl --user 'admin:{}' https://api.shop.dev", noise(12));
    assert_eq!(found(None, &text), [(1, "credentials in a curl command")]);
}

#[test]
fn a_form_of_some_files_is_for_those_files() {
    let manifest = format!("kind: Secret\ndata:\n  password: {}\n", "c3VwZXJzZWNyZXRwYXNz");
    assert_eq!(found(Some("deploy/db.YAML"), &manifest), [(3, "data of a Kubernetes Secret")]);
    assert_eq!(found(Some("notes.txt"), &manifest), []);
    let other = format!("kind: Secret\n---\nkind: Map\ndata:\n  name: {}\n", "c3VwZXJzZWNyZXRwYXNz");
    assert_eq!(found(Some("deploy/db.yaml"), &other), [], "another document's data");
    let template = manifest.replace("c3VwZXJzZWNyZXRwYXNz", "{{ .Password }}");
    assert_eq!(found(Some("deploy/db.yaml"), &template), [], "a template's value is not there yet");
}

#[test]
fn nobody_can_excuse_a_secret_beside_it() {
    let token = format!("npm_{}", "aB3dE6gH9".repeat(4));
    assert_eq!(found(Some("node_modules/x/package-lock.json"), &format!("{token} // gitleaks:allow")).len(), 1);
}

#[test]
fn our_own_files_and_the_shop_have_none() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked = 0;
    for part in ["src", "tests", "docs", "examples", "templates", "Cargo.lock", "README.md"] {
        for entry in ignore::WalkBuilder::new(root.join(part)).build() {
            let path = entry.unwrap().into_path();
            let Some(text) = std::fs::read(&path).ok().filter(|text| text.len() < 1 << 20) else { continue };
            looked += 1;
            assert_eq!(find(path.to_str(), &text), [], "{}", path.display());
        }
    }
    assert!(looked > 100);
}
