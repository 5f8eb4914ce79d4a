#!/bin/sh
# Make a virtual environment with the package, editable, and its extras: venv.sh FOLDER EXTRAS [PIP OPTIONS…]
# Python is $PYTHON where that is set, else the first on the path that is new enough.
set -eu
folder=$1 extras=$2
shift 2

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if "$candidate" -c "$new_enough" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "none")
    echo "Python 3.11 or newer is needed, found: $found; name one with: make PYTHON=/path/to/python3 …" >&2
    return 1
}

bin() { # Windows keeps programs in Scripts
    if [ -d "$folder/Scripts" ]; then echo "$folder/Scripts"; else echo "$folder/bin"; fi
}

if ! "$(bin)/python" -c "$new_enough" 2>/dev/null; then
    python=$(find_python)
    # Debian keeps the means of making environments in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || sh "$(dirname "$0")/debian.sh" python3-venv
    echo "Making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi
echo "Installing stream-v2m[$extras] into $folder"
"$(bin)/python" -m pip install --quiet --disable-pip-version-check "$@" --editable ".[$extras]"
