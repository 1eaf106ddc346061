package workload

import (
	"fmt"
	"slices"
	"strings"
)

// maxCells bounds the product of the axes; more is a slip of the keyboard.
const maxCells = 1000

// validate checks what single values cannot show, and settles the settings that follow from others. Where two
// settings exclude each other, the one from a layer of higher precedence wins silently: a flag adapts a profile.
func (p *Profile) validate() error {
	for _, check := range []func() error{
		p.checkConcerned, p.settleWindow, p.settleTransactions, p.checkTopology,
		p.checkArrival, p.checkReference, p.checkPayload, p.checkProperties, p.settleLinger, p.checkLadder, p.checkCells,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// wrong is a usage error about a setting, at the place that set it.
func (p *Profile) wrong(key, remedy, problem string, args ...any) error {
	where := p.origins[key].where
	if where == "" { // a default that conflicts with what was set
		s, _ := settingByKey(key)
		where = s.longFlag()
	}
	return at(where, usage(remedy, problem, args...))
}

// checkConcerned refuses settings that concern none of the modes.
func (p *Profile) checkConcerned() error {
	for _, s := range settings {
		if s.concerns == nil || !p.explicit(s.Key) || p.outranks("mode", s.Key) || slices.ContainsFunc(p.Modes, s.concerns) {
			continue
		}
		var modes []string
		for _, m := range Modes {
			if s.concerns(m) {
				modes = append(modes, m.Name)
			}
		}
		return p.wrong(s.Key, "remove it, or add "+strings.Join(modes, " or ")+" to --mode",
			"%s does not concern mode %s", s.Key, p.values("mode"))
	}
	return nil
}

// values spells a setting as resolved.
func (p *Profile) values(key string) string {
	s, _ := settingByKey(key)
	return s.get(p)
}

// settleWindow makes sure that exactly one of duration and messages bounds the window.
func (p *Profile) settleWindow() error {
	switch {
	case p.Duration == 0 && p.Messages == 0:
		return p.wrong("duration", "give a duration such as 10s, or a number of messages", "nothing ends the window: duration and messages are both 0")
	case p.Duration == 0 || p.Messages == 0:
	case p.outranks("messages", "duration"):
		p.Duration = 0
		p.origins["duration"] = p.origins["messages"]
	case p.outranks("duration", "messages"):
		p.Messages = 0
		p.origins["messages"] = p.origins["duration"]
	default:
		return p.wrong("messages", "keep one of them", "messages and duration both end the window")
	}
	return nil
}

// settleTransactions makes an interval that stands alone close transactions by itself.
func (p *Profile) settleTransactions() error {
	timed := !slices.Contains(p.TxnIntervals, 0)
	if timed && !p.explicit("txn_size") {
		p.TxnSizes = []int{0}
		p.origins["txn_size"] = p.origins["txn_interval"]
	}
	if !timed && slices.Contains(p.TxnSizes, 0) {
		return p.wrong("txn_size", "give a --txn-interval above 0 as well, or a size", "nothing closes a transaction: its size and interval are both 0")
	}
	for _, size := range p.TxnSizes {
		if size > 0 && size < p.TxnTopics {
			return p.wrong("txn_topics", fmt.Sprintf("give a --txn-size of at least %d, or fewer topics", p.TxnTopics),
				"a transaction of size %d cannot span %d topics", size, p.TxnTopics)
		}
	}
	return nil
}

// checkTopology holds topics, partitions and readers against each other.
func (p *Profile) checkTopology() error {
	if !p.explicit("topics") {
		p.Topics = p.TxnTopics
		p.origins["topics"] = p.origins["txn_topics"]
	}
	if p.TxnTopics > p.Topics {
		return p.wrong("txn_topics", fmt.Sprintf("give --topics of at least %d, or fewer --txn-topics", p.TxnTopics),
			"a transaction cannot span %d topics: there are %d", p.TxnTopics, p.Topics)
	}
	if most := slices.Max(p.Producers); p.Messages > 0 && p.Messages < int64(most) {
		return p.wrong("messages", fmt.Sprintf("give --messages of at least %d, or fewer --producers", most),
			"%d messages cannot be shared among %d producers", p.Messages, most)
	}
	if all := p.Topics * slices.Min(p.Partitions); p.Readers > all {
		return p.wrong("readers", fmt.Sprintf("give at most %d, or more --partitions", all),
			"there are fewer partitions (%d) than readers (%d)", all, p.Readers)
	}
	return nil
}

// checkArrival refuses schedules that a profile's rates or window give no shape.
func (p *Profile) checkArrival() error {
	timed := slices.ContainsFunc(p.Rates, func(r Rate) bool { return !r.Max })
	if p.explicit("arrival") && !timed && !p.outranks("rate", "arrival") {
		return p.wrong("arrival", "remove it, or give a rate in records per second", "at rate max there is no schedule to shape")
	}
	if p.Arrival == Ramp && timed && p.Messages > 0 {
		return p.wrong("arrival", "give a --duration instead of --messages", "a ramp climbs over the length of the window, which messages leave open")
	}
	return nil
}

// checkReference refuses a reference that the user chose and that is not measured.
func (p *Profile) checkReference() error {
	measured := slices.ContainsFunc(p.Modes, func(m Mode) bool { return m.Name == p.Reference })
	if p.explicit("reference") && !measured && !p.outranks("mode", "reference") {
		return p.wrong("reference", "add it to --mode, or choose one of "+p.values("mode"), "the reference %s is not among the modes", p.Reference)
	}
	return nil
}

func (p *Profile) checkPayload() error {
	if err := p.Payload.readable(); err != nil {
		return at(p.origins["payload"].where, err)
	}
	return nil
}

// checkCells bounds the product of the axes before anything builds it.
func (p *Profile) checkCells() error {
	cells := 0
	for _, m := range p.Modes {
		product := 1
		for _, s := range settings[1:] { // the first is the mode
			if s.pick != nil && s.Concerns(m) {
				product = min(product*max(1, s.choices(p)), maxCells+1)
			}
		}
		cells += product
	}
	if cells <= maxCells && p.Ladder {
		cells = len(p.Cells())
	}
	if cells > maxCells {
		return &UsageError{"axes", fmt.Sprintf("their product has more than %d cells", maxCells), "shorten the lists"}
	}
	return nil
}
