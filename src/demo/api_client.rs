//! The demo's people: an operator at the same REST interface everybody uses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use boomgate_schemas::yard::Amount;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// How long a server may say that it cannot now, or be away.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// A logged-in operator.
pub struct ApiClient {
    client: reqwest::Client,
    base: String,
    token: String,
    paid: AtomicU64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Lane {
    pub id: Uuid,
    pub code: String,
    pub direction: String,
    pub last: Option<Last>,
    pub device: Option<Device>,
    /// What the lane said last that it is for.
    pub reported_mode: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Device {
    pub connected: bool,
}

/// The last decision at a lane.
#[derive(Clone, Debug, Deserialize)]
pub struct Last {
    pub arrival: Uuid,
    pub stay: Option<Uuid>,
    pub amount: Option<Amount>,
    pub waiting: bool,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

impl ApiClient {
    pub async fn log_in(base: &str, name: &str, password: &str) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let body = json!({ "name": name, "password": password });
        let login = client.post(format!("{base}/api/v1/login")).json(&body);
        let answer: Value =
            checked(send_with_retry(&login).await?).await.context("the demo's operator cannot log in")?;
        let token = answer["token"].as_str().context("login gave no token")?.to_owned();
        Ok(Self { client, base: base.to_owned(), token, paid: AtomicU64::new(0) })
    }

    /// A request in this person's name, with a key of its own.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.bearer_auth(&self.token).header("idempotency-key", Uuid::now_v7().to_string())
    }

    pub async fn lanes(&self) -> Result<Vec<Lane>> {
        let request = self.client.get(format!("{}/api/v1/lanes", self.base)).bearer_auth(&self.token);
        let answer = send_with_retry(&request).await?;
        Ok(serde_json::from_value::<Items<Lane>>(checked(answer).await?)?.items)
    }

    /// Takes cash for the stay of the car that waits with `arrival` at `lane`. The amount paid, or none if nothing is
    /// asked of that car any more.
    pub async fn take_cash(&self, lane: &str, arrival: Uuid) -> Result<Option<Amount>> {
        let lanes = self.lanes().await?;
        let last = lanes.iter().find(|one| one.code == lane).and_then(|one| one.last.clone());
        let Some(Last { stay: Some(stay), amount: Some(amount), .. }) =
            last.filter(|last| last.arrival == arrival)
        else {
            return Ok(None);
        };
        let body = json!({ "method": "cash", "amount": amount, "note": "paid at the exit" });
        if !self.post(&format!("/api/v1/stays/{stay}/payments"), &body).await? {
            return Ok(None);
        }
        self.paid.fetch_add(1, Ordering::Relaxed);
        Ok(Some(amount))
    }

    /// Opens for the car that waits with `arrival`, with the reason an operator would give. False if the server does
    /// not see that car there: not yet, or not any more.
    pub async fn open(&self, lane: &str, arrival: Uuid, reason: &str) -> Result<bool> {
        let lanes = self.lanes().await?;
        let lane = lanes.iter().find(|one| one.code == lane).context("lane is not listed")?;
        let body = json!({ "action": "open", "reason": reason, "arrival": arrival });
        self.post(&format!("/api/v1/lanes/{}/commands", lane.id), &body).await
    }

    /// Sets what a lane is for.
    pub async fn set_mode(&self, lane: &str, mode: &str, reason: &str) -> Result<()> {
        let lanes = self.lanes().await?;
        let lane = lanes.iter().find(|one| one.code == lane).context("lane is not listed")?;
        let url = format!("{}/api/v1/lanes/{}/mode", self.base, lane.id);
        let body = json!({ "mode": mode, "reason": reason });
        let request = self.client.put(url).bearer_auth(&self.token).json(&body);
        checked(send_with_retry(&request).await?).await.map(drop)
    }

    /// Posts what a person would, and answers what the server does.
    pub async fn create(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = request.header("idempotency-key", Uuid::now_v7().to_string()).json(body);
        checked(send_with_retry(&request).await?).await
    }

    /// Payments taken so far.
    pub fn payments(&self) -> u64 {
        self.paid.load(Ordering::Relaxed)
    }

    /// Whether it was done; what the present state forbids is no failure.
    async fn post(&self, path: &str, body: &Value) -> Result<bool> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let key = format!("\"{}\"", Uuid::now_v7());
        // The key makes a repeat of what was done after all harmless.
        let answer = send_with_retry(&request.header("idempotency-key", key).json(body)).await?;
        if answer.status() == reqwest::StatusCode::CONFLICT {
            return Ok(false);
        }
        checked(answer).await.map(|_| true)
    }
}

/// Sends a request, again and again while the server says that it cannot now, or is not there. One answer of that kind
/// is no end of a demo; many in a row are.
async fn send_with_retry(request: &reqwest::RequestBuilder) -> Result<reqwest::Response> {
    let deadline = Instant::now() + RETRY_TIMEOUT;
    loop {
        let again = request.try_clone().context("a request that cannot be repeated")?;
        let answer = again.send().await;
        let is_busy = match &answer {
            Ok(answer) => matches!(
                answer.status(),
                reqwest::StatusCode::SERVICE_UNAVAILABLE | reqwest::StatusCode::TOO_MANY_REQUESTS
            ),
            Err(_) => true,
        };
        if !is_busy || Instant::now() > deadline {
            return Ok(answer?);
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn checked(answer: reqwest::Response) -> Result<Value> {
    let status = answer.status();
    let body = answer.bytes().await?;
    if !status.is_success() {
        bail!("{status}: {}", String::from_utf8_lossy(&body));
    }
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each connection with the next of these status lines, and the last for ever.
    async fn server(answers: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (url, asked) =
            (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
                drop(stream.read(&mut [0; 4096]).await);
                let body = r#"{"items":[]}"#;
                let text = format!(
                    "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    answers[number],
                    body.len()
                );
                drop(stream.write_all(text.as_bytes()).await);
            }
        });
        (url, asked)
    }

    fn client_of(base: String) -> ApiClient {
        drop(rustls::crypto::ring::default_provider().install_default());
        ApiClient { client: reqwest::Client::new(), base, token: "t".into(), paid: AtomicU64::new(0) }
    }

    #[tokio::test]
    async fn one_503_ended_the_demo_without_a_verdict() {
        let (url, asked) = server(&["503 Service Unavailable", "429 Too Many Requests", "200 OK"]).await;
        assert_eq!(client_of(url).lanes().await.unwrap().len(), 0);
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_is_wrong_for_good_is_said_at_once() {
        let (url, asked) = server(&["401 Unauthorized"]).await;
        assert!(client_of(url).lanes().await.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}
