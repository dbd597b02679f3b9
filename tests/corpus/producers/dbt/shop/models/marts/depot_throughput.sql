select
    d.depot_id,
    d.depot_name,
    count(*) as parcels,
    count(f.delivered_at) as delivered
from {{ ref('parcel_facts') }} as f
join {{ ref('raw_depots') }} as d on f.depot_id = d.depot_id
group by d.depot_id, d.depot_name
