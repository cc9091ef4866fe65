#!/bin/sh
# Runs on the device, beside qrcore_bench, zxing.py and frames/; prints one JSON object.
# Arguments go to qrcore_bench. RUN is put before it, for emulators; PYTHON is the Python that may have zxing-cpp.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}

chmod +x qrcore_bench
${RUN:-} ./qrcore_bench device "$@" frames/*.pgm >qrcore.json
zxing=null
if "$python" -c 'import zxingcpp' >/dev/null 2>&1; then
    "$python" zxing.py qrcore.json frames/*.pgm >zxing.json && zxing=$(cat zxing.json)
fi
printf '{"system": "%s", "date": "%s",\n"qrcore": %s,\n"zxing-cpp": %s}\n' \
    "$(uname -srm)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(cat qrcore.json)" "$zxing"
