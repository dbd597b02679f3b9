#!/bin/sh
# Runs a command and shows what it printed only if it failed.
output=$("$@" 2>&1) || { status=$?; printf '%s\n' "$output" >&2; exit "$status"; }
