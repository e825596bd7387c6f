package podshim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// path is where a container's programs are when its image says nothing else.
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// values is the environment of a container: what a runtime sets, then `envFrom`, then `env`, later ones over earlier ones.
func (s *shim) values(ctx context.Context, pod *corev1.Pod, spec *corev1.Container) ([]string, error) {
	home := "/root"
	if user := user(pod, spec); user != nil && user.Uid != 0 {
		home = "/" // as a runtime says where the image knows no such user
	}
	values := map[string]string{
		"PATH": path, "HOME": home, "HOSTNAME": pod.Name,
		"KUBERNETES_SERVICE_HOST": s.host, "KUBERNETES_SERVICE_PORT": s.port, "KUBERNETES_SERVICE_PORT_HTTPS": s.port,
	}
	for _, from := range spec.EnvFrom {
		found, err := s.allOf(ctx, pod.Namespace, from)
		if err != nil {
			return nil, err
		}
		for key, value := range found {
			values[from.Prefix+key] = value
		}
	}
	for _, one := range spec.Env {
		value, known := expansion.Expand(one.Value, expansion.MappingFuncFor(values)), true
		if one.ValueFrom != nil {
			var err error
			if value, known, err = s.valueFrom(ctx, pod, spec, one.ValueFrom); err != nil {
				return nil, fmt.Errorf("%s: %w", one.Name, err)
			}
		}
		if known {
			values[one.Name] = value
		}
	}
	var env []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env, nil
}

func (s *shim) allOf(ctx context.Context, namespace string, from corev1.EnvFromSource) (map[string]string, error) {
	switch {
	case from.ConfigMapRef != nil:
		return s.configMap(ctx, namespace, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
	case from.SecretRef != nil:
		return s.secret(ctx, namespace, from.SecretRef.Name, from.SecretRef.Optional)
	default:
		return nil, fmt.Errorf("envFrom has neither configMapRef nor secretRef")
	}
}

// valueFrom is one value; false where it is optional and not there.
func (s *shim) valueFrom(ctx context.Context, pod *corev1.Pod, spec *corev1.Container, from *corev1.EnvVarSource) (string, bool, error) {
	pick := func(what, name, key string, optional *bool, all map[string]string, err error) (string, bool, error) {
		if err != nil {
			return "", false, err
		}
		value, found := all[key]
		if !found && (optional == nil || !*optional) {
			return "", false, fmt.Errorf("couldn't find key %s in %s %s/%s", key, what, pod.Namespace, name)
		}
		return value, found, nil
	}
	switch {
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		all, err := s.configMap(ctx, pod.Namespace, ref.Name, ref.Optional)
		return pick("ConfigMap", ref.Name, ref.Key, ref.Optional, all, err)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		all, err := s.secret(ctx, pod.Namespace, ref.Name, ref.Optional)
		return pick("Secret", ref.Name, ref.Key, ref.Optional, all, err)
	case from.FieldRef != nil:
		value, err := field(pod, from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		value, err := resource.ExtractContainerResourceValue(from.ResourceFieldRef, spec)
		return value, true, err
	default:
		return "", false, fmt.Errorf("this kind of valueFrom is not known here")
	}
}

// field is what the downward API says of a pod.
func field(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP":
		return pod.Status.HostIP, nil
	case "status.podIP":
		return pod.Status.PodIP, nil
	default:
		return fieldpath.ExtractFieldPathAsString(pod, path)
	}
}

func (s *shim) configMap(ctx context.Context, namespace, name string, optional *bool) (map[string]string, error) {
	found, err := s.client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unless(optional, err)
	}
	all := map[string]string{}
	for key, value := range found.BinaryData {
		all[key] = string(value)
	}
	maps.Copy(all, found.Data)
	return all, nil
}

func (s *shim) secret(ctx context.Context, namespace, name string, optional *bool) (map[string]string, error) {
	found, err := s.client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unless(optional, err)
	}
	all := map[string]string{}
	for key, value := range found.Data {
		all[key] = string(value)
	}
	return all, nil
}

// unless forgives that something optional is not there.
func unless(optional *bool, err error) error {
	if optional != nil && *optional && apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
