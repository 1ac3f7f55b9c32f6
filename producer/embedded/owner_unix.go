//go:build unix

package embedded

import (
	"io/fs"
	"syscall"
)

// ownerOf returns the number of the user who owns a file.
func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return int(stat.Uid), true
}
