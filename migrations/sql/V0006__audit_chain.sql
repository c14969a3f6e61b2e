-- The chain of V0005's audit. Each sealed line carries the hash of its number, its content and the line before it.

-- What a hash covers: everything but the seal itself, in the fixed text form of jsonb.
create function audit_content(line audit) returns bytea
language sql stable set timezone = 'UTC' as $$
    select convert_to((to_jsonb(line) - '{no,previous,hash}'::text[])::text, 'UTF8')
$$;

-- Seals at most so many waiting lines of a site, oldest first; the caller sees to it that nobody else does.
create function audit_seal(site uuid, most integer) returns bigint language plpgsql as $$
declare
    line audit;
    last_no bigint;
    last_hash bytea;
    sealed bigint := 0;
begin
    select a.no, a.hash into last_no, last_hash
    from audit a where a.site_id = site and a.no is not null order by a.no desc limit 1;
    last_no := coalesce(last_no, 0);
    last_hash := coalesce(last_hash, sha256(uuid_send(site)));
    for line in select * from audit a where a.site_id = site and a.no is null order by a.id limit most loop
        last_no := last_no + 1;
        update audit a
        set no = last_no, previous = last_hash, hash = sha256(last_hash || int8send(last_no) || audit_content(line))
        where a.site_id = site and a.id = line.id
        returning a.hash into last_hash;
        sealed := sealed + 1;
    end loop;
    return sealed;
end $$;

-- The first number at which a site's chain is not what was sealed; null when it is whole.
create function audit_first_broken(site uuid) returns bigint language plpgsql stable as $$
declare
    line audit;
    expected_no bigint := 0;
    expected_previous bytea := sha256(uuid_send(site));
begin
    for line in select * from audit a where a.site_id = site and a.no is not null order by a.no loop
        expected_no := expected_no + 1;
        if line.no <> expected_no or line.previous <> expected_previous
           or line.hash <> sha256(expected_previous || int8send(expected_no) || audit_content(line)) then
            return expected_no;
        end if;
        expected_previous := line.hash;
    end loop;
    return null;
end $$;
