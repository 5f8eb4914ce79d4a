#!/bin/sh
# Install Debian packages that are missing: debian.sh PACKAGE…
# Where it cannot (another system, no right to), it says so in one line and succeeds: what needs them says so too.
set -u

missing=
for package in "$@"; do
    case $(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null) in
        *"ok installed") ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    case $(uname -s) in
        Darwin) hint="brew install fluid-synth ffmpeg" ;;
        *) hint="your system's package manager has them under like names" ;;
    esac
    echo "Not installed (optional):$missing; $hint"
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root="env"
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    echo "Not installed (optional):$missing; install with: sudo apt-get install$missing"
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing Debian packages:$missing"
install="$as_root DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends"
# The list of packages may be stale or absent: refresh it only when it does not serve.
$install $missing </dev/null >"$log" 2>&1 && exit 0
$as_root apt-get update --quiet </dev/null >>"$log" 2>&1
$install $missing </dev/null >"$log" 2>&1 && exit 0
echo "Not installed (optional):$missing; apt-get said: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
