package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// environment says what measured what, and when, a fact a line.
func environment(r *result.Run) []line {
	lines := []line{
		{"run", r.RunID},
		{"started", r.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"profile", r.Profile.Name},
		{"tool", toolLine(r.Tool)},
		{"broker", r.Broker.String()},
	}
	for _, text := range r.Clients() {
		lines = append(lines, line{"client", text})
	}
	lines = append(lines, line{"machine", r.Machine.String()}, line{"kernel", r.Machine.Kernel})
	return printed(lines)
}

// brokerDetails are its features and what of its settings bears on the figures.
func brokerDetails(b result.Broker) (lines []line) {
	for _, name := range slices.Sorted(maps.Keys(b.Features)) {
		lines = append(lines, line{"feature " + name, fmt.Sprint(b.Features[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Config)) {
		lines = append(lines, line{name, b.Config[name]})
	}
	return printed(lines)
}

func printed(lines []line) []line {
	for i, l := range lines {
		lines[i] = line{printable(l.name), cmp.Or(printable(l.text), none)}
	}
	return lines
}

func toolLine(t result.Tool) string {
	text := "kafka-eos-bench " + t.Version
	if t.Commit != "" {
		text += ", commit " + t.Commit
	}
	return text + ", " + t.Go
}

// settingRow is a value of the profile, and where it came from.
type settingRow struct{ Key, Value, Source string }

// settingRows lists the profile's values in the order that people meet them in help and plans, others behind.
func settingRows(p result.Profile) []settingRow {
	var order []string
	for _, s := range workload.Settings() {
		order = append(order, s.Key)
	}
	place := func(key string) int {
		if i := slices.Index(order, key); i >= 0 {
			return i
		}
		return len(order)
	}
	keys := slices.SortedFunc(maps.Keys(p.Values), func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
	var rows []settingRow
	for _, key := range keys {
		v := p.Values[key]
		rows = append(rows, settingRow{printable(key), printable(v.Value), printable(v.Source)})
	}
	return rows
}

// clientProperty opens the key of a client's property among the values of a profile.
const clientProperty = "client_config."

// rerun is how to run the same again: the profile by name, what the command line and the environment changed of it as flags, and
// the same kind of cluster. Secrets are not stored, so their place is marked.
func rerun(r *result.Run) string {
	words := []string{"kafka-eos-bench"}
	decided := func(string) bool { return false }
	switch profile := quoted(cmp.Or(r.Profile.Name, "PROFILE")); {
	case searched(r):
		words, decided = append(words, "capacity", profile), searchDecides
	case compare.Disturbed(r):
		words, decided = append(words, "fault"), faultDecides
		var scenarios []string
		for _, t := range r.Trials {
			scenarios = append(scenarios, quoted(*t.Fault))
		}
		words = append(words, distinct(scenarios)...)
		if profile != faultProfile {
			words = append(words, "--profile", profile)
		}
	default:
		words = append(words, "run", profile)
	}
	for _, row := range settingRows(r.Profile) {
		if row.Source != "flag" && row.Source != "environment" || decided(row.Key) ||
			row.Key == "duration" && row.Value == "0s" || row.Key == "messages" && row.Value == "0" { // one of them bounds the window, and unsets the other
			continue
		}
		if property, ok := strings.CutPrefix(row.Key, clientProperty); ok {
			words = append(words, "-X", quoted(property+"="+row.Value))
			continue
		}
		flag := "--" + strings.ReplaceAll(row.Key, "_", "-")
		switch {
		case row.Value == "true":
			words = append(words, flag)
		case row.Value == "false":
			words = append(words, flag+"=false")
		case compare.IsTerm(row.Key): // of a list of objectives each has a flag of its own
			for one := range strings.SplitSeq(row.Value, "; ") {
				words = append(words, flag, quoted(one))
			}
		default:
			words = append(words, flag, quoted(row.Value))
		}
	}
	switch r.Broker.Kind {
	case "local", "embedded":
		words = append(words, "--broker", r.Broker.Kind)
		if r.Broker.Nodes > 1 {
			words = append(words, "--nodes", fmt.Sprint(r.Broker.Nodes))
		}
	default:
		words = append(words, "-b", "HOST:PORT")
	}
	return strings.Join(words, " ")
}

// searched says whether the run was a search for capacity.
func searched(r *result.Run) bool {
	_, found, _ := compare.TermsOf(r) // terms that cannot be read are still a search's
	return found
}

// searchDecides says whether a search for capacity chooses a setting by itself: it takes no flag for it.
func searchDecides(key string) bool {
	switch key {
	case "rate", "messages", "blocks", "ladder", "expect", "reference":
		return true
	}
	return false
}

// faultProfile is the load that 'fault' puts faults into unless told otherwise.
const faultProfile = "fault"

// faultDecides says whether 'fault' chooses a setting by itself: it takes no flag for it.
func faultDecides(key string) bool {
	switch key {
	case "ladder", "expect", "reference":
		return true
	}
	return false
}

// quoted keeps a word from being more than one, or anything else, to a shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.,:=/%+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// profileYAML spells the values that somebody set as a profile of their own, so that the run can be repeated where its profile is not at hand.
// Defaults stay unsaid: some settings may not be given beside others.
func profileYAML(p result.Profile) string {
	var settings, properties strings.Builder
	for _, row := range settingRows(p) {
		property, isProperty := strings.CutPrefix(row.Key, clientProperty)
		switch {
		case row.Source == "default" || row.Value == "" || compare.IsTerm(row.Key):
		case isProperty:
			fmt.Fprintf(&properties, "  %s: %s\n", yamlString(property), yamlString(row.Value))
		default:
			fmt.Fprintf(&settings, "%s: %s\n", yamlString(row.Key), yamlString(row.Value))
		}
	}
	if properties.Len() > 0 {
		settings.WriteString("client_config:\n" + properties.String())
	}
	return settings.String()
}

// yamlString writes a YAML string. Those of letters and figures stand for themselves, all others in single quotes, within which nothing
// but a quote has a meaning.
func yamlString(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
	}
	if text != "" && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, ".") && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
