package pages

import (
	"fmt"
	"math"
	"time"

	"notion-kafka/producer/control"
)

// A strip draws the last runs of a source, the newest at its right end.
type strip struct {
	Width int
	Label string
	Bars  []stripBar
}

// A stripBar is one run, or a row of runs that changed nothing.
type stripBar struct {
	X, Y, Width, Height int
	Class               string
	Quiet               bool
}

// Mid is the middle of the bar.
func (b stripBar) Mid() int { return b.X + b.Width/2 }

// MostInStrip is how many entries of the history a strip shows.
const MostInStrip = 16

// stripOf draws runs, the newest first.
func stripOf(runs []control.Run) strip {
	runs = runs[:min(len(runs), MostInStrip)]
	s := strip{Width: 11 * MostInStrip}
	for i, run := range runs {
		bar := stripBar{X: s.Width - 11*(i+1) + 2, Width: 8, Class: runClass(run.Status), Height: height(run)}
		bar.Y = 21 - bar.Height
		c := countsOf(run)
		bar.Quiet = run.Status == control.Succeeded && c.Published+c.Deleted == 0
		s.Bars = append(s.Bars, bar)
	}
	s.Label = "No runs yet"
	if len(runs) > 0 {
		s.Label = "Of the last " + sum(runs)
	}
	return s
}

// height is the class of a run's duration, in pixels.
func height(run control.Run) int {
	took := run.FinishedAt.Sub(run.StartedAt)
	for i, under := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute} {
		if took < under {
			return 4 + 4*i
		}
	}
	return 20
}

// A dayChart draws the changes of two weeks.
type dayChart struct {
	Caption   string
	Top, Half string // the scale
	Bars      []dayBar
	Numbers   []control.Day // the newest first
}

// A dayBar is one day.
type dayBar struct {
	Parts  []dayPart
	Mid    int
	Failed bool
	Name   *dayName // nil: not written
}

// A dayName is the name of a day below its bar.
type dayName struct {
	X    int
	Text string
}

// A dayPart is a part of a bar.
type dayPart struct {
	X, Y, Height int
	Class        string
}

const (
	chartDays   = 14
	chartBottom = 108
	chartHeight = 100
)

// daysOf draws the last two weeks before now.
func daysOf(days []control.Day, now time.Time) dayChart {
	known := map[string]control.Day{}
	for _, day := range days {
		known[day.Day] = day
	}
	var shown []control.Day
	most, total := 0, 0
	for i := range chartDays {
		name := now.UTC().AddDate(0, 0, i+1-chartDays).Format(time.DateOnly)
		day := known[name]
		day.Day = name
		changes := changesOf(day)
		most, total = max(most, changes), total+changes
		shown = append(shown, day)
	}
	top := niceTop(most)
	chart := dayChart{Top: count(top), Half: count(top / 2)}
	today := shown[len(shown)-1]
	chart.Caption = fmt.Sprintf("%s in %d days; today %s created, %s updated, %s deleted", some(total, "change"), chartDays, count(today.Created), count(today.Updated), count(today.Deleted))
	for i, day := range shown {
		x, y := 42+i*37, float64(chartBottom)
		bar := dayBar{Mid: x + 10, Failed: day.Failed > 0}
		for _, part := range []struct {
			class string
			n     int
		}{{"created", day.Created}, {"updated", day.Updated}, {"deleted", day.Deleted}} {
			if part.n == 0 {
				continue
			}
			high := max(math.Round(float64(part.n)*chartHeight/float64(top)), 2)
			y -= high
			bar.Parts = append(bar.Parts, dayPart{x, int(y), int(high), part.class})
		}
		if at, err := time.Parse(time.DateOnly, day.Day); err == nil && (i%3 == 1) {
			bar.Name = &dayName{x + 13, at.Format("2 Jan")}
		}
		chart.Bars = append(chart.Bars, bar)
		chart.Numbers = append([]control.Day{day}, chart.Numbers...)
	}
	return chart
}

func changesOf(day control.Day) int { return day.Created + day.Updated + day.Deleted }

// niceTop is the first of 2, 4, 10, 20, 40, 100 … that is at least n.
func niceTop(n int) int {
	for scale := 1; ; scale *= 10 {
		for _, top := range []int{2, 4, 10} {
			if top*scale >= n {
				return top * scale
			}
		}
	}
}

// A budgetChart draws the requests of the last hour.
type budgetChart struct {
	Caption            string
	Limit              int
	LimitY, LimitTextY int
	Bars               []minuteBar
	Numbers            []control.Minute // those with a request, the newest first
}

// A minuteBar is one minute.
type minuteBar struct {
	X, Y, Height int
	Refused      bool
}

// budgetOf draws what a connection sent; nil where that is not known.
func budgetOf(spent *control.Spending) *budgetChart {
	if spent == nil {
		return nil
	}
	most, waited, refused, last := spent.Limit, 0.0, 0, 0
	for _, minute := range spent.Minutes {
		most = max(most, minute.Requests)
		waited, refused, last = waited+minute.Waited, refused+minute.Refused, minute.Requests
	}
	top := max(most, 1)
	scaled := func(n int) int { return int(math.Round(float64(n) * chartHeight / float64(top))) }
	chart := &budgetChart{Limit: spent.Limit, LimitY: chartBottom - scaled(spent.Limit)}
	chart.LimitTextY = chart.LimitY + 4
	chart.Caption = fmt.Sprintf("%d of %d requests in this minute; waited %s for Notion in the last hour, %s", last, spent.Limit, took(time.Duration(waited*float64(time.Second))), some(refused, "request")+" refused")
	skipped := max(len(spent.Minutes)-60, 0)
	for i, minute := range spent.Minutes[skipped:] {
		bar := minuteBar{X: 38 + i*86/10, Height: scaled(minute.Requests), Refused: minute.Refused > 0}
		if minute.Requests > 0 {
			bar.Height = max(bar.Height, 2)
			chart.Numbers = append([]control.Minute{minute}, chart.Numbers...)
		}
		bar.Y = chartBottom - bar.Height
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}
