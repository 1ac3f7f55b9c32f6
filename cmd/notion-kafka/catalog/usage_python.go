package catalog

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"

	"notion-kafka/producer/control"
)

func (u usage) pythonProgram() control.Snippet {
	return control.Snippet{
		Name: "python", Title: "Python", Language: "python", Text: fill(pythonTemplate, u.program()),
		Notes: append([]string{
			"It needs: pip install 'confluent-kafka[avro,schemaregistry]'",
			u.printsNote(),
			groupNote,
		}, u.accessNotes()...),
	}
}

// pythonText writes a text as a literal of Python: those of JSON are literals of Python.
func pythonText(text string) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(text)
	return strings.TrimSpace(out.String()), err
}

var pythonTemplate = template.Must(template.New("python").Funcs(template.FuncMap{"q": pythonText, "join": strings.Join}).Parse(`
{{- if .ReadsUser}}import os

{{end -}}
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

topic = {{q .Topic}}
decode = AvroDeserializer(SchemaRegistryClient({
    "url": {{q .Registry}},
    "timeout": 10,  # seconds for an answer; by default it would wait for ever
{{- if .RegistryUser}}
    "basic.auth.user.info": os.environ["REGISTRY_USERNAME"] + ":" + os.environ["REGISTRY_PASSWORD"],
{{- end}}
{{- if .RegistryToken}}
    "bearer.auth.credentials.source": "STATIC_TOKEN",
    "bearer.auth.token": os.environ["REGISTRY_TOKEN"],
    "bearer.auth.logical.cluster": "",
{{- end}}
{{- with .RegistryAuthority}}
    "ssl.ca.location": {{q .}},
{{- end}}
}))
consumer = Consumer({
    "bootstrap.servers": {{q (join .Brokers ",")}},
    "group.id": {{q (print .Topic "-python")}},
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
{{- range .Settings}}
    {{q .Name}}: {{if .Variable}}os.environ[{{q .Variable}}]{{else}}{{q .Value}}{{end}},
{{- end}}
})
consumer.subscribe([topic])
context = SerializationContext(topic, MessageField.VALUE)
while True:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        raise KafkaException(message.error())
    key = message.key().decode()
    op = dict(message.headers())["notion-kafka.op"].decode()
    page = decode(message.value(), context)
    if page is None:  # a tombstone: the page is deleted
        print(key, op, sep="\t", flush=True)
    else:
        print(key, op, page[{{q .Title}}],{{with .Column}} page[{{q .}}],{{end}} sep="\t", flush=True)
`))
