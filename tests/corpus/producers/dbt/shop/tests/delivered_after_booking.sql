{{ config(severity='warn') }}

select parcel_id
from {{ ref('parcel_facts') }}
where delivered_at < booked_at
