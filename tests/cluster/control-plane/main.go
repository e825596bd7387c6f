// Command control-plane is a Kubernetes control plane for tests: loopback only, on free ports, gone without a trace when it ends.
//
//	control-plane serve [--bind PATH=HERE]...    see serve.go
//	control-plane kubectl …                      kubectl of the same version
//
// etcd, API server, controllers, scheduler and admission are Kubernetes' own. The one node is not: kwok writes what a kubelet would
// write about its pods (stages/), and podshim answers what a kubelet would be asked about them: exec, logs, port-forward.
//
// The same binary is each part (`control-plane etcd …`): `serve` starts itself once for each.
package main

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	"controlplane/podshim"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: control-plane serve [--bind PATH=HERE]... | kubectl …")
		os.Exit(2)
	}
	part := os.Args[1]
	os.Args = os.Args[1:]
	switch part {
	case "serve":
		exitWith(serve(os.Args[1:]))
	case "kubectl":
		_, _ = logs.GlogSetter(kubectl.GetLogVerbosity(os.Args))
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
	case "etcd":
		endWithParent()
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		endWithParent()
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		endWithParent()
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kube-scheduler":
		endWithParent()
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kwok":
		endWithParent()
		exitWith(runKwok())
	case "podshim":
		endWithParent()
		exitWith(podshim.Run(os.Args[1:]))
	default:
		exitWith(fmt.Errorf("unknown part %q", part))
	}
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}

// endWithParent ends this process when the other end of its standard input is gone, however the parent ended.
func endWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}
