{{ config(materialized='incremental', unique_key='scan_id') }}

select scan_id, parcel_id, scan_type, scanned_at
from {{ ref('stg_scans') }}
{% if is_incremental() %}
where scanned_at > (select coalesce(max(scanned_at), timestamp '1970-01-01') from {{ this }})
{% endif %}
