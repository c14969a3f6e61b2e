//! `boomgate user`: users, their roles and their sites.

use std::process::ExitCode;

use anyhow::Result;
use boomgate_domain::ids::SiteCode;
use boomgate_operations::access::{self, UsersManage};
use boomgate_operations::users::{self, AddUser, Person, SetUser, SiteVisibility, UserAdded};
use boomgate_operations::{passwords, second_factor, unit};
use clap::{Args, Subcommand, ValueEnum};

use super::{WithConfig, command_line, explain, label, print_changes, reader, typed};
use crate::config::Config;
use crate::database::Database;
use crate::log::init as log;
use crate::output;

/// People who may log in.
#[derive(Subcommand)]
pub enum User {
    /// Let a person in, or give a new password to one who is known; the password is printed once
    Add(UserAdd),
    /// Change what a person is and which sites they see
    Set(UserSetting),
    /// Let somebody in again who lost their phone and their recovery codes: no one-time code is asked for, and a new password
    /// is printed once
    Rescue(UserRescue),
    /// Everybody: name, role, sites
    List(WithConfig),
}

#[derive(Args)]
#[command(after_help = "Example:\n  \
    boomgate user rescue eva\n\n\
    The last admin is lost? `boomgate user add NAME --role admin` makes another one. Both stand in the audit.")]
pub struct UserRescue {
    #[arg(value_parser = label, help = "Name of somebody who is known")]
    name: String,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate user add eva --role admin                  sees every site\n  \
    boomgate user add ann --site north --site south     an operator of two sites\n  \
    boomgate user add bob --role guard --site north     as an operator, but takes no money\n  \
    boomgate user add eva                               a new password for eva, who is known and stays what she is\n\n\
    A new operator or guard sees the sites given with --site; where there is only one site, that one. `boomgate user set` \
    changes role and sites of somebody who is known.")]
pub struct UserAdd {
    #[arg(value_parser = label, help = "Name to log in with, in any case")]
    name: String,
    #[arg(long, help = "What a new person may do [default: operator]")]
    role: Option<Role>,
    #[arg(
        long = "site",
        value_name = "CODE",
        value_delimiter = ',',
        help = "A site that a new person sees; may be repeated"
    )]
    sites: Vec<SiteCode>,
    #[arg(long, value_name = "ADDRESS", help = "Where links and notices for a new person go")]
    email: Option<String>,
    #[command(flatten)]
    config: WithConfig,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    boomgate user set ann --give west --take south\n  \
    boomgate user set ann --role admin\n  \
    boomgate user set eva --role guard --give north     an admin becomes a guard of one site\n  \
    boomgate user set bob --role operator --give south  an operator there, whatever he is elsewhere\n\n\
    Without --give a role holds at every site the person has. It holds from the person's next request on; nobody has to log in again.")]
#[group(required = true, multiple = true, args = ["role", "give", "take"])]
pub struct UserSetting {
    #[arg(value_parser = label, help = "Name of somebody who is known")]
    name: String,
    #[arg(
        long,
        help = "What the person may do from now on: at the sites given with --give, else at all they have"
    )]
    role: Option<Role>,
    #[arg(
        long,
        value_name = "CODE",
        value_delimiter = ',',
        help = "A site the person sees from now on; may be repeated"
    )]
    give: Vec<SiteCode>,
    #[arg(
        long,
        value_name = "CODE",
        value_delimiter = ',',
        help = "A site the person sees no more; may be repeated"
    )]
    take: Vec<SiteCode>,
    #[command(flatten)]
    config: WithConfig,
}

/// What a person may do.
#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    /// Everything, at every site
    Admin,
    /// Lanes, stays and money of the sites given
    Operator,
    /// Lanes and stays of the sites given; no money
    Guard,
}

impl From<Role> for access::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Operator => Self::Operator,
            Role::Guard => Self::Guard,
        }
    }
}

/// Does one of the user commands.
pub async fn run(command: User) -> Result<ExitCode> {
    match command {
        User::Add(add) => add_user(&add.config.load()?, &add).await,
        User::Set(setting) => set_user(&setting.config.load()?, &setting).await,
        User::Rescue(rescue) => rescue_user(&rescue.config.load()?, &rescue.name).await,
        User::List(with) => list(&with.load()?).await,
    }
}

async fn add_user(config: &Config, add: &UserAdd) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = AddUser {
        name: add.name.clone(),
        role: add.role.map(Into::into),
        sites: add.sites.clone(),
        email: add.email.clone(),
    };
    let password = passwords::new();
    let hash = passwords::hash(&password)?;
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<UsersManage>(&client).await?;
    let added = unit::run(&mut client, async |unit| users::add(unit, &by, &request, hash).await).await;
    drop(client);
    database.close().await?;
    print_added(&added.map_err(explain)?, &password);
    Ok(ExitCode::SUCCESS)
}

async fn rescue_user(config: &Config, name: &str) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let password = passwords::new();
    let hash = passwords::hash(&password)?;
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<UsersManage>(&client).await?;
    let rescued =
        unit::run(&mut client, async |unit| second_factor::rescue(unit, &by, name, &hash).await).await;
    drop(client);
    database.close().await?;
    if rescued.map_err(explain)? {
        output::result(format!("{name} is asked for one-time codes no more; they may turn them on again"));
    }
    output::result(format!("{name} may log in with the password {password}"));
    Ok(ExitCode::SUCCESS)
}

fn print_added(UserAdded { person, was_known }: &UserAdded, password: &str) {
    let (name, role, sees) = (&person.name, person.roles(), person.sees());
    if *was_known {
        output::result(format!("{name} is known and stays {role} of {sees}; the password is another one"));
    } else {
        output::result(format!("{name} is new and sees {sees}"));
    }
    output::result(format!("{name} may log in as {role} with the password {password}"));
    note_no_sites(person);
}

fn note_no_sites(person: &Person) {
    if person.sees() == SiteVisibility::These(Vec::new()) {
        let (name, typed) = (&person.name, typed(&person.name));
        output::note(format!(
            "{name} sees no site; give one: boomgate user set {typed} --role ROLE --give SITE"
        ));
    }
}

async fn set_user(config: &Config, setting: &UserSetting) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let request = SetUser {
        name: setting.name.clone(),
        role: setting.role.map(Into::into),
        give: setting.give.clone(),
        take: setting.take.clone(),
    };
    let database = Database::reach(config).await?;
    let mut client = database.pool.get().await?;
    let by = command_line::<UsersManage>(&client).await?;
    let set = unit::run(&mut client, async |unit| users::set(unit, &by, &request).await).await;
    drop(client);
    database.close().await?;
    let set = set.map_err(explain)?;
    print_changes(&set.person.name, &set.changes);
    note_no_sites(&set.person);
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config) -> Result<ExitCode> {
    log(config.log_json, "warn");
    let database = Database::reach(config).await?;
    let client = database.pool.get().await?;
    let all = match reader::<UsersManage>(&client).await? {
        Some(by) => users::all(&client, &by).await,
        None => Ok(Vec::new()),
    };
    drop(client);
    database.close().await?;
    let all = all?;
    if all.is_empty() {
        output::note("nobody yet; let somebody in with `boomgate user add`");
    }
    for users::Listed { person, disabled_at, .. } in all {
        let state = if disabled_at.is_some() { "\tdisabled" } else { "" };
        output::result(format!("{}\t{}\t{}{state}", person.name, person.roles(), person.sees()));
    }
    Ok(ExitCode::SUCCESS)
}
