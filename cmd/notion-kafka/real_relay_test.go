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

// A relay forwards connections to a broker. It can hold back one request, or the
// response to it, so that the broker can be broken at exactly that moment, or leave a
// client without responses for ever. While the broker is away it cuts every connection,
// new ones at once.
type relay struct {
	address string // host:port

	mu      sync.Mutex
	broker  string                 // host:port of the broker's own listener
	open    map[string]*openCommit // by transactional id
	traps   []*trap
	unheard map[string]func(kmsg.Key) bool // by client.id of a process: the kinds of its requests that get no response
}

// An openCommit is what a producer has sent since its last transaction ended.
type openCommit struct {
	written int             // Produce requests
	topics  map[string]bool // of the requests: names, or ids if the request has those
}

// A trap waits for one request of the transaction of a client that writes to a topic.
type trap struct {
	client  string   // its client.id
	topic   topicRef // of the data that is committed
	key     kmsg.Key // the request's kind, Produce or EndTxn
	written int      // how many Produce requests the transaction has sent before it
	after   bool     // the request arrives, and its response is held back
	caught  chan struct{}

	// then returns the requests of the process that get no response from then on; nil:
	// all get one.
	then func(kmsg.Key) bool
}

// A topicRef is a topic as requests name it.
type topicRef struct{ name, id string }

// An answerTo is the request of a connection whose response is held back, once there is
// one.
type answerTo struct {
	mu            sync.Mutex
	trap          *trap
	correlationID uint32
}

// newRelay listens until the test ends. Its target is set later: a broker has to know
// its advertised address before it starts.
func newRelay(t *testing.T) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	r := &relay{address: listener.Addr().String(), open: map[string]*openCommit{}, unheard: map[string]func(kmsg.Key) bool{}}
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

// properties makes a broker of one node advertise the relay.
func (r *relay) properties() string {
	return fmt.Sprintf("advertised.listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@\n", r.address)
}

func (r *relay) leadTo(broker string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broker = broker
}

// set adds a trap. What it catches stays held until the broker closes the connection.
func (r *relay) set(tr trap) <-chan struct{} {
	tr.caught = make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traps = append(r.traps, &tr)
	return tr.caught
}

// leaveUnanswered gives these requests of a process no response from now on.
func (r *relay) leaveUnanswered(process string, of func(kmsg.Key) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unheard[process] = of
}

// hears reports whether a client's request of a kind is forwarded.
func (r *relay) hears(client string, key kmsg.Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for process, unheard := range r.unheard {
		if isOf(client, process) && unheard(key) {
			return false
		}
	}
	return true
}

// springs records what a transaction sends, and finds and removes the trap for a
// request; nil: none.
func (r *relay) springs(client string, key kmsg.Key, request []byte) *trap {
	id, topics, ofTransaction := readTransactional(request)
	if !ofTransaction {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	open := r.open[id]
	if open == nil {
		open = &openCommit{topics: map[string]bool{}}
		r.open[id] = open
	}
	for _, topic := range topics {
		open.topics[topic] = true
	}
	written := open.written
	switch key {
	case kmsg.Produce:
		open.written++
	case kmsg.EndTxn:
		delete(r.open, id)
	}
	for i, tr := range r.traps {
		if tr.client == client && tr.key == key && tr.written == written && (open.topics[tr.topic.name] || open.topics[tr.topic.id]) {
			r.traps = slices.Delete(r.traps, i, i+1)
			if tr.then != nil {
				r.unheard[client] = tr.then
			}
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
		// Like a machine whose port is closed: a reset, not the end of the stream.
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

// passRequests ends when a connection does, or when a request was held back: nothing
// more of the client reaches the broker over it.
func (r *relay) passRequests(client io.Reader, broker io.Writer, muted *answerTo) (held bool) {
	for {
		request, err := readFrame(client)
		if err != nil {
			return false
		}
		key, correlationID, id := readHeader(request)
		if !r.hears(id, key) {
			return true
		}
		if tr := r.springs(id, key, request); tr != nil && !tr.after {
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

// passAnswers ends when the broker closes the connection. It forwards nothing from the
// held response on.
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

// readFrame reads a request or a response, including its length in four bytes.
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

// readHeader reads the beginning of every request (Kafka protocol: request header v1):
// its kind, its version, its correlation id, and the client.id.
func readHeader(request []byte) (key kmsg.Key, correlationID uint32, client string) {
	const fixed = 4 + 2 + 2 + 4 + 2
	key = kmsg.Key(binary.BigEndian.Uint16(request[4:]))
	correlationID = binary.BigEndian.Uint32(request[8:])
	if length := int(int16(binary.BigEndian.Uint16(request[12:]))); length > 0 {
		client = string(request[fixed : fixed+length])
	}
	return key, correlationID, client
}

// readTransactional reads what a request does to a transaction: its transactional id,
// and the topics that it writes to, by name or id as in the request; false if it is not
// transactional.
func readTransactional(frame []byte) (id string, topics []string, is bool) {
	key, _, client := readHeader(frame)
	if key != kmsg.Produce && key != kmsg.EndTxn {
		return "", nil, false
	}
	request := kmsg.RequestForKey(key.Int16())
	request.SetVersion(int16(binary.BigEndian.Uint16(frame[6:])))
	body := frame[4+2+2+4+2+len(client):]
	if request.IsFlexible() {
		body = body[1:] // the header's tags: clients send none
	}
	if err := request.ReadFrom(body); err != nil {
		return "", nil, false
	}
	switch request := request.(type) {
	case *kmsg.EndTxnRequest:
		return request.TransactionalID, nil, true
	case *kmsg.ProduceRequest:
		for _, topic := range request.Topics {
			topics = append(topics, topic.Topic, string(topic.TopicID[:]))
		}
		if request.TransactionID != nil {
			return *request.TransactionID, topics, true
		}
	}
	return "", nil, false
}
