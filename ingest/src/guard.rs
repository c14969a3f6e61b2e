//! A panic while one message is handled ends that message and nothing else.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// Longest part of a panic's message that is kept.
const MAX_MESSAGE: usize = 200;

/// What a panic said.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(crate) struct Panicked(String);

/// Runs `work`; a panic in it is an error. What it was in the middle of must not be used again.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|payload| {
        metrics::counter!("boomgate_ingest_panics_total").increment(1);
        Panicked(message(payload.as_ref()))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message() {
        assert_eq!(caught(async { 7 }).await.unwrap(), 7);
        let panicked = caught(async { panic!("a text") }).await.unwrap_err();
        assert_eq!(panicked.to_string(), "panicked: a text");
        let counted = caught(async { panic!("at {}", 3) }).await.unwrap_err();
        assert_eq!(counted.to_string(), "panicked: at 3");
    }
}
