with old_row as (
    update subscriptions set plate = null where site_id = $1 and id = $2 and plate = $3
)
update subscription_plates set removed_at = $4, removed_by = $5
where site_id = $1 and subscription_id = $2 and plate = $3 and removed_at is null
