package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A page holds what is generated between these, the first naming what it is generated from.
var block = regexp.MustCompile(`(?s)(<!-- from (\S+) -->\n).*?(\n?<!-- end -->)`)

// refreshAll rewrites what is generated in each page. Run it from the repository's root.
func refreshAll(pages []string) error {
	if len(pages) == 0 {
		return errors.New("page: name the pages, such as docs/peers.md")
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		fresh, err := refresh(string(text), ".")
		if err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		if err := os.WriteFile(page, []byte(fresh), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// refresh returns a page with its generated blocks made anew from the stored data below root.
func refresh(page, root string) (string, error) {
	var failure error
	fresh := block.ReplaceAllStringFunc(page, func(old string) string {
		m := block.FindStringSubmatch(old)
		text, err := generate(filepath.Join(root, m[2]))
		if err != nil {
			failure = errors.Join(failure, err)
			return old
		}
		return m[1] + strings.TrimRight(text, "\n") + "\n<!-- end -->"
	})
	return fresh, failure
}

// notMeasured stands where the data that a block names is still to come.
const notMeasured = "Not measured yet.\n"

func generate(path string) (string, error) {
	rows := strings.HasSuffix(path, ".csv")
	needed := path
	if !rows {
		needed = filepath.Join(path, freezeHead)
	}
	if _, err := os.Stat(needed); errors.Is(err, os.ErrNotExist) {
		return notMeasured, nil
	}
	if rows {
		s, err := loadRows(path)
		if err != nil {
			return "", err
		}
		return table(s), nil
	}
	return freezeTable(path)
}
