//! Keys of programs: never more than whom they act for.

use boomgate_operations::access::{
    AccessError, Authorized, LanesOperate, LanesRead, PaymentsTake, Permission, Role, SiteRef,
};
use boomgate_operations::keys::{self, AddKey, KeyAdded};
use boomgate_operations::unit;
use boomgate_operations::users::{self, AddUser, SetUser};
use jiff::SignedDuration;

use super::*;

impl Company {
    async fn let_in(&self, name: &str, role: Role, sites: &[&str]) {
        let sites = sites.iter().map(|code| code.parse().unwrap()).collect();
        let request = AddUser { name: name.into(), role: Some(role), sites, email: None };
        let by = self.by().await;
        unit::run(&mut self.client().await, async |unit| {
            users::add(unit, &by, &request, "hash".into()).await
        })
        .await
        .unwrap();
    }

    async fn key(&self, permissions: &[Permission], sites: &[&str]) -> Result<KeyAdded, OperationError> {
        let request = AddKey {
            name: "panel".into(),
            user: "ann".into(),
            permissions: permissions.to_vec(),
            sites: sites.iter().map(|code| code.parse().unwrap()).collect(),
            lifetime: SignedDuration::from_hours(24),
        };
        let by = self.by().await;
        unit::run(&mut self.client().await, async |unit| keys::add(unit, &by, &request).await).await
    }

    async fn bearer(&self, key: &str) -> Option<Actor> {
        keys::bearer(&self.client().await, key, None).await.unwrap()
    }
}

#[tokio::test]
async fn a_key_holds_what_it_names_where_it_names_and_only_as_long_as_its_user_does() {
    let company = Company::new(&["north", "south"]).await;
    company.let_in("ann", Role::Operator, &["north", "south"]).await;
    let added = company.key(&[Permission::LanesRead, Permission::PaymentsTake], &["north"]).await.unwrap();
    let line = company.audited("key.add").await;
    assert_eq!(line["permissions"], serde_json::json!(["lanes:read", "payments:take"]));
    assert!(!line.to_string().contains(&added.key), "the audit shows the key");

    let client = company.client().await;
    let by = Authorized::<LanesRead>::check(company.bearer(&added.key).await.unwrap()).unwrap();
    let sites: Vec<String> = by.sites(&client).await.unwrap().into_iter().map(|site| site.code).collect();
    assert_eq!(sites, ["north"]);
    let south = by.site(&client, Some(&SiteRef::Code("south".into()))).await;
    assert!(matches!(south, Err(AccessError::NotFound("site"))), "{south:?}");
    assert!(Authorized::<LanesOperate>::check(company.bearer(&added.key).await.unwrap()).is_err());

    // Its user becomes a guard there: the money goes, the lanes stay.
    let request = SetUser { name: "ann".into(), role: Some(Role::Guard), give: vec![], take: vec![] };
    let admin = company.by().await;
    unit::run(&mut company.client().await, async |unit| users::set(unit, &admin, &request).await)
        .await
        .unwrap();
    assert!(Authorized::<PaymentsTake>::check(company.bearer(&added.key).await.unwrap()).is_err());
    assert!(Authorized::<LanesRead>::check(company.bearer(&added.key).await.unwrap()).is_ok());
    company.run("update users set disabled_at = now()").await;
    assert!(company.bearer(&added.key).await.is_none(), "its user may not log in any more");
}

#[tokio::test]
async fn a_key_that_is_wrong_over_or_revoked_is_nobodys() {
    let company = Company::new(&["north"]).await;
    company.let_in("ann", Role::Operator, &["north"]).await;
    let added = company.key(&[Permission::LanesRead], &[]).await.unwrap();
    assert!(company.bearer(&added.key).await.is_some());
    assert!(company.bearer(&format!("{}0", added.key)).await.is_none());
    company
        .run("update api_keys set created_at = now() - interval '2 day', expires_at = now() - interval '1 s'")
        .await;
    assert!(company.bearer(&added.key).await.is_none());
    company.run("update api_keys set expires_at = now() + interval '1 day'").await;
    assert!(company.bearer(&added.key).await.is_some());
    let by = company.by().await;
    unit::run(&mut company.client().await, async |unit| keys::revoke(unit, &by, "PANEL").await)
        .await
        .unwrap();
    assert!(company.bearer(&added.key).await.is_none());
    assert!(company.audited("key.revoke").await["key"].is_string());
    // The name is free again.
    company.key(&[Permission::LanesRead], &[]).await.unwrap();
    let taken = company.key(&[Permission::LanesRead], &[]).await.unwrap_err();
    assert!(matches!(taken, OperationError::Conflict { code: "KEY-NAME-TAKEN", .. }), "{taken}");
}

#[tokio::test]
async fn no_key_is_made_for_what_its_user_does_not_hold_or_what_needs_a_step_up() {
    let company = Company::new(&["north"]).await;
    company.let_in("ann", Role::Guard, &["north"]).await;
    let refused = company.key(&[Permission::PaymentsTake, Permission::LanesRead], &[]).await.unwrap_err();
    assert_eq!(faults(&refused).len(), 1);
    assert!(faults(&refused)[0].1.contains("payments:take"), "{refused}");
    company.let_in("eva", Role::Admin, &[]).await;
    company.run("update users set name = case name when 'ann' then 'bob' else 'ann' end").await;
    let refused = company.key(&[Permission::UsersManage], &[]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("users:manage"), "{refused}");
    let refused = company.key(&[], &[]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("say what the key is for"), "{refused}");
}
