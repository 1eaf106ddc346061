package client

import "strings"

// Security is how a connection is protected, free of any library's names, for connections beside the measured ones.
type Security struct {
	Protocol string // "plaintext", "ssl", "sasl_plaintext" or "sasl_ssl"

	// TLS. Nothing to trust given: the system's authorities. Certificates and keys are PEM, as files or as text.
	CAFile, CAPEM     string
	CertFile, CertPEM string
	KeyFile, KeyPEM   string
	KeyPassword       string
	VerifyHostname    bool
	SkipVerify        bool // the broker's certificate is not verified at all

	Mechanism          string // "PLAIN", "SCRAM-SHA-256" or "SCRAM-SHA-512"; empty without SASL
	Username, Password string
}

// TLS tells whether connections are encrypted.
func (s Security) TLS() bool { return strings.HasSuffix(s.Protocol, "ssl") }

// SASL tells whether connections authenticate with SASL.
func (s Security) SASL() bool { return strings.HasPrefix(s.Protocol, "sasl_") }

// SecurityOf reads the security properties out of translated ones. Those that only librdkafka can follow are a
// *PropertyError: the tool's own connections, which create topics and sample lag, need the same access.
func SecurityOf(props map[string]string) (Security, error) {
	s := Security{
		Protocol: strings.ToLower(props["security.protocol"]),
		CAFile:   props["ssl.ca.location"], CAPEM: props["ssl.ca.pem"],
		CertFile: props["ssl.certificate.location"], CertPEM: props["ssl.certificate.pem"],
		KeyFile: props["ssl.key.location"], KeyPEM: props["ssl.key.pem"],
		KeyPassword:    props["ssl.key.password"],
		VerifyHostname: !strings.EqualFold(props["ssl.endpoint.identification.algorithm"], "none"),
		SkipVerify:     strings.EqualFold(props["enable.ssl.certificate.verification"], "false"),
	}
	switch s.Protocol {
	case "":
		s.Protocol = "plaintext"
	case "plaintext", "ssl", "sasl_plaintext", "sasl_ssl":
	default:
		return Security{}, &PropertyError{"security.protocol", "there is no protocol " + s.Protocol,
			"use plaintext, ssl, sasl_plaintext or sasl_ssl"}
	}
	if s.TLS() {
		for _, key := range []string{"ssl.keystore.location", "ssl.engine.location", "ssl.providers", "ssl.crl.location"} {
			if props[key] != "" {
				return Security{}, &PropertyError{key, "the tool's administrative connection cannot use it",
					"give PEM files in ssl.ca.location, ssl.certificate.location and ssl.key.location (openssl pkcs12 converts)"}
			}
		}
		if (s.CertFile+s.CertPEM == "") != (s.KeyFile+s.KeyPEM == "") {
			return Security{}, &PropertyError{"ssl.certificate.location", "a client certificate and its key come together",
				"set ssl.key.location as well, or neither"}
		}
	}
	if !s.SASL() {
		return s, nil
	}
	s.Mechanism = strings.ToUpper(props["sasl.mechanism"])
	s.Username, s.Password = props["sasl.username"], props["sasl.password"]
	switch s.Mechanism {
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
	case "":
		return Security{}, &PropertyError{"sasl.mechanism", "is missing", "use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"}
	default:
		return Security{}, &PropertyError{"sasl.mechanism", "the tool's administrative connection does not speak " + s.Mechanism,
			"use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"}
	}
	if s.Username == "" {
		return Security{}, &PropertyError{"sasl.username", "is missing", "set it with sasl.password, or give a sasl.jaas.config"}
	}
	return s, nil
}
