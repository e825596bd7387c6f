package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"controlplane/podshim"
)

// How long a part may take to become ready. It takes about 3 s; a machine that is busy with compiling takes longer.
const patience = 2 * time.Minute

// part is one process of the control plane.
type part struct {
	name string
	args []string
	// Where its standard output and errors go.
	log string
	// What answers 200 when it is ready, and who asks.
	health string
	client *http.Client
	// Namespaces that it wants.
	attributes syscall.SysProcAttr
	// Gets this part when it ends though nobody stopped it.
	ended chan<- *part

	lock sync.Mutex
	// It is not to be started any more.
	over    bool
	command *exec.Cmd
	gone    chan struct{}
	// Ends with this process: the part reads it and ends too.
	lifeline io.WriteCloser
}

func (p *part) start() error {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.command != nil || p.over {
		return errors.New("it is running or over")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(self, append([]string{p.name}, p.args...)...)
	command.Stdout, command.Stderr = log, log
	attributes := p.attributes
	// A signal to the group, as Ctrl-C on a terminal is, reaches `serve` alone, which ends its parts in their order.
	attributes.Setpgid = true
	command.SysProcAttr = &attributes
	lifeline, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil && attributes.Cloneflags != 0 {
		return fmt.Errorf("%w: %s", err, podshim.Wants)
	} else if err != nil {
		return err
	}
	gone := make(chan struct{})
	p.command, p.lifeline, p.gone = command, lifeline, gone
	go func() {
		_ = command.Wait()
		close(gone)
		p.lock.Lock()
		defer p.lock.Unlock()
		if p.command == command {
			p.ended <- p
		}
	}()
	return nil
}

// run starts it and waits until it is ready.
func (p *part) run() error {
	if err := p.start(); err != nil {
		return err
	}
	return p.wait()
}

// end stops it for good.
func (p *part) end() {
	p.lock.Lock()
	p.over = true
	p.lock.Unlock()
	_ = p.stop()
}

// stop ends it at once. What it holds is thrown away in the end, so nothing needs to be written in order.
func (p *part) stop() error {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.command == nil {
		return errors.New("it is not running")
	}
	_ = p.command.Process.Kill()
	<-p.gone
	_ = p.lifeline.Close()
	p.command = nil
	return nil
}

// wait asks until it is ready.
func (p *part) wait() error {
	end := time.Now().Add(patience)
	last := errors.New("no answer")
	for time.Now().Before(end) {
		answer, err := p.client.Get(p.health)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(answer.Status)
		}
		last = err
		time.Sleep(30 * time.Millisecond)
	}
	return fmt.Errorf("%s is not ready after %s: %w; its last words:\n%s", p.name, patience, last, p.lastWords())
}

func (p *part) lastWords() string {
	text, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
