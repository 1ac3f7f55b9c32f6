package notion

import "errors"

// A listEnd is what every list response says of its continuation
// (Notion: intro, pagination).
type listEnd struct {
	hasMore    bool
	nextCursor string
	incomplete bool
}

// readList reads a list response, calling element before each of its results;
// element must take exactly one value.
func readList(body []byte, element func(*walk) error) (listEnd, error) {
	var end listEnd
	var object string
	var hasMore *bool
	var results bool
	err := walkText(body, func(w *walk) error {
		return w.object(func(name []byte) (err error) {
			switch string(name) {
			case "object":
				err = setString(&object)(w.str())
			case "results":
				results = true
				err = w.array(func() error { return element(w) })
			case "has_more":
				hasMore, err = w.flag()
			case "next_cursor":
				err = setString(&end.nextCursor)(w.str())
			case "request_status":
				end.incomplete, err = w.incomplete()
			default:
				err = w.skip()
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
		return listEnd{}, errors.New("the list does not say whether it has_more")
	case *hasMore && end.nextCursor == "":
		return listEnd{}, errors.New("the list has_more, but no next_cursor to it")
	}
	end.hasMore = *hasMore
	return end, nil
}

// incomplete takes a request_status. Its absence means nothing, and of its
// values only "incomplete" matters (Notion: query-a-data-source).
func (w *walk) incomplete() (bool, error) {
	if w.dec.PeekKind() == 'n' {
		return false, w.skip()
	}
	var kind string
	err := w.object(func(name []byte) error {
		if string(name) == "type" {
			return setString(&kind)(w.str())
		}
		return w.skip()
	})
	return kind == "incomplete", err
}

// decodePageList reads the answer to a query.
func decodePageList(body []byte) (*PageList, error) {
	list := new(PageList)
	begin := func() { *list = PageList{} }
	read := func(w *walk) error {
		var row row
		if err := row.read(w); err != nil {
			return err
		}
		switch row.object {
		case "page":
			list.Pages = append(list.Pages, row.page)
		case "data_source":
			list.DataSources = append(list.DataSources, row.page.ID)
		default:
			return w.refuse("the row is a %q, neither page nor data_source", row.object)
		}
		list.Created = append(list.Created, row.created)
		return nil
	}
	end, err := readEach(body, begin, read, func(bad *Unreadable) {
		list.Created = append(list.Created, bad.CreatedTime)
		list.Unreadable = append(list.Unreadable, bad)
	})
	if err != nil {
		return nil, err
	}
	list.HasMore, list.NextCursor, list.Incomplete = end.hasMore, end.nextCursor, end.incomplete
	return list, nil
}

// A foundList is one answer to a search for data sources.
type foundList struct {
	sources    []DataSource
	unreadable []*Unreadable
	end        listEnd
}

// decodeDataSourceList reads the answer to a search for data sources. Results
// of other kinds, which were not asked for, are passed over.
func decodeDataSourceList(body []byte) (list foundList, err error) {
	begin := func() { list = foundList{} }
	read := func(w *walk) error {
		raw, err := w.raw()
		if err != nil {
			return err
		}
		object, err := objectOf(raw)
		if err != nil {
			return w.refuse("%w", err)
		}
		if object != "data_source" {
			return nil
		}
		source, err := readDataSource(raw)
		if err != nil {
			return w.refuse("%w", err)
		}
		list.sources = append(list.sources, source)
		return nil
	}
	list.end, err = readEach(body, begin, read, func(bad *Unreadable) { list.unreadable = append(list.unreadable, bad) })
	return list, err
}
