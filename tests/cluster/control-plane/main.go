// Command control-plane is a real Kubernetes API server with its etcd, for tests: loopback only, on free ports, gone without a trace when it ends.
//
//	control-plane serve    starts both, prints the path of a kubeconfig when they are ready, and ends when its standard input does
//
// The same binary is etcd (`control-plane etcd …`) and kube-apiserver (`control-plane kube-apiserver …`): `serve` starts itself twice.
package main

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: control-plane serve|etcd|kube-apiserver")
		os.Exit(2)
	}
	part := os.Args[1]
	os.Args = os.Args[1:]
	switch part {
	case "etcd":
		endWithParent()
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		endWithParent()
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "serve":
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "control-plane:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "control-plane: unknown part %q\n", part)
		os.Exit(2)
	}
}

// endWithParent ends this process when the other end of its standard input is gone, however the parent ended.
func endWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}
