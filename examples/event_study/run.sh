#!/usr/bin/env bash
# An event study of two tables of one's own. Both are simulated: prices are random walks, with a jump of 3 % (real
# releases) or 5 % (generated ones) in the hour after each event.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tapewire impact --events "$here/simulated_events.csv" --candles "$here/simulated_candles.csv" \
    --windows 1h,4h,24h --out "${1:-study}"
