package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"notion-kafka/config"
	"notion-kafka/producer/seal"
)

func TestKeygenPrintsAKeyThatSeals(t *testing.T) {
	tt := newTerminal(t)
	out, talk := tt.must(0, "keygen")
	if !regexp.MustCompile(`^AGE-SECRET-KEY-1[0-9A-Z]{58}\n$`).MatchString(out) {
		t.Errorf("on stdout there is not one line with a key")
	}
	if !strings.Contains(talk, "secrets.key") || strings.Contains(talk, "AGE-SECRET-KEY") {
		t.Errorf("on stderr there is\n%s", talk)
	}
	cfg := &config.Config{Kafka: config.Kafka{Brokers: []string{"kafka:9092"}}, Secrets: config.Secrets{Key: config.Secret(out)}}
	if _, err := mustOpenKeyring(t, cfg).Seal(seal.Place{Source: "crm", Key: "token"}, "x"); err != nil {
		t.Error(err)
	}
}

func mustOpenKeyring(t *testing.T, cfg *config.Config) *seal.Keyring {
	t.Helper()
	ring, err := openKeyring(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// With the embedded broker the key is made once; later processes read the same key.
func TestTheKeyOfTheEmbeddedBrokerIsKept(t *testing.T) {
	cfg := &config.Config{DataDir: filepath.Join(t.TempDir(), "not", "yet")}
	sealed, err := mustOpenKeyring(t, cfg).Seal(seal.Place{Source: "crm", Key: "token"}, "ntn_x")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := mustOpenKeyring(t, cfg).Open(seal.Place{Source: "crm", Key: "token"}, sealed); err != nil || got != "ntn_x" {
		t.Errorf("the next process opens it as %q, %v", got, err)
	}
	files, err := os.ReadDir(cfg.DataDir)
	if err != nil || len(files) != 1 || files[0].Name() != "secrets.key" {
		t.Fatalf("data_dir has %v, %v", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode() != 0o600 {
		t.Errorf("secrets.key is %v, %v", info.Mode(), err)
	}
}

// Processes that start at the same time all use the key of the first.
func TestProcessesThatStartAtOnceHaveOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.key")
	keys := make([]string, 16)
	var begin, ended sync.WaitGroup
	begin.Add(1)
	for i := range keys {
		ended.Go(func() {
			begin.Wait()
			var err error
			if keys[i], err = keptKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	begin.Done()
	ended.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Fatal("two processes have different keys")
		}
	}
	if err := makeKey(path); err != nil { // a process that looked before the first one had finished
		t.Fatal(err)
	}
	if key, err := keptKey(path); err != nil || key != keys[0] {
		t.Errorf("the last one to come has put its own key in the place of the first, %v", err)
	}
}

// A key file that other users could read or replace is refused, as by ssh: whoever
// knows the key can open every token. check reports it too.
func TestKeyThatOtherUsersCanUseIsRefused(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	dir := filepath.Join(t.TempDir(), "data")
	tt.flags = append(tt.flags, "--set", "data_dir="+dir, "--set", "console.listen=127.0.0.1:0")
	cfg := &config.Config{DataDir: dir}
	mustOpenKeyring(t, cfg)
	path := filepath.Join(dir, "secrets.key")
	for _, mode := range []os.FileMode{0o640, 0o602, 0o604} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := openKeyring(cfg); err == nil || !strings.Contains(err.Error(), path+" has mode") || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	tt.mustCheck(1, nil, "✗ secrets: the key in "+path+" has mode 0604")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	tt.mustCheck(0, nil, "! data_dir "+dir+" has mode 0777")
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	damaged, empty, blocked := filepath.Join(dir, "damaged"), filepath.Join(dir, "empty"), filepath.Join(dir, "blocked")
	for _, of := range []string{damaged, empty} {
		if err := os.Mkdir(of, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{filepath.Join(damaged, "secrets.key"): "AGE-SECRET-KEY-1HUNTER2", filepath.Join(empty, "secrets.key"): "", blocked: "a file"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good, err := seal.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	brokers := config.Kafka{Brokers: []string{"kafka:9092"}}
	for name, test := range map[string]struct {
		cfg  config.Config
		code int
		says string
	}{
		"the key":               {config.Config{Kafka: brokers, Secrets: config.Secrets{Key: "hunter2"}}, 2, "secrets.key: is not a key, notion-kafka keygen makes one"},
		"the key, embedded":     {config.Config{DataDir: dir, Secrets: config.Secrets{Key: "hunter2"}}, 2, "secrets.key: is not a key"},
		"a previous one":        {config.Config{Kafka: brokers, Secrets: config.Secrets{Key: config.Secret(good), PreviousKeys: []config.Secret{"hunter2"}}}, 2, "secrets.previous_keys[0]: is not a key"},
		"a previous, embedded":  {config.Config{DataDir: dir, Secrets: config.Secrets{PreviousKeys: []config.Secret{"hunter2"}}}, 2, "secrets.previous_keys[0]: is not a key"},
		"a damaged file":        {config.Config{DataDir: damaged}, 1, filepath.Join(damaged, "secrets.key") + " is damaged"},
		"an empty file":         {config.Config{DataDir: empty}, 1, filepath.Join(empty, "secrets.key") + " is damaged"},
		"data_dir is no folder": {config.Config{DataDir: blocked}, 1, "set secrets.key instead"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openKeyring(&test.cfg)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(strings.ToLower(err.Error()), "hunter2") {
				t.Fatalf("got %v, want %s", err, test.says)
			}
			if code := (&process{understood: true}).exitCode(err); code != test.code {
				t.Errorf("exit %d, want %d: %v", code, test.code, err)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "secrets.key")); err == nil {
		t.Error("a key was made although the configuration is wrong")
	}
}

// With real brokers no key is made: every instance needs the same one.
func TestRealBrokersNeedAKeyOfTheConfiguration(t *testing.T) {
	cfg := &config.Config{DataDir: t.TempDir(), Kafka: config.Kafka{Brokers: []string{"kafka:9092"}}}
	if _, err := mustOpenKeyring(t, cfg).Seal(seal.Place{Source: "crm", Key: "token"}, "x"); err == nil || !strings.Contains(err.Error(), "notion-kafka keygen") {
		t.Errorf("got %v", err)
	}
	if files, err := os.ReadDir(cfg.DataDir); err != nil || len(files) > 0 {
		t.Errorf("data_dir has %v, %v", files, err)
	}
}
