//! Mail to people by SMTP (RFC 5321).

use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use boomgate_operations::mail::{Mail, MailError, Mailer};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::{self, MailSecurity};

/// How long a mail server may take for a command.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A mail server that is used.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// The server of the configuration; nothing is sent yet.
    ///
    /// # Errors
    /// A certificate authority that is none, or no address of a sender.
    pub fn new(config: &config::Mail) -> Result<Self> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls(config).context("mail.ca")?)
            .timeout(Some(TIMEOUT));
        if let Some((user, password)) = &config.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from: config.from.parse().context("mail.from")? })
    }
}

fn tls(config: &config::Mail) -> Result<Tls> {
    if config.security == MailSecurity::None {
        return Ok(Tls::None);
    }
    let mut parameters =
        TlsParameters::builder(config.host.clone()).certificate_store(CertificateStore::Default);
    if let Some(ca) = &config.ca {
        parameters = parameters.add_root_certificate(Certificate::from_pem(ca.as_bytes())?);
    }
    let parameters = parameters.build_rustls()?;
    Ok(match config.security {
        MailSecurity::StartTls => Tls::Required(parameters),
        MailSecurity::Tls | MailSecurity::None => Tls::Wrapper(parameters),
    })
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(mail.to.parse()?)
            .subject(mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text)?;
        self.transport.send(message).await?;
        Ok(())
    }
}
