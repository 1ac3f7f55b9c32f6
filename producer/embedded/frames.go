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

// frames is a listener whose connections hand on nothing but heads of Kafka
// requests that kfake can read. kfake believes a length and allocates it, and
// takes every key for one that it knows: a web page that posts to the port, or
// 14 bytes from anybody on this machine, would end the process.
type frames struct {
	net.Listener
	ended *endings
}

func newFrames(l net.Listener, log *slog.Logger) frames { return frames{l, &endings{log: log}} }

// Accept implements net.Listener.
func (l frames) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.framed(conn), nil
}

func (l frames) framed(conn net.Conn) *framedConn { return &framedConn{Conn: conn, ended: l.ended} }

// A framedConn looks at the head of each request before anybody else does, and
// ends the connection at the first one that is no request. One goroutine at a
// time reads from it.
type framedConn struct {
	net.Conn
	ended *endings

	head [8]byte // length, key and version of the request that is being read
	from int     // what of the head was handed on; all of it before the first request
	left int     // bytes of the request behind the head
	read bool    // the head was read
}

// Read implements io.Reader.
func (c *framedConn) Read(p []byte) (int, error) {
	if c.read && c.from == len(c.head) && c.left == 0 {
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
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
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
		c.ended.tell(c.RemoteAddr(), err)
		return err
	}
	const behindLength = 4
	c.read, c.from, c.left = true, 0, int(length)-behindLength
	return nil
}

// checkHead says why a request is none that the broker can read.
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

// endings tells in the log of connections that were ended: of one a minute, and of
// how many more there were since the line before.
type endings struct {
	log *slog.Logger

	mu   sync.Mutex // guards what follows
	told time.Time
	more int
}

func (e *endings) tell(from net.Addr, err error) {
	const seldom = time.Minute
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.told) < seldom {
		e.more++
		return
	}
	e.log.Warn("a connection to the embedded broker was ended", "from", from.String(), "error", err, "more", e.more)
	e.told, e.more = time.Now(), 0
}
