select
    scan_id,
    parcel_id,
    upper(scan_type) as scan_type,
    cast(scanned_at as timestamp) as scanned_at
from {{ source('landing', 'scans') }}
