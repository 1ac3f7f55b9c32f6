package control

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// mostUnpacked bounds what a packed answer may become, in bytes: whoever may write to the
// topic could else fill the memory.
const mostUnpacked = 32 << 20

// packed is the answer with its body compressed. Lists of streams shrink to a tenth.
func (a Answer) packed() Answer {
	if len(a.Body) > mostUnpacked {
		return a
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return a // the options are right
	}
	return Answer{Packed: encoder.EncodeAll(a.Body, nil), Error: a.Error}
}

// unpacked is the answer with the body as it was before it was packed.
func (a Answer) unpacked() (Answer, error) {
	if a.Packed == nil {
		return a, nil
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpacked))
	if err != nil {
		return Answer{}, err
	}
	defer decoder.Close()
	body, err := decoder.DecodeAll(a.Packed, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("unpacking it: %w", err)
	}
	return Answer{Body: body, Error: a.Error}, nil
}
