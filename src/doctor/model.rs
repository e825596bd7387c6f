//! The model's key: there or not. It is never tried out: an answer would cost money, and a key can be good for one model alone.

use url::Url;

use super::{Finding, Patient};

pub(super) fn look(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "model key";
    let base = patient.settings.variable("OPENAI_BASE_URL");
    if let Some(base) = base
        && !Url::parse(base).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        return Finding::failed(
            CHECK,
            "OPENAI_BASE_URL is no address",
            "Set it to an address such as https://api.openai.com/v1",
        );
    }
    let at =
        base.and_then(|base| Url::parse(base).ok()).and_then(|url| url.host_str().map(|host| format!(", for {host}")));
    match patient.settings.model_key().filter(|key| !key.expose().is_empty()) {
        Some(_) => Finding::ok(
            CHECK,
            format!("OPENAI_API_KEY is set{}; not tried out, for doctor never calls the model", at.unwrap_or_default()),
        ),
        None => Finding::failed(
            CHECK,
            "OPENAI_API_KEY is not set",
            "Set it: only codexctl's own proxy sees it, never the agent",
        ),
    }
}
