//! People: let in, corrected, with roles per site.

use boomgate_operations::access::Role;
use boomgate_operations::fault::Change;
use boomgate_operations::unit;
use boomgate_operations::users::{AddUser, SetUser, SiteVisibility, UserAdded, UserSet, add, all, set};

use super::*;

impl Company {
    async fn add_user(
        &self,
        name: &str,
        role: Option<Role>,
        sites: &[&str],
    ) -> Result<UserAdded, OperationError> {
        let sites = sites.iter().map(|code| code.parse().unwrap()).collect();
        let request = AddUser { name: name.into(), role, sites, email: None };
        let (by, hash) = (self.by().await, format!("hash {}", uuid::Uuid::now_v7()));
        unit::run(&mut self.client().await, async |unit| add(unit, &by, &request, hash).await).await
    }

    async fn set_user(
        &self,
        name: &str,
        role: Option<Role>,
        give: &[&str],
        take: &[&str],
    ) -> Result<UserSet, OperationError> {
        let codes = |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect();
        let request = SetUser { name: name.into(), role, give: codes(give), take: codes(take) };
        let by = self.by().await;
        unit::run(&mut self.client().await, async |unit| set(unit, &by, &request).await).await
    }
}

fn these(codes: &[&str]) -> SiteVisibility {
    SiteVisibility::These(codes.iter().map(|code| (*code).to_owned()).collect())
}

#[tokio::test]
async fn a_known_person_was_said_to_have_the_new_role_and_kept_the_old() {
    let company = Company::new(&["north", "south"]).await;
    company.add_user("Eva", Some(Role::Admin), &[]).await.unwrap();
    let stored = company.stored("eva").await.unwrap();
    let refused = company.add_user("eva", Some(Role::Guard), &["north"]).await.unwrap_err();
    let (field, words) = faults(&refused).remove(0);
    assert_eq!(field, "role");
    assert!(words.contains("guard is given, but Eva is known as admin"), "{words}");
    assert_eq!(company.stored("eva").await.unwrap().password_hash, stored.password_hash);
    // Without a role, or with the one that is stored, the password changes and the truth is said.
    for role in [None, Some(Role::Admin)] {
        let added = company.add_user("eva", role, &[]).await.unwrap();
        assert_eq!((added.person.role(), added.person.sees()), (Some(Role::Admin), SiteVisibility::Every));
        assert!(added.was_known && added.person.name == "Eva");
    }
    assert_ne!(company.stored("eva").await.unwrap().password_hash, stored.password_hash);
}

#[tokio::test]
async fn an_operator_or_guard_of_the_command_line_saw_no_site() {
    let company = Company::new(&[]).await;
    let refused = company.add_user("ann", None, &[]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("needs a site to see, and there is no site yet"), "{refused}");
    company.open_site("north").await;
    let added = company.add_user("ann", None, &[]).await.unwrap();
    assert_eq!((added.person.role(), added.person.sees()), (Some(Role::Operator), these(&["north"])));
    assert_eq!(company.seen("ann").await, ["north:operator"]);
    assert_eq!(company.audited("user.add").await["role"], "operator");

    company.open_site("south").await;
    let refused = company.add_user("bob", Some(Role::Guard), &[]).await.unwrap_err();
    let words = "say which sites the new guard sees; there are: north, south";
    assert_eq!(faults(&refused)[0].1, words);
    let unknown = company.add_user("bob", Some(Role::Guard), &["west"]).await.unwrap_err();
    assert_eq!(unknown.to_string(), "no site west is known; there are: north, south");
    assert!(company.stored("bob").await.is_none());
    company.add_user("bob", Some(Role::Guard), &["south"]).await.unwrap();
    assert_eq!(company.seen("bob").await, ["south:guard"]);
    // An admin and a new password left no line.
    company.add_user("root", Some(Role::Admin), &[]).await.unwrap();
    let line = company.audited("user.add").await;
    assert_eq!((&line["role"], &line["by"]), (&"admin".into(), &"command line".into()));
    let known = company.add_user("root", None, &[]).await.unwrap();
    assert!(known.was_known && company.audited("user.password").await["user"].is_string());
    company.add_user("cleo", None, &["south", "north"]).await.unwrap();
    assert_eq!(company.seen("cleo").await, ["north:operator", "south:operator"]);
    let refused = company.add_user("dora", Some(Role::Admin), &["north"]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("an admin sees every site"), "{refused}");
    let refused = company.add_user("bob", None, &["north"]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("bob is known and sees south"), "{refused}");
}

#[tokio::test]
async fn nothing_could_give_or_take_a_site_or_change_a_role() {
    let company = Company::new(&["north", "south"]).await;
    company.add_user("ann", None, &["north"]).await.unwrap();
    let done = company.set_user("ANN", None, &["south"], &["north"]).await.unwrap();
    assert_eq!(done.person.sees(), these(&["south"]));
    assert_eq!(done.changes, [Change { field: "sites", before: "north".into(), after: "south".into() }]);
    assert_eq!(company.seen("ann").await, ["south:operator"]);
    assert_eq!(company.audited("user.set").await["sites"], serde_json::json!(["north", "south"]));
    assert_eq!(company.set_user("ann", None, &["south"], &["north"]).await.unwrap().changes, []);
    let done = company.set_user("ann", Some(Role::Admin), &[], &[]).await.unwrap();
    assert_eq!((done.person.sees(), company.seen("ann").await.len()), (SiteVisibility::Every, 2));
    let refused = company.set_user("ann", None, &["north"], &[]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("is an admin and sees every site"), "{refused}");
    // An admin becomes something else only with a site to see.
    let refused = company.set_user("ann", Some(Role::Guard), &[], &[]).await.unwrap_err();
    assert!(faults(&refused)[0].1.contains("would be guard and see no site"), "{refused}");
    assert_eq!(company.seen("ann").await, ["north:admin", "south:admin"]);
    let done = company.set_user("ann", Some(Role::Guard), &["south"], &[]).await.unwrap();
    assert_eq!((done.person.roles().as_str(), done.person.sees()), ("guard", these(&["south"])));
    company.add_user("eva", Some(Role::Admin), &[]).await.unwrap();
    company.set_user("ann", None, &[], &["south"]).await.unwrap();
    let unknown = company.set_user("zoe", None, &["north"], &[]).await.unwrap_err();
    assert!(unknown.to_string().contains("nobody named zoe is known"), "{unknown}");
    let listed = all(&company.client().await, &company.by().await).await.unwrap();
    let words: Vec<_> = listed
        .iter()
        .map(|one| format!("{} {} {}", one.person.name, one.person.roles(), one.person.sees()))
        .collect();
    assert_eq!(words, ["ann nothing no site", "eva admin every site"]);
}

#[tokio::test]
async fn one_person_could_not_be_a_guard_here_and_an_operator_there() {
    let company = Company::new(&["north", "south", "west"]).await;
    company.add_user("ann", Some(Role::Guard), &["north", "south"]).await.unwrap();
    let done = company.set_user("ann", Some(Role::Operator), &["south"], &[]).await.unwrap();
    assert_eq!(done.person.roles(), "guard at north, operator at south");
    assert_eq!(company.seen("ann").await, ["north:guard", "south:operator"]);
    // As what they see a further site has to be said now.
    let refused = company.set_user("ann", None, &["west"], &[]).await.unwrap_err();
    assert_eq!(faults(&refused)[0].0, "role");
    // A role without a site holds everywhere.
    let done = company.set_user("ann", Some(Role::Operator), &[], &[]).await.unwrap();
    assert_eq!(done.person.role(), Some(Role::Operator));
}

#[tokio::test]
async fn a_disabled_person_was_said_to_be_let_in() {
    let company = Company::new(&["north", "south"]).await;
    company.add_user("ann", None, &["north"]).await.unwrap();
    company.run("update users set disabled_at = now()").await;
    let refused = company.add_user("ann", None, &[]).await.unwrap_err();
    assert_eq!(faults(&refused)[0].1, "ann is known and disabled: no password lets them in");
}
