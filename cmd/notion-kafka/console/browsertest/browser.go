// Package browsertest opens pages in a real Chromium and checks what every page of the
// console keeps to. Tests alone import it.
package browsertest

import (
	"context"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// longestStart bounds the start of Chromium on a busy machine.
const longestStart = 2 * time.Minute

// A Browser is one Chromium, which ends with the context it was started with.
type Browser struct{ ctx context.Context }

// Start starts the Chromium of the PATH. Options add to its command line.
func Start(ctx context.Context, t testing.TB, options ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	options = slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, // tests may run as root
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(longestStart),
	}, options)
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return &Browser{ctx}
}

// chromium returns the path of a Chromium.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on the PATH: install it (Debian: chromium)")
	return ""
}

// A Setting changes how a tab shows pages, from the next page on.
type Setting = chromedp.Action[chromedp.Void]

// Width makes the window so many CSS pixels wide.
func Width(pixels int64) Setting { return chromedp.EmulateViewport(pixels, 900) }

// Dark makes the system's colours dark.
func Dark() Setting { return media("prefers-color-scheme", "dark") }

// Light makes the system's colours light.
func Light() Setting { return media("prefers-color-scheme", "light") }

// ForcedColours makes the system replace the colours of pages.
func ForcedColours() Setting { return media("forced-colors", "active") }

func media(feature, value string) Setting {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
}

// TextSize sets the size of text that a person chose in the browser, in pixels. The
// default is 16.
func TextSize(pixels int64) Setting {
	return command(page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: pixels, Fixed: pixels}})
}

// NoScript makes pages run no script.
func NoScript() Setting {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

func command[P any](what cdp.Command[P, cdp.Empty], params P) Setting {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, what, params)
		return err
	})
}
