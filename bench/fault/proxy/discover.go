package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func hostPort(host string, port int32) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }

// checkLoopback refuses addresses that are not on the loopback interface, by every address their names have.
func checkLoopback(ctx context.Context, addrs []string) error {
	for _, addr := range addrs {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return fmt.Errorf("broker address %q: %w", addr, err)
		}
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return fmt.Errorf("broker address %q: %w", addr, err)
		}
		for _, ip := range ips {
			if ip = ip.Unmap(); !ip.IsLoopback() {
				return fmt.Errorf("broker address %q is %s, not a loopback address: the proxy only stands before brokers of this machine (set their advertised.listeners to 127.0.0.1)", addr, ip)
			}
		}
	}
	return nil
}

// discover asks the bootstrap addresses, in turn, for the cluster's brokers.
func discover(ctx context.Context, bootstrap []string) ([]kmsg.MetadataResponseBroker, error) {
	var failed []error
	for _, addr := range bootstrap {
		brokers, err := askBrokers(ctx, addr)
		if err == nil {
			return brokers, nil
		}
		failed = append(failed, fmt.Errorf("asking %s for the brokers of the cluster: %w", addr, err))
	}
	if failed == nil {
		return nil, errors.New("a proxy needs the address of at least one broker")
	}
	return nil, errors.Join(failed...)
}

// askBrokers sends one Metadata request, in the first version that can ask for no topics, which every broker knows.
func askBrokers(ctx context.Context, addr string) ([]kmsg.MetadataResponseBroker, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 1
	req.Topics = []kmsg.MetadataRequestTopic{} // nil would be all
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 0)); err != nil {
		return nil, err
	}
	frame, err := readFrame(conn, maxFrame)
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	resp := req.ResponseKind().(*kmsg.MetadataResponse)
	if err := resp.ReadFrom(frame[sizeBytes+4:]); err != nil { // behind the correlation id
		return nil, err
	}
	if len(resp.Brokers) == 0 {
		return nil, errors.New("it knows of no broker")
	}
	return resp.Brokers, nil
}
