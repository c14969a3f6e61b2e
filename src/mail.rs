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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Stdio;

    use tokio::net::{TcpListener, TcpStream};
    use tokio::process::{Child, Command};

    use super::*;
    use crate::pki::Pki;

    /// A mail server of the package aiosmtpd, which lays what it takes into a folder.
    struct MailServer {
        port: u16,
        folder: tempfile::TempDir,
        _process: Child,
    }

    impl MailServer {
        async fn start(with: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let process = Command::new("/usr/bin/python3")
                .args(["-m", "aiosmtpd", "--nosetuid", "--listen", &format!("127.0.0.1:{port}")])
                .args(with)
                .args(["--class", "aiosmtpd.handlers.Mailbox"])
                .arg(folder.path().join("box"))
                .stdout(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("python3-aiosmtpd: scripts/prepare smtp");
            let answers = async {
                while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), answers).await.expect("the mail server starts");
            Self { port, folder, _process: process }
        }

        fn taken(&self) -> Vec<String> {
            let Ok(files) = fs::read_dir(self.folder.path().join("box/new")) else { return Vec::new() };
            files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
        }
    }

    fn config(port: u16, security: MailSecurity, ca: Option<String>) -> config::Mail {
        let from = "Boomgate <gate@example.org>".to_owned();
        config::Mail { host: "localhost".into(), port, security, from, login: None, ca }
    }

    fn invitation() -> Mail {
        let subject = "Garage: bạn được mời".to_owned();
        Mail { to: "ann@example.org".into(), subject, text: "Chọn mật khẩu: https://g/join#1\n".into() }
    }

    fn certificates(dir: &Path) -> (String, String, String) {
        drop(rustls::crypto::ring::default_provider().install_default());
        let pki = Pki::open_or_create(dir, &["localhost".to_owned()]).unwrap();
        let file = |name: &str| dir.join(name).display().to_string();
        (file("server.pem"), file("server.key"), pki.ca_pem().unwrap())
    }

    #[tokio::test]
    async fn a_mail_arrives_with_its_letters_with_and_without_tls() {
        let dir = tempfile::tempdir().unwrap();
        let (cert, key, ca) = certificates(dir.path());
        for (security, with) in [
            (MailSecurity::None, vec![]),
            (MailSecurity::StartTls, vec!["--tlscert", &*cert, "--tlskey", &*key]),
            (MailSecurity::Tls, vec!["--smtpscert", &*cert, "--smtpskey", &*key]),
        ] {
            let server = MailServer::start(&with).await;
            let smtp = Smtp::new(&config(server.port, security, Some(ca.clone()))).unwrap();
            smtp.send(invitation()).await.unwrap();
            let taken = server.taken();
            assert_eq!(taken.len(), 1, "{security:?}");
            assert!(taken[0].contains("To: ann@example.org"), "{}", taken[0]);
            assert!(
                taken[0].contains("From: \"Boomgate\" <gate@example.org>")
                    || taken[0].contains("From: Boomgate")
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_a_server_that_offers_no_tls_or_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let (cert, key, ca) = certificates(dir.path());
        let plain = MailServer::start(&[]).await;
        let smtp = Smtp::new(&config(plain.port, MailSecurity::StartTls, Some(ca))).unwrap();
        assert!(smtp.send(invitation()).await.is_err());
        let unknown = MailServer::start(&["--smtpscert", &cert, "--smtpskey", &key]).await;
        let smtp = Smtp::new(&config(unknown.port, MailSecurity::Tls, None)).unwrap();
        assert!(smtp.send(invitation()).await.is_err());
        assert!(plain.taken().is_empty() && unknown.taken().is_empty());
    }
}
