//go:build real

package main_test

import (
	"strings"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
)

// A person walks through the console in a tab of a real Chromium.
type person struct {
	*browsertest.Tab
	root string // the console's address in the browser, without a slash at its end
	// axe says that axe sees every page. It waits for timers, which run no more without
	// scripts.
	axe bool
}

// goTo opens a page of the console and checks it.
func (p *person) goTo(path string) {
	p.T.Helper()
	p.Open(p.root + path)
	p.check()
}

// check checks what every page keeps to.
func (p *person) check() {
	p.T.Helper()
	p.Sound()
	if p.axe {
		p.Axe()
	}
}

// landed checks the page that a button led to.
func (p *person) landed(path string) {
	p.T.Helper()
	if at := strings.TrimPrefix(p.At(), p.root); !strings.HasPrefix(at, path) {
		p.T.Fatalf("the browser is at %s, want %s…: %s", p.At(), p.root+path, p.Text("body"))
	}
	p.check()
}
