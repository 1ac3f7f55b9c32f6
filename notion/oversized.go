package notion

import (
	"context"
	"errors"
)

// errRowTooLarge: a row's id is known, but the row cannot be read.
var errRowTooLarge = errors.New("the row alone is larger than 64 MiB: shorten its longest property in Notion, or name that property in exclude_properties")

// nameOversized answers a query whose first row alone is too large. A query without
// the row's properties shows its id. Retrieved by id the row may be readable, if it
// became smaller meanwhile; else it is unreadable, and the list continues after it.
func (c *Client) nameOversized(ctx context.Context, op, id string, q Query) (*PageList, error) {
	q.PageSize, q.Properties = 1, []string{"title"} // the title's id in every data source (Notion: property-object)
	list, err := c.query(ctx, op, id, q)
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, ErrInvalidRequest):
		return nil, q.nameless(op, err)
	case err != nil:
		return nil, err
	case len(list.Pages) == 0 || list.Pages[0].Partial:
		return list, nil
	}
	row := list.Pages[0]
	switch page, err := c.Page(ctx, row.ID); {
	case errors.Is(err, errTooLarge):
		list.Pages = nil
		list.Unreadable = append(list.Unreadable, &Unreadable{ID: row.ID, CreatedTime: row.CreatedTime, Err: errRowTooLarge})
	case err != nil:
		return nil, err
	default:
		list.Pages[0] = *page
	}
	return list, nil
}

// nameless is the error for a row that is too large also without its properties.
// Its id is unknown, so it cannot be set aside, and its list ends here.
func (q Query) nameless(op string, err error) error {
	place := "the first row"
	switch {
	case q.Cursor != "":
		place = "a row in the middle of the list"
	case q.Descending:
		place = "the newest row"
	case !q.CreatedOnOrAfter.IsZero():
		place = "the first row created at or after " + minute(q.CreatedOnOrAfter)
	}
	if q.Cursor != "" && !q.CreatedOnOrAfter.IsZero() {
		place += " of those created at or after " + minute(q.CreatedOnOrAfter)
	}
	return &Error{
		Op: op, Kind: ErrMalformed, Err: err,
		Message: "one row alone is larger than 64 MiB, and Notion does not show which without its properties; it is " + place +
			": sort the database by created time in Notion and shorten that row, or name its longest property in exclude_properties",
	}
}
