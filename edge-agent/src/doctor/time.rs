//! Whether the lane's wall clock agrees with the server's, by the `Date` of an answer over HTTPS.

use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::DATE;

use super::chain::chain;
use crate::clock::wall_ms;
use crate::config::Config;
use crate::uplink::keys;

const TIMEOUT: Duration = Duration::from_secs(5);
/// `Date` is in whole seconds, rounded down.
const HALF_A_SECOND_MS: i64 = 500;
/// As in a running lane, and the second that `Date` leaves open.
const APART_MS: u64 = 2_500;

pub(super) async fn clock(config: &Config) -> Result<String, String> {
    let begun = Instant::now();
    let server_ms = match server_time(config).await {
        Ok(server_ms) => server_ms,
        Err(why) => {
            return Ok(format!(
                "not compared with the server's ({why}); a running lane does with every hello"
            ));
        }
    };
    let half_trip = begun.elapsed().as_millis() as i64 / 2;
    judged(wall_ms() - half_trip - server_ms)
}

fn judged(apart_ms: i64) -> Result<String, String> {
    let seconds = apart_ms.unsigned_abs() as f64 / 1e3;
    if apart_ms.unsigned_abs() <= APART_MS {
        return Ok("agrees with the server's to about a second".into());
    }
    let way = if apart_ms > 0 { "ahead of" } else { "behind" };
    Err(format!(
        "it is {seconds:.0} s {way} the server's; let both follow the same time server (timedatectl timesync-status)"
    ))
}

/// The server's time in Unix milliseconds, in the middle of the second it named.
async fn server_time(config: &Config) -> Result<i64, String> {
    let tls = keys::tls_config(&config.server).map_err(|error| error.to_string())?;
    let client =
        Client::builder().tls_backend_preconfigured((*tls).clone()).timeout(TIMEOUT).no_proxy().build();
    let client = client.map_err(|error| chain(error.into()))?;
    let answer = client.get(format!("{}/", config.server.https)).send().await;
    let answer = answer.map_err(|error| chain(error.into()))?;
    let date =
        answer.headers().get(DATE).and_then(|date| date.to_str().ok()).ok_or("its answer has no date")?;
    let date = jiff::fmt::rfc2822::parse(date).map_err(|error| error.to_string())?;
    Ok(date.timestamp().as_millisecond() + HALF_A_SECOND_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_said_with_its_way() {
        assert!(judged(900).is_ok() && judged(-2_400).is_ok());
        assert!(judged(20_000).unwrap_err().starts_with("it is 20 s ahead of the server's"));
        assert!(judged(-3_600_000).unwrap_err().starts_with("it is 3600 s behind the server's"));
    }
}
