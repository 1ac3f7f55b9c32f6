# What is downloaded is known byte for byte. Sourced by the scripts beside it; expects
# $cache of paths.sh.

# maven ARG... runs Maven with a repository of its own beside the parts. Its own
# checksums are not asked for: a repository may lack those of a file, and whoever changes
# a file can change them too. as_known checks every jar against sums of ours, and what a
# changed POM could do is to name other jars.
maven() {
	mvn --batch-mode --quiet --color never "-Dmaven.repo.local=$cache/maven" "$@"
}

# as_known SUMS DIR fails unless DIR has exactly the files of SUMS, byte for byte.
as_known() {
	(cd "$2" && sha256sum --check --strict --quiet "$1" &&
		diff <(cut -c67- "$1" | sort) <(ls | sort)) >&2 || {
		echo "the files in $2 do not match $1: they were changed in transit, or a new version needs new sums" >&2
		return 1
	}
}
