package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// tab is one of the browser's, and what it reported.
type tab struct {
	browser    *browser
	target     string
	session    string
	seen       []string // events
	requests   []string // addresses asked for
	complaints []string
}

// step is a command whose answer says nothing.
type step struct {
	method string
	params args
}

// open makes an empty tab.
func (b *browser) open() (*tab, error) {
	t := &tab{browser: b}
	var made struct{ TargetID string }
	if err := b.call("", "Target.createTarget", args{"url": "about:blank"}, &made); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := b.call("", "Target.attachToTarget", args{"targetId": made.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	t.target, t.session = made.TargetID, attached.SessionID
	b.tabs[t.session] = t
	return t, nil
}

func (t *tab) close() {
	delete(t.browser.tabs, t.session)
	_ = t.browser.call("", "Target.closeTarget", args{"targetId": t.target}, nil)
}

func (t *tab) call(method string, params args, result any) error {
	return t.browser.call(t.session, method, params, result)
}

func (t *tab) do(steps ...step) error {
	for _, s := range steps {
		if err := t.call(s.method, s.params, nil); err != nil {
			return err
		}
	}
	return nil
}

// wait reads until an event was reported.
func (t *tab) wait(event string) error {
	for !slices.Contains(t.seen, event) {
		if _, err := t.browser.next(); err != nil {
			return fmt.Errorf("wait for %s: %w", event, err)
		}
	}
	return nil
}

// evaluate runs an expression in the page and waits for what it promises.
func (t *tab) evaluate(expression string, result any) error {
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if err := t.call("Runtime.evaluate", args{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out); err != nil {
		return err
	}
	if e := out.ExceptionDetails; e != nil {
		return fmt.Errorf("a check failed: %s %s", e.Text, e.Exception.Description)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(out.Result.Value, result)
}

// note keeps of an event what the check is about.
func (t *tab) note(m message) {
	t.seen = append(t.seen, m.Method)
	var p struct {
		Request struct{ URL string }
		Type    string
		Args    []struct {
			Value       any
			Description string
		}
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry struct{ Level, Text, URL string }
	}
	if json.Unmarshal(m.Params, &p) != nil {
		return // an event of a shape that nothing here looks at
	}
	switch m.Method {
	case "Network.requestWillBeSent":
		t.requests = append(t.requests, p.Request.URL)
	case "Runtime.exceptionThrown":
		t.complain("exception", p.ExceptionDetails.Text, p.ExceptionDetails.Exception.Description)
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "warning" || p.Type == "assert" {
			texts := []string{"console", p.Type}
			for _, a := range p.Args {
				texts = append(texts, fmt.Sprint(a.Value), a.Description)
			}
			t.complain(texts...)
		}
	case "Log.entryAdded":
		if p.Entry.Level == "error" || p.Entry.Level == "warning" {
			t.complain(p.Entry.Level, p.Entry.Text, p.Entry.URL)
		}
	}
}

func (t *tab) complain(texts ...string) {
	t.complaints = append(t.complaints, strings.Join(texts, " "))
}
