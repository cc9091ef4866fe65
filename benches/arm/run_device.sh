#!/bin/sh
# Measures qrcore on a device: fixed work on its big and on its little cores.
#
#   make -C benches/arm device                         builds what the device gets, on any Debian
#   benches/arm/run_device.sh adb [SERIAL]             an Android phone on a cable
#   benches/arm/run_device.sh ssh [USER@]HOST          a board
#   benches/arm/run_device.sh here                     this machine: a board, or Termux on a phone, with this folder
#                                                      and build/arm/device copied to it
#
# Writes JSON to build/arm/device.json, or to the file that OUT names; docs/arm.md says what is in it. The device needs
# nothing. What it has of Python 3 and zxing-cpp (`pip install zxing-cpp`) is measured in the same way. It takes some
# minutes; MEGAPIXELS=5 makes that a quarter. The device should be cool, and its screen on.
set -eu

usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d' >&2
    exit 2
}

repository=$(cd "$(dirname "$0")/../.." && pwd)
files=$repository/build/arm/device
out=${OUT:-$repository/build/arm/device.json}
options="--megapixels ${MEGAPIXELS:-20}"
[ $# -ge 1 ] || usage
[ -x "$files/qrcore_bench" ] || { echo "first: make -C benches/arm device" >&2; exit 2; }

case $1 in
adb)
    [ -z "${2:-}" ] || export ANDROID_SERIAL="$2"
    folder=${FOLDER:-/data/local/tmp/qrcore-bench} # the one place on Android where a program may lie
    adb shell "rm -rf $folder"
    adb push "$files" "$folder" >/dev/null
    adb shell "sh $folder/device.sh $options >$folder/device.json"
    adb pull "$folder/device.json" "$out" >/dev/null
    adb shell "rm -rf $folder"
    ;;
ssh)
    [ -n "${2:-}" ] || usage
    folder=$(ssh "$2" mktemp -d)
    tar -C "$files" -cf - . | ssh "$2" "tar -C $folder -xf -"
    ssh "$2" "sh $folder/device.sh $options" >"$out.part"
    mv "$out.part" "$out"
    ssh "$2" "rm -rf $folder"
    ;;
here)
    # shellcheck disable=SC2086
    sh "$files/device.sh" $options >"$out.part"
    mv "$out.part" "$out"
    ;;
*) usage ;;
esac
echo "wrote $out"
