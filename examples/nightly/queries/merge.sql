select *
from staging_${table}
where td_time_range(time, '${session_date}', null, 'JST')
