"""Ask the published warehouse from Python, read-only: `python examples/query_published.py [PATH]`.

The path is the stable one that a night prints; a night that publishes meanwhile does not disturb the connection.
"""

import sys

import duckdb

path = sys.argv[1] if len(sys.argv) > 1 else "var/simulated/published/tapewire.duckdb"
con = duckdb.connect(path, read_only=True)

print("Skill over the reference walk, all assets and horizons:")
con.sql(
    "SELECT model_name, round(value, 4) AS crps_skill, round(low, 4) AS low, round(high, 4) AS high, is_simulated "
    "FROM marts.forecast_skill WHERE asset = 'ALL' AND horizon_h = 0 AND metric = 'crps_skill' ORDER BY value DESC"
).show()

print("Stablecoin Supply Ratio, the last five days:")
con.sql(
    "SELECT day, round(ssr_par, 3) AS ssr, round(oscillator_z, 2) AS z, is_simulated "
    "FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 5"
).show()
