package workload

import (
	"maps"
	"slices"
)

const (
	byMode = "is decided by the delivery mode"
	byTool = "is decided by the tool"
)

// decided are client properties that are not the user's to set, by librdkafka's and Java's names: the mode and
// the design of a trial depend on them. Everything else is matched because all cells of a run get it alike.
var decided = map[string]struct{ by, remedy string }{
	"acks":                      {byMode, "remove it and choose with --mode"},
	"request.required.acks":     {byMode, "remove it and choose with --mode"},
	"enable.idempotence":        {byMode, "remove it and choose with --mode"},
	"retries":                   {byMode, "remove it and choose with --mode"},
	"message.send.max.retries":  {byMode, "remove it and choose with --mode"},
	"isolation.level":           {byMode, "remove it, or use --isolation for a control"},
	"transactional.id":          {byTool, "remove it: every trial has fresh ones"},
	"bootstrap.servers":         {byTool, "remove it and name the cluster with -b"},
	"metadata.broker.list":      {byTool, "remove it and name the cluster with -b"},
	"client.id":                 {byTool, "remove it: it names the trial"},
	"group.id":                  {byTool, "remove it: every trial has its own"},
	"group.instance.id":         {byTool, "remove it: readers are assigned their partitions"},
	"group.protocol":            {byTool, "remove it: readers are assigned their partitions"},
	"enable.auto.commit":        {byTool, "remove it: readers commit every second"},
	"auto.commit.interval.ms":   {byTool, "remove it: readers commit every second"},
	"enable.auto.offset.store":  {byTool, "remove it: readers commit every second"},
	"auto.offset.reset":         {byTool, "remove it: readers read from the beginning"},
	"partitioner":               {byTool, "remove it: the tool spreads records over the partitions"},
	"partitioner.class":         {byTool, "remove it: the tool spreads records over the partitions"},
	"statistics.interval.ms":    {byTool, "remove it: request counts depend on it"},
	"go.delivery.reports":       {byTool, "remove it: acknowledgements depend on it"},
	"go.delivery.report.fields": {byTool, "remove it: acknowledgements depend on it"},
	"go.batch.producer":         {byTool, "remove it: it ignores the chosen partition"},
}

// checkProperties refuses client properties that the mode or the tool decides.
func (p *Profile) checkProperties() error {
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		if d, found := decided[name]; found {
			return &UsageError{p.origins[propertyKey(name)].where, "client property " + name + " " + d.by, d.remedy}
		}
	}
	return nil
}
