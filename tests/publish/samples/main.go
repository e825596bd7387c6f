// Makes texts with secrets by gitleaks' own rules, as many for each as the first argument says, and hands them to gitleaks. On stdout
// a list of rules, each with the texts in which gitleaks finds what the rule is about; the path is that of the file they would stand in.
package main

import (
	"encoding/json"
	"log"
	"math/rand"
	"os"
	"regexp/syntax"
	"sort"
	"strconv"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
)

type samples struct {
	Rule  string   `json:"rule"`
	Path  string   `json:"path,omitempty"`
	Texts []string `json:"texts"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: samples COUNT")
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	logging.Logger = logging.Logger.Level(7)
	detector, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		log.Fatal(err)
	}
	rules := make([]samples, 0, len(detector.Config.Rules))
	for _, rule := range detector.Config.Rules {
		rules = append(rules, of(rule, detector, count))
	}
	sort.Slice(rules, func(a, b int) bool { return rules[a].Rule < rules[b].Rule })
	if err := json.NewEncoder(os.Stdout).Encode(rules); err != nil {
		log.Fatal(err)
	}
}

func of(rule config.Rule, detector *detect.Detector, count int) samples {
	out := samples{Rule: rule.RuleID, Texts: []string{}}
	// The same texts each time.
	random := rand.New(rand.NewSource(int64(len(rule.RuleID))*7919 + int64(rule.RuleID[0])))
	if rule.Path != nil {
		out.Path = "a" + maker(rule.Path.String(), random)()
	}
	if rule.Regex == nil {
		return out
	}
	one := maker(rule.Regex.String(), random)
	for tries := 0; len(out.Texts) < count && tries < count*40; tries++ {
		text := "first\n " + one() + " \n"
		// Rules with words of their own are called by them wherever they stand.
		if len(rule.Keywords) > 0 && !has(text, rule.Keywords) {
			text = rule.Keywords[random.Intn(len(rule.Keywords))] + text
		}
		for _, found := range detector.Detect(detect.Fragment{Raw: text, FilePath: out.Path}) {
			if found.RuleID == rule.RuleID {
				out.Texts = append(out.Texts, text)
				break
			}
		}
	}
	return out
}

func has(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// maker gives a function that makes texts which the expression takes: in the case that the rule is written in, so without its
// leave to change it.
func maker(expression string, random *rand.Rand) func() string {
	spelled := strings.NewReplacer("(?i)", "", "(?i:", "(?:").Replace(expression)
	tree, err := syntax.Parse(spelled, syntax.Perl)
	if err != nil {
		log.Fatal(err)
	}
	return func() string {
		var out strings.Builder
		write(&out, tree, random)
		return out.String()
	}
}

func write(out *strings.Builder, of *syntax.Regexp, random *rand.Rand) {
	switch of.Op {
	case syntax.OpLiteral:
		out.WriteString(string(of.Rune))
	case syntax.OpCharClass:
		out.WriteByte(pick(allowed(of.Rune), random))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		// As in a host's name, whose dots a rule may leave as they are.
		out.WriteByte('.')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range of.Sub {
			write(out, sub, random)
		}
	case syntax.OpAlternate:
		write(out, of.Sub[random.Intn(len(of.Sub))], random)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		repeat(out, of, random)
	}
}

func repeat(out *strings.Builder, of *syntax.Regexp, random *rand.Rand) {
	from, to := of.Min, of.Max
	switch of.Op {
	case syntax.OpStar:
		from, to = 0, 8
	case syntax.OpPlus:
		from, to = 1, 8
	case syntax.OpQuest:
		from, to = 0, 1
	}
	if to < 0 {
		to = from + 40
	}
	count := from + random.Intn(to-from+1)
	sub := of.Sub[0]
	if sub.Op == syntax.OpCapture {
		sub = sub.Sub[0]
	}
	for at := 0; at < count; at++ {
		// A key has letters and digits where it can have both.
		if sub.Op == syntax.OpCharClass && at < 2 && count >= 8 {
			part := digits
			if at == 1 {
				part = letters
			}
			if both := common(allowed(sub.Rune), part); both != "" {
				out.WriteByte(pick(both, random))
				continue
			}
		}
		if sub.Op == syntax.OpAnyChar || sub.Op == syntax.OpAnyCharNotNL {
			out.WriteByte(pick(alnum, random))
			continue
		}
		write(out, sub, random)
	}
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnum   = digits + letters
)

// allowed gives the printable characters of a class; of one that takes nearly everything, letters and digits.
func allowed(ranges []rune) string {
	in := func(char rune) bool {
		for at := 0; at < len(ranges); at += 2 {
			if ranges[at] <= char && char <= ranges[at+1] {
				return true
			}
		}
		return false
	}
	var out strings.Builder
	for char := '!'; char <= '~'; char++ {
		if in(char) {
			out.WriteRune(char)
		}
	}
	switch {
	case out.Len() > 80:
		return common(out.String(), alnum)
	case out.Len() == 0 && in('\n'):
		return "\n"
	case out.Len() == 0:
		return " "
	}
	return out.String()
}

func common(one, other string) string {
	return strings.Map(func(char rune) rune {
		if strings.ContainsRune(other, char) {
			return char
		}
		return -1
	}, one)
}

func pick(of string, random *rand.Rand) byte { return of[random.Intn(len(of))] }
