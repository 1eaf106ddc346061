package main

// campaign is one stored run.
type campaign struct {
	name     string
	question string
	nodes    int // brokers of the kept cluster that it runs on; 0: it starts its own
	args     []string
}

// campaigns are a fraction of modes × transaction sizes × partitions × message sizes × rates × brokers: each varies one or two of them
// around the same middle, 1 KB, 6 partitions and one broker.
var campaigns = []campaign{
	{name: "exactness", nodes: 1, question: "how exact is the generator itself?",
		args: run("--mode", "at-least-once", "--rate", "1000,10000,50000", "--duration", "6s", "--blocks", "6")},
	{name: "max-sizes", nodes: 1, question: "what is the throughput cost of each mode and transaction size?",
		args: run("--mode", "all", "--txn-size", "1,10,100,1000,10000", "--rate", "max", "--duration", "4s", "--blocks", "10")},
	{name: "max-partitions", nodes: 1, question: "how does it depend on the number of partitions?",
		args: run("--mode", "at-least-once,transactional", "--txn-size", "10,100,1000", "--partitions", "1,6,48", "--rate", "max", "--duration", "3s", "--blocks", "6")},
	{name: "max-messages", nodes: 1, question: "how does it depend on the size of messages?",
		args: run("--mode", "at-least-once,transactional", "--txn-size", "100,1000", "--message-size", "100,1000,10000", "--rate", "max", "--duration", "3s", "--blocks", "6")},
	{name: "rate-1000", nodes: 1, question: "what does it cost at a low rate?",
		args: run("--mode", "all", "--txn-size", "10,100", "--rate", "1000", "--duration", "8s", "--blocks", "6")},
	{name: "rate-5000", nodes: 1, question: "what does it cost at a medium rate?",
		args: run("--mode", "at-least-once,transactional", "--txn-size", "100,1000", "--rate", "5000", "--duration", "8s", "--blocks", "6")},
	{name: "rate-20000", nodes: 1, question: "what does it cost at a high rate?",
		args: run("--mode", "at-least-once,transactional", "--txn-size", "1000,10000", "--rate", "20000", "--duration", "16s", "--blocks", "6")},
	{name: "ladder", nodes: 1, question: "where does the cost come from?",
		args: run("ladder", "--duration", "5s", "--blocks", "6")},
	{name: "capacity", nodes: 1, question: "up to which rate does a mode hold its latency?",
		args: []string{"capacity", "--mode", "at-least-once,transactional", "--txn-size", "100,1000", "--slo", "p99(e2e) < 250ms"}},
	{name: "three-max", nodes: 3, question: "what is the throughput cost on three brokers, replicated three times?",
		args: run("--mode", "at-least-once,idempotent,transactional", "--txn-size", "10,100,1000,10000", "--rate", "max", "--duration", "3s", "--blocks", "6")},
	{name: "three-rate-1000", nodes: 3, question: "what does it cost there at a low rate?",
		args: run("--mode", "at-least-once,idempotent,transactional", "--txn-size", "100", "--rate", "1000", "--duration", "8s", "--blocks", "6")},
	{name: "faults", question: "what does each mode's guarantee buy when something breaks?", args: []string{"fault", "all", "--duration", "12s"}},
	{name: "lost-ack", question: "is a lost acknowledgement a duplicate?",
		args: []string{"fault", "lost-ack", "--messages", "100k", "--rate", "5000", "--txn-size", "500", "--blocks", "3"}},
	{name: "zombies", question: "is a producer that was overtaken fenced?", args: []string{"fault", "zombie", "--blocks", "4"}},
}

// run is a measurement whose cells need not hold their rate: that they don't is a result.
func run(args ...string) []string {
	return append(append([]string{"run"}, args...), "--warmup", "1500ms", "--expect", "unsustained")
}
