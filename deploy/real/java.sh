# Finds Java. Sourced by the scripts beside it.

# java17 prints the java to run Kafka and Flink with: JAVA_HOME's, else the PATH's.
java17() {
	local java=${JAVA_HOME:+$JAVA_HOME/bin/}java version
	version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
	if ((${version:-0} < 17)); then
		echo "deploy/real: Java 17 or newer is needed, and $java is ${version:-not there}: set JAVA_HOME" >&2
		return 1
	fi
	echo "$java"
}
