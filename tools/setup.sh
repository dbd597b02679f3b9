#!/bin/sh
# Brings .venv up to date: locked dependencies, then the hub and every plugin as editable installs.
# Does nothing when the stamps in .venv say that nothing changed. Called by `make setup`.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
PYTHON=${PYTHON:-}
say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 2; }

find_python() {
    for candidate in $PYTHON python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    die "needs Python 3.11 or newer: name one with PYTHON=/path/to/python3"
}

digest() { cat "$@" | cksum | tr ' ' '-'; }

# One set-up at a time: two terminals may run make at once.
if command -v flock >/dev/null 2>&1; then
    exec 9>.venv.lock
    flock 9
fi

if ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    say "creating $VENV with $("$python" --version 2>&1)"
    rm -rf "$VENV"
    "$python" -m venv "$VENV" ||
        die "could not create $VENV; on Debian: apt-get install python3-venv"
fi

# Tests may run on a newer Python than the one that set the stamp: it is part of the key.
python_version=$("$VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if command -v uv >/dev/null 2>&1; then
    install() { uv pip install --quiet --compile-bytecode --python "$VENV/bin/python" "$@"; }
else
    install() { "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        --no-input "$@"; }
fi

locked=$python_version-$(digest requirements/runtime.txt requirements/dev.txt)
if [ ! -e "$VENV/locked-$locked" ]; then
    say "installing the locked dependencies (about a minute)"
    rm -f "$VENV"/locked-* "$VENV"/linked-*
    install --require-hashes --no-deps --only-binary :all: \
        -r requirements/runtime.txt -r requirements/dev.txt
    touch "$VENV/locked-$locked"
fi

# Hashes and editable installs can't share one call; nothing here may be resolved or downloaded.
projects="pyproject.toml"
editables="-e ."
for project in plugins/*/pyproject.toml; do
    [ -e "$project" ] || continue
    projects="$projects $project"
    editables="$editables -e ./$(dirname "$project")"
done
# shellcheck disable=SC2086  # the lists are ours: no spaces in them
linked=$(digest $projects)
if [ ! -e "$VENV/linked-$linked" ]; then
    say "linking the hub and its plugins"
    rm -f "$VENV"/linked-*
    # shellcheck disable=SC2086
    install --no-deps --no-build-isolation $editables
    "$VENV/bin/python" -m compileall -q hub plugins/*/src # nobody waits for it at the first start
    touch "$VENV/linked-$linked"
fi

# The ODBC lane needs the system's driver manager; the rest works without it.
has_odbc() {
    "$VENV/bin/python" -c 'import ctypes; ctypes.CDLL("libodbc.so.2")' 2>/dev/null &&
        grep -qi '^\[sqlite3' /etc/odbcinst.ini 2>/dev/null
}
if [ ! -e "$VENV/odbc-asked" ] && [ "$(uname)" = Linux ] && ! has_odbc; then
    packages="unixodbc libsqliteodbc"
    root=
    if [ "$(id -u)" != 0 ]; then
        root=no
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root="sudo -n"; fi
    fi
    if [ "$root" != no ] && command -v apt-get >/dev/null 2>&1; then
        say "installing $packages for the ODBC lane"
        log=$VENV/odbc.log
        # shellcheck disable=SC2086
        if $root apt-get update -qq >"$log" 2>&1 &&
            $root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends $packages >>"$log" 2>&1; then :; fi
    fi
    if ! has_odbc; then
        say "no ODBC driver manager: the ODBC lane stays unavailable until you run"
        say "    sudo apt-get install $packages    (or your system's packages of these names)"
    fi
    touch "$VENV/odbc-asked"
fi
