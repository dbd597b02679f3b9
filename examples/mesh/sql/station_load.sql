-- How many rides begin at each station.
select
    stations.station_id,
    stations.name,
    stations.docks,
    count(rides.ride_id) as departures,
    round(count(rides.ride_id) / stations.docks, 2) as departures_per_dock
from (
    select station_id, name, docks
    from bronze.stations
    qualify row_number() over (partition by station_id order by day desc) = 1
) as stations
left join bronze.rides as rides on stations.station_id = rides.from_station
group by stations.station_id, stations.name, stations.docks
