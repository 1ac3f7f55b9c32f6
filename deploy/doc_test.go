// Package deploy holds the files for installing notion-kafka. Its tests check them
// against the program: their configuration loads, their metrics exist.
package deploy
