package notiontest

import (
	"net/http"
	"slices"
)

// A Capability is what a connection may do, as an App is registered with it (Notion:
// capabilities).
type Capability string

// The capabilities. A request whose capability is missing gets a 403
// restricted_resource.
const (
	ReadContent    Capability = "read content"
	UpdateContent  Capability = "update content"
	InsertContent  Capability = "insert content"
	ReadComments   Capability = "read comments"
	InsertComments Capability = "insert comments"
	ReadUsers      Capability = "read user information without e-mail addresses"
	ReadUserEmail  Capability = "read user information with e-mail addresses"
)

// portalCapabilities are those of a new public connection (notion2attioBackend, 2026-08-29).
func portalCapabilities() []Capability {
	return []Capability{ReadContent, UpdateContent, InsertContent, ReadUserEmail}
}

// SetCapabilities changes what the connection of [Workspace.Token] may do. At first it
// reads content, and users with their e-mail addresses.
func (w *Workspace) SetCapabilities(capabilities ...Capability) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own.capabilities = slices.Clone(capabilities)
}

// seesUsers reports whether user objects have more than their ids.
func (c *connection) seesUsers() bool { return c.may(ReadUsers) || c.may(ReadUserEmail) }

// allowed checks the capability for an endpoint. The connection's own bot is shown to
// every connection.
func (c *connection) allowed(e Endpoint) *failure {
	ok := true
	switch e {
	case EndpointSearch, EndpointRetrieveDatabase, EndpointRetrieveDataSource, EndpointQuery, EndpointRetrievePage, EndpointRetrieveProperty, EndpointRetrieveBlock:
		ok = c.may(ReadContent)
	case EndpointUpdatePage:
		ok = c.may(UpdateContent)
	case EndpointCreatePage, EndpointAppendBlocks:
		ok = c.may(InsertContent)
	case EndpointListComments:
		ok = c.may(ReadComments)
	case EndpointListUsers, EndpointRetrieveUser:
		ok = c.seesUsers()
	}
	if !ok {
		return restricted()
	}
	return nil
}

func restricted() *failure {
	return &failure{status: http.StatusForbidden, code: "restricted_resource", message: "Insufficient permissions for this endpoint."}
}
