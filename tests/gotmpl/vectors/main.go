// Command vectors runs Go's own text/template and writes what it did, as JSON lines for tests/gotmpl:
//
//	go run . hand             every hand-written case (hand.go)
//	go run . gen SEED COUNT   so many generated cases (generate.go)
//	go run . committed        what is kept in vectors.jsonl: the former, and some of the latter
//
// The first lines describe the data the cases are run with; then each line is a template (t), the name of its data
// (d), and the output (o) or the error (e).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

type vector struct {
	Name     string  `json:"n,omitempty"`
	Template string  `json:"t"`
	Data     string  `json:"d,omitempty"`
	Output   *string `json:"o,omitempty"`
	Error    *string `json:"e,omitempty"`
}

func (v *vector) length() int {
	length := len(v.Template)
	for _, answer := range []*string{v.Output, v.Error} {
		if answer != nil {
			length += len(*answer)
		}
	}
	return length
}

// Two builds of the same data: what differs between them shows an address, and is left out.
var first, second = datasets(), datasets()

func run(name, text string, data any) (string, error) {
	t, err := template.New(name).Funcs(helpers).Parse(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, data)
	return out.String(), err
}

// endless is a range that may count further than anyone waits for.
var endless = regexp.MustCompile(`range[^}]*(Uints|Int64s|Unix|big|MaxU|\d{5}|[\d_]e|0[xXbBoO]|p\d|'.*')`)

// evaluate gives the vector of a case, or nothing when Go's answer isn't the same each time.
func evaluate(c testCase) *vector {
	if c.data == "" {
		c.data = "ctx"
	}
	name := c.name
	if name == "" {
		name = "t"
	}
	if !utf8.ValidString(c.text) {
		return nil
	}
	v := &vector{Name: c.name, Template: c.text, Data: c.data}
	if c.data == "ctx" {
		v.Data = ""
	}
	output, err := run(name, c.text, first[c.data])
	again, errAgain := run(name, c.text, second[c.data])
	if err != nil {
		message := err.Error()
		if errAgain == nil || errAgain.Error() != message {
			return nil
		}
		v.Error = &message
		return v
	}
	if errAgain != nil || again != output {
		return nil
	}
	v.Output = &output
	return v
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	write := func(v any) {
		if err := encoder.Encode(v); err != nil {
			panic(err)
		}
	}
	for _, name := range datasetNames {
		write(map[string]any{"data": name, "value": describe(first[name])})
	}
	hand := func() {
		for _, c := range handWritten() {
			if v := evaluate(c); v != nil {
				write(v)
			} else {
				fmt.Fprintf(os.Stderr, "no stable answer for %q\n", c.text)
			}
		}
	}
	generated := func(seed uint64, count, longest int) {
		g := newGenerator(seed)
		for written := 0; written < count; {
			c := g.next()
			if endless.MatchString(c.text) {
				continue
			}
			if v := evaluate(c); v != nil && v.length() <= longest {
				write(v)
				written++
			}
		}
	}
	switch {
	case len(os.Args) == 2 && os.Args[1] == "hand":
		hand()
	case len(os.Args) == 2 && os.Args[1] == "committed":
		hand()
		// Short ones, so that the file stays small.
		generated(20260102, 4500, 200)
	case len(os.Args) == 4 && os.Args[1] == "gen":
		seed, errSeed := strconv.ParseUint(os.Args[2], 10, 64)
		count, errCount := strconv.Atoi(os.Args[3])
		if errSeed != nil || errCount != nil {
			panic("gen SEED COUNT")
		}
		generated(seed, count, math.MaxInt)
	default:
		panic("hand | committed | gen SEED COUNT")
	}
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
