package notiontest

import (
	"encoding/hex"
	"hash/fnv"
	"net/url"
	"time"
)

// fileLife is how long a signed URL is valid (Notion: reference/file-object).
const fileLife = time.Hour

// appendFile appends an entry of a files property.
func (w *Workspace) appendFile(b []byte, r *row, f File) []byte {
	b = append(b, `{"name":`...)
	b = appendString(b, f.Name)
	if f.URL != "" {
		b = append(b, `,"type":"external","external":{"url":`...)
		b = appendString(b, f.URL)
		return append(b, '}', '}')
	}
	b = append(b, `,"type":"file","file":`...)
	b = w.appendSigned(b, r, f.Name)
	return append(b, '}')
}

// appendSigned appends the URL of a file that Notion hosts, with a new signature: the
// path stays, the query part and the expiry change on every read.
func (w *Workspace) appendSigned(b []byte, r *row, name string) []byte {
	w.signed++
	now := w.opts.Now().UTC()
	nonce := hex.EncodeToString(binaryHash(w.seed, r.id, w.signed))
	query := url.Values{
		"X-Amz-Algorithm":      {"AWS4-HMAC-SHA256"},
		"X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD"},
		"X-Amz-Credential":     {"SIMULATED/" + now.Format("20060102") + "/us-west-2/s3/aws4_request"},
		"X-Amz-Date":           {now.Format("20060102T150405Z")},
		"X-Amz-Expires":        {"3600"},
		"X-Amz-Security-Token": {"token-" + nonce},
		"X-Amz-Signature":      {nonce + nonce},
		"X-Amz-SignedHeaders":  {"host"},
		"x-id":                 {"GetObject"},
	}
	hash := fnv.New128a()
	hash.Write(r.id[:])
	hash.Write([]byte(name))
	file := uuid(hash.Sum(nil)).marked()
	b = append(b, `{"url":`...)
	b = appendString(b, "https://prod-files-secure.s3.us-west-2.amazonaws.com/"+w.id.String()+"/"+file.String()+"/"+url.PathEscape(name)+"?"+query.Encode())
	b = appendMember(b, "expiry_time", now.Add(fileLife).Format(stampLayout))
	return append(b, '}')
}

// binaryHash is a simulated signature, different for every counter.
func binaryHash(seed uint64, id uuid, counter uint64) []byte {
	var sum [16]byte
	for i, h := range [...]uint64{id.hash(seed + counter), id.hash(seed ^ counter<<32 ^ 1)} {
		for at := range 8 {
			sum[i*8+at] = byte(h >> (8 * at))
		}
	}
	return sum[:]
}
