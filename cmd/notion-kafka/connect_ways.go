package main

import "notion-kafka/producer/control"

// ConnectWays implements console.Backend.
func (b *backend) ConnectWays() control.ConnectWays {
	ways := control.ConnectWays{OAuth: b.authorizer.oauth != nil, RedirectURI: b.authorizer.redirect}
	if !b.definitions.keys.CanSeal() {
		ways.NoKey = errNothingSeals().Error()
	}
	return ways
}
