package notion

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is a recovered panic: a bug of the program or its libraries, which
// fails one piece of work and does not end the process.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine, from debug.Stack
}

// Error contains the panic's value, not the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic: %v; that is a fault of notion-kafka: the log has its stack, please report it", e.Value)
}

// Unwrap is the panic's value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Guard does some work and turns a panic into its error, a [*PanicError]. Every
// goroutine needs its own Guard.
func Guard(work func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, debug.Stack()}
		}
	}()
	return work()
}
