#!/usr/bin/env bash
# Captures what Airflow's OpenLineage provider sends while `airflow dags test` runs three DAGs.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
events=$(cd "$here/../../events" && pwd)
# A fixed, neutral folder: it ends up in the names of the datasets.
root=/tmp/corpus
# Stack traces quote the interpreter's own folder, so the one of the distribution is taken.
python=${CORPUS_PYTHON:-/usr/bin/python3}
export SHOP_HOME=$root/airflow
export AIRFLOW_HOME=$root/airflow

rm -rf "$AIRFLOW_HOME"
mkdir -p "$AIRFLOW_HOME"
cp -r "$here/dags" "$AIRFLOW_HOME/dags"
rm -rf "$AIRFLOW_HOME/dags/__pycache__"

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
if [ ! -x "$root/env-airflow/bin/airflow" ]; then
    python3 -m venv "$tool"
    "$tool/bin/pip" install -q uv==0.13.9
    "$tool/bin/uv" venv -q -p "$python" "$root/env-airflow"
    "$tool/bin/uv" pip install -q -p "$root/env-airflow/bin/python" -r "$here/requirements.txt"
fi
export PATH="$root/env-airflow/bin:$PATH"

export AIRFLOW__CORE__LOAD_EXAMPLES=false
export AIRFLOW__CORE__DAGS_FOLDER=$AIRFLOW_HOME/dags
# Every name of this machine stays out of the events.
export AIRFLOW__CORE__HOSTNAME_CALLABLE=shop_host.neutral
export PYTHONPATH=$here
export AIRFLOW_CONN_SHOP="{\"conn_type\": \"sqlite\", \"host\": \"$SHOP_HOME/shop.db\"}"
export AIRFLOW__OPENLINEAGE__NAMESPACE=airflow-parcels
unset OPENLINEAGE_URL OPENLINEAGE_CONFIG

airflow db migrate >"$AIRFLOW_HOME/db.log" 2>&1
airflow dags reserialize >"$AIRFLOW_HOME/reserialize.log" 2>&1

capture() {
    local dag=$1 out=$events/airflow_$2.ndjson
    rm -f "$out"
    # dags test exits with 1 when the run fails, which is what two of the runs are for.
    AIRFLOW__OPENLINEAGE__TRANSPORT="{\"type\": \"file\", \"log_file_path\": \"$out\", \"append\": true}" \
        airflow dags test "$dag" 2026-11-02 >"$AIRFLOW_HOME/$2.log" 2>&1 || true
    wc -lc "$out"
}

capture parcel_intake parcel_intake
capture carrier_rates carrier_rates
capture daily_settlement daily_settlement
# The same logical date again, as an operator does after a repair: the provider reuses the runIds.
SHOP_INVOICE_COLUMNS=invoice_id,customer_id,freight_eur capture daily_settlement daily_settlement_rerun
