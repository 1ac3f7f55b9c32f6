package deploy

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// An entity is the part of Backstage's descriptor format that the example uses.
type entity struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string            `yaml:"name"`
		Description string            `yaml:"description"`
		Annotations map[string]string `yaml:"annotations"`
		Links       []struct {
			URL   string `yaml:"url"`
			Title string `yaml:"title"`
			Icon  string `yaml:"icon"`
		} `yaml:"links"`
	} `yaml:"metadata"`
	Spec struct {
		Type         string   `yaml:"type"`
		Lifecycle    string   `yaml:"lifecycle"`
		Owner        string   `yaml:"owner"`
		ProvidesAPIs []string `yaml:"providesApis"`
		Definition   struct {
			Text string `yaml:"$text"`
		} `yaml:"definition"`
	} `yaml:"spec"`
}

// The component provides the API, whose definition is what a daemon serves.
func TestBackstageEntities(t *testing.T) {
	text, err := os.Open(filepath.Join("docs", "catalog-info.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	entities := make(map[string]entity)
	decoder := yaml.NewDecoder(text)
	decoder.KnownFields(true)
	for {
		var e entity
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if e.APIVersion != "backstage.io/v1alpha1" || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(e.Metadata.Name) || e.Spec.Lifecycle == "" || e.Spec.Owner == "" {
			t.Errorf("Backstage refuses %+v", e)
		}
		entities[e.Kind] = e
	}
	component, api := entities["Component"], entities["API"]
	if len(entities) != 2 || !slices.Equal(component.Spec.ProvidesAPIs, []string{api.Metadata.Name}) || api.Spec.Type != "asyncapi" {
		t.Errorf("want a component that provides an API of AsyncAPI, got %+v", entities)
	}
	definition, err := url.Parse(api.Spec.Definition.Text)
	if err != nil || !strings.HasPrefix(api.Spec.Definition.Text, component.Metadata.Links[0].URL+"/") {
		t.Fatalf("the definition %q is not at the console's address: %v", api.Spec.Definition.Text, err)
	}
	find(t, filepath.Join("..", "cmd", "notion-kafka", "console", "routes.go"), `"GET (`+regexp.QuoteMeta(definition.Path)+`)"`)
}
