package client

import (
	"fmt"
	"strings"
)

// jaas takes user name and password out of a sasl.jaas.config for PLAIN or SCRAM:
//
//	org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";
func jaas(_ map[string]string, value string) ([]pair, string) {
	words, problem := jaasWords(value)
	if problem != "" {
		return nil, problem
	}
	if len(words) < 2 {
		return nil, "expected a login module, a control flag and options"
	}
	switch module := words[0]; module {
	case "org.apache.kafka.common.security.plain.PlainLoginModule",
		"org.apache.kafka.common.security.scram.ScramLoginModule":
	default:
		return nil, fmt.Sprintf("login module %s is Java code", module)
	}
	options := map[string]string{}
	for _, option := range words[2:] {
		name, v, found := strings.Cut(option, "=")
		if !found {
			return nil, "an option is not of the form name=value" // not quoted: it may hold a secret
		}
		options[name] = v
	}
	username, hasUser := options["username"]
	password, hasPassword := options["password"]
	if !hasUser || !hasPassword {
		return nil, "username or password is missing"
	}
	return []pair{{"sasl.username", username}, {"sasl.password", password}}, ""
}

// jaasWords splits at blanks up to the closing semicolon. Quotes, single or double, hold blanks and semicolons
// together and are dropped; in them a backslash escapes the next character.
func jaasWords(s string) (words []string, problem string) {
	var word strings.Builder
	inWord := false
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			end()
		case ';':
			end()
			if rest := strings.TrimSpace(s[i+1:]); rest != "" {
				return nil, "more than one login module"
			}
			return words, ""
		case '"', '\'':
			inWord = true
			for i++; i < len(s) && s[i] != c; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				word.WriteByte(s[i])
			}
			if i == len(s) {
				return nil, "a quote is not closed"
			}
		case '=':
			// Blanks around it belong to the option.
			if !inWord && len(words) > 0 {
				word.WriteString(words[len(words)-1])
				words = words[:len(words)-1]
			}
			inWord = true
			word.WriteByte('=')
			for i+1 < len(s) && strings.IndexByte(" \t\r\n", s[i+1]) >= 0 {
				i++
			}
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	return nil, "the closing semicolon is missing"
}
