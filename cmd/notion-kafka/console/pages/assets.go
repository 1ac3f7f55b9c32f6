package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the console's files by name. Their address has the hash of all of them, so
// that browsers may keep them for ever.
var assets, assetsHash = readAssets()

// assetTypes are the media types of the assets by the end of their names.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func readAssets() (map[string][]byte, string) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		panic(err)
	}
	hash, files := sha256.New(), map[string][]byte{}
	for _, entry := range entries {
		content, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			panic(err)
		}
		files[entry.Name()] = content
		hash.Write([]byte(entry.Name()))
		hash.Write(content)
	}
	return files, hex.EncodeToString(hash.Sum(nil))[:12]
}

// AssetPath returns the path of an asset below the console's root.
func AssetPath(name string) string { return "assets/" + assetsHash + "/" + name }

// ServeAsset responds to GET /assets/{hash}/{name}. An address of another version has no
// file here: a page of that version loads again anyway.
func ServeAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, known := assets[name]
	if !known || r.PathValue("hash") != assetsHash {
		http.Error(w, "there is no such file in this version", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", assetTypes[name[strings.LastIndex(name, "."):]])
	_, _ = w.Write(content) // a browser that left needs none
}
