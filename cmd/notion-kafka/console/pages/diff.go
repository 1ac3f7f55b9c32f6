package pages

import "slices"

// A diffLine is a line of a comparison.
type diffLine struct {
	Sign  string // + of a line that is new, − of one that is gone, a space of one of both
	Class string // added, removed or ""
	Text  string
}

const (
	// mostCompared bounds the work of a comparison, which grows with the product of the
	// lines that differ.
	mostCompared = 4_000_000
	// linesAround is how many equal lines are shown before and after a difference.
	linesAround = 3
)

// diff compares two texts line by line. Equal lines far from a difference become one line
// that stands for them; of equal texts nothing is left.
func diff(before, after []string) []diffLine {
	if slices.Equal(before, after) {
		return nil
	}
	begin := 0
	for begin < min(len(before), len(after)) && before[begin] == after[begin] {
		begin++
	}
	end := 0
	for end < min(len(before), len(after))-begin && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	var lines []diffLine
	for _, line := range before[:begin] {
		lines = append(lines, diffLine{" ", "", line})
	}
	lines = append(lines, between(before[begin:len(before)-end], after[begin:len(after)-end])...)
	for _, line := range before[len(before)-end:] {
		lines = append(lines, diffLine{" ", "", line})
	}
	return folded(lines)
}

// between compares lines of which the first and the last differ, by the longest common
// subsequence; where that is too much work nothing is said to be common.
func between(before, after []string) (lines []diffLine) {
	if len(before)*len(after) > mostCompared {
		return append(signed("−", "removed", before), signed("+", "added", after)...)
	}
	width := len(after) + 1
	longest := make([]int32, (len(before)+1)*width)
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(before) && j < len(after) {
		switch {
		case before[i] == after[j]:
			lines = append(lines, diffLine{" ", "", before[i]})
			i, j = i+1, j+1
		case longest[(i+1)*width+j] >= longest[i*width+j+1]:
			lines = append(lines, diffLine{"−", "removed", before[i]})
			i++
		default:
			lines = append(lines, diffLine{"+", "added", after[j]})
			j++
		}
	}
	return append(append(lines, signed("−", "removed", before[i:])...), signed("+", "added", after[j:])...)
}

func signed(sign, class string, texts []string) (lines []diffLine) {
	for _, text := range texts {
		lines = append(lines, diffLine{sign, class, text})
	}
	return lines
}

// folded leaves out equal lines that are far from every difference.
func folded(lines []diffLine) (left []diffLine) {
	near := make([]bool, len(lines))
	for i, line := range lines {
		if line.Class == "" {
			continue
		}
		for j := max(0, i-linesAround); j <= min(len(lines)-1, i+linesAround); j++ {
			near[j] = true
		}
	}
	for i, line := range lines {
		switch {
		case near[i]:
			left = append(left, line)
		case i == 0 || near[i-1]: // the first of those that are left out
			left = append(left, diffLine{" ", "left-out", "…"})
		}
	}
	return left
}
