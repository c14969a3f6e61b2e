//! Behind a real nginx, set up as docs/reverse-proxy.md says: limits and cookies are those of who really asks.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use boomgate_api::{Front, ProxyHeaders, TrustedProxies};
use reqwest::header::SET_COOKIE;
use serde_json::json;

use crate::test_app::{PASSWORD, TestApp, good, problem};

/// A running nginx; ended when dropped.
struct Nginx {
    child: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    dir: tempfile::TempDir,
}

impl Nginx {
    async fn start(upstream: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (plain, tls) = (free_port(), free_port());
        let key = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        std::fs::write(dir.path().join("cert.pem"), key.cert.pem()).unwrap();
        std::fs::write(dir.path().join("key.pem"), key.signing_key.serialize_pem()).unwrap();
        let path = dir.path().join("nginx.conf");
        std::fs::write(&path, configuration(dir.path(), plain, tls, upstream)).unwrap();
        let child = Command::new(program())
            .arg("-c")
            .arg(&path)
            .arg("-p")
            .arg(dir.path())
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let nginx = Self { child, plain, tls, dir };
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(plain).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "nginx does not listen: {}", nginx.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        nginx
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn program() -> PathBuf {
    let found = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"].map(PathBuf::from);
    found.into_iter().find(|path| path.exists()).expect("nginx is installed: scripts/prepare nginx")
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The example of the documentation between lines of our own: one process, all in one folder.
fn configuration(dir: &Path, plain: SocketAddr, tls: SocketAddr, upstream: SocketAddr) -> String {
    let text = include_str!("../../../docs/reverse-proxy.md");
    let example = text.split_once("```nginx\n").unwrap().1.split_once("```").unwrap().0;
    let example = example
        .replace("listen 443 ssl;", &format!("listen {plain};\n  listen {tls} ssl;"))
        .replace("/etc/ssl/gate.pem", "cert.pem")
        .replace("/etc/ssl/gate.key", "key.pem")
        .replace("127.0.0.1:8480", &upstream.to_string());
    let dir = dir.display();
    format!(
        "daemon off; master_process off; pid {dir}/pid; error_log stderr;
         events {{ }}
         http {{
           access_log off;
           client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
           uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
           {example}
         }}"
    )
}

fn behind(proxy_protocol: bool) -> Front {
    let proxies =
        TrustedProxies { networks: vec!["127.0.0.1".parse().unwrap()], headers: ProxyHeaders::XForwarded };
    Front { proxies, proxy_protocol }
}

/// A browser at an address of its own.
fn browser(address: [u8; 4]) -> reqwest::Client {
    let client = reqwest::Client::builder().local_address(IpAddr::from(address));
    client.danger_accept_invalid_certs(true).build().unwrap()
}

async fn log_in(
    by: &reqwest::Client,
    base: &str,
    name: &str,
    password: &str,
    cookie: &str,
) -> reqwest::Response {
    let request = by.post(format!("{base}/api/v1/login")).header("origin", base).header("cookie", cookie);
    let body = json!({ "name": name, "password": password });
    request.header("sec-fetch-site", "same-origin").json(&body).send().await.unwrap()
}

fn cookies(response: &reqwest::Response) -> Vec<String> {
    response.headers().get_all(SET_COOKIE).iter().map(|one| one.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn behind_nginx_everybody_had_one_address_and_shared_the_waits_for_failed_logins() {
    let app = TestApp::open_behind(behind(false), Front::default()).await;
    let nginx = Nginx::start(app.people).await;
    let (ann, base) = (app.person("operator").await, format!("http://{}", nginx.plain));
    let (one, other) = (browser([127, 0, 0, 2]), browser([127, 0, 0, 3]));
    for _ in 0..5 {
        problem(log_in(&one, &base, "bob", "guess", "").await, 401).await;
    }
    problem(log_in(&one, &base, "bob", "guess", "").await, 429).await;
    good(log_in(&other, &base, &ann.name, PASSWORD, "").await, 200).await;
    let addresses = "select count(*) from sessions where address = '127.0.0.3'";
    assert_eq!(app.count(addresses).await, 1, "a session knows its real address");
    // A stranger's own header is lengthened by nginx, not believed.
    let request = other.post(format!("{base}/api/v1/login")).header("x-forwarded-for", "127.0.0.2");
    let body = json!({ "name": ann.name, "password": PASSWORD });
    good(request.json(&body).send().await.unwrap(), 200).await;
    assert_eq!(app.count(addresses).await, 2);
}

#[tokio::test]
async fn behind_nginx_with_tls_the_cookie_is_secure_and_the_page_is_its_own_origin() {
    let app = TestApp::open_behind(behind(false), Front::default()).await;
    let nginx = Nginx::start(app.people).await;
    let ann = app.person("operator").await;
    let base = format!("https://{}", nginx.tls);
    let by = browser([127, 0, 0, 2]);
    let answer = log_in(&by, &base, &ann.name, PASSWORD, "").await;
    let set = cookies(&answer);
    good(answer, 200).await;
    assert!(set[0].starts_with("__Host-boomgate=") && set[0].contains("; Secure"), "{set:?}");
    assert!(set[1].starts_with("__Host-boomgate-browser=") && set[1].contains("; Secure"), "{set:?}");
    let session = set[0].split(';').next().unwrap();
    let me = by.get(format!("{base}/api/v1/me")).header("cookie", session).send().await.unwrap();
    assert_eq!(good(me, 200).await["name"], ann.name);
    let order = json!({ "action": "open", "reason": "a long lorry" });
    let send = |origin: &str| {
        let path = format!("{base}/api/v1/lanes/{}/commands", app.entry);
        let request = by.post(path).header("cookie", session).header("origin", origin);
        request.header("idempotency-key", origin).json(&order).send()
    };
    good(send(&base).await.unwrap(), 202).await;
    problem(send("https://evil.example").await.unwrap(), 403).await;
    // Over plain HTTP through the same proxy it is not: the browser would never send it back.
    let base = format!("http://{}", nginx.plain);
    let set = cookies(&log_in(&by, &base, &ann.name, PASSWORD, "").await);
    assert!(set[0].starts_with("boomgate=") && !set[0].contains("Secure"), "{set:?}");
}

#[tokio::test]
async fn through_a_tcp_proxy_the_proxy_protocol_says_who_asks() {
    let app = TestApp::open_behind(behind(true), behind(true)).await;
    let ann = app.person("operator").await;
    let heads: [(&str, Vec<u8>); 2] = [
        ("198.51.100.7", b"PROXY TCP4 198.51.100.7 127.0.0.1 4711 80\r\n".to_vec()),
        ("2001:db8::7", {
            let mut head = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24".to_vec();
            head.extend("2001:db8::7".parse::<std::net::Ipv6Addr>().unwrap().octets());
            head.extend([0; 20]);
            head
        }),
    ];
    for (address, head) in heads {
        let body = json!({ "name": ann.name, "password": PASSWORD }).to_string();
        let answer = raw(app.people, &head, &body, [127, 0, 0, 1]).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{address}: {answer}");
        let sql = format!("select count(*) from sessions where address = '{address}'");
        assert_eq!(app.count(&sql).await, 1, "{address}");
        // Whoever is no proxy of ours has no such word to say.
        let answer = raw(app.people, &head, &body, [127, 0, 0, 9]).await;
        assert!(!answer.starts_with("HTTP/1.1 200 "), "{address}: {answer}");
    }
    // Without its header a trusted proxy is not served: it would make all its guests one.
    let answer = raw(app.people, b"", "{}", [127, 0, 0, 1]).await;
    assert_eq!(answer, "");
}

async fn raw(to: SocketAddr, head: &[u8], body: &str, from: [u8; 4]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    let request = format!(
        "POST /api/v1/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(&[head, request.as_bytes()].concat()).await.unwrap();
    let mut answer = Vec::new();
    // A refused connection may end with a reset.
    drop(tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_live_feed_comes_through_nginx() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let app = TestApp::open_behind(behind(false), Front::default()).await;
    let nginx = Nginx::start(app.people).await;
    let guard = app.person("guard").await;
    let mut request = format!("ws://{}/api/v1/live", nginx.plain).into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("cookie", format!("boomgate={}", guard.token).parse().unwrap());
    headers.insert("origin", format!("http://{}", nginx.plain).parse().unwrap());
    let mut socket = tokio_tungstenite::connect_async(request).await.unwrap().0;
    assert_eq!(crate::live::next(&mut socket).await["kind"], "start");
}
