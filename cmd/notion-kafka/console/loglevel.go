package console

import (
	"log/slog"
	"net/http"
	"strings"
)

// A logLevel is the log level of this instance; each instance of a group has its own.
type logLevel struct {
	Level string `json:"level"`
}

func (s *Server) showLevel(call) (answer, error) {
	return ok(logLevel{strings.ToLower(s.level.Level().String())}), nil
}

func (s *Server) setLevel(c call) (answer, error) {
	var given logLevel
	if err := decode(c.body, &given); err != nil {
		return answer{}, err
	}
	level, known := levelNamed(given.Level)
	if !known {
		return answer{}, refuse(http.StatusUnprocessableEntity, "level is %q; use debug, info, warn or error", given.Level)
	}
	s.level.Set(level)
	s.log.InfoContext(c.Context(), "log level changed", "level", level)
	return s.showLevel(c)
}

// levelNamed returns the log level of a name, such as warn or WARN.
func levelNamed(name string) (level slog.Level, known bool) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(name, level.String()) {
			return level, true
		}
	}
	return 0, false
}
