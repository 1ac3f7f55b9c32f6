// Package sdk installs programs that use Notion's official JavaScript client: a check of
// a simulated workspace, and a reader to compare with. They need Node 20 and npm.
package sdk

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
)

//go:embed *.mjs package.json package-lock.json .npmrc
var files embed.FS

// Install puts the programs and the client into a folder.
func Install(ctx context.Context, dir string) error {
	if err := os.CopyFS(dir, files); err != nil {
		return fmt.Errorf("copying the programs for the official client to %s: %w", dir, err)
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w; the official client needs Node 20 or newer, and npm\n%s", dir, err, out)
	}
	return nil
}
