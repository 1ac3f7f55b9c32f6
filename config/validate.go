package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validator checks the merged values, which have the right types by now.
type validator struct {
	*report
	config  *Config
	literal bool // the values are from the network, see layer
}

func (v validator) all() {
	c := v.config
	v.notEmpty("data_dir", c.DataDir)
	v.embedded(c.Embedded)
	v.notion(c.Notion)
	v.kafka(c.Kafka)
	v.schemaRegistry(c.SchemaRegistry)
	v.console(c.Console)
	v.oauth(c.OAuth)
	v.settings("defaults", c.Defaults)
	v.sources()
}

// fail reports a problem of a path, once.
func (v validator) fail(path, message, hint string) {
	if !v.hasProblem(path) {
		v.add(path, v.placeOf(path), message, hint)
	}
}

// shown returns a value for a message. It shows ${NAME} and not the variable's value.
func (v validator) shown(path, value string) string {
	if at := v.places[path]; strings.Contains(at.raw, "${") {
		value = at.raw
	}
	return strconv.Quote(value)
}

func (v validator) notEmpty(path, value string) {
	if strings.TrimSpace(value) == "" {
		v.fail(path, "is empty", "give a value, or remove the line to have the default")
	}
}

func (v validator) positive(path string, d time.Duration) {
	if d <= 0 {
		v.fail(path, fmt.Sprintf("must be more than 0, got %s", d), "")
	}
}

func (v validator) between(path string, n, least, most int) {
	if n < least || n > most {
		v.fail(path, fmt.Sprintf("must be between %d and %d, got %d", least, most, n), "")
	}
}

func (v validator) atLeast(path string, n, least int) {
	if n < least {
		v.fail(path, fmt.Sprintf("must be at least %d, got %d", least, n), "")
	}
}

func (v validator) embedded(e Embedded) {
	for _, listen := range []struct{ path, address string }{
		{"embedded.kafka_listen", e.KafkaListen},
		{"embedded.registry_listen", e.RegistryListen},
	} {
		if host, ok := v.listen(listen.path, listen.address); ok && !loopback(host) {
			v.fail(listen.path, "must be a loopback address, got "+v.shown(listen.path, listen.address),
				"the embedded broker has no passwords; use 127.0.0.1")
		}
	}
	if e.KafkaListen == e.RegistryListen && !strings.HasSuffix(e.KafkaListen, ":0") {
		v.fail("embedded.registry_listen", "is the address of embedded.kafka_listen", "give each a port of its own")
	}
}

func (v validator) notion(n Notion) {
	v.secureURL("notion.api_url", n.APIURL)
	v.atLeast("notion.requests_per_minute", n.RequestsPerMinute, 0)
	v.atLeast("notion.max_concurrency", n.MaxConcurrency, 1)
	v.positive("notion.request_timeout", n.RequestTimeout)
	v.positive("notion.discovery_every", n.DiscoveryEvery)
}

func (v validator) oauth(o OAuth) {
	if o.ClientID != "" && o.ClientSecret == "" {
		v.fail("oauth.client_secret", "is needed with oauth.client_id", "copy it from the connection's page at Notion")
	}
	if _, given := v.places["oauth.redirect_url"]; given || !v.hasProblem("console.public_url") { // it may be made of that
		v.url("oauth.redirect_url", o.RedirectURL)
	}
	if v.hasProblem("notion.api_url") {
		return // the two below may be made of it
	}
	v.secureURL("oauth.authorize_url", o.AuthorizeURL)
	v.secureURL("oauth.token_url", o.TokenURL)
}

func (v validator) schemaRegistry(r SchemaRegistry) {
	if r.URL != "" {
		v.url("schema_registry.url", r.URL)
	} else if !v.config.usesEmbedded() {
		v.fail("schema_registry.url", "is needed when kafka.brokers is given",
			"name your registry; the embedded one goes with the embedded broker only")
	}
	if r.Token != "" && r.Username != "" {
		v.fail("schema_registry.token", "is given beside schema_registry.username", "keep one way to authenticate")
	}
	if r.Username != "" && r.Password == "" && r.Token == "" {
		v.fail("schema_registry.password", "is needed with schema_registry.username", "")
	}
	if r.Password != "" && r.Username == "" {
		v.fail("schema_registry.username", "is needed with schema_registry.password", "")
	}
}

func (v validator) console(c Console) {
	v.url("console.public_url", c.PublicURL)
	if (c.Username == "") != (c.Password == "") {
		v.fail("console.username", "username and password go together, one of them is empty", "give both or neither")
	}
	for i, name := range c.Hosts {
		if name != "*" && !isHost(name) {
			v.fail(fmt.Sprintf("console.hosts[%d]", i), fmt.Sprintf("%q is no name or address of a host", name), "write it without scheme and port, as notion-kafka.internal, or \"*\" for any")
		}
	}
	for i, prefix := range c.TopicPrefixes {
		if !topicCharacters.MatchString(prefix) {
			v.fail(fmt.Sprintf("console.topic_prefixes[%d]", i), fmt.Sprintf("%q cannot begin a name that Kafka allows", prefix), "use letters, digits and . _ - only")
		}
	}
	if c.Listen == "" {
		return
	}
	host, ok := v.listen("console.listen", c.Listen)
	if ok && !loopback(host) && !c.Insecure && c.Username == "" {
		v.fail("console.listen", v.shown("console.listen", c.Listen)+" can be reached from other machines",
			"give console.username and console.password, or listen on 127.0.0.1, or set console.insecure: true")
	}
}

// settings checks the defaults, or the settings of a source or stream.
func (v validator) settings(path string, s Settings) {
	if s.Trigger.Off {
		v.fail(under(path, "trigger"), "only a sweep can be off", "write {manual: true} for runs by hand")
	}
	v.trigger(under(path, "trigger"), s.Trigger)
	v.trigger(under(path, "sweep"), s.Sweep)
	if !(s.MaxDeleteRatio >= 0 && s.MaxDeleteRatio <= 1) { // written so that NaN fails too
		v.fail(under(path, "max_delete_ratio"), fmt.Sprintf("must be between 0 and 1, got %v", s.MaxDeleteRatio), "")
	}
	v.between(under(path, "max_streams"), s.MaxStreams, 1, 100_000)
	v.positive(under(path, "overlap"), s.Overlap)
	excluded := under(path, "exclude_properties")
	if v.isShort(excluded, len(s.ExcludeProperties)) && slices.Contains(s.ExcludeProperties, "") {
		v.fail(excluded, "has an empty name", "")
	}
}

// listen checks the address of a listener and returns its host.
func (v validator) listen(path, address string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !validPort(port) {
		v.fail(path, v.shown(path, address)+" is not an address to listen on", "write host:port, such as 127.0.0.1:8080")
		return "", false
	}
	return host, true
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

// loopback reports whether only this machine can reach a host.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// isHost reports whether a text is a host name or an address, without scheme, port
// and path.
func isHost(text string) bool {
	return net.ParseIP(text) != nil || text != "" && !strings.ContainsAny(text, ":/ *@?#[]\t\n")
}

// url checks an http or https URL. It does not show the URL, which may have a password.
func (v validator) url(path, text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		v.fail(path, "is not a URL", "write it as https://host or http://host:port")
	case u.Scheme != "http" && u.Scheme != "https":
		v.fail(path, "must be http or https", "write it as https://host or http://host:port")
	case u.User != nil:
		v.fail(path, "a URL may not hold a username or password", "give them by their own keys")
	case u.RawQuery != "" || u.Fragment != "":
		v.fail(path, "a URL may not have a ? or # here", "")
	default:
		return u, true
	}
	return nil, false
}

// secureURL checks a URL that secrets are sent to.
func (v validator) secureURL(path, text string) {
	if u, ok := v.url(path, text); ok && u.Scheme == "http" && !loopback(u.Hostname()) {
		v.fail(path, "plain http is for loopback addresses only", "the secret would travel in clear; write https://")
	}
}

var topicCharacters = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// maxTopic is the longest name Kafka allows (Kafka: Topic.MAX_NAME_LENGTH).
const maxTopic = 249

// topic checks a whole topic name.
func (v validator) topic(path, name string) bool {
	switch {
	case name == "":
		v.fail(path, "is empty", "give a topic name, or remove the line to have the default")
	case !topicCharacters.MatchString(name):
		v.fail(path, v.shown(path, name)+" is not a name Kafka allows", "use letters, digits and . _ - only")
	case len(name) > maxTopic:
		v.fail(path, fmt.Sprintf("has %d characters, Kafka allows %d", len(name), maxTopic), "")
	case name == "." || name == "..":
		v.fail(path, "cannot be . or ..", "")
	default:
		return true
	}
	return false
}

// canonicalTopic returns one spelling for names that Kafka refuses beside each other:
// in its metrics . and _ are the same (Kafka: Topic.hasCollision).
func canonicalTopic(name string) string { return strings.ReplaceAll(name, ".", "_") }
