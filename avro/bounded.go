package avro

import (
	"errors"
	"io"
	"net/http"
)

// maxResponse bounds a registry's response, in bytes. A schema has a few thousand.
const maxResponse = 16 << 20

var errResponseTooLarge = errors.New("the response is larger than 16 MiB")

// A bounded transport fails responses that are too large, because the client reads each
// response into memory.
type bounded struct{ by http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.by.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, maxResponse}
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
		return 0, errResponseTooLarge
	}
	return n, err
}
