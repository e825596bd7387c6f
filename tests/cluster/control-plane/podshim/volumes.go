package podshim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// volume is the folder of a pod's volume on this machine, filled where it has content.
func (s *shim) volume(ctx context.Context, pod *corev1.Pod, name string) (string, error) {
	for _, volume := range pod.Spec.Volumes {
		if volume.Name != name {
			continue
		}
		folder := filepath.Join(s.folder, "pods", pod.Namespace, pod.Name, ".volumes", name)
		if claim := volume.PersistentVolumeClaim; claim != nil {
			var err error
			if folder, err = s.boundClaim(ctx, pod.Namespace, claim.ClaimName); err != nil {
				return "", err
			}
		} else if volume.HostPath != nil {
			folder = filepath.Join(s.folder, "node", volume.HostPath.Path)
		}
		// Whoever a container runs as may write.
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return "", err
		}
		if err := os.Chmod(folder, 0o777); err != nil {
			return "", err
		}
		if err := s.fill(ctx, pod, folder, volume.VolumeSource); err != nil {
			return "", err
		}
		if security := pod.Spec.SecurityContext; security != nil && security.FSGroup != nil && volume.HostPath == nil && !alone() {
			return folder, give(folder, int(*security.FSGroup))
		}
		return folder, nil
	}
	return "", errors.New("the pod has no such volume")
}

// give lets a group write all that is in a volume, new files included.
func give(folder string, group int) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := os.Lchown(path, -1, group); err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode() | 0o060
		if entry.IsDir() {
			mode |= 0o010 | fs.ModeSetgid
		}
		return os.Chmod(path, mode)
	})
}

// boundClaim is the folder of a claim.
func (s *shim) boundClaim(ctx context.Context, namespace, name string) (string, error) {
	claim, err := s.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		return "", fmt.Errorf("claim %s is %s", name, claim.Status.Phase)
	}
	return filepath.Join(s.folder, "pvc", namespace, name), nil
}

// fill writes the files of volumes that have some.
func (s *shim) fill(ctx context.Context, pod *corev1.Pod, folder string, from corev1.VolumeSource) error {
	switch {
	case from.PersistentVolumeClaim != nil, from.HostPath != nil, from.EmptyDir != nil:
		return nil
	case from.ConfigMap != nil:
		all, err := s.configMap(ctx, pod.Namespace, from.ConfigMap.Name, from.ConfigMap.Optional)
		return write(folder, all, err, from.ConfigMap.Items, from.ConfigMap.DefaultMode)
	case from.Secret != nil:
		all, err := s.secret(ctx, pod.Namespace, from.Secret.SecretName, from.Secret.Optional)
		return write(folder, all, err, from.Secret.Items, from.Secret.DefaultMode)
	case from.DownwardAPI != nil:
		return writeFields(folder, pod, from.DownwardAPI.Items, from.DownwardAPI.DefaultMode)
	case from.Projected != nil:
		for _, source := range from.Projected.Sources {
			if err := s.project(ctx, pod, folder, source, from.Projected.DefaultMode); err != nil {
				return err
			}
		}
		return nil
	default:
		return errors.New("volumes of this kind are not known here")
	}
}

func (s *shim) project(ctx context.Context, pod *corev1.Pod, folder string, from corev1.VolumeProjection, mode *int32) error {
	switch {
	case from.ConfigMap != nil:
		all, err := s.configMap(ctx, pod.Namespace, from.ConfigMap.Name, from.ConfigMap.Optional)
		return write(folder, all, err, from.ConfigMap.Items, mode)
	case from.Secret != nil:
		all, err := s.secret(ctx, pod.Namespace, from.Secret.Name, from.Secret.Optional)
		return write(folder, all, err, from.Secret.Items, mode)
	case from.DownwardAPI != nil:
		return writeFields(folder, pod, from.DownwardAPI.Items, mode)
	case from.ServiceAccountToken != nil:
		wanted := from.ServiceAccountToken
		request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{
			ExpirationSeconds: wanted.ExpirationSeconds,
			BoundObjectRef:    &authentication.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID},
		}}
		if wanted.Audience != "" {
			request.Spec.Audiences = []string{wanted.Audience}
		}
		made, err := s.client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		return write(folder, map[string]string{wanted.Path: made.Status.Token}, nil, nil, mode)
	default:
		return errors.New("projections of this kind are not known here")
	}
}

func writeFields(folder string, pod *corev1.Pod, items []corev1.DownwardAPIVolumeFile, mode *int32) error {
	all := map[string]string{}
	for _, item := range items {
		if item.FieldRef == nil {
			return errors.New("a file of the downward API without fieldRef is not known here")
		}
		value, err := field(pod, item.FieldRef.FieldPath)
		if err != nil {
			return err
		}
		all[item.Path] = value
	}
	return write(folder, all, nil, nil, mode)
}

// write writes one file a key, or those that items choose, under their names; nothing where what is optional was not found.
func write(folder string, all map[string]string, err error, items []corev1.KeyToPath, mode *int32) error {
	if err != nil || all == nil {
		return err
	}
	modes := map[string]int32{}
	if len(items) > 0 {
		chosen := map[string]string{}
		for _, item := range items {
			value, found := all[item.Key]
			if !found {
				return fmt.Errorf("references non-existent config key: %s", item.Key)
			}
			chosen[item.Path] = value
			if item.Mode != nil {
				modes[item.Path] = *item.Mode
			}
		}
		all = chosen
	}
	for name := range maps.Keys(all) {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(all[name]), 0o644); err != nil {
			return err
		}
		own := int32(0o644)
		if mode != nil {
			own = *mode
		}
		if chosen, found := modes[name]; found {
			own = chosen
		}
		if err := os.Chmod(file, fs.FileMode(own)&fs.ModePerm); err != nil {
			return err
		}
	}
	return nil
}
