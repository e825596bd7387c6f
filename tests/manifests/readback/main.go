// Reads YAML as kubectl does, and as the Go tool did. On stdin {"printed": [text], "written": [text]}; on stdout the same
// with a list of JSON values, one a document, or {"error": text} in the place of each text.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	v3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type texts struct {
	Printed []string `json:"printed"`
	Written []string `json:"written"`
}

type answers struct {
	Printed []any `json:"printed"`
	Written []any `json:"written"`
}

func main() {
	var in texts
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		log.Fatal(err)
	}
	out := answers{Printed: each(in.Printed, kubectl), Written: each(in.Written, tool)}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}

func each(texts []string, read func(string) ([]json.RawMessage, error)) []any {
	found := make([]any, 0, len(texts))
	for _, text := range texts {
		documents, err := read(text)
		if err != nil {
			found = append(found, map[string]string{"error": err.Error()})
			continue
		}
		found = append(found, documents)
	}
	return found
}

// kubectl splits a stream at lines that start with `---`, then makes JSON of each document, refusing keys that stand twice.
func kubectl(text string) ([]json.RawMessage, error) {
	documents := []json.RawMessage{}
	split := []*strings.Builder{{}}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "---") {
			split = append(split, &strings.Builder{})
			continue
		}
		split[len(split)-1].WriteString(line)
	}
	for _, document := range split {
		made, err := yaml.YAMLToJSONStrict([]byte(document.String()))
		if err != nil {
			return nil, err
		}
		documents = append(documents, made)
	}
	return documents, nil
}

// tool reads with yaml.v3, writes with yaml.v3, and hands the result to kubectl.
func tool(text string) ([]json.RawMessage, error) {
	documents := []json.RawMessage{}
	decoder := v3.NewDecoder(strings.NewReader(text))
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		var written bytes.Buffer
		encoder := v3.NewEncoder(&written)
		if err := encoder.Encode(value); err != nil {
			return nil, fmt.Errorf("written again: %w", err)
		}
		made, err := yaml.YAMLToJSON(written.Bytes())
		if err != nil {
			return nil, fmt.Errorf("for kubectl: %w", err)
		}
		documents = append(documents, made)
	}
}
