package notion_test

import (
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A reading has as many readers as use the budget up, because each window costs half a
// response at its end.
func TestReadingUsesTheBudgetUpWithFewReaders(t *testing.T) {
	const rows, plan = 10_000, 60
	slow := notiontest.Options{RequestsPerMinute: plan, Latency: func(*http.Request) time.Duration { return 3 * time.Second }}
	inWorld(t, slow, func(t *testing.T, l *world) {
		l.client = l.limitedTo(plan)
		ids := l.addRows(rows, 20_000*time.Hour, time.Hour)
		began, times, most := time.Now(), map[string]int{}, 0
		for portion, err := range l.client.ReadAll(t.Context(), l.query()) {
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, len(portion.Left))
			for _, page := range portion.Pages {
				times[page.ID]++
			}
		}
		l.mustHold(times, ids)
		if most > 4 { // three requests are in flight on average
			t.Errorf("%d windows were read side by side, want at most 4", most)
		}
		first := 0
		for _, request := range l.w.Requests() {
			if request.At.Before(began.Add(time.Minute)) {
				first++
			}
		}
		if first != plan {
			t.Errorf("%d of %d requests were sent in the first minute", first, plan)
		}
	})
}

// limitedTo is a client with a budget of so many requests a minute.
func (l *world) limitedTo(requestsPerMinute int) *notion.Client {
	client, err := notion.NewClient(notion.Options{
		BaseURL: "https://notion.invalid", Transport: l.w.RoundTripper(), Budget: notion.NewBudget(requestsPerMinute, 0),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: l.w.Token()}),
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return client
}
