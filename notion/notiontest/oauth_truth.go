package notiontest

// Bots returns the ids of the App's bots, in the order of their first authorization.
func (a *App) Bots() []string {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	ids := make([]string, len(a.bots))
	for i, c := range a.bots {
		ids[i] = c.bot.id.String()
	}
	return ids
}

// Pair returns the bot's newest tokens; a token that is dead, or null, is "".
func (a *App) Pair(botID string) (access, refresh string) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	p := a.bot(botID).newest()
	if !p.accessDead {
		access = p.access
	}
	if !p.refreshDead {
		refresh = p.refresh
	}
	return access, refresh
}

// IsLiving reports whether Notion would accept an access token or a refresh token.
func (a *App) IsLiving(token string) bool {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.living(token) != nil
}

// living finds the pair of a token of the App that is not dead; nil where there is none.
func (a *App) living(token string) *pair {
	p := a.w.pairs[token]
	if p == nil || p.bot.app != a {
		return nil
	}
	if token == p.access && p.accessDead || token == p.refresh && p.refreshDead {
		return nil
	}
	return p
}

// Renewals returns how often the bot's tokens were renewed, also where the answer was
// lost.
func (a *App) Renewals(botID string) int {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.bot(botID).renewals
}

// Refused returns how many requests with this bearer token got a 401 because it was dead
// or unknown.
func (w *Workspace) Refused(token string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused[token]
}
