package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// node is one Kafka process, broker and controller in one (KIP-500).
type node struct {
	id         int
	dir        string // holds the files named below and the data
	broker     string // host:port that clients use
	controller string // host:port of the quorum

	proc  process
	ended chan struct{} // closed when the process was reaped
}

const (
	configFile  = "server.properties"
	logFile     = "server.log"
	loggingFile = "log4j2.properties"
)

// logging sends what Kafka finds worth a warning to its standard output, which is logFile.
const logging = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} - %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
`

func (n *node) dataDir() string { return filepath.Join(n.dir, "data") }

// newNodes gives each node free loopback ports. They are free at this moment: start again if one was taken since.
func newNodes(dir string, count int) ([]*node, error) {
	nodes := make([]*node, count)
	for i := range nodes {
		n := &node{id: i + 1, dir: filepath.Join(dir, fmt.Sprintf("node%d", i+1)), ended: make(chan struct{})}
		for _, addr := range []*string{&n.broker, &n.controller} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, fmt.Errorf("looking for a free loopback port: %w", err)
			}
			defer func() { _ = l.Close() }() // all are held until all are known, so that none is given twice
			*addr = l.Addr().String()
		}
		nodes[i] = n
	}
	return nodes, nil
}

// properties are the node's server.properties: Kafka's defaults, but for what its being small, local and short-lived
// demands. Replication is three with three nodes, so that acks=all means what it does in production.
func (n *node) properties(all []*node) string {
	replicas, minISR := 1, 1
	if len(all) == 3 {
		replicas, minISR = 3, 2
	}
	voters := make([]string, len(all))
	for i, other := range all {
		voters[i] = fmt.Sprintf("%d@%s", other.id, other.controller)
	}
	return fmt.Sprintf(`process.roles=broker,controller
node.id=%[1]d
listeners=BROKER://%[2]s,CONTROLLER://%[3]s
advertised.listeners=BROKER://%[2]s
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.voters=%[4]s
log.dirs=%[5]s
auto.create.topics.enable=false
default.replication.factor=%[6]d
min.insync.replicas=%[7]d
offsets.topic.replication.factor=%[6]d
transaction.state.log.replication.factor=%[6]d
transaction.state.log.min.isr=%[7]d
share.coordinator.state.topic.replication.factor=%[6]d
share.coordinator.state.topic.min.isr=%[7]d
group.initial.rebalance.delay.ms=0
# A deleted topic gives its space back at once: a campaign makes and deletes many.
log.segment.delete.delay.ms=1000
`, n.id, n.broker, n.controller, strings.Join(voters, ","), n.dataDir(), replicas, minISR)
}

// format writes the node's configuration and its empty storage, as a KRaft node needs before its first start.
func (n *node) format(ctx context.Context, vm java, d distribution, all []*node, clusterID string) error {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return fmt.Errorf("making room for a broker: %w", err)
	}
	for name, content := range map[string]string{configFile: n.properties(all), loggingFile: logging} {
		if err := os.WriteFile(filepath.Join(n.dir, name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("writing a broker's configuration: %w", err)
		}
	}
	runtime.LockOSThread() // the child is tied to this thread: see tied
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, vm.path, n.arguments(d, []string{"-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"},
		"kafka.tools.StorageTool", "format", "--cluster-id", clusterID, "--config", configFile)...)
	cmd.Dir = n.dir
	cmd.SysProcAttr = tied()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("formatting a broker's storage: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("%w: Kafka %s could not format its storage (%w): %s", ErrUnavailable, d.version, err, lastWords(out))
	}
	return nil
}

func (n *node) arguments(d distribution, flags []string, mainClass string, args ...string) []string {
	return slices.Concat(flags, []string{"-Dlog4j2.configurationFile=" + filepath.Join(n.dir, loggingFile),
		"-cp", filepath.Join(d.libs, "*"), mainClass}, args)
}

// tuning sets up one node's virtual machine among count on a machine of so many cores. A single node gets what Kafka's
// own start script gives it; three share a machine. Both have a heap of fixed size, so that its growth is not part of a
// measurement. Three on fewer cores than that do without the second compiler, which for minutes would take half of one.
func tuning(count, cores int) []string {
	if count == 1 {
		return []string{"-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
			"-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"}
	}
	flags := []string{"-Xms512m", "-Xmx512m", "-XX:+UseSerialGC"}
	if cores < count {
		flags = append(flags, "-XX:TieredStopAtLevel=1")
	}
	return flags
}

// start runs the node. A kept one outlives this process, in a session of its own; another one dies with it. The
// process id is known when start returns, not yet whether Kafka works.
func (n *node) start(vm java, d distribution, count int, kept bool) error {
	output, err := os.Create(filepath.Join(n.dir, logFile))
	if err != nil {
		return fmt.Errorf("opening a broker's log: %w", err)
	}
	defer func() { _ = output.Close() }()
	cmd := exec.Command(vm.path, n.arguments(d, append([]string{"-server"}, tuning(count, runtime.NumCPU())...), "kafka.Kafka", configFile)...)
	cmd.Dir = n.dir
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = tied()
	if kept {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // until the child has ended: see tied
		defer runtime.UnlockOSThread()
		defer close(n.ended)
		err := cmd.Start()
		if err == nil {
			n.proc = processOf(cmd.Process.Pid)
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("%w: starting Kafka with %s: %w", ErrUnavailable, vm.path, err)
	}
	return nil
}

// portTaken says whether the node's log complains that another process has its port.
func (n *node) portTaken() bool {
	raw, err := os.ReadFile(filepath.Join(n.dir, logFile))
	return err == nil && strings.Contains(string(raw), "Address already in use")
}

// failure explains a node that ended or never got ready, from its log, which is moved to where it stays.
func (n *node) failure(what, keepIn string) error {
	path := filepath.Join(n.dir, logFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: %s, and its log cannot be read: %w", ErrUnavailable, what, err)
	}
	stays := filepath.Join(keepIn, fmt.Sprintf("failed-node%d.log", n.id))
	if err := os.Rename(path, stays); err != nil {
		return errors.Join(fmt.Errorf("%w: %s: %s", ErrUnavailable, what, lastWords(raw)), err)
	}
	return fmt.Errorf("%w: %s: %s (its log: %s)", ErrUnavailable, what, lastWords(raw), stays)
}

// lastWords picks the few lines of a log that say what went wrong: complaints where there are any, never the frames
// of a stack trace.
func lastWords(log []byte) string {
	const most = 4
	var complaints, others []string
	for line := range strings.Lines(string(log)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "at ") || strings.HasPrefix(line, "... "):
		case strings.Contains(line, "ERROR") || strings.Contains(line, "FATAL") || strings.Contains(line, "Exception") ||
			strings.HasPrefix(line, "Error"):
			complaints = append(complaints, line)
		default:
			others = append(others, line)
		}
	}
	if len(complaints) == 0 {
		complaints = others
	}
	if len(complaints) == 0 {
		return "it said nothing"
	}
	return strings.Join(complaints[max(0, len(complaints)-most):], "; ")
}
