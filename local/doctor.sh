#!/bin/sh
# `make doctor`: says what this machine lacks to build and test s3watch, and how to get it. In plain sh, since it has to run
# where nothing is installed yet. Exits with 1 if anything but an optional part is missing.
#
# `local/doctor.sh python` checks Python alone and is silent if it is fine; `make setup` begins with it.

cd "$(dirname "$0")/.." || exit 1

DISK=2000 # MB: .venv takes 700, the build and a run of the tests some hundred more
GET_PYTHON="get it from https://www.python.org/downloads/, or by \`apt install python3.13 python3.13-venv\`, \
\`brew install python@3.13\`, \`uv python install 3.13\` or \`pyenv install 3.13\`, and put it on PATH"
lacking=0

ok() { echo "ok        $1"; }
missing() {
    echo "missing   $1: $2"
    lacking=1
}
optional() { echo "optional  $1: $2"; }

check_python() {
    if ! python3.13 -c '' 2>/dev/null; then # a version manager's shim may be there and run nothing
        missing python3.13 "$GET_PYTHON"
    elif ! python3.13 -c 'import ensurepip, venv' 2>/dev/null; then
        missing "python3.13's venv" "Debian and Ubuntu ship it apart: \`apt install python3.13-venv\`"
    else
        ok "$(python3.13 --version 2>&1)"
    fi
}

if [ "${1:-}" = python ]; then
    said=$(check_python)
    case $said in missing*) echo "$said" >&2 && exit 1 ;; esac
    exit 0
fi

check_python

if command -v make >/dev/null; then ok make; else missing make "install it by your system's package manager"; fi

if touch .doctor 2>/dev/null && rm .doctor; then
    ok "this folder can be written to"
else
    missing "permission to write to $PWD" "it belongs to somebody else: clone it anew as yourself"
fi

free=$(df -Pm . | awk 'NR == 2 { print $4 }')
if [ "$free" -ge "$DISK" ]; then ok "$free MB of disk"; else missing "disk" "$free MB are free here, $DISK are needed"; fi

# The local AWS listens on a port of loopback, a free one unless LOCAL_AWS_PORT names it.
probe="import socket; socket.create_server(('127.0.0.1', ${LOCAL_AWS_PORT:-0}))"
if ! python3.13 -c '' 2>/dev/null; then
    optional "a port of 127.0.0.1" "not looked at, that takes python3.13"
elif python3.13 -c "$probe" 2>/dev/null; then
    ok "a free port of 127.0.0.1"
else
    missing "port ${LOCAL_AWS_PORT:-0} of 127.0.0.1" "something listens there: unset LOCAL_AWS_PORT to have a free one chosen"
fi

if [ -e .venv/.ready ]; then ok ".venv"; else optional ".venv" "not made yet: \`make setup\`, which all other targets do first"; fi

if docker info >/dev/null 2>&1; then
    ok Docker
else
    optional Docker "only \`sam local invoke\` runs functions in it: install Docker Engine and start it (all else works without)"
fi

exit $lacking
