package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

type testCase struct {
	name, text, data string
}

// generator makes templates by a grammar: right ones, nearly right ones and wrong ones.
type generator struct {
	r    *rand.Rand
	vars []string
	// loop is how many ranges surround the place.
	loop, depth int
	// clean templates are meant to run; into the others mistakes of every kind are mixed.
	clean   bool
	defined []string
	nested  int
}

func newGenerator(seed uint64) *generator {
	return &generator{r: rand.New(rand.NewPCG(seed, 0x60))}
}

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *generator) pick(from ...string) string { return from[g.r.IntN(len(from))] }

func (g *generator) next() testCase {
	g.vars, g.loop, g.depth, g.nested, g.defined = nil, 0, 0, 0, nil
	g.clean = g.chance(60)
	c := testCase{data: "ctx"}
	if g.chance(12) && !g.clean {
		c.data = datasetNames[g.r.IntN(len(datasetNames))]
	}
	switch n := g.r.IntN(100); {
	case n < 28:
		c.text = g.text(0) + g.open() + g.printf() + g.close()
	case n < 42:
		c.text = g.text(1) + g.open() + g.pipeline(3) + g.close() + g.text(1)
	case n < 52:
		c.text = g.open() + g.comparing() + g.close()
	case n < 58:
		c.text = g.open() + g.oddLiteral() + g.close()
	case n < 62:
		c.text = g.open() + g.timed() + g.close()
	case n < 66:
		c.text = g.open() + g.number() + g.close()
	case n < 69:
		c.text = g.open() + g.runes() + g.close()
	case n < 72:
		c.text = g.loose()
	case n < 77:
		c = corpus[g.r.IntN(len(corpus))]
		if g.chance(40) {
			c.text = g.spliced(c.text)
		}
		for range 1 + g.r.IntN(2) {
			c.text = g.mutated(c.text)
		}
	default:
		c.text = g.document(2 + g.r.IntN(2))
	}
	if g.chance(15) && !g.clean || g.chance(2) {
		c.text = g.mutated(c.text)
	}
	return c
}

var spaces = []string{"", "", " ", "  ", "\n", "\t", "\r\n", " \n ", "\n\n", "\u00a0", "\u0085", "\u2028"}

func (g *generator) text(most int) string {
	var b strings.Builder
	for range g.r.IntN(most*2 + 1) {
		b.WriteString(spaces[g.r.IntN(len(spaces))])
		b.WriteString(g.pick("a", "text", "key: value", "é", "日本", "\U0001F389", "{", "}", "}}", "{ {", "-", "- ", " -", "#", "%d", "\"", "`", "'", "\\", "/*", "*/", "end"))
		b.WriteString(spaces[g.r.IntN(len(spaces))])
	}
	return b.String()
}

func (g *generator) open() string {
	return g.pick("{{", "{{", "{{ ", "{{ ", "{{- ", "{{-\n", "{{-\t", "{{\n")
}

func (g *generator) close() string {
	return g.pick("}}", "}}", " }}", " }}", " -}}", "\n-}}", "\t-}}", "\n}}")
}

func (g *generator) act(inside string) string { return g.open() + inside + g.close() }

func (g *generator) document(depth int) string {
	var b strings.Builder
	for range 1 + g.r.IntN(4) {
		b.WriteString(g.text(1))
		b.WriteString(g.element(depth))
	}
	b.WriteString(g.text(1))
	return b.String()
}

func (g *generator) body(depth int) string {
	mark := len(g.vars)
	g.nested++
	text := g.document(depth - 1)
	g.nested--
	if g.clean || g.chance(90) {
		g.vars = g.vars[:min(mark, len(g.vars))]
	}
	return text
}

func (g *generator) element(depth int) string {
	if depth <= 0 {
		return g.act(g.pipeline(2))
	}
	switch n := g.r.IntN(100); {
	case n < 22:
		return g.act(g.pipeline(2))
	case n < 34:
		name := g.newVar()
		operator := g.pick(" := ", ":=", " :=", " = ", ":= ")
		if g.clean {
			operator = " := "
		}
		text := g.act(name + operator + g.pipeline(2))
		g.vars = append(g.vars, name)
		return text
	case n < 38:
		return g.act(g.anyVar() + " = " + g.pipeline(2))
	case n < 46:
		return g.comment()
	case n < 58:
		text := g.act("if "+g.declaration()+g.pipeline(2)) + g.body(depth)
		for g.chance(25) {
			text += g.act("else if "+g.pipeline(2)) + g.body(depth)
		}
		if g.chance(40) {
			text += g.act("else") + g.body(depth)
		}
		return text + g.act("end")
	case n < 72:
		return g.ranged(depth)
	case n < 80:
		text := g.act("with "+g.declaration()+g.pipeline(2)) + g.body(depth)
		for g.chance(20) {
			text += g.act("else with "+g.pipeline(2)) + g.body(depth)
		}
		if g.chance(30) {
			text += g.act("else") + g.body(depth)
		}
		return text + g.act("end")
	case n < 84 && g.clean:
		if g.loop == 0 {
			return g.text(1)
		}
		return g.act("if "+g.pipeline(1)) + g.act(g.pick("break", "continue")) + g.act("end")
	case n < 84:
		return g.act(g.pick("break", "continue", "break ", "else", "end", "else if true", "nil", "define", "range", "if", "with .Env", "template", "block"))
	case n < 89 && g.clean && g.nested > 0:
		return g.text(1)
	case n < 89:
		vars, loop := g.vars, g.loop
		g.vars, g.loop = nil, 0
		name := g.newTemplate()
		text := g.act("define "+name) + g.body(depth) + g.act("end")
		g.defined = append(g.defined, name)
		g.vars, g.loop = vars, loop
		return text + g.act("template "+g.templateName()+g.optional(" "+g.pipeline(2)))
	case n < 93:
		vars, loop := g.vars, g.loop
		name := g.newTemplate()
		head := g.act("block " + name + " " + g.pipeline(2))
		g.vars, g.loop = nil, 0
		text := head + g.body(depth) + g.act("end")
		g.vars, g.loop = vars, loop
		g.defined = append(g.defined, name)
		return text
	case n < 96 && (!g.clean || len(g.defined) > 0):
		return g.act("template " + g.templateName() + g.optional(" "+g.pipeline(2)))
	default:
		return g.act(g.printf())
	}
}

func (g *generator) optional(text string) string {
	if g.chance(60) {
		return text
	}
	return ""
}

func (g *generator) newTemplate() string {
	if g.clean {
		return fmt.Sprintf(`"part %d"`, len(g.defined))
	}
	return g.templateName()
}

func (g *generator) templateName() string {
	if len(g.defined) > 0 && (g.clean || g.chance(50)) {
		return g.defined[g.r.IntN(len(g.defined))]
	}
	return g.pick(`"one"`, `"one"`, `"two"`, "`one`", `"t"`, `"тест"`, `"a\"b%d"`, `""`, "one", `"\x"`)
}

func (g *generator) declaration() string {
	if !g.chance(25) {
		return ""
	}
	return g.newVar() + " := "
}

func (g *generator) ranged(depth int) string {
	head := "range "
	mark := len(g.vars)
	switch g.r.IntN(6) {
	case 0:
		name := g.newVar()
		head += name + " := "
		g.vars = append(g.vars, name)
	case 1, 2:
		one, two := g.newVar(), g.newVar()
		head += one + g.pick(", ", ",", " , ") + two + " := "
		g.vars = append(g.vars, one, two)
	case 3:
		head += g.anyVar() + g.optional(", "+g.anyVar()) + " = "
	}
	if g.clean {
		head += g.pick("$.List", "$.Strs", "$.Ints", "$.Vars", "$.Any", "$.EnvMap", "$.Pairs", "$.Codex.Links", "$.NoStrs", "$.NilMap", "$.NilStrs", "$.NilAny", "$.AnyMap", "$.Times", "$.Blocks", "(slice $.List 1 4)", "$.Numbers", "$.Nested")
	} else if g.chance(15) {
		head += g.rare()
	} else if g.chance(70) {
		head += g.pick(".List", ".Strs", ".Ints", ".Vars", ".Any", ".EnvMap", ".Pairs", ".Codex.Links", "3", ".Slot", ".NoStrs", ".NilMap", ".NilStrs", ".NilAny", ".AnyMap", "0", ".Count", "$.Times", ".Blocks", "(slice .List 1 4)", ".Now.Month", "-1", ".ID", "(index .Strs 0)")
	} else {
		head += g.pipeline(2)
	}
	text := g.act(head)
	g.loop++
	text += g.body(depth)
	if g.chance(35) {
		text += g.act("if "+g.pipeline(1)) + g.act(g.pick("break", "continue")) + g.act("end") + g.text(1)
	}
	g.loop--
	g.vars = g.vars[:min(mark, len(g.vars))]
	if g.chance(30) {
		text += g.act("else") + g.body(depth)
	}
	return text + g.act("end")
}

func (g *generator) comment() string {
	if g.clean {
		return g.pick("{{/* c */}}", "{{- /* c */ -}}", "{{/* {{x}} */}}", "{{/* a\nb */ -}}", "{{- /* c */}}", "{{/**/}}", "{{/* c */ -}}\n\n")
	}
	return g.pick("{{/* c */}}", "{{- /* c */ -}}", "{{/* {{x}} */}}", "{{-  /* c */ -}}", "{{/* a\nb */ -}}", "{{- /* c */}}",
		"{{/**/}}", "{{ /* c */}}", "{{/* c */ }}", "{{/* c }}", "{{- /* c */-}}", "{{/* c */ -}}\n\n", "{{1 /* c */}}", "{{/*", "{{-/* c */}}")
}

func (g *generator) newVar() string {
	if g.clean {
		return g.pick("$x", "$y", "$z", "$i", "$é", "$_1")
	}
	return g.pick("$x", "$y", "$z", "$i", "$é", "$_1", "$")
}

func (g *generator) anyVar() string {
	if len(g.vars) > 0 && (g.clean || g.chance(85)) {
		return g.vars[g.r.IntN(len(g.vars))]
	}
	if g.clean {
		return "$"
	}
	return g.pick("$", "$", "$x", "$y", "$nope")
}

// context is the place's way to the data of the whole template.
func (g *generator) context() string {
	if g.nested == 0 {
		return g.pick("", "$")
	}
	return "$"
}

func (g *generator) field() string {
	if g.clean {
		return g.context() + g.pick(
			".Env", ".Slot", ".ID", ".Count", ".Ratio", ".On", ".Off", ".Empty", ".Text", ".Lines", ".Now", ".Vars", ".Vars.A", ".Vars.nope", ".Any", ".Any.i", ".Any.nil", ".Any.nope",
			".Any.s", ".Any.map.x", ".Any.list", ".List", ".Strs", ".Ints", ".Floats", ".Times", ".NoStrs", ".NilStrs", ".NilMap", ".NilMap.x", ".NilAny", ".AnyInt", ".AnyStr", ".AnyMap.k",
			".AnyPair", ".AnyPair.A", ".Pair", ".Pair.A", ".PairPtr", ".PairPtr.B", ".Box", ".Pairs", ".Numbers.one", ".Blocks", ".Blocks.b.Size", ".Nested.in.k", ".Storage.Workspace",
			".Storage.Workspace.Size", ".Storage.Data", ".Codex", ".Codex.Links", ".Now.Year", ".Now.Month", ".Now.UTC", ".Now.Unix", ".Zero", ".Now.Weekday")
	}
	return g.pick(
		".Env", ".Slot", ".ID", ".Count", ".Ratio", ".On", ".Off", ".Empty", ".Text", ".Lines", ".Now", ".Vars", ".Vars.A",
		".Vars.nope", ".Any", ".Any.i", ".Any.nil", ".Any.nope", ".Any.s", ".Any.map.x", ".Any.map.y", ".Any.nope.x", ".Any.nil.x",
		".Any.list", ".Any.strs", ".List", ".Strs", ".Ints", ".Floats", ".Bools", ".Times", ".NoStrs", ".NilStrs", ".NilMap", ".NilMap.x",
		".NilAny", ".NilAny.x", ".AnyInt", ".AnyInt.x", ".AnyStr", ".AnyMap", ".AnyMap.k", ".AnyMap.z", ".AnyPair", ".AnyPair.A", ".AnyPair.Z",
		".Pair", ".Pair.A", ".PairPtr", ".PairPtr.B", ".PairPtr.Z", ".Box", ".Box.V", ".Pairs", ".Numbers", ".Numbers.one", ".Numbers.x",
		".Blocks", ".Blocks.b.Size", ".Blocks.z", ".Blocks.z.Size", ".Nested", ".Nested.in.k", ".Nested.out.k", ".Storage.Workspace",
		".Storage.Workspace.Size", ".Storage.Data", ".Storage.Data.Size", ".Storage.Data.Nope", ".Codex", ".Codex.Links", ".Codex.Servers",
		".hidden", ".Nope", ".Env.Nope", ".Now.Year", ".Now.Month", ".Now.Day", ".Now.Unix", ".Now.UTC", ".Now.Format", ".Now.Nope", ".Now.wall",
		".name", ".replicas", ".ratio", ".none", ".none.x", ".list", ".ports", ".labels", ".labels.app", ".labels.x.y", ".nested.a.b.c", ".nested.a.x.c", ".é", ".million", ".Zero", ".i", ".s", ".nil", ".A", ".Title", ".", ".é", ".Now.Weekday", ".Now.UTC.Year", ".Now.Month.String")
}

// rare gives values that the common lists lack: odd floats, zero values, values in interfaces.
func (g *generator) rare() string {
	return g.pick(".Pointers", ".Pointers.Int", ".Pointers.Str", ".Pointers.Bool", ".Pointers.List", ".Pointers.Map", ".Pointers.Map.k", ".Pointers.Time", ".Pointers.Time.Year", ".Pointers.Time.wall", ".Pointers.Time.Nope", ".Pointers.NilInt", ".Pointers.NilInt.X", ".Pointers.NilStr", ".Pointers.NilList", ".Pointers.NilTime", ".Pointers.NilTime.Year", "(.Pointers.NilTime).Month", ".Pointers.NilTime.wall", ".Pointers.NilTime.Nope", ".Odd", "(index .Odd 0)", "(index .Odd 1)", "(index .Odd 2)", "(index .Odd 3)", ".Boxes", "(index .Boxes 1)", "(index .Boxes 1).V", "(index .Boxes 4).V.V", ".EmptyBox", ".EmptyBox.V", ".EmptyBox.V.x", ".Lists", "(index .Lists \"x\")", ".Lists.l", ".Flags", "(index .Flags \"x\")", ".Flags.x", ".Whens", "(index .Whens \"x\")", "(index .Whens \"x\").Year", ".Whens.x", ".Whens.w.Year", "(index .Ptrs \"x\")", ".Ptrs.p", ".Ptrs.p.A", ".Ptrs.x.A", "(index .Ptrs \"x\").A", "(index .PairPtrs 1)", "(index .PairPtrs 0).A", "(index .PairPtrs 1).A", ".SubBox", "(index .SubBox \"x\")", "(index .SubBox \"x\").V", ".AnyNilPtr", ".AnyNilPtr.A", ".AnyPtr", ".AnyPtr.B", ".AnyPtr.Z", ".AnyTime", ".AnyTime.Year", ".AnyNil", ".Uints", "(index .Uints 2)", ".Int64s", "(index .Int64s 1)", ".Matrix", "(index .Matrix 0 1)", "(index .Matrix 1)", "(index .Matrix 2)", ".Maps", "(index .Maps 0).k", "(index .Maps 1).k", "(index .Maps 1)")
}

func (g *generator) literal() string {
	if g.clean {
		return g.pick("1", "0", "-1", "42", "0x1F", "0b101", "0o17", "1_000", "1.5", "1e3", "-2.5e-3", ".5", "'a'", "'é'", `"text"`, `""`, `"a b"`, `"%d"`, `"\t\"é\u00e9\x41"`, "`raw`", "`a\\n`", "true", "false", `"日本"`, "9223372036854775807")
	}
	return g.pick("1", "0", "-1", "+3", "42", "0x1F", "0b101", "0o17", "017", "1_000", "1.5", "1e3", "-2.5e-3", ".5", "1.", "0x1p4", "'a'", "'é'", `'\n'`,
		`"text"`, `""`, `"a b"`, `"%d"`, `"\t\"é\u00e9\x41"`, "`raw`", "`a\\n`", "``", "true", "false", "nil", "9223372036854775807", "9223372036854775808",
		"18446744073709551615", "1e400", "100000000000000000000", "0x7fffffffffffffff", "1e19", `"日本"`, `"\xff"`, "08", "1__0", "0x", "'ab'", "''", `"\q"`, "`a\nb`", "`a\r\nb`")
}

func (g *generator) operand(depth int) string {
	switch n := g.r.IntN(100); {
	case g.clean && n >= 82 && n < 86:
		return "."
	case g.clean && (n >= 94 || n >= 68 && n < 82):
		return g.anyVar()
	case n < 5 && g.nested == 0:
		return g.rare()
	case n < 45:
		return g.field()
	case n < 68:
		return g.literal()
	case n < 82:
		v := g.anyVar()
		if g.chance(45) {
			return v + strings.TrimSuffix(g.field(), ".")
		}
		return v
	case n < 94 && depth > 0:
		inner := "(" + g.optional(" ")
		if g.chance(8) {
			inner += g.declaration() + g.pick("", "$x = ", "$y := ", "$x, $y := ")
		}
		inner += g.pipeline(depth-1) + g.optional(" ") + ")"
		if g.chance(20) && !g.clean {
			inner += strings.TrimSuffix(g.field(), ".")
		}
		return inner
	case n < 97:
		return g.pick("now", "now.Year", "now.Month", "print", "println", "nope", "now.Format", "len", `now.Nope`)
	default:
		return g.pick("..", ".Env.", "$x.y.", "1.Env", "nil.x", "true.x", `"a".x`, ".1", "$.", "@", "é", "=", ":", "(", ")", "|", "&", "a.b", "$x$y", ".Env(1)", "(1)2", "1(2)", "\"a\"\"b\"")
	}
}

func (g *generator) operands(count, depth int) string {
	var b strings.Builder
	for range count {
		b.WriteString(g.pick(" ", " ", " ", "  ", "\n", "\t"))
		b.WriteString(g.operand(depth))
	}
	return b.String()
}

func (g *generator) list() string {
	if g.chance(15) {
		return g.rare()
	}
	return g.pick(".List", ".Strs", ".Ints", ".Any", ".Vars", ".Text", ".Env", ".Any.list", ".Any.map", ".Floats", ".NilStrs", ".NilMap", ".Times", ".Nested",
		"(slice .List 2 5)", "(slice .Strs 1)", ".AnyMap", `"日本語"`, ".Blocks", ".Numbers", ".NilAny", ".Pairs", ".PairPtr", ".Slot", "nil")
}

func (g *generator) index() string {
	return g.pick("0", "1", "2", "-1", "3", "4", "5", "6", "10", `"A"`, `"i"`, `"k"`, `"nope"`, "1.5", "nil", ".Slot", ".ID", ".Count", "true", `"in"`, ".AnyInt", "9223372036854775807", "'a'", ".Any.i", ".Any.nil")
}

// rightCall makes a call that fits its function.
func (g *generator) rightCall(depth int) string {
	c := g.context()
	o := func() string { return g.operand(depth) }
	switch g.r.IntN(16) {
	case 0, 1:
		return g.pick("and ", "or ") + o() + " " + o() + g.optional(" "+o())
	case 2:
		return "not " + o()
	case 3:
		return g.pick("eq ", "ne ", "lt ", "le ", "gt ", "ge ") + g.pick(c+".Slot 3", c+".Slot "+c+".ID", c+".Count 7", c+`.Env "dev"`, c+".Ratio 2.5", c+".AnyInt 7", "(len "+c+".Strs) 4", c+".Now.Month 1", "'a' 97", c+`.Any.s "text"`)
	case 4:
		return g.pick("eq ", "ne ") + g.pick(c+".On true", c+".NilAny nil", c+".Pair "+c+".AnyPair", c+".Storage.Data nil", c+".Now now", c+".Any.nil nil", c+".NilMap nil", "nil 1", c+".Vars.nope \"\"")
	case 5:
		return "len " + c + g.pick(".List", ".Strs", ".Text", ".Vars", ".NilMap", ".Any")
	case 6:
		return "index " + c + g.pick(".List 3", ".Strs 3", ".Ints 0", `.Vars "A"`, `.Vars "nope"`, `.Any "list" 1`, `.Any "nope"`, `.Nested "in" "k"`, `.Nested "x" "y"`, ".Env 0", ".Times 1", `.Blocks "b"`, `.Blocks "z"`, ".Ints .Slot")
	case 7:
		return "slice " + c + g.pick(".List 1 3", ".Strs 2", ".Ints 0 1 2", ".Text 0 2", ".Env 1", ".NilStrs", ".Strs")
	case 8, 9:
		return g.pick("print ", "println ") + o() + " " + o() + g.optional(" "+o())
	case 10, 11:
		return g.printf()
	case 12:
		return g.pick("html ", "js ", "urlquery ") + o() + g.optional(" "+o())
	case 13:
		return "ternary " + g.pick(c+".On", c+".Off", "(eq 1 1)", "(not "+c+".Env)") + " " + o() + " " + o()
	case 14:
		return g.pick(`envOr "A" "d"`, `envOr "nope" "d"`, "default "+c+`.Empty "d"`, "default "+c+`.Vars.nope "d"`, "join "+c+`.Strs ", "`, "indent 2 "+c+".Lines", "trimPrefix "+c+`.Env "d"`)
	default:
		return g.pick("toLower ", "slug ", "truncSHA ") + c + g.pick(".Text", ".Env", ".Lines")
	}
}

func (g *generator) call(depth int) string {
	if g.clean {
		return g.rightCall(depth)
	}
	if g.chance(6) {
		return g.pick("and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "printf", "println", "html", "js", "urlquery", "call",
			"envOr", "default", "ternary", "join", "indent", "trimPrefix", "toLower", "slug", "truncSHA", "now") + g.operands(g.r.IntN(4), depth)
	}
	many := g.r.IntN(4)
	switch g.r.IntN(18) {
	case 0:
		return g.pick("and", "or") + g.operands(many, depth)
	case 1:
		return "not" + g.operands(1, depth)
	case 2:
		return g.comparing()
	case 3:
		return "len " + g.list()
	case 4, 5:
		text := "index " + g.list()
		for range g.r.IntN(3) {
			text += " " + g.index()
		}
		return text
	case 6:
		text := "slice " + g.list()
		for range g.r.IntN(5) {
			text += " " + g.index()
		}
		return text
	case 7:
		return g.pick("print", "println") + g.operands(many, depth)
	case 8:
		return g.printf()
	case 9:
		return g.pick("html", "js", "urlquery") + g.operands(many, depth)
	case 10:
		return "call" + g.operands(many, depth)
	case 11:
		return "envOr " + g.pick(`"A"`, `"EMPTY"`, `"BLANK"`, `"nope"`, `"Ключ"`, ".Env", "1") + " " + g.pick(`"def"`, ".Env", `""`, ".Slot", ".Vars.nope")
	case 12:
		return "default" + g.operands(1, depth) + " " + g.pick(`"def"`, ".Env", ".Slot", "1")
	case 13:
		return "ternary " + g.pick("true", ".On", ".Off", "(eq 1 1)", ".Env", "1") + g.operands(2, depth)
	case 14:
		return "join " + g.list() + " " + g.pick(`","`, `""`, `"\n"`, ".Env", "1")
	case 15:
		return "indent " + g.pick("2", "0", "-1", ".Slot", "1.5", `"2"`, ".ID") + " " + g.pick(".Lines", ".Env", `"a\nb\n"`, `""`, `"\n\n"`, ".Slot")
	case 16:
		return g.pick("toLower", "slug", "truncSHA") + " " + g.pick(".Text", `"ÀÉ İSTANBUL ΣΑΣ_x"`, `" A_b C "`, `"0123456789abcdef"`, ".Slot", ".Vars.nope", `"日本語日本語"`, ".Any.s")
	default:
		return "trimPrefix " + g.pick(".Text", `"v1.2"`, ".Env") + " " + g.pick(`"v"`, `"dev"`, `""`, ".Env")
	}
}

func (g *generator) pipeline(depth int) string {
	g.depth++
	defer func() { g.depth-- }()
	var text string
	switch n := g.r.IntN(100); {
	case n < 40 || g.depth > 6:
		text = g.operand(depth - 1)
	case n < 50:
		text = g.field()
		if !g.clean {
			text += g.operands(g.r.IntN(2), depth-1)
		}
	default:
		text = g.call(depth - 1)
	}
	for g.clean && g.chance(15) {
		text += g.pick(" | ", "|", " |", "| ") + g.pick("print", "println 1", "html", "js", "urlquery", "not", `printf "%v"`, `printf "%q|%d" 1`, "and 1", "or 0", "ternary true 1", "eq nil")
	}
	for !g.clean && g.chance(15) {
		text += g.pick(" | ", "|", " |", "| ") + g.pick("print", "println", "len", "html", "js", "urlquery", "not", `printf "%v"`, `printf "%q %d"`, "index .Strs", "eq 1", "and 1", "or 0", "toLower",
			"slug", "truncSHA", `default "d"`, "indent 2", "join", "call", "1", "nil", ".Env", ".Now.Format", "$", "$x", "(print 1)", `"a"`, "slice", "lt 2", ".Vars.A", `ternary true 1`, `envOr "A"`)
	}
	if g.chance(3) && !g.clean {
		text += g.pick("|", " | ", ",", " =", " := 1", " .", " ..", " -", "-", " - }}", "(", ")", "\x00", "\u00a0", "$", " nil")
	}
	return text
}

func (g *generator) comparing() string {
	f := g.pick("eq", "eq", "ne", "lt", "le", "gt", "ge")
	count := 2
	if f == "eq" && g.chance(40) {
		count = g.r.IntN(5)
	} else if g.chance(5) {
		count = g.r.IntN(4)
	}
	value := func() string {
		if g.chance(20) {
			return g.rare()
		}
		return g.pick(".Env", `"dev"`, ".Slot", "3", "3.0", ".ID", "-42", ".Count", "7", ".Ratio", "2.5", ".On", "true", "nil", ".NilAny", ".NilMap", ".NilStrs", ".Strs", ".Vars",
			".Pair", ".AnyPair", ".PairPtr", ".Storage.Data", ".Storage.Workspace", ".Box", ".Now", "now", ".AnyInt", ".AnyStr", ".Any.i", ".Any.nope", ".Any.nil", ".Any.u", ".Any.big",
			"(index .List 0)", "(index .List 3)", "(index .List 5)", "(index .Strs 0)", "(index .Env 0)", "'d'", "100", ".Now.Month", "1", "(index .Pairs 0)", ".Codex", ".Any.f", ".Zero", "0", `""`, ".Times", "(index .Times 0)", "(index .Bools 0)", ".List", ".Numbers", ".Blocks.z")
	}
	text := f
	for range count {
		text += " " + value()
	}
	return text
}

func (g *generator) printf() string {
	if g.chance(8) {
		return g.pick("print", "println") + g.operands(1+g.r.IntN(4), 1)
	}
	g.depth += 4
	defer func() { g.depth -= 4 }()
	var format strings.Builder
	args := 0
	for range 1 + g.r.IntN(3) {
		format.WriteString(g.pick("", "", " ", "x", "é", "%%", "[", "]", "*", "\\n"))
		format.WriteString("%")
		for g.chance(35) {
			format.WriteString(g.pick("+", "-", "#", " ", "0"))
		}
		index := func(percent int) {
			if g.chance(percent) {
				format.WriteString(g.pick("[1]", "[2]", "[3]", "[0]", "[9]", "[", "[]", "[x]", "[-1]", "[1", "[99999999]", "[01]"))
			}
		}
		index(4)
		if g.chance(30) {
			format.WriteString(g.pick("1", "5", "12", "20", "8", "3", "*", "*", "10000019", "40"))
		}
		if g.chance(25) {
			format.WriteString(g.pick(".", ".0", ".1", ".2", ".3", ".10", ".20", ".*", ".30", ".[1]*", ".10000019"))
		}
		index(3)
		format.WriteString(g.pick("v", "v", "v", "d", "d", "s", "s", "q", "q", "x", "X", "t", "T", "e", "E", "f", "F", "g", "G", "b", "o", "O", "c", "U", "w", "é", "!", "z", "%", ""))
		args++
	}
	text := `printf "` + format.String() + `"`
	if g.chance(10) {
		args += g.r.IntN(3) - 1
	}
	for range args + strings.Count(format.String(), "*") {
		text += " " + g.printed()
	}
	return text
}

func (g *generator) printed() string {
	if g.chance(6) {
		return g.operand(1)
	}
	if g.chance(15) && g.nested == 0 {
		return g.rare()
	}
	if g.nested > 0 && g.clean {
		return "$" + g.pick(".Slot", ".ID", ".Count", ".Ratio", ".Text", ".Env", ".On", ".NilAny", ".List", ".Strs", ".Vars", ".Any", ".Pair", ".PairPtr", ".Storage.Data", ".Now", ".Times", ".Now.Month", ".Floats", ".Box")
	}
	return g.pick("1", "0", "-1", "3", "-7", "255", "65", "'é'", "0x1F600", "1114112", "-9223372036854775808", ".Slot", ".ID", ".Count", ".Any.big", "1.5", "-2.25", "1e21", "1e-7", "0.0", "123456789.0", "1e6", "100000.0", "0.1", "3.0", "2.5",
		"(index .Floats 1)", "(index .Floats 2)", "(index .Floats 6)", "(index .Floats 7)", "(index .Floats 9)", ".Ratio", ".Zero",
		`"text"`, `""`, `"héllo"`, `"a\tb\n\"q\" \\"`, "`back`", `"日本語"`, `"\xff\x00"`, `"\u00ad\U0001F389\ufeff"`, ".Text", ".Lines", ".Env", ".AnyStr",
		"true", "false", ".On", "nil", ".NilAny", ".Any.nope", ".Any.nil", ".List", ".Strs", ".Ints", ".Floats", ".Bools", ".NoStrs", ".NilStrs", ".NilMap", ".Vars", ".EnvMap", ".Any", ".AnyMap",
		".Pair", ".PairPtr", ".Pairs", ".Box", ".AnyPair", ".Numbers", ".Blocks", ".Nested", ".Storage.Workspace", ".Storage.Data", ".Codex", ".Codex.Links", ".Now", "now", ".Now.Month", ".Now.Weekday", ".Times",
		"(index .Env 0)", "(index .List 9)", "(slice .List 0 3)", "(slice .Strs 1 3)", "(slice .Text 0 2)", "(index .Blocks \"z\")", "(index .Vars \"nope\")", ".Any.t", "(not true)", "(len .List)")
}

func (g *generator) oddLiteral() string {
	var b strings.Builder
	switch g.r.IntN(4) {
	case 0, 1:
		b.WriteString(g.pick("", "", "+", "-"))
		b.WriteString(g.pick("", "0x", "0X", "0b", "0B", "0o", "0O", "0", "", ""))
		for range 1 + g.r.IntN(6) {
			b.WriteString(g.pick("0", "1", "7", "8", "9", "a", "f", "_", ".", "e", "p", "E", "P", "e+", "p-", "12", "99999", "e30"))
		}
		b.WriteString(g.optional(g.pick("", "e5", "p3", "e-400", "p1025", "p-1080", "e308", "x", "é")))
	case 2:
		b.WriteString("'")
		for range g.r.IntN(3) {
			b.WriteString(g.escape())
		}
		b.WriteString("'")
	default:
		b.WriteString(`print "`)
		for range g.r.IntN(5) {
			b.WriteString(g.escape())
		}
		b.WriteString(`"`)
	}
	return b.String()
}

func (g *generator) escape() string {
	return g.pick("a", "é", "日", `\a`, `\b`, `\f`, `\n`, `\r`, `\t`, `\v`, `\\`, `\'`, `\"`, `\x41`, `\xff`, `\xg`, `\u00e9`, `\ud800`, `\U0001F389`, `\U00110000`, `\101`, `\400`, `\377`, `\8`, `\`, "'", "\t", "\u00a0", "{", "}}", "")
}

var corpus = handWritten()

// number prints floats and integers of any size with any precision.
func (g *generator) number() string {
	var number string
	switch g.r.IntN(5) {
	case 0:
		// Often in the middle of two shortest forms.
		number = strconv.FormatFloat(math.Ldexp(float64(g.r.Uint64()>>(11+g.r.IntN(40))), -1-g.r.IntN(60)), 'x', -1, 64)
	case 1:
		number = fmt.Sprint(int64(g.r.Uint64()) >> g.r.IntN(64))
	case 2:
		number = fmt.Sprintf("%d.%d", g.r.IntN(1000), g.r.IntN(1000000)>>g.r.IntN(20))
	case 3:
		number = fmt.Sprintf("%d.%de%d", g.r.IntN(10), g.r.IntN(1000000), g.r.IntN(640)-325)
	default:
		number = fmt.Sprintf("%#x.%xp%d", g.r.IntN(1<<20), g.r.Uint64()>>g.r.IntN(64), g.r.IntN(2200)-1100)
	}
	if g.chance(30) && number[0] != '-' {
		number = "-" + number
	}
	if g.chance(20) {
		return g.pick("", "print ", "println ", "js ") + number
	}
	format := "%" + g.optional(g.pick("", "", "+", "#", "-", " ", "0", "+0", "#+")) + g.pick("", "", "10", "25", "3") + g.pick("", "", ".", ".0", ".1", ".3", ".6", ".17", ".18", ".25", ".60") + g.pick("v", "e", "E", "f", "g", "G", "x", "X", "b", "d", "o", "q", "c", "U")
	return fmt.Sprintf("printf %q %s", format, number)
}

// runes prints text of characters from all over Unicode.
func (g *generator) runes() string {
	var text strings.Builder
	for range 1 + g.r.IntN(8) {
		r := rune(g.r.IntN(0x80))
		switch g.r.IntN(6) {
		case 0:
			r = rune(g.r.IntN(0x800))
		case 1:
			r = rune(g.r.IntN(0x10000))
		case 2:
			r = rune(g.r.IntN(0x110000))
		}
		if r == '`' || r >= 0xd800 && r < 0xe000 {
			r = 'x'
		}
		text.WriteRune(r)
	}
	literal := "`" + text.String() + "`"
	if g.chance(10) {
		return strings.Map(func(r rune) rune {
			if r < 0x80 {
				return 'a'
			}
			return r
		}, text.String())
	}
	format := "%" + g.pick("", "", "+", "#", "-", " ", "0", "+#", "# ") + g.pick("", "", "10", "30", "3") + g.pick("", "", ".", ".1", ".3", ".6") + g.pick("v", "q", "q", "s", "x", "X")
	return g.pick("print ", "html ", "js ", "urlquery ", "len ", "toLower ", "slug ", "truncSHA ", "index "+literal+" 0 | print ", "slice "+literal+" 1 | printf `%q`", fmt.Sprintf("printf %q ", format), fmt.Sprintf("printf %q ", format)) + literal
}

func (g *generator) timed() string {
	var layout strings.Builder
	for range 1 + g.r.IntN(5) {
		layout.WriteString(g.pick("January", "Jan", "1", "01", "Monday", "Mon", "2", "_2", "02", "__2", "002", "15", "3", "03", "4", "04", "5", "05", "2006", "06", "_2006", "PM", "pm", "MST",
			"Z0700", "Z07:00", "Z07", "Z070000", "Z07:00:00", "-0700", "-07:00", "-07", "-070000", "-07:00:00", ".000", ".999", ",000000", ".0", ".9", ".000000000", ".0000000000", ".00001", "-", ":", "T", " ", "Month", "é", "200", "0", "7", "Janet", "P", "\\n"))
	}
	receiver := g.pick(".Now", "now", "(index .Times 1)", "(index .Times 2)", ".Any.t", "$.Now", "(index .List 9)", ".Now.UTC")
	if receiver == "(index .List 9)" || g.chance(10) {
		return fmt.Sprintf("(%s).%s", strings.Trim(receiver, "()"), g.pick("Year", "Month", "Unix", "Nope", "UTC", "String", "Hour", "Minute", "Second", "YearDay", "Weekday", "Nanosecond", "UnixMilli", "UnixMicro", "UnixNano", "IsZero", "GoString", fmt.Sprintf("AddDate %d %d %d", g.r.IntN(9)-4, g.r.IntN(40)-20, g.r.IntN(800)-400), "AddDate 1 2", "AddDate 1 2 .ID", "Before now", "After now", "Equal now", "Compare now", "Before 1", "Before nil"))
	}
	return fmt.Sprintf("%s.Format %q", receiver, layout.String())
}

func (g *generator) mutated(text string) string {
	runes := []rune(text)
	for range 1 + g.r.IntN(3) {
		if len(runes) == 0 {
			return g.pick("{{", "}}", "{{}}", "{{-", "{{- -}}", "{{ -}}", "{{- }}", "{{/**/", "{{.")
		}
		at := g.r.IntN(len(runes))
		switch g.r.IntN(5) {
		case 0:
			runes = append(runes[:at:at], runes[at+1:]...)
		case 1:
			runes = append(runes[:at:at], append([]rune(g.pick("{", "}", "{{", "}}", "-", " ", "\n", "(", ")", "|", ".", "$", "\"", "`", "'", ":", "=", ",", "é", "0", "\\", "/*", "*/", "end", "{{end}}", "{{else}}", "{{- ", " -}}", "#", "\x00", "\x7f", "\u200b", "{{break}}", "{{else if 1}}", "{{else with 1}}", "{{nil}}", "+", "!", "%", ";", "[", "]", "~", "_", "\r", "\t", "\ufeff", "\u0301", "٣", "ⅷ")), runes[at:]...)...)
		case 2:
			runes = runes[:at]
		case 3:
			end := min(len(runes), at+1+g.r.IntN(5))
			runes = append(runes[:end:end], runes[at:]...)
		default:
			end := min(len(runes), at+1+g.r.IntN(6))
			runes = append(runes[:at:at], runes[end:]...)
		}
	}
	return string(runes)
}
