select
    c.customer_id,
    c.customer_name,
    sum(f.freight_eur) as freight_eur
from {{ ref('freight_costs') }} as f
join {{ ref('stg_customers') }} as c on f.customer_id = c.customer_id
group by c.customer_id, c.customer_name
