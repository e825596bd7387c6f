package main

import "strings"

var words = []string{
	"if", "else", "end", "range", "with", "define", "block", "template", "break", "continue", "nil", "true", "false", ".", "..", ".Env", ".Slot", ".Pair", ".Pair.A", ".Any", ".Any.map.x", ".Any.nope.x",
	".Pointers", ".Pointers.Int", ".Pointers.NilTime.Year", ".Pointers.Time", ".Strs", ".List", ".Vars.A", ".Now.Year", "$", "$.Env", "$x", "$y", "$x.A", ":=", "=", ",", "|", "|", "(", "(", ")", ")", `"a"`, `""`, "`r`", "'a'",
	"1", "0", "-1", "1.5", "3", ".1", "print", "printf", `"%v|%T|%q"`, "println", "index", "slice", "len", "eq", "ne", "lt", "and", "or", "not", "html", "js", "urlquery", "call", "join", "indent",
	"default", "envOr", "now", "ternary", "toLower", ".Format", `"2006"`, "-", "/*c*/", "nope", "?", "!", "%", "\x00", "\u200b", "é",
}

// loose writes actions of words in any order; what opens is mostly closed, so that many a one gets to the words.
func (g *generator) loose() string {
	var b strings.Builder
	open := 0
	for range 1 + g.r.IntN(6) {
		b.WriteString(g.optional(g.text(1)))
		b.WriteString(g.open())
		switch {
		case open > 0 && g.chance(25):
			if g.chance(35) {
				b.WriteString(g.pick("else", "else if .Env", "else with .Pair", "else if $x := .Slot", "else range .Strs", "else $x"))
			} else {
				b.WriteString("end")
				open--
			}
		case g.chance(30):
			b.WriteString(g.pick("if ", "with ", "range ", "range $x := ", "range $x, $y := ", "with $x := ", "if $x := ", `block "b" `, `define "d"`, "range $x, $y = ", "range $x = "))
			open++
			fallthrough
		default:
			if g.chance(20) {
				b.WriteString(g.pick("$x := ", "$x = ", "$y := ", `template "d" `))
			}
			for range 1 + g.r.IntN(5) {
				b.WriteString(words[g.r.IntN(len(words))])
				b.WriteString(g.pick(" ", " ", " ", "", "  ", "\n"))
			}
		}
		b.WriteString(g.close())
	}
	for ; open > 0 && g.chance(88); open-- {
		b.WriteString("{{end}}")
	}
	return b.String()
}

// spliced puts a piece of one hand-written case into another.
func (g *generator) spliced(text string) string {
	into, from := []rune(text), []rune(corpus[g.r.IntN(len(corpus))].text)
	at, start := g.r.IntN(len(into)+1), g.r.IntN(len(from)+1)
	end := min(len(from), start+g.r.IntN(25))
	return string(into[:at]) + string(from[start:end]) + string(into[at:])
}
