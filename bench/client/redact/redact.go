// Package redact keeps secrets among client properties out of what is stored and printed. It stands alone, so that
// stored results can use it without knowing a client.
package redact

import "regexp"

// Mark stands in place of a secret.
const Mark = "[redacted]"

// secretKey matches the names of properties whose values are secrets or tell where one is: librdkafka's sensitive
// properties, Java's of type password, and whatever is named like them. Too much hidden is a nuisance, too little
// is a leak.
var secretKey = regexp.MustCompile(`(?i)passw|passphrase|secret|jaas|token|credential|username|private|bearer\.config|\.pem$|(^|[._])ssl[._](keystore[._])?key([._]location)?$|assertion\.file$|certificate\.chain$`)

// harmlessKey matches as well and yet only says where, not what.
var harmlessKey = regexp.MustCompile(`(?i)^sasl\.oauthbearer\.token\.endpoint\.url$`)

// userInfo matches credentials inside a URL.
var userInfo = regexp.MustCompile(`://[^/@\s]+@`)

// Properties returns a copy with every secret's value replaced by Mark.
func Properties(props map[string]string) map[string]string {
	out := make(map[string]string, len(props))
	for key, value := range props {
		if value != "" && (secretKey.MatchString(key) && !harmlessKey.MatchString(key) || userInfo.MatchString(value)) {
			value = Mark
		}
		out[key] = value
	}
	return out
}
