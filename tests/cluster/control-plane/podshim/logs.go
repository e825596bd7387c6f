package podshim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// serveLogs answers with what the pod's annotation `codexctl.test/log` says, then the container's file `.log`. Where a container has
// no log yet, the answer is the kubelet's.
func (s *shim) serveLogs(w http.ResponseWriter, r *http.Request) {
	pod, err := s.get(r.Context(), podName(r))
	if err != nil {
		refuse(w, err, http.StatusNotFound)
		return
	}
	query, name := r.URL.Query(), r.PathValue("container")
	if err := hasLog(pod, name, query.Get("previous") == "true"); err != nil {
		refuse(w, err, http.StatusBadRequest)
		return
	}
	lines, limit := number(query.Get("tailLines")), number(query.Get("limitBytes"))
	w.Header().Set("Content-Type", "text/plain")
	s.copyLog(r.Context(), pod, name, flushing{w}, query.Get("follow") == "true", lines, limit)
}

func number(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return number
}

// hasLog is nil where a kubelet has a log. From its validateContainerLogStatus.
func hasLog(pod *corev1.Pod, name string, previous bool) error {
	status := containerStatus(pod, name)
	if status == nil {
		return fmt.Errorf("container %q in pod %q is not available", name, pod.Name)
	}
	waiting, ended := status.State.Waiting, status.LastTerminationState.Terminated
	switch {
	case previous && ended == nil:
		return fmt.Errorf("previous terminated container %q in pod %q not found", name, pod.Name)
	case waiting == nil || ended != nil:
		return nil
	case waiting.Reason == "ErrImagePull":
		return fmt.Errorf("container %q in pod %q is waiting to start: image can't be pulled", name, pod.Name)
	case waiting.Reason == "ImagePullBackOff":
		return fmt.Errorf("container %q in pod %q is waiting to start: trying and failing to pull image", name, pod.Name)
	default:
		return fmt.Errorf("container %q in pod %q is waiting to start: %s", name, pod.Name, waiting.Reason)
	}
}

// AttachContainer follows the log from its beginning: nothing else writes there.
func (s *shim) AttachContainer(ctx context.Context, name, _, container string, _ io.Reader, out, _ io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	pod, err := s.get(ctx, name)
	if err != nil {
		return err
	}
	s.copyLog(ctx, pod, container, out, true, -1, -1)
	return nil
}

// copyLog writes a log, its last lines or first bytes only where that is not -1; following it goes on until the client goes.
func (s *shim) copyLog(ctx context.Context, pod *corev1.Pod, container string, to io.Writer, follow bool, lines, limit int) {
	file := filepath.Join(s.containerFolder(pod, container), ".log")
	written, _ := os.ReadFile(file)
	text := annotated(pod, container) + string(written)
	if lines >= 0 {
		text = lastLines(text, lines)
	}
	if limit >= 0 {
		text = text[:min(limit, len(text))]
	}
	_, err := io.WriteString(to, text)
	for offset := int64(len(written)); follow && err == nil; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
		if opened, openErr := os.Open(file); openErr == nil {
			_, _ = opened.Seek(offset, io.SeekStart)
			var more int64
			more, err = io.Copy(to, opened)
			offset += more
			_ = opened.Close()
		}
	}
}

// annotated is what a pod's annotation has the container say that fails (stages/failing.yaml), else the first.
func annotated(pod *corev1.Pod, container string) string {
	text, found := pod.Annotations[annotation+"log"]
	speaker := pod.Annotations[annotation+"container"]
	if speaker == "" {
		speaker = pod.Spec.Containers[0].Name
	}
	if !found || speaker != container {
		return ""
	}
	return strings.TrimSuffix(text, "\n") + "\n"
}

func lastLines(text string, count int) string {
	at := len(strings.TrimSuffix(text, "\n"))
	for range count {
		if at = strings.LastIndexByte(text[:at], '\n'); at < 0 {
			return text
		}
	}
	if count == 0 {
		return ""
	}
	return text[at+1:]
}

// flushing sends each piece at once.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(bytes []byte) (int, error) {
	count, err := f.ResponseWriter.Write(bytes)
	if flusher, ok := f.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	return count, err
}
