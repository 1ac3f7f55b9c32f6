package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// head is the beginning of a request: its length, key and version.
func head(length uint32, key, version int16) []byte {
	b := binary.BigEndian.AppendUint32(nil, length)
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	return binary.BigEndian.AppendUint16(b, uint16(version))
}

func TestWhatIsNoKafkaRequestEndsItsConnectionOnly(t *testing.T) {
	e := open(t, t.TempDir())
	for name, sent := range map[string][]byte{
		"unknown key":                append(head(10, 9999, 0), 0, 0, 0, 1, 0xff, 0xff),
		"negative key":               head(10, -1, 0),
		"a web page's POST":          []byte("POST / HTTP/1.1\r\nHost: 127.0.0.1:19092\r\nContent-Length: 4000000000\r\n\r\n"),
		"GET":                        []byte("GET / HTTP/1.1\r\n\r\n"),
		"TLS":                        {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03},
		"4 GiB":                      head(1<<32-1, kmsg.Produce.Int16(), 3),
		"101 MiB":                    head(101<<20, kmsg.Produce.Int16(), 3),
		"a fetch of 5 MiB":           head(5<<20, kmsg.Fetch.Int16(), 4),
		"too short":                  head(9, kmsg.Metadata.Int16(), 1),
		"a version to come":          head(10, kmsg.Metadata.Int16(), 999),
		"a version below the first":  head(10, kmsg.Metadata.Int16(), -1),
		"garbage behind the request": append(request(t), "garbage!"...),
	} {
		conn := dial(t, e)
		if _, err := conn.Write(sent); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil && !isReset(err) {
			t.Errorf("%s: the connection is not ended: %v", name, err)
		}
	}
	if err := client(t, e).Ping(t.Context()); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestRequestsArriveInPiecesOfAnySize(t *testing.T) {
	e := open(t, t.TempDir())
	conn := dial(t, e)
	for range 2 {
		for _, b := range request(t) {
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		var length uint32
		if err := binary.Read(conn, binary.BigEndian, &length); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, conn, int64(length)); err != nil {
			t.Fatal(err)
		}
	}
}

// request returns a request for the versions that the broker knows.
func request(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write(head(10, kmsg.ApiVersions.Int16(), 0))
	b.Write([]byte{0, 0, 0, 1, 0xff, 0xff})
	return b.Bytes()
}

func dial(t *testing.T, e *Embedded) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", e.Brokers()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// isReset reports whether the connection ended before all that was sent was read.
func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

// Any program on this machine can connect again and again; that is logged once a
// minute.
func TestManyBadConnectionsAreFewLinesOfTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := newFrames(nil, slog.New(slog.NewTextHandler(&log, nil)))
		knock := func() {
			here, there := net.Pipe()
			go func() {
				_, _ = there.Write(head(10, 9999, 0)) // it is read as a whole
				there.Close()
			}()
			if n, err := l.framed(here).Read(make([]byte, 100)); err == nil {
				t.Errorf("%d bytes were passed on", n)
			}
			here.Close()
		}
		for range 500 {
			knock()
		}
		time.Sleep(time.Minute)
		knock()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "key 9999") || !strings.Contains(lines[1], "more=499") {
			t.Errorf("%d lines, the first %s\nthe last %s", len(lines), lines[0], lines[len(lines)-1])
		}
	})
}
