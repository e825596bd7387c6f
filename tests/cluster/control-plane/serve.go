package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// serve runs a control plane in a folder of its own until standard input ends or a signal comes. It prints the path of a kubeconfig
// when all is ready. From then on it takes commands from standard input, one a line, and answers each with one line:
//
//	stop PART     ends a part at once, as a crash would        → stopped PART
//	start PART    starts it again, on the port it had          → started PART, when it is ready
//
// What goes wrong is answered by `error: …`. PART is etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok or podshim.
//
// --bind PATH=HERE shows a file or folder of this machine to every container, read-only.
func serve(args []string) error {
	var binds []string
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.Func("bind", "PATH=HERE: what every container sees of this machine (repeatable)", func(bind string) error {
		path, here, found := strings.Cut(bind, "=")
		if !found || !filepath.IsAbs(path) || !filepath.IsAbs(here) {
			return errors.New("wants two absolute paths: PATH=HERE")
		}
		binds = append(binds, bind)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "codexctl-control-plane-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	// Paths below it are looked up from inside containers, where a link of this machine may lead elsewhere.
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return err
	}
	plane := newPlane(folder, binds)
	defer plane.end()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	commands := make(chan string)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			commands <- lines.Text()
		}
		stop <- syscall.SIGTERM
	}()
	ready := make(chan error, 1)
	go func() {
		if err := plane.start(); err != nil {
			ready <- err
			return
		}
		fmt.Println(filepath.Join(folder, "kubeconfig"))
		for command := range commands {
			fmt.Println(plane.obey(command))
		}
	}()
	select {
	case err := <-ready:
		return err
	case ended := <-plane.ended:
		return fmt.Errorf("%s ended; its last words:\n%s", ended.name, ended.lastWords())
	case <-stop:
		return nil
	}
}

// obey does what a line of standard input asks for; the answer.
func (p *plane) obey(command string) string {
	verb, name, _ := strings.Cut(strings.TrimSpace(command), " ")
	part := p.part(name)
	var err error
	switch {
	case verb != "stop" && verb != "start":
		return fmt.Sprintf("error: unknown command %q: stop PART or start PART", command)
	case part == nil:
		return fmt.Sprintf("error: no part is called %q", name)
	case verb == "stop":
		err = part.stop()
	default:
		err = part.run()
	}
	if err != nil {
		return fmt.Sprintf("error: %s %s: %s", verb, name, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return map[string]string{"stop": "stopped ", "start": "started "}[verb] + name
}
