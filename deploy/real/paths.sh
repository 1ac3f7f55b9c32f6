# The paths of the parts that the real suites need. Sourced by the scripts beside it;
# expects $here, the folder of the script, and sets variables only.
#
# The name of a part's folder in the cache has a digest of the file that defines it: a
# changed definition is a new folder. A folder that exists is complete.

apicurio_version=3.3.3
apicurio_sha256=8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63 # of its archive "all" on Maven Central

digest() {
	cat -- "$@" | sha256sum | cut -c1-12
}

cache="${XDG_CACHE_HOME:-$HOME/.cache}/notion-kafka"
kafka_home="$cache/kafka-$(digest "$here/kafka/pom.xml" "$here/kafka/jars.sha256")"
tools_home="$cache/kafka-tools-$(digest "$here/tools/pom.xml" "$here/tools/jars.sha256")"
flink_home="$cache/flink-$(digest "$here/flink/pom.xml" "$here/flink/jars.sha256")"
registry_home="$cache/apicurio-$apicurio_version"
python_home="$cache/python-$(digest "$here/python/requirements.txt" <(python3 -VV))"
python="$python_home/bin/python"
pages_home="$cache/pages-$(digest "$here/pages/package-lock.json")"
asyncapi_home="$cache/asyncapi-$(digest "$here/asyncapi/package-lock.json")"

# One run is a directory: the processes' pid files, logs, data and ports.
run="${REAL_RUN:-$cache/run/default}"
