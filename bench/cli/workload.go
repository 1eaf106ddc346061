package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
	"github.com/kafka-eos-bench/kafka-eos-bench/profiles"
)

// defaultProfile is what a bare run measures.
const defaultProfile = "quick"

// workloadFlags are the settings as flags, and the client's properties.
type workloadFlags struct {
	set    *pflag.FlagSet
	client clientFlags
}

// register declares the settings but those that the command decides itself.
func (w *workloadFlags) register(cmd *cobra.Command, decided ...string) {
	w.set = pflag.NewFlagSet("workload", pflag.ContinueOnError)
	for _, s := range workload.Settings() {
		if slices.Contains(decided, s.Key) {
			continue
		}
		// The table's defaults are applied when the profile is resolved: here they are only shown.
		usage := s.Usage
		if s.Default != "" {
			usage += " (default " + s.Default + ")"
		}
		kind := "value"
		switch {
		case s.Axis:
			kind = "list"
		case s.Switch:
			kind = "bool"
		}
		w.set.Var(&raw{kind: kind}, s.Flag(), usage)
		if s.Switch {
			w.set.Lookup(s.Flag()).NoOptDefVal = "true"
		}
	}
	cmd.Flags().AddFlagSet(w.set)
	w.client.register(cmd)
}

// bootstrapServers names the cluster in client properties; it is taken from a file, where -b names none.
const bootstrapServers = "bootstrap.servers"

// clientFlags are the properties of the Kafka client.
type clientFlags struct {
	properties []string
	file       string
	bootstrap  string // of the file, once it was read
}

func (c *clientFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&c.properties, "property", "X", nil, "client property `key=value`, by librdkafka's or Java's name (repeatable)")
	cmd.Flags().StringVar(&c.file, "client-config", "", "`file` of client properties, security included (Java .properties or librdkafka names)")
}

// raw holds a flag as the user spelled it; the settings' table decodes it.
type raw struct{ kind, text string }

func (r *raw) String() string     { return r.text }
func (r *raw) Set(s string) error { r.text = s; return nil }
func (r *raw) Type() string       { return r.kind }

// resolve settles a profile's every value: default < profile < environment < flag < what the command decides.
func (w *workloadFlags) resolve(name string, env []string, decided map[string]string) (*workload.Profile, error) {
	layer, err := readProfile(name)
	if err != nil {
		return nil, err
	}
	flags := map[string]string{}
	w.set.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			flags[f.Name] = f.Value.String()
		}
	})
	maps.Copy(flags, decided)
	properties, err := w.client.read()
	if err != nil {
		return nil, err
	}
	return workload.Resolve(layer, env, flags, properties)
}

// read returns the properties of the file, overridden by those of -X.
func (c *clientFlags) read() (map[string]string, error) {
	properties := map[string]string{}
	if c.file != "" {
		data, err := os.ReadFile(c.file)
		if err != nil {
			return nil, usagef("--client-config: %w; name a file of client properties, or give them one by one with -X key=value", err)
		}
		if properties, err = client.ParseProperties(c.file, data); err != nil {
			return nil, usagef("--client-config: %w", err)
		}
		c.bootstrap = properties[bootstrapServers]
		delete(properties, bootstrapServers)
	}
	for _, p := range c.properties {
		key, value, ok := strings.Cut(p, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			name, _, _ := strings.Cut(p, " ") // what follows may be a secret
			return nil, usagef("-X %s: give it as key=value", name)
		}
		properties[key] = value
	}
	return properties, nil
}

// readProfile decodes a profile: a file where the name looks like one or names one, else a built-in.
func readProfile(name string) (*workload.Layer, error) {
	text, file, err := profileText(name)
	if err != nil {
		return nil, err
	}
	return workload.Parse(file, text)
}

func profileText(name string) (text []byte, file string, err error) {
	if !strings.ContainsAny(name, `/\.`) {
		if text, err := profiles.Read(name); err == nil {
			return text, name, nil
		}
	}
	text, err = os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, name, usagef("profile %q is neither a file nor built in: %s", name, workload.DidYouMean(name, profiles.List()))
	}
	if err != nil {
		return nil, name, usagef("profile: %w", err)
	}
	return text, name, nil
}

// profileName is a command's optional argument.
func profileName(args []string) string {
	if len(args) == 0 {
		return defaultProfile
	}
	return args[0]
}

// sortedKeys is a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
