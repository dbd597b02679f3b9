#!/bin/sh
# Resolves the .in files into hashed locks without registry addresses. Pass --upgrade for newer
# versions: `sh tools/lock.sh --upgrade`. requirements/dbt.* has its own script beside its tests.
set -eu
cd "$(dirname "$0")/.."

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    # Kept out of .venv: it locks, it is not locked.
    uv=build/lock/bin/uv
    if [ ! -x "$uv" ]; then
        "${PYTHON:-python3}" -m venv build/lock
        build/lock/bin/pip install --quiet --disable-pip-version-check uv
    fi
fi

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate "$@"
}
compile --extra postgres "$@" pyproject.toml requirements/runtime.in -o requirements/runtime.txt
compile "$@" requirements/dev.in -o requirements/dev.txt
