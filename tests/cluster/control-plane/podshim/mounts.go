package podshim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// mount shows something of this machine in a container.
type mount struct {
	here, there string
	readOnly    bool
}

// mounts is what a container mounts, the outer ones first; what they mount is there.
func (s *shim) mounts(ctx context.Context, pod *corev1.Pod, spec *corev1.Container) ([]mount, error) {
	var mounts []mount
	for there, here := range s.binds {
		mounts = append(mounts, mount{here, there, true})
	}
	var values map[string]string
	for _, wanted := range spec.VolumeMounts {
		here, err := s.volume(ctx, pod, wanted.Name)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", wanted.Name, err)
		}
		below := wanted.SubPath
		if wanted.SubPathExpr != "" {
			if values == nil {
				env, err := s.values(ctx, pod, spec)
				if err != nil {
					return nil, err
				}
				values = map[string]string{}
				for _, one := range env {
					name, value, _ := strings.Cut(one, "=")
					values[name] = value
				}
			}
			below = expansion.Expand(wanted.SubPathExpr, expansion.MappingFuncFor(values))
		}
		if here, err = subPath(here, below); err != nil {
			return nil, fmt.Errorf("volume %s, subPath %s: %w", wanted.Name, below, err)
		}
		mounts = append(mounts, mount{here, wanted.MountPath, wanted.ReadOnly})
	}
	slices.SortFunc(mounts, func(a, b mount) int { return strings.Compare(a.there, b.there) })
	return mounts, nil
}

// subPath is a file or folder of a volume; a folder is made where nothing is, as its parent is, as a kubelet does. A link that leads
// out of the volume is refused.
func subPath(volume, below string) (string, error) {
	if below == "" {
		return volume, nil
	}
	root, err := os.OpenRoot(volume)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if _, err := root.Stat(below); err == nil {
		return filepath.EvalSymlinks(filepath.Join(volume, below))
	}
	whole, err := root.Stat(".")
	if err != nil {
		return "", err
	}
	so := ""
	for name := range strings.SplitSeq(filepath.Clean(below), "/") {
		so = filepath.Join(so, name)
		if err := root.Mkdir(so, 0o755); err == nil {
			// The process's own mask must not count.
			if err := os.Chmod(filepath.Join(volume, so), whole.Mode()); err != nil {
				return "", err
			}
		} else if !os.IsExist(err) {
			return "", err
		}
	}
	return filepath.EvalSymlinks(filepath.Join(volume, so))
}

// make makes the mount; machine is where the machine's own files are to be found.
func (m mount) make(machine string) error {
	here := machine + m.here
	found, err := os.Stat(here)
	if err != nil {
		return err
	}
	if found.IsDir() {
		err = os.MkdirAll(m.there, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(m.there), 0o755); err == nil {
		var file *os.File
		if file, err = os.OpenFile(m.there, os.O_CREATE|os.O_RDONLY, 0o644); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(here, m.there, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if m.readOnly {
		return unix.Mount("", m.there, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	}
	return nil
}
