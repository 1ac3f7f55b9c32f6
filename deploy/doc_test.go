// Package deploy holds what notion-kafka is installed with; its tests keep those
// files true to the program: their configuration loads, their metrics exist.
package deploy
