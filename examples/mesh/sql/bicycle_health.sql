-- Bicycles by how much work they needed.
select
    bicycle_id,
    count(*) as repairs,
    sum(minutes) as workshop_minutes,
    max(repaired_at) as last_repair
from bronze.repairs
group by bicycle_id
