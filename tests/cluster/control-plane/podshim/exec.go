package podshim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// ExecInContainer runs a command in a container until it ends. Processes that it leaves behind live on.
func (s *shim) ExecInContainer(ctx context.Context, name, _, container string, command []string, in io.Reader, out, errors_ io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	pod, err := s.get(ctx, name)
	if err != nil {
		return err
	}
	running, err := s.container(ctx, pod, container)
	if err != nil {
		return fmt.Errorf("container %s can't be started: %w", container, err)
	}
	var cmd *exec.Cmd
	wait := func() error { return cmd.Wait() }
	err = running.inside(func() error {
		path, err := lookPath(command[0], running.env, running.workdir)
		if err != nil {
			return err
		}
		cmd = &exec.Cmd{Path: path, Args: command, Dir: running.workdir, Env: running.env}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: running.user}
		if tty {
			wait, err = startTTY(cmd, in, out, resize)
		} else {
			err = startPipes(cmd, in, out, errors_)
		}
		return err
	})
	if err != nil {
		return err
	}
	return exitCode(wait())
}

// exitCode says how a command ended as a shell would: 128 and the number of the signal that ended it.
func exitCode(err error) error {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	code := ended.ExitCode()
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
}

// lookPath finds a program as a container's runtime does, with its words where there is none. It wants to be called inside.
func lookPath(name string, env []string, workdir string) (string, error) {
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(workdir, path)
		}
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("failed to exec in container: exec: %q: stat %s: no such file or directory", name, name)
		}
		return path, nil
	}
	var folders string
	for _, value := range env {
		if rest, found := strings.CutPrefix(value, "PATH="); found {
			folders = rest
		}
	}
	for _, folder := range filepath.SplitList(folders) {
		path := filepath.Join(folder, name)
		if found, err := os.Stat(path); err == nil && found.Mode().IsRegular() && found.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("failed to exec in container: exec: %q: executable file not found in $PATH", name)
}

func startPipes(cmd *exec.Cmd, in io.Reader, out, errors io.WriteCloser) error {
	if out != nil {
		cmd.Stdout = out
	}
	if errors != nil {
		cmd.Stderr = errors
	}
	if in == nil {
		return cmd.Start()
	}
	// Not cmd.Stdin: Wait would then wait for the client's end, too.
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(pipe, in)
		_ = pipe.Close()
	}()
	return nil
}

func startTTY(cmd *exec.Cmd, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) (func() error, error) {
	terminal, err := pty.Start(cmd)
	if err != nil {
		return nil, err
	}
	go func() {
		for size := range resize {
			_ = pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if in != nil {
		go func() { _, _ = io.Copy(terminal, in) }()
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(out, terminal) // ends with EIO when its last holder is gone
	}()
	return func() error {
		defer terminal.Close()
		err := cmd.Wait()
		select {
		case <-read:
		case <-time.After(time.Second): // a process that was left behind holds it
		}
		return err
	}, nil
}

// PortForward leads to the same port of this machine, or to the one that the pod's annotation `codexctl.test/port.PORT` names.
func (s *shim) PortForward(ctx context.Context, name, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	pod, err := s.get(ctx, name)
	if err != nil {
		return err
	}
	target := strconv.Itoa(int(port))
	if other := pod.Annotations[annotation+"port."+target]; other != "" {
		target = other
	}
	behind, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", target))
	if err != nil {
		return err
	}
	defer behind.Close()
	go func() {
		_, _ = io.Copy(behind, stream)
		_ = behind.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(stream, behind) // its end is the end: a client on a WebSocket can't close one half
	return nil
}
