package notion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// post makes one call: JSON with Basic authentication (Notion: create-a-token). The error's texts
// contain none of the secrets of the call.
func (o *OAuth) post(ctx context.Context, op, address string, body map[string]string, into any) error {
	if left := o.pause(); left > 0 {
		return &Error{Op: op, Kind: ErrUnavailable, Status: http.StatusTooManyRequests, RetryAfter: left, Message: "the token endpoint throttles, and was not asked again yet"}
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return &Error{Op: op, Kind: ErrInvalidRequest, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return &Error{Op: op, Kind: ErrInvalidRequest, Message: "the address of the token endpoint cannot be used"}
	}
	secret := o.secret()
	req.SetBasicAuth(o.config.ClientID, secret)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Notion-Version", apiVersion)
	req.Header.Set("User-Agent", o.userAgent)
	req.Close, req.GetBody = true, nil // no call is sent twice: the first may have used up the code or the refresh token
	start := time.Now()
	resp, err := o.http.Do(req)
	if err != nil {
		return callFailed(ctx, op, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenBody+1))
	o.log.DebugContext(ctx, "Notion OAuth call", "op", op, "status", resp.StatusCode, "took", time.Since(start))
	if err != nil {
		return callFailed(ctx, op, err)
	}
	if fail := refusedCall(op, resp, answer, secret, body); fail != nil {
		o.wait(fail.RetryAfter)
		return fail
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &Error{Op: op, Kind: ErrUnavailable, Status: resp.StatusCode, Message: "the answer cannot be read"} // the decoder's text may quote it
	}
	return nil
}

// pause is how long Notion still wants no call.
func (o *OAuth) pause() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return max(0, time.Until(o.paused))
}

// wait notes that Notion wants no call for a while; an hour at most, because a broken proxy's
// Retry-After would end all renewals.
func (o *OAuth) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if until := time.Now().Add(min(d, longestRetryAfter)); until.After(o.paused) {
		o.paused = until
	}
}

// callFailed is the error of a call without a whole answer.
func callFailed(ctx context.Context, op string, err error) *Error {
	fail, _ := classifyFailure(op, 0, err)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		fail.Err = errors.New("no whole answer in time")
	}
	return fail
}

// refusedCall is the error of an answer that is not a 200 with JSON; nil for one that is.
func refusedCall(op string, resp *http.Response, answer []byte, secret string, body map[string]string) *Error {
	if resp.StatusCode == http.StatusOK && !looksLikeHTML(resp, answer) {
		return nil
	}
	var said struct {
		Code, Error      string
		Message          string
		ErrorDescription string `json:"error_description"`
		RequestID        string `json:"request_id"`
	}
	_ = json.Unmarshal(answer, &said) // what is not JSON has no code
	var hidden []string
	for key, value := range body {
		if key != "grant_type" && key != "redirect_uri" && value != "" {
			hidden = append(hidden, value, "•••")
		}
	}
	if secret != "" {
		hidden = append(hidden, secret, "•••")
	}
	mask := func(text string) string { return quoted(strings.NewReplacer(hidden...).Replace(text), resp) }
	fail := &Error{
		Op: op, Status: resp.StatusCode, Code: mask(said.Code), Message: mask(said.Message), RequestID: mask(said.RequestID),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	if fail.Code == "" {
		fail.Code = mask(said.Error)
	}
	if fail.Message == "" {
		fail.Message = mask(said.ErrorDescription)
	}
	if fail.Kind = kindOfRefusal(resp.StatusCode, said.Error, said.Code); fail.Code == "" {
		fail.Message = notNotion(resp)
	}
	return fail
}

// kindOfRefusal is the kind of a refused OAuth call. Notion documents two shapes of errors, whose
// codes are in different fields (Notion: create-a-token; RFC 6749, 5.2). Only a code that says so
// is a refusal: a token endpoint that is down, that throttles or that a proxy answers for refuses
// nothing.
func kindOfRefusal(status int, codes ...string) error {
	if status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusConflict || status < 400 {
		return ErrUnavailable
	}
	for _, code := range codes {
		switch code {
		case "invalid_grant":
			return ErrInvalidGrant
		case "invalid_client", "unauthorized_client", "unauthorized":
			return ErrInvalidClient
		case "invalid_request", "unsupported_grant_type", "invalid_scope", "validation_error", "missing_version", "test_env_error":
			return ErrInvalidRequest
		}
	}
	return ErrUnavailable
}
