package broker

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	startLimit = 60 * time.Second // for a cluster to answer with all its brokers
	stopGrace  = 3 * time.Second  // for a broker to stop when asked, before it is killed: its data goes with it
)

// local is a cluster of Kafka processes on this machine.
type local struct {
	dir     runDir
	nodes   []*node
	version string
	control *Control
}

// openLocal takes the kept cluster where it fits, else starts one that ends with its target.
func openLocal(ctx context.Context, o Options) (*Target, error) {
	if !o.Own {
		if target, err := openKept(ctx, o); target != nil || err != nil {
			return target, err
		}
	}
	o.Nodes = max(o.Nodes, 1)
	sweep(ctx, o)
	c, err := startLocal(ctx, o, false)
	if err != nil {
		return nil, err
	}
	return &Target{
		Kind: Local, Bootstrap: c.bootstrap(), Nodes: len(c.nodes), Version: c.version, Fresh: true,
		PIDs: pids(c.processes()), DataDirs: c.dataDirs(), Control: c.control,
		close: c.stop,
	}, nil
}

// startLocal starts a cluster and waits until it takes requests. Nothing is left of one that did not get that far,
// but its log. A kept one outlives this process.
func startLocal(ctx context.Context, o Options, kept bool) (*local, error) {
	vm, err := findJava(ctx, o)
	if err != nil {
		return nil, err
	}
	d, err := findDistribution(ctx, o)
	if err != nil {
		return nil, err
	}
	o.say("broker %s: Apache Kafka %s on this machine, from %s, on Java %s, %s", o.Kind, d.version, d.origin, vm.version, plural(o.Nodes, "node"))
	const tries = 3 // between choosing a port and Kafka's binding it, another process may take it
	for try := 1; ; try++ {
		c, err := tryLocal(ctx, o, vm, d, kept)
		if !errors.Is(err, errPortTaken) || try == tries {
			return c, err
		}
		o.say("another process took a port that was free a moment ago: starting Kafka again")
	}
}

var errPortTaken = errors.New("its port was taken")

func tryLocal(ctx context.Context, o Options, vm java, d distribution, kept bool) (_ *local, err error) {
	dir, err := newRunDir(o.CacheDir)
	if err != nil {
		return nil, err
	}
	c := &local{dir: dir, version: d.version}
	c.control = &Control{cluster: c, vm: vm, kafka: d}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop(context.WithoutCancel(ctx)))
		}
	}()
	if c.nodes, err = newNodes(dir.path, o.Nodes); err != nil {
		return nil, err
	}
	if err := c.format(ctx, vm, d); err != nil {
		return nil, err
	}
	for _, n := range c.nodes {
		if err := n.start(vm, d, len(c.nodes), kept); err != nil {
			return nil, err
		}
	}
	self := processOf(os.Getpid())
	if err := dir.own(ownership{Owners: []process{self}, Brokers: c.processes()}); err != nil {
		return nil, err
	}
	return c, c.waitReady(ctx, filepath.Dir(dir.path))
}

// format prepares all nodes' storage at once: most of it is the virtual machines' start.
func (c *local) format(ctx context.Context, vm java, d distribution) error {
	id := newClusterID()
	errs := make(chan error)
	for _, n := range c.nodes {
		go func() { errs <- n.format(ctx, vm, d, c.nodes, id) }()
	}
	var err error
	for range c.nodes {
		err = errors.Join(err, <-errs)
	}
	return err
}

// newClusterID makes 16 random bytes as Kafka writes them. The cleared bit keeps a dash, which its command line would
// take for an option, from the front.
func newClusterID() string {
	var b [16]byte
	rand.Read(b[:])
	b[0] &= 0x7f
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (c *local) waitReady(ctx context.Context, keepLogsIn string) error {
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err := ready(limited, c.bootstrap(), len(c.nodes), func() error {
		for _, n := range c.nodes {
			select {
			case <-n.ended:
			default:
				continue
			}
			if n.portTaken() {
				return fmt.Errorf("%w: %w", ErrUnavailable, errPortTaken)
			}
			return n.failure(fmt.Sprintf("Kafka %s ended while it started", c.version), keepLogsIn)
		}
		return nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("starting Kafka %s: %w", c.version, ctx.Err())
	case limited.Err() != nil:
		return c.nodes[0].failure(fmt.Sprintf("Kafka %s was not ready after %v (%v)", c.version, startLimit, err), keepLogsIn)
	}
	return err
}

// stop ends all nodes together and removes their data. Asking first gives a broker the chance to leave its quorum;
// of three that leave it together, those without a quorum cannot and are killed after the grace.
func (c *local) stop(ctx context.Context) error {
	err := terminate(ctx, c.processes(), stopGrace)
	if err != nil {
		return err
	}
	for _, n := range c.nodes {
		if n.proc.PID != 0 {
			<-n.ended // reaped: a matter of the scheduler now
		}
	}
	return c.dir.remove()
}

func (c *local) bootstrap() string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.broker
	}
	return strings.Join(addrs, ",")
}

func (c *local) processes() []process {
	var ps []process
	for _, n := range c.nodes {
		if n.proc.PID != 0 {
			ps = append(ps, n.proc)
		}
	}
	return ps
}

func (c *local) dataDirs() []string {
	dirs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		dirs[i] = n.dataDir()
	}
	return dirs
}

func pids(ps []process) []int {
	ids := make([]int, len(ps))
	for i, p := range ps {
		ids[i] = p.PID
	}
	return ids
}

// ready waits until every address answers and metadata lists that many brokers, or until check, called now and then,
// finds that waiting is in vain. When the context ends the error says what was missing last.
func ready(ctx context.Context, bootstrap string, brokers int, check func() error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := check(); err != nil {
			return err
		}
		missing := answers(ctx, bootstrap, brokers)
		if missing == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return missing
		case <-tick.C:
		}
	}
}

// answers asks a cluster once who its brokers are.
func answers(ctx context.Context, bootstrap string, brokers int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	addrs := strings.Split(bootstrap, ",")
	for _, addr := range addrs { // cheaper than a client that retries, while nothing listens yet
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		_ = conn.Close()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(addrs...))
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		return err
	}
	if len(found) < brokers {
		return fmt.Errorf("%d of %d brokers have registered", len(found), brokers)
	}
	return nil
}
