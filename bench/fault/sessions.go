package fault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/actor"
)

// actorPause is the time between two records of a scenario's own producers: 500 a second, beside the load.
const actorPause = 2 * time.Millisecond

// part is what a producer process plays.
type part struct {
	id      string        // transactional, where the mode is
	group   bool          // its transactions carry offsets of the group of that name
	size    int           // records per transaction; 0: the workload's
	timeout time.Duration // transaction.timeout.ms; 0: the workload's
	script  []actor.Step
}

// start starts the scenario's session of that number. Who started it takes its evidence with end.
func (a *Act) start(session int, play part) (*actor.Process, error) {
	w := a.Workload
	if play.timeout > 0 {
		w.Properties = withProperty(w.Properties, "transaction.timeout.ms", fmt.Sprint(play.timeout.Milliseconds()))
	}
	if play.size > 0 {
		w.TxnSize = play.size
	}
	bootstrap := a.Target.Bootstrap
	if a.Proxy != nil {
		bootstrap = strings.Join(a.Proxy.Bootstrap(), ",")
	}
	cfg := actor.Config{
		Bootstrap: bootstrap, Workload: w, Topics: a.scene.Topics, ClientID: cluster.Name(play.id, fmt.Sprintf("session-%d", session), "actor"),
		Stamp: a.scene.Stamp, Session: uint32(a.scene.FirstSession + session), Pause: actorPause, Script: play.script,
	}
	switch {
	case !w.Mode.Transactional:
		cfg.Script = slices.DeleteFunc(slices.Clone(cfg.Script), func(s actor.Step) bool { return s.Do == actor.Offsets })
	case play.group:
		cfg.TransactionalID, cfg.Group = play.id, play.id
		a.groups = append(a.groups, cfg.Group)
	default:
		cfg.TransactionalID = play.id
	}
	return actor.Start(a.Command(), cfg)
}

func withProperty(properties map[string]string, name, value string) map[string]string {
	with := map[string]string{name: value}
	for n, v := range properties {
		if n != name {
			with[n] = v
		}
	}
	return with
}

// end makes sure that a session's process is gone and takes its evidence. overtaken is when a successor was initialised, in clock nanoseconds; 0
// where there was none.
func (a *Act) end(p *actor.Process, overtaken int64) {
	p.Kill()
	i := int(p.Config.Session) - a.scene.FirstSession
	s := p.Session(func(called int64) bool { return overtaken > 0 && called > overtaken })
	s.Offset = a.offsets[i]
	a.evidence[i] = s
}

// stands notes where a session's group stands, once no transaction of the session is open any more.
func (a *Act) stands(ctx context.Context, p *actor.Process) error {
	if p.Group == "" {
		return nil
	}
	offsets, err := a.Admin.CommittedStable(ctx, p.Group)
	if err != nil {
		return err
	}
	a.offsets[int(p.Config.Session)-a.scene.FirstSession] = new(offsets[a.scene.Topics[0]][0]) // 0 where nothing was ever committed
	a.figure("offsets_checked", float64(len(a.offsets)))
	return nil
}

// leaveTimeout bounds the removal of the groups.
const leaveTimeout = 10 * time.Second

// leave removes the groups that sessions committed to, also after an interrupt.
func (a *Act) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := a.Admin.DeleteGroups(ctx, a.groups); err != nil {
		a.Say(fmt.Sprintf("%s left groups behind, 'clean' removes them: %v", a.Scenario.Name, err))
	}
}

func (a *Act) id(name string) string { return a.scene.Group + "-" + name }
