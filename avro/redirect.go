package avro

import (
	"fmt"
	"net/http"
)

// A foreignRedirect is a redirect that is not followed: the credentials in a request
// are for the registry alone.
type foreignRedirect struct{ to string }

func (f foreignRedirect) Error() string { return "the registry redirects to " + f.to }

// sameRegistry allows redirects within the registry, and none to another host or
// from https to http (net/http keeps credentials for another port and for http).
func sameRegistry(next *http.Request, before []*http.Request) error {
	home := before[0].URL
	if next.URL.Scheme != home.Scheme || next.URL.Host != home.Host {
		return foreignRedirect{next.URL.Scheme + "://" + next.URL.Host}
	}
	if len(before) >= 10 { // the limit of net/http
		return fmt.Errorf("the registry redirected %d times", len(before))
	}
	return nil
}
