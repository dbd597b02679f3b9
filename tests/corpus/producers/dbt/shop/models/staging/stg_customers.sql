select
    customer_id,
    trim(customer_name) as customer_name,
    lower(email) as email,
    segment
from {{ ref('raw_customers') }}
