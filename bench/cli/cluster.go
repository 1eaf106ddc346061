package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// clusterFlags say which Kafka to use.
type clusterFlags struct {
	bootstrap string
	kind      string
	nodes     int
	cmd       *cobra.Command
}

func (c *clusterFlags) register(cmd *cobra.Command) {
	c.cmd = cmd
	cmd.Flags().StringVarP(&c.bootstrap, "bootstrap-servers", "b", "", "cluster to use, `host:port[,…]`; without it --broker applies")
	cmd.Flags().StringVar(&c.kind, "broker", string(broker.Auto), "auto, local (a managed Apache Kafka) or embedded (in this process; its timings are not Kafka's)")
	cmd.Flags().IntVar(&c.nodes, "nodes", 0, "brokers of a local or embedded cluster: 1 or 3 (default: as many as the kept one has, else 1)")
}

// options settles the flags with what is behind them: the environment, then the client's configuration file.
func (a *app) options(c *clusterFlags, configured string) (broker.Options, error) {
	given := c.cmd.Flags().Changed
	kind, bootstrap := c.kind, c.bootstrap
	if bootstrap == "" && !given("broker") {
		bootstrap = cmp.Or(a.getenv("KEB_BOOTSTRAP_SERVERS"), configured)
	}
	if env := a.getenv("KEB_BROKER"); env != "" && !given("broker") {
		kind = env
	}
	o := a.brokerOptions(c.nodes)
	switch {
	case bootstrap != "" && given("broker"):
		return o, usagef("-b names a cluster and --broker asks for one to be made: give one of the two")
	case bootstrap != "" && given("nodes"):
		return o, usagef("--nodes is for a local or embedded cluster, and %s is neither: give one of the two", bootstrap)
	case bootstrap != "":
		if err := addresses("-b", bootstrap); err != nil {
			return o, err
		}
		o.Kind, o.Bootstrap = broker.External, bootstrap
		return o, nil
	case given("nodes") && c.nodes != 1 && c.nodes != 3:
		return o, usagef("--nodes %d: a local or embedded cluster has 1 or 3", c.nodes)
	}
	switch k := broker.Kind(kind); k {
	case broker.Auto, broker.Local, broker.Embedded:
		o.Kind = k
		return o, nil
	}
	return o, usagef("--broker %q: auto, local or embedded", kind)
}

// addresses says what is wrong with those of a cluster, by what they were given as.
func addresses(given, bootstrap string) error {
	if strings.Contains(bootstrap, "@") { // and may hold a password
		return usagef("%s: an address is host:port: give names and passwords as properties, with --client-config or -X", given)
	}
	for _, address := range strings.Split(bootstrap, ",") {
		host, port, ok := cutLast(strings.TrimSpace(address), ":")
		if !ok || host == "" || port == "" {
			return usagef("%s %q: give every address as host:port", given, bootstrap)
		}
	}
	return nil
}

func (a *app) brokerOptions(nodes int) broker.Options {
	return broker.Options{
		Kind: broker.Local, Nodes: nodes, CacheDir: a.CacheDir, LookPath: a.LookPath, Say: a.say,
		KafkaHome: a.getenv("KAFKA_HOME"), JavaHome: a.getenv("JAVA_HOME"),
	}
}

// running is the address of a cluster that is there already: the one named by a flag, the environment or the client's configuration file, else
// the kept local one. It is empty if there is none.
func (a *app) running(ctx context.Context, named, configured string) (string, error) {
	if bootstrap := cmp.Or(named, a.getenv("KEB_BOOTSTRAP_SERVERS"), configured); bootstrap != "" {
		return bootstrap, nil
	}
	kept, err := broker.Status(ctx, a.brokerOptions(1))
	if err != nil || kept.State != broker.Running {
		return "", err
	}
	return kept.Bootstrap, nil
}

// opened is a cluster ready to be measured.
type opened struct {
	target *broker.Target
	admin  *cluster.Admin
	about  result.Broker
}

// forecast is what measuring takes on a cluster with a replication factor, before it starts.
type forecast struct {
	text          string
	least, atMost float64 // bytes that the trial writes which writes most: surely, and if the cluster keeps up with every rate that may be tried
}

// fixed forecasts trials that are known beforehand.
func fixed(profile *workload.Profile) func(replicationFactor int) forecast {
	return func(replicationFactor int) forecast {
		e := plan.NewEstimate(profile.Cells(), profile.Blocks, replicationFactor)
		return forecast{e.String(), e.Largest, e.Largest}
	}
}

// open starts or names the cluster, connects to it with the client's properties and checks that what is to be measured fits on its disks.
func (a *app) open(ctx context.Context, options broker.Options, properties map[string]string, takes func(replicationFactor int) forecast) (*opened, error) {
	target, err := broker.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	on := &opened{target: target}
	if on.admin, err = dial(ctx, target.Bootstrap, properties); err == nil {
		on.about, err = describe(ctx, on.admin, target)
	}
	var warnings []string
	if err == nil {
		warnings, err = spaceFor(target.DataDirs, takes(on.about.ReplicationFactor), freeBytes)
	}
	if err != nil {
		on.close(ctx, a.say)
		return nil, err
	}
	a.say("measuring on %s", on.about.String())
	if factor := on.about.ReplicationFactor; factor != assumedReplication(options) {
		a.say("with its replication: %s (%s of each record)", takes(factor).text, plural(factor, "replica"))
	}
	for _, w := range slices.Concat(target.Warnings, warnings) {
		a.say("warning: %s", w)
	}
	return on, nil
}

// watch ends the returned context when a process of a local cluster has ended: nothing measured from then on would
// be of the cluster that was asked for.
func (o *opened) watch(ctx context.Context, say func(string, ...any)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for _, pid := range o.target.PIDs {
				if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
					err := fmt.Errorf("%w: the local broker (pid %d) ended in the middle of the run", broker.ErrUnavailable, pid)
					say("%v; saving what there is", err)
					cancel(err)
					return
				}
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// closeTimeout bounds the end of a cluster that was started for one run.
const closeTimeout = 30 * time.Second

func (o *opened) close(ctx context.Context, say func(string, ...any)) {
	if o.admin != nil {
		o.admin.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := o.target.Close(ctx); err != nil {
		say("closing the broker: %v", err)
	}
}

// spaceFor refuses what would surely fill more than half of what is left on a disk of this machine, and warns of what may. What a trial
// at max writes is not known beforehand.
func spaceFor(dirs []string, takes forecast, free func(dir string) (uint64, error)) (warnings []string, err error) {
	for _, dir := range dirs {
		left, err := free(dir)
		half := float64(left) / 2
		switch {
		case err != nil: // what is not known stops nobody
		case takes.least > half:
			return nil, usagef("a trial writes up to %s, more than half of the %s left on the disk of %s: lower --rate, --duration or --message-size",
				plan.Bytes(takes.least), plan.Bytes(float64(left)), dir)
		case takes.atMost > half:
			warnings = append(warnings, fmt.Sprintf("should the cluster keep up with the highest rate, a probe writes up to %s, more than half of the %s left on the disk of %s: lower --max-rate, --duration or --message-size",
				plan.Bytes(takes.atMost), plan.Bytes(float64(left)), dir))
		}
	}
	return warnings, nil
}

// freeBytes is what a user may still write to a directory's disk.
func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// dialTimeout bounds the first contact with a cluster.
const dialTimeout = 15 * time.Second

// dial connects to a cluster for its administration.
func dial(ctx context.Context, bootstrap string, properties map[string]string) (*cluster.Admin, error) {
	translated, err := client.Translate(properties)
	if err != nil {
		return nil, err
	}
	security, err := client.SecurityOf(translated)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return cluster.Dial(ctx, bootstrap, security)
}

// describe asks a cluster what it is, as results record it.
func describe(ctx context.Context, admin *cluster.Admin, target *broker.Target) (result.Broker, error) {
	info, err := admin.Describe(ctx)
	if err != nil {
		return result.Broker{}, err
	}
	b := result.Broker{
		Kind: string(target.Kind), Nodes: len(info.Brokers), Features: info.Features, Config: info.Config,
		TransactionVersion: info.TransactionVersion,
		ReplicationFactor:  min(numberOr(info.Config["default.replication.factor"], 3), len(info.Brokers)),
		MinInsyncReplicas:  numberOr(info.Config["min.insync.replicas"], 1),
	}
	if target.Version != "" {
		b.Version = &target.Version
	} else if info.VersionGuess != "" {
		b.Version = &info.VersionGuess
	}
	return b, nil
}

// numberOr is a broker setting's number, or what to assume where the cluster does not show it.
func numberOr(setting string, otherwise int) int {
	if n, err := strconv.Atoi(setting); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
