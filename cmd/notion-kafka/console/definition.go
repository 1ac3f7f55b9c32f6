package console

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// yamlType is the media type of YAML (RFC 9512).
const yamlType = "application/yaml"

// definition responds with the definition of a source, as JSON unless the request would
// rather have YAML.
func (s *Server) definition(w http.ResponseWriter, r *http.Request) {
	mediaType, body, err := s.definitionOf(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Add("Vary", "Accept")
	s.write(w, r, http.StatusOK, mediaType, []byte(body))
}

func (s *Server) definitionOf(w http.ResponseWriter, r *http.Request) (mediaType, body string, err error) {
	if mediaType = preferred(r, "application/json", yamlType); mediaType == "" {
		return "", "", refuse(http.StatusNotAcceptable, "the response is application/json or %s, and the Accept header names neither", yamlType)
	}
	if _, err := readQuery(r, nil); err != nil {
		return "", "", err
	}
	if _, err := readBody(w, r, false); err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	err = s.patiently(ctx, func() error {
		asJSON, asYAML, err := s.backend.Definition(r.PathValue("source"))
		body = string(asJSON)
		if mediaType == yamlType {
			body = strings.TrimSuffix(asYAML, "\n") // write adds it
		}
		return err
	})
	return mediaType, body, err
}

// preferred returns the media type that a request would rather have, "" if it accepts
// none of them. The first one wins where the request does not say.
func preferred(r *http.Request, mediaTypes ...string) (best string) {
	accepted := r.Header.Values("Accept")
	if len(accepted) == 0 {
		return mediaTypes[0]
	}
	most, closest := 0.0, 0
	for _, mediaType := range mediaTypes {
		weight, near := weightOf(mediaType, strings.Join(accepted, ","))
		if weight > most || weight == most && weight > 0 && near > closest {
			best, most, closest = mediaType, weight, near
		}
	}
	return best
}

// weightOf returns the weight that an Accept header gives a media type, and how closely
// it names the type: 3 by its name, 2 by its family, 1 by any (RFC 9110, 12.5.1).
func weightOf(mediaType, accept string) (weight float64, near int) {
	family, _, _ := strings.Cut(mediaType, "/")
	for one := range strings.SplitSeq(accept, ",") {
		name, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		fit := map[string]int{mediaType: 3, family + "/*": 2, "*/*": 1}[name]
		if fit <= near {
			continue
		}
		weight, near = 1, fit
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			weight = q
		}
	}
	return weight, near
}
