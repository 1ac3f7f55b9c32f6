package embedded

// Serving reports whether this process runs the broker; if not, another one does.
func (e *Embedded) Serving() bool {
	select {
	case <-e.served:
		return true
	default:
		return false
	}
}

// Served is closed once this process runs the broker: at once for the process that
// found the lock free, at the takeover for another one.
func (e *Embedded) Served() <-chan struct{} { return e.served }
