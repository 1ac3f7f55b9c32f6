package avro

import (
	"errors"
	"io"
	"net/http"
)

// mostAnswered bounds an answer of a registry, in bytes. Schemas have some thousand.
const mostAnswered = 16 << 20

var errTooMuchAnswered = errors.New("the answer is larger than 16 MiB")

// A bounded transport gives up answers that are too large: the client reads each as a
// whole.
type bounded struct{ by http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.by.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, mostAnswered}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int // bytes
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooMuchAnswered
	}
	return n, err
}
