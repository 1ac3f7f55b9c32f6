package notion

// RoomFor is a room whose readings run so many bytes ahead.
func RoomFor(backlog int64) *Room {
	r := NewRoom()
	r.backlog = newBacklog(backlog)
	return r
}
