// Package podshim answers what a kubelet would be asked about pods that only kwok pretends to run: exec, attach, logs, port-forward.
// (kwok's own server never ends a command's standard input and loses exit codes.)
//
// A command runs on this machine, in namespaces of its container (container.go), with the container's values (values.go) and volumes
// (volumes.go). A container's own command is not run.
package podshim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// How long a stream may be silent, and how long a client may take to open one: the kubelet's own limits.
const (
	idle     = 4 * time.Hour
	creation = 30 * time.Second
)

type shim struct {
	// Holds pods, claims and the node's own files (plane.go).
	folder string
	// What every container sees of this machine: path there → path here.
	binds map[string]string
	// Where the API server is, as containers are told.
	host, port string
	client     kubernetes.Interface

	lock sync.Mutex
	// What runs, by the pod's namespace/name.
	pods map[string]*pod
}

// Run serves until the process ends.
func Run(args []string) error {
	s := &shim{binds: map[string]string{}, pods: map[string]*pod{}}
	flags := flag.NewFlagSet("podshim", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:10250", "address")
	kubeconfig := flags.String("kubeconfig", "", "of a reader of everything")
	ca := flags.String("client-ca-file", "", "who vouches for callers")
	certificate := flags.String("tls-cert-file", "", "the server's certificate")
	key := flags.String("tls-private-key-file", "", "its key")
	flags.StringVar(&s.folder, "folder", "", "holds pods and claims")
	flags.Func("bind", "PATH=HERE", func(bind string) error {
		path, here, _ := strings.Cut(bind, "=")
		s.binds[path] = here
		return nil
	})
	_ = flags.Parse(args)

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	s.host, s.port, _ = strings.Cut(strings.TrimPrefix(config.Host, "https://"), ":")
	if s.client, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	callers := x509.NewCertPool()
	if !callers.AppendCertsFromPEM(pem) {
		return errors.New("no certificate in the callers' CA file")
	}
	s.forgetDeleted()
	server := &http.Server{
		Addr: *listen, Handler: s.routes(),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // upgrades to SPDY need HTTP/1.1
		TLSConfig:    &tls.Config{ClientCAs: callers, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"http/1.1"}},
	}
	return server.ListenAndServeTLS(*certificate, *key)
}

func (s *shim) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	for _, container := range []string{"/{namespace}/{pod}/{container}", "/{namespace}/{pod}/{uid}/{container}"} {
		routes.HandleFunc("/exec"+container, s.serveExec)
		routes.HandleFunc("/attach"+container, s.serveAttach)
	}
	routes.HandleFunc("/portForward/{namespace}/{pod}", s.servePortForward)
	routes.HandleFunc("/portForward/{namespace}/{pod}/{uid}", s.servePortForward)
	routes.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", s.serveLogs)
	return routes
}

func (s *shim) serveExec(w http.ResponseWriter, r *http.Request) {
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		refuse(w, err, http.StatusBadRequest)
		return
	}
	if err := s.running(r); err != nil {
		refuse(w, err, http.StatusInternalServerError)
		return
	}
	remotecommand.ServeExec(w, r, s, podName(r), r.PathValue("uid"), r.PathValue("container"), r.URL.Query()["command"], options,
		idle, creation, remotecommand.SupportedStreamingProtocols)
}

func (s *shim) serveAttach(w http.ResponseWriter, r *http.Request) {
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		refuse(w, err, http.StatusBadRequest)
		return
	}
	if err := s.running(r); err != nil {
		refuse(w, err, http.StatusInternalServerError)
		return
	}
	remotecommand.ServeAttach(w, r, s, podName(r), r.PathValue("uid"), r.PathValue("container"), options,
		idle, creation, remotecommand.SupportedStreamingProtocols)
}

func (s *shim) servePortForward(w http.ResponseWriter, r *http.Request) {
	options, err := portforward.NewV4Options(r)
	if err != nil {
		refuse(w, err, http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(w, r, s, podName(r), r.PathValue("uid"), options, idle, creation, portforward.SupportedProtocols)
}

// refuse answers with the bare words of an error: http.Error would end them with a line feed, a kubelet doesn't.
func refuse(w http.ResponseWriter, err error, code int) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(code)
	fmt.Fprint(w, err)
}

// running refuses, in the kubelet's words, where the container is not running.
func (s *shim) running(r *http.Request) error {
	pod, err := s.get(r.Context(), podName(r))
	if err != nil {
		return err
	}
	status := containerStatus(pod, r.PathValue("container"))
	if status == nil || status.State.Running == nil {
		return fmt.Errorf("container not found (%q)", r.PathValue("container"))
	}
	return nil
}

func podName(r *http.Request) string { return r.PathValue("namespace") + "/" + r.PathValue("pod") }

func (s *shim) get(ctx context.Context, name string) (*corev1.Pod, error) {
	namespace, pod, _ := strings.Cut(name, "/")
	return s.client.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
}

// containerFolder is where a container's log lies.
func (s *shim) containerFolder(pod *corev1.Pod, container string) string {
	return filepath.Join(s.folder, "pods", pod.Namespace, pod.Name, container)
}

func containerStatus(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
