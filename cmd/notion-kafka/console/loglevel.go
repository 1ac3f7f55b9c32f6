package console

import (
	"context"
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
	if err := s.changeLevel(c.Context(), given.Level); err != nil {
		return answer{}, err
	}
	return s.showLevel(c)
}

func (s *Server) changeLevel(ctx context.Context, name string) error {
	level, known := levelNamed(name)
	if !known {
		return refuse(http.StatusUnprocessableEntity, "level is %q; use debug, info, warn or error", name)
	}
	s.level.Set(level)
	s.log.InfoContext(ctx, "log level changed", "level", level)
	return nil
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
