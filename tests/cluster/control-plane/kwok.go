package main

import (
	"embed"
	"os"
	"strings"

	"github.com/spf13/pflag"
	nodes "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	kwoksignals "sigs.k8s.io/kwok/pkg/utils/signals"
)

// What a kubelet, a provisioner of volumes and a load balancer would write.
//
//go:embed stages/*.yaml
var stages embed.FS

// writeStages writes the configuration of kwok: our stages, and kwok's own of a node.
func writeStages(path string) error {
	texts := []string{nodes.DefaultNodeInit}
	files, err := stages.ReadDir("stages")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := stages.ReadFile("stages/" + file.Name())
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	return os.WriteFile(path, []byte(strings.Join(texts, "\n---\n")), 0o600)
}

func runKwok() error {
	// Every command takes over what is in pflag.CommandLine, where Kubernetes registered a flag `version` of another type than kwok's.
	pflag.CommandLine = pflag.NewFlagSet(os.Args[0], pflag.ExitOnError)
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := kwoklog.InitFlags(kwoksignals.SetupSignalContext(), flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		return err
	}
	command := kwok.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}
