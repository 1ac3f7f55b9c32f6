//go:build real

package main_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// besetBroker sends the embedded broker invalid and meaningless requests.
func (h *hour) besetBroker(ctx context.Context) {
	paced(ctx, 30, func(n uint64) {
		m := newMalice(h.seed^0xb40, n)
		conn, err := net.DialTimeout("tcp", h.kafkaPort, 5*time.Second)
		if err != nil {
			h.tally.count("embedded broker: no connection")
			return
		}
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second)) // our connection
		what, bytes := m.frame()
		_, _ = conn.Write(bytes) // the broker may close it half-way
		h.tally.count("embedded broker: " + what)
		go func() {
			defer conn.Close()
			if m.once(2) {
				_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
			}
		}()
	})
}

// frame returns the first bytes of a connection.
func (m malice) frame() (what string, frame []byte) {
	switch m.IntN(6) {
	case 0:
		return "other protocols", []byte(pick(m, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\n"+strings.Repeat("x", 1<<20), "\x16\x03\x01\x02\x00\x01", "SSH-2.0-x\r\n", "\x00", ""))
	case 1:
		return "random bytes", m.bytes(m.IntN(4000))
	case 2: // a head that lies about the length
		frame = binary.BigEndian.AppendUint32(nil, pick[uint32](m, 0, 1, 9, 10, 1<<20, 100<<20, 1<<31-1, 1<<31, 1<<32-1))
		frame = binary.BigEndian.AppendUint16(frame, uint16(m.IntN(100)))
		return "lengths", append(binary.BigEndian.AppendUint16(frame, uint16(m.IntN(15))), m.bytes(m.IntN(200))...)
	default:
		return "requests", m.request()
	}
}

// request returns a request of Kafka with an empty, damaged or random body.
func (m malice) request() []byte {
	var request kmsg.Request
	for request == nil {
		request = kmsg.RequestForKey(int16(m.IntN(100)))
	}
	version := int16(m.IntN(int(request.MaxVersion()) + 1))
	request.SetVersion(version)
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID(pick(m, "evil", "", strings.Repeat("x", 5000)))).AppendRequest(nil, request, int32(m.Uint32()))
	const head = 14 // length, key, version, correlation id, length of the client id
	switch m.IntN(4) {
	case 0: // as it is
	case 1:
		for range 1 + m.IntN(4) {
			if len(frame) > head {
				frame[head+m.IntN(len(frame)-head)] = byte(m.Uint32())
			}
		}
	case 2:
		frame = append(frame[:min(len(frame), head)], m.bytes(m.IntN(400))...)
	default: // lists that say that they are long
		frame = append(frame[:min(len(frame), head)], bytes.Repeat(pick(m, []byte{0x7f}, []byte{0xff}, []byte{0, 0xff, 0xff, 0xff, 0x7f}), 1+m.IntN(400))...)
	}
	if len(frame) > 4 {
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	}
	return frame
}

// besetRegistry sends the embedded registry random requests, as a web page and as a
// program, and registers expensive schemas.
func (h *hour) besetRegistry(ctx context.Context) {
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	schemas := evilSchemas()
	paced(ctx, 10, func(n uint64) {
		m := newMalice(h.seed^0x4e6, n)
		subject := pick(m, "evil-value", "evil-2-value", "notion.apart.tasks-value", "..", "%00", strings.Repeat("s", 1+m.IntN(2000)))
		method, path := pick(m, "GET", "GET", "POST", "PUT", "DELETE", "BREW"), pick(m, "", "subjects", "schemas/types", "schemas/ids/"+pick(m, evilNumbers...), "config", "mode",
			"subjects/"+subject+"/versions", "subjects/"+subject+"/versions", "subjects/"+subject+"/versions/"+pick(m, "latest", "1", "-1", "1e9"), "subjects/"+subject,
			"compatibility/subjects/"+subject+"/versions/latest", "config/"+subject)
		if strings.Contains(path, "apart") || path == "config" {
			method = http.MethodGet // programs on this machine may change these
		}
		var body []byte
		switch m.IntN(4) {
		case 0:
			body = m.bytes(m.IntN(1000))
		case 1:
			body = []byte(m.value())
		default:
			body, _ = json.Marshal(map[string]any{"schemaType": "AVRO", "schema": pick(m, schemas...), "compatibility": pick(m, "NONE", "FULL", "x")}) // of strings
		}
		request, err := http.NewRequestWithContext(ctx, method, "http://"+h.registryPort+"/"+path, bytes.NewReader(body))
		if err != nil {
			return // an invalid request cannot be sent
		}
		request.Header.Set("Content-Type", pick(m, "application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry.v1+json", "text/plain"))
		if m.once(10) {
			request.Host = "evil.example"
		}
		response, err := client.Do(request)
		if err != nil {
			h.tally.count("embedded registry: no answer")
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<20))
		h.tally.count(fmt.Sprintf("embedded registry: %s %d", method, response.StatusCode))
		if response.StatusCode >= http.StatusInternalServerError {
			h.t.Errorf("embedded registry: %s %.200s: %d: %.300s", method, path, response.StatusCode, text)
		}
	})
}
