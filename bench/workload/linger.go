package workload

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// lingerProperties are the names of linger's client property, Java's first.
var lingerProperties = [...]string{"linger.ms", "queue.buffering.max.ms"}

// settleLinger makes the setting and the client property of the same meaning agree. The property alone decides, as it does for
// any client, and the setting follows it, so that cells say what was measured. Where both were given, the layer of
// higher precedence wins; in one layer they must not contradict each other.
func (p *Profile) settleLinger() error {
	for _, name := range lingerProperties {
		text, given := p.Properties[name]
		if !given {
			continue
		}
		key := propertyKey(name)
		value, err := lingerOf(name, text)
		switch {
		case p.outranks("linger", key):
			delete(p.Properties, name)
			delete(p.origins, key)
		case err != nil:
			return at(p.origins[key].where, err)
		case !p.explicit("linger") || p.outranks(key, "linger"):
			p.Lingers = []time.Duration{value}
			p.origins["linger"] = p.origins[key]
		case len(p.Lingers) != 1 || p.Lingers[0] != value:
			return p.wrong("linger", "keep one of them", "linger %s and client property %s=%s contradict each other", p.values("linger"), name, text)
		}
	}
	return nil
}

// lingerOf reads the property's milliseconds, of which librdkafka takes fractions.
func lingerOf(name, text string) (time.Duration, error) {
	const most = 15 * time.Minute // librdkafka's bound
	ms, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ms >= 0 && ms <= float64(most.Milliseconds())) {
		return 0, usage(fmt.Sprintf("give milliseconds from 0 to %d, or use --linger", most.Milliseconds()), "client property %s: %q is no time to wait", name, text)
	}
	return time.Duration(math.Round(ms * float64(time.Millisecond))), nil
}
