# The processes of one run. Sourced after paths.sh by up and down.
#
# A process NAME has its pid in $run/NAME.pid, its output in $run/NAME.log and
# the mark -Dnotion-kafka.run=$run/NAME on its command line. Only a process with the
# mark counts as ours, because pids are reused.

mark() {
	echo "-Dnotion-kafka.run=$run/$1"
}

# alive NAME succeeds if the process of the pid file runs and is ours.
alive() {
	local pid
	pid=$(cat "$run/$1.pid" 2>/dev/null) || return 1
	# An ended process has no command line, gone or not yet reaped.
	tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -e "$(mark "$1")"
} 2>/dev/null

# launch NAME JAVA ARG... starts java in a session of its own, so that Ctrl-C in the
# terminal stops the tests and not the processes that they still need.
launch() {
	local name=$1 java=$2
	shift 2
	# 9>&-: the process must not hold the lock of this run.
	setsid "$java" "$(mark "$name")" "$@" >>"$run/$name.log" 2>&1 </dev/null 9>&- &
	echo $! >"$run/$name.pid"
	# Until exec the process has no mark, and would count as ended.
	until alive "$name" || ! kill -0 $! 2>/dev/null; do
		sleep 0.01
	done
}

# await NAME SECONDS COMMAND... waits until COMMAND succeeds. If the process ends or the
# time runs out first, it prints the end of the log and fails.
await() {
	local name=$1 deadline=$((SECONDS + $2))
	shift 2
	until "$@" 2>/dev/null; do
		if ! alive "$name"; then
			complain "$name" "ended while starting"
			return 1
		fi
		if ((SECONDS >= deadline)); then
			complain "$name" "was not ready in time"
			return 1
		fi
		sleep 0.1
	done
}

complain() {
	echo "up: $1 $2; the end of $run/$1.log:" >&2
	tail -n 40 "$run/$1.log" >&2
}

# finish NAME [SIGNAL] stops the process, with SIGKILL if it still runs after 20 s, and
# returns when it has ended.
finish() {
	local name=$1 signal=${2:-TERM} pid deadline=$((SECONDS + 20))
	while alive "$name"; do
		pid=$(cat "$run/$name.pid")
		if [[ -n $signal ]]; then
			kill -s "$signal" "$pid"
			signal=
		elif ((SECONDS >= deadline)); then
			echo "down: $name (pid $pid) did not end: killing it" >&2
			signal=KILL
		fi
		sleep 0.1
	done
	rm -f "$run/$name.pid"
}
