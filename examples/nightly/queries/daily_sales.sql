select c.country, count(*) as orders, sum(o.amount) as amount
from orders o
join customers c on c.id = o.customer_id
where td_time_range(o.time, '${session_date}', null, 'JST')
group by c.country
