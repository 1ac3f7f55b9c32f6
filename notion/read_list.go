package notion

import (
	"errors"
	"time"
)

// A listEnd holds the pagination fields of a list response
// (Notion: intro, pagination).
type listEnd struct {
	hasMore    bool
	nextCursor string
	incomplete bool
}

// readList reads a list response, calling element before each of its results;
// element must take exactly one value. The tree of the response has at most so many nodes.
func readList(body []byte, nodes int, element func(*strictReader) error) (listEnd, error) {
	var end listEnd
	var object string
	var hasMore *bool
	var results bool
	err := readStrictly(body, nodes, func(in *strictReader) error {
		return in.object(func(name []byte) (err error) {
			switch string(name) {
			case "object":
				err = in.stringInto(&object)
			case "results":
				results = true
				err = in.array(func() error { return element(in) })
			case "has_more":
				hasMore, err = in.flag()
			case "next_cursor":
				err = in.stringInto(&end.nextCursor)
			case "request_status":
				end.incomplete, err = in.incomplete()
			default:
				err = in.skip()
			}
			return err
		})
	})
	switch {
	case err != nil:
		return listEnd{}, err
	case object != "list":
		return listEnd{}, errors.New("the answer is not a list")
	case !results:
		return listEnd{}, errors.New("the list has no results")
	case hasMore == nil:
		return listEnd{}, errors.New("the list has no has_more")
	case *hasMore && end.nextCursor == "":
		return listEnd{}, errors.New("the list has has_more, but no next_cursor")
	}
	end.hasMore = *hasMore
	return end, nil
}

// incomplete takes a request_status. Only the value "incomplete" matters (Notion:
// query-a-data-source).
func (in *strictReader) incomplete() (bool, error) {
	if in.kind() == 'n' {
		return false, in.skip()
	}
	var kind string
	err := in.object(func(name []byte) error {
		if string(name) == "type" {
			return in.stringInto(&kind)
		}
		return in.skip()
	})
	return kind == "incomplete", err
}

// leastRow is the length, in bytes, of a page with a few short properties.
const leastRow = 1 << 10

// decodePageList reads the answer to a query.
func decodePageList(body []byte) (*PageList, error) {
	list := new(PageList)
	rows := min(len(body)/leastRow+1, maxPageSize)
	begin := func() { *list = PageList{Pages: make([]Page, 0, rows), Created: make([]time.Time, 0, rows)} }
	read := func(in *strictReader) error {
		var row row
		if err := row.read(in); err != nil {
			return err
		}
		switch row.object {
		case "page":
			list.Pages = append(list.Pages, row.page)
		case "data_source":
			list.DataSources = append(list.DataSources, row.page.ID)
		default:
			return in.refuse("the row is a %q, neither page nor data_source", row.object)
		}
		list.Created = append(list.Created, row.created)
		return nil
	}
	end, err := readEach(body, mostNodes, begin, read, func(bad *Unreadable) {
		list.Created = append(list.Created, bad.CreatedTime)
		list.Unreadable = append(list.Unreadable, bad)
	})
	if err != nil {
		return nil, err
	}
	list.HasMore, list.NextCursor, list.Incomplete = end.hasMore, end.nextCursor, end.incomplete
	return list, nil
}

// A foundList is the answer to a search for data sources.
type foundList struct {
	sources    []DataSource
	unreadable []*Unreadable
	end        listEnd
}

// decodeDataSourceList reads the answer to a search for data sources. It skips
// results of other kinds.
func decodeDataSourceList(body []byte) (list foundList, err error) {
	begin := func() { list = foundList{} }
	read := func(in *strictReader) error {
		raw := in.raw()
		object, err := objectOf(raw)
		if err != nil {
			return in.refuse("%w", err)
		}
		if object != "data_source" {
			return nil
		}
		source, err := readDataSource(raw)
		if err != nil {
			return in.refuse("%w", err)
		}
		list.sources = append(list.sources, source)
		return nil
	}
	list.end, err = readEach(body, noNodes, begin, read, func(bad *Unreadable) { list.unreadable = append(list.unreadable, bad) })
	return list, err
}
