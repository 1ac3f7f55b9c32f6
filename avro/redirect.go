package avro

import (
	"fmt"
	"net/http"
)

// ledElsewhere is a redirect that is not followed: what a request brings is for the
// registry alone.
type ledElsewhere struct{ to string }

func (l ledElsewhere) Error() string { return "it leads to " + l.to }

// stayAtHome follows a redirect within the registry, and none to another host or
// from https to http (net/http keeps credentials for another port and for http).
func stayAtHome(next *http.Request, before []*http.Request) error {
	home := before[0].URL
	if next.URL.Scheme != home.Scheme || next.URL.Host != home.Host {
		return ledElsewhere{next.URL.Scheme + "://" + next.URL.Host}
	}
	if len(before) >= 10 { // as net/http has it
		return fmt.Errorf("it was led on %d times", len(before))
	}
	return nil
}
