//! Where the database is. Of its address no message shows anything but what is wrong with it: it may hold a password.

use std::path::PathBuf;

use boomgate_store::Address;
use serde::Deserialize;

use super::check::Check;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDatabase {
    url: Option<String>,
    url_file: Option<PathBuf>,
    connections: Option<usize>,
}

/// The database of an installation.
#[derive(Clone, Debug)]
pub struct Database {
    /// None: a private cluster under `data`.
    pub address: Option<Address>,
    pub connections: usize,
    /// Whether the configuration's own file holds a password.
    pub(super) secret_in_file: bool,
}

/// The environment as far as the database is concerned; what is empty is not set.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    pub url: Option<String>,
    pub url_file: Option<PathBuf>,
}

impl Environment {
    pub(super) fn of_process() -> Self {
        let set =
            |name: &str| std::env::var_os(name).filter(|value| !value.to_string_lossy().trim().is_empty());
        Self {
            // A value that is not UTF-8 is a wrong address, not an unset one.
            url: set("DATABASE_URL").map(|url| url.to_string_lossy().into_owned()),
            url_file: set("DATABASE_URL_FILE").map(PathBuf::from),
        }
    }
}

impl Check {
    pub(super) fn database(&mut self, raw: RawDatabase, environment: Environment) -> Database {
        if raw.url.is_some() && raw.url_file.is_some() {
            self.fault("database.url", "and database.url_file are both given; keep one");
        }
        let in_file = raw.url.is_some();
        let connections = self.between("database.connections", raw.connections, 16, 4..=200);
        let given = self.given(raw.url, raw.url_file, "database.url", "database.url_file");
        let given = match given {
            Some(given) => Some(given),
            None if self.faults.iter().any(|fault| fault.starts_with("database.url")) => None,
            None => self.of_environment(environment),
        };
        let address = given.and_then(|(field, text)| self.database_address(field, &text));
        let secret_in_file = in_file && address.as_ref().is_some_and(Address::has_password);
        Database { address, connections, secret_in_file }
    }

    fn of_environment(&mut self, environment: Environment) -> Option<(&'static str, String)> {
        if environment.url.is_some() && environment.url_file.is_some() {
            self.fault("DATABASE_URL", "and DATABASE_URL_FILE are both set; keep one");
        }
        self.given(environment.url, environment.url_file, "DATABASE_URL", "DATABASE_URL_FILE")
    }

    fn given(
        &mut self,
        url: Option<String>,
        file: Option<PathBuf>,
        field: &'static str,
        file_field: &'static str,
    ) -> Option<(&'static str, String)> {
        match (url, file) {
            (Some(url), _) => Some((field, url)),
            (None, Some(file)) => self.secret(file_field, file).map(|text| (file_field, text)),
            (None, None) => None,
        }
    }

    fn database_address(&mut self, field: &str, text: &str) -> Option<Address> {
        match Address::parse(text) {
            Ok(address) => Some(address),
            Err(error) => {
                self.fault(field, &format!("{:#}", anyhow::Error::from(error)));
                None
            }
        }
    }
}
