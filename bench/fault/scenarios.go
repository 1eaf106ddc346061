package fault

// All are the scenarios, in the order in which they are listed and run.
func All() []*Scenario {
	return []*Scenario{
		{Name: "lost-ack", Summary: "responses of Produce and of what a transaction consists of are lost after the broker has acted", Nodes: 1, Needs: Proxy | Actors, sessions: 1, act: loseAcks},
		{Name: "lost-request", Summary: "Produce requests are lost before the broker has them", Nodes: 1, Needs: Proxy, act: loseRequests},
		{Name: "reset", Summary: "all connections are reset, five times", Nodes: 1, Needs: Proxy, act: reset},
		{Name: "half-open", Summary: "the connections there are carry nothing for a while, new ones do", Nodes: 1, Needs: Proxy, act: halfOpen},
		{Name: "slow-network", Summary: "every request is delayed, then every connection throttled", Nodes: 1, Needs: Proxy, act: slow},
		{Name: "broker-isolated", Summary: "the broker that leads most partitions is out of the clients' reach", Nodes: 3, Needs: Proxy, act: isolate},
		{Name: "broker-restart", Summary: "the broker that leads most partitions is killed (SIGKILL) and started again", Nodes: 3, Needs: Brokers, act: restart(false)},
		{Name: "broker-restart-graceful", Summary: "the same broker is asked to end (SIGTERM) and started again", Nodes: 3, Needs: Brokers, act: restart(true)},
		{Name: "broker-freeze", Summary: "the same broker is suspended (SIGSTOP) and goes on after a quarter of the window", Nodes: 3, Needs: Brokers, act: freeze},
		{Name: "leader-move", Summary: "every partition's leadership moves to another replica, three times", Nodes: 3, Needs: Leaders, act: moveLeaders},
		{Name: "coordinator-kill", Summary: "the broker that coordinates the transactions is killed and started again", Nodes: 3, Needs: Brokers, Modes: TransactionalModes, act: killCoordinator},
		{Name: "client-crash", Summary: "producer processes die in a transaction, with a successor and without", Nodes: 1, Needs: Actors, sessions: 2*(4+randomCrashes) + 1, act: crash},
		{Name: "zombie", Summary: "a stopped producer goes on after a successor has taken over", Nodes: 1, Needs: Actors, Modes: TransactionalModes, sessions: 2 * zombies, act: zombie},
		{Name: "slow-consumer", Summary: "every reader rests after each batch for a while", Nodes: 1, Needs: Readers, act: slowConsumers},
		{Name: "rebalance-storm", Summary: "all readers leave and come back to their committed offsets, five times", Nodes: 1, Needs: Readers, act: rebalanceStorm},
		{Name: "disk-full", Summary: "the broker that leads most partitions can write no more to its files, dies, and comes back with room", Nodes: 3, Needs: Brokers, act: fillDisk},
		{Name: "open-transaction", Summary: "one transaction stays open on a partition that others write to", Nodes: 1, Needs: Actors, Modes: TransactionalModes, sessions: 1, act: openTransaction},
	}
}
