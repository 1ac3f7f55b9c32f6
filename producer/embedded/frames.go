package embedded

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// largestProduce bounds a produce request, in bytes, as brokers do
	// (Kafka: socket.request.max.bytes).
	largestProduce = 100 << 20
	// largestRequest bounds every other request, in bytes. The largest of ours, a
	// fetch or a commit over every topic, stays far below it.
	largestRequest = 4 << 20
	// smallestRequest is what every request has, in bytes: key, version,
	// correlation id and the length of the client id
	// (Kafka protocol guide: request header v1).
	smallestRequest = 10
)

// frames is a listener whose connections pass on only requests that have a head
// which kfake can read. kfake allocates whatever length a request claims, and takes
// every key for a known one: a web page that posts to the port, or 14 bytes from any
// program on this machine, would end the process.
type frames struct {
	net.Listener
	ended *endingLog
}

func newFrames(l net.Listener, log *slog.Logger) frames { return frames{l, &endingLog{log: log}} }

// Accept implements net.Listener.
func (l frames) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.framed(conn), nil
}

func (l frames) framed(conn net.Conn) *framedConn { return &framedConn{Conn: conn, ended: l.ended} }

// A framedConn checks the head of each request before it passes the request on, and
// ends the connection at the first bad one. One goroutine at a time reads from it.
type framedConn struct {
	net.Conn
	ended *endingLog

	head      [8]byte // length, key and version of the request that is being read
	from      int     // how many bytes of the head were passed on
	remaining int     // bytes of the request after the head
	read      bool    // the head was read
}

// Read implements io.Reader.
func (c *framedConn) Read(p []byte) (int, error) {
	if c.read && c.from == len(c.head) && c.remaining == 0 {
		c.read = false
	}
	if !c.read {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.from < len(c.head) {
		n := copy(p, c.head[c.from:])
		c.from += n
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.remaining)])
	c.remaining -= n
	return n, err
}

// next reads and checks the head of the next request.
func (c *framedConn) next() error {
	if _, err := io.ReadFull(c.Conn, c.head[:]); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(c.head[:4])
	key, version := int16(binary.BigEndian.Uint16(c.head[4:6])), int16(binary.BigEndian.Uint16(c.head[6:8])) //nolint:gosec // the protocol's own types
	if err := checkHead(length, key, version); err != nil {
		c.ended.add(c.RemoteAddr(), err)
		return err
	}
	const afterLength = 4
	c.read, c.from, c.remaining = true, 0, int(length)-afterLength
	return nil
}

// checkHead returns an error for a request that the broker cannot read.
func checkHead(length uint32, key, version int16) error {
	request := kmsg.RequestForKey(key)
	if request == nil {
		return fmt.Errorf("no Kafka request has key %d: something other than a Kafka client connected", key)
	}
	largest := uint32(largestRequest)
	if key == kmsg.Produce.Int16() {
		largest = largestProduce
	}
	if length < smallestRequest || length > largest {
		return fmt.Errorf("a %s request of %d bytes is outside of %d to %d bytes", kmsg.NameForKey(key), length, smallestRequest, largest)
	}
	if version < 0 || version > request.MaxVersion() {
		return fmt.Errorf("version %d of the %s request is unknown", version, kmsg.NameForKey(key))
	}
	return nil
}

// An endingLog logs connections that were ended: one a minute, with the number of
// those that were not logged since the line before.
type endingLog struct {
	log *slog.Logger

	mu     sync.Mutex // guards what follows
	logged time.Time
	more   int
}

func (e *endingLog) add(from net.Addr, err error) {
	const logInterval = time.Minute
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.logged) < logInterval {
		e.more++
		return
	}
	e.log.Warn("a connection to the embedded broker was ended", "from", from.String(), "error", err, "more", e.more)
	e.logged, e.more = time.Now(), 0
}
