# java.sh HOME server|admin [ARGS]: runs the jars in HOME/lib with the class and flags that their version needs.
set -eu
home=$1; what=$2; shift 2
flags="--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
server=org.neo4j.server.CommunityEntryPoint
if ls "$home"/lib/neo4j-20[0-9][0-9].*.jar >/dev/null 2>&1; then  # the line after 5.26 LTS
  flags="$flags --enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector"
  server=org.neo4j.server.Neo4jCommunity
fi
if [ "$what" = admin ]; then
  main=org.neo4j.cli.AdminTool
  # It lives for seconds: the optimising compiler would take more of them than it gives back (20 instead of 34 seconds
  # of processor time for importing a million relationships).
  flags="$flags -XX:TieredStopAtLevel=1"
  export NEO4J_HOME="$home" NEO4J_CONF="$home/conf"
else
  main=$server
  set -- --home-dir="$home" --config-dir="$home/conf" --console-mode "$@"
fi
# shellcheck disable=SC2086 # the flags are words
exec "${JAVA:-java}" $flags -Xmx1g -cp "$home/lib/*" "$main" "$@"
