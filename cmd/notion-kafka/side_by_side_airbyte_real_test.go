//go:build real

package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// airbyteConnector is the package of Airbyte's connector for Notion.
const airbyteConnector = "airbyte-source-notion==3.2.0"

// airbyte is Airbyte's connector in a full read of all pages, as records of JSON on its
// standard output. Its copy reads our Notion, in a version that the simulated workspace
// knows.
func (s *side) airbyte(b *testing.B) (reader, error) {
	b.Helper()
	python := os.Getenv("AIRBYTE_PYTHON")
	if python == "" {
		return nil, fmt.Errorf("AIRBYTE_PYTHON is not set; make a virtual environment with Python 3.11, install %s there with pip, "+
			"and set AIRBYTE_PYTHON to its bin/python", airbyteConnector)
	}
	found, err := exec.CommandContext(b.Context(), python, "-c", "import importlib.util as u; print(*u.find_spec('source_notion').submodule_search_locations)").Output()
	if err != nil {
		return nil, fmt.Errorf("looking for %s with AIRBYTE_PYTHON: %w", airbyteConnector, err)
	}
	dir := b.TempDir()
	manifest := filepath.Join(dir, "source_notion", "manifest.yaml")
	if err := os.CopyFS(filepath.Dir(manifest), os.DirFS(strings.TrimSpace(string(found)))); err != nil {
		return nil, err
	}
	if err := replaceIn(manifest, "https://api.notion.com/v1/", s.url+"/v1/", `Notion-Version: "2022-06-28"`, `Notion-Version: "2025-09-03"`); err != nil {
		return nil, err
	}
	config := map[string]any{"credentials": map[string]string{"auth_type": "token", "token": s.token}, "start_date": "2020-01-01T00:00:00.000Z"}
	catalog := map[string]any{"streams": []any{map[string]any{
		"stream":    map[string]any{"name": "pages", "json_schema": map[string]any{}, "supported_sync_modes": []string{"full_refresh"}},
		"sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
	}}}
	for name, content := range map[string]any{"config.json": config, "catalog.json": catalog} {
		text, err := json.Marshal(content)
		if err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), text, 0o600)); err != nil {
			return nil, err
		}
	}
	return func(b *testing.B) (*exec.Cmd, func([]byte) (int, error)) {
		b.Helper()
		cmd := exec.CommandContext(b.Context(), python, "-c", "from source_notion.run import run; run()",
			"read", "--config", "config.json", "--catalog", "catalog.json")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONPATH="+dir)
		return cmd, func(out []byte) (int, error) { return bytes.Count(out, []byte(`"type":"RECORD"`)), nil }
	}, nil
}

// replaceIn replaces texts in a file, each with the one after it. All must be there.
func replaceIn(file string, texts ...string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for i := 0; i < len(texts); i += 2 {
		if !bytes.Contains(content, []byte(texts[i])) {
			return fmt.Errorf("%s has no %q: is it %s?", file, texts[i], airbyteConnector)
		}
		content = bytes.ReplaceAll(content, []byte(texts[i]), []byte(texts[i+1]))
	}
	return os.WriteFile(file, content, 0o600)
}
