//go:build race

package daemon

// everyPoint is how many points apart a process dies in TestKilledAtAnyPoint:
// under the race detector, ten times as slow, not at every one.
const everyPoint = 4
