//go:build real

package main_test

import (
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// On a Kafka with authentication and ACLs, every mechanism publishes with exactly the
// rights that check prints, every refusal says what to look at, and check names a
// missing right. What the catalog prints for a consumer reads it.
func TestSecuredKafka(t *testing.T) {
	b := newSecuredBroker(t)
	s := newStageOn(t, b.realParts, 2*longestTest, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	db.AddPage("The first", nil)
	// Topics outside the prefix of the data topics.
	own := []string{"kafka.state_topic=state-of-" + s.name, "kafka.control_topic=control-of-" + s.name}
	grants := grantsIn(t, s.mustRun(set("check", own)...).out)
	for _, g := range grants {
		b.allow(s.ctx, g)
	}
	tokenURL := tokens(t)

	// The ways to authenticate as ada.
	tls := with(own, "kafka.tls.enabled=true", "kafka.tls.ca_file="+b.authority.file("ca.pem"))
	nobody := with(tls, "kafka.brokers="+b.passwords)
	passwords := with(nobody, "kafka.sasl.username="+ada, "kafka.sasl.password="+password)
	certificates := with(tls, "kafka.brokers="+b.certificates)
	ways := map[string][]string{
		"plain":         with(passwords, "kafka.sasl.mechanism=plain"),
		"scram-sha-256": with(passwords, "kafka.sasl.mechanism=scram-sha-256"),
		"scram-sha-512": with(passwords, "kafka.sasl.mechanism=scram-sha-512"),
		"oauthbearer":   with(passwords, "kafka.sasl.mechanism=oauthbearer", "kafka.sasl.token_url="+tokenURL),
		"certificate": with(certificates, "kafka.tls.cert_file="+b.authority.file(ada+".pem"),
			"kafka.tls.key_file="+b.authority.file(ada+".key")),
	}

	for _, way := range sortedKeys(ways) {
		t.Run("publishes with "+way, func(t *testing.T) {
			page := "Came with " + way
			db.AddPage(page, nil)
			end := s.run(set("once", ways[way])...)
			if end.code != 0 || end.streams(t)["database_"+db.ID()].Published == 0 {
				t.Errorf("once: exit code %d\n%s%s", end.code, end.out, end.talk)
			}
			wantNoSecrets(t, end)
			read := s.mustRun("tail", s.topic("tasks"), "--from-beginning", "--no-follow") // ada has no right to it
			if !strings.Contains(read.out, page) {
				t.Errorf("the page %q is not in the topic:\n%s", page, read.out)
			}
		})
	}

	wrong := "kafka.sasl.password=" + password + "-not"
	stranger := newAuthority(t)
	stranger.issue(ada)
	refusals := map[string]struct {
		settings []string
		says     []string
	}{
		"wrong password, plain":         {with(ways["plain"], wrong), []string{b.passwords, "kafka.sasl.username", "kafka.sasl.password"}},
		"wrong password, scram-sha-256": {with(ways["scram-sha-256"], wrong), []string{b.passwords, "kafka.sasl.username", "kafka.sasl.password"}},
		"wrong password, scram-sha-512": {with(ways["scram-sha-512"], wrong), []string{b.passwords, "kafka.sasl.username", "kafka.sasl.password"}},
		"wrong client secret":           {with(ways["oauthbearer"], wrong), []string{"invalid_client", "kafka.sasl.token_url", "kafka.sasl.password"}},
		"token refused":                 {with(ways["oauthbearer"], "kafka.sasl.scopes=expired"), []string{b.passwords, "kafka.sasl.scopes"}},
		"untrusted broker":              {with(ways["plain"], "kafka.tls.ca_file="+stranger.file("ca.pem")), []string{b.passwords, "unknown authority", "kafka.tls.ca_file"}},
		"no client certificate":         {certificates, []string{b.certificates, "kafka.tls.cert_file"}},
		"untrusted client certificate": {
			with(certificates, "kafka.tls.cert_file="+stranger.file(ada+".pem"), "kafka.tls.key_file="+stranger.file(ada+".key")),
			[]string{b.certificates, "kafka.tls.cert_file"},
		},
		"TLS to a port without": {with(tls, "kafka.brokers="+b.brokers), []string{b.brokers, "kafka.tls"}},
		"no TLS":                {with(ways["plain"], "kafka.tls.enabled=false", "kafka.tls.ca_file="), []string{b.passwords, "kafka.tls.enabled"}},
		"no SASL":               {nobody, []string{b.passwords, "kafka.sasl"}},
	}
	for _, name := range sortedKeys(refusals) {
		t.Run(name, func(t *testing.T) {
			refusal := refusals[name]
			end := s.run(set("once", refusal.settings)...)
			if end.code != 1 || end.out != "" {
				t.Errorf("once: exit code %d, want 1\n%s%s", end.code, end.out, end.talk)
			}
			messages := slices.DeleteFunc(strings.Split(strings.TrimSpace(end.talk), "\n"), func(line string) bool {
				return strings.Contains(line, "can read a command line") // of the password that this test gives there
			})
			if len(messages) != 1 {
				t.Errorf("not one message:\n%s", end.talk)
			}
			for _, want := range refusal.says {
				if !strings.Contains(end.talk, want) {
					t.Errorf("it does not say %q: %s", want, end.talk)
				}
			}
			wantNoSecrets(t, end)
		})
	}

	t.Run("the catalog says what the rights hide", func(t *testing.T) { b.showsWhatRightsHide(t, s.topic("tasks")) })

	t.Run("check knows the rights", func(t *testing.T) {
		if end := s.run(set("check", ways["plain"])...); end.code != 0 {
			t.Fatalf("with every right that it prints, check ends with exit code %d\n%s%s", end.code, end.out, end.talk)
		}
		db := s.workspace.AddDatabase("Not read yet")
		db.AddPage("One", nil)
		for _, g := range grants {
			b.forbid(s.ctx, g)
			end := s.run(set("check", ways["plain"])...)
			b.allow(s.ctx, g)
			var bad []string
			for line := range strings.Lines(end.out) {
				if strings.HasPrefix(line, "✗") {
					bad = append(bad, line)
				}
			}
			if g.operation == "CREATE" && !g.prefixed { // these topics exist already
				if end.code != 0 {
					t.Errorf("without %s, on a topic that exists: exit code %d\n%s%s", g.text(), end.code, end.out, end.talk)
				}
				continue
			}
			if end.code != 1 || len(bad) != 1 || !strings.Contains(bad[0], "grant "+g.text()+"\n") {
				t.Errorf("without %s: exit code %d, want one line that names it\n%s%s", g.text(), end.code, end.out, end.talk)
			}
		}
	})

	t.Run("what the catalog prints reads it", func(t *testing.T) {
		b.wantSnippets(t, s, s.topic("tasks"), "The first", tokenURL)
	})
}

// with adds settings, which override the ones before.
func with(settings []string, more ...string) []string {
	return append(append([]string{}, settings...), more...)
}

// set returns a command with settings of its own.
func set(command string, settings []string) []string {
	line := []string{command}
	for _, setting := range settings {
		line = append(line, "--set", setting)
	}
	return line
}

func wantNoSecrets(t *testing.T, end ended) {
	t.Helper()
	for _, secret := range []string{password, "eyJ"} { // the beginning of a token
		if strings.Contains(end.out+end.talk, secret) {
			t.Errorf("a secret is printed: %s", end.out+end.talk)
		}
	}
}
