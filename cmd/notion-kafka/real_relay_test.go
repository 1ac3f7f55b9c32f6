//go:build real

package main_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A relay is a broker's address as its clients know it. It passes everything
// on, and can hold back one request, or the answer to it, so that the broker is
// broken at exactly that moment. While the broker is away it cuts every
// connection, new ones at once.
type relay struct {
	address string // host:port

	mu      sync.Mutex
	broker  string         // host:port of the broker's own listener
	written map[string]int // by client: Produce requests since the last EndTxn
	traps   []*trap
}

// A trap waits for one request of one client, which writes in one transaction at
// a time.
type trap struct {
	client  string   // its client.id
	key     kmsg.Key // the request's kind
	written int      // how many Produce requests its transaction has sent before it
	after   bool     // the request arrives, and its answer is held back
	caught  chan struct{}
}

// An answerTo is the request of a connection whose answer is held back, once there
// is one.
type answerTo struct {
	mu            sync.Mutex
	trap          *trap
	correlationID uint32
}

// newRelay listens until the test ends. Where it leads to is said later: a
// broker has to know its advertised address before it starts.
func newRelay(t *testing.T) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	r := &relay{address: listener.Addr().String(), written: map[string]int{}}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(client)
		}
	}()
	return r
}

// properties have a broker of one node advertise the relay.
func (r *relay) properties() string {
	return fmt.Sprintf("advertised.listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@\n", r.address)
}

func (r *relay) leadTo(broker string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broker = broker
}

// set adds a trap. What it catches stays held until the broker cuts the
// connection.
func (r *relay) set(tr trap) <-chan struct{} {
	tr.caught = make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traps = append(r.traps, &tr)
	return tr.caught
}

// springs counts a request, and finds and takes away the trap that it falls into;
// nil: none.
func (r *relay) springs(client string, key kmsg.Key) *trap {
	r.mu.Lock()
	defer r.mu.Unlock()
	written := r.written[client]
	switch key {
	case kmsg.Produce:
		r.written[client]++
	case kmsg.EndTxn:
		r.written[client] = 0
	}
	for i, tr := range r.traps {
		if tr.client == client && tr.key == key && tr.written == written {
			r.traps = slices.Delete(r.traps, i, i+1)
			return tr
		}
	}
	return nil
}

func (r *relay) serve(client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	address := r.broker
	r.mu.Unlock()
	broker, err := net.Dial("tcp", address)
	if err != nil {
		// As a machine whose port is closed: a reset, no end of the stream.
		_ = client.(*net.TCPConn).SetLinger(0)
		return
	}
	defer broker.Close()
	muted := &answerTo{}
	go func() {
		if held := r.passRequests(client, broker, muted); !held {
			broker.Close()
		}
	}()
	passAnswers(broker, client, muted)
}

// passRequests ends when a connection does, or when a request was held back:
// nothing of the client's reaches the broker over it any more.
func (r *relay) passRequests(client io.Reader, broker io.Writer, muted *answerTo) (held bool) {
	for {
		request, err := readFrame(client)
		if err != nil {
			return false
		}
		key, correlationID, id := readHeader(request)
		if tr := r.springs(id, key); tr != nil && !tr.after {
			close(tr.caught)
			return true
		} else if tr != nil {
			muted.mu.Lock()
			muted.trap, muted.correlationID = tr, correlationID
			muted.mu.Unlock()
		}
		if _, err := broker.Write(request); err != nil {
			return false
		}
	}
}

// passAnswers ends when the broker ends the connection. From the answer that is
// held back on it passes nothing.
func passAnswers(broker io.Reader, client io.Writer, muted *answerTo) {
	held := false
	for {
		answer, err := readFrame(broker)
		if err != nil {
			return
		}
		muted.mu.Lock()
		if !held && muted.trap != nil && muted.correlationID == binary.BigEndian.Uint32(answer[4:]) {
			held = true
			close(muted.trap.caught)
		}
		muted.mu.Unlock()
		if !held {
			if _, err := client.Write(answer); err != nil {
				return
			}
		}
	}
}

// readFrame reads a request or an answer, its length in four bytes included.
func readFrame(from io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, 4+binary.BigEndian.Uint32(length[:]))
	copy(frame, length[:])
	_, err := io.ReadFull(from, frame[4:])
	return frame, err
}

// readHeader reads what every request begins with (Kafka protocol: request
// header v1): its kind, its version, the id that its answer bears, and who asks.
func readHeader(request []byte) (key kmsg.Key, correlationID uint32, client string) {
	const fixed = 4 + 2 + 2 + 4 + 2
	key = kmsg.Key(binary.BigEndian.Uint16(request[4:]))
	correlationID = binary.BigEndian.Uint32(request[8:])
	if length := int(int16(binary.BigEndian.Uint16(request[12:]))); length > 0 {
		client = string(request[fixed : fixed+length])
	}
	return key, correlationID, client
}
