{{- define "notion-kafka.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* The name of all objects: the release's, if that has the chart's name in it, else both. */ -}}
{{- define "notion-kafka.fullname" -}}
{{- $name := include "notion-kafka.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "notion-kafka.selector" -}}
app.kubernetes.io/name: {{ include "notion-kafka.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "notion-kafka.labels" -}}
{{ include "notion-kafka.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* Refuses, before anything is installed, what the program would refuse, and what must not be in a ConfigMap. */ -}}
{{- define "notion-kafka.validate" -}}
{{- $config := .Values.config }}
{{- if not (dig "kafka" "brokers" "" $config) }}
{{- fail "config.kafka.brokers is empty: the embedded broker keeps its files on a disk, which a pod loses; name the brokers of a real cluster" }}
{{- end }}
{{- if not (dig "schema_registry" "url" "" $config) }}
{{- fail "config.schema_registry.url is empty: name the registry that the consumers of the topics use" }}
{{- end }}
{{- if hasKey (default dict $config.console) "listen" }}
{{- fail "config.console.listen is the chart's to set: its Service and probes need port 8080; leave the key out" }}
{{- end }}
{{- $username := dig "console" "username" "" $config }}
{{- $password := or (dig "console" "password_file" "" $config) (dig "console" "password" "" $config) }}
{{- if not (or (dig "console" "insecure" false $config) (and $username $password)) }}
{{- fail "the console can be reached from other pods and has no password: set config.console.username and config.console.password_file to a file of a Secret, or config.console.insecure: true" }}
{{- end }}
{{- range $path := list "kafka.sasl.password" "schema_registry.password" "schema_registry.token" "console.password" "secrets.key" "oauth.client_secret" }}
{{- $value := $config }}
{{- range splitList "." $path }}
{{- $value = get (default dict $value) . }}
{{- end }}
{{- include "notion-kafka.noSecret" (dict "path" $path "value" $value) }}
{{- end }}
{{- range dig "secrets" "previous_keys" list $config }}
{{- include "notion-kafka.noSecret" (dict "path" "secrets.previous_keys" "value" .) }}
{{- end }}
{{- range $i, $source := default list $config.sources }}
{{- include "notion-kafka.noSecret" (dict "path" (printf "sources[%d].token" $i) "value" $source.token) }}
{{- end }}
{{- end }}

{{- define "notion-kafka.noSecret" -}}
{{- if and .value (not (regexMatch "^\\$\\{\\w+\\}$" (toString .value))) }}
{{- fail (printf "config.%s is a secret, and a ConfigMap is no place for one: put it into a Secret, name that under secrets, and set config.%s_file to /secrets/NAME/KEY; or take it from env as ${NAME}" .path .path) }}
{{- end }}
{{- end }}

{{- /* The ports of config: a broker's is 9092 unless it says another, a URL's is that of its scheme. */ -}}
{{- define "notion-kafka.ports" -}}
{{- $config := .Values.config }}
{{- $ports := list 443 }}
{{- range $config.kafka.brokers }}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default "9092" | int) }}
{{- end }}
{{- $urls := list $config.schema_registry.url (dig "kafka" "sasl" "token_url" "" $config) (dig "notion" "api_url" "" $config) }}
{{- range compact $urls }}
{{- $url := urlParse . }}
{{- $ports = append $ports (regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "80" "443" (eq $url.scheme "http")) | int) }}
{{- end }}
{{- range .Values.networkPolicy.egressPorts }}
{{- $ports = append $ports (int .) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}
