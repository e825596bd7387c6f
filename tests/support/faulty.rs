//! A proxy in front of the API server that fails as a test tells it to.
//!
//! It speaks plain HTTP/1.1, one request a connection. Who comes with a token is himself; everybody else is the administrator.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use kube::config::Kubeconfig;
use serde_json::json;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::cluster::Cluster;

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The server answers with this code, such as 500, 503 or 410; the request is not done.
    Answer(u16),
    /// It answers 429 and wants to be asked again after so many seconds.
    Busy(u32),
    /// The request gets there this late.
    Slow(Duration),
    /// The connection is reset; the request is not done.
    Reset,
    /// The request is done, but its answer gets lost.
    Lost,
    /// The answer's body breaks off after so many bytes.
    Cut(usize),
    /// A watch begins, and all it ever says is that its version is too old (410 as an event).
    Expired,
    /// A watch begins and never says anything.
    Mute,
}

struct Rule {
    method: String,
    path: GlobMatcher,
    fault: Fault,
    left: usize,
}

struct Shared {
    /// Host and port of the API server.
    behind: String,
    administrator: TlsConnector,
    stranger: TlsConnector,
    rules: Mutex<Vec<Rule>>,
    asked: Mutex<Vec<String>>,
    cut: Notify,
}

/// A running proxy; it ends when this is dropped, and with it all that goes through it.
pub struct Faulty {
    address: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Faulty {
    /// A proxy in front of a cluster, without faults.
    pub fn before(cluster: &Cluster) -> Self {
        let shared = Arc::new(Shared {
            behind: cluster.server().trim_start_matches("https://").to_owned(),
            administrator: connector(&cluster.config, true),
            stranger: connector(&cluster.config, false),
            rules: Mutex::default(),
            asked: Mutex::default(),
            cut: Notify::new(),
        });
        let listener = cluster.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let all = Arc::clone(&shared);
        let task = cluster.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(talk(stream, Arc::clone(&all)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, shared, task }
    }

    /// The next so many requests that match fail like this. `method` may be `*`; `path` is a glob over path and query in which `*` is
    /// any text, `/` included, and `[?]` a question mark. Earlier rules go first.
    pub fn fail(&self, times: usize, method: &str, path: &str, fault: Fault) {
        let path = Glob::new(path).unwrap().compile_matcher();
        self.shared.rules.lock().unwrap().push(Rule { method: method.to_owned(), path, fault, left: times });
    }

    /// Cuts all connections that there are now.
    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    /// What was asked so far, in its order: method, path and query, and the code of the answer or the fault.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Such as `http://127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A kubeconfig of this user; `{}` is the administrator.
    pub fn kubeconfig(&self, user: &serde_json::Value) -> String {
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": self.address}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "ann"}}],
            "users": [{"name": "ann", "user": user}],
        })
        .to_string()
    }
}

/// TLS to the API server, with the administrator's certificate or without any.
fn connector(config: &Kubeconfig, with_certificate: bool) -> TlsConnector {
    let decoded = |text: &Option<String>| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(text.as_ref().unwrap()).unwrap()
    };
    let cluster = config.clusters[0].cluster.as_ref().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&decoded(&cluster.certificate_authority_data)).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    TlsConnector::from(Arc::new(if with_certificate {
        let user = serde_json::to_value(&config.auth_infos[0].auth_info).unwrap();
        let text = |name: &str| decoded(&user[name].as_str().map(str::to_owned));
        let certificate = CertificateDer::from_pem_slice(&text("client-certificate-data")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&text("client-key-data")).unwrap();
        builder.with_client_auth_cert(vec![certificate], key).unwrap()
    } else {
        builder.with_no_client_auth()
    }))
}

/// One request and its answer.
async fn talk(stream: TcpStream, shared: Arc<Shared>) {
    // A connection that ends early, on either side, is what tests are about.
    tokio::select! {
        _ = exchange(stream, &shared) => {}
        () = shared.cut.notified() => {}
    }
}

async fn exchange(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut client = BufReader::new(stream);
    let head = read_head(&mut client).await?;
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut body = vec![0; number(&head, "content-length").unwrap_or_default()];
    client.read_exact(&mut body).await?;
    let fault = shared.fault(method, path);
    let note = |what: &str| shared.asked.lock().unwrap().push(format!("{method} {path}: {what}"));
    match fault {
        Some(Fault::Answer(code)) => {
            note(&code.to_string());
            return client.write_all(refusal(code, "").as_bytes()).await;
        }
        Some(Fault::Busy(seconds)) => {
            note("429");
            return client.write_all(refusal(429, &format!("Retry-After: {seconds}\r\n")).as_bytes()).await;
        }
        Some(Fault::Reset) => {
            note("reset");
            return client.get_ref().set_zero_linger();
        }
        Some(Fault::Expired) => {
            note("expired");
            let event = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "too old resource version: 1 (2)", "reason": "Expired", "code": 410}});
            let event = format!("{event}\n");
            let answer = format!("{WATCH}{:x}\r\n{event}\r\n0\r\n\r\n", event.len());
            return client.write_all(answer.as_bytes()).await;
        }
        Some(Fault::Mute) => {
            note("mute");
            client.write_all(WATCH.as_bytes()).await?;
            return copy(&mut client, &mut tokio::io::sink()).await.map(drop);
        }
        Some(Fault::Slow(late)) => tokio::time::sleep(late).await,
        Some(Fault::Lost | Fault::Cut(_)) | None => {}
    }
    let upgrade = header(&head, "upgrade").is_some();
    let mut server = BufReader::new(shared.connect(header(&head, "authorization").is_some()).await?);
    let kept = head.lines().filter(|line| upgrade || !line.to_lowercase().starts_with("connection:"));
    let mut sent = kept.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\r\n");
    sent.push_str(if upgrade { "\r\n\r\n" } else { "\r\nConnection: close\r\n\r\n" });
    server.write_all(sent.as_bytes()).await?;
    server.write_all(&body).await?;
    let answer = read_head(&mut server).await?;
    if let Some(Fault::Lost) = fault {
        note("lost");
        return client.get_ref().set_zero_linger();
    }
    note(answer.split(' ').nth(1).unwrap_or_default());
    client.write_all(answer.as_bytes()).await?;
    if let Some(Fault::Cut(bytes)) = fault {
        copy(&mut (&mut server).take(bytes as u64), &mut client).await?;
        return client.shutdown().await;
    }
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

impl Shared {
    fn fault(&self, method: &str, path: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap();
        let matches = |rule: &&mut Rule| {
            rule.left > 0 && (rule.method == "*" || rule.method == method) && rule.path.is_match(path)
        };
        let rule = rules.iter_mut().find(matches)?;
        rule.left -= 1;
        Some(rule.fault)
    }

    fn connect(&self, stranger: bool) -> impl Future<Output = std::io::Result<TlsStream<TcpStream>>> {
        let connector = if stranger { &self.stranger } else { &self.administrator };
        async {
            let stream = TcpStream::connect(&self.behind).await?;
            connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
        }
    }
}

/// The head of an answer to a watch.
const WATCH: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

/// An answer as the API server gives it.
fn refusal(code: u16, headers: &str) -> String {
    let (phrase, reason) = match code {
        410 => ("Gone", "Expired"),
        429 => ("Too Many Requests", "TooManyRequests"),
        500 => ("Internal Server Error", "InternalError"),
        503 => ("Service Unavailable", "ServiceUnavailable"),
        504 => ("Gateway Timeout", "Timeout"),
        _ => ("Refused", "Unknown"),
    };
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("{phrase}, as the test wants it"), "reason": reason, "code": code});
    let body = body.to_string();
    format!(
        "HTTP/1.1 {code} {phrase}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The lines up to the empty one, with it.
async fn read_head(from: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn number(head: &str, name: &str) -> Option<usize> {
    header(head, name)?.parse().ok()
}
