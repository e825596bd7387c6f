//! A GitHub App's own word: its id and private key, and the short-lived JSON web token that it signs with them.
//!
//! Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::Error;
use super::bearer::Bearer;
use super::client::Reply;
use crate::clock::Clock;
use crate::secrets::Secret;

/// GitHub takes none that ends more than ten minutes from now; a minute is for clocks that differ, as GitHub advises.
const BEFORE: i64 = 60;
/// Seconds from now to its end.
const LIFE: i64 = 540;
/// Older ones are made anew: half of their life, so that none ends on its way.
const OLD: i64 = 270;
/// A smaller difference of clocks is no reason for a refusal.
const SKEW: i64 = 30;

/// An App as it was given: who it is and what it signs with.
#[derive(Clone)]
pub struct AppKey {
    id: String,
    pem: Secret,
    key: EncodingKey,
}

impl std::fmt::Debug for AppKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "AppKey({})", self.id)
    }
}

impl AppKey {
    /// Reads `CODEXCTL_GH_APP_ID` (App ID or client ID) and `CODEXCTL_GH_APP_PRIVATE_KEY`: the PEM file as it is, with its line ends
    /// written out as `\n`, or as base64.
    ///
    /// # Errors
    /// [`Error::App`]: the id is none, or the key can't be read; it is never quoted.
    pub fn read(id: &str, key: &Secret) -> Result<Self, Error> {
        let id = id.trim();
        let plain = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
        if id.is_empty() || !id.chars().all(plain) {
            // Not quoted: somebody may have put the key there.
            return Err(Error::App {
                reason: "CODEXCTL_GH_APP_ID is no App ID and no client ID".into(),
                way_out: "Take it from the App's page (Settings, Developer settings, GitHub Apps)".into(),
            });
        }
        let unreadable = |reason: &str| {
            Error::App {
            reason: format!("CODEXCTL_GH_APP_PRIVATE_KEY is no RSA key in PEM ({reason})"),
            way_out: "Set it to the whole .pem file that GitHub made for the App, line ends as they are or written out as \\n, or as base64".into(),
        }
        };
        let pem = pem(key.expose()).ok_or_else(|| unreadable("no BEGIN … PRIVATE KEY in it"))?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|reason| unreadable(&reason.to_string()))?;
        Ok(Self { id: id.to_owned(), pem: Secret::new(pem), key })
    }

    /// App ID or client ID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as the PEM that it was read from, to be kept out of texts.
    pub(super) fn pem(&self) -> &Secret {
        &self.pem
    }

    fn sign(&self, now: i64) -> Result<Secret, Error> {
        let issuer = self.id.parse::<u64>().map_or_else(|_| Value::from(self.id.as_str()), Value::from);
        let claims = json!({"iat": now - BEFORE, "exp": now + LIFE, "iss": issuer});
        let signed = octocrab::jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key);
        signed.map(Secret::new).map_err(|reason| Error::App {
            reason: format!("its key can't sign ({reason})"),
            way_out: "Make a new private key on the App's page".into(),
        })
    }
}

/// The PEM text in any of the forms in which people put it into a variable.
fn pem(text: &str) -> Option<String> {
    const BEGIN: &str = "-----BEGIN ";
    let lines = |text: &str| text.trim().trim_matches(['"', '\'']).replace("\\n", "\n").replace('\r', "");
    let found = lines(text);
    if found.contains(BEGIN) {
        return Some(found);
    }
    let packed: String = text.split_whitespace().collect();
    let decoded = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
    Some(lines(&decoded)).filter(|text| text.contains(BEGIN))
}

/// What the App shows GitHub about itself.
pub(super) struct Jwt {
    app: AppKey,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<(i64, Secret)>>,
    /// How many seconds GitHub's clock is ahead of ours, where that mattered.
    skew: AtomicI64,
}

impl Jwt {
    pub(super) fn new(app: AppKey, clock: Arc<dyn Clock>) -> Self {
        Self { app, clock, last: Mutex::default(), skew: AtomicI64::new(0) }
    }
}

#[async_trait]
impl Bearer for Jwt {
    async fn token(&self) -> Result<Secret, Error> {
        let now = self.clock.now().timestamp() + self.skew.load(Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, token)) = &*last
            && (now - made).abs() < OLD
        {
            return Ok(token.clone());
        }
        let token = self.app.sign(now)?;
        *last = Some((now, token.clone()));
        Ok(token)
    }

    /// A machine whose clock is wrong signs for the wrong time; GitHub's answer tells the right one.
    async fn refused(&self, _token: &Secret, reply: &Reply) -> bool {
        let Some(theirs) = reply.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
            return false;
        };
        let skew = (theirs.with_timezone(&Utc) - self.clock.now()).num_seconds();
        let differs = (skew - self.skew.swap(skew, Ordering::Relaxed)).abs() > SKEW;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_however_it_was_put_into_the_variable() {
        let plain = "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----\n";
        let forms = [
            plain.to_owned(),
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\\n"),
            format!("\"{}\"", plain.replace('\n', "\\n")),
        ];
        for form in forms.iter().chain([&STANDARD.encode(plain), &format!("{}\n", STANDARD.encode(plain))]) {
            assert_eq!(pem(form).as_deref().map(str::trim), Some(plain.trim()), "{form}");
        }
        for form in ["", "/home/ann/app.pem", "aGVsbG8=", "\u{1f511}"] {
            assert_eq!(pem(form), None);
        }
    }

    /// A key of nobody's, and what Apps of it sign.
    fn app() -> AppKey {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        AppKey::read("5", &Secret::new(pem)).unwrap()
    }

    async fn signed_at(jwt: &Jwt) -> i64 {
        let token = jwt.token().await.unwrap();
        let claims = token.expose().split('.').nth(1).unwrap();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            600,
            "the most that GitHub takes"
        );
        claims["iat"].as_i64().unwrap() + BEFORE
    }

    #[tokio::test]
    async fn an_app_on_a_machine_with_a_wrong_clock_signs_by_github_s() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let jwt = Jwt::new(app(), Arc::new(crate::clock::FixedClock(now)));
        assert_eq!(signed_at(&jwt).await, now.timestamp());
        let token = jwt.token().await.unwrap();
        let later = Reply::for_tests(401, &[("date", "Thu, 01 Jan 2026 02:00:00 GMT")], "");
        assert!(jwt.refused(&token, &later).await);
        assert_eq!(signed_at(&jwt).await, now.timestamp() + 7200);
        // Another refusal at the same time has another reason.
        assert!(!jwt.refused(&token, &later).await);
        assert!(!jwt.refused(&token, &Reply::for_tests(401, &[], "")).await);
    }

    #[test]
    fn what_is_no_id_and_what_is_no_key_are_told_apart_without_a_word_of_the_key() {
        let told = |id: &str, key: &str| AppKey::read(id, &Secret::new(key.into())).unwrap_err().to_string();
        insta::assert_snapshot!(told("12 34", "x"), @"the GitHub App can't be used: CODEXCTL_GH_APP_ID is no App ID and no client ID. Take it from the App's page (Settings, Developer settings, GitHub Apps)");
        insta::assert_snapshot!(told("1234", "canary-of-a-key"), @r"the GitHub App can't be used: CODEXCTL_GH_APP_PRIVATE_KEY is no RSA key in PEM (no BEGIN … PRIVATE KEY in it). Set it to the whole .pem file that GitHub made for the App, line ends as they are or written out as \n, or as base64");
        insta::assert_snapshot!(told("1234", "-----BEGIN RSA PRIVATE KEY-----\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----"), @r"the GitHub App can't be used: CODEXCTL_GH_APP_PRIVATE_KEY is no RSA key in PEM (InvalidKeyFormat). Set it to the whole .pem file that GitHub made for the App, line ends as they are or written out as \n, or as base64");
    }
}
