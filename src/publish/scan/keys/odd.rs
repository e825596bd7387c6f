//! Keys without a form of their own: told by a command, a file or a few words around them.

use super::{How, Key, key};

pub(super) const KEYS: &[Key] = &[
    // RFC 7468, RFC 4880: a line that begins it, perhaps headers, then lines of base64.
    key(
        "private key",
        How::From(&["-----begin"]),
        r"[0-9A-Z _-]{0,100}PRIVATE KEY(?: BLOCK)?-----[^-]{0,300}?([0-9a-zA-Z+/]{40,})",
    )
    .entropy(3.0),
    // RFC 3986, user information of an address with a password in it.
    key(
        "password in an address",
        How::From(&["://"]),
        r#"([^\s/:@'"<>${}%]+:[^\s/:@'"<>${}%]{12,}@[A-Za-z0-9.-]+\.[A-Za-z]{2,})"#,
    )
    .entropy(3.0),
    // Amazon's secret access key: 40 characters of base64, known by what it is called.
    key(
        "AWS secret key",
        How::From(&["aws"]),
        r#".{0,20}(?i:secret|sk).{0,20}['"\s:=]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)"#,
    )
    .entropy(3.5)
    .beyond_hex(),
    // Facebook: the number of an application and what belongs to it.
    key("Facebook token", How::Near(&["facebook"]), r"\b([0-9]{15,16}[|%][0-9a-z_-]{27,40})(?:[^0-9A-Za-z_-]|\z)"),
    // curl's options for headers and users, also when the command goes on in further lines.
    key(
        "credentials in a curl command",
        How::From(&["curl"]),
        r#"(?:[^\n]*\n){0,10}?[^\n]*?\s(?:-H|--header)[=\s]{0,5}["'](?i:authorization|[a-z-]*(?:key|token)):[ \t]*(?:(?i:basic|bearer|(?:api-)?token)[ \t]+)?([\w=~@.+/-]{8,})["']"#,
    )
    .placeholders(),
    key(
        "credentials in a curl command",
        How::From(&["curl"]),
        r#"(?:[^\n]*\n){0,10}?[^\n]*?\s(?:-u|--user)[=\s]{0,5}(?:"([^":\n]*:[^"\n]*)"|'([^':\n]+:[^'\n]+)'|((?:"[^"\n]+"|'[^'\n]+'|[\w$@.-]+):(?:"[^"\n]+"|'[^'\n]+'|[\w${}@.-]+)))(?:\s|\z)"#,
    )
    .entropy(2.0)
    .placeholders(),
    // Kubernetes: a Secret's data are base64 of what they hide.
    key("data of a Kubernetes Secret", How::Near(&["kind:"]), SECRET).entropy(2.0).files(&[".yaml", ".yml"]),
    key(
        "password in NuGet's settings",
        How::From(&["<add key="]),
        r#""(?i:ClearText)?(?i:Password)"\s*(?i:value)="([^"%]{8,})"\s*/>"#,
    )
    .entropy(1.5)
    .placeholders()
    .files(&["nuget.config"]),
];

/// `kind: Secret` and an entry of `data:` that is set to base64, in either order.
const SECRET: &str = concat!(
    r#"\bkind:\s*["']?(?i:secret)\b[\s\S]{0,250}?\bdata:[\s\S]{0,120}?\s[\w.-]+:\s*(?:[|>][+-]?\s+)?["']?([0-9a-zA-Z+/]{10,}={0,3})"#,
    r#"|\bdata:[\s\S]{0,120}?\s[\w.-]+:\s*(?:[|>][+-]?\s+)?["']?([0-9a-zA-Z+/]{10,}={0,3})[\s\S]{0,250}?\bkind:\s*["']?(?i:secret)\b"#,
);
