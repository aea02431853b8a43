#!/usr/bin/env bash
# A newcomer's first run: deploy/run --once ends by itself, with a feed, and a receipt that opens.
set -euo pipefail
cd "$(dirname "$0")/../.."
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
shown=$(PORT=$port deploy/run --once) || { echo "$shown"; exit 1; }
echo "$shown" | tail -n 40
grep -qE 'purchase +(Visa|Mastercard|American)' <<<"$shown"
grep -qE '→ 302 http' <<<"$shown"
grep -qE '/billing\?session=cbl1\.' <<<"$shown"
# Nothing is left running.
! curl -s -o /dev/null "http://127.0.0.1:$port/healthz"
