#!/usr/bin/env bash
# start.sh HOME [BOLT_PORT HTTP_PORT]: starts the server in HOME in the background and waits until it answers.
# HOME/lib is filled by Maven (neo4j.mk); settings of your own go to HOME/conf/local.conf. The first start makes a password: HOME/password holds it.
set -eu
here=$(dirname "$(realpath "$0")")
mkdir -p "$1"/{conf,data,logs,run,import,plugins}
home=$(realpath "$1"); bolt=${2:-7687}; http=${3:-7474}
pid_file=$home/run/neo4j.pid
running() { [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

if ! "${JAVA:-java}" -version >/dev/null 2>&1; then
  echo "Neo4j needs Java 17 or newer: install a JDK (Debian: apt-get install openjdk-17-jdk-headless), or set JAVA" >&2
  exit 1
fi
if running; then
  echo "Neo4j is running already (process $(cat "$pid_file"))" >&2
else
  if (exec 3<>"/dev/tcp/127.0.0.1/$bolt") 2>/dev/null; then
    echo "something else listens on port $bolt: stop it, or give other ports: start.sh HOME BOLT_PORT HTTP_PORT" >&2
    exit 1
  fi
  sed "s/@BOLT@/$bolt/; s/@HTTP@/$http/" "$here/neo4j.conf" > "$home/conf/neo4j.conf"
  if [ -f "$home/conf/local.conf" ]; then cat "$home/conf/local.conf" >> "$home/conf/neo4j.conf"; fi
  setsid nohup bash "$here/java.sh" "$home" server > "$home/logs/console.log" 2>&1 < /dev/null &
  echo $! > "$pid_file"
fi
for _ in $(seq 1500); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$http") 2>/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$bolt") 2>/dev/null; then
    python3 "$here/first_password.py" "http://127.0.0.1:$http" "$home/password"
    echo "Neo4j answers at neo4j://localhost:$bolt, its Browser at http://localhost:$http/browser/; user neo4j, password in $home/password" >&2
    exit 0
  fi
  running || { echo "Neo4j did not start; the last lines of $home/logs/console.log:" >&2; tail -20 "$home/logs/console.log" >&2; exit 1; }
  sleep 0.2
done
echo "Neo4j does not answer after five minutes: see $home/logs/" >&2
exit 1
