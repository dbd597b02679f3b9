select
    parcel_id,
    customer_id,
    depot_id,
    weight_kg,
    cast(declared_value as decimal(10, 2)) as declared_value,
    cast(booked_at as timestamp) as booked_at
from {{ ref('raw_parcels') }}
