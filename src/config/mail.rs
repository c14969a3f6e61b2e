//! The server that takes mail to people.

use std::path::PathBuf;

use serde::Deserialize;

use super::check::Check;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    host: String,
    port: Option<u16>,
    security: Option<String>,
    from: String,
    username: Option<String>,
    password_file: Option<PathBuf>,
    ca: Option<PathBuf>,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// Of the sender: `Boomgate <gate@example.org>`.
    pub from: String,
    pub login: Option<(String, String)>,
    /// PEM text of a certificate authority that is trusted beside those of the machine.
    pub ca: Option<String>,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS after the command STARTTLS, without which nothing is sent.
    StartTls,
    /// None; on this machine only.
    None,
}

impl Check {
    pub(super) fn mail(&mut self, raw: RawMail) -> Mail {
        let security = self.security(raw.security.as_deref(), &raw.host);
        let usual = match security {
            MailSecurity::Tls => 465,
            MailSecurity::StartTls => 587,
            MailSecurity::None => 25,
        };
        if raw.from.parse::<lettre::message::Mailbox>().is_err() {
            self.fault("mail.from", "is no address such as \"Boomgate <gate@example.org>\"");
        }
        if raw.username.is_some() != raw.password_file.is_some() {
            self.fault("mail.username", "and mail.password_file go together; one is missing");
        }
        let password = raw.password_file.and_then(|file| self.secret("mail.password_file", file));
        Mail {
            host: raw.host,
            port: raw.port.unwrap_or(usual),
            security,
            from: raw.from,
            login: raw.username.zip(password),
            ca: raw.ca.and_then(|file| self.secret("mail.ca", file)),
        }
    }

    fn security(&mut self, word: Option<&str>, host: &str) -> MailSecurity {
        match word {
            None | Some("tls") => MailSecurity::Tls,
            Some("starttls") => MailSecurity::StartTls,
            Some("none") => {
                if !matches!(host, "localhost" | "127.0.0.1" | "::1") {
                    self.fault(
                        "mail.security",
                        "none is for a server on this machine only: links let people in",
                    );
                }
                MailSecurity::None
            }
            Some(_) => {
                self.fault("mail.security", "must be tls, starttls or none");
                MailSecurity::Tls
            }
        }
    }
}
