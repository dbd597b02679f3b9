-- One row per ride, with its rider's tariff and what the ride costs.
select
    rides.ride_id,
    rides.member_id,
    members.city,
    tariffs.tariff,
    rides.started_at,
    cast(rides.started_at as date) as day,
    date_diff('second', rides.started_at, rides.ended_at) / 60.0 as minutes,
    round(
        tariffs.unlock_fee
        + tariffs.fee_per_minute * date_diff('second', rides.started_at, rides.ended_at) / 60.0,
        2
    ) as fare
from bronze.rides as rides
inner join (
    select member_id, tariff, city
    from bronze.members
    qualify row_number() over (partition by member_id order by updated_at desc) = 1
) as members using (member_id)
inner join (
    select tariff, unlock_fee, fee_per_minute
    from bronze.tariffs
    qualify row_number() over (partition by tariff order by revision desc) = 1
) as tariffs on members.tariff = tariffs.tariff
