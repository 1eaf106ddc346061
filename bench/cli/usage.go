package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// flagProblem says what is wrong with a flag as it was given, and how to give it.
func flagProblem(cmd *cobra.Command, err error) string {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Sprintf("--%s %s: %s", invalid.GetFlag().Name, invalid.GetValue(), remedyOf(invalid))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Sprintf("--%s: its value is missing", missing.GetFlag().Name)
	}
	return err.Error() + nearestFlag(cmd, err)
}

// remedyOf says why a value is none of its flag's type, and what to give instead.
func remedyOf(invalid *pflag.InvalidValueError) string {
	flag, value := invalid.GetFlag(), invalid.GetValue()
	switch flag.Value.Type() {
	case "duration":
		if _, err := time.ParseDuration(value + "ms"); err == nil {
			return fmt.Sprintf("the unit is missing: give --%s %sms or --%s %ss, for example", flag.Name, value, flag.Name, value)
		}
		return "this is no duration: give a number and a unit, such as 200ms, 5s or 10m"
	case "int":
		return "this is no whole number: give one such as 3"
	case "bool":
		return "give true or false, or the flag alone"
	}
	return invalid.Unwrap().Error()
}

// nearestFlag is the flag that an unknown one may have been meant for, as the end of an error.
func nearestFlag(cmd *cobra.Command, err error) string {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || len(unknown.GetSpecifiedName()) == 1 {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	if near := workload.Nearest("--"+unknown.GetSpecifiedName(), names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// wrapArgs makes wrong arguments a usage error that says what to give, in every command below too.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usagef("%s; see '%s --help'", argsProblem(cmd, args, err), cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// arguments are what the names in usage lines stand for.
var arguments = map[string]string{
	"RUN":     "a run's directory or its run.json",
	"PROFILE": "a built-in name or a YAML file",
	"NAME":    "what the baseline is called",
}

// nearestCommand is the command that an unknown one may have been meant for, as the end of an error.
func nearestCommand(cmd *cobra.Command, args []string) string {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	if near := workload.Nearest(args[0], names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// argsProblem says which argument is missing or too much, and gives the command's first example.
func argsProblem(cmd *cobra.Command, args []string, err error) string {
	_, takes, _ := strings.Cut(cmd.Use, " ")
	if takes == "" {
		return err.Error() + nearestCommand(cmd, args) // a command without arguments was given one
	}
	command := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ") // the error begins with the root's name
	example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
	required := slices.DeleteFunc(strings.Fields(takes), func(word string) bool { return strings.HasPrefix(word, "[") })
	if len(args) >= len(required) {
		return fmt.Sprintf("%s takes %s, and was given %s: leave out what is too much, as in '%s'", command, takes, strings.Join(args, " "), example)
	}
	name := strings.TrimRight(required[len(args)], ".")
	return fmt.Sprintf("%s takes %s, and %s is missing: give %s, as in '%s'", command, takes, name, cmp.Or(arguments[name], "it"), example)
}

// writable says why a directory, which may not exist yet, cannot be written to, so that it is known before anything runs. The directory that does
// exist of its path has to take a file.
func writable(dir string) error {
	at := filepath.Clean(dir)
	info, err := os.Stat(at)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(at) != at {
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	if err == nil && !info.IsDir() {
		return usagef("--out %s: %s is no directory: name another", dir, at)
	}
	var file *os.File
	if err == nil {
		file, err = os.CreateTemp(at, ".kafka-eos-bench-*")
	}
	if err == nil {
		err = errors.Join(file.Close(), os.Remove(file.Name()))
	}
	if err != nil {
		return usagef("--out %s: %w; name another directory", dir, err)
	}
	return nil
}
