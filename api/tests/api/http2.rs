//! HTTP/2 and HTTP/1.1 on the people's listener with TLS, by a real curl.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use boomgate_api::PROTOCOLS;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use crate::test_app::{PASSWORD, TestApp, listener};

/// The api of a house on a listener with TLS besides its plain one.
struct Secure {
    app: TestApp,
    at: SocketAddr,
    /// In PEM; curl is told to trust it.
    certificate: String,
}

impl Secure {
    async fn open() -> Self {
        let app = TestApp::open().await;
        let (certificate, tls) = people_tls();
        let (listener, api) = (listener().await, Arc::clone(&app.api));
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move { api.serve_people(listener, Some(tls)).await });
        Self { app, at, certificate }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.at.port())
    }

    /// What curl prints; it trusts this certificate and takes no longer than ten seconds.
    async fn curl(&self, arguments: &[&str]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, &self.certificate).unwrap();
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert"]);
        let output = command.arg(&ca).args(arguments).stdin(Stdio::null()).output().await.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "curl {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn people_tls() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let chain = vec![made.cert.der().clone()];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.unwrap();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn curl_was_offered_http2_and_found_the_connection_closed() {
    let secure = Secure::open().await;
    let url = secure.url("/healthz");
    let version = ["-o", "/dev/null", "-w", "%{http_version} %{response_code}"];
    for (context, expected) in [("--http2", "2 200"), ("--http1.1", "1.1 200")] {
        assert_eq!(secure.curl(&[&[context, &url], &version[..]].concat()).await, expected);
    }
    let head = secure.curl(&["--http2", "--head", &secure.url("/")]).await;
    assert!(head.starts_with("HTTP/2 200") && head.contains("content-length: "), "{head}");
    assert!(!head.contains("content-length: 0"), "{head}");
}

#[tokio::test]
async fn a_login_by_http2_is_of_our_own_page_by_the_host_the_connection_names() {
    let secure = Secure::open().await;
    let ann = secure.app.person("operator").await;
    let body = json!({ "name": ann.name, "password": PASSWORD }).to_string();
    let origin = format!("origin: {}", secure.url(""));
    let url = secure.url("/api/v1/login");
    let json = "content-type: application/json";
    let ours = ["--http2", "-i", "-H", json, "-H", &origin, "--data", &body, &url];
    let answer = secure.curl(&ours).await;
    assert!(answer.starts_with("HTTP/2 200"), "{answer}");
    assert!(answer.contains("set-cookie: __Host-boomgate=") && answer.contains("; Secure"), "{answer}");
    // Somebody else's page; a Host line beside the field of HTTP/2 cannot make it ours.
    let theirs = ["--http2", "-i", "-H", json, "-H", "origin: https://evil.example", "--data", &body, &url];
    let answer = secure.curl(&theirs).await;
    assert!(answer.starts_with("HTTP/2 403"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_ends_its_request_and_nothing_else() {
    let secure = Secure::open().await;
    let (url, large) = (secure.url("/healthz"), format!("x-large: {}", "a".repeat(40_000)));
    let answer =
        secure.curl(&["--http2", "-o", "/dev/null", "-w", "%{response_code}", "-H", &large, &url]).await;
    assert_eq!(answer, "431");
    assert_eq!(secure.curl(&["--http2", &url]).await, secure.curl(&["--http1.1", &url]).await);
}
