package notion

import (
	"testing"
	"time"
)

func sampleDatabase() Database {
	minute := time.Date(2026, 9, 4, 14, 30, 0, 0, time.UTC)
	public := "https://example.notion.site/tasks"
	return Database{
		ID: "248104cd-477e-80fd-b757-e945d38000bd", Title: []byte(`[{"plain_text":"Tasks"}]`), TitleText: "Tasks",
		Description: "what we do", CreatedTime: minute, LastEditedTime: minute, Icon: []byte(`{"type":"emoji","emoji":"✅"}`),
		Parent: []byte(`{"type":"workspace","workspace":true}`), URL: "https://app.notion.com/p/1", PublicURL: &public,
		DataSources: []DataSource{{ID: "248104cd-477e-80af-bc30-000bd28de8f9", Raw: []byte(`{"id":"248104cd-477e-80af-bc30-000bd28de8f9","url":"https://app.notion.com/p/1","properties":{"url":{"id":"a","type":"url"}}}`)}},
	}
}

func TestDatabaseFingerprint(t *testing.T) {
	sample := sampleDatabase()
	before := sample.Fingerprint()
	tests := map[string]struct {
		change func(*Database)
		means  bool
	}{
		"url moved": {func(d *Database) { d.URL = "https://www.notion.so/1" }, false},
		"data source's url moved": {func(d *Database) {
			d.DataSources[0].Raw = []byte(`{"url":"https://elsewhere","id":"248104cd-477e-80af-bc30-000bd28de8f9","properties":{"url":{"id":"a","type":"url"}}}`)
		}, false},
		"keys in another order": {func(d *Database) { d.Parent = []byte(`{ "workspace":true, "type":"workspace"}`) }, false},
		"title":                 {func(d *Database) { d.Title = []byte(`[{"plain_text":"Chores"}]`) }, true},
		"description":           {func(d *Database) { d.Description = "" }, true},
		"edited":                {func(d *Database) { d.LastEditedTime = d.LastEditedTime.Add(time.Minute) }, true},
		"icon":                  {func(d *Database) { d.Icon = nil }, true},
		"no longer public":      {func(d *Database) { d.PublicURL = nil }, true},
		"trashed":               {func(d *Database) { d.InTrash = true }, true},
		"inline":                {func(d *Database) { d.IsInline = true }, true},
		"a property called url": {func(d *Database) {
			d.DataSources[0].Raw = []byte(`{"id":"248104cd-477e-80af-bc30-000bd28de8f9","properties":{}}`)
		}, true},
		"one data source more": {func(d *Database) { d.DataSources = append(d.DataSources, DataSource{Raw: []byte(`{"id":"x"}`)}) }, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed := sampleDatabase()
			test.change(&changed)
			if differs := changed.Fingerprint() != before; differs != test.means {
				t.Errorf("fingerprint differs: %v, want %v", differs, test.means)
			}
		})
	}
}

// See TestFingerprintIsStable.
func TestDatabaseFingerprintIsStable(t *testing.T) {
	sample := sampleDatabase()
	if got, want := sample.Fingerprint(), uint64(0x90a2b4f017203df8); got != want {
		t.Errorf("fingerprint %#x, want %#x", got, want)
	}
	sample.PublicURL = nil
	sample.DataSources = append(sample.DataSources, DataSource{},
		DataSource{Raw: []byte(`{"url":1,"type":"file","file":{"url":"a?b","expiry_time":1},"object":"x"}`)})
	if got, want := sample.Fingerprint(), uint64(0x15e2b2ef1ebb03b6); got != want {
		t.Errorf("fingerprint of several data sources %#x, want %#x", got, want)
	}
}
