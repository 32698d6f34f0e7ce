#!/bin/sh
# Make .venv with pip in it, from whatever this machine has. Needs no root; asks for a package only as the last way.
set -eu
python=${1:-}
if [ -z "$python" ]; then
    echo "heron-tui needs Python 3.11 or newer, and found none. Debian, Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
fi
[ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && exit 0

"$python" -m venv --clear .venv >/dev/null 2>&1 && exit 0
rm -rf .venv
# Debian keeps ensurepip in a package of its own: these do without it.
command -v uv >/dev/null 2>&1 && uv venv --quiet --seed --python "$python" .venv && exit 0
"$python" -m virtualenv --quiet .venv >/dev/null 2>&1 && exit 0
if "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip .venv && "$python" -m pip --quiet --python .venv/bin/python install pip && exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv --clear .venv && exit 0
fi
echo "Python's venv module is missing here. Debian, Ubuntu: sudo apt-get install python3-venv; then run make again." >&2
exit 1
