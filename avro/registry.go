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

// RegistryOptions say how to reach a schema registry that speaks Confluent's
// API: Confluent, Karapace, Redpanda, Apicurio, or the embedded one.
type RegistryOptions struct {
	// URL is the base address, path prefix included (Apicurio's ends in
	// /apis/ccompat/v7). Credentials in it count when Username is empty.
	URL string
	// Username and Password are for basic authentication.
	Username, Password string
	// Token is a bearer token; it excludes Username.
	Token string
	// PasswordNow and TokenNow are asked instead of Password and Token for every
	// request; nil where these stay what they are.
	PasswordNow, TokenNow func() string
	// CAFile is a PEM file of certificates trusted beside the system's. It is read
	// again when it changes; a file that is of no use leaves what was trusted.
	CAFile string
	// AutoRegister registers schemas that are missing. Without it they must be
	// there already.
	AutoRegister bool
	// Compatibility is the level to set on every subject that Ensure registers,
	// one of Levels; empty leaves the subject's level as it is.
	Compatibility string
	// HTTPTimeout bounds each request; zero stands for 10 s.
	HTTPTimeout time.Duration
}

// A Registry is a client of a schema registry. Its methods may be called
// concurrently. Errors are of the kinds below, and hold no credentials.
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

// NewRegistry returns a client; it sends no request. It fails on an address,
// CA file or level it cannot use.
func NewRegistry(o RegistryOptions) (*Registry, error) {
	address, err := url.Parse(o.URL)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		// The parser's own error repeats the text, and with it a password.
		return nil, errors.New("schema_registry.url is no http or https address, like https://registry.example.com:8081")
	}
	if address.RawQuery != "" || address.Fragment != "" {
		return nil, errors.New("schema_registry.url must end with its path: remove what follows ? or #")
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
		sr.HTTPClient(&http.Client{Transport: bounded{transport}, Timeout: timeout, CheckRedirect: stayAtHome}),
		sr.PreReq(r.login.sign),
	}
	if r.client, err = sr.NewClient(opts...); err != nil {
		return nil, fmt.Errorf("schema registry %s: %w", r.address, err)
	}
	return r, nil
}

// Ensure returns the id under which the registry holds schemaText for subject,
// and registers it first where that is allowed and needed.
//
// Whatever rule the registry keeps, schemaText must be able to read records of
// the subject's newest schema: some registries enforce nothing until told to
// (Apicurio: compatibility rules). The schema is registered as it is written. It
// is never compared as text, because a registry may send it back formatted
// otherwise.
//
// Errors: ErrIncompatible, ErrNotRegistered (only without AutoRegister),
// ErrInvalid, ErrUnauthorized, ErrUnreachable.
func (r *Registry) Ensure(ctx context.Context, subject, schemaText string) (id int, err error) {
	if err := r.follows(ctx, subject, schemaText); err != nil {
		return 0, err
	}
	schema := sr.Schema{Schema: schemaText, Type: sr.TypeAvro}
	if !r.autoRegister {
		return r.lookup(ctx, subject, schema)
	}
	levelErr := r.setLevel(ctx, subject)
	if levelErr != nil && !isNotFound(levelErr) {
		return 0, r.wrap(ctx, fmt.Sprintf("set the compatibility of subject %q to %s", subject, r.level), levelErr)
	}
	id, err = r.client.RegisterSchema(ctx, subject, schema, -1, -1)
	if err != nil {
		return 0, r.wrap(ctx, fmt.Sprintf("register the schema of subject %q", subject), err)
	}
	if levelErr != nil { // the registry wanted to see the subject first
		if err := r.setLevel(ctx, subject); err != nil {
			return 0, r.wrap(ctx, fmt.Sprintf("set the compatibility of subject %q to %s", subject, r.level), err)
		}
	}
	return id, nil
}

// follows makes sure that schemaText can read what the subject's newest schema
// wrote. A subject without schemas is fine.
func (r *Registry) follows(ctx context.Context, subject, schemaText string) error {
	const newest = -1
	latest, err := r.client.SchemaByVersion(ctx, subject, newest)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return r.wrap(ctx, fmt.Sprintf("read the newest schema of subject %q", subject), err)
	}
	if latest.Type != sr.TypeAvro {
		return r.fail(ErrIncompatible, fmt.Sprintf("check the schema of subject %q", subject),
			fmt.Sprintf("it holds a %s schema, so another program writes to this topic; give the stream another topic", latest.Type))
	}
	if err := Compatible("BACKWARD", schemaText, []string{latest.Schema.Schema}); err != nil {
		return r.fail(ErrIncompatible, fmt.Sprintf("check the schema of subject %q against its version %d", subject, latest.Version),
			err.Error()+"; give the stream another topic, or delete the subject if nobody needs its records")
	}
	return nil
}

// lookup finds a schema that somebody else has registered.
func (r *Registry) lookup(ctx context.Context, subject string, schema sr.Schema) (int, error) {
	found, err := r.client.LookupSchema(ctx, subject, schema)
	if isNotFound(err) {
		return 0, r.fail(ErrNotRegistered, fmt.Sprintf("look up the schema of subject %q", subject),
			"schema_registry.auto_register is off, so somebody must register this exact text: POST "+
				r.address+"/subjects/"+url.PathEscape(subject)+"/versions, schema "+schema.Schema)
	}
	if err != nil {
		return 0, r.wrap(ctx, fmt.Sprintf("look up the schema of subject %q", subject), err)
	}
	return found.ID, nil
}

// setLevel sets the configured compatibility level of a subject, if there is one.
func (r *Registry) setLevel(ctx context.Context, subject string) error {
	if !r.levelSet {
		return nil
	}
	results := r.client.SetCompatibility(ctx, sr.SetCompatibility{Level: r.level}, subject)
	return results[0].Err
}

// SchemaByID returns the text of the Avro schema with this id, as the registry
// tells it. Texts are remembered. Errors: ErrNotRegistered, ErrUnauthorized,
// ErrUnreachable.
func (r *Registry) SchemaByID(ctx context.Context, id int) (string, error) {
	r.mu.Lock()
	text, known := r.texts[id]
	r.mu.Unlock()
	if known {
		return text, nil
	}
	doing := fmt.Sprintf("read schema %d", id)
	schema, err := r.client.SchemaByID(ctx, id)
	if isNotFound(err) {
		return "", r.fail(ErrNotRegistered, doing, "the registry knows no such id; were the records written with another registry?")
	}
	if err != nil {
		return "", r.wrap(ctx, doing, err)
	}
	if schema.Type != sr.TypeAvro {
		return "", r.fail(ErrInvalid, doing, fmt.Sprintf("it is a %s schema, not Avro", schema.Type))
	}
	r.mu.Lock()
	r.texts[id] = schema.Schema
	r.mu.Unlock()
	return schema.Schema, nil
}

// Ping asks the registry for its subjects: a request that every registry knows,
// checks credentials for, and cuts to what they may see. Errors:
// ErrUnauthorized, ErrUnreachable, ErrInvalid where the address answers but is
// no schema registry.
func (r *Registry) Ping(ctx context.Context) error {
	if _, err := r.client.Subjects(ctx); err != nil {
		return r.wrap(ctx, "list the subjects", err)
	}
	return nil
}

// Address is where the registry is, without credentials.
func (r *Registry) Address() string { return r.address }
