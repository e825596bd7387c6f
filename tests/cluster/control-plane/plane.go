package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// plane is a whole control plane. Its folder holds:
//
//	kubeconfig                           the administrator's
//	PART.log                             what each part says
//	pods/NAMESPACE/POD/CONTAINER/.log    what a container's log says
//	pvc/NAMESPACE/CLAIM                  what is on a claim
//	node/…                               what hostPath volumes see of the node
type plane struct {
	folder string
	// What containers see of this machine: PATH=HERE.
	binds []string
	// Gets a part that ended though nobody stopped it.
	ended chan *part

	lock  sync.Mutex
	over  bool
	parts []*part
}

func newPlane(folder string, binds []string) *plane {
	return &plane{folder: folder, binds: binds, ended: make(chan *part, 8)}
}

func (p *plane) start() error {
	ports, err := freePorts(7)
	if err != nil {
		return err
	}
	store := "http://127.0.0.1:" + ports[0]
	peer := "http://127.0.0.1:" + ports[1]
	server := "https://127.0.0.1:" + ports[2]
	client, err := p.identify(server)
	if err != nil {
		return err
	}

	etcd := p.add("etcd", store+"/health", http.DefaultClient, "--data-dir", p.file("etcd"), "--name", "default",
		"--unsafe-no-fsync", "--log-level", "warn", "--listen-client-urls", store, "--advertise-client-urls", store,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	api := p.add("kube-apiserver", server+"/readyz", client, "--etcd-servers", store,
		"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", ports[2], "--endpoint-reconciler-type", "none",
		"--tls-cert-file", p.file("server.crt"), "--tls-private-key-file", p.file("server.key"), "--client-ca-file", p.file("ca.crt"),
		"--service-cluster-ip-range", "10.96.0.0/16",
		"--service-account-issuer", "https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file", p.file("accounts.key"), "--service-account-signing-key-file", p.file("accounts.key"),
		"--kubelet-certificate-authority", p.file("ca.crt"), "--kubelet-preferred-address-types", "InternalIP",
		"--kubelet-client-certificate", p.file("admin.crt"), "--kubelet-client-key", p.file("admin.key"),
		"--authorization-mode", "Node,RBAC", "--allow-privileged", "--profiling=false")
	if err := etcd.run(); err != nil {
		return err
	}
	if err := api.run(); err != nil {
		return err
	}

	kubeconfig := "--kubeconfig=" + p.file("kubeconfig")
	certificate, key := "--tls-cert-file="+p.file("server.crt"), "--tls-private-key-file="+p.file("server.key")
	// There is no other to elect a leader with; and tests wait for each step, so they may ask more often than in a big cluster.
	alone := []string{"--leader-elect=false", "--kube-api-qps=200", "--kube-api-burst=400", "--bind-address=127.0.0.1", "--profiling=false"}
	p.add("kube-controller-manager", "https://127.0.0.1:"+ports[3]+"/healthz", client, slices.Concat(alone, []string{
		kubeconfig, certificate, key, "--secure-port=" + ports[3],
		"--service-account-private-key-file", p.file("accounts.key"), "--root-ca-file", p.file("ca.crt"),
		// While the API server is stopped nobody renews the node's lease, which must not cost it its pods.
		"--node-monitor-grace-period=1h"})...)
	p.add("kube-scheduler", "https://127.0.0.1:"+ports[4]+"/readyz", client, slices.Concat(alone, []string{
		kubeconfig, certificate, key, "--secure-port=" + ports[4]})...)
	if err := writeStages(p.file("stages.yaml")); err != nil {
		return err
	}
	p.add("kwok", "http://127.0.0.1:"+ports[5]+"/healthz", http.DefaultClient, kubeconfig, "--config", p.file("stages.yaml"),
		"--manage-all-nodes", "--node-ip=127.0.0.1", "--node-port", ports[6], "--server-address", "127.0.0.1:"+ports[5],
		"--cidr=10.0.0.1/16", "--node-lease-duration-seconds=40")
	podshim := []string{kubeconfig, certificate, key, "--client-ca-file", p.file("ca.crt"), "--listen", "127.0.0.1:" + ports[6], "--folder", p.folder}
	for _, bind := range p.binds {
		podshim = append(podshim, "--bind", bind)
	}
	p.add("podshim", "https://127.0.0.1:"+ports[6]+"/healthz", client, podshim...).attributes = ownUser()
	for _, part := range p.parts[2:] {
		if err := part.start(); err != nil {
			return err
		}
	}
	if err := createObjects(client, server); err != nil {
		return err
	}
	for _, part := range p.parts[2:] {
		if err := part.wait(); err != nil {
			return err
		}
	}
	return waitForNode(client, server)
}

// end stops all parts, the last first.
func (p *plane) end() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.over = true
	for i := len(p.parts) - 1; i >= 0; i-- {
		p.parts[i].end()
	}
}

func (p *plane) add(name, health string, client *http.Client, args ...string) *part {
	p.lock.Lock()
	defer p.lock.Unlock()
	part := &part{name: name, args: args, log: p.file(name + ".log"), health: health, client: client, ended: p.ended, over: p.over}
	p.parts = append(p.parts, part)
	return part
}

func (p *plane) part(name string) *part {
	for _, part := range p.parts {
		if part.name == name {
			return part
		}
	}
	return nil
}

func (p *plane) file(name string) string {
	return filepath.Join(p.folder, name)
}

// identify makes certificates and the kubeconfig; a client of the administrator.
func (p *plane) identify(server string) (*http.Client, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	identities := map[string]*identity{}
	for name, groups := range map[string][]string{"admin": {"system:masters"}, "server": nil, "accounts": nil} {
		if identities[name], err = ca.sign(name, groups...); err != nil {
			return nil, err
		}
		if err := identities[name].write(p.folder, name); err != nil {
			return nil, err
		}
	}
	admin := identities["admin"]
	if err := os.WriteFile(p.file("ca.crt"), ca.pem, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.file("kubeconfig"), kubeconfig(server, ca, admin), 0o600); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(admin.certificate, admin.key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.pem)
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots},
	}}, nil
}

func kubeconfig(server string, ca *authority, admin *identity) []byte {
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
`, server, encode(ca.pem), encode(admin.certificate), encode(admin.key))
}

// ownUser gives a process that is not root a user namespace, in which it may make the other namespaces that containers have.
func ownUser() syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return syscall.SysProcAttr{}
	}
	id := func(id int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
	}
	return syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: id(os.Getuid()), GidMappings: id(os.Getgid())}
}

// freePorts finds ports that nobody listens on, below those that the kernel hands out to who connects: the API server's stays free
// while it is stopped.
func freePorts(count int) ([]string, error) {
	var ports []string
	for tries := 0; len(ports) < count; tries++ {
		port := strconv.Itoa(10000 + rand.IntN(22000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			defer listener.Close()
			ports = append(ports, port)
		} else if tries > 1000 {
			return nil, err
		}
	}
	return ports, nil
}
