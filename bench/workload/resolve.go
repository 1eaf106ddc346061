package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// envPrefix opens the name of every environment variable the tool reads.
const envPrefix = "KEB_"

// toolEnv are variables with the prefix that are no settings of a workload.
var toolEnv = []string{"KEB_REQUIRE_KAFKA", "KEB_CACHE_DIR", "KEB_BOOTSTRAP_SERVERS", "KEB_BROKER"}

// Resolve settles every value: default < profile < environment < flag. The profile may be nil; env is as
// os.Environ returns it; flags holds those settings the user gave, by Setting.Flag; properties are the client
// properties of the command line, whose names override the profile's. Then it checks the whole. Every error is
// a *UsageError that names the line, variable or flag and the remedy.
func Resolve(profile *Layer, env []string, flags, properties map[string]string) (*Profile, error) {
	p, err := defaults("custom")
	if err != nil {
		return nil, err
	}
	if profile != nil {
		p.Name, p.Description = profile.Name, profile.Description
		for _, s := range settings {
			if v, ok := profile.values[s.Key]; ok {
				if err := p.assign(s, v.value, origin{fromProfile, v.where}); err != nil {
					return nil, err
				}
			}
		}
		for name, v := range profile.properties {
			p.property(name, v.value, origin{fromProfile, v.where})
		}
	}
	if err := p.environment(env); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		s, known := settingByKey(strings.ReplaceAll(name, "-", "_"))
		if !known {
			return nil, &UsageError{"--" + name, "unknown setting", DidYouMean("--"+name, settingNames(Setting.longFlag))}
		}
		if err := p.assign(s, flags[name], origin{fromFlag, "--" + name}); err != nil {
			return nil, err
		}
	}
	for name, value := range properties {
		p.property(name, value, origin{fromFlag, "-X or --client-config"})
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// defaults is a profile in which nobody has said anything.
func defaults(name string) (*Profile, error) {
	p := &Profile{Name: name, Properties: map[string]string{}, origins: map[string]origin{}}
	for _, s := range settings {
		if s.Default == "" {
			continue
		}
		if err := s.set(p, s.Default); err != nil {
			return nil, fmt.Errorf("default of %s: %w", s.Key, err)
		}
	}
	return p, nil
}

func (p *Profile) assign(s Setting, value string, o origin) error {
	if err := s.set(p, value); err != nil {
		return at(o.where, err)
	}
	p.origins[s.Key] = o
	return nil
}

func (p *Profile) property(name, value string, o origin) {
	p.Properties[name] = value
	p.origins[propertyKey(name)] = o
}

// environment takes the settings among the variables. A name with the tool's prefix that it does not know is
// an error: a misspelled setting would otherwise measure something else than asked for.
func (p *Profile) environment(env []string) error {
	for _, variable := range slices.Sorted(slices.Values(env)) {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(toolEnv, name) {
			continue
		}
		i := slices.IndexFunc(settings, func(s Setting) bool { return s.Env() == name })
		if i < 0 {
			return &UsageError{name, "unknown environment variable", DidYouMean(name, settingNames(Setting.Env))}
		}
		if value == "" {
			continue // the usual way to unset one for a single command
		}
		if err := p.assign(settings[i], value, origin{fromEnvironment, name}); err != nil {
			return err
		}
	}
	return nil
}

func (s Setting) longFlag() string { return "--" + s.Flag() }

func settingNames(name func(Setting) string) []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = name(s)
	}
	return names
}
