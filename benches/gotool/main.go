// Renders a stack the way a Go program would: text/template for the texts, sigs.k8s.io/yaml for the objects.
//
// It stands beside `codexctl render` in `cargo bench --bench render`. It knows what the fixture needs and checks nothing.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

type volume struct {
	Size         string   `json:"size"`
	StorageClass string   `json:"storageClass"`
	AccessModes  []string `json:"accessModes"`
}

type item struct {
	Name      string `json:"name"`
	When      string `json:"when"`
	Manifests []struct {
		Path string `json:"path"`
	} `json:"manifests"`
	Image *struct {
		Repository  string `json:"repository"`
		TagTemplate string `json:"tagTemplate"`
	} `json:"image"`
	Overlays map[string]struct {
		PVCMounts []struct {
			Name      string `json:"name"`
			ClaimName string `json:"claimName"`
			MountPath string `json:"mountPath"`
			SubPath   string `json:"subPath"`
			ReadOnly  bool   `json:"readOnly"`
		} `json:"pvcMounts"`
		DropKinds []string `json:"dropKinds"`
	} `json:"overlays"`
}

type stack struct {
	Project    string            `json:"project"`
	EnvFiles   []string          `json:"envFiles"`
	Versions   map[string]string `json:"versions"`
	BaseDomain map[string]string `json:"baseDomain"`
	Storage    struct {
		Workspace, Data, Registry *volume
	} `json:"storage"`
	Infrastructure []item `json:"infrastructure"`
	Services       []item `json:"services"`
}

type context struct {
	Env, Namespace, Project string
	Slot                    int
	Versions, BaseDomain    map[string]string
	Storage                 struct{ Workspace, Data, Registry *volume }
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	env, vars := "ai", map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	raw := string(must(os.ReadFile("services.yaml")))
	var plain stack
	must(0, yaml.Unmarshal([]byte(raw), &plain))
	for _, name := range plain.EnvFiles {
		for _, line := range strings.Split(string(must(os.ReadFile(name))), "\n") {
			if name, value, found := strings.Cut(line, "="); found {
				vars[name] = value
			}
		}
	}
	funcs := template.FuncMap{
		"envOr": func(name, or string) string {
			if vars[name] != "" {
				return vars[name]
			}
			return or
		},
		"ternary": func(cond bool, a, b any) any {
			if cond {
				return a
			}
			return b
		},
		"join":    strings.Join,
		"toLower": strings.ToLower,
	}
	data := context{Env: env, Project: plain.Project, Slot: 1, Versions: plain.Versions, BaseDomain: plain.BaseDomain}
	data.Namespace = fmt.Sprintf("%s-dev-%d", data.Project, data.Slot)
	render := func(name, text string) string {
		var out bytes.Buffer
		must(0, must(template.New(name).Funcs(funcs).Parse(text)).Execute(&out, data))
		return out.String()
	}
	var whole stack
	must(0, yaml.Unmarshal([]byte(render("services.yaml", raw)), &whole))
	data.Versions, data.BaseDomain = whole.Versions, whole.BaseDomain
	data.Storage.Workspace, data.Storage.Data = whole.Storage.Workspace, whole.Storage.Data

	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, one := range append(whole.Infrastructure, whole.Services...) {
		if one.When == "false" {
			continue
		}
		for _, file := range one.Manifests {
			text := render(file.Path, string(must(os.ReadFile(filepath.FromSlash(file.Path)))))
			for _, document := range strings.Split(text, "\n---") {
				var object map[string]any
				must(0, yaml.Unmarshal([]byte(document), &object))
				if object == nil || dropped(one, env, object) {
					continue
				}
				shape(one, env, data.Namespace, object)
				fmt.Fprintf(out, "---\n# %s\n", file.Path)
				out.Write(must(yaml.Marshal(object)))
			}
		}
	}
}

func dropped(one item, env string, object map[string]any) bool {
	for _, kind := range one.Overlays[env].DropKinds {
		if strings.EqualFold(kind, fmt.Sprint(object["kind"])) {
			return true
		}
	}
	return false
}

func shape(one item, env, namespace string, object map[string]any) {
	metadata := object["metadata"].(map[string]any)
	if metadata["namespace"] == nil && object["kind"] != "Namespace" {
		metadata["namespace"] = namespace
	}
	if object["kind"] != "Deployment" || metadata["name"] != one.Name {
		return
	}
	spec := object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	containers := append([]any{}, spec["containers"].([]any)[0])
	if init, found := spec["initContainers"].([]any); found {
		containers = append(containers, init...)
	}
	for _, container := range containers {
		container := container.(map[string]any)
		if one.Image != nil {
			container["image"] = one.Image.Repository + ":" + one.Image.TagTemplate
		}
		for _, mount := range one.Overlays[env].PVCMounts {
			mounts, _ := container["volumeMounts"].([]any)
			container["volumeMounts"] = append(mounts, map[string]any{
				"name": mount.Name, "mountPath": mount.MountPath, "subPath": mount.SubPath, "readOnly": mount.ReadOnly,
			})
		}
	}
	for _, mount := range one.Overlays[env].PVCMounts {
		volumes, _ := spec["volumes"].([]any)
		claim := map[string]any{"claimName": mount.ClaimName}
		spec["volumes"] = append(volumes, map[string]any{"name": mount.Name, "persistentVolumeClaim": claim})
	}
}
