package producer

// Another person who connects a source may see less of Notion than the one before. What
// they do not see looks like what is gone. So the connection with which a stream was
// scanned is remembered, and where another one scans it, pages that are not found are held
// for a person. The new connection counts from then on
//
//   - when a person confirms the deletes, or
//   - when one scan, which it made from beginning to end, leaves no page held.
//
// Dismissing keeps the pages until the next scan, which holds them again.

// hasOtherBot reports whether the stream is read by another connection than the one whose
// deletes were accepted last.
func (j *job) hasOtherBot() bool {
	accepted, present := j.topicNow().Bot, j.task.presentBot()
	return accepted != "" && present != "" && accepted != present
}

// acceptsBot reports whether the scan that ends now shows that the present connection
// misses nothing.
func (j *job) acceptsBot() bool {
	a := j.absent()
	left := len(a.missing) + len(a.held) + len(a.delisted) + len(a.delistedHeld)
	return left == 0 && j.scansAllSources() && j.scan.Bot == j.task.presentBot()
}
