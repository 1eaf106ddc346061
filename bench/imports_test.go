package bench_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kafka-eos-bench/kafka-eos-bench/"

// house says which of the house's packages each one may import. An arrow that is missing here is a decision to
// make, not a line to add.
var house = map[string][]string{
	"":                        {"bench/cli"},
	"bench/clock":             {},
	"bench/workload":          {"bench/client/redact"},
	"bench/client":            {"bench/workload", "bench/client/redact"},
	"bench/client/redact":     {},
	"bench/client/librdkafka": {"bench/client", "bench/client/redact", "bench/clock", "bench/workload"},
	"bench/payload":           {"bench/workload"},
	"bench/pace":              {"bench/clock", "bench/workload"},
	"bench/plan":              {"bench/workload"},
	"bench/result":            {"bench/client/redact", "bench/workload"},
	"bench/measure":           {"bench/clock", "bench/result"},
	"bench/stats":             {},
	"bench/metric":            {"bench/measure", "bench/result", "bench/workload"},
	"bench/compare":           {"bench/metric", "bench/result", "bench/stats", "bench/workload"},
	"bench/figure":            {"bench/compare", "bench/measure", "bench/metric", "bench/result", "bench/stats", "bench/workload"},
	"bench/advise":            {"bench/compare", "bench/metric", "bench/result", "bench/stats", "bench/workload"},
	"bench/verify":            {"bench/client", "bench/result", "bench/workload"},
	"bench/cluster":           {"bench/client"},
	"bench/cluster/lag":       {"bench/clock", "bench/result"},
	"bench/broker":            {},
	"bench/trial": {"bench/broker", "bench/client", "bench/clock", "bench/cluster", "bench/cluster/lag", "bench/measure", "bench/pace",
		"bench/payload", "bench/plan", "bench/result", "bench/stats", "bench/verify", "bench/workload"},
	"bench/fault": {"bench/broker", "bench/client", "bench/clock", "bench/cluster", "bench/fault/actor", "bench/fault/proxy", "bench/result", "bench/trial",
		"bench/verify", "bench/workload"},
	"bench/fault/actor": {"bench/client", "bench/clock", "bench/payload", "bench/verify", "bench/workload"},
	"bench/fault/proxy": {"bench/clock"},
	"bench/selfcheck": {"bench/broker", "bench/client", "bench/clock", "bench/cluster", "bench/fault/proxy", "bench/measure", "bench/pace", "bench/payload",
		"bench/plan", "bench/result", "bench/stats", "bench/trial", "bench/verify", "bench/workload"},
	"scripts/aa":         {"bench/compare", "bench/metric", "bench/result"},
	"scripts/html-check": {},
	"scripts/peers": {"bench/client", "bench/client/librdkafka", "bench/clock", "bench/cluster", "bench/measure", "bench/payload", "bench/result",
		"bench/stats", "bench/verify", "bench/workload"},
	"scripts/reference-run": {"bench/measure", "bench/result"},
	"bench/campaign":        {"bench/compare", "bench/metric", "bench/plan", "bench/result", "bench/workload"},
	"bench/report":          {"bench/compare", "bench/figure", "bench/measure", "bench/metric", "bench/result", "bench/workload"},
	"bench/cli": {"bench/advise", "bench/broker", "bench/campaign", "bench/client", "bench/client/librdkafka", "bench/cluster", "bench/compare",
		"bench/fault", "bench/fault/actor", "bench/fault/proxy", "bench/figure", "bench/metric", "bench/plan", "bench/report", "bench/result", "bench/selfcheck", "bench/trial", "bench/workload", "profiles"},
	"profiles": {"bench/workload"},
}

// reserved are libraries that only some packages may know.
var reserved = map[string][]string{
	"github.com/confluentinc/confluent-kafka-go": {"bench/client/librdkafka"},
	"github.com/twmb/franz-go":                   {"bench/cluster", "bench/broker", "bench/fault/proxy", "scripts/peers"},
	"github.com/spf13":                           {"bench/cli"},
	"gonum.org/v1/plot":                          {"bench/figure"},
}

func TestImportsFollowTheHouse(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath+"/", module)
		name = strings.TrimSuffix(name, "/")
		allowed, known := house[name]
		if len(p.Imports) == 0 {
			continue // tests only
		}
		seen[name] = true
		if !known {
			t.Errorf("package %s has no place in the house: add it to the map, with what it may import", name)
		}
		for _, imported := range p.Imports {
			if inner, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s, which the map does not allow", name, inner)
			}
			for library, users := range reserved {
				if strings.HasPrefix(imported, library) && !slices.Contains(users, name) {
					t.Errorf("%s imports %s, which is reserved for %v", name, imported, users)
				}
			}
		}
	}
	for name := range house {
		if !seen[name] {
			t.Errorf("the map speaks of %s, which does not exist", name)
		}
	}
}
