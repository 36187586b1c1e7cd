# A Neo4j server on a bare machine, in a folder of its own: JDK 17 or newer and Maven are all it needs.
# `make neo4j` installs, sets a password (NEO4J_HOME/password), starts; `make neo4j-stop` stops.
# Another version: make neo4j NEO4J_VERSION=2026.08.1 NEO4J_HOME=.neo4j/current JAVA=/path/to/jdk-25/bin/java
NEO4J_VERSION ?= 5.26.19
NEO4J_HOME ?= .neo4j
NEO4J_BOLT_PORT ?= 7687
NEO4J_HTTP_PORT ?= 7474

$(NEO4J_HOME)/lib/.$(NEO4J_VERSION): neo4j/pom.xml
	@command -v mvn >/dev/null || { echo "make neo4j needs Maven: install it (Debian: apt-get install maven)" >&2; exit 1; }
	rm -rf $(NEO4J_HOME)/lib && mkdir -p $(NEO4J_HOME)/lib
	mvn -q -B -f neo4j/pom.xml -Dneo4j.version=$(NEO4J_VERSION) dependency:copy-dependencies -DoutputDirectory=$(abspath $(NEO4J_HOME))/lib
	touch $@

.PHONY: neo4j neo4j-stop
neo4j: $(NEO4J_HOME)/lib/.$(NEO4J_VERSION)
	@bash neo4j/start.sh $(NEO4J_HOME) $(NEO4J_BOLT_PORT) $(NEO4J_HTTP_PORT)

neo4j-stop:
	@bash neo4j/stop.sh $(NEO4J_HOME)
