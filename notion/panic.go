package notion

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is a panic that was recovered: a fault of the program, or of what it is
// made of, met at some work and not the end of the process.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine, as debug.Stack tells it
}

// Error says what was panicked with; the stack is not in it.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic: %v; that is a fault of notion-kafka: the log has its stack, please report it", e.Value)
}

// Unwrap is the error that was panicked with; nil where it was something else.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Guard does some work, and makes a panic of it its error, a [*PanicError]. Every
// goroutine needs a guard of its own.
func Guard(work func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, debug.Stack()}
		}
	}()
	return work()
}
