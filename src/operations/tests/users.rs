//! People on a real PostgreSQL.

use boomgate_store::users as stored_users;

use super::*;
use crate::operations::users::{
    AddUser, Person, Role, Sees, SetUser, UserAdded, UserSet, add, all, set, typed,
};

impl Server {
    /// With two sites, north and south.
    async fn with_sites() -> Self {
        let server = Self::new().await;
        for (site, device) in [("north", "pi-1"), ("south", "pi-2")] {
            let out = server.path(device);
            let made = server.add(|request| {
                request.identity = identity(device);
                request.identity.site = site.parse().unwrap();
                request.out = out;
            });
            made.await.unwrap();
        }
        server
    }

    async fn add_user(&self, name: &str, role: Option<Role>, sites: &[&str]) -> anyhow::Result<UserAdded> {
        let sites = sites.iter().map(|code| code.parse().unwrap()).collect();
        let request = AddUser { name: name.into(), role, sites, password: "pass".into() };
        add(&mut self.pool().get().await.unwrap(), &request).await
    }

    async fn set_user(
        &self,
        name: &str,
        role: Option<Role>,
        give: &[&str],
        take: &[&str],
    ) -> anyhow::Result<UserSet> {
        let codes = |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect();
        let request = SetUser { name: name.into(), role, give: codes(give), take: codes(take) };
        set(&mut self.pool().get().await.unwrap(), &request).await
    }

    /// What the api lets this person see.
    async fn seen(&self, name: &str) -> Vec<String> {
        let client = self.pool().get().await.unwrap();
        let user = stored_users::by_name(&client, name).await.unwrap().unwrap();
        let sites = boomgate_store::sites::of_user(&client, user.id).await.unwrap();
        sites.into_iter().map(|site| site.code).collect()
    }
}

fn these(codes: &[&str]) -> Sees {
    Sees::These(codes.iter().map(|code| (*code).to_owned()).collect())
}

#[tokio::test]
async fn a_known_person_was_said_to_have_the_new_role_and_kept_the_old() {
    let server = Server::with_sites().await;
    server.add_user("Eva", Some(Role::Admin), &[]).await.unwrap();
    assert_eq!(["eva", "Zoë-2", "Ann O'Neil"].map(typed), ["eva", "Zoë-2", "'Ann O'\\''Neil'"]);
    let client = server.pool().get().await.unwrap();
    let stored = stored_users::by_name(&client, "eva").await.unwrap().unwrap();
    let refused = server.add_user("eva", Some(Role::Guard), &["north"]).await.unwrap_err();
    let words = "--role: guard is given, but Eva is known as admin";
    assert!(reasons(&refused)[0].contains(words), "{refused}");
    assert!(reasons(&refused)[0].contains("boomgate user set Eva --role guard"), "{refused}");
    let same = stored_users::by_name(&client, "eva").await.unwrap().unwrap();
    assert_eq!((same.role, same.password_hash), (stored.role, stored.password_hash.clone()));
    // Without a role, or with the one that is stored, the password changes and the truth is said.
    for role in [None, Some(Role::Admin)] {
        let added = server.add_user("eva", role, &[]).await.unwrap();
        let person = Person { name: "Eva".into(), role: "admin".into(), sees: Sees::Every };
        assert_eq!(added, UserAdded { person, was_known: true });
    }
    let changed = stored_users::by_name(&client, "eva").await.unwrap().unwrap();
    assert_ne!(changed.password_hash, stored.password_hash);
}

#[tokio::test]
async fn an_operator_or_guard_of_the_command_line_saw_no_site() {
    let server = Server::new().await;
    let refused = server.add_user("ann", None, &[]).await.unwrap_err();
    assert!(reasons(&refused)[0].contains("needs a site to see, and there is no site yet"), "{refused}");
    server.add(|_| {}).await.unwrap();
    let added = server.add_user("ann", None, &[]).await.unwrap();
    assert_eq!((added.person.role.as_str(), added.person.sees), ("operator", these(&["north"])));
    assert_eq!(server.seen("ann").await, ["north"]);
    assert_eq!(server.audited("user.add").await["role"], "operator");

    let server = Server::with_sites().await;
    let refused = server.add_user("bob", Some(Role::Guard), &[]).await.unwrap_err();
    assert!(
        reasons(&refused)[0].contains("say which sites the new guard sees; there are: north, south"),
        "{refused}"
    );
    let unknown = server.add_user("bob", Some(Role::Guard), &["west"]).await.unwrap_err();
    assert_eq!(unknown.to_string(), "no site west is known; there are: north, south");
    let client = server.pool().get().await.unwrap();
    assert!(stored_users::by_name(&client, "bob").await.unwrap().is_none());
    server.add_user("bob", Some(Role::Guard), &["south"]).await.unwrap();
    assert_eq!(server.seen("bob").await, ["south"]);
    // An admin and a new password left no line.
    server.add_user("root", Some(Role::Admin), &[]).await.unwrap();
    assert_eq!(server.audited("user.add").await["role"], "admin");
    let known = server.add_user("root", None, &[]).await.unwrap();
    assert!(known.was_known && server.audited("user.password").await["user"].is_string());
    server.add_user("cleo", None, &["south", "north"]).await.unwrap();
    assert_eq!(server.seen("cleo").await, ["north", "south"]);
    let refused = server.add_user("dora", Some(Role::Admin), &["north"]).await.unwrap_err();
    assert!(reasons(&refused)[0].contains("an admin sees every site"), "{refused}");
    let refused = server.add_user("bob", None, &["north"]).await.unwrap_err();
    assert!(reasons(&refused)[0].contains("bob is known and sees south"), "{refused}");
}

#[tokio::test]
async fn nothing_could_give_or_take_a_site_or_change_a_role() {
    let server = Server::with_sites().await;
    server.add_user("ann", None, &["north"]).await.unwrap();
    let done = server.set_user("ANN", None, &["south"], &["north"]).await.unwrap();
    assert_eq!(done.person.sees, these(&["south"]));
    assert_eq!(done.changes, [Change { what: "sites", before: "north".into(), after: "south".into() }]);
    assert_eq!(server.seen("ann").await, ["south"]);
    assert_eq!(server.audited("user.set").await["sites"], serde_json::json!(["north", "south"]));
    assert_eq!(server.set_user("ann", None, &["south"], &["north"]).await.unwrap().changes, []);
    let done = server.set_user("ann", Some(Role::Admin), &[], &[]).await.unwrap();
    assert_eq!((done.person.sees, server.seen("ann").await.len()), (Sees::Every, 2));
    let refused = server.set_user("ann", None, &["north"], &[]).await.unwrap_err();
    assert!(reasons(&refused)[0].contains("is an admin and sees every site"), "{refused}");
    let done = server.set_user("ann", Some(Role::Guard), &[], &[]).await.unwrap();
    assert_eq!(done.person, Person { name: "ann".into(), role: "guard".into(), sees: these(&["south"]) });
    server.add_user("eva", Some(Role::Admin), &[]).await.unwrap();
    let refused = server.set_user("eva", Some(Role::Guard), &[], &[]).await.unwrap_err();
    assert!(reasons(&refused)[0].contains("would be guard and see no site"), "{refused}");
    assert_eq!(server.seen("eva").await, ["north", "south"]);
    server.set_user("ann", None, &[], &["south"]).await.unwrap();
    let unknown = server.set_user("zoe", None, &["north"], &[]).await.unwrap_err();
    assert!(unknown.to_string().contains("nobody named zoe is known"), "{unknown}");
    let listed = all(&server.pool().get().await.unwrap()).await.unwrap();
    let words: Vec<_> =
        listed.iter().map(|(one, _)| format!("{} {} {}", one.name, one.role, one.sees)).collect();
    assert_eq!(words, ["ann guard no site", "eva admin every site"]);
}

#[tokio::test]
async fn a_disabled_person_was_said_to_be_let_in() {
    let server = Server::with_sites().await;
    server.add_user("ann", None, &["north"]).await.unwrap();
    server.run("update users set disabled_at = now()").await;
    let refused = server.add_user("ann", None, &[]).await.unwrap_err();
    assert_eq!(reasons(&refused), ["ann is known and disabled: no password lets them in"]);
}
