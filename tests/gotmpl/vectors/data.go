package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"text/template"
	"time"
)

// Vars is a named map, as the real context has them.
type Vars map[string]string

type Block struct {
	Size         string
	StorageClass string
	AccessModes  []string
}

type Storage struct {
	Workspace *Block
	Data      *Block
}

type Link struct {
	Title string
	Path  string
}

type Service struct {
	Name string
	Port int
}

type Server struct {
	Name    string
	Args    []string
	Env     map[string]string
	Service Service
}

type Codex struct {
	Model   string
	Links   []Link
	Servers []Server
	Review  bool
}

type Pair struct {
	A int
	B string
}

type Box struct {
	V any
}

type Ctx struct {
	Env       string
	Namespace string
	Project   string
	Slot      int
	ID        int64
	Count     uint
	Ratio     float64
	Zero      float64
	On        bool
	Off       bool
	Empty     string
	Text      string
	Lines     string
	Now       time.Time
	Vars      Vars
	EnvMap    map[string]string
	Any       map[string]any
	List      []any
	Strs      []string
	Ints      []int
	Floats    []float64
	Bools     []bool
	Times     []time.Time
	NoStrs    []string
	NilStrs   []string
	NilMap    map[string]string
	NilAny    any
	AnyInt    any
	AnyStr    any
	AnyMap    any
	AnyPair   any
	Pair      Pair
	PairPtr   *Pair
	Box       Box
	Pairs     []Pair
	Numbers   map[string]int
	Blocks    map[string]Block
	Nested    map[string]map[string]string
	Storage   Storage
	Codex     Codex
	Odd       []float64
	Boxes     []Box
	EmptyBox  Box
	Lists     map[string][]string
	Flags     map[string]bool
	Whens     map[string]time.Time
	Ptrs      map[string]*Pair
	PairPtrs  []*Pair
	SubBox    map[string]Box
	AnyNilPtr any
	AnyPtr    any
	AnyTime   any
	AnyNil    any
	Uints     []uint
	Int64s    []int64
	Matrix    [][]int
	Maps      []map[string]string
	Pointers  Pointers
	hidden    string
}

// Pointers has pointers to values without parts, and nil ones.
type Pointers struct {
	Int     *int
	Str     *string
	Bool    *bool
	List    *[]int
	Map     *map[string]int
	Time    *time.Time
	NilInt  *int
	NilStr  *string
	NilList *[]int
	NilTime *time.Time
}

func context() Ctx {
	return Ctx{
		Env: "dev", Namespace: "shop-dev-3", Project: "shop", Slot: 3, ID: -42, Count: 7, Ratio: 2.5, On: true,
		Text:   "héllo <wörld> & \"日本\" '\\' \U0001F389",
		Lines:  "one\n two\tthree\r\n\n",
		Now:    now,
		Vars:   Vars{"A": "1", "TAG": "v1.2.3", "BLANK": "  ", "EMPTY": ""},
		EnvMap: map[string]string{"HOME": "/home/me", "PATH": "/bin:/usr/bin", "a b": "space", "": "nokey"},
		Any: map[string]any{
			"i": 1, "n": -5, "f": 1.5, "s": "text", "b": true, "nil": nil, "t": now, "big": int64(1) << 40, "u": uint(9),
			"list": []any{1, "two", 3.0, nil, true}, "map": map[string]any{"x": 1, "y": nil}, "strs": []string{"p", "q"},
		},
		List:   []any{1, "two", 3.5, nil, true, []any{1, 2}, map[string]any{"k": "v"}, int64(8), uint(9), now},
		Strs:   []string{"alpha", "beta", "", "γ"},
		Ints:   []int{3, 1, 2},
		Floats: []float64{0, -1.25, 1e21, 1e-7, 123456789, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, 100000, 1e20},
		Bools:  []bool{true, false},
		Times:  []time.Time{now, time.Date(1999, 12, 31, 23, 59, 59, 123456000, time.UTC), time.Date(2024, 2, 29, 0, 0, 0, 1, time.UTC)},
		NoStrs: []string{},
		AnyInt: 7, AnyStr: "any", AnyMap: map[string]any{"k": 1}, AnyPair: Pair{1, "x"},
		Pair: Pair{1, "x"}, PairPtr: &Pair{2, "y"}, Box: Box{[]any{1}}, Pairs: []Pair{{1, "x"}, {2, "y"}},
		Numbers: map[string]int{"one": 1, "two": 2},
		Blocks:  map[string]Block{"b": {Size: "1Gi", AccessModes: []string{"ReadWriteOnce"}}},
		Nested:  map[string]map[string]string{"in": {"k": "v"}},
		Storage: Storage{Workspace: &Block{"10Gi", "fast", []string{"ReadWriteOnce", "ReadOnlyMany"}}},
		Codex: Codex{
			Model:   "m-1",
			Links:   []Link{{"Docs", "docs/README.md"}, {"", "x"}},
			Servers: []Server{{Name: "ctx", Args: []string{"-y"}, Env: map[string]string{"K": "V"}, Service: Service{"svc", 80}}},
		},
		Odd: []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}, Boxes: []Box{{1}, {nil}, {"s"}, {[]string{"a"}}, {Box{2}}},
		Lists: map[string][]string{"l": {"x"}}, Flags: map[string]bool{"on": true}, Whens: map[string]time.Time{"w": now},
		Ptrs: map[string]*Pair{"p": {3, "z"}}, PairPtrs: []*Pair{{4, "q"}, nil}, SubBox: map[string]Box{"b": {1}},
		AnyNilPtr: (*Pair)(nil), AnyPtr: &Pair{5, "r"}, AnyTime: now, AnyNil: []string(nil),
		Uints: []uint{0, 5, math.MaxUint}, Int64s: []int64{-1, math.MinInt64}, Matrix: [][]int{{1, 2}, {}, nil}, Maps: []map[string]string{{"k": "v"}, nil},
		Pointers: Pointers{Int: new(5), Str: new("p<"), Bool: new(true), List: &[]int{4, 5}, Map: &map[string]int{"k": 1}, Time: new(now)},
		hidden:   "secret",
	}
}

var datasetNames = []string{"ctx", "ptr", "map", "nil", "str", "int", "list", "strs", "vars", "time", "true", "float", "plain", "pointer", "when", "inf"}

func datasets() map[string]any {
	c := context()
	return map[string]any{
		"ctx": context(), "ptr": &c, "map": context().Any, "nil": nil, "str": "text", "int": 42, "list": context().List,
		"strs": context().Strs, "vars": context().Vars, "time": now, "true": true, "float": 6.25,
		"plain": plain(), "pointer": new(5), "when": new(now), "inf": math.Inf(-1),
	}
}

// plain is data as a YAML or JSON file gives it.
func plain() map[string]any {
	return map[string]any{
		"name": "web", "replicas": 3, "ratio": 0.75, "enabled": true, "none": nil, "empty": "", "zero": 0, "big": 1e21, "million": 1e6, "text": "日本 <&> é\u2028", "lines": "a\n b\n\tc\n", "é": "accent", "_x": "line",
		"list":   []any{"a", "b", 3, nil, map[string]any{"k": "v"}, []any{}, 1.5},
		"ports":  []any{map[string]any{"name": "http", "port": 80}, map[string]any{"name": "https", "port": 443}},
		"labels": map[string]any{"app": "web", "tier": "front", "B": 1, "a-b": "dash"}, "nested": map[string]any{"a": map[string]any{"b": map[string]any{"c": "deep"}}},
	}
}

// helpers are the project's own functions, in the types the templates of existing projects were written for.
var helpers = template.FuncMap{
	"envOr": func(key, def string) string {
		if v := environment[key]; v != "" {
			return v
		}
		return def
	},
	"default": func(value reflect.Value, def string) (string, error) {
		for value.Kind() == reflect.Interface {
			value = value.Elem()
		}
		switch {
		case !value.IsValid():
			return def, nil
		case value.Kind() != reflect.String:
			return "", fmt.Errorf("wrong type for value; expected string; got %s", value.Type())
		case strings.TrimSpace(value.String()) == "":
			return def, nil
		}
		return value.String(), nil
	},
	"ternary": func(cond bool, a, b any) any {
		if cond {
			return a
		}
		return b
	},
	"join": func(list reflect.Value, sep string) (string, error) {
		for list.Kind() == reflect.Interface {
			list = list.Elem()
		}
		if !list.IsValid() {
			return "", nil
		}
		if list.Kind() != reflect.Slice {
			return "", fmt.Errorf("wrong type for value; expected []string; got %s", list.Type())
		}
		var items []string
		for i := 0; i < list.Len(); i++ {
			item := list.Index(i)
			for item.Kind() == reflect.Interface && !item.IsNil() {
				item = item.Elem()
			}
			if item.Kind() != reflect.String {
				got := "<nil>"
				if item.Kind() != reflect.Interface {
					got = item.Type().String()
				}
				return "", fmt.Errorf("wrong type for item %d; expected string; got %s", i, got)
			}
			items = append(items, item.String())
		}
		return strings.Join(items, sep), nil
	},
	"indent": func(n int, text string) string {
		if text == "" {
			return ""
		}
		pad := strings.Repeat(" ", n)
		return pad + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+pad)
	},
	"trimPrefix": strings.TrimPrefix,
	"toLower":    strings.ToLower,
	"slug": func(text string) string {
		return strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(text)))
	},
	"truncSHA": func(text string) string { return text[:min(len(text), 12)] },
	"now":      func() time.Time { return now },
}

var environment = map[string]string{"A": "env-a", "EMPTY": "", "BLANK": " ", "Ключ": "значение"}

// describe writes a value with its Go type, for the other side to rebuild.
func describe(v any) any {
	if v == nil {
		return nil
	}
	return describeValue(reflect.ValueOf(v))
}

func describeValue(v reflect.Value) any {
	t := v.Type()
	switch t.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return describeValue(v.Elem())
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	case reflect.Int:
		return map[string]any{"int": v.Int()}
	case reflect.Int64:
		return map[string]any{"int64": v.Int()}
	case reflect.Uint:
		return map[string]any{"uint": v.Uint()}
	case reflect.Float64:
		return map[string]any{"float": fmt.Sprintf("%g", v.Float())}
	case reflect.Pointer:
		if v.IsNil() {
			return map[string]any{"nil": describeType(t)}
		}
		return map[string]any{"pointer": describeValue(v.Elem())}
	case reflect.Slice:
		if v.IsNil() {
			return map[string]any{"nil": describeType(t)}
		}
		items := []any{}
		for i := range v.Len() {
			items = append(items, describeValue(v.Index(i)))
		}
		return map[string]any{"slice": describeType(t.Elem()), "items": items}
	case reflect.Map:
		if v.IsNil() {
			return map[string]any{"nil": describeType(t)}
		}
		entries := map[string]any{}
		for _, key := range v.MapKeys() {
			entries[key.String()] = describeValue(v.MapIndex(key))
		}
		return map[string]any{"dict": describeType(t), "entries": entries}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			at := v.Interface().(time.Time)
			return map[string]any{"time": []int64{at.Unix(), int64(at.Nanosecond())}}
		}
		values := []any{}
		for i := range v.NumField() {
			values = append(values, describeValue(v.Field(i)))
		}
		return map[string]any{"struct": describeType(t), "values": values}
	}
	panic("no description for " + t.String())
}

func describeType(t reflect.Type) any {
	switch t.Kind() {
	case reflect.Interface:
		return "any"
	case reflect.Pointer:
		return map[string]any{"pointer": describeType(t.Elem())}
	case reflect.Slice:
		return map[string]any{"slice": describeType(t.Elem())}
	case reflect.Map:
		return map[string]any{"dict": describeType(t.Elem()), "name": t.Name(), "full": t.String()}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return "time"
		}
		fields := []any{}
		for i := range t.NumField() {
			fields = append(fields, []any{t.Field(i).Name, describeType(t.Field(i).Type)})
		}
		return map[string]any{"struct": t.String(), "fields": fields}
	}
	return t.Kind().String()
}
