package main

import (
	"regexp"
	"strings"

	"notion-kafka/config"
)

// advised finds the command lines in a message that read the configuration.
var advised = regexp.MustCompile(`\bnotion-kafka (check|deletes|discover|find|instances|login|once|open|pause|resume|run|runs|schema|sources|state|tail|trigger)\b`)

// advice adds --config to the command lines that a message advises, where this process
// was given a file that they would not find by themselves.
func (p *process) advice(text string) string {
	return advised.ReplaceAllStringFunc(text, func(line string) string {
		program, command, _ := strings.Cut(line, " ")
		return program + p.configFlag() + " " + command
	})
}

// configFlag is the flag with which a command line finds the configuration file of this
// one, with a space before it; "" where it does without.
func (p *process) configFlag() string {
	if p.configFile == "" || p.configFile == config.FileName {
		return ""
	}
	return " --config " + forShell(p.configFile)
}

// plain is a text that a shell takes as one word.
var plain = regexp.MustCompile(`^[\w./@%+,:=-]+$`)

// forShell writes a text as one word of a shell's command line (POSIX: single quotes).
func forShell(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
