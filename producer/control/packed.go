package control

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// mostUnpacked bounds the size of an unpacked answer, in bytes. Without it, whoever may
// write to the topic could fill this process's memory.
const mostUnpacked = 32 << 20

// packed returns the answer with its body compressed. Lists of streams shrink to a tenth.
func (a Answer) packed() Answer {
	if len(a.Body) > mostUnpacked {
		return a
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return a // never: the options are valid
	}
	return Answer{Packed: encoder.EncodeAll(a.Body, nil), Error: a.Error}
}

// unpacked returns the answer with its body decompressed.
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
