package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// How long a part may take to become ready. It takes about 3 s; a machine that is busy with compiling takes longer.
const patience = 2 * time.Minute

// serve runs a control plane in a folder of its own until standard input ends or a signal comes.
func serve() error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	folder, err := os.MkdirTemp("", "codexctl-control-plane-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	plane := &plane{folder: folder, ended: make(chan *part, 2)}
	defer plane.stop()
	ready := make(chan error, 1)
	go func() { ready <- plane.start() }()
	for {
		select {
		case err := <-ready:
			if err != nil {
				return err
			}
			fmt.Println(filepath.Join(folder, "kubeconfig"))
		case ended := <-plane.ended:
			return fmt.Errorf("%s ended; its last words:\n%s", ended.name, plane.lastWords(ended.name))
		case <-stop:
			return nil
		}
	}
}

type plane struct {
	folder string
	parts  []*part
	ended  chan *part
}

type part struct {
	name string
	// Ends with this process: the part reads it and ends too.
	lifeline io.WriteCloser
	command  *exec.Cmd
	gone     chan struct{}
}

func (p *plane) start() error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	admin, err := ca.sign("admin", "system:masters")
	if err != nil {
		return err
	}
	server, err := ca.sign("kube-apiserver")
	if err != nil {
		return err
	}
	accounts, err := ca.sign("service-accounts")
	if err != nil {
		return err
	}
	for name, identity := range map[string]*identity{"server": server, "accounts": accounts} {
		if err := identity.write(p.folder, name); err != nil {
			return err
		}
	}
	if err := os.WriteFile(p.file("ca.crt"), ca.pem, 0o600); err != nil {
		return err
	}
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	etcd, peer, api := ports[0], ports[1], ports[2]
	store := fmt.Sprintf("http://127.0.0.1:%d", etcd)
	other := fmt.Sprintf("http://127.0.0.1:%d", peer)
	address := fmt.Sprintf("https://127.0.0.1:%d", api)

	if err := p.spawn("etcd", "--data-dir", p.file("etcd"), "--name", "default", "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", store, "--advertise-client-urls", store,
		"--listen-peer-urls", other, "--initial-advertise-peer-urls", other, "--initial-cluster", "default="+other); err != nil {
		return err
	}
	if err := wait(http.DefaultClient, store+"/health"); err != nil {
		return err
	}
	if err := p.spawn("kube-apiserver", "--etcd-servers", store,
		"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", fmt.Sprint(api), "--endpoint-reconciler-type", "none",
		"--tls-cert-file", p.file("server.crt"), "--tls-private-key-file", p.file("server.key"), "--client-ca-file", p.file("ca.crt"),
		"--service-cluster-ip-range", "10.96.0.0/16",
		"--service-account-issuer", "https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file", p.file("accounts.key"), "--service-account-signing-key-file", p.file("accounts.key"),
		"--authorization-mode", "Node,RBAC", "--allow-privileged", "--profiling=false"); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(admin.certificate, admin.key)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.pem)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots},
	}}
	if err := wait(client, address+"/readyz"); err != nil {
		return err
	}
	return os.WriteFile(p.file("kubeconfig"), kubeconfig(address, ca, admin), 0o600)
}

func (p *plane) file(name string) string {
	return filepath.Join(p.folder, name)
}

func (p *plane) spawn(name string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(p.file(name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(self, append([]string{name}, args...)...)
	command.Stdout, command.Stderr = log, log
	// A signal to the group, as Ctrl-C on a terminal is, reaches `serve` alone, which ends its parts in their order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lifeline, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	started := &part{name, lifeline, command, make(chan struct{})}
	p.parts = append(p.parts, started)
	go func() {
		_ = command.Wait()
		close(started.gone)
		p.ended <- started
	}()
	return nil
}

// stop ends the parts, the last first. What they hold is thrown away, so nothing needs to be written in order.
func (p *plane) stop() {
	for i := len(p.parts) - 1; i >= 0; i-- {
		_ = p.parts[i].command.Process.Kill()
		<-p.parts[i].gone
	}
}

func (p *plane) lastWords(name string) string {
	text, _ := os.ReadFile(p.file(name + ".log"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// freePorts finds ports that nobody listens on.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// wait asks until the answer is 200.
func wait(client *http.Client, address string) error {
	end := time.Now().Add(patience)
	last := errors.New("no answer")
	for time.Now().Before(end) {
		answer, err := client.Get(address)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(answer.Status)
		}
		last = err
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s is not ready after %s: %w", address, patience, last)
}

func kubeconfig(address string, ca *authority, admin *identity) []byte {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: test
  cluster: {server: "%s", certificate-authority-data: %s}
users:
- name: admin
  user: {client-certificate-data: %s, client-key-data: %s}
contexts:
- name: test
  context: {cluster: test, user: admin, namespace: default}
current-context: test
`, address, encode(ca.pem), encode(admin.certificate), encode(admin.key))
}
