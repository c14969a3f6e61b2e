insert into memberships (tenant_id, user_id, site_id, role)
select u.tenant_id, u.id, $2, $3 from users u where u.id = $1
on conflict (user_id, site_id) do update set role = excluded.role
