//! The demo's people: an operator at the same REST interface everybody uses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::control::Amount;

/// A logged-in operator.
pub struct Office {
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

impl Office {
    pub async fn log_in(base: &str, name: &str, password: &str) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let body = json!({ "name": name, "password": password });
        let answer = client.post(format!("{base}/api/v1/login")).json(&body).send().await?;
        let answer: Value = checked(answer).await.context("the demo's operator cannot log in")?;
        let token = answer["token"].as_str().context("login gave no token")?.to_owned();
        Ok(Self { client, base: base.to_owned(), token, paid: AtomicU64::new(0) })
    }

    pub async fn lanes(&self) -> Result<Vec<Lane>> {
        let answer =
            self.client.get(format!("{}/api/v1/lanes", self.base)).bearer_auth(&self.token).send().await?;
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

    /// Payments taken so far.
    pub fn payments(&self) -> u64 {
        self.paid.load(Ordering::Relaxed)
    }

    /// Whether it was done; what the present state forbids is no failure.
    async fn post(&self, path: &str, body: &Value) -> Result<bool> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let key = format!("\"{}\"", Uuid::now_v7());
        let answer = request.header("idempotency-key", key).json(body).send().await?;
        if answer.status() == reqwest::StatusCode::CONFLICT {
            return Ok(false);
        }
        checked(answer).await.map(|_| true)
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
