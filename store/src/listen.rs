//! Wake-ups: NOTIFY of other processes, as a stream. A hint only; whoever is woken reads what there is.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Connection, NoTls};

use crate::error::StoreError;
use crate::pool::Address;

/// Wake-ups not yet read; more are dropped, for one is as good as many.
const PENDING: usize = 1024;

/// One NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub channel: String,
    pub payload: String,
}

/// A connection that listens; notices end when it is lost, and the caller connects anew.
pub struct Listener {
    /// Keeps the connection open.
    _client: tokio_postgres::Client,
    notices: mpsc::Receiver<Notice>,
}

impl Listener {
    /// The next notice, or none when the connection is lost.
    pub async fn next(&mut self) -> Option<Notice> {
        self.notices.recv().await
    }
}

impl Address {
    /// Listens on `channels` (plain lower-case names) over a connection of its own.
    ///
    /// # Errors
    /// The server is away or refuses us.
    pub async fn listen(&self, channels: &[&str]) -> Result<Listener, StoreError> {
        let (sender, notices) = mpsc::channel(PENDING);
        let client = match self.tls() {
            Some(tls) => {
                let (client, connection) = self.config().connect(tls.clone()).await?;
                tokio::spawn(forward(connection, sender));
                client
            }
            None => {
                let (client, connection) = self.config().connect(NoTls).await?;
                tokio::spawn(forward(connection, sender));
                client
            }
        };
        let orders: Vec<String> = channels.iter().map(|channel| format!("listen {channel}")).collect();
        client.batch_execute(&orders.join(";")).await?;
        Ok(Listener { _client: client, notices })
    }
}

async fn forward<S, T>(mut connection: Connection<S, T>, sender: mpsc::Sender<Notice>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(notification) = message {
            let notice =
                Notice { channel: notification.channel().to_owned(), payload: notification.payload().to_owned() };
            // A full queue already says "look".
            drop(sender.try_send(notice));
        }
    }
}
