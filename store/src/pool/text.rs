//! A database's address as people write it. What could be read in two ways is refused, and no message holds a part of it:
//! a password with an `@` would else be half a host.

use std::str::FromStr;

use tokio_postgres::Config;

/// Why a text is no address of a database. Names what is expected, never the text itself, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("is empty")]
    Empty,
    #[error("must begin with postgresql://")]
    Scheme,
    #[error(
        "holds {0} where it means something else; in a user, password or name write @ as %40, # as %23, / as %2F, ? as %3F, % as %25, a space as %20"
    )]
    Character(&'static str),
    #[error(
        "is neither like postgresql://user:password@host:5432/name nor a list like host=... user=... password='...' (a value with spaces or quotes stands in single quotes, with \\ before ' and \\)"
    )]
    Form,
    #[error("has an option that is not known; known are {known}", known = OPTIONS.join(", "))]
    Option,
    #[error("has no usable value for {0}")]
    Value(&'static str),
}

/// What the driver understands, and what we read ourselves.
const OPTIONS: [&str; 18] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "sslmode",
    "sslrootcert",
];

/// What an address says of TLS: the driver knows neither `verify-full` nor root files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct WantedTls {
    pub mode: Option<String>,
    pub roots: Option<String>,
}

/// A URL or a list of `key=value`, as libpq takes them.
pub(super) fn read(text: &str) -> Result<(Config, WantedTls), AddressFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressFault::Empty);
    }
    let mut wanted = WantedTls::default();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['=', ' ', '\'']) => {
            format!("{scheme}://{}", url(scheme, rest, &mut wanted)?)
        }
        _ => list(text, &mut wanted)?,
    };
    Ok((Config::from_str(&rest).map_err(|error| value_fault(&error))?, wanted))
}

/// What stands behind the scheme, without the options about TLS.
fn url(scheme: &str, rest: &str, wanted: &mut WantedTls) -> Result<String, AddressFault> {
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(AddressFault::Scheme);
    }
    plain_characters(rest)?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, _) = place.split_once('/').unwrap_or((place, ""));
    // One @ ends user and password, and nothing of them may have ended the authority before it.
    if rest.matches('@').count() > 1 || rest.contains('@') != authority.contains('@') {
        return Err(AddressFault::Character("@, / or ?"));
    }
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(AddressFault::Form)?;
        if !keep(name, || decoded(value), wanted)? {
            continue;
        }
        kept.push(pair);
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    Ok(format!("{place}{mark}{}", kept.join("&")))
}

fn plain_characters(rest: &str) -> Result<(), AddressFault> {
    if rest.contains('#') {
        return Err(AddressFault::Character("#"));
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(AddressFault::Character("a space"));
    }
    let is_code = |code: &str| code.len() >= 2 && code.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if rest.split('%').skip(1).all(is_code) { Ok(()) } else { Err(AddressFault::Character("%")) }
}

/// Whether the driver is to read this option; those about TLS are taken out.
fn keep(
    name: &str,
    value: impl FnOnce() -> Result<String, AddressFault>,
    wanted: &mut WantedTls,
) -> Result<bool, AddressFault> {
    match name {
        "sslmode" => wanted.mode = Some(value()?),
        "sslrootcert" => wanted.roots = Some(value()?),
        other if OPTIONS.contains(&other) => return Ok(true),
        _ => return Err(AddressFault::Option),
    }
    Ok(false)
}

fn decoded(text: &str) -> Result<String, AddressFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let code = digit(rest.next()).zip(digit(rest.next())).map(|(high, low)| high << 4 | low);
        bytes.push(code.and_then(|code| u8::try_from(code).ok()).ok_or(AddressFault::Form)?);
    }
    String::from_utf8(bytes).map_err(|_| AddressFault::Form)
}

/// The list as the driver reads it, every value in quotes, without the options about TLS.
fn list(text: &str, wanted: &mut WantedTls) -> Result<String, AddressFault> {
    let mut kept = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=').ok_or(AddressFault::Form)?;
        let (name, behind) = (name.trim_end(), behind.trim_start());
        if name.contains(|c: char| !c.is_ascii_lowercase() && c != '_') || name.is_empty() {
            return Err(AddressFault::Form);
        }
        let (value, left) = value(behind)?;
        rest = left.trim_start();
        if keep(name, || Ok(value.clone()), wanted)? {
            kept.push(format!("{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'")));
        }
    }
    Ok(kept.join(" "))
}

/// A value of a list, and what stands behind it.
fn value(text: &str) -> Result<(String, &str), AddressFault> {
    let (quoted, text) = text.strip_prefix('\'').map_or((false, text), |inside| (true, inside));
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.push(letters.next().ok_or(AddressFault::Form)?.1),
            '\'' if quoted => {
                let behind = &text[at + 1..];
                let ends = behind.is_empty() || behind.starts_with(char::is_whitespace);
                return if ends { Ok((value, behind)) } else { Err(AddressFault::Form) };
            }
            space if !quoted && space.is_whitespace() => return Ok((value, &text[at..])),
            other => value.push(other),
        }
    }
    if quoted { Err(AddressFault::Form) } else { Ok((value, "")) }
}

/// The driver names options by words of its own, and repeats nothing of the text where it does.
fn value_fault(error: &tokio_postgres::Error) -> AddressFault {
    let message = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let named = OPTIONS.iter().find(|name| message == format!("invalid value for option `{name}`"));
    named.map_or(AddressFault::Form, |name| AddressFault::Value(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let (config, _) = read(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
        (
            config.get_user().unwrap_or_default().into(),
            password,
            config.get_dbname().unwrap_or_default().into(),
        )
    }

    #[test]
    fn a_password_with_an_at_sign_became_half_a_host() {
        let secret = "Zqx";
        for text in [
            "postgresql://user:Zqx@Zqx@127.0.0.1/name",
            "postgresql://user:Zqx#Zqx@127.0.0.1/name",
            "postgresql://user:Zqx/Zqx@127.0.0.1/name",
            "postgresql://user:Zqx?Zqx@127.0.0.1/name",
            "postgresql://user:Zqx?Zqx=1@127.0.0.1/name",
            "postgresql://user:Zqx%Zqx@127.0.0.1/name",
            "postgresql://user:Zqx Zqx@127.0.0.1/name",
            "postgresql://user:Zqx@127.0.0.1/name?Zqx=1",
            "postgresql://127.0.0.1/name?user=u&password=Zqx&Zqx=1",
            "postgresql://127.0.0.1/name?user=u&password=Zqx@Zqx",
            "postgresql://user:Zqx",
            "postgresql://user:Zqx/127.0.0.1",
            "mysql://user:Zqx@127.0.0.1/name",
            "jdbc:postgresql://user:Zqx@127.0.0.1/name",
            "user:Zqx@127.0.0.1",
            "host=127.0.0.1 password=Zqx Zqx user=u",
            "host=127.0.0.1 password=Zqx Zqx=u",
            "host=127.0.0.1 password='Zqx'Zqx' user=u",
            "host=127.0.0.1 password='Zqx",
            "host=127.0.0.1 password=x port=Zqx",
            "Zqx",
        ] {
            let fault = read(text).unwrap_err();
            assert!(!fault.to_string().contains(secret) && !format!("{fault:?}").contains(secret), "{fault}");
        }
        assert_eq!(read("").unwrap_err(), AddressFault::Empty);
        assert_eq!(read("postgresql://u@h:http/x").unwrap_err(), AddressFault::Value("port"));
        assert_eq!(read("host=h colour=red").unwrap_err(), AddressFault::Option);
    }

    #[test]
    fn every_password_is_understood_when_it_is_written_as_the_message_says() {
        let all = "p@#/?%: '\\=&ü";
        let encoded: String = all.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let quoted = all.replace('\\', "\\\\").replace('\'', "\\'");
        let wanted = ("us:er@x".to_owned(), all.to_owned(), "na/me".to_owned());
        let url = format!("postgresql://us%3Aer%40x:{encoded}@127.0.0.1/na%2Fme");
        assert_eq!(parts(&url), wanted);
        assert_eq!(parts(&format!("host=127.0.0.1 user=us:er@x password = '{quoted}' dbname=na/me")), wanted);
        assert_eq!(
            parts("postgres://u:p:q&r=s,t@[::1]:5432/n"),
            ("u".into(), "p:q&r=s,t".into(), "n".into())
        );
        assert_eq!(parts("host=h user=u password=a@b#c"), ("u".into(), "a@b#c".into(), String::new()));
    }

    #[test]
    fn tls_words_are_taken_out_of_both_forms() {
        let wanted = WantedTls { mode: Some("verify-full".into()), roots: Some("/etc/my ca.pem".into()) };
        let url =
            "postgresql://u@db/x?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fetc%2Fmy%20ca.pem";
        let (config, found) = read(url).unwrap();
        assert_eq!((config.get_dbname(), &found), (Some("x"), &wanted));
        let list =
            "host=db sslmode=verify-full user=u sslrootcert='/etc/my ca.pem' password='a sslmode=disable'";
        let (config, found) = read(list).unwrap();
        assert_eq!((config.get_password(), &found), (Some(&b"a sslmode=disable"[..]), &wanted));
    }
}
