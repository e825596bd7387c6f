//! TLS in front of a plain server, with a certificate for localhost that only the CA in `ca.pem` vouches for.
//!
//! CA and certificate are for this door alone and good until 2126; the CA's own key is gone. Made by openssl: two P-256 keys, a
//! self-signed CA, a certificate with `subjectAltName=DNS:localhost,IP:127.0.0.1` and `extendedKeyUsage=serverAuth`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A door on a loopback port; it closes when this is dropped.
pub(crate) struct TlsDoor {
    pub(crate) port: u16,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for TlsDoor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TlsDoor {
    /// Leads to the server at `127.0.0.1:port`.
    pub(crate) async fn to(port: u16) -> Self {
        let read = |name: &str| std::fs::read(folder().join(name)).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(read("server-key.der")));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(read("server.der"))], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust the certificate goes away here, which is what some tests want.
                    let Ok(mut inside) = acceptor.accept(stream).await else { return };
                    let mut behind = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let _ = copy_bidirectional(&mut inside, &mut behind).await;
                });
            }
        });
        Self { port: own, task }
    }
}

/// What `SSL_CERT_FILE` has to name.
pub(crate) fn ca_file() -> PathBuf {
    folder().join("ca.pem")
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls"))
}
