package cluster

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

// Keys written by OpenSSL 3.0 for this test alone: openssl pkcs8 -topk8 -passout pass:sesame with -v2 aes-256-cbc,
// with -v2 aes-128-cbc -v2prf hmacWithSHA1, and with -scrypt.
const (
	keyAES256 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgEClaf9bZalgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDjHfub/4Wu+dArZnGVRuloEgZC7
y+I93al8fdcEzLFoO4u4zCySW0ABmEbhH0mpc5A4Izqnx0jmqWzNVnbMWS9RuvUD
9h7pk/+9T86QXvuybDXm2d4hodK6EWVOHNednqhCHPsTluIaPjO3SQNBIIlz1HLI
9yEu+TJQReofj9/WgjnVqCzyakQ6oYY6+yTW2qUNaO6oCK9yQtUE4EuHzVOauYI=
-----END ENCRYPTED PRIVATE KEY-----`
	keyAES128 = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjDSeainz+vHAICCAAw
HQYJYIZIAWUDBAECBBBA217FEz05ncNyCBfQloMbBIGQdoF4QZHvUpCpg+kPZ3jT
uyfkevNIAHwBmjT6oGnMDWYTcuxBqPtKfMcRUjqJYDJ8NoebYJbXOugK/1i7d3as
5bqgP8p6AwqSmnfLVWfKIqCwIjUWmWYrBrIVhD4Kcqw68nJxvAom3mIyFWIWBCPu
cS06toZKZ4NzOUDQq8kbyP98J7ouxDrTOlRVC4/7xh+4
-----END ENCRYPTED PRIVATE KEY-----`
	keyScrypt = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiBBGG6w3Y0DgICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBBm5/aTltPLxSXelAVqERAQBIGQu3bBrnBUPv5U
n2RAB6CsN1vsWywK1v6efBLk9nUJQ0ZRiB8OoW8VtQ79tuoV08UsHP3hOOCbpZoS
iilYJmHxodHsWfEHcpgGMQSjqqbwM5PMiFd9Jv+8NZ9pNd1RXx9uX1ogGvjKD94c
2wiDMJsQjyAGQF/S8u4KQYuJmUWQlR731M1cZsixNxmidHmWL0g7
-----END ENCRYPTED PRIVATE KEY-----`
)

func TestDecrypt(t *testing.T) {
	for _, key := range []string{keyAES256, keyAES128} {
		plain, err := decrypt([]byte(key), "sesame")
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(plain)
		if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			t.Error(err)
		}
	}
	_, _, open := certify(t)
	for _, key := range []string{open, "not PEM"} {
		if got, err := decrypt([]byte(key), ""); err != nil || string(got) != key {
			t.Errorf("%q became %q, %v", key, got, err)
		}
	}
}

func TestDecryptRefuses(t *testing.T) {
	for _, tc := range []struct {
		key, password string
		want          error
	}{
		{keyAES256, "barley", errPassword},
		{keyScrypt, "sesame", errKeyForm},
		{"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----", "sesame", errKeyForm},
		{"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "sesame", errKeyForm},
	} {
		_, err := decrypt([]byte(tc.key), tc.password)
		if !errors.Is(err, tc.want) || strings.Contains(err.Error(), tc.password) {
			t.Errorf("want %v, got %v", tc.want, err)
		}
	}
}

func FuzzDecryptPKCS8(f *testing.F) {
	for _, key := range []string{keyAES256, keyAES128, keyScrypt} {
		block, _ := pem.Decode([]byte(key))
		f.Add(block.Bytes, "sesame")
	}
	f.Fuzz(func(t *testing.T, der []byte, password string) {
		plain, err := decryptPKCS8(der, password)
		if err == nil && len(plain) >= len(der) {
			t.Errorf("%d bytes of %d", len(plain), len(der))
		}
	})
}
