package proxy

import (
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rewriter replaces a broker's address by its listener's.
type rewriter func(node int32, host *string, port *int32) error

// addressed returns an empty response of this kind if it can carry addresses of brokers, nil if it never does.
func addressed(key kmsg.Key) kmsg.Response {
	switch key {
	case kmsg.Metadata, kmsg.FindCoordinator, kmsg.DescribeCluster:
		return key.Response()
	case kmsg.Produce, kmsg.Fetch, kmsg.ShareFetch, kmsg.ShareAcknowledge: // new leaders' addresses (KIP-951)
		return key.Response()
	}
	return nil
}

// addressedSince is the first version that can carry them. New leaders come as a tag: Kafka sends it from Produce version
// 10 and Fetch version 16 on, kfake from the first versions that have tags.
func addressedSince(key kmsg.Key) int16 {
	switch key {
	case kmsg.Produce:
		return 9
	case kmsg.Fetch:
		return 12
	}
	return 0
}

// rewrite replaces the addresses in a response, and narrows the versions that ApiVersions offers to those in which it
// can. What needs no change is returned as it is.
func rewrite(frame []byte, req request, replace rewriter) ([]byte, error) {
	key := kmsg.Key(req.key)
	if key == kmsg.ApiVersions {
		return narrow(frame, req)
	}
	resp := addressed(key)
	if resp == nil || req.version < addressedSince(key) {
		return frame, nil
	}
	resp.SetVersion(req.version)
	head := sizeBytes + 4
	if resp.IsFlexible() {
		b := kbin.Reader{Src: frame[head:]}
		skipTags(&b)
		if !b.Ok() {
			return nil, fmt.Errorf("%w: it ends within its header", errFrame)
		}
		head = len(frame) - len(b.Src)
	}
	if err := parse(resp, frame[head:]); err != nil {
		return nil, err
	}
	changed := false
	err := addresses(resp, func(node int32, host *string, port *int32) error {
		if *host == "" || *port < 0 { // nobody, as FindCoordinator says beside an error
			return nil
		}
		changed = true
		return replace(node, host, port)
	})
	if err != nil || !changed {
		return frame, err
	}
	return assemble(frame[:head], resp), nil
}

// narrow keeps clients from versions whose responses could not be read here. The header of an ApiVersions response
// never has tags, and a broker that does not know the version answers its error in version 0 (KIP-511).
func narrow(frame []byte, req request) ([]byte, error) {
	const head = sizeBytes + 4
	if b := (kbin.Reader{Src: frame[head:]}); b.Int16() == kerr.UnsupportedVersion.Code {
		return frame, nil
	}
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.SetVersion(req.version)
	if err := parse(resp, frame[head:]); err != nil {
		return nil, err
	}
	changed := false
	for i := range resp.ApiKeys {
		offered := &resp.ApiKeys[i]
		var newest int16
		switch known := addressed(kmsg.Key(offered.ApiKey)); {
		case offered.ApiKey == resp.Key():
			newest = resp.MaxVersion()
		case known != nil:
			newest = known.MaxVersion()
		default:
			continue
		}
		if offered.MaxVersion > newest {
			offered.MaxVersion, changed = newest, true
		}
	}
	if !changed {
		return frame, nil
	}
	return assemble(frame[:head], resp), nil
}

func parse(resp kmsg.Response, body []byte) error {
	if resp.GetVersion() > resp.MaxVersion() {
		return fmt.Errorf("the proxy knows versions up to %d only", resp.MaxVersion())
	}
	return resp.ReadFrom(body)
}

// assemble puts a changed body behind its unchanged header.
func assemble(head []byte, resp kmsg.Response) []byte {
	frame := resp.AppendTo(append([]byte(nil), head...))
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-sizeBytes))
	return frame
}

// addresses calls replace for each address in a response.
func addresses(resp kmsg.Response, replace rewriter) error {
	switch resp := resp.(type) {
	case *kmsg.MetadataResponse:
		return each(resp.Brokers, func(b *kmsg.MetadataResponseBroker) error { return replace(b.NodeID, &b.Host, &b.Port) })
	case *kmsg.DescribeClusterResponse:
		return each(resp.Brokers, func(b *kmsg.DescribeClusterResponseBroker) error { return replace(b.NodeID, &b.Host, &b.Port) })
	case *kmsg.FindCoordinatorResponse:
		if resp.Version < 4 { // before KIP-699: one coordinator
			return replace(resp.NodeID, &resp.Host, &resp.Port)
		}
		return each(resp.Coordinators, func(c *kmsg.FindCoordinatorResponseCoordinator) error { return replace(c.NodeID, &c.Host, &c.Port) })
	case *kmsg.ProduceResponse:
		return each(resp.Brokers, func(b *kmsg.ProduceResponseBroker) error { return replace(b.NodeID, &b.Host, &b.Port) })
	case *kmsg.FetchResponse:
		return each(resp.Brokers, func(b *kmsg.FetchResponseBroker) error { return replace(b.NodeID, &b.Host, &b.Port) })
	case *kmsg.ShareFetchResponse:
		return each(resp.NodeEndpoints, func(e *kmsg.ShareFetchResponseNodeEndpoint) error { return replace(e.NodeID, &e.Host, &e.Port) })
	case *kmsg.ShareAcknowledgeResponse:
		return each(resp.NodeEndpoints, func(e *kmsg.ShareAcknowledgeResponseNodeEndpoint) error { return replace(e.NodeID, &e.Host, &e.Port) })
	}
	return nil
}

func each[T any](all []T, do func(*T) error) error {
	for i := range all {
		if err := do(&all[i]); err != nil {
			return err
		}
	}
	return nil
}
