package cluster

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
)

const pkcs8Type = "ENCRYPTED PRIVATE KEY"

// maxIterations bounds the work a key file can ask for; OpenSSL writes 2,048 by default.
const maxIterations = 1_000_000

var (
	errKeyForm  = errors.New("the key's encryption is not supported: convert it with openssl pkcs8 -topk8 -v2 aes256")
	errPassword = errors.New("the key cannot be decrypted: check ssl.key.password")
)

// encryptedKey and the following are EncryptedPrivateKeyInfo (RFC 5958) under PBES2 and PBKDF2 (RFC 8018): what
// OpenSSL writes since 1.1. Go's own package has no decryption of private keys.
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct{ Derivation, Cipher pkix.AlgorithmIdentifier }

type derivation struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// decrypt returns a private key in PEM without its encryption, or as it is if it has none.
func decrypt(key []byte, password string) ([]byte, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return key, nil // not PEM: the caller's parser says so
	}
	if block.Headers["DEK-Info"] != "" {
		return nil, errKeyForm // OpenSSL's own form before 1.0; its key derivation is a single MD5
	}
	if block.Type != pkcs8Type {
		return key, nil
	}
	plain, err := decryptPKCS8(block.Bytes, password)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}), nil
}

func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var (
		key    encryptedKey
		scheme pbes2
		derive derivation
		iv     []byte
	)
	for _, part := range []struct {
		der  func() []byte
		into any
	}{
		{func() []byte { return der }, &key},
		{func() []byte { return key.Algorithm.Parameters.FullBytes }, &scheme},
		{func() []byte { return scheme.Derivation.Parameters.FullBytes }, &derive},
		{func() []byte { return scheme.Cipher.Parameters.FullBytes }, &iv},
	} {
		if rest, err := asn1.Unmarshal(part.der(), part.into); err != nil || len(rest) > 0 {
			return nil, errKeyForm
		}
	}
	// AES-128-, 192- and 256-CBC differ in the last arc of their identifiers.
	size := map[string]int{"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}[scheme.Cipher.Algorithm.String()]
	if size == 0 || derive.KeyLength != 0 && derive.KeyLength != size || len(iv) != aes.BlockSize ||
		derive.Iterations < 1 || derive.Iterations > maxIterations || len(key.Data) == 0 || len(key.Data)%aes.BlockSize != 0 {
		return nil, errKeyForm
	}
	secret, err := stretch(derive, password, size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	// The padding is PKCS #7: n bytes of value n. A wrong password is noticed here or by the key's parser.
	n := int(plain[len(plain)-1])
	if n == 0 || n > aes.BlockSize {
		return nil, errPassword
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, errPassword
		}
	}
	return plain[:len(plain)-n], nil
}

// stretch derives the cipher's key by the pseudorandom function the file names; none named is HMAC with SHA-1.
func stretch(d derivation, password string, size int) ([]byte, error) {
	var h func() hash.Hash
	switch d.PRF.Algorithm.String() {
	case "", "1.2.840.113549.2.7":
		h = sha1.New
	case "1.2.840.113549.2.9":
		h = sha256.New
	case "1.2.840.113549.2.10":
		h = sha512.New384
	case "1.2.840.113549.2.11":
		h = sha512.New
	default:
		return nil, errKeyForm
	}
	return pbkdf2.Key(h, password, d.Salt, d.Iterations, size)
}
