package avro

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// RegistryOptions configure the client of a schema registry with Confluent's API:
// Confluent, Karapace, Redpanda, Apicurio, or the embedded registry.
type RegistryOptions struct {
	// URL is the base address, path prefix included (Apicurio's ends in
	// /apis/ccompat/v7). Credentials in it are used when Username is empty.
	URL string
	// Username and Password are for basic authentication.
	Username, Password string
	// Token is a bearer token; it excludes Username.
	Token string
	// PasswordNow and TokenNow return the current password and token, and are called
	// for every request. Where one is nil, Password or Token is used.
	PasswordNow, TokenNow func() string
	// CAFile is a PEM file of certificates to trust in addition to the system's. It is
	// read again when it changes; while it is unusable, its last certificates stay
	// trusted.
	CAFile string
	// AutoRegister registers missing schemas. Without it they must be registered
	// already.
	AutoRegister bool
	// Compatibility is the level, one of Levels, to set on every subject that Ensure
	// registers; empty leaves the subject's level unchanged.
	Compatibility string
	// HTTPTimeout bounds each request; zero means 10 s.
	HTTPTimeout time.Duration
}

// A Registry is a client of a schema registry. It is safe for concurrent use. Its
// errors are of the kinds ErrUnreachable to ErrNotRegistered and contain no
// credentials.
type Registry struct {
	client       *sr.Client
	address      string // without credentials, for people
	login        login
	timeout      time.Duration
	autoRegister bool
	level        sr.CompatibilityLevel
	levelSet     bool

	mu    sync.Mutex
	texts map[int]string // schemas by id: an id never changes its meaning
}

// NewRegistry returns a client and sends no request. It fails on an unusable
// address, CA file or compatibility level.
func NewRegistry(o RegistryOptions) (*Registry, error) {
	address, err := url.Parse(o.URL)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		// The parser's own error repeats the text, and with it a password.
		return nil, errors.New("schema_registry.url is no http or https address, like https://registry.example.com:8081")
	}
	if address.RawQuery != "" || address.Fragment != "" {
		return nil, errors.New("schema_registry.url must end with its path: remove the ? or # and everything after it")
	}
	if user := address.User; user != nil {
		if o.Username == "" && o.Token == "" {
			o.Username = user.Username()
			o.Password, _ = user.Password()
			o.PasswordNow = nil
		}
		address.User = nil
	}
	if o.Username != "" && o.Token != "" {
		return nil, errors.New("schema_registry has both username and token: give one of them")
	}
	r := &Registry{
		address:      address.String(),
		autoRegister: o.AutoRegister,
		texts:        map[int]string{},
		login:        newLogin(o),
	}
	if o.Compatibility != "" {
		if !knownLevel(o.Compatibility) {
			return nil, fmt.Errorf("schema_registry.compatibility %q is unknown: use one of %s", o.Compatibility, strings.Join(Levels(), ", "))
		}
		if err := r.level.UnmarshalText([]byte(o.Compatibility)); err != nil {
			return nil, fmt.Errorf("schema_registry.compatibility: %w", err)
		}
		r.levelSet = true
	}
	transport, err := newRoundTripper(o.CAFile)
	if err != nil {
		return nil, err
	}
	timeout := o.HTTPTimeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	r.timeout = timeout
	opts := []sr.ClientOpt{
		sr.URLs(r.address),
		sr.UserAgent("notion-kafka"),
		sr.HTTPClient(&http.Client{Transport: bounded{transport}, Timeout: timeout, CheckRedirect: sameRegistry}),
		sr.PreReq(r.login.sign),
	}
	if r.client, err = sr.NewClient(opts...); err != nil {
		return nil, fmt.Errorf("schema registry %s: %w", r.address, err)
	}
	return r, nil
}

// Subject is the subject of the schema of a topic's values (Confluent: TopicNameStrategy).
func Subject(topic string) string { return topic + "-value" }

// Ensure returns the id of schemaText in subject. With AutoRegister it registers a
// missing schema.
//
// Whatever rule the registry has, schemaText must be able to read records of the
// subject's newest schema: some registries enforce nothing until a rule is set
// (Apicurio: compatibility rules). Exactly this text is registered. It is never
// compared as text, because a registry may format it differently.
//
// Errors: ErrIncompatible, ErrNotRegistered (only without AutoRegister),
// ErrInvalid, ErrUnauthorized, ErrUnreachable.
func (r *Registry) Ensure(ctx context.Context, subject, schemaText string) (id int, err error) {
	if err := r.checkNewest(ctx, subject, schemaText); err != nil {
		return 0, err
	}
	schema := sr.Schema{Schema: schemaText, Type: sr.TypeAvro}
	if !r.autoRegister {
		return r.lookup(ctx, subject, schema)
	}
	levelErr := r.setLevel(ctx, subject)
	if levelErr != nil && !isNotFound(levelErr) {
		return 0, r.wrap(ctx, fmt.Sprintf("setting the compatibility of subject %q to %s", subject, r.level), levelErr)
	}
	id, err = r.client.RegisterSchema(ctx, subject, schema, -1, -1)
	if err != nil {
		return 0, r.wrap(ctx, fmt.Sprintf("registering the schema of subject %q", subject), err)
	}
	if levelErr != nil { // the subject did not exist before
		if err := r.setLevel(ctx, subject); err != nil {
			return 0, r.wrap(ctx, fmt.Sprintf("setting the compatibility of subject %q to %s", subject, r.level), err)
		}
	}
	return id, nil
}

// checkNewest checks that schemaText can read records of the subject's newest
// schema. A subject without schemas passes.
func (r *Registry) checkNewest(ctx context.Context, subject, schemaText string) error {
	const newest = -1
	latest, err := r.client.SchemaByVersion(ctx, subject, newest)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return r.wrap(ctx, fmt.Sprintf("reading the newest schema of subject %q", subject), err)
	}
	if latest.Type != sr.TypeAvro {
		return r.fail(ErrIncompatible, fmt.Sprintf("checking the schema of subject %q", subject),
			fmt.Sprintf("the subject holds a %s schema, so another program writes to this topic; give the stream another topic", latest.Type))
	}
	if err := Compatible("BACKWARD", schemaText, []string{latest.Schema.Schema}); err != nil {
		return r.fail(ErrIncompatible, fmt.Sprintf("checking the schema of subject %q against its version %d", subject, latest.Version),
			err.Error()+"; give the stream another topic, or delete the subject if nobody needs its records")
	}
	return nil
}

// longestShown bounds the schema in an error, in bytes. Whoever calls Ensure with a longer
// one logs it: nobody can register what they do not see.
const longestShown = 8 << 10

// lookup returns the id of a schema that is already registered.
func (r *Registry) lookup(ctx context.Context, subject string, schema sr.Schema) (int, error) {
	found, err := r.client.LookupSchema(ctx, subject, schema)
	if isNotFound(err) {
		text := "this exact text: POST " + r.address + "/subjects/" + url.PathEscape(subject) + "/versions, schema " + schema.Schema
		if len(schema.Schema) > longestShown {
			text = fmt.Sprintf("its schema, whose %d bytes the log has: POST %s/subjects/%s/versions", len(schema.Schema), r.address, url.PathEscape(subject))
		}
		return 0, r.fail(ErrNotRegistered, fmt.Sprintf("looking up the schema of subject %q", subject),
			"schema_registry.auto_register is off, so somebody must register "+text)
	}
	if err != nil {
		return 0, r.wrap(ctx, fmt.Sprintf("looking up the schema of subject %q", subject), err)
	}
	return found.ID, nil
}

// setLevel sets the subject's compatibility to the configured level, if any.
func (r *Registry) setLevel(ctx context.Context, subject string) error {
	if !r.levelSet {
		return nil
	}
	results := r.client.SetCompatibility(ctx, sr.SetCompatibility{Level: r.level}, subject)
	return results[0].Err
}

// SchemaByID returns the text of the Avro schema with this id, as the registry
// sends it. Texts are cached. Errors: ErrNotRegistered, ErrUnauthorized,
// ErrUnreachable.
func (r *Registry) SchemaByID(ctx context.Context, id int) (string, error) {
	r.mu.Lock()
	text, known := r.texts[id]
	r.mu.Unlock()
	if known {
		return text, nil
	}
	doing := fmt.Sprintf("reading schema %d", id)
	schema, err := r.client.SchemaByID(ctx, id)
	if isNotFound(err) {
		return "", r.fail(ErrNotRegistered, doing, "the registry knows no such id; were the records written with another registry?")
	}
	if err != nil {
		return "", r.wrap(ctx, doing, err)
	}
	if schema.Type != sr.TypeAvro {
		return "", r.fail(ErrInvalid, doing, fmt.Sprintf("schema %d is a %s schema, not Avro", id, schema.Type))
	}
	r.mu.Lock()
	r.texts[id] = schema.Schema
	r.mu.Unlock()
	return schema.Schema, nil
}

// Ping lists the registry's subjects. Every registry supports this request, checks
// its credentials and leaves out the subjects that they may not see. Errors:
// ErrUnauthorized, ErrUnreachable, and ErrInvalid where the server at the address
// is not a schema registry.
func (r *Registry) Ping(ctx context.Context) error {
	if _, err := r.client.Subjects(ctx); err != nil {
		return r.wrap(ctx, "listing the subjects", err)
	}
	return nil
}

// Address returns the registry's address without credentials.
func (r *Registry) Address() string { return r.address }
