package podshim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// Wants is what podshim can't do without.
const Wants = "containers take root, or a kernel that lets users make namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)"

// annotation is what ours begin with.
const annotation = "codexctl.test/"

// What a container doesn't see of this machine: the files of its people.
var hidden = []folder{{"/tmp", "1777"}, {"/home", "0755"}, {"/root", "0700"}, {"/run", "0755"}, {"/mnt", "0755"}}

type folder struct{ path, mode string }

// The first process of a container: it holds its namespaces, reaps what execs leave behind, and ends with podshim, and with it all
// others. Its output is the container's log, so that `echo … >/proc/1/fd/1` writes into that, as it does in a real one.
const first = `mount -t proc proc /proc && umount -l /.machine && rmdir /.machine && echo ready >&3 || exit 1
exec 3>&- 4<&0
cat <&4 >/dev/null & wait $!`

// container is a container in which something was executed.
type container struct {
	// Literally what a command gets.
	env     []string
	workdir string
	// Nil: the user of podshim.
	user *syscall.Credential
	// Its first process, what ends with podshim, and what is closed when that process has ended.
	process  *exec.Cmd
	lifeline io.Closer
	gone     chan struct{}
	// Mounts, host name and process ids, in this order.
	namespaces [3]*os.File
}

// container finds a container of a pod, or starts it.
func (s *shim) container(ctx context.Context, from *corev1.Pod, name string) (*container, error) {
	running := s.pod(from)
	running.lock.Lock()
	defer running.lock.Unlock()
	if found := running.containers[name]; found != nil {
		select {
		case <-found.gone: // somebody ended its first process, and so all of it
		default:
			return found, nil
		}
	}
	spec := containerSpec(from, name)
	if spec == nil {
		return nil, errors.New("the pod has no such container")
	}
	started := &container{workdir: spec.WorkingDir, user: user(from, spec), gone: make(chan struct{})}
	if started.workdir == "" {
		started.workdir = "/"
	}
	var err error
	if started.env, err = s.values(ctx, from, spec); err != nil {
		return nil, err
	}
	mounts, err := s.mounts(ctx, from, spec)
	if err != nil {
		return nil, err
	}
	folder := s.containerFolder(from, name)
	if err := os.MkdirAll(filepath.Join(folder, ".root"), 0o755); err != nil {
		return nil, err
	}
	hosts := fmt.Sprintf("127.0.0.1\tlocalhost\n::1\tlocalhost\n%s\t%s\n", from.Status.PodIP, from.Name)
	for name, text := range map[string]string{"hosts": hosts, "hostname": from.Name + "\n"} {
		file := filepath.Join(folder, "."+name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
		mounts = append(mounts, mount{file, "/etc/" + name, false})
	}
	if err := started.start(folder, from, mounts); err != nil {
		return nil, err
	}
	running.containers[name] = started
	return started, nil
}

func containerSpec(pod *corev1.Pod, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// alone is whether podshim knows nobody but itself, as in the user namespace that plane.go gives to who is not root.
var alone = sync.OnceValue(func() bool {
	known, _ := os.ReadFile("/proc/self/uid_map")
	return strings.HasSuffix(strings.TrimSpace(string(known)), " 1")
})

// user is who a container's commands run as.
func user(pod *corev1.Pod, spec *corev1.Container) *syscall.Credential {
	if alone() {
		return nil
	}
	chosen := syscall.Credential{}
	if all := pod.Spec.SecurityContext; all != nil {
		set(&chosen.Uid, all.RunAsUser)
		set(&chosen.Gid, all.RunAsGroup)
		if all.FSGroup != nil {
			chosen.Groups = append(chosen.Groups, uint32(*all.FSGroup))
		}
		for _, group := range all.SupplementalGroups {
			chosen.Groups = append(chosen.Groups, uint32(group))
		}
	}
	if own := spec.SecurityContext; own != nil {
		set(&chosen.Uid, own.RunAsUser)
		set(&chosen.Gid, own.RunAsGroup)
	}
	return &chosen
}

func set(id *uint32, to *int64) {
	if to != nil {
		*id = uint32(*to)
	}
}

// start makes the namespaces and the first process in them.
func (c *container) start(folder string, pod *corev1.Pod, mounts []mount) error {
	log, err := os.OpenFile(filepath.Join(folder, ".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	ready, told, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	err = aside(func() error {
		defer told.Close()
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
			return fmt.Errorf("%w: %s", err, Wants)
		}
		if err := unix.Sethostname([]byte(pod.Name)); err != nil {
			return err
		}
		if err := makeRoot(filepath.Join(folder, ".root"), mounts); err != nil {
			return err
		}
		if err := os.MkdirAll(c.workdir, 0o755); err != nil {
			return err
		}
		process := exec.Command("/bin/sh", "-c", first)
		process.Dir, process.Env = "/", []string{"PATH=" + path}
		process.Stdout, process.Stderr, process.ExtraFiles = log, log, []*os.File{told}
		process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID, Setsid: true}
		lifeline, err := process.StdinPipe()
		if err != nil {
			return err
		}
		c.process, c.lifeline = process, lifeline
		return process.Start()
	})
	if err != nil {
		return err
	}
	go func() {
		_ = c.process.Wait()
		close(c.gone)
	}()
	if line, _ := bufio.NewReader(ready).ReadString('\n'); line == "" {
		return errors.New("its first process did not start; the container's log has the reason")
	}
	for i, name := range []string{"mnt", "uts", "pid"} {
		if c.namespaces[i], err = os.Open(filepath.Join("/proc", strconv.Itoa(c.process.Process.Pid), "ns", name)); err != nil {
			c.end()
			return err
		}
	}
	return nil
}

// inside calls a function on a thread that is in the container: what it looks up, opens and starts is there.
func (c *container) inside(do func() error) error {
	return aside(func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		for i, kind := range []int{unix.CLONE_NEWNS, unix.CLONE_NEWUTS, unix.CLONE_NEWPID} {
			if err := unix.Setns(int(c.namespaces[i].Fd()), kind); err != nil {
				return err
			}
		}
		return do()
	})
}

// end ends all processes of the container.
func (c *container) end() {
	_ = c.process.Process.Kill()
	<-c.gone
	for _, namespace := range c.namespaces {
		if namespace != nil {
			_ = namespace.Close()
		}
	}
}

// aside calls a function on a thread of its own, which ends with it: it may go into other namespaces and needs no way back.
func aside(do func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- do()
	}()
	return <-result
}

// makeRoot makes the file system of a container the root of this thread's mount namespace: this machine's folders, written to in
// memory only, without its people's files, with what the pod mounts. The machine's own root stays at /.machine until the first
// process is there.
func makeRoot(at string, mounts []mount) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts can't be made private: %w", err)
	}
	if err := unix.Mount("tmpfs", at, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("tmpfs: %w", err)
	}
	root := filepath.Join(at, "root")
	if err := os.MkdirAll(filepath.Join(root, ".machine"), 0o755); err != nil {
		return err
	}
	// What is to be the root must be a mount.
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := show("/"+entry.Name(), entry.Type(), at, root); err != nil {
			return fmt.Errorf("/%s: %w", entry.Name(), err)
		}
	}
	for _, folder := range hidden {
		if err := os.MkdirAll(root+folder.path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", root+folder.path, "tmpfs", 0, "mode="+folder.mode); err != nil {
			return fmt.Errorf("%s: %w", folder.path, err)
		}
	}
	if err := unix.PivotRoot(root, filepath.Join(root, ".machine")); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	for _, mount := range mounts {
		if err := mount.make("/.machine"); err != nil {
			return fmt.Errorf("%s: %w", mount.there, err)
		}
	}
	return nil
}

// show shows a folder or a link of this machine's root in a container's.
func show(path string, kind os.FileMode, at, root string) error {
	if kind&os.ModeSymlink != 0 {
		to, err := os.Readlink(path)
		if err != nil {
			return err
		}
		return os.Symlink(to, root+path)
	}
	if !kind.IsDir() {
		return nil
	}
	if err := os.Mkdir(root+path, 0o755); err != nil || path == "/proc" || slices.ContainsFunc(hidden, func(one folder) bool { return one.path == path }) {
		return err
	}
	if path != "/dev" && path != "/sys" {
		layer, work := filepath.Join(at, "layer"+path), filepath.Join(at, "work"+path)
		if err := errors.Join(os.MkdirAll(layer, 0o755), os.MkdirAll(work, 0o755)); err != nil {
			return err
		}
		layers := "lowerdir=" + path + ",upperdir=" + layer + ",workdir=" + work
		if unix.Mount("overlay", root+path, "overlay", 0, layers) == nil || unix.Mount("overlay", root+path, "overlay", 0, layers+",userxattr") == nil {
			return nil
		}
	}
	// Devices are the machine's own; and in a user namespace nothing may be laid over a folder that has others' mounts in it.
	return unix.Mount(path, root+path, "", unix.MS_BIND|unix.MS_REC, "")
}
