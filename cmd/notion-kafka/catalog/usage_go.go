package catalog

import (
	"strconv"
	"strings"
	"text/template"

	"notion-kafka/producer/control"
)

func (u usage) goProgram() control.Snippet {
	return control.Snippet{
		Name: "go", Title: "Go", Language: "go", Text: fill(goTemplate, u.program()),
		Notes: append([]string{
			"Save it as main.go, then: go mod init reader && go mod tidy && go run .",
			u.printsNote(),
			groupNote,
		}, u.accessNotes()...),
	}
}

// printsNote says what the programs print.
func (u usage) printsNote() string {
	what := "the key, the operation and the title"
	if column := u.program().Column; column != "" {
		what = "the key, the operation, the title and the column " + column
	}
	return "Prints " + what + " of each committed record, and follows the topic. A tombstone has no value."
}

const groupNote = "The group is a name of your choice: the next start goes on where the last one stopped."

// A program is what the templates of programs are filled with.
type program struct {
	Access
	Topic, Title         string
	SCRAM                string // the function of franz-go; "": another mechanism
	OAuth                bool
	User, Secret         string // variables
	Settings             []setting
	BrokerAuthority      string // files; "": none
	RegistryAuthority    string
	ClientPEM            string
	ReadsFile, ReadsUser bool
	Column               string // a typed column that is printed too; "": there is none
	ColumnType           string // in Go
}

// goTypes are the types of columns that a program prints.
var goTypes = map[kind]string{text: "string", truth: "bool", whole: "int64", double: "float64"}

func (u usage) program() program {
	p := program{Access: u.Access, Topic: u.topic, Title: u.title(), OAuth: u.Mechanism == oauthbearer, Settings: u.librdkafka()}
	p.User, p.Secret = u.userAndSecret()
	switch u.Mechanism {
	case "scram-sha-256":
		p.SCRAM = "AsSha256Mechanism"
	case "scram-sha-512":
		p.SCRAM = "AsSha512Mechanism"
	}
	if u.TLS && u.BrokerCA {
		p.BrokerAuthority = brokerCA
	}
	if u.TLS && u.Certificate {
		p.ClientPEM = clientPEM
	}
	if u.RegistryCA {
		p.RegistryAuthority = registryCA
	}
	for _, c := range u.shown() {
		if goTypes[c.kind] != "" {
			p.Column, p.ColumnType = c.name, goTypes[c.kind]
			break
		}
	}
	p.ReadsFile = p.BrokerAuthority != "" || p.RegistryAuthority != ""
	p.ReadsUser = p.Mechanism != "" || p.RegistryUser || p.RegistryToken
	return p
}

// fill executes a template, which fails only if it is wrong itself.
func fill(t *template.Template, p program) string {
	var out strings.Builder
	if err := t.Execute(&out, p); err != nil {
		panic(err)
	}
	return out.String()
}

var goTemplate = template.Must(template.New("go").Funcs(template.FuncMap{"q": strconv.Quote}).Parse(`package main

import (
	"context"
{{- if or .TLS .RegistryAuthority}}
	"crypto/tls"
{{- end}}
{{- if .ReadsFile}}
	"crypto/x509"
{{- end}}
	"fmt"
	"log"
{{- if or .ReadsFile .ReadsUser}}
	"os"
{{- end}}

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
{{- if .OAuth}}
	"github.com/twmb/franz-go/pkg/sasl/oauth"
{{- else if .SCRAM}}
	"github.com/twmb/franz-go/pkg/sasl/scram"
{{- else if .Mechanism}}
	"github.com/twmb/franz-go/pkg/sasl/plain"
{{- end}}
	"github.com/twmb/franz-go/pkg/sr"
{{- if .OAuth}}
	"golang.org/x/oauth2/clientcredentials"
{{- end}}
)

// A row has the fields to read, by their names in the schema.
type row struct {
{{- if .Column}}
	Title  *string ` + "`avro:{{q .Title}}`" + `
	Column *{{.ColumnType}} ` + "`avro:{{q .Column}}`" + ` // null where the page has no value
{{- else}}
	Title *string ` + "`avro:{{q .Title}}`" + `
{{- end}}
}

func main() {
	ctx := context.Background()
	registry, err := sr.NewClient(
		sr.URLs({{q .Registry}}),
{{- if .RegistryUser}}
		sr.BasicAuth(os.Getenv("REGISTRY_USERNAME"), os.Getenv("REGISTRY_PASSWORD")),
{{- end}}
{{- if .RegistryToken}}
		sr.BearerToken(os.Getenv("REGISTRY_TOKEN")),
{{- end}}
{{- with .RegistryAuthority}}
		sr.DialTLSConfig(&tls.Config{RootCAs: authorities({{q .}})}),
{{- end}}
	)
	check(err)
{{- if .ClientPEM}}
	certificate, err := tls.LoadX509KeyPair({{q .ClientPEM}}, {{q .ClientPEM}})
	check(err)
{{- end}}
{{- if .OAuth}}
	tokens := (&clientcredentials.Config{
		ClientID:     os.Getenv({{q .User}}),
		ClientSecret: os.Getenv({{q .Secret}}),
		TokenURL:     {{q .TokenURL}},
{{- if .Scopes}}
		Scopes:       []string{ {{- range $i, $s := .Scopes}}{{if $i}}, {{end}}{{q $s}}{{end -}} },
{{- end}}
	}).TokenSource(ctx)
{{- end}}
	client, err := kgo.NewClient(
		kgo.SeedBrokers({{range $i, $b := .Brokers}}{{if $i}}, {{end}}{{q $b}}{{end}}),
		kgo.ConsumeTopics({{q .Topic}}),
		kgo.ConsumerGroup({{q (print .Topic "-go")}}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
{{- if .TLS}}
		kgo.DialTLSConfig(&tls.Config{
{{- if .BrokerAuthority}}RootCAs: authorities({{q .BrokerAuthority}}){{end}}
{{- if and .BrokerAuthority .ClientPEM}}, {{end}}
{{- if .ClientPEM}}Certificates: []tls.Certificate{certificate}{{end -}} }),
{{- end}}
{{- if .OAuth}}
		kgo.SASL(oauth.Oauth(func(context.Context) (oauth.Auth, error) {
			token, err := tokens.Token()
			if err != nil {
				return oauth.Auth{}, err
			}
			return oauth.Auth{Token: token.AccessToken}, nil
		})),
{{- else if .SCRAM}}
		kgo.SASL(scram.Auth{User: os.Getenv({{q .User}}), Pass: os.Getenv({{q .Secret}})}.{{.SCRAM}}()),
{{- else if .Mechanism}}
		kgo.SASL(plain.Auth{User: os.Getenv({{q .User}}), Pass: os.Getenv({{q .Secret}})}.AsMechanism()),
{{- end}}
	)
	check(err)
	defer client.Close()

	schemas := map[int]avro.Schema{}
	for {
		fetches := client.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			op := ""
			for _, h := range r.Headers {
				if h.Key == "notion-kafka.op" {
					op = string(h.Value)
				}
			}
			if r.Value == nil { // a tombstone: the page is deleted
				fmt.Printf("%s\t%s\n", r.Key, op)
				return
			}
			id, body, err := new(sr.ConfluentHeader).DecodeID(r.Value)
			check(err)
			if schemas[id] == nil {
				schema, err := registry.SchemaByID(ctx, id)
				check(err)
				// A cache of its own: versions of a schema have the same name.
				schemas[id], err = avro.ParseWithCache(schema.Schema, "", &avro.SchemaCache{})
				check(err)
			}
			var found row
			check(avro.Unmarshal(schemas[id], body, &found))
			fmt.Printf("%s\t%s\t%s{{if .Column}}\t%s{{end}}\n", r.Key, op, text(found.Title){{if .Column}}, text(found.Column){{end}})
		})
	}
}

func text[T any](value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}
{{- if .ReadsFile}}

func authorities(file string) *x509.CertPool {
	pem, err := os.ReadFile(file)
	check(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		log.Fatal(file, " holds no PEM certificate")
	}
	return pool
}
{{- end}}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
`))
