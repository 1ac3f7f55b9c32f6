package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cronSentence returns a valid cron line as a sentence goes on: "at 06:00 on Monday to
// Friday". A line of no common shape is said field by field, so that nothing is said that
// is not quite true.
func cronSentence(line string) string {
	fields := strings.Fields(strings.ToLower(line))
	if len(fields) != 5 {
		return "by the cron line " + strconv.Quote(line)
	}
	clock, daily, common := clockWords(fields[0], fields[1])
	days, ok := dayWords(fields[2], fields[4])
	months, known := monthWords(fields[3])
	if !common || !ok || !known {
		return fmt.Sprintf("at minute %s, hour %s, day of the month %s, month %s, day of the week %s", fields[0], fields[1], fields[2], fields[3], fields[4])
	}
	if daily && days == "" {
		clock = "every day " + clock
	}
	return clock + days + months
}

// clockWords says minutes and hours. daily is true for times that a day has few of.
func clockWords(minutes, hours string) (words string, daily, ok bool) {
	minute, oneMinute := number(minutes)
	step, steps := strings.CutPrefix(minutes, "*/")
	switch often, _ := strconv.Atoi(step); {
	case oneMinute && hours == "*":
		return fmt.Sprintf("at minute %d past every hour", minute), false, true
	case oneMinute && strings.HasPrefix(hours, "*/"):
		n, _ := strconv.Atoi(hours[len("*/"):])
		return fmt.Sprintf("at minute %d of every %s hour from 00:00 on", minute, ordinal(n)), false, n > 1 && n < 24
	case oneMinute:
		return atTimes(minute, hours)
	case hours == "*" && strings.Contains(minutes, ","):
		words, ok := names(minutes, func(text string) (string, bool) { n, is := number(text); return strconv.Itoa(n), is })
		return "at minutes " + words + " past every hour", false, ok
	case minutes == "*" || steps && often == 1:
		within, ok := withinHours(hours)
		return "every minute" + within, false, ok
	case steps && often > 1 && 60%often == 0:
		within, ok := withinHours(hours)
		return fmt.Sprintf("every %d minutes%s", often, within), false, ok
	}
	return "", false, false
}

// mostTimes is how many times of day a sentence lists.
const mostTimes = 6

// atTimes says a list of hours: "at 06:30 and 18:30".
func atTimes(minute int, hours string) (words string, daily, ok bool) {
	var times []string
	for part := range strings.SplitSeq(hours, ",") {
		from, to, ok := span2(part)
		if !ok || len(times)+to-from >= mostTimes {
			return atHours(minute, hours)
		}
		for hour := from; hour <= to; hour++ {
			times = append(times, fmt.Sprintf("%02d:%02d", hour, minute))
		}
	}
	slices.Sort(times)
	return "at " + list(slices.Compact(times)), true, true
}

// atHours says one long range of hours.
func atHours(minute int, hours string) (words string, daily, ok bool) {
	from, to, ok := span2(hours)
	return fmt.Sprintf("at minute %d past every hour from %02d:00 to %02d:59", minute, from, to), false, ok
}

// withinHours says the hours that something is repeated in; "" for all of them.
func withinHours(hours string) (words string, ok bool) {
	if hours == "*" {
		return "", true
	}
	from, to, ok := span2(hours)
	return fmt.Sprintf(" from %02d:00 to %02d:59", from, to), ok
}

// dayWords says the days. If both kinds are given, one that fits is enough.
func dayWords(month, week string) (words string, ok bool) {
	inMonth, monthly := daysOfMonth(month)
	inWeek, weekly := names(week, weekday)
	switch {
	case month == "*" && week == "*":
		return "", true
	case week == "*":
		return " on " + inMonth, monthly
	case month == "*":
		return " on " + inWeek, weekly
	}
	return " on " + inMonth + " and also on every " + strings.ReplaceAll(inWeek, " and ", " and every "), monthly && weekly && !strings.Contains(inWeek, " to ") && !strings.Contains(inWeek, ",")
}

func daysOfMonth(field string) (words string, ok bool) {
	words, ok = names(field, func(text string) (string, bool) { _, is := number(text); return strings.TrimLeft(text, "0"), is })
	if strings.ContainsAny(field, ",-") {
		return "days " + words + " of the month", ok
	}
	return "day " + words + " of the month", ok
}

func monthWords(field string) (words string, ok bool) {
	if field == "*" {
		return "", true
	}
	words, ok = names(field, month)
	return " in " + words, ok
}

// names says a list of values and ranges.
func names(field string, name func(string) (string, bool)) (words string, ok bool) {
	var parts []string
	for part := range strings.SplitSeq(field, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, ok := name(from)
		if isRange && ok {
			var last string
			last, ok = name(to)
			first += " to " + last
		}
		if !ok {
			return "", false
		}
		parts = append(parts, first)
	}
	return list(parts), true
}

func weekday(text string) (string, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if n, is := number(text); is && n%7 == int(day) || text == strings.ToLower(day.String()[:3]) {
			return day.String(), true
		}
	}
	return "", false
}

func month(text string) (string, bool) {
	for month := time.January; month <= time.December; month++ {
		if n, is := number(text); is && n == int(month) || text == strings.ToLower(month.String()[:3]) {
			return month.String(), true
		}
	}
	return "", false
}

func number(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// span2 reads a number, or a range of two.
func span2(text string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(text, "-")
	from, ok = number(first)
	if to = from; isRange && ok {
		to, ok = number(last)
	}
	return from, to, ok && from <= to
}

// list joins words as a sentence does: "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
