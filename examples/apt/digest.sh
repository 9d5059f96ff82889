#!/bin/sh
# Sums up access logs: one JSON object a line with .path and .status, plain or compressed with xz, in /logs.
# Writes the digest to /digests and posts it to $WEBHOOK where that is set.
set -eu

logs=${LOGS:-/logs}
digests=${DIGESTS:-/digests}
out=$digests/$(date -u +%Y-%m-%d).json

for file in "$logs"/*.json "$logs"/*.json.xz; do
    case $file in
        *'*'*) ;; # no such file
        *.xz) xz --decompress --stdout "$file" ;;
        *) cat "$file" ;;
    esac
done | jq --slurp '{
    requests: length,
    errors: map(select(.status >= 500)) | length,
    paths: group_by(.path) | map({path: .[0].path, requests: length}) | sort_by(-.requests)[:10]
}' > "$out"

if [ -n "${WEBHOOK:-}" ]; then
    curl --fail --silent --show-error --json "@$out" "$WEBHOOK"
fi
echo "$out"
