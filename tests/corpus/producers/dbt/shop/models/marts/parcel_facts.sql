with last_scan as (
    select
        parcel_id,
        max(scanned_at) as last_scan_at,
        max(case when scan_type = 'DELIVERED' then scanned_at end) as delivered_at
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    p.parcel_id,
    p.customer_id,
    p.depot_id,
    c.segment,
    p.declared_value,
    p.booked_at,
    s.last_scan_at,
    s.delivered_at
from {{ ref('stg_parcels') }} as p
left join {{ ref('stg_customers') }} as c on p.customer_id = c.customer_id
left join last_scan as s on p.parcel_id = s.parcel_id
