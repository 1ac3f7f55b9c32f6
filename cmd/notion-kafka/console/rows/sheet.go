package rows

import (
	"cmp"
	"slices"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// A Sheet is rows with columns.
type Sheet struct {
	// Columns are those there are, in the order of the database's schema. The title, which
	// is always shown, and buttons, which have no value, are not among them.
	Columns []Column
	cells   [][]Cell // by row, of the columns that are shown
}

// A Column is a property in a sheet.
type Column struct {
	Name  string
	Kind  string // Notion's type; of several the newest row's
	Topic string // of a relation, the topic of its pages; ""
	Shown bool

	filled int // in so many rows
	values map[int]Cell
}

// columnsChosen is how many columns are shown if nobody chose some.
const columnsChosen = 6

// NewSheet makes a sheet of rows. schema are the properties of the database in their
// order; empty: not known, and the rows say. chosen are names of columns; empty: those that
// most rows have a value in are shown.
func NewSheet(rows []Row, schema []control.Property, chosen []string) Sheet {
	made := sheetMaker{byID: map[string]int{}, byName: map[string]int{}}
	for _, property := range schema {
		at := made.add(property.Name, property.Type, notion.PlainPropertyID(property.ID))
		made.columns[at].Topic = property.RelatedTopic
	}
	for i, row := range rows {
		for _, field := range row.Fields {
			made.put(i, field)
		}
	}
	sheet := Sheet{Columns: slices.DeleteFunc(made.columns, func(c Column) bool { return c.Kind == "title" || c.Kind == "button" })}
	sheet.choose(chosen)
	sheet.cells = make([][]Cell, len(rows))
	for i := range rows {
		for _, column := range sheet.Shown() {
			sheet.cells[i] = append(sheet.cells[i], column.values[i])
		}
	}
	return sheet
}

// Shown returns the columns that are shown.
func (s Sheet) Shown() []Column {
	return slices.DeleteFunc(slices.Clone(s.Columns), func(c Column) bool { return !c.Shown })
}

// Hidden is how many columns are not shown.
func (s Sheet) Hidden() int { return len(s.Columns) - len(s.Shown()) }

// Cells returns the cells of a row, one of each column that is shown.
func (s Sheet) Cells(row int) []Cell { return s.cells[row] }

// choose decides which columns are shown.
func (s *Sheet) choose(names []string) {
	if len(names) > 0 {
		for i := range s.Columns {
			s.Columns[i].Shown = slices.Contains(names, s.Columns[i].Name)
		}
		return
	}
	order := make([]int, len(s.Columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.Columns[b].filled, s.Columns[a].filled) })
	for _, at := range order[:min(len(order), columnsChosen)] {
		s.Columns[at].Shown = true
	}
}

// A sheetMaker finds the column of each value. A property that was renamed keeps its
// column, because its id stays (Notion: property-object); those of several data sources
// that have one name share a column.
type sheetMaker struct {
	columns      []Column
	byID, byName map[string]int
}

func (m *sheetMaker) add(name, kind, id string) int {
	at := len(m.columns)
	m.columns = append(m.columns, Column{Name: name, Kind: kind, values: map[int]Cell{}})
	m.byName[name] = at
	if id != "" {
		m.byID[id] = at
	}
	return at
}

func (m *sheetMaker) put(row int, field Field) {
	id := notion.PlainPropertyID(field.ID)
	at, known := m.byID[id]
	if id == "" || !known {
		at, known = m.byName[field.Name]
	}
	if known {
		_, known = m.columns[at].values[row]
		known = !known // of one row only the first value has room
	}
	if !known && len(m.columns) >= mostFields {
		return
	}
	if !known {
		at = m.add(field.Name, field.Kind, id)
	}
	column := &m.columns[at]
	if column.Kind == "" {
		column.Kind = field.Kind
	}
	if id != "" {
		m.byID[id] = at
	}
	cell := field.Cell()
	column.values[row] = cell
	if cell.Text != "" {
		column.filled++
	}
}

// SameProperty reports whether two ids are of one property. Some of Notion's answers escape
// them (Notion: property-object).
func SameProperty(a, b string) bool { return notion.SameProperty(a, b) }
