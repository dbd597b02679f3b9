select
    parcel_id,
    customer_id,
    cast(weight_kg as double) as weight_kg,
    round(3.90 + 0.75 * cast(weight_kg as double), 2) as freight_eur
from {{ ref('stg_parcels') }}
