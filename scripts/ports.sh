#!/bin/sh
# MIDI ports for a Python that python-rtmidi has no wheel for, where it has to be built: ports.sh PYTHON
# Where it cannot be, this says so and succeeds: files, the synthesizer and browsers need no port.
set -u
python=$1

"$python" -c "import rtmidi" 2>/dev/null && exit 0

has_headers='import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
"$python" -c "$has_headers" || python_headers=python3-dev
[ "$(uname -s)" != Linux ] || sh "$(dirname "$0")/debian.sh" g++ pkg-config libasound2-dev libjack-jackd2-dev ${python_headers-}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Building python-rtmidi for $("$python" --version), which it has no wheel for"
"$python" -m pip install --quiet --disable-pip-version-check --editable ".[ports]" </dev/null >"$log" 2>&1 && exit 0
echo "Not installed (optional): python-rtmidi, for MIDI ports; pip said: $(grep -m 1 -i 'error' "$log" || tail -n 1 "$log")"
