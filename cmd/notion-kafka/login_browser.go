package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
)

// openBrowser opens an address in the person's browser.
func openBrowser(address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	// The browser outlives this command.
	command := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // the address is ours or Notion's, and no shell reads it
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }()
	return nil
}

// lines yields what a person types, line by line, and is closed at the end of input.
func lines(in io.Reader) <-chan string {
	typed := make(chan string)
	go func() {
		defer close(typed)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			typed <- scanner.Text()
		}
	}()
	return typed
}

// pastedQuery returns the query of the address that a browser ended at, as a person
// pasted it.
func pastedQuery(text string) (url.Values, error) {
	text = strings.Trim(strings.TrimSpace(text), `"'<>`)
	at, err := url.Parse(text)
	if err == nil {
		query, bad := url.ParseQuery(at.RawQuery)
		if bad == nil && query.Get("state") != "" && (query.Has("code") || query.Has("error")) {
			return query, nil
		}
	}
	// The text may have a code, so no error repeats it.
	return nil, errors.New("this is not the address that the browser ended at: paste it whole, it begins with oauth.redirect_url and has code= and state=")
}
