package trial

// blockedTime remembers when a sender was blocked inside the client, so that a late record's delay can be
// split into the client's part and the generator's own. Queries come with non-decreasing `from`, so intervals
// that every later record has left behind are dropped: the queue is as long as the backlog.
type blockedTime struct {
	spans []span
	first int   // spans before it are dropped
	total int64 // ns of all spans since the beginning
}

type span struct {
	start, end int64
	before     int64 // ns blocked before this span
}

func (b *blockedTime) add(start, end int64) {
	if end <= start {
		return
	}
	if b.first > 1024 && b.first > len(b.spans)/2 {
		b.spans = append(b.spans[:0], b.spans[b.first:]...)
		b.first = 0
	}
	b.spans = append(b.spans, span{start, end, b.total})
	b.total += end - start
}

// since returns the nanoseconds blocked from then until now, the end of the last span or later.
func (b *blockedTime) since(from int64) int64 {
	for b.first < len(b.spans) && b.spans[b.first].end <= from {
		b.first++
	}
	if b.first == len(b.spans) {
		return 0
	}
	s := b.spans[b.first]
	return b.total - s.before - max(0, from-s.start)
}
