//! Use cases about a company's records, on a real PostgreSQL.
#![allow(clippy::unwrap_used)]

mod alarms;
mod keys;
mod users;

use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_operations::access::{Actor, Authorized, Grant};
use boomgate_operations::error::OperationError;
use boomgate_operations::sites::{self, AddSite};
use boomgate_store::memberships::Viewer;
use boomgate_store::testing::TestDatabase;
use boomgate_store::users as stored_users;
use serde_json::Value;

/// A company on a database of its own.
struct Company {
    database: TestDatabase,
}

impl Company {
    async fn new(codes: &[&str]) -> Self {
        let company = Self { database: TestDatabase::new().await };
        for code in codes {
            company.open_site(code).await;
        }
        company
    }

    async fn open_site(&self, code: &str) {
        let new = AddSite {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            time_zone: "UTC".parse().unwrap(),
            currency: Currency::EUR,
            languages: vec![Lang::En],
            capacity: None,
        };
        sites::ensure(&self.client().await, &self.by().await, new).await.unwrap();
    }

    async fn client(&self) -> boomgate_store::pool::Object {
        self.database.pool.get().await.unwrap()
    }

    async fn by<G: Grant>(&self) -> Authorized<G> {
        let tenant = sites::tenant(&self.client().await, "Test").await.unwrap();
        Authorized::check(Actor::command_line(tenant)).unwrap()
    }

    async fn run(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    async fn audited(&self, action: &str) -> Value {
        let sql = "select detail from audit where action = $1 order by at desc limit 1";
        self.client().await.query_one(sql, &[&action]).await.unwrap().get(0)
    }

    async fn stored(&self, name: &str) -> Option<stored_users::UserRow> {
        stored_users::by_name(&self.client().await, name).await.unwrap().into_iter().next()
    }

    /// The sites this person sees, each with what they are there: `north:operator`.
    async fn seen(&self, name: &str) -> Vec<String> {
        let user = self.stored(name).await.unwrap();
        let viewer = Viewer { tenant: user.tenant_id, user: Some(user.id), sites: None };
        let visible = viewer.all(&self.client().await).await.unwrap();
        visible
            .into_iter()
            .map(|one| {
                let roles: Vec<&str> = one.roles.iter().map(|role| role.as_str()).collect();
                format!("{}:{}", one.site.code, roles.join("+"))
            })
            .collect()
    }
}

/// What stands against a change: field and words of each.
fn faults(error: &OperationError) -> Vec<(&'static str, String)> {
    let faults: Vec<_> = error.faults().iter().map(|fault| (fault.field, fault.message.clone())).collect();
    assert!(!faults.is_empty(), "{error}");
    faults
}
