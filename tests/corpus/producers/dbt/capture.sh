#!/usr/bin/env bash
# Captures what dbt-ol sends for a green and for a broken build, in both of its modes.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
events=$(cd "$here/../../events" && pwd)
lock=$(cd "$here/../../../../requirements" && pwd)/dbt.txt
# A fixed, neutral folder: it ends up in the names of the datasets.
root=/tmp/corpus
# Stack traces quote the interpreter's own folder, so the one of the distribution is taken.
python=${CORPUS_PYTHON:-/usr/bin/python3}
export SHOP_HOME=$root/shop

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
if [ ! -x "$root/env-dbt/bin/dbt-ol" ]; then
    mkdir -p "$root"
    python3 -m venv "$tool"
    "$tool/bin/pip" install -q uv==0.13.9
    "$tool/bin/uv" venv -q -p "$python" "$root/env-dbt"
    "$tool/bin/uv" pip install -q --require-hashes -p "$root/env-dbt/bin/python" -r "$lock"
fi
export PATH="$root/env-dbt/bin:$PATH"

export DBT_SEND_ANONYMOUS_USAGE_STATS=false
export OPENLINEAGE__TRANSPORT__TYPE=file
export OPENLINEAGE__TRANSPORT__APPEND=true
unset OPENLINEAGE_URL OPENLINEAGE_CONFIG

for mode in default structured; do
    # Each mode starts from an empty warehouse; its broken build follows its green one.
    rm -rf "$SHOP_HOME"
    cp -r "$here/shop" "$SHOP_HOME"
    mkdir -p "$SHOP_HOME/seeds" "$SHOP_HOME/landing"
    cd "$SHOP_HOME"
    flags=()
    if [ "$mode" = structured ]; then
        flags=(--consume-structured-logs)
    fi
    for day in green broken; do
        cp "days/$day"/raw_*.csv seeds/
        cp "days/$day/scans.csv" landing/
        out=$events/dbt_${mode}_$day.ndjson
        rm -f "$out"
        # The broken build exits with 1, as dbt itself does.
        OPENLINEAGE__TRANSPORT__LOG_FILE_PATH=$out dbt-ol "${flags[@]}" build \
            >"$root/dbt_${mode}_$day.log" 2>&1 || true
        wc -lc "$out"
    done
done
