package podshim

import (
	"os"
	"path/filepath"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// pod is what runs of a pod.
type pod struct {
	uid        types.UID
	lock       sync.Mutex
	containers map[string]*container
}

func (p *pod) end() {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, container := range p.containers {
		container.end()
	}
	p.containers = map[string]*container{}
}

// pod finds what runs of a pod. What is left of another one of the same name goes.
func (s *shim) pod(from *corev1.Pod) *pod {
	s.lock.Lock()
	defer s.lock.Unlock()
	name := from.Namespace + "/" + from.Name
	found := s.pods[name]
	if found == nil || found.uid != from.UID {
		if found != nil {
			found.end()
			s.clear(from)
		}
		found = &pod{uid: from.UID, containers: map[string]*container{}}
		s.pods[name] = found
	}
	return found
}

// clear throws away what a pod wrote.
func (s *shim) clear(pod *corev1.Pod) {
	_ = os.RemoveAll(filepath.Join(s.folder, "pods", pod.Namespace, pod.Name))
}

// forgetDeleted ends what runs of pods that are deleted, and throws away what they and deleted claims held.
func (s *shim) forgetDeleted() {
	factory := informers.NewSharedInformerFactory(s.client, 0)
	pods, claims := factory.Core().V1().Pods().Informer(), factory.Core().V1().PersistentVolumeClaims().Informer()
	_, _ = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: func(gone any) {
		if deleted, ok := object(gone).(*corev1.Pod); ok {
			s.lock.Lock()
			defer s.lock.Unlock()
			name := deleted.Namespace + "/" + deleted.Name
			found := s.pods[name]
			if found != nil && found.uid != deleted.UID {
				return // another one of the same name runs
			}
			if found != nil {
				found.end()
				delete(s.pods, name)
			}
			s.clear(deleted)
		}
	}})
	_, _ = claims.AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: func(gone any) {
		if deleted, ok := object(gone).(*corev1.PersistentVolumeClaim); ok {
			_ = os.RemoveAll(filepath.Join(s.folder, "pvc", deleted.Namespace, deleted.Name))
		}
	}})
	factory.Start(nil)
}

// object is what was deleted, also where its deletion itself was missed.
func object(gone any) any {
	if missed, ok := gone.(cache.DeletedFinalStateUnknown); ok {
		return missed.Obj
	}
	return gone
}
