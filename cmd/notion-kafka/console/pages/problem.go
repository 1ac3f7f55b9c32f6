package pages

import "strings"

// Problem is the page of a request that failed.
type Problem struct {
	Shell
	Status int
	Detail string
	// Again is where the person tries again; "": there is nothing to try.
	Again string
	// SignIn says that signing in is what to do.
	SignIn bool
}

func (Problem) template() string { return "problem" }

// NewProblem makes the page. title is what the status means.
func NewProblem(shell Shell, status int, title, detail, again string) Problem {
	shell.Heading, shell.Said = "Error: "+title, ""
	return Problem{Shell: shell, Status: status, Detail: detail, Again: again}
}

// Login is the page on which a person signs in.
type Login struct {
	Shell
	Next    string // where the person goes afterwards: a path of the console
	User    string // who is signed in; "": nobody
	Problem string // why the last try did not work; "": there was none
}

// Onward is the address of Next, relative to the page.
func (l Login) Onward() string { return l.Root + strings.TrimLeft(l.Next, "/") }

func (Login) template() string { return "login" }

// NewLogin makes the page.
func NewLogin(shell Shell, next, user, problem string) Login {
	shell.Heading, shell.Bare = "Sign in", !shell.SignedIn
	if problem != "" {
		shell.Heading = "Error: sign in"
	}
	return Login{shell, next, user, problem}
}
