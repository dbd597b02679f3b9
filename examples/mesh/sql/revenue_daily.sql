-- Earned and paid, by day and city.
select
    journeys.day,
    journeys.city,
    count(*) as journeys,
    round(sum(journeys.fare), 2) as earned,
    round(sum(coalesce(payments.amount, 0)), 2) as paid
from silver.journeys as journeys
left join bronze.payments as payments using (ride_id)
group by journeys.day, journeys.city
