#!/usr/bin/env bash
# stop.sh HOME: stops the server that start.sh started there, and waits until it is gone.
set -eu
pid_file=$1/run/neo4j.pid
[ -f "$pid_file" ] || { echo "no server was started in $1" >&2; exit 0; }
pid=$(cat "$pid_file")
kill "$pid" 2>/dev/null || true
for _ in $(seq 300); do
  kill -0 "$pid" 2>/dev/null || { rm -f "$pid_file"; exit 0; }
  sleep 0.2
done
echo "process $pid does not stop" >&2
exit 1
