//! `codex.check-dev-host-ports`: whether what runs on this machine can be reached as its users reach it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::Told;
use crate::stack::Loaded;

/// What answers on its own machine does so at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked.
pub(super) struct Asked {
    /// Ports of this machine; the first one speaks HTTP.
    ports: [u16; 2],
    /// The host of the slot, where it has one.
    host: Option<String>,
}

impl Asked {
    /// Ports 80 and 443, and the host of the slot where the file names a domain (spec 4.5).
    pub(super) fn of(loaded: &Loaded) -> Self {
        let env = loaded.env.name.as_str();
        let domain = loaded.stack.base_domain.get(env).map(|domain| domain.trim()).filter(|domain| !domain.is_empty());
        let host = domain.zip(loaded.slot()).map(|(domain, slot)| match env {
            "ai" => format!("dev-{slot}.{domain}"),
            _ => domain.to_owned(),
        });
        Self { ports: [80, 443], host }
    }
}

/// Asks all, and tells all that don't answer.
pub(super) async fn check(asked: &Asked) -> Result<String, Told> {
    let mut silent = Vec::new();
    let mut answers = Vec::new();
    for port in asked.ports {
        match within(TcpStream::connect(("127.0.0.1", port))).await {
            Ok(_) => answers.push(format!("127.0.0.1:{port}")),
            Err(error) => silent.push(format!("127.0.0.1:{port} does not answer: {error}")),
        }
    }
    if let Some(host) = &asked.host {
        match within(ask(asked.ports[0], host)).await {
            Ok(status) => answers.push(format!("{host} ({status})")),
            Err(error) => silent.push(format!("{host} does not answer at 127.0.0.1:{}: {error}", asked.ports[0])),
        }
    }
    if silent.is_empty() {
        return Ok(format!("{} answer", answers.join(", ")));
    }
    Err(Told::new(silent.join("; "))
        .hint("does the ingress controller of this machine's cluster run, with its ports on the host?"))
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(io::Error::other(format!("nothing came for {} s", PATIENCE.as_secs()))),
    }
}

/// The status with which a host answers here. Its name may not be known to any name server yet, and its certificate not be made.
async fn ask(port: u16, host: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: codexctl\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 64];
    let mut length = 0;
    while length < head.len() && !head[..length].contains(&b'\n') {
        match stream.read(&mut head[length..]).await? {
            0 => break,
            count => length += count,
        }
    }
    let line = String::from_utf8_lossy(&head[..length]);
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") && status.len() == 3 => Ok(status.to_owned()),
        _ => Err(io::Error::other("what came is no HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each connection with this; gives its port.
    async fn server(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                // Whoever only knocks says nothing.
                let Ok(1..) = stream.read(&mut request).await else { continue };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        port
    }

    async fn said(ports: [u16; 2], host: Option<&str>) -> Result<String, String> {
        let asked = Asked { ports, host: host.map(str::to_owned) };
        check(&asked).await.map_err(|told| told.text)
    }

    #[tokio::test]
    async fn ports_and_host_that_answer_are_told_with_the_status() {
        let port = server("HTTP/1.1 404 Not Found\r\n\r\n").await;
        let told = said([port, port], Some("dev-1.shop.example")).await;
        assert_eq!(told, Ok(format!("127.0.0.1:{port}, 127.0.0.1:{port}, dev-1.shop.example (404) answer")));
    }

    #[tokio::test]
    async fn all_that_is_silent_is_told_at_once() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let port = server("SSH-2.0-x 200\r\n").await;
        assert_eq!(
            said([port, free], Some("dev-1.shop.example")).await,
            Err(format!(
                "127.0.0.1:{free} does not answer: Connection refused (os error 111); \
                 dev-1.shop.example does not answer at 127.0.0.1:{port}: what came is no HTTP"
            ))
        );
    }
}
