#!/usr/bin/env bash
# An aarch64 CPython that runs under qemu-user: Debian's packages, unpacked side by side with what this machine runs.
#
#   tools/arm_root.sh                      makes build/arm/root and build/arm/site, in about a minute, 700 MB
#   build/arm/python -c 'import numpy'     runs it
#
# Needs Debian or Ubuntu, qemu-user and pip; no root, no container, no second stage. The guest cannot start programs.
set -euo pipefail
cd "$(dirname "$0")/.."

release=bookworm python=3.11
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
keys=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
here=$PWD/build/arm
# What the tests and the benches import there; opencv renders the pictures of the tests.
packages=(numpy pillow zxing-cpp opencv-python-headless pytest hypothesis segno reedsolo)

command -v qemu-aarch64 >/dev/null || { echo "On Debian and Ubuntu: apt-get install qemu-user" >&2; exit 2; }
rm -rf "$here/root" "$here/site" "$here/apt"
mkdir -p "$here"/apt/{state/lists/partial,cache/archives/partial,etc/preferences.d} "$here/root"

# An apt of its own that knows arm64 alone and believes that nothing is installed.
echo "deb [signed-by=$keys] $mirror $release main" >"$here/apt/sources.list"
: >"$here/apt/status"
own_apt() {
    apt-get -qq -o Dir::Etc="$here/apt/etc" -o Dir::Etc::SourceList="$here/apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$here/apt/state" -o Dir::State::status="$here/apt/status" \
        -o Dir::Cache="$here/apt/cache" -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}
own_apt update
own_apt install --yes --download-only --no-install-recommends "python$python" "libpython$python-dev" libstdc++6 >/dev/null
for package in "$here"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$here/root"
done
rm -rf "$here/apt"

"${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$here/site" --only-binary=:all: \
    --implementation cp --python-version "$python" --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
    --platform manylinux_2_27_aarch64 --platform manylinux_2_28_aarch64 "${packages[@]}"

# A fixed hash seed and one thread, so that a run repeats to the instruction (with `setarch -R`).
cat >"$here/python" <<'SCRIPT'
#!/bin/sh
# Python for aarch64, emulated; QEMU holds further options of qemu-aarch64.
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}$here/site" PYTHONHASHSEED=0 OPENBLAS_NUM_THREADS=1 PYTHONNOUSERSITE=1
exec setarch -R qemu-aarch64 $QEMU -L "$here/root" "$here/root/usr/bin/python3.11" "$@"
SCRIPT
chmod +x "$here/python"
"$here/python" -c 'import sys, numpy, PIL; print(sys.version.split()[0], "numpy", numpy.__version__, "Pillow", PIL.__version__)'
