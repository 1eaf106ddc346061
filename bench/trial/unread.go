package trial

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

const pageRecords = 4096

// unread follows one producer session's records from their hand-over until they are finished: read, aborted
// or failed. It answers how many are, and which is the oldest that is not. The sender adds, receivers and the
// completion goroutine finish, the lag sampler asks; memory is that of the backlog.
type unread struct {
	added    atomic.Uint64 // sequences below it were handed over
	finished atomic.Int64

	mu    sync.Mutex // guards pages, taken once per page by those who keep a cursor
	pages map[uint64]*unreadPage
	low   uint64 // no page below it is left
}

type unreadPage struct {
	done     [pageRecords / 64]atomic.Uint64
	left     atomic.Int32
	intended [pageRecords]int64 // written before `added` covers it
}

func newUnread() *unread { return &unread{pages: map[uint64]*unreadPage{}} }

// cursor is one goroutine's way into the pages: neighbouring records share a page.
type cursor struct {
	u    *unread
	no   uint64
	page *unreadPage
}

func (u *unread) cursor() cursor { return cursor{u: u, no: ^uint64(0)} }

func (c *cursor) seek(seq uint64, create bool) *unreadPage {
	no := seq / pageRecords
	if no == c.no {
		return c.page
	}
	c.u.mu.Lock()
	defer c.u.mu.Unlock()
	page := c.u.pages[no]
	if page == nil && create {
		page = &unreadPage{}
		page.left.Store(pageRecords)
		c.u.pages[no] = page
	}
	c.no, c.page = no, page
	return page
}

// add registers the next record; sequences must come in order.
func (c *cursor) add(seq uint64, intended int64) {
	c.seek(seq, true).intended[seq%pageRecords] = intended
	c.u.added.Store(seq + 1)
}

// finish marks a record; doing so again changes nothing.
func (c *cursor) finish(seq uint64) {
	if seq >= c.u.added.Load() {
		return // never sent: the ledger's business
	}
	page := c.seek(seq, false)
	if page == nil {
		return // the whole page is finished
	}
	bit := uint64(1) << (seq % 64)
	if page.done[seq%pageRecords/64].Or(bit)&bit != 0 {
		return
	}
	c.u.finished.Add(1)
	if page.left.Add(-1) == 0 {
		c.u.drop(seq / pageRecords)
		c.no, c.page = ^uint64(0), nil
	}
}

func (u *unread) drop(no uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.pages, no)
}

// oldest returns the intended time of the oldest record handed over and not finished.
func (u *unread) oldest() (intended int64, ok bool) {
	added := u.added.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	for ; u.low*pageRecords < added; u.low++ {
		page := u.pages[u.low]
		if page == nil {
			continue
		}
		for w := range page.done {
			free := ^page.done[w].Load()
			if free == 0 {
				continue
			}
			seq := u.low*pageRecords + uint64(w*64+bits.TrailingZeros64(free))
			if seq >= added {
				return 0, false
			}
			return page.intended[seq%pageRecords], true
		}
		return 0, false // finished this instant, about to be dropped
	}
	return 0, false
}
