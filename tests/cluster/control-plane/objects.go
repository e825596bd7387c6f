package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// What a new cluster has: its node and, as kind's clusters, a default class whose claims wait for their first consumer. Claims of
// the other class do not wait.
var objects = []struct{ path, object string }{
	{"/api/v1/nodes", `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": {
		"kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}}}`},
	{"/apis/storage.k8s.io/v1/storageclasses", `{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
		"metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
		"provisioner": "codexctl.test/folder", "volumeBindingMode": "WaitForFirstConsumer"}`},
	{"/apis/storage.k8s.io/v1/storageclasses", `{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
		"metadata": {"name": "immediate"}, "provisioner": "codexctl.test/folder", "volumeBindingMode": "Immediate"}`},
}

func createObjects(client *http.Client, server string) error {
	for _, one := range objects {
		answer, err := client.Post(server+one.path, "application/json", strings.NewReader(one.object))
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusCreated {
			return fmt.Errorf("%s: %s", one.path, text)
		}
	}
	return nil
}

// waitForNode waits until pods can be made: the node is ready and takes them, the namespace has its account.
func waitForNode(client *http.Client, server string) error {
	type node struct {
		Spec   struct{ Taints []any }
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	last := errors.New("no answer")
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		var found node
		if last = get(client, server+"/api/v1/nodes/node-1", &found); last != nil {
			continue
		}
		last = errors.New("the node is not ready")
		for _, condition := range found.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" && len(found.Spec.Taints) == 0 {
				last = get(client, server+"/api/v1/namespaces/default/serviceaccounts/default", &struct{}{})
			}
		}
		if last == nil {
			return nil
		}
	}
	return fmt.Errorf("no pods can be made after %s: %w", patience, last)
}

func get(client *http.Client, address string, into any) error {
	answer, err := client.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
